"""Libraries that others can do without, and that nobody has to wait for."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def missing(library: str) -> Iterator[None]:
    """Let a library be missing to whatever is imported meanwhile, unless it is loaded already."""
    if library in sys.modules:
        yield
        return
    sys.modules[library] = None  # type: ignore[assignment]  # which `import` takes for its answer
    try:
        yield
    finally:
        del sys.modules[library]
