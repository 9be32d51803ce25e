"""The folder that a build works in, and the one that what it has made takes the place of."""

from __future__ import annotations

import glob
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from wavebook.desk import in_turn, locked
from wavebook.errors import WavebookError
from wavebook.project import Project

WORK, LOCK = ".work-", ".lock"
NEW_ONE, OLD = "new", "old"  # folders on their way to a place, and from there
NEW = 60  # seconds; by then whoever has made a folder has locked it


@contextmanager
def workshop(project: Project) -> Iterator[Path]:
    """Lend a folder beside the builds to work in; it is gone afterwards, whatever happens.

    What a build that was killed has left behind is cleared away by the next.
    """
    builds = project.root / "_build"
    try:
        builds.mkdir(exist_ok=True)
        _clear(builds)
        work = Path(tempfile.mkdtemp(prefix=WORK, dir=builds))
    except OSError as error:
        raise WavebookError(f"_build: cannot be written: {error.strerror}") from None
    with locked(work / LOCK):
        try:
            yield work
        finally:
            shutil.rmtree(work, ignore_errors=True)


def _clear(builds: Path) -> None:
    """Delete the folders of builds that do not run any more."""
    for folder in builds.glob(f"{WORK}*"):
        with suppress(OSError):  # its build has just ended
            if time.time() - folder.stat().st_ctime < NEW:
                continue
            with locked(folder / LOCK) as is_nobodys:
                if is_nobodys:
                    shutil.rmtree(folder, ignore_errors=True)


def writable(folder: Path) -> None:
    """Make sure that a folder can be written, before anything long begins.

    Raises
    ------
    WavebookError
        If it can't.
    """
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    if not existing.is_dir():
        raise WavebookError(f"{existing}: not a folder")
    if not os.access(existing, os.W_OK | os.X_OK):
        raise WavebookError(f"{existing}: no permission to write here")


def replace_folder(finished: Path, target: Path, placed: Callable[[], None] = lambda: None) -> None:
    """Put a finished folder where an older one may stand; the old one goes only when it can.

    Of several that do so at the same moment, each waits for the one before.

    Parameters
    ----------
    placed
        Is called when it stands there, before what it replaces is deleted.
    """
    with placing(target):
        arriving, leaving = arrived(finished, target), _beside(target, OLD)
        if target.exists():
            target.rename(leaving)
        arriving.rename(target)
        placed()
        shutil.rmtree(leaving, ignore_errors=True)


@contextmanager
def placing(target: Path) -> Iterator[None]:
    """Let nobody else put a folder at a place, and put right first what was left there."""
    with in_turn(_lock_of(target)) as is_ours:
        if is_ours:
            _put_right(target)
        yield


def arrived(finished: Path, target: Path) -> Path:
    """Bring a finished folder beside the place where it belongs, maybe from another disk."""
    target.parent.mkdir(parents=True, exist_ok=True)
    arriving = _beside(target, NEW_ONE)
    try:
        shutil.move(finished, arriving)
    except OSError:
        shutil.rmtree(arriving, ignore_errors=True)
        raise
    return arriving


def settle(target: Path) -> None:
    """Put right what a process has left that was killed while it replaced a folder.

    A process that still does so holds a lock. Its number would tell nothing: containers that share
    a disk all have a process 1.
    """
    if not any(_left(target)):
        return
    lock = _lock_of(target)
    with locked(lock) as is_nobodys:
        if is_nobodys:
            _put_right(target)
            lock.unlink()


def _put_right(target: Path) -> None:
    """Delete what was left beside a place, or put back what stood there."""
    for path in _left(target):
        if path.name.startswith(f".{target.name}.{OLD}-") and not target.exists():
            path.rename(target)
        else:
            shutil.rmtree(path, ignore_errors=True)


def _left(target: Path) -> Iterator[Path]:
    """Yield the folders on their way from a place, then those on their way there."""
    for kind in (OLD, NEW_ONE):
        yield from target.parent.glob(f".{glob.escape(target.name)}.{kind}-*")


def _beside(target: Path, kind: str) -> Path:
    """Return a name beside a place that no other folder has, nor one that was left."""
    return target.with_name(f".{target.name}.{kind}-{os.urandom(8).hex()}")


def _lock_of(target: Path) -> Path:
    return target.with_name(f".{target.name}{LOCK}")
