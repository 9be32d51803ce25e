"""A task in a fork of this process, beside what the process does meanwhile."""

from __future__ import annotations

import contextlib
import multiprocessing
import sys
import traceback
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from typing import Any

# On Apple's systems a fork is not safe once their frameworks have started threads.
CAN_FORK = "fork" in multiprocessing.get_all_start_methods() and sys.platform != "darwin"
FAULT = "fault"

Answer = Sequence[Any]  # its kind, and what is told


def beside(task: Callable[[], Answer]) -> Callable[[], Answer]:
    """Run a task in a fork of this process; what is returned waits for its answer.

    The answer is of the kind ``fault`` if the task raises, or its process is killed.
    """
    fork = multiprocessing.get_context("fork")
    here, there = fork.Pipe(duplex=False)
    process = fork.Process(target=_tell, args=(task, there))
    process.start()
    there.close()

    def answer() -> Answer:
        told: Answer | None = None
        with contextlib.suppress(EOFError):
            told = here.recv()
        process.join()
        here.close()
        return told or (FAULT, f"a process that sets pages has ended with {process.exitcode}")

    return answer


def _tell(task: Callable[[], Answer], there: Connection) -> None:
    try:
        there.send(task())
    except Exception:
        there.send((FAULT, traceback.format_exc()))
