"""Which packages are installed, from the names of their folders: nothing is imported for it."""

from __future__ import annotations

import re
import sysconfig
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

FOLDER = re.compile(r"(.+?)-([^-]+)\.dist-info")


@cache
def installed() -> Mapping[str, str]:
    """Return the version of each installed distribution."""
    return {name: version for name, version, _ in _distributions()}


@cache
def providers() -> Mapping[str, tuple[str, ...]]:
    """Return the distributions that each top-level module comes from.

    `importlib.metadata.packages_distributions` tells the same in ten times the time.
    """
    found: dict[str, tuple[str, ...]] = {}
    for name, _, folder in _distributions():
        for module in set(_modules(folder)):
            found[module] = (*found.get(module, ()), name)
    return found


def _distributions() -> Iterator[tuple[str, str, Path]]:
    paths = sysconfig.get_paths()
    for folder in sorted({paths["purelib"], paths["platlib"]}):
        for path in sorted(Path(folder).iterdir()):
            if found := FOLDER.fullmatch(path.name):
                yield re.sub(r"[-_.]+", "-", found[1]).lower(), found[2], path


def _modules(folder: Path) -> Iterator[str]:
    try:
        yield from (folder / "top_level.txt").read_text(encoding="utf-8").split()
    except OSError:
        try:
            listed = (folder / "RECORD").read_text(encoding="utf-8").splitlines()
        except OSError:
            return
        for line in listed:
            yield line.partition(",")[0].partition("/")[0].partition(".")[0]
