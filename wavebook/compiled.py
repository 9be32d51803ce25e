"""Regular expressions as they were compiled for the last book.

Sphinx and its extensions compile five hundred when they are imported, and the theme its largest
when it makes the first page: a quarter of what setting one changed chapter takes. What Python makes
of a pattern stays the same until it is another Python, so it is kept.
"""

from __future__ import annotations

import importlib
import marshal
import re
import sys
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

Key = tuple[str | bytes, int]  # the pattern and its flags


class Patterns:
    """Takes the place of the compiler of regular expressions in this process and its forks.

    Parameters
    ----------
    path
        What `save` has left, if anything has.
    """

    def __init__(self, path: Path) -> None:
        self._known = _read(path)
        self._used: dict[Key, Any] = {}
        # Python has no public way of taking a pattern apart: where `re` asks for one to be
        # compiled, and the engine that is given the result.
        self._compiler = cast("Any", importlib.import_module("re._compiler"))
        self._engine = cast("Any", importlib.import_module("_sre"))
        self._compile_anew = self._compiler.compile
        self._make: Callable[..., re.Pattern[Any]] = self._engine.compile
        self._compiler.compile = self._compile

    def save(self, path: Path) -> None:
        """Write what was made, here or before, of the patterns that have been asked for."""
        path.write_bytes(marshal.dumps((sys.version, self._used)))

    def _compile(self, pattern: Any, flags: int = 0) -> re.Pattern[Any]:
        if type(pattern) not in (str, bytes):  # it has been parsed already
            return cast("re.Pattern[Any]", self._compile_anew(pattern, flags))
        key = (pattern, int(flags))
        if key not in self._used:
            self._used[key] = self._known.get(key) or self._parts_of(*key)
        all_flags, code, *groups = self._used[key]
        return self._make(pattern, all_flags, array("I", code).tolist(), *groups)

    def _parts_of(self, pattern: str | bytes, flags: int) -> tuple[Any, ...]:
        """Compile a pattern and return what the engine is given beside it."""
        given: list[tuple[Any, ...]] = []
        self._engine.compile = lambda *parts: given.append(parts)
        try:
            self._compile_anew(pattern, flags)
        finally:
            self._engine.compile = self._make
        _, all_flags, code, *groups = given[0]
        return (int(all_flags), array("I", code).tobytes(), *groups)


def _read(path: Path) -> dict[Key, Any]:
    try:
        version, known = marshal.loads(path.read_bytes())
    except (OSError, EOFError, TypeError, ValueError):
        return {}
    return known if version == sys.version else {}
