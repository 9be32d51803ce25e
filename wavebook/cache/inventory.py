"""What there is now: a digest of each thing that a notebook can read.

A file is digested as a whole first. Only for one that was never seen are its parts digested too
(columns, questions), and that is noted under the file's digest: a build in which no data changed
reads no data.
"""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

from wavebook.cache import parts
from wavebook.cache.files import COMPILED, below, sha_of
from wavebook.cache.store import Store, digest_of
from wavebook.cache.versions import installed
from wavebook.reads import ALL
from wavebook.regular import is_special
from wavebook.told import SET_BY_BUILDS

ENGINE = Path(__file__).parents[1]
PARTS = "parts"

Stat = tuple[int, int, int]  # when a file was written, and when anything about it changed; its size


class Inventory:
    """The digests of one moment: each file is read once and taken to stay what it was.

    Parameters
    ----------
    root
        The project's folder. Things in it are named relative to it, so that a cache can be shared
        by projects at different places.
    """

    def __init__(self, root: Path, store: Store) -> None:
        self.root = root
        self.store = store
        self._shas: dict[Path, str | None] = {}
        self._stats: dict[Path, Stat | None] = {}
        self._made, self._began = _now(), 0
        self._late: set[Path] = set()
        self._digests: dict[str, str | None] = {}
        self._parts: dict[str, Any] = {}
        self._columns: dict[tuple[str, str], dict[str, Any]] = {}

    def digest(self, thing: str) -> str | None:
        """Return the digest of a thing by its kind and name; None if there is none of the kind."""
        if thing not in self._digests:
            kind, _, name = thing.partition(":")
            self._digests[thing] = KINDS[kind](self, name)
        return self._digests[thing]

    def begin(self, *waves: str) -> None:
        """Digest what notebooks commonly read, before the first of them runs.

        A file that is digested only when a notebook is known to have read it may have been changed
        in between: such a file must not be younger than this moment.
        """
        data = self.root / "data"
        folders = [self.root / "notebooks", *(data / "waves" / wave for wave in waves), ENGINE]
        folders += [p for p in data.glob("*") if p.is_dir() and p.name != "waves"]
        files = [path for folder in folders for path in below(folder, COMPILED)]
        for path in (*files, *(path for path in data.glob("*.*") if path.is_file())):
            self.sha_of(path)
        self._began = _now()

    def is_unchanged(self) -> bool:
        """Return whether every file is still what it was when the notebooks began to run."""
        for path, before in list(self._stats.items()):
            if path in self._late and before is not None and before[0] >= self._began:
                return False
            if _stat(path) != before and sha_of(path) != self._shas[path]:
                return False
        return True

    def renewed(self) -> Inventory:
        """Return the inventory of this moment, for which only what was saved since is read.

        A file's times and size tell that. They could not tell of one that was saved twice within a
        tick of the clock and digested in between: what was young even then is read again.
        """
        now = Inventory(self.root, self.store)
        now._parts = self._parts  # which go by what files hold
        for path, before in list(self._stats.items()):
            is_old = before is None or max(before[:2]) < self._made
            if is_old and _stat(path) == before:
                now._stats[path], now._shas[path] = before, self._shas[path]
        return now

    def name_of(self, path: str) -> str:
        """Return a path relative to the project where it is inside."""
        root = str(self.root) + os.sep
        return path.removeprefix(root) if path.startswith(root) else path

    # Files

    def sha_of(self, path: Path) -> str | None:
        """Return the digest of a file's bytes, or None if there is no file."""
        if path not in self._shas:
            if self._began:
                self._late.add(path)
            self._stats[path] = _stat(path)
            self._shas[path] = sha_of(path)
        return self._shas[path]

    def parts_of(self, path: Path, read: Callable[[Path], Any]) -> Any:
        """Return what `read` makes of a file, from the cache if it did so before.

        Nothing of a pipe: it would be waited for.
        """
        key = self.sha_of(path)
        if key is None or is_special(path):
            return None
        key = digest_of([key, read.__name__, path.suffix, parts.FORMAT])
        if key not in self._parts:
            known = self.store.noted(PARTS, key)
            if known is None:
                known = read(path)
                self.store.note(PARTS, key, known)
            self._parts[key] = known
        return self._parts[key]

    def _file(self, name: str) -> str | None:
        return self.sha_of(self.root / name)

    def _folder(self, name: str) -> str | None:
        try:
            names = sorted(path.name for path in (self.root / name).iterdir())
        except OSError:
            return None
        return digest_of([name for name in names if name[0] not in "._~"])

    def _data(self, name: str) -> str | None:
        """All of the project's data: for a notebook whose reading cannot be followed."""
        files = sorted(p for p in (self.root / name).rglob("*") if p.is_file())
        return digest_of([(self.name_of(str(path)), self.sha_of(path)) for path in files])

    # Instrument and waves

    @cached_property
    def _instrument(self) -> dict[str, Any]:
        return self.parts_of(self.root / "data" / "instrument.yml", parts.instrument) or {}

    def _of_instrument(self, name: str) -> str | None:
        found: str | None = self._instrument.get(name)
        return found

    def _wave_file(self, wave: str) -> dict[str, Any]:
        path = self.root / "data" / "waves" / wave / "wave.yml"
        return self.parts_of(path, parts.wave) or {}

    def columns(self, wave: str, part: str) -> dict[str, Any]:
        """Return the digests of a part's columns, and under ``*`` how many rows there are."""
        if (wave, part) not in self._columns:
            file = self._wave_file(wave).get("files", {}).get(part)
            path = self.root / "data" / "waves" / wave / (file or "")
            self._columns[wave, part] = self.parts_of(path, parts.columns) or {} if file else {}
        return self._columns[wave, part]

    def _wave(self, name: str) -> str | None:
        found: str | None = self._wave_file(name).get("digest")
        return found

    def _column(self, name: str) -> str | None:
        wave, part, column = name.split("/", 2)
        columns = self.columns(wave, part)
        if parts.WHOLE in columns:
            return str(columns[parts.WHOLE])
        if column in columns or column not in self._instrument.get("derived", {}):
            found: str | None = columns.get(column)
            return found
        source = self._instrument["derived"][column]
        made_of = [self._of_instrument(f"question:{code}") for code in (column, source)]
        inside = {c: d for c, d in columns.items() if c.startswith(f"{source}__")}
        return digest_of([made_of, inside]) if inside else None

    def _has(self, name: str) -> str | None:
        return "there" if self._column(name) else None

    def _size(self, name: str) -> str | None:
        wave, part = name.split("/", 1)
        if part == ALL:
            return digest_of(self._wave_file(wave).get("files"))
        found = self.columns(wave, part).get(ALL)
        return None if found is None else str(found)

    def _rows(self, name: str) -> str | None:
        wave, part = name.split("/", 1)
        chosen = self._wave_file(wave).get("files", {}) if part == ALL else [part]
        derived = self._instrument.get("derived", {})
        return digest_of(
            [
                [self.columns(wave, one) for one in chosen],
                {column: self._of_instrument(f"question:{column}") for column in derived},
            ]
        )

    # Engine and versions

    def _module(self, name: str) -> str | None:
        path = module_path(name)
        return None if path is None else self.sha_of(path)

    def imports(self, module: str) -> list[str]:
        """Return the engine's modules that one of them imports."""
        path = module_path(module)
        return [] if path is None else self.parts_of(path, parts.imports) or []

    def _engine(self, name: str) -> str | None:
        return self.sha_of(ENGINE / name)

    def _version(self, name: str) -> str | None:
        return installed().get(name)

    def _environment(self, name: str) -> str | None:
        value = None if name in SET_BY_BUILDS else os.environ.get(name)
        return None if value is None else digest_of(value)  # which might be a secret

    def _python(self, name: str) -> str | None:
        return f"{platform.python_version()} on {sys.platform} {platform.machine()}"


def _of_instrument(kind: str) -> Callable[[Inventory, str], str | None]:
    return lambda inventory, name: inventory._of_instrument(f"{kind}:{name}")


KINDS: dict[str, Callable[[Inventory, str], str | None]] = {
    "file": Inventory._file,
    "folder": Inventory._folder,
    "data": Inventory._data,
    "wave": Inventory._wave,
    "column": Inventory._column,
    "has": Inventory._has,
    "size": Inventory._size,
    "rows": Inventory._rows,
    "question": _of_instrument("question"),
    "part": _of_instrument("part"),
    "code": _of_instrument("code"),
    "instrument": _of_instrument("instrument"),
    "module": Inventory._module,
    "engine": Inventory._engine,
    "version": Inventory._version,
    "environment": Inventory._environment,
    "python": Inventory._python,
}


def module_path(name: str) -> Path | None:
    """Return the file of one of the engine's modules."""
    place = ENGINE.joinpath(*name.split(".")[1:])
    for path in (place.with_suffix(".py"), place / "__init__.py"):
        if path.is_file():
            return path
    return None


def _now() -> int:
    """Return the time by the clock that stamps files; Linux has one for it that may lag behind."""
    clock = getattr(time, "CLOCK_REALTIME_COARSE", None)
    return time.time_ns() if clock is None else time.clock_gettime_ns(clock)


def _stat(path: Path) -> Stat | None:
    try:
        found = os.stat(path)  # noqa: PTH116  # for hundreds of files
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size
