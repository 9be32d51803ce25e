"""What a notebook reads of data and instrument, noted as it reads it.

Whether a finding has to be run again depends on what it really read: the columns of the waves, the
questions of the instrument, the files. The engine notes each of them here, by a kind and a name; in
a kernel of a build `wavebook.tracing` listens and hands the list to the cache. Nobody listens
otherwise, and a note costs a comparison.

The engine's own housekeeping (reading all of an instrument, checking all of a wave) is no reading
of a finding's: it goes on in an `unnoted` block, and what a finding then takes of the result is
noted instead.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

V = TypeVar("V")
ALL = "*"

_listening: set[str] | None = None
_frames: dict[int, tuple[Any, str]] = {}
_state = threading.local()


def listen(to: set[str] | None) -> None:
    """Add what is read from now on to a set; to none, to stop."""
    global _listening  # noqa: PLW0603 - a process has one notebook, and so one listener
    _listening = to
    _frames.clear()


def is_heard() -> bool:
    """Return whether a note made here and now would be heard."""
    return _listening is not None and not getattr(_state, "silent", 0)


def note(kind: str, *name: str) -> None:
    """Note that something is read: ``note("column", "2030", "post", "grows__beans")``."""
    if _listening is not None and not getattr(_state, "silent", 0):
        _listening.add(f"{kind}:{'/'.join(name)}")


@contextmanager
def unnoted() -> Iterator[None]:
    """Read without noting it: the caller says itself what it takes from there."""
    _state.silent = getattr(_state, "silent", 0) + 1
    try:
        yield
    finally:
        _state.silent -= 1


def silence() -> None:
    """Note nothing more of what the calling thread reads: it works for the engine alone."""
    _state.silent = 1


def watch(frame: Any, wave: str, part: str) -> Any:
    """Return a frame whose columns `columns_of` notes as those of a wave's part."""
    if is_heard():
        _frames[id(frame)] = (frame, f"{wave}/{part}")
    return frame


def columns_of(frame: Any, columns: Iterable[str] | None) -> None:
    """Note the columns that a sum takes from a frame; None where that cannot be told.

    Frames that nobody watches are a notebook's own: how it came by them has been noted.
    """
    _, part = _frames.get(id(frame), (None, ""))
    if not part:
        return
    if columns is None:
        note("rows", part)
        return
    for column in columns:
        note("column", part, column)


class Noted(dict[str, V]):
    """A dictionary that notes the keys which are looked up, and all of it where it is listed."""

    def __init__(self, kind: str, values: Mapping[str, V], *of: str) -> None:
        super().__init__(values)
        self.kind, self.of = kind, of

    def __reduce__(self) -> tuple[Any, ...]:
        return Noted, (self.kind, dict(super().items()), *self.of)

    def __getitem__(self, key: str) -> V:
        note(self.kind, *self.of, key)
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        """Return a value, or the default."""
        note(self.kind, *self.of, key)
        return super().get(key, default)

    def __contains__(self, key: object) -> bool:
        note(self.kind, *self.of, str(key))
        return super().__contains__(key)

    def __iter__(self) -> Iterator[str]:
        note(self.kind, *self.of, ALL)
        return super().__iter__()

    def __len__(self) -> int:
        note(self.kind, *self.of, ALL)
        return super().__len__()

    def keys(self) -> Any:
        """Return the keys."""
        note(self.kind, *self.of, ALL)
        return super().keys()

    def values(self) -> Any:
        """Return the values."""
        note(self.kind, *self.of, ALL)
        return super().values()

    def items(self) -> Any:
        """Return the keys with their values."""
        note(self.kind, *self.of, ALL)
        return super().items()
