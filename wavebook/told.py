"""What a build tells the kernels it starts, in their environment; a notebook never has to ask.

Which engine counts is no parameter: those say what is reported, and numbers are the same on every
engine. Nor is whether a wave has been found sound already.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Literal, cast, get_args

from wavebook.errors import WavebookError, listing

Engine = Literal["pandas", "duckdb", "dask"]
VARIABLE = "WAVEBOOK_ENGINE"
CLUSTER = "DASK_SCHEDULER_ADDRESS"  # as Dask calls it
IPYTHON = "IPYTHONDIR"  # as IPython calls it
CHECKED = "WAVEBOOK_CHECKED"  # the waves that a build has found sound
SET_BY_BUILDS = frozenset((VARIABLE, CLUSTER, IPYTHON, CHECKED))
MANY_ROWS = 200_000  # from here on DuckDB is faster than what pandas takes to read the rows


def chosen_engine(given: str | None = None) -> Engine | None:
    """Return the engine that is asked for, in words or in the environment; None for no wish.

    Raises
    ------
    WavebookError
        If there is no such engine.
    """
    wanted = given or os.environ.get(VARIABLE) or None
    if wanted is None:
        return None
    if wanted not in get_args(Engine):
        raise WavebookError(f"engine: '{wanted}' is not one of {listing(get_args(Engine))}")
    return cast("Engine", wanted)


@contextmanager
def for_kernels(variable: str, value: str) -> Iterator[None]:
    """Let the kernels that start meanwhile find a value in their environment."""
    before = os.environ.get(variable)
    os.environ[variable] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[variable]
        else:
            os.environ[variable] = before


def place_for_ipython(folder: Path) -> AbstractContextManager[None]:
    """Let kernels have a folder for what IPython keeps of a user who has no place for it.

    It would complain, and make a folder for each kernel that nobody deletes.
    """
    with suppress(RuntimeError):  # nobody knows of a home
        given = Path(os.environ.get(IPYTHON) or "~/.ipython").expanduser()
        if given.is_dir() and os.access(given, os.W_OK | os.X_OK):
            return nullcontext()
    folder.mkdir(parents=True)
    return for_kernels(IPYTHON, str(folder))


def engine_for_kernels(engine: Engine) -> AbstractContextManager[None]:
    """Let the kernels that start meanwhile count with an engine."""
    return for_kernels(VARIABLE, engine)


def checked_for_kernels(waves: Iterable[str]) -> AbstractContextManager[None]:
    """Let the kernels that start meanwhile open these waves without checking them again."""
    return for_kernels(CHECKED, ",".join(waves))
