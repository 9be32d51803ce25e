"""One run of Sphinx that makes the website and the PDF; each document is read once for both."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from jupyter_book.config import get_final_config
from sphinx.application import Sphinx
from sphinx.util.build_phase import BuildPhase
from sphinx.util.docutils import docutils_namespace, patch_docutils
from sphinx.util.tags import Tags

from wavebook.chapters import in_authors_lines
from wavebook.desk import DOCTREES, KEPT_PAGES, MARKED, OUTPUTS
from wavebook.errors import WavebookError
from wavebook.forks import CAN_FORK, FAULT, Answer, beside
from wavebook.notebook_file import INJECTED
from wavebook.pages import NameTakenError, Written
from wavebook.pdf.typeset import Typeset, typeset
from wavebook.press import NEEDED, PROBLEMS, Ready, Setting
from wavebook.spared import NeededError

PAGES, PRINT = "html", "typst"
GLUED = ".glue.json"  # what notebooks hand to other documents, as MyST-NB keeps it
LINES_OF_A_CELL = 10_000
IN_CELL = re.compile(r"^(\S+\.ipynb):(\d{5,}):")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
PLACE = re.compile(r"\S+:\d+(?=: )")
LINELESS = re.compile(r"^(\S+):: ")  # a file, of which Sphinx knows no line
NO_PLACE = re.compile(r"^(?:WARNING|ERROR|CRITICAL): ")
CONFIGURED = re.compile(r"\bconfig(uration)?\b|\btheme option\b|\b(html|nb|myst|bibtex)_\w+")
NO_DOCUMENT = re.compile(r"toctree contains reference to nonexisting document '(.+?)'")


def set_book(
    setting: Setting, typeset: Typeset = typeset, ready: Ready = lambda documents: None
) -> Written:
    """Write the website and the PDF, side by side where that can be, and return what was written.

    Parameters
    ----------
    typeset
        What makes the PDF of its source.
    ready
        Is given the documents when their pages are there, unless something is wrong with them.

    Raises
    ------
    WavebookError
        With everything Sphinx warns of.
    """
    log = io.StringIO()
    try:
        with patch_docutils(setting.source), docutils_namespace(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of libraries that will change, none the user's
            written = _run(setting, typeset, ready, log)
    except NameTakenError:
        shutil.rmtree(setting.folder)
        return set_book(replace(setting, last=None), typeset, ready)
    problems = list(dict.fromkeys(problems_in(log.getvalue(), setting.source)))
    if problems:
        raise WavebookError("\n".join(problems))
    return written


def _run(setting: Setting, typeset: Typeset, ready: Ready, log: io.StringIO) -> Written:
    folder = Path(setting.folder)
    config = configuration(Path(setting.source))
    app = Sphinx(
        srcdir=setting.source,
        confdir=None,
        outdir=str(folder / PAGES),
        doctreedir=str(folder / DOCTREES),
        buildername="html",
        confoverrides=config | dict(setting.config),
        status=None,
        warning=log,
    )
    pages: Any = app.builder
    pages.made_by = setting.made_by
    if setting.last is not None:
        pages.last, pages.known = Path(setting.last) / KEPT_PAGES, Written(**setting.known)
    if setting.shared is not None:
        pages.shared = Path(setting.shared)
    printed = Path(setting.last) / PRINT if setting.last is not None else None

    def build() -> None:
        with pages.sharing(), _placed(app):
            app.build()
        _count_as_authors(app, log)
        if app.config.wavebook_mark:
            pages.name_slice(folder / MARKED)
        _forget_unused(app, folder / OUTPUTS)
        if not any(problems_in(log.getvalue(), setting.source)):
            ready(list(pages.written.images))

    if CAN_FORK:
        _build_beside(
            app, build, lambda: _print_alone(app, folder / PRINT, printed, typeset, log), log
        )
    else:
        build()
        _print(app, folder / PRINT, printed, typeset)
    written: Written = pages.written
    return written


def _count_as_authors(app: Sphinx, log: io.StringIO) -> None:
    told = in_authors_lines(app, log.getvalue())
    log.seek(0)
    log.truncate()
    log.write(told)


@contextmanager
def _placed(app: Sphinx) -> Iterator[None]:
    """Tell of which document it is that it cannot be read."""
    try:
        yield
    except (RecursionError, UnicodeError) as error:
        docname = app.env.temp_data.get("docname")
        if docname is None:
            raise
        place = Path(app.env.doc2path(docname)).relative_to(app.srcdir).as_posix()
        is_endless = isinstance(error, RecursionError)
        told = "it includes itself, or is nested too deeply" if is_endless else error
        raise WavebookError(f"{place}: {told}") from None


def configuration(source: Path) -> dict[str, Any]:
    """Return Sphinx's configuration for a book of Jupyter Book."""
    config: dict[str, Any]
    config, _ = get_final_config(
        user_yaml=source / "_config.yml",
        cli_config={"latex_individualpages": False},
        sourcedir=source,
        validate=False,  # the build has done that: see `wavebook.configuration`
    )
    return config | {"extensions": [*config["extensions"], "wavebook.pages"]}


def _forget_unused(app: Sphinx, outputs: Path) -> None:
    """Delete the files of notebooks' outputs that no document shows any longer."""
    used = {(Path(app.srcdir) / uri).resolve() for uri in [*app.env.images, *app.env.dlfiles]}
    for path in outputs.rglob("*"):
        if path.is_file() and path.resolve() not in used and not path.name.endswith(GLUED):
            path.unlink()


def problems_in(log: str, source: str) -> Iterator[str]:
    """Yield Sphinx's warnings: a broken link or figure in an edition is an error."""
    plain = COLOUR.sub("", log)
    for line in plain.splitlines():
        if any(f"{level}:" in line for level in ("WARNING", "ERROR", "CRITICAL")):
            told = LINELESS.sub(r"\1: ", line.replace(f"{source}{os.sep}", "").strip())
            if found := NO_DOCUMENT.search(told):
                told = f"_toc.yml: there is no document '{found[1]}'"
            if NO_PLACE.match(told):
                told = NO_PLACE.sub("_config.yml: " if CONFIGURED.search(told) else "book: ", told)
            yield IN_CELL.sub(partial(_cell, Path(source)), told)


def _cell(source: Path, place: re.Match[str]) -> str:
    """Return a place in a notebook as its author counts; MyST-NB makes one number of both."""
    cell, line = divmod(int(place[2]), LINES_OF_A_CELL)
    with suppress(OSError, ValueError):  # or there is nothing to be told from it
        cells = json.loads((source / place[1]).read_bytes())["cells"]
        cell -= any(one.get("id") == INJECTED for one in cells[:cell])  # papermill's, not theirs
    return f"{place[1]}, cell {cell}, line {line}:"


# The PDF


def _print(app: Sphinx, folder: Path, last: Path | None, typeset: Typeset) -> None:
    """Set the PDF from the documents that an application has read."""
    folder.mkdir(parents=True, exist_ok=True)
    app.tags = Tags()  # what is for the website only is not for print
    app.outdir = type(app.outdir)(folder)
    printed: Any = app.create_builder("typst")
    printed.typeset, printed.last = typeset, last
    app.builder = printed
    app.builder.init()
    app.phase = BuildPhase.RESOLVING
    app.builder.write(None, [])


def _print_alone(
    app: Sphinx, folder: Path, last: Path | None, typeset: Typeset, log: io.StringIO
) -> Answer:
    """Set the PDF in a process of its own, and tell what there was to warn of."""
    log.seek(0)
    log.truncate()
    try:
        _print(app, folder, last, typeset)
    except WavebookError as error:
        return (PROBLEMS, str(error))
    except NeededError as error:
        return (NEEDED, str(error))
    return ("log", in_authors_lines(app, log.getvalue()))


def _build_beside(
    app: Sphinx, build: Callable[[], None], print_: Callable[[], Answer], log: io.StringIO
) -> None:
    """Write the pages, and print the book as soon as all documents are read."""
    waiting: list[Callable[[], Answer]] = []
    pages: Any = app.builder
    pages.before_writing = lambda: waiting.append(beside(print_))
    build()
    kind, told = waiting[0]()
    if kind == PROBLEMS:
        # What is wrong with the book tells more than that its PDF cannot be set.
        others = dict.fromkeys(problems_in(log.getvalue(), str(app.srcdir)))
        raise WavebookError("\n".join(others) or told)
    if kind == NEEDED:
        raise NeededError(told)
    if kind == FAULT:
        raise RuntimeError(told)
    # What is wrong with a place for the pages is wrong with it in print.
    known = {place for line in log.getvalue().splitlines() if (place := _place(line))}
    log.writelines(line for line in told.splitlines(keepends=True) if _place(line) not in known)


def _place(warning: str) -> str:
    """Return the file and line that a warning is about; nothing if it tells of none."""
    found = PLACE.match(COLOUR.sub("", warning))
    return found[0] if found else ""
