"""Work that setting a book is spared: libraries that it never uses, and what is looked up again.

MyST-NB can run notebooks, and keeps a database of those that it ran; Sphinx can write LaTeX, and
with its theme ask other sites for things. Importing what that takes is a third of the time in which
a chapter's page is made. A stand-in takes the place of each of these libraries. Should a book use
one after all, the stand-in says so, and the book is set by a process that has the library itself.
What looks at pictures, sets formulas without MathML and guesses encodings is there, but not
executed before it is used.

What is installed is read from disk once: it is what it was when the process began.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader
from types import ModuleType
from typing import Any

SPARED = (
    "IPython", "docutils.writers.latex2e", "jsonschema", "jupyter_client", "lxml", "requests",
    "urllib3",
    *(f"myst_nb.core.execute.{way}" for way in ("cache", "direct", "inline")),
)  # fmt: skip
TOPS = frozenset(name.partition(".")[0] for name in SPARED)
# Made by nbformat beside the faster validator that it asks instead.
NEVER_ASKED = frozenset({"jsonschema.Draft4Validator"})


# Modules that are asked for by their names alone, and only now and then.
LATE = ("PIL.Image", "charset_normalizer", "docutils.utils.math.math2html")


class NeededError(BaseException):
    """A library that was spared is used; no ``except Exception`` may hide that."""


class _Used(type):
    """Makes whatever is taken from a spared library a class: a base, a type, an exception."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _stand_in(f"{cls.__qualname__}.{name}")

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if cls.__qualname__ in NEVER_ASKED:
            return _NeverAsked(cls.__qualname__)
        raise NeededError(cls.__qualname__)


class _NeverAsked:
    """What is made of a spared class, and can be anything until something is asked of it."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        raise NeededError(f"{self._name}.{name}")


def _stand_in(name: str) -> type:
    return _Used(name, (Exception,), {"__qualname__": name, "__module__": __name__})


class _Module(ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _stand_in(f"{self.__name__}.{name}")


class _StandIns(MetaPathFinder, Loader):
    """Finds a stand-in for each spared library and everything below it."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] not in TOPS or not any(
            f"{fullname}.".startswith(f"{name}.") for name in SPARED
        ):
            return None
        return ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Module(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Do nothing: there is nothing in it."""


class _Late(MetaPathFinder):
    """Finds modules that are executed when something of theirs is first used."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path) if fullname in LATE else None
        if spec is not None and spec.loader is not None:
            spec.loader = LazyLoader(spec.loader)
        return spec


def spare() -> None:
    """Import stand-ins in place of libraries that are not imported yet, from now on."""
    sys.meta_path[:0] = [_StandIns(), _Late()]


def look_up_once(*modules: str) -> None:
    """Let modules that tell of installed packages read their entry points once, not each time.

    Sphinx's extensions ask for theirs a dozen times, and each time every package's file is read.
    Some ask the library that Python's own came from, which tells the same.
    """
    once: _Selected | None = None
    for name in modules:
        with contextlib.suppress(ImportError):
            metadata: Any = importlib.import_module(name)
            once = once or _Selected(functools.cache(metadata.entry_points))
            metadata.entry_points = once


class _Selected:
    """Selects among entry points that are read when they are first asked for."""

    def __init__(self, read: Callable[[], Any]) -> None:
        self._read = read

    def __call__(self, **wanted: Any) -> Any:
        return self._read().select(**wanted) if wanted else self._read()
