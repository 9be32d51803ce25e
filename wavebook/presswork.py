"""Inside the process that sets books: what it is asked for, and what it answers."""

from __future__ import annotations

import contextlib
import errno
import gc
import importlib
import json
import logging
import os
import re
import select
import sys
import traceback
from collections.abc import Iterable, Sequence, Set
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from wavebook import press
from wavebook.compiled import Patterns
from wavebook.desk import COMPILED, IMPORTED, SPHINX, locked
from wavebook.errors import WavebookError
from wavebook.forks import CAN_FORK, FAULT, Answer, beside
from wavebook.pdf.printer import Printer
from wavebook.pdf.typeset import Typeset, typeset
from wavebook.project import Project
from wavebook.spared import NeededError, look_up_once, spare

ENGINE = Path(__file__).parent
BOOKS = 40  # after which another process sets PDFs: Typst forgets layouts, but never a name
OF_DISKS = frozenset(
    (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS, errno.EMFILE)
)
CONTENTS = "[etoc] "  # how the extension begins that reads the table of contents
HANDLER = re.compile(r"Handler <function (\w+) at .*threw an exception \(exception: (.*)\)", re.S)
NO_EXTENSION = re.compile(r"Could not import extension (\S+) \(exception: (.*)\)", re.S)
NO_STYLE = re.compile(r"plugin (pybtex\.\S+) not found")
NO_ROOT = re.compile(r"unable to load the master document \((.+?)\)")
PLACED = re.compile(r"[\w./-]+\.(md|ipynb|bib|yml)[:,]|bibliography:")  # begins with a file


def work(
    project: Path,
    last: Path,
    printer: Printer | None,
    answers: TextIO,
    *,
    is_whole: bool,
    is_late: bool,
) -> None:
    """Answer until there is nobody to ask.

    Parameters
    ----------
    project
        The folder of the project that the books belong to.
    last
        The desk of the last book.
    printer
        What sets the PDFs; this process, where it cannot fork.
    answers
        Where to.
    is_whole
        Whether all libraries are imported that Sphinx's extensions name.
    is_late
        Whether the printer has to be told to begin.
    """
    patterns = Patterns(last / SPHINX / COMPILED)
    logging.disable(logging.DEBUG)  # extensions tell of everything that they register
    if not is_whole:
        spare()
        look_up_once("importlib.metadata", "importlib_metadata")
    _bring_in(project)
    known = frozenset(sys.modules)
    _import(_imported(last / SPHINX))
    if printer and is_late:
        printer.prepare()
    gc.freeze()  # what is there now is shared with every fork
    for number, line in enumerate(sys.stdin, start=1):
        setting = press.Setting(**json.loads(line))
        tell = partial(_tell, answers)
        print_ = printer.typeset if printer else typeset
        pages = partial(tell, press.PAGES)
        task = partial(_set, setting, print_, pages, known, patterns, is_whole)
        kind, told, *modules = beside(task)() if CAN_FORK else task()
        tell(kind, told)
        if printer and number % BOOKS == 0:
            printer.close()
            printer = Printer(None)
            printer.prepare()
        for imported in modules:  # a fault tells of none
            _import(imported)
        _warm_up(project, setting)
        gc.freeze()


def _tell(answers: TextIO, kind: str, told: Any = None) -> None:
    """Answer whoever asks, from this process or from a fork of it."""
    try:
        answers.write(f"{json.dumps((kind, told))}\n")
        answers.flush()
    except BrokenPipeError:
        os._exit(0)  # nobody asks any more: whoever did has been killed


def _import(names: Iterable[str]) -> None:
    """Import what a book has imported besides, so that the next finds it here, until it is asked.

    A book that waits already may not need all of it, and imports what it does.
    """
    for name in names:
        if CAN_FORK and select.select([sys.stdin], [], [], 0)[0]:
            return
        with contextlib.suppress(Exception, NeededError):
            importlib.import_module(name)


def _warm_up(project: Path, last: press.Setting) -> None:
    """Do for all books to come what each would do once."""
    if last.config.get("wavebook_where"):  # a slice, whose name is in the instrument's words
        with contextlib.suppress(Exception):  # whatever is wrong with it, the book is told
            _ = Project(project).instrument  # which is read again only when it says something else
    with contextlib.suppress(ImportError):
        import bs4  # noqa: PLC0415  # with which the theme reads pages
        import soupsieve  # noqa: PLC0415  # and finds its way in them

        bs4.BeautifulSoup("&amp;", "html.parser")  # makes a table of all entities
        soupsieve.compile("li > a.reference")  # compiles the grammar of selectors
    if nbformat := sys.modules.get("nbformat"):
        nbformat.validate(nbformat.v4.new_notebook())  # compiles what validates notebooks


def _imported(folder: Path) -> list[str]:
    """Return what the last book has imported besides; nothing is known of the first."""
    try:
        told = json.loads((folder / IMPORTED).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return [str(name) for name in told]


def _bring_in(project: Path) -> None:
    """Import all that setting the project's book takes."""
    # Whatever is wrong there is told when the book is set.
    with contextlib.suppress(Exception, NeededError):
        import yaml  # noqa: PLC0415  # Jupyter Book reads its configuration with the slow one

        yaml.SafeLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # type: ignore[misc]

        from sphinx.application import builtin_extensions  # noqa: PLC0415  # after what is spared

        from wavebook.quicker import quicken  # noqa: PLC0415
        from wavebook.setting import configuration  # noqa: PLC0415

        for name in (*builtin_extensions, *configuration(project)["extensions"]):
            importlib.import_module(name)
            # MyST's, and others', import what they consist of when they are set up.
            with contextlib.suppress(ImportError):
                importlib.import_module(f"{name}.sphinx_ext")
        quicken()


def _set(
    setting: press.Setting,
    typeset: Typeset,
    pages: press.Ready,
    known: Set[str],
    patterns: Patterns,
    is_whole: bool,
) -> Answer:
    """Set a book; tell what came of it, and which modules it has imported besides those known."""
    folder = Path(setting.folder)

    def imported() -> list[str]:
        return [name for name in sys.modules if name not in known]

    def ready(documents: Sequence[str]) -> None:
        pages(documents)
        with contextlib.suppress(OSError):  # while the PDF is still being set
            (folder / IMPORTED).write_text(json.dumps(imported()), encoding="utf-8")
            patterns.save(folder / COMPILED)

    answer = _answer(setting, typeset, ready, is_whole)
    return (*answer, imported())


def _answer(setting: press.Setting, typeset: Typeset, pages: press.Ready, is_whole: bool) -> Answer:
    """Set a book and tell what came of it."""
    answer: Answer
    try:
        from sphinx.errors import SphinxError  # noqa: PLC0415  # after what is spared

        from wavebook.setting import set_book  # noqa: PLC0415

        try:
            with locked(Path(setting.lock)):
                answer = (press.WRITTEN, asdict(set_book(setting, typeset, pages)))
        except SphinxError as error:
            if (cause := of_the_machine(error)) is not None:
                raise cause from None
            answer = (press.PROBLEMS if is_whole else press.NEEDED, in_our_words(error))
    except NeededError as error:
        answer = (press.NEEDED, str(error))
    except WavebookError as error:
        answer = (press.PROBLEMS, str(error))
    except (RecursionError, UnicodeError) as error:  # of a chapter that includes itself, or a file
        answer = (press.PROBLEMS, f"book: {error}")
    except OSError as error:
        place = error.filename or setting.folder  # a disk that is full tells of no file
        answer = (press.SYSTEM, (error.errno, error.strerror, place))
    except Exception as error:  # which a stand-in may have brought about
        if not is_whole:
            answer = (press.NEEDED, str(error))
        elif _is_ours(error):
            answer = (FAULT, traceback.format_exc())
        else:  # of what is configured: extensions, or values that they cannot take
            answer = (press.PROBLEMS, f"book: {type(error).__name__}: {error}".splitlines()[0])
    return answer


def of_the_machine(error: BaseException) -> OSError | None:
    """Return what a disk or the system's limits have brought about, behind an exception."""
    cause = error.__cause__ or error.__context__
    if isinstance(cause, OSError) and cause.errno in OF_DISKS:
        return cause
    return None if cause is None else of_the_machine(cause)


def _is_ours(error: Exception) -> bool:
    """Return whether an exception was raised by the engine, and not by what it uses."""
    return Path(traceback.extract_tb(error.__traceback__)[-1].filename).is_relative_to(ENGINE)


def in_our_words(error: Exception) -> str:
    """Return what Sphinx raised, with the file that it is about where that is certain."""
    told = str(error)
    if found := HANDLER.fullmatch(told):
        told = f"bibliography: {found[2]}" if "cite" in found[1] else found[2]
    if told.startswith(CONTENTS):
        return f"_toc.yml: {told.removeprefix(CONTENTS)}"
    if found := NO_EXTENSION.fullmatch(told):
        return f"_config.yml: the extension '{found[1]}' cannot be imported: {found[2]}"
    if found := NO_STYLE.search(told):
        return f"_config.yml: there is no {found[1]}"
    if found := NO_ROOT.search(told):
        return f"_toc.yml: there is no document '{Path(found[1]).stem}', the root"
    return told if PLACED.match(told) else f"book: {told}"
