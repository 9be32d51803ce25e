"""Warm kernels: notebooks' kernels forked from one process that has imported the libraries.

With papermill, name the engine::

    papermill --engine wavebook-warm in.ipynb out.ipynb

From Python, the same, for as many notebooks as you like, one after another or from threads::

    with warm_kernels(preload=("pandas", "altair")):
        papermill.execute_notebook("in.ipynb", "out.ipynb", engine_name="wavebook-warm")

With anything else that starts Jupyter kernels (nbclient, nbval, jupyter-cache, JupyterLab), either
set ``JUPYTER_DEFAULT_PROVISIONER_NAME=wavebook-warm`` in its environment, or name the provisioner
in the metadata of a kernel specification::

    "metadata": {"kernel_provisioner": {"provisioner_name": "wavebook-warm"}}

What is imported beforehand is `DEFAULT_PRELOAD`, or the names in ``WAVEBOOK_PRELOAD``, separated
by commas, or ``"config": {"preload": […]}`` beside the provisioner's name.

A warm kernel is an ordinary one in all that a notebook can see, with these exceptions. The modules
named above are loaded already, by the environment that the host had when its template started.
Kernels of one template hash strings alike. BLAS keeps to one thread unless ``OMP_NUM_THREADS`` or
``OPENBLAS_NUM_THREADS`` asks for more. At its end a kernel runs what is registered with `atexit`,
but does not take apart its modules.

Where a fork would not be safe, or would not be the kernel asked for, an ordinary kernel does the
work, and a `ColdKernelWarning` says why, once for each reason. A module that has been edited since
it was imported, unless it is an installed package, makes the next kernel wait for a new template.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
import time
import uuid
import warnings
from contextlib import suppress
from pathlib import Path
from queue import Empty
from typing import Any, cast

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.localinterfaces import localhost
from jupyter_client.manager import AsyncKernelManager, KernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from jupyter_core.paths import jupyter_path
from traitlets import List, Type, Unicode, default

from wavebook.kernels.block import (
    DEFAULT_PRELOAD,
    ENGINE,
    can_fork,
    current_preload,
    warm_kernels,
)
from wavebook.kernels.template import NotForkedError, Recipe, Request, read_at_start, templates

__all__ = ["DEFAULT_PRELOAD", "ENGINE", "ColdKernelWarning", "WarmKernelManager", "warm_kernels"]

# What `jupyter_client` may pass on to `subprocess.Popen` that a fork knows how to do.
UNDERSTOOD = {"cwd", "env", "stdin", "stdout", "stderr", "kernel_id", "extra_arguments"}

_said: set[str] = set()
_lock = threading.Lock()


class ColdKernelWarning(RuntimeWarning):
    """An ordinary kernel runs where a warm one was asked for."""


class WarmProvisioner(LocalProvisioner):
    """Starts a kernel by forking the template; all else is as for an ordinary local kernel."""

    preload = List(
        Unicode(), help="Names of the modules to import before the first kernel is forked."
    ).tag(config=True)

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Prepare the connection: sockets in a folder of ours, not TCP ports open to all."""
        if can_fork() and isinstance(self.parent, KernelManager):
            use_sockets(self.parent)
        return await super().pre_launch(**kwargs)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Fork the kernel that `cmd` would start, or else run `cmd`."""
        try:
            request, recipe = self._order(cmd, kwargs)
            kernel = await templates.fork(recipe, request)
        except NotForkedError as why:
            say_once(f"an ordinary kernel instead of a warm one: {why}")
            return await super().launch_kernel(cmd, **kwargs)
        self.process = cast(Any, kernel)  # it has what our parent class uses of a `Popen`
        self.pid = self.pgid = kernel.pid
        self.cwd = request.cwd
        return self.connection_info

    def _order(self, cmd: list[str], kwargs: dict[str, Any]) -> tuple[Request, Recipe]:
        """Return what to ask for, and of which template."""
        if not can_fork():
            raise NotForkedError(f"forking is not safe on {sys.platform}")
        if unknown := [name for name in kwargs if name not in UNDERSTOOD and kwargs[name]]:
            raise NotForkedError(f"a fork cannot do {', '.join(unknown)}")
        program, *rest = cmd
        if "ipykernel_launcher" not in rest or not is_this_python(program):
            raise NotForkedError(f"{' '.join(cmd[:3])} is not this Python's ipykernel")
        place = rest.index("ipykernel_launcher")
        flags, arguments = rest[: place - 1], rest[place + 1 :]
        streams = kwargs.get("stdin"), kwargs.get("stdout"), kwargs.get("stderr")
        request = Request(arguments, str(kwargs.get("cwd") or Path.cwd()), kwargs["env"], streams)
        preload = tuple(self.preload) or current_preload()
        return request, Recipe(tuple(flags), preload, read_at_start(request.env))

    async def send_signal(self, signum: int) -> None:
        """Send a signal to the kernel and what it has started, but never to a stranger.

        The template collects a kernel as soon as it ends, so its number may be used again.

        The manager interrupts every kernel before it asks it to shut down. One that has just
        finished its last cell may take that for the end of its main loop, and then waits seconds
        for its own threads, so the interruption comes later: see `shutdown_requested`.
        """
        if signum == signal.SIGINT and getattr(self.parent, "shutting_down", False):
            return
        await self._signal(signum)

    async def shutdown_requested(self, restart: bool = False) -> None:
        """Wait for the kernel, which ends in less time than the manager sleeps between looks."""
        if not await self._ended():
            await self._signal(signal.SIGINT)  # a cell is running
            await self._ended()

    async def kill(self, restart: bool = False) -> None:
        """End the kernel now."""
        await super().kill(restart=restart)
        await self._ended()

    async def cleanup(self, restart: bool = False) -> None:
        """Remove the one socket of a kernel that its manager does not know of."""
        await super().cleanup(restart=restart)
        address = getattr(self.parent, "ip", "")
        if address.endswith("-ipc"):
            Path(f"{address}-forks").unlink(missing_ok=True)

    async def _signal(self, signum: int) -> None:
        if self.process and self.process.poll() is None:
            await super().send_signal(signum)

    async def _ended(self) -> bool:
        """Return whether the kernel ends within half a second."""
        deadline = time.monotonic() + 0.5
        while await self.poll() is None and time.monotonic() < deadline:
            await asyncio.sleep(0.005)
        return await self.poll() is not None


class WarmKernelClient(AsyncKernelClient):
    """A client that takes a kernel for ready when it says so."""

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait until the kernel has answered and its output channel is connected and quiet.

        `jupyter_client` calls that channel quiet after 200 ms without a message, which is longer
        than all else that starting a warm kernel takes. The kernel's own "idle" is as certain.
        """
        deadline = time.monotonic() + (float("inf") if timeout is None else timeout)
        while time.monotonic() < deadline:
            # Anything here, be it the kernel's welcome, means that nothing later will be missed.
            with suppress(Empty):
                await self.get_iopub_msg(timeout=0.2)
            request = self.kernel_info()
            try:
                reply = await self.get_shell_msg(timeout=1)
                while not is_idle_after(await self.get_iopub_msg(timeout=0.2), request):
                    pass
            except Empty:
                if not await self.is_alive():
                    raise RuntimeError("Kernel died before replying to kernel_info") from None
            else:
                self._handle_kernel_info_reply(reply)
                return
        raise RuntimeError(f"Kernel didn't respond in {timeout:g} seconds")


class KernelSpecs(KernelSpecManager):
    """Finds kernels where `jupyter_client` does, and does not import IPython to know where."""

    def _kernel_dirs_default(self) -> list[str]:
        ipython = Path(os.environ.get("IPYTHONDIR") or "~/.ipython").expanduser()
        return [*jupyter_path("kernels"), str(ipython / "kernels")]


class WarmKernelManager(AsyncKernelManager):
    """A kernel manager whose kernels are warm, unless their specification says how to start."""

    client_factory = Type(WarmKernelClient, klass=AsyncKernelClient)

    @default("kernel_spec_manager")
    def _kernel_specs(self) -> KernelSpecManager:
        return KernelSpecs(data_dir=self.data_dir)

    @property
    def kernel_spec(self) -> KernelSpec | None:
        """The kernel's specification, with our provisioner where it names none."""
        spec = super().kernel_spec
        if spec is not None:
            spec.metadata.setdefault("kernel_provisioner", {"provisioner_name": ENGINE})
        return spec


class WarmEngine:
    """The papermill engine ``wavebook-warm``: papermill's own, with warm kernels.

    It has that engine instead of being one, because papermill imports this module while it is
    still being imported itself.
    """

    @classmethod
    def execute_notebook(cls, nb: Any, kernel_name: str, **kwargs: Any) -> Any:
        """Run a notebook; the arguments are those of ``papermill.engines.NBClientEngine``."""
        kwargs.setdefault("kernel_manager_class", WarmKernelManager)
        return _papermill_engine().execute_notebook(nb, kernel_name, **kwargs)

    @classmethod
    def nb_kernel_name(cls, nb: Any, name: str | None = None) -> str:
        """Return the name of the notebook's kernel."""
        return str(_papermill_engine().nb_kernel_name(nb, name))

    @classmethod
    def nb_language(cls, nb: Any, language: str | None = None) -> str:
        """Return the notebook's language."""
        return str(_papermill_engine().nb_language(nb, language))


def _papermill_engine() -> Any:
    from papermill.engines import NBClientEngine  # noqa: PLC0415 - see the class above

    return NBClientEngine


def use_sockets(manager: KernelManager) -> None:
    """Let a new kernel talk through Unix sockets, unless its ports or address were chosen."""
    if manager.transport != "tcp" or any(manager.ports) or manager.ip != localhost():
        return
    name = templates.directory / f"kernel-{uuid.uuid4().hex[:12]}"
    manager.transport = "ipc"
    manager.cache_ports = False
    manager.ip = f"{name}-ipc"
    if not manager.connection_file:
        manager.connection_file = f"{name}.json"


def is_this_python(program: str) -> bool:
    """Return whether a command is the interpreter, and the environment, that we run in."""
    theirs, ours = Path(program).absolute(), Path(sys.executable).absolute()
    return theirs.parent == ours.parent and theirs.resolve() == ours.resolve()


def is_idle_after(message: dict[str, Any], request: str) -> bool:
    """Return whether a message says that the kernel is done with a request."""
    told = message["parent_header"].get("msg_id"), message["content"].get("execution_state")
    return told == (request, "idle")


def say_once(message: str) -> None:
    """Warn, unless this process has said the same before."""
    with _lock:
        new = message not in _said
        _said.add(message)
    if new:
        warnings.warn(message, ColdKernelWarning, stacklevel=2)
