"""What hangs on nothing but what it is made from: made once, then taken from the cache."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wavebook.cache.store import Store, digest_of


def once(
    store: Store | None,
    kind: str,
    given: Any,
    make: Callable[[], str],
    again: Callable[[], Any] | None = None,
) -> str:
    """Return what is made of something, from the store if it is there.

    Parameters
    ----------
    store
        Where it is kept; without one it is made each time.
    kind
        Of what is made; the name of a folder in the store.
    given
        All that it hangs on, as plain data: versions of libraries as well.
    again
        Tells once more what that is, where it is made of files: should somebody have saved one
        meanwhile, nobody knows which state of it was read, and nothing is kept.
    """
    if store is None:
        return make()
    key = digest_of(given)
    known = store.noted(kind, key)
    if isinstance(known, str):
        return known
    made = make()
    if again is None or digest_of(again()) == key:
        store.note(kind, key, made)
    return made
