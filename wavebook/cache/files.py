"""The files of a folder, and digests of them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from wavebook.cache.store import sha

COMPILED = "__pycache__"


def below(folder: Path, without: str = "") -> Iterator[Path]:
    """Yield every file in a folder and in those inside it, in no order.

    `Path.rglob` tells the same in several times the time.

    Parameters
    ----------
    without
        The name of folders that are left out with all that is in them.
    """
    for root, folders, names in os.walk(folder):
        if without in folders:
            folders.remove(without)
        here = Path(root)
        for name in names:
            path = here / name
            if path.is_file():  # and no link that leads nowhere
                yield path


def sha_of(path: Path) -> str | None:
    """Return the digest of a file's bytes, or None if there is no file."""
    try:
        # `Path.read_bytes` takes longer.
        with open(path, "rb", buffering=0, opener=_at_once) as file:
            return sha(file.read() or b"")
    except OSError:
        return None


def _at_once(path: str, flags: int) -> int:
    """Open a file, and a pipe without waiting for somebody who writes into it."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def digests(paths: Iterable[Path]) -> dict[str, str | None]:
    """Return the digest of each file, by its path."""
    return {str(path): sha_of(path) for path in paths}
