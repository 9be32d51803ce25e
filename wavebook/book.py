"""The book around the findings: executed notebooks and chapters into HTML and PDF, by Sphinx."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from wavebook.cache.files import COMPILED, below, sha_of
from wavebook.cache.store import Store
from wavebook.desk import BEFORE, FINISHED, KEPT, KEPT_PAGES, MARKED, SPHINX, TYPST, link, lock_of
from wavebook.errors import WavebookError
from wavebook.press import MARK, SEARCH, Setting, start_press
from wavebook.project import Project
from wavebook.regular import NOT_REGULAR, is_special

SOURCE_PARTS = ("_config.yml", "_toc.yml", "index.md", "book")
SOURCE = "source"
ENGINE = Path(__file__).parent
Digest = Callable[[Path], str | None]  # of what a file holds
# Documents, and what they show or offer.
OF_DOCUMENTS = frozenset(
    (".md", ".ipynb", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".pdf", ".csv", ".xlsx")
)
LITTER = (".buildinfo", "objects.inv", ".nojekyll")


@dataclass(frozen=True)
class Imprint:
    """What a page or a title page says of the edition that it belongs to."""

    wave: str
    where: str = ""
    edition: str = ""
    date: str = ""


def stage(project: Project, executed: Path, folder: Path) -> Path:
    """Lay out a book's source: chapters and configuration of the project, notebooks as executed.

    Parameters
    ----------
    executed
        The folder with the executed notebooks, by the names of their folders.
    folder
        Where to: the desk on which the book is set, or any folder from which it is brought there.

    Returns
    -------
    Path
        The folder of the source.
    """
    source = folder / SOURCE
    shutil.rmtree(source, ignore_errors=True)
    source.mkdir(parents=True)
    for name in SOURCE_PARTS:
        origin = project.root / name
        if origin.is_dir():
            _copy_folder(project, origin, source / name)
        elif origin.is_file():
            _copy(origin, source / name)
        else:
            raise WavebookError(f"{name}: there is no such file")
    shutil.copytree(executed, source, dirs_exist_ok=True, copy_function=_link)
    return source


def made_from(
    project: Project,
    source: Path,
    imprint: Imprint,
    data: Iterable[Path],
    digest: Digest = sha_of,
) -> str:
    """Return one digest of all that a book is made from, wherever its source is staged.

    Parameters
    ----------
    data
        The files of the project that chapters may read.
    digest
        Tells what a file of the project or the engine holds, if it has been read already.
    """
    found = {_inside(path, source): sha_of(path) for path in below(source)}
    found |= {_inside(path, project.root): digest(path) for path in data}
    engine, installed = _engine(digest), _installed()
    return _digest([*engine, *installed, str(project.root), repr(imprint), *_named(found)])


def write(
    project: Project,
    desk: Path,
    out: Path,
    imprint: Imprint,
    store: Store | None = None,
    *,
    shared: Path | None = None,
    digest: Digest = sha_of,
    meanwhile: Callable[[], None] = lambda: None,
    pages: Callable[[Path], None] = lambda html: None,
    written: Callable[[], None] = lambda: None,
) -> list[Path]:
    """Write the book that is staged on a desk: its pages to ``html``, the PDF to ``report.pdf``.

    What the last build left on the desk is used where it is the same, to the byte, as what would
    be written now.

    Parameters
    ----------
    out
        The folder to write to.
    store
        Where drawn charts are kept, for this book and others.
    shared
        The website of another part of the survey, made in the same run: see `wavebook.press`.
    digest
        As for `made_from`.
    meanwhile
        Is called when all that is left is to wait for the pages.
    pages
        Is given the folder of the website when that is complete, while the PDF is still being set.
    written
        Is called when pages and PDF are in `out`; what is done after that is for the next book.

    Returns
    -------
    list of Path
        The files beyond its source that the book was found to depend on.
    """
    source, kept, folder = desk / SOURCE, desk / KEPT, desk / SPHINX
    read_by = _digest([*_engine(digest), *_configuration(source), str(project.root), *_installed()])
    about = project.wave_folder(imprint.wave) / "wave.yml"
    mark = MARK if imprint.where else ""
    # Which slice it is, is filled in when a page is made.
    made_by = _digest([read_by, repr(replace(imprint, where=mark)), *_files([about], project.root)])
    last = _finished(desk)
    if last.get("read_by") != read_by:
        last = {}
        for remains in (folder, kept):
            shutil.rmtree(remains, ignore_errors=True)
    setting = Setting(
        str(source),
        str(folder),
        str(lock_of(desk)),
        {
            "wavebook_root": str(project.root),
            "wavebook_cache": str(store.folder.parent) if store else "",
            "wavebook_wave": imprint.wave,
            "wavebook_where": imprint.where,
            "wavebook_mark": mark,
            "wavebook_edition": imprint.edition,
            "wavebook_date": imprint.date,
        },
        made_by,
        str(kept) if last else None,
        last.get("written", {}),
        str(shared) if shared else None,
    )
    press = start_press(project, imprint.wave)
    if press.read_by not in ("", read_by):  # it may have imported what the book no longer says
        press.close()
        press = start_press(project, imprint.wave)
    press.read_by = read_by
    meanwhile()
    html = folder / "html"

    def ready(documents: Sequence[str]) -> None:
        pages(html)
        shutil.rmtree(kept / KEPT_PAGES, ignore_errors=True)
        if mark:
            kept.mkdir(exist_ok=True)
            shutil.move(folder / MARKED, kept / KEPT_PAGES)
        else:
            _keep(html, documents, kept / KEPT_PAGES)
        shutil.move(html / SEARCH, kept / KEPT_PAGES / SEARCH)
        for litter in LITTER:
            (html / litter).unlink(missing_ok=True)

    known = press.set(setting, ready)
    shutil.move(folder / "typst" / "report.pdf", out / "report.pdf")
    shutil.move(html, out / "html")
    written()
    shutil.rmtree(kept / TYPST, ignore_errors=True)
    shutil.move(folder / "typst", kept / TYPST)
    shutil.rmtree(source)
    finished = {"read_by": read_by, "written": known}
    (desk / FINISHED).write_text(json.dumps(finished), encoding="utf-8")
    return [Path(name) for name in known["read"]]


def _keep(html: Path, documents: Sequence[str], folder: Path) -> None:
    """Copy the pages of documents: what becomes of a website is nobody's business here."""
    for page in (f"{document}.html" for document in documents):
        (folder / page).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(html / page, folder / page)


def _copy_folder(project: Project, origin: Path, target: Path) -> None:
    """Copy a folder of the author's; a pipe or a dead link in it is told as the author's."""
    ignored = shutil.ignore_patterns(".*", "*.ipynb~")
    try:
        shutil.copytree(origin, target, ignore=ignored, copy_function=_copy)
    except shutil.Error as error:
        for path in (Path(given) for given, *_ in error.args[0]):
            name = path.relative_to(project.root).as_posix()
            if not path.exists():
                raise WavebookError(f"{name}: a link that leads nowhere") from None
            if is_special(path):
                raise WavebookError(f"{name}: {NOT_REGULAR}") from None
        raise


def _copy(origin: str | Path, target: str | Path) -> None:
    """Copy a file without its time: what has changed is told from contents."""
    shutil.copyfile(origin, target)
    os.utime(target, (0, 0))


def _link(origin: str, target: str) -> None:
    """Give a file, which nobody will change, a second name, and take its time from it."""
    Path(target).unlink(missing_ok=True)  # a chapter's notebook is there as it was not run
    link(origin, target)
    os.utime(target, (0, 0))


# What a book is made by, beside its documents


_own: list[str] = []


def _engine(digest: Digest) -> Sequence[str]:
    """Return what the engine is made of, as this process first asks: it goes on being that.

    Who edits it while a preview runs sees pages of the old one, which are no pages of the new.
    """
    if not _own:
        files = {_inside(path, ENGINE): digest(path) for path in below(ENGINE, COMPILED)}
        _own.extend(_named(files))
    return _own


def _configuration(source: Path) -> Iterator[str]:
    """Yield what Sphinx does not notice by itself when it changes, or not by content.

    Besides the configuration that is whatever it may name: bibliographies, templates, stylesheets,
    extensions. What documents show is theirs to notice.
    """
    listed = sorted(path for path in below(source) if path.suffix.lower() not in OF_DOCUMENTS)
    return _files(listed, source)


def _files(paths: Iterable[Path], folder: Path) -> Iterator[str]:
    return (f"{_inside(path, folder)} {sha_of(path)}" for path in paths)


def _named(digests: Mapping[str, str | None]) -> Iterator[str]:
    return (f"{name} {digest}" for name, digest in sorted(digests.items()))


def _inside(path: Path, folder: Path) -> str:
    return str(path).removeprefix(f"{folder}{os.sep}")


def _installed() -> Iterator[str]:
    """Yield this Python and the names and versions of all that is installed."""
    yield sys.version
    for folder in map(Path, sys.path):
        if folder.is_dir():
            yield from sorted(path.name for path in folder.glob("*.dist-info"))


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _finished(desk: Path) -> dict[str, Any]:
    """Return what the last build left to be known, or nothing."""
    try:
        told = json.loads((desk / BEFORE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}
