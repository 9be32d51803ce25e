"""The process of a forked kernel, in the terms of `subprocess.Popen`."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import threading
from contextlib import ExitStack, suppress
from typing import IO, Any

# Standard input, output and error, each as `subprocess.Popen` takes it.
Stream = int | IO[Any] | None
Streams = tuple[Stream, Stream, Stream]


class ForkedKernel:
    """A kernel's process, as `jupyter_client` expects one of `subprocess.Popen`."""

    def __init__(self, channel: socket.socket) -> None:
        self.pid = 0
        self.returncode: int | None = None
        self.stdin: IO[bytes] | None = None
        self.stdout: IO[bytes] | None = None
        self.stderr: IO[bytes] | None = None
        self._channel = channel
        self._unread = b""
        self._lock = threading.Lock()

    def poll(self) -> int | None:
        """Return the exit status, negative for a signal, or None while the kernel runs."""
        with self._lock:
            while self.returncode is None:
                try:
                    self._take(self._channel.recv(4096))
                except BlockingIOError:
                    return None
                except ConnectionError:
                    self._take(b"")
            self._channel.close()
            return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait until the kernel has ended and return its exit status."""
        while (status := self.poll()) is None:
            if not select.select([self._channel], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("ipykernel_launcher", timeout or 0.0)
        return status

    def send_signal(self, signum: int) -> None:
        """Send a signal to the kernel if it still runs."""
        if self.poll() is None:
            os.kill(self.pid, signum)

    def terminate(self) -> None:
        """Ask the kernel to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the kernel."""
        self.send_signal(signal.SIGKILL)

    def open_streams(self, wanted: Streams, stack: ExitStack) -> list[int]:
        """Return the kernel's standard streams; `stack` closes those that were opened for it."""
        found: list[int] = []
        for name, stream in zip(("stdin", "stdout", "stderr"), wanted, strict=True):
            if stream == subprocess.PIPE:
                reading, writing = os.pipe()
                theirs, ours = (reading, writing) if name == "stdin" else (writing, reading)
                setattr(self, name, os.fdopen(ours, "wb" if name == "stdin" else "rb"))
                stack.callback(os.close, theirs)
            elif stream == subprocess.STDOUT:
                theirs = found[1]
            elif stream == subprocess.DEVNULL or (stream is None and not is_shared(len(found))):
                theirs = os.open(os.devnull, os.O_RDWR)
                stack.callback(os.close, theirs)
            elif stream is None:
                theirs = len(found)
            else:
                theirs = stream if isinstance(stream, int) else stream.fileno()
            found.append(theirs)
        return found

    async def say(self, line: bytes) -> None:
        """Send the kernel its request; whether it arrived shows in the answer."""
        import asyncio  # noqa: PLC0415  # a process that only starts a template has no need of it

        with suppress(ConnectionError):
            await asyncio.get_running_loop().sock_sendall(self._channel, line)

    async def answer(self) -> dict[str, Any]:
        """Return the next thing the kernel says, or its template in its stead."""
        import asyncio  # noqa: PLC0415  # as above

        loop = asyncio.get_running_loop()
        while True:
            line, newline, rest = self._unread.partition(b"\n")
            if newline:
                self._unread = rest
                message: dict[str, Any] = json.loads(line)
                return message
            try:
                self._take(await loop.sock_recv(self._channel, 4096))
            except ConnectionError:
                self._take(b"")

    def _take(self, received: bytes) -> None:
        """Note what has arrived; the end of the channel without a status is a violent death."""
        self._unread += received or json.dumps({"exit": -signal.SIGKILL}).encode() + b"\n"
        *lines, _ = self._unread.split(b"\n")
        for line in lines:
            self.returncode = json.loads(line).get("exit", self.returncode)


def is_shared(number: int) -> bool:
    """Return whether a kernel has this stream in common with its host, if nothing was said.

    No kernel reads the host's input: `jupyter_client` gives an ordinary one an empty pipe.
    """
    try:
        os.fstat(number)
    except OSError:
        return False
    return number != 0
