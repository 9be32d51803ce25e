"""Kernels that run side by side and can be ended together, from any thread."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import suppress
from typing import Any

from wavebook.errors import WavebookError


class KernelEndedError(WavebookError):
    """A notebook's kernel was killed before the notebook was done."""


class Running:
    """The warm kernels of one run, and other forks.

    Attributes
    ----------
    is_stopped
        Whether they were ended, and any that starts now is too.
    kernel_manager
        The class to start the kernels with.
    """

    def __init__(self) -> None:
        from wavebook.kernels.warm import WarmKernelManager  # noqa: PLC0415  # brings ZeroMQ

        self.is_stopped = False
        self._lock = threading.Lock()
        self._processes: list[Any] = []
        running = self

        class Manager(WarmKernelManager):
            async def _async_post_start_kernel(self, **kwargs: Any) -> None:
                await super()._async_post_start_kernel(**kwargs)
                running.add(getattr(self.provisioner, "process", None))

        self.kernel_manager = Manager

    def stop(self) -> None:
        """Kill all kernels and what they have started: a cell may sleep, and listen to nothing."""
        with self._lock:
            self.is_stopped = True
            for process in self._processes:
                _kill(process)

    def add(self, process: Any) -> None:
        """Take in a process that has started, to be ended with the others."""
        with self._lock:
            self._processes.append(process)
            if self.is_stopped:
                _kill(process)


def _kill(process: Any) -> None:
    if process is None or process.poll() is not None:
        return
    with suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)  # a kernel leads its process group
        else:
            process.kill()
