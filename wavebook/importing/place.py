"""A wave's folder, put in its place whole or not at all, also when the program is killed."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wavebook.errors import WavebookError

STAGE = ".adding-"
# Who is killed can't tidy up: this waits until its parent is gone, and does.
GUARD = "import shutil, sys; sys.stdin.buffer.read(); shutil.rmtree(sys.argv[1], True)"
AT_FDCWD, EXCHANGE = -100, 2  # linux/fcntl.h, linux/fs.h; macOS's RENAME_SWAP is 2 as well


@contextmanager
def stage(waves: Path, name: str) -> Iterator[Path]:
    """Lend a folder beside the waves to make one in; it is gone afterwards, whatever happens.

    Raises
    ------
    WavebookError
        If nothing can be written there.
    """
    is_new = not waves.exists()
    try:
        waves.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=STAGE, dir=waves))
    except OSError as error:
        raise WavebookError(f"{name}: cannot be written: {error.strerror}") from None
    guard = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", GUARD, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # what is sent to the whole group does not reach it
    )
    try:
        yield folder
    except OSError as error:
        raise WavebookError(f"{name}: cannot be written: {error.strerror}") from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        guard.communicate()
        if is_new and not any(waves.iterdir()):
            waves.rmdir()


def put(finished: Path, target: Path, name: str) -> None:
    """Put a finished folder where none may stand.

    Renaming a folder onto one that is not empty fails, so of two at the same moment one is refused.

    Raises
    ------
    WavebookError
        If there is one by now.
    """
    try:
        finished.rename(target)
    except OSError as error:
        if not target.exists():
            raise
        raise WavebookError(
            f"{name}: somebody else has added this wave just now; nothing is written"
        ) from error


def exchange(finished: Path, target: Path, read: bytes, name: str) -> None:
    """Put a finished folder in the place of an older one, which goes to the stage.

    Parameters
    ----------
    read
        What the older folder's ``wave.yml`` held when the work began.

    Raises
    ------
    WavebookError
        If somebody has changed it since.
    """
    with _alone(target.parent):
        if (target / "wave.yml").read_bytes() != read:
            raise WavebookError(
                f"{name}: somebody else has changed this wave just now; nothing is written"
            )
        if not _swap(finished, target):
            leaving = finished.with_name(f"{finished.name}.before")
            target.rename(leaving)
            finished.rename(target)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait until nobody else is changing a folder of waves."""
    try:
        import fcntl  # noqa: PLC0415  # not on every system
    except ImportError:
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _swap(one: Path, other: Path) -> bool:
    """Let two folders change places in one step; False where the system has no such thing."""
    try:
        library = ctypes.CDLL(None, use_errno=True)
        if sys.platform == "darwin":
            return bool(library.renamex_np(os.fsencode(one), os.fsencode(other), EXCHANGE) == 0)
        done = library.renameat2(AT_FDCWD, os.fsencode(one), AT_FDCWD, os.fsencode(other), EXCHANGE)
    except (AttributeError, OSError, TypeError):
        return False
    return bool(done == 0)
