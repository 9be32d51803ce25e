"""A folder of things kept by their content, safe against interruption, shared and bounded.

Everything is a file that is written under another name and then renamed: it is there as a whole or
not at all, whoever is killed meanwhile, and two builds that keep the same thing write the same
bytes. A file is named after the digest of its content, or holds one, so a damaged file is a thing
that is not there.
"""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from wavebook.errors import WavebookError

VARIABLE, LIMIT_VARIABLE = "WAVEBOOK_CACHE", "WAVEBOOK_CACHE_MB"
LIMIT_MB = 500
FORMAT = "1"  # the folder's: another one starts afresh beside it
MOST_ENTRIES = 20  # of one key: older states of the data that a notebook may go back to
TAG = "Signature: 8a477f597d28d172789f06886806bc55\n# Results of wavebook, made anew if deleted.\n"


def sha(content: bytes) -> str:
    """Return the sha-256 of some bytes."""
    return hashlib.sha256(content).hexdigest()


def digest_of(value: Any) -> str:
    """Return one digest of plain data."""
    return sha(json.dumps(value, sort_keys=True, ensure_ascii=False).encode())


def chosen_store(root: Path, given: Path | None = None) -> Store:
    """Return the cache that a build uses.

    Parameters
    ----------
    root
        The project's folder: its ``_build/.cache`` is the cache where nothing else is said.
    given
        Another folder; ``WAVEBOOK_CACHE`` unless given.

    Raises
    ------
    WavebookError
        If it is a file, or ``WAVEBOOK_CACHE_MB``, how many megabytes it may hold, is no number.
    """
    named = os.environ.get(VARIABLE)
    folder = (given or (Path(named) if named else root / "_build" / ".cache")).absolute()
    if folder.exists() and not folder.is_dir():
        raise WavebookError(f"{folder}: the cache must be a folder")
    limit = os.environ.get(LIMIT_VARIABLE, str(LIMIT_MB))
    try:
        return Store(folder, int(float(limit) * 1_000_000))
    except (ValueError, OverflowError):
        raise WavebookError(f"{LIMIT_VARIABLE}: '{limit}' is not a number of megabytes") from None


class Store:
    """A folder of blobs, entries that lead to them, and small notes.

    Parameters
    ----------
    folder
        Made when the first thing is kept. A folder that cannot be written is only read from.
    limit
        How many bytes it may hold.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        self.folder = folder / f"v{FORMAT}"
        self.limit = limit
        self._size: int | None = None  # when it was last measured, and what was written since
        self._grown = 0

    # Entries: under one key, several, each with what it depends on

    def entries(self, key: str) -> Iterator[dict[str, Any]]:
        """Yield what is kept under a key, the latest used first."""
        for path in sorted(self._entries(key), key=_used, reverse=True):
            content = _read(path)
            if content is None or sha(content) != path.stem:
                _forget(path)
                continue
            yield json.loads(content) | {"path": str(path)}

    def keep(self, key: str, about: dict[str, Any], content: bytes) -> None:
        """Keep a content under a key, with what is to be known about it."""
        name = sha(content)
        if not self._write(self._blob(name), zlib.compress(content)):
            return
        text = json.dumps(about | {"content": name}, sort_keys=True).encode()
        self._write(self._place("entries", key) / f"{sha(text)}.json", text)
        for path in sorted(self._entries(key), key=_used, reverse=True)[MOST_ENTRIES:]:
            _forget(path)

    def content(self, entry: dict[str, Any]) -> bytes | None:
        """Return what an entry leads to, unless it is gone or damaged."""
        path = self._blob(entry["content"])
        packed = _read(path)
        with suppress(zlib.error):
            if packed is not None and sha(found := zlib.decompress(packed)) == entry["content"]:
                _touch(path)
                _touch(Path(entry["path"]))
                return found
        _forget(path)
        return None

    # Notes: one under each key

    def note(self, kind: str, key: str, value: Any) -> None:
        """Keep plain data under a kind and a key, in place of what was there."""
        text = json.dumps(value)
        content = json.dumps({"digest": sha(text.encode()), "value": text}).encode()
        self._write(self._place(kind, key).with_suffix(".json"), content)

    def noted(self, kind: str, key: str) -> Any:
        """Return what was noted, or None."""
        path = self._place(kind, key).with_suffix(".json")
        content = _read(path)
        if content is None:
            return None
        try:
            told = json.loads(content)
            if sha(told["value"].encode()) == told["digest"]:
                _touch(path)
                return json.loads(told["value"])
        except (ValueError, KeyError, TypeError, AttributeError):
            pass
        _forget(path)
        return None

    # The bound

    def trim(self) -> None:
        """Throw away what was not used for longest, if the folder has grown beyond its limit.

        It is measured once, and again when what was written here since may be too much.
        """
        grown = self._grown
        if not grown or (self._size is not None and self._size + grown <= self.limit):
            return
        files = [(path, found) for path in self.folder.rglob("*") if (found := _stat(path))]
        size = sum(found.st_size for _, found in files)
        if size > self.limit:
            for path, found in sorted(files, key=lambda one: one[1].st_mtime):
                _forget(path)
                size -= found.st_size
                if size <= 0.9 * self.limit:  # room for the next builds
                    break
        self._size = size
        self._grown -= grown  # others may have written meanwhile

    # Files

    def _entries(self, key: str) -> list[Path]:
        try:
            return list(self._place("entries", key).glob("*.json"))
        except OSError:  # a folder of somebody else: the build can do without
            return []

    def _blob(self, name: str) -> Path:
        return self._place("blobs", name).with_suffix(".z")

    def _place(self, kind: str, key: str) -> Path:
        return self.folder / kind / key[:2] / key[2:]

    def _write(self, path: Path, content: bytes) -> bool:
        """Write a file as a whole; return whether that was possible."""
        partial = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
        try:
            if not self.folder.is_dir():
                self.folder.mkdir(parents=True, exist_ok=True)
                (self.folder.parent / "CACHEDIR.TAG").write_text(TAG, encoding="ascii")
            path.parent.mkdir(parents=True, exist_ok=True)
            partial.write_bytes(content)
            partial.replace(path)
        except OSError:  # a full disk, a folder of somebody else: the build can do without
            with suppress(OSError):
                partial.unlink(missing_ok=True)
            return False
        self._grown += len(content)
        return True


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat() if path.is_file() else None
    except OSError:  # another build has just thrown it away
        return None


def _used(path: Path) -> float:
    found = _stat(path)
    return found.st_mtime if found else 0.0


def _touch(path: Path) -> None:
    with suppress(OSError):
        os.utime(path)


def _forget(path: Path) -> None:
    with suppress(OSError):
        path.unlink(missing_ok=True)
