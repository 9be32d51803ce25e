"""The host's end of warm kernels: start a template process, fork kernels from it, and end both."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wavebook.kernels.forkedkernel import ForkedKernel, Streams
from wavebook.kernels.forkserver import ENVIRONMENT

# The path of a Unix socket holds 107 characters, and the names of ours need 50 of them.
LONGEST_PARENT = 55

# Python and the loader read these once, as a process starts: a fork cannot change them.
READ_AT_START = ("PYTHON", "LD_", "LC_", "LANG")

# Recipes differ where notebooks are given different variables of that kind, which is rare.
MOST_TEMPLATES = 3

# For the imports of a template on a busy machine: what papermill gives an ordinary kernel.
PATIENCE = 60.0


class NotForkedError(Exception):
    """No kernel was forked, for the reason given; an ordinary kernel can do the work."""


class StaleError(Exception):
    """The template has died, or holds code that was edited since: a new one is needed."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a template is made of; kernels of one recipe share a template.

    Parameters
    ----------
    flags
        Options of the Python interpreter, e.g. ``-Xfrozen_modules=off``.
    preload
        Names of the modules to import.
    environment
        The variables that a process reads once, as it starts (`read_at_start`).
    """

    flags: tuple[str, ...] = ()
    preload: tuple[str, ...] = ()
    environment: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Request:
    """What a kernel is started with.

    Parameters
    ----------
    streams
        As `subprocess.Popen` takes them.
    call
        A module, a function in it, and its arguments, to call instead of being a kernel.
    """

    arguments: list[str]
    cwd: str
    env: Mapping[str, str]
    streams: Streams = (None, None, None)
    call: tuple[str, ...] = ()

    def line(self) -> bytes:
        """Return what the kernel is to read on its channel."""
        content = {
            "arguments": self.arguments,
            "cwd": self.cwd,
            "env": dict(self.env),
            "call": self.call,
        }
        return json.dumps(content).encode() + b"\n"


class Template:
    """A running template process: see `wavebook.kernels.forkserver` for its own end."""

    def __init__(self, recipe: Recipe, directory: Path) -> None:
        self._is_used = False
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        environment = dict(os.environ.items() - read_at_start(os.environ))
        with theirs:
            number = str(theirs.fileno())
            module = ["-m", "wavebook.kernels.forkserver", number, str(os.getpid()), str(directory)]
            self.process = subprocess.Popen(
                [sys.executable, *recipe.flags, *module, *recipe.preload],
                env=environment | dict(recipe.environment) | ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )

    async def fork(self, request: Request) -> ForkedKernel:
        """Fork a kernel and return once one can connect to it.

        Raises
        ------
        NotForkedError
            If the template cannot fork safely, or the kernel must start in another way.
        StaleError
            If another template could do it.
        OSError
            If the kernel's working directory cannot be entered.
        """
        import asyncio  # noqa: PLC0415  # once the process has been started

        self._is_used = True
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        kernel = ForkedKernel(ours)
        try:
            with theirs, ExitStack() as stack:
                streams = kernel.open_streams(request.streams, stack)
                socket.send_fds(self._control, [b"fork"], [theirs.fileno(), *streams])
            async with asyncio.timeout(PATIENCE):
                await self._handshake(kernel, request)
        except (ConnectionError, TimeoutError) as error:
            ours.close()
            raise StaleError("the template does not answer") from error
        except BaseException:
            ours.close()
            raise
        return kernel

    async def _handshake(self, kernel: ForkedKernel, request: Request) -> None:
        await kernel.say(request.line())
        match await kernel.answer():
            case {"pid": int(pid)}:
                kernel.pid = pid
            case {"refused": str(why)}:
                raise NotForkedError(why)
            case {"stale": str(path)}:
                raise StaleError(f"{path} was edited")
            case {"errno": int(number), "path": str(path)}:
                raise OSError(number, os.strerror(number), path)
            case _:
                raise StaleError("the template has died")
        # The client's sockets look for the kernel's every 100 ms until they find them: it pays
        # to connect only now that they exist. A kernel that has ended instead is found by `poll`.
        await kernel.answer()

    def prepare(self, call: Sequence[str]) -> None:
        """Let the template call a function before it forks the next kernel."""
        self._is_used = True
        with suppress(OSError):
            self._control.send(json.dumps(list(call)).encode())

    def retire(self) -> None:
        """Fork no more: the process ends with the last of its kernels."""
        self._control.close()

    def close(self) -> None:
        """End the process and every kernel forked from it, and wait until they are gone."""
        with self._control, suppress(OSError):
            if self._is_used:
                self._control.send(b"close")
            else:
                self.process.kill()  # it may be importing, and listens to nobody until it is done
            self._control.settimeout(PATIENCE)
            self._control.recv(1)  # the end of it; `Popen.wait` would look only now and then
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def read_at_start(env: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    """Return the variables, with their values, that take effect only as a process starts."""
    return frozenset(item for item in env.items() if item[0].startswith(READ_AT_START))


class Templates:
    """The templates of this process, one for each recipe, and the folder of their sockets."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[Recipe, Template] = {}
        self._retired: list[Template] = []
        self._directory: Path | None = None

    @property
    def directory(self) -> Path:
        """A folder for connection files and sockets that only this user can enter."""
        with self._lock:
            if self._directory is None:
                parent = tempfile.gettempdir()
                short = parent if len(parent) <= LONGEST_PARENT else "/tmp"
                self._directory = Path(tempfile.mkdtemp(prefix="wavebook-", dir=short))
            return self._directory

    def start(self, recipe: Recipe) -> Template:
        """Return the template for a recipe, starting it if need be, without waiting for it."""
        directory = self.directory
        with self._lock:
            self._retired = [old for old in self._retired if old.process.poll() is None]
            if recipe not in self._running:
                if len(self._running) == MOST_TEMPLATES:
                    self._retire(next(iter(self._running)))
                self._running[recipe] = Template(recipe, directory)
            return self._running[recipe]

    async def fork(self, recipe: Recipe, request: Request) -> ForkedKernel:
        """Fork a kernel; see `Template.fork`."""
        problem = ""
        for _ in range(2):
            template = self.start(recipe)
            try:
                return await template.fork(request)
            except StaleError as error:
                problem = str(error)
            with self._lock:  # unless another thread has replaced it meanwhile
                if self._running.get(recipe) is template:
                    self._retire(recipe)
        raise NotForkedError(problem)

    async def call(
        self,
        recipe: Recipe,
        request: Request,
        started: Callable[[ForkedKernel], None] = lambda process: None,
    ) -> Any:
        """Return what a function returns in a fork of the template: plain data.

        Raises
        ------
        RuntimeError
            If it raises an exception, or its process is killed.
        NotForkedError
            As for `Template.fork`.
        """
        process = await self.fork(recipe, request)
        started(process)
        match await process.answer():
            case {"answer": found}:
                process.wait()
                return found
            case {"fault": str(told)}:
                raise RuntimeError(told)
        raise RuntimeError(f"{'.'.join(request.call[:2])}: its process has ended")

    def close(self, *recipes: Recipe) -> None:
        """End the templates of `recipes`, or all if none is named, and their kernels."""
        with self._lock:
            chosen = [self._running.pop(recipe) for recipe in recipes if recipe in self._running]
            if not recipes:
                chosen = [*self._running.values(), *self._retired]
                self._running, self._retired = {}, []
            for template in chosen:
                template.close()
            self._retired = [old for old in self._retired if old.process.poll() is None]
            if self._directory and not self._running and not self._retired:
                shutil.rmtree(self._directory, ignore_errors=True)
                self._directory = None

    def forget(self) -> None:
        """In a fork of the host: leave the host's templates to the host."""
        for template in [*self._running.values(), *self._retired]:
            template.process.returncode = 0  # not our child, so nothing to wait for
        self.__init__()  # type: ignore[misc]

    def _retire(self, recipe: Recipe) -> None:
        template = self._running.pop(recipe)
        template.retire()
        self._retired.append(template)


templates = Templates()
atexit.register(templates.close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=templates.forget)
