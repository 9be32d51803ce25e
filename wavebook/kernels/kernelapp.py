"""A kernel between its fork and its end: what makes it the ordinary kernel that was asked for."""

from __future__ import annotations

import atexit
import ctypes
import gc
import importlib
import json
import os
import signal
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any, NoReturn

import zmq
from ipykernel import kernelapp
from ipykernel.iostream import IOPubThread
from traitlets.config.loader import Config, DeferredConfigString
from zmq.eventloop.zmqstream import ZMQStream

from wavebook.kernels.forkserver import Birth, tell

PR_SET_PDEATHSIG = 1


def run_kernel(birth: Birth) -> NoReturn:
    """Be the kernel that the host asks for, from its first breath to its exit status."""
    status: str | int | None = 1
    try:
        detach(birth)
        request = receive(birth)
        equip(birth, request)
        gc.enable()
        if call := request["call"]:
            answer(birth, call)
        else:
            start_ipykernel(birth)
        status = 0
    except SystemExit as leaving:
        status = leaving.code
    except BaseException:
        traceback.print_exc()
    finally:
        if isinstance(status, str):
            print(status, file=sys.stderr)
        leave(status if isinstance(status, int) else int(status is not None))


def detach(birth: Birth) -> None:
    """Lead a session, so that signals reach what the kernel starts, and die with the template."""
    os.setsid()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != birth.parent:  # it died before it could take us along
        os._exit(1)


def receive(birth: Birth) -> dict[str, Any]:
    """Return what the host asks for, and let its streams be ours."""
    for target, stream in enumerate(birth.streams):
        os.dup2(stream, target)
    for stream in birth.streams:
        os.close(stream)
    with birth.channel.makefile("rb") as lines:
        line = lines.readline()
    if not line:  # the host gave up waiting
        os._exit(1)
    request: dict[str, Any] = json.loads(line)
    return request


def equip(birth: Birth, request: dict[str, Any]) -> None:
    """Take on directory, environment and arguments, and randomness of our own."""
    try:
        os.chdir(request["cwd"])
    except OSError as error:
        tell(birth.channel, {"errno": error.errno, "path": request["cwd"]})
        os._exit(1)
    os.environ.clear()
    os.environ.update(request["env"], JPY_PARENT_PID=str(birth.parent))
    time.tzset()
    sys.argv = ["ipykernel_launcher", *request["arguments"]]
    # `random` reseeds itself in a fork; numpy leaves its global generator as the template had it.
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed()
    use_blas_threads()


class SocketIOPubThread(IOPubThread):
    """ipykernel's output thread, with a Unix socket for what forks of the notebook print.

    ipykernel opens a TCP port for that, whatever the kernel's own transport.
    """

    endpoint = ""

    def _setup_pipe_in(self) -> None:
        self._pipe_uuid = os.urandom(16)
        receiving = self.socket.context.socket(zmq.PULL)
        receiving.linger = 0
        receiving.bind(self.endpoint)
        self._pipe_in = ZMQStream(receiving, self.io_loop)
        self._pipe_in.on_recv(self._handle_pipe_msg)

    def _setup_pipe_out(self) -> tuple[zmq.Context[Any], zmq.Socket[Any]]:
        context: zmq.Context[Any] = zmq.Context()
        sending = context.socket(zmq.PUSH)
        sending.linger = 3000
        sending.connect(self.endpoint)
        return context, sending


class ForkedKernelApp(kernelapp.IPKernelApp):
    """ipykernel's application, which tells the host when clients can connect."""

    birth: Birth

    def parse_command_line(self, argv: list[str] | None = None) -> None:
        """Read the few kinds of argument that kernels get without building ipykernel's parser.

        That parser knows all options of all classes, which takes longer than the fork.
        """
        simple = simple_options(sys.argv[1:] if argv is None else argv)
        if simple is None:
            super().parse_command_line(argv)
        else:
            self.cli_config = simple
            self.update_config(simple)

    def init_iopub(self, context: zmq.Context[Any]) -> None:
        """Open the output channel, and the way to it for forks of the notebook."""
        if self.transport == "ipc":
            SocketIOPubThread.endpoint = f"ipc://{self.ip}-forks"
            kernelapp.IOPubThread = SocketIOPubThread  # type: ignore[attr-defined]
        super().init_iopub(context)  # type: ignore[no-untyped-call]

    def write_connection_file(self, **kwargs: Any) -> None:
        """Tell the host as well: the sockets exist from here on."""
        super().write_connection_file(**kwargs)
        tell(self.birth.channel, {"ready": True})
        self.birth.channel.close()


# Each line of a kernel's log begins with the name of this class, and others look for ipykernel's:
# nbclient's own tests tell by it which warnings on standard error to overlook.
ForkedKernelApp.__name__ = kernelapp.IPKernelApp.__name__


def answer(birth: Birth, call: list[str]) -> None:
    """Call a function instead of being a kernel, and tell the host what it returns."""
    # What it makes is gone with it in a moment: looking for garbage takes a tenth of a notebook.
    gc.set_threshold(100_000, 50, 100)
    tell(birth.channel, {"pid": os.getpid()})
    tell(birth.channel, {"ready": True})
    module, function, *arguments = call
    try:
        told = {"answer": getattr(importlib.import_module(module), function)(*arguments)}
    except Exception:
        told = {"fault": traceback.format_exc()}
    tell(birth.channel, told)
    gc.freeze()  # IPython would look once more for what is garbage in a process that ends


def start_ipykernel(birth: Birth) -> None:
    """Run ipykernel until it is shut down."""
    tell(birth.channel, {"pid": os.getpid()})
    # ipykernel read its parent's number from the environment when the template imported it.
    app: Any = ForkedKernelApp.instance(parent_handle=birth.parent)
    app.birth = birth
    # Nothing that ipykernel sets up is garbage before the first cell; looking costs a sixth of it.
    gc.disable()
    app.initialize()
    gc.enable()
    app.start()
    # ipykernel closes its output, then waits for its control thread, which may just be waiting to
    # say its last word there. Left to end first, as it is about to, it cannot lock up the exit.
    app.control_thread.stop()
    app.control_thread.join(1)


def leave(status: int) -> NoReturn:
    """End as an interpreter does, but without taking apart a memory shared with the template.

    Taking it apart would copy most of it first. `multiprocessing` leaves its forks like this, too.
    """
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(status)


def simple_options(argv: list[str]) -> Config | None:
    """Return ``-f FILE`` and any ``--Class.trait=value`` as configuration, or None for others."""
    config = Config()
    match argv:
        case ["-f", str(file), *options]:
            config.IPKernelApp.connection_file = DeferredConfigString(file)
        case _:
            return None
    for option in options:
        name, given, value = option.removeprefix("--").partition("=")
        section, _, trait = name.partition(".")
        is_setting = option.startswith("--") and section[:1].isupper() and trait.isidentifier()
        if not (given and is_setting):
            return None
        config[section][trait] = DeferredConfigString(value)
    return config


def use_blas_threads() -> None:
    """Let OpenBLAS have the threads that the environment asks for; the template allowed it one.

    Without that wish it keeps to one, unlike in an ordinary kernel: its threads spin while they
    wait, and as many of them as there are cores double the time that a kernel takes to start.
    """
    wanted = os.environ.get("OPENBLAS_NUM_THREADS") or os.environ.get("OMP_NUM_THREADS") or ""
    if not wanted.isdigit() or int(wanted) < 2:
        return
    mapped = Path("/proc/self/maps").read_text(errors="replace").splitlines()
    for library in sorted({line.split()[-1] for line in mapped if "openblas" in line}):
        for name in ("openblas_set_num_threads", "scipy_openblas_set_num_threads"):
            for suffix in ("", "64_"):
                if setter := getattr(ctypes.CDLL(library), name + suffix, None):
                    setter(int(wanted))
