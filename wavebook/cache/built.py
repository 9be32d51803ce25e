"""Finished builds: one that is still what would be built now is left as it stands.

What a build was made from is noted with a digest of each file that it holds. Next time it is built
anew if either has changed: somebody may have edited, or deleted, what was built.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from wavebook.cache.files import below, digests
from wavebook.cache.store import Store, digest_of

BUILT = "built"


def is_current(out: Path, made_from: str, store: Store) -> bool:
    """Return whether a folder holds, to the byte, what was built there from the same.

    Parameters
    ----------
    made_from
        Digest of all that the build is made from, but for the files that `remember` was told of.
    """
    known = store.noted(BUILT, _key(out))
    return (
        known is not None
        and known["made_from"] == made_from
        and known["read"] == digests(map(Path, known["read"]))
        and known["files"] == _contents(out)
    )


def remember(
    out: Path, made_from: str, read: Sequence[Path], store: Store, *, begun: float
) -> None:
    """Note what a finished build was made from, and what it holds.

    Parameters
    ----------
    read
        Further files that it was found to depend on. If one was saved since the build has begun,
        nobody knows what of it was read, and nothing is noted.
    begun
        When that was, in seconds as `time.time` counts.
    """
    if any(_changed(path) > begun for path in read):
        return
    noted = {"made_from": made_from, "read": digests(read), "files": _contents(out)}
    store.note(BUILT, _key(out), noted)


def _changed(path: Path) -> float:
    """Return when a file was last saved, or put where it is."""
    try:
        told = path.stat()
    except OSError:
        return 0.0
    return max(told.st_mtime, told.st_ctime)


def _key(out: Path) -> str:
    return digest_of(str(out.resolve()))


def _contents(folder: Path) -> dict[str, str | None]:
    inside = len(f"{folder}{os.sep}")
    return {name[inside:]: told for name, told in digests(below(folder)).items()}
