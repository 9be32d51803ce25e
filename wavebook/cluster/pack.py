"""Folders as one file that travels."""

from __future__ import annotations

import io
import shutil
import time
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO

EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that the format knows, for every file
TRIES = 100


def pack(root: Path, files: Iterable[Path], into: Path | IO[bytes]) -> None:
    """Write files below a folder as one archive: of the same files, always the same bytes."""
    with zipfile.ZipFile(into, "w") as archive:
        for path in files:
            about = zipfile.ZipInfo(path.relative_to(root).as_posix(), EPOCH)
            about.compress_type = zipfile.ZIP_DEFLATED
            about.external_attr = 0o644 << 16
            about.file_size = path.stat().st_size
            with path.open("rb") as content, archive.open(about, "w") as entry:
                shutil.copyfileobj(content, entry)


def packed(folder: Path) -> bytes:
    """Return all of a folder as an archive."""
    archive = io.BytesIO()
    pack(folder, sorted(path for path in folder.rglob("*") if path.is_file()), archive)
    return archive.getvalue()


def unpack(archive: Path | IO[bytes], folder: Path) -> None:
    """Write an archive's files below a folder; no name leads out of it."""
    with zipfile.ZipFile(archive) as content:
        content.extractall(folder)


def remove(folder: Path) -> None:
    """Remove a folder that a process which is about to end may still be writing to."""
    for _ in range(TRIES):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.05)
