"""A task in a fork of this process, beside what the process does meanwhile."""

from __future__ import annotations

import contextlib
import multiprocessing
import sys
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from typing import Any

from wavebook.errors import WavebookError

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
        here.close()
        if told is None:
            process.join()
            return FAULT, f"a process that sets pages has ended with {process.exitcode}"
        return told  # what is left is to give back its memory, for which nobody has to wait

    return answer


def apart(make: Callable[[], str]) -> str:
    """Return what a function returns, and nothing that it imports for it: it is called in a fork.

    Raises
    ------
    WavebookError
        If it does.
    RuntimeError
        If it raises anything else.
    """
    if not CAN_FORK:
        return make()

    def task() -> Answer:
        try:
            return ("made", make())
        except WavebookError as error:
            return ("problem", str(error))

    kind, told = beside(task)()
    match kind:
        case "made":
            return str(told)
        case "problem":
            raise WavebookError(told)
    raise RuntimeError(told)


def _tell(task: Callable[[], Answer], there: Connection) -> None:
    try:
        there.send(task())
    except Exception:
        import traceback  # noqa: PLC0415  # it should never be needed

        there.send((FAULT, traceback.format_exc()))
