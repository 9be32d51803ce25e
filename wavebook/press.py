"""The process that sets books: it imports Sphinx while notebooks run, and outlives one book.

It is a process of its own and has no threads, so that it can fork: for each book, so that nothing
leaks from one to the next, and within it for the PDF, which is printed while pages are written.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from wavebook.desk import DOCTREES, last_of
from wavebook.errors import WavebookError
from wavebook.pressroom import LATER, WHOLE
from wavebook.project import Project

SEARCH = "search.json"  # what the website's search knows of each document
# In place of a slice's name: nothing that a page says, in any encoding. What becomes of the
# apostrophe tells how the mark was escaped, and so how the name is to be.
MARK = "[[wavebook's slice]]"
# Kinds of answer: the pages are written; something is wrong with the book, or with the machine; the
# book uses a library that was spared.
WRITTEN, PROBLEMS, SYSTEM, NEEDED = "written", "problems", "system", "needed"
PAGES = "pages"  # before any other answer: of these documents there are pages already

Ready = Callable[[Sequence[str]], None]  # is given the documents that have pages


@dataclass(frozen=True)
class Setting:
    """What is set, and where.

    Attributes
    ----------
    source
        The folder with chapters, notebooks and configuration.
    folder
        Where Sphinx works: the website in ``html``, the PDF in ``typst``, and what it remembers of
        documents for the next time.
    lock
        A file that is locked as long as anybody works there.
    config
        Configuration beside that of the book.
    made_by
        Digest of all that pages are made by beside documents.
    last
        The pages of the last build, where they may be used again.
    known
        What is known of them, a `wavebook.pages.Written`.
    shared
        The website of another part of the survey that the same run has made: what both load is
        stored once.
    """

    source: str
    folder: str
    lock: str
    config: Mapping[str, str]
    made_by: str
    last: str | None
    known: Mapping[str, Any]
    shared: str | None = None


class Press:
    """A process that sets one book after another.

    Parameters
    ----------
    root
        The project's folder: the extensions that its configuration names are imported at once.
    last
        What the last book has left, if there is any: the next will be much like it.
    is_late
        Whether others need the cores for now: what can wait begins when Sphinx is imported.
    """

    def __init__(self, root: Path, last: Path, *, is_late: bool = False) -> None:
        self._one_at_a_time = threading.Lock()
        self.read_by = (
            ""  # what its books have been read by so far, extensions of their own included
        )
        program = [sys.executable, "-W", "ignore", "-m", "wavebook.pressroom"]
        self._command = [*program, str(root), str(last), *([LATER] if is_late else [])]
        self._start()

    def _start(self) -> None:
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONPATH": os.pathsep.join(_paths())},
            start_new_session=True,  # what Ctrl-C means is for the process that started this
        )

    @property
    def is_running(self) -> bool:
        """Whether it can still be asked: it may be told to end, and not have ended yet."""
        assert self._process.stdin is not None
        return not self._process.stdin.closed and self._process.poll() is None

    def set(self, setting: Setting, ready: Ready) -> dict[str, Any]:
        """Set a book and return what is known of its pages.

        Parameters
        ----------
        ready
            Is given the documents when their pages are written, while the PDF is still being set;
            once more, should it turn out that the book must be set in another way.

        Raises
        ------
        WavebookError
            For everything Sphinx warns of: a broken link or figure in an edition is an error.
        """
        with self._one_at_a_time:
            read = _when_read(setting)
            kind, told = self._asked(setting, ready)
            if kind == NEEDED:
                self.close()
                if _when_read(setting) != read:  # what is new of it, nobody can tell any more
                    shutil.rmtree(setting.folder)
                    setting = replace(setting, last=None)
                self._command.append(WHOLE)
                self._start()
                kind, told = self._asked(setting, ready)
        match kind:
            case "written":
                written: dict[str, Any] = told
                return written
            case "problems":
                raise WavebookError(told)
            case "system":
                raise OSError(*told)
        raise RuntimeError(told)

    def _asked(self, setting: Setting, ready: Ready) -> tuple[str, Any]:
        assert self._process.stdin is not None and self._process.stdout is not None
        try:
            self._process.stdin.write(f"{json.dumps(asdict(setting))}\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # it will answer nothing
        for answer in iter(self._process.stdout.readline, ""):
            kind, told = json.loads(answer)
            if kind != PAGES:
                return kind, told
            try:
                ready(told)
            except BaseException:
                self.close()  # what it still answers would be taken for another book's
                raise
        raise RuntimeError(f"the process that sets pages has ended ({self._process.wait()})")

    def end(self) -> None:
        """Let it end: nothing more will be asked."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        if hasattr(os, "killpg"):
            with suppress(ProcessLookupError):  # it has ended by itself
                os.killpg(self._process.pid, signal.SIGTERM)  # and what it has forked
        else:
            self._process.terminate()

    def close(self) -> None:
        """End it, and wait until it has."""
        assert self._process.stdout is not None
        self.end()
        self._process.wait()
        self._process.stdout.close()


def _when_read(setting: Setting) -> int | None:
    """Return when documents were last read at a desk, if they were."""
    try:
        return (Path(setting.folder) / DOCTREES / "environment.pickle").stat().st_mtime_ns
    except OSError:
        return None


def _paths() -> list[str]:
    """Return where modules are looked for: first where this very engine is."""
    given = os.environ.get("PYTHONPATH")
    return [str(Path(__file__).parents[1]), *([given] if given else [])]


_running: Press | None = None
_starting = threading.Lock()


def end_press() -> None:
    """Let this process's press end beside whatever else is left to do."""
    if _running is not None:
        _running.end()


def start_press(project: Project, wave: str, *, is_late: bool = False) -> Press:
    """Return what sets this process's books; started now, it recalls the wave's last, if it is not.

    It imports Sphinx meanwhile. Where notebooks are got ready beside it, it is late.
    """
    global _running  # noqa: PLW0603  # it costs a second to start, and every build needs one
    with _starting:
        if _running is None or not _running.is_running:
            last = last_of(project.root / "_build", wave)
            _running = Press(project.root, last, is_late=is_late)
            atexit.register(_running.close)
        return _running
