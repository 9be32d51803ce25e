"""A process that sets one PDF after another: what two books have in common is laid out once.

Typst remembers what it has laid out for as long as its process lives. This one lays out the last
book while Sphinx still reads the next: a book in which a page has changed is then set in a fifth
of the time.
"""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing
import os
import sys
import threading
from collections.abc import Sequence
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path

from wavebook.desk import KEPT, TYPST, TYPST_SOURCE
from wavebook.errors import WavebookError


class Printer:
    """A fork of this process that sets what it is asked to, until nobody can ask it any more.

    Parameters
    ----------
    last
        The Typst source of a book that is much like the next one, if there is any; it is laid out
        from `prepare` on.
    """

    def __init__(self, last: Path | None) -> None:
        fork = multiprocessing.get_context("fork")
        self._here, there = fork.Pipe()
        self._process = fork.Process(target=_serve, args=(there, self._here, last), daemon=True)
        self._process.start()
        there.close()

    @classmethod
    def of(cls, desk: Path) -> Printer:
        """Return one for a book much like that which was last set on a desk."""
        return cls(desk / KEPT / TYPST / TYPST_SOURCE)

    def prepare(self) -> None:
        """Begin with what can be done before the first book is there."""
        self._here.send(None)

    def typeset(self, source: Path, result: Path, made: datetime, stubs: Sequence[int]) -> None:
        """Do what `wavebook.pdf.typeset.typeset` does; forks of this process can ask as well."""
        self._here.send((source, result, made, list(stubs)))
        try:
            problem = self._here.recv()
        except EOFError:
            raise RuntimeError("the process that sets PDFs has ended") from None
        if problem is not None:
            raise problem

    def close(self) -> None:
        """End it: nobody asks it any more."""
        self._here.close()
        self._process.join()


def _serve(there: Connection, here: Connection, last: Path | None) -> None:
    here.close()
    preparing = threading.Thread(target=_prepare, args=(last,), daemon=True)
    with contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            asked = there.recv()
            if asked is None:
                preparing.start()
                importlib.import_module("wavebook.pdf.typeset")
                continue
            if preparing.ident is not None:  # it has begun
                preparing.join()
            # What completes the tags is wanted when the pages stand.
            threading.Thread(target=importlib.import_module, args=("wavebook.pdf.tags",)).start()
            there.send(_problem(*asked))


def _prepare(last: Path | None) -> None:
    """Lay out the last book."""
    if last is not None and last.is_file():
        # Whatever else goes on is what somebody waits for; this only has to be done by then. Only
        # this thread stands back, not those that help it on other cores, nor the one that sets what
        # is asked for.
        if sys.platform == "linux":
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)
        from wavebook.pdf.compiler import lay_out  # noqa: PLC0415  # this process only

        with contextlib.suppress(Exception):  # whatever is wrong with it, nobody asked for it
            lay_out(last)


def _problem(source: Path, result: Path, made: datetime, stubs: Sequence[int]) -> Exception | None:
    """Set a PDF and return what is wrong."""
    from wavebook.pdf.typeset import typeset  # noqa: PLC0415  # as above

    try:
        typeset(source, result, made, stubs)
    except WavebookError as error:
        return error
    except Exception as error:  # which might not survive the way to the other process
        return RuntimeError(f"{type(error).__name__}: {error}")
    return None
