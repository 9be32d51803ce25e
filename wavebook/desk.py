"""The folder in which a book is set: what the last build left there spares the next one work.

A build works on a copy of what the last one left, and leaves its own in its place when it is done.
One that fails or is killed leaves nothing, and the next starts from the last that was finished.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: every book is set from nothing, in a folder of its own
    fcntl = None  # type: ignore[assignment]

# Where Sphinx works, the pages of a slice before it was named, the PDF's source among what is kept,
# what a book has imported and which regular expressions it has compiled.
SPHINX, MARKED, TYPST, IMPORTED, COMPILED = "sphinx", "marked", "typst", "modules.json", "compiled"
TYPST_SOURCE = "report.typ"
DOCTREES = "doctrees"  # where Sphinx works: documents as they were read
# What is never changed where it stands, only replaced: a folder, in it the pages of the website;
# where MyST-NB puts the images that notebooks have made; wherever they are, documents as they were
# read (see `wavebook.pages`) and templates as Jinja compiled them.
KEPT, KEPT_PAGES = "kept", "pages"
OUTPUTS = "jupyter_execute"
REPLACED = (".doctree", ".cache")
FINISHED = "finished.json"  # a file that a folder holds when what is in it can be built upon
BEFORE = "before.json"  # the same file, in the folder of the build that builds upon it
LOCK, WORKING = "lock", "working"  # held by a build, and by the process that sets its pages


@contextmanager
def desk(builds: Path, name: str) -> Iterator[Path]:
    """Lend the folder in which a book was last set, as it was left.

    Parameters
    ----------
    builds
        Where builds are kept.
    name
        Of the book: a name that no other book has, though it may have other contents tomorrow.

    Yields
    ------
    Path
        Always the same for one book. While somebody else is setting it, another and empty folder.
    """
    home = builds / ".pages" / name
    with locked(home / LOCK) as is_ours:
        # Whoever started a build may be killed while the process that sets its pages still writes.
        with locked(home / WORKING) as is_quiet:
            pass
        if not (is_ours and is_quiet):
            with tempfile.TemporaryDirectory(prefix=".pages-", dir=builds) as folder:
                work = Path(folder) / "work"
                work.mkdir()
                yield work
            return
        last, work, old = last_of(builds, name), home / "work", home / "old"
        for remains in (work, old):
            shutil.rmtree(remains, ignore_errors=True)
        if (last / FINISHED).is_file():
            shutil.copytree(last, work, copy_function=_taken_over)
            (work / FINISHED).rename(work / BEFORE)
        else:
            work.mkdir()
        try:
            yield work
        finally:
            if (work / FINISHED).is_file():
                (work / BEFORE).unlink(missing_ok=True)
                if last.exists():
                    last.rename(old)
                work.rename(last)
            for remains in (work, old):
                shutil.rmtree(remains, ignore_errors=True)
            if not last.exists():  # a build that fails leaves nothing
                shutil.rmtree(home, ignore_errors=True)


def last_of(builds: Path, name: str) -> Path:
    """Return the folder that the last build of a book has left, if there is one."""
    return builds / ".pages" / name / "last"


def _taken_over(origin: str, copy: str) -> None:
    """Copy a file, or link to one that is only ever read: deleting it leaves the other."""
    is_only_read = origin.endswith(REPLACED) or not {KEPT, OUTPUTS}.isdisjoint(Path(origin).parts)
    (link if is_only_read else shutil.copy2)(origin, copy)


def link(origin: str, copy: str) -> None:
    """Let a file that nobody will change have a second name; a copy, on a disk that knows none."""
    try:
        os.link(origin, copy)
    except OSError:
        shutil.copy2(origin, copy)


def lock_of(desk: Path) -> Path:
    """Return the file that is locked by who works at a desk."""
    return desk.parent / WORKING


@contextmanager
def locked(path: Path) -> Iterator[bool]:
    """Hold a lock that the system takes back from a process that ends; tell whether it is ours.

    It is not where nothing can be written either: whoever asks does without, as beside another.
    """
    handle = _opened(path)
    if handle is None:
        yield False
        return
    try:
        yield _taken(handle, fcntl.LOCK_EX | fcntl.LOCK_NB) and _is_there(handle, path)
    finally:
        os.close(handle)


def _opened(path: Path) -> int | None:
    if fcntl is None:
        return None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_CREAT | os.O_RDWR, 0o666)
    except OSError:
        return None


@contextmanager
def in_turn(path: Path) -> Iterator[bool]:
    """Hold a lock as soon as nobody else does, and leave no file of it; tell whether it is ours.

    It is not where there are no locks, as on some disks: nobody can be waited for there.
    """
    handle = _awaited(path)
    try:
        yield handle is not None
    finally:
        if handle is not None:
            path.unlink(missing_ok=True)
            fcntl.flock(handle, fcntl.LOCK_UN)  # or a process forked meanwhile would hold it on
            os.close(handle)


def _awaited(path: Path) -> int | None:
    """Return a locked file, or None where there are no locks."""
    if fcntl is None:
        return None
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o666)
        if not _taken(handle, fcntl.LOCK_EX):  # the file stays: somebody may have it after all
            os.close(handle)
            return None
        if _is_there(handle, path):
            return handle
        os.close(handle)


def _taken(handle: int, how: int) -> bool:
    try:
        fcntl.flock(handle, how)
    except OSError:
        return False
    return True


def _is_there(handle: int, path: Path) -> bool:
    """Return whether a file still goes by its name: who held it before may have deleted it."""
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except OSError:
        return False
