"""The template process of warm kernels: it imports libraries, starts no thread, and forks.

Run as ``python -m wavebook.kernels.forkserver CONTROL HOST DIRECTORY MODULE…`` by
`wavebook.kernels.template`;
Linux only. The host asks for a kernel by sending four descriptors: a channel, and the kernel's
standard input, output and error. The kernel itself reads its request from the channel (a line of
JSON: arguments, working directory, environment) and answers there, so this process holds nothing
of any kernel that the next one could inherit. Later the kernel's exit status goes the same way.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import select
import shutil
import signal
import socket
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# What a kernel imports on its way to the first cell, some of it only as it goes.
KERNEL_MODULES = (
    "wavebook.kernels.kernelapp",
    "ipykernel.debugger",
    "IPython.core.debugger",
    "sqlite3",
    "IPython.core.completerlib",
    "IPython.core.logger",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "encodings.idna",
    "faulthandler",
    "tornado.platform.asyncio",
    "tornado.queues",
)

LONGEST_MESSAGE = 65_536

# BLAS and Arrow start threads as they are imported, and a process with threads cannot fork safely.
# BLAS gets them in a kernel that asks for them; Arrow's one only returns unused memory sooner. The
# debugger would complain of Python's frozen modules on our standard error; ipykernel's own kernel
# specifications silence it in the same way.
ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
}


@dataclass(frozen=True, slots=True)
class Birth:
    """What a new kernel has at hand: the channel to its host and its standard streams."""

    channel: socket.socket
    streams: tuple[int, int, int]
    parent: int


@dataclass(frozen=True, slots=True)
class Child:
    """A running kernel, seen from the template."""

    pid: int
    exited: int
    channel: socket.socket


def main(arguments: Sequence[str]) -> None:
    """Serve as the template; in each forked process, go on as that kernel."""
    control_fd, host_pid, directory, *modules = arguments
    # As `ipykernel_launcher` does: the directory we happen to start in is not a place to import
    # from; the kernel adds its own.
    if sys.path[0] == "" or Path(sys.path[0]) == Path.cwd():
        del sys.path[0]
    os.chdir("/")
    # Next to nothing that an import leaves behind is garbage, and looking for it over and over
    # takes a quarter of the time. A kernel looks again.
    gc.disable()
    server = ForkServer(socket.socket(fileno=int(control_fd)), int(host_pid), Path(directory))
    server.load([*modules, *KERNEL_MODULES])
    if birth := server.serve():
        from wavebook.kernels.kernelapp import run_kernel  # noqa: PLC0415 - it was not there before `load`

        run_kernel(birth)
    # Whoever ends this process waits for it, and taking apart so many modules would take long.
    os._exit(0)


class ForkServer:
    """The one process that every kernel is forked from."""

    def __init__(self, control: socket.socket, host_pid: int, directory: Path) -> None:
        self.control = control
        self.host = os.pidfd_open(host_pid)
        # A host that died before the line above may already have lent its number to another.
        self.orphaned = os.getppid() != host_pid
        self.directory = directory
        self.children: dict[int, Child] = {}
        self.refusal = ""
        self.sources: dict[str, int] = {}

    def load(self, modules: Sequence[str]) -> None:
        """Import `modules`; whatever goes wrong becomes the reason to refuse every kernel."""
        for name in modules:
            try:
                importlib.import_module(name)
            except BaseException as error:  # a module may even call sys.exit
                self.refusal = f"importing {name} failed: {type(error).__name__}: {error}"
                return
            if threads := thread_count() - 1:
                self.refusal = f"importing {name} started {threads} thread(s)"
                return
        self.settle()

    def settle(self) -> None:
        """Take what is in memory now for what every kernel shares.

        It is never collected, so that collections in a kernel do not write to that memory.
        """
        # Of a file that is known, the time is kept: what is in memory is what it said then.
        self.sources = editable_sources() | self.sources
        gc.freeze()

    def serve(self) -> Birth | None:
        """Fork kernels until the host is gone or says so; return only in a forked kernel.

        The end of the control stream means no further kernel: the template leaves with its last
        one. A host that has died, or says ``close``, takes all of them with it at once.
        """
        accepting = True
        while not self.orphaned and (accepting or self.children):
            poller = select.poll()
            watched = [self.host, *self.children, *([self.control.fileno()] if accepting else [])]
            for fd in watched:
                poller.register(fd, select.POLLIN)
            ready = {fd for fd, _ in poller.poll()}
            for fd in ready & set(self.children):
                self.reap(self.children.pop(fd))
            self.orphaned = self.host in ready
            if not self.orphaned and self.control.fileno() in ready:
                message, fds, _, _ = socket.recv_fds(self.control, LONGEST_MESSAGE, 4)
                if message == b"close":
                    break
                accepting = bool(message)
                if fds and (birth := self.fork(fds)):
                    return birth
                if message and not fds:
                    self.prepare(json.loads(message))
        else:
            # A dying host closes its descriptors a moment before the system calls it dead.
            waiting = select.poll()
            waiting.register(self.host, select.POLLIN)
            self.orphaned = self.orphaned or bool(waiting.poll(2000))
        self.end()
        return None

    def prepare(self, call: list[str]) -> None:
        """Call a function whose effects the kernels forked from now on are to have.

        It only saves them time: what goes wrong in it is theirs to find.
        """
        module, function, *arguments = call
        try:
            getattr(importlib.import_module(module), function)(*arguments)
        except BaseException as error:
            print(f"{module}.{function}: {type(error).__name__}: {error}", file=sys.stderr)
        self.settle()

    def fork(self, fds: list[int]) -> Birth | None:
        """Fork a kernel, or say on its channel why not; return only in the kernel."""
        channel = socket.socket(fileno=fds[0])
        streams = (fds[1], fds[2], fds[3])
        template_pid = os.getpid()
        if problem := self.problem():
            tell(channel, problem)
            channel.close()
        elif pid := os.fork():
            child = Child(pid, os.pidfd_open(pid), channel)
            self.children[child.exited] = child
        else:
            self.control.close()
            os.close(self.host)
            for other in self.children.values():
                os.close(other.exited)
                other.channel.close()
            return Birth(channel, streams, template_pid)
        for fd in streams:
            os.close(fd)
        return None

    def problem(self) -> dict[str, str]:
        """Return why no kernel should be forked just now, or nothing."""
        for path, modified in self.sources.items():
            if modified_at(path) != modified:
                return {"stale": path}
        if not self.refusal and (threads := thread_count() - 1):
            self.refusal = f"{threads} thread(s) run in the template"
        return {"refused": self.refusal} if self.refusal else {}

    def reap(self, child: Child) -> None:
        """Collect a kernel that has ended and pass on how."""
        _, status = os.waitpid(child.pid, 0)
        tell(child.channel, {"exit": os.waitstatus_to_exitcode(status)})
        child.channel.close()
        os.close(child.exited)

    def end(self) -> None:
        """Kill the kernels that still run, with what they started, and clear up for a dead host."""
        for child in self.children.values():
            for kill in (os.killpg, os.kill):
                try:
                    kill(child.pid, signal.SIGKILL)
                    break
                except ProcessLookupError:
                    continue  # a kernel of this very moment leads no process group yet
        for child in self.children.values():
            self.reap(child)
        if self.orphaned:
            shutil.rmtree(self.directory, ignore_errors=True)


def tell(channel: socket.socket, message: dict[str, Any]) -> None:
    """Send the host a line, unless it has stopped listening."""
    try:
        channel.sendall(json.dumps(message).encode() + b"\n")
    except (BrokenPipeError, ConnectionResetError):
        return


def thread_count() -> int:
    """Return the number of threads of this process, those of C libraries included."""
    return len(list(Path("/proc/self/task").iterdir()))


def modified_at(path: str) -> int | None:
    """Return when a file was last written, or nothing if it is gone."""
    try:
        return os.stat(path).st_mtime_ns  # noqa: PTH116  # of all sources before each fork
    except OSError:
        return None


def editable_sources() -> dict[str, int]:
    """Return the imported files that somebody may be editing, with their times.

    A notebook must not run code that is no longer what the file says. Installed packages do not
    change under a running process, so looking at the others keeps a fork cheap.
    """
    paths = sysconfig.get_paths()
    installed = tuple(
        paths[kind] + os.sep for kind in ("stdlib", "platstdlib", "purelib", "platlib")
    )
    files = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    editable = {file for file in files if file and not file.startswith(installed)}
    return {file: modified for file in editable if (modified := modified_at(file)) is not None}


if __name__ == "__main__":
    main(sys.argv[1:])
