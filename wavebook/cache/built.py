"""Finished builds: one that is still what would be built now is left as it stands.

What a build was made from is noted with a digest of each file that it holds. Next time it is built
anew if either has changed: somebody may have edited, or deleted, what was built.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from wavebook.cache.store import Store, digest_of, sha

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
        and known["read"] == _digests(map(Path, known["read"]))
        and known["files"] == _contents(out)
    )


def remember(out: Path, made_from: str, read: Iterable[Path], store: Store) -> None:
    """Note what a finished build was made from, and what it holds.

    Parameters
    ----------
    read
        Further files that it was found to depend on.
    """
    noted = {"made_from": made_from, "read": _digests(read), "files": _contents(out)}
    store.note(BUILT, _key(out), noted)


def _key(out: Path) -> str:
    return digest_of(str(out.resolve()))


def _digests(paths: Iterable[Path]) -> dict[str, str | None]:
    return {str(path): sha(path.read_bytes()) if path.is_file() else None for path in paths}


def _contents(folder: Path) -> dict[str, str | None]:
    files = (path for path in folder.rglob("*") if path.is_file())
    start = f"{folder}{os.sep}"
    return {name.removeprefix(start): told for name, told in _digests(files).items()}
