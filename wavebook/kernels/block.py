"""The block in which kernels are warm; entering it starts their template and imports little."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

ENGINE = "wavebook-warm"
DEFAULT_PRELOAD = ("pandas", "altair", "wavebook.kernels.warmup")

_blocks: list[tuple[str, ...]] = []


@contextmanager
def warm_kernels(
    preload: Sequence[str] = DEFAULT_PRELOAD, prepare: Sequence[str] = ()
) -> Iterator[None]:
    """Fork the kernels started in this block from one process that has imported `preload`.

    The process starts importing at once, beside whatever the block does before its first kernel.
    At the end of the block it is gone, and every kernel forked from it. Threads may share a block.

    Parameters
    ----------
    preload
        Names of modules. Importing one must not start a thread.
    prepare
        A module, a function in it, and its arguments, all of them text: a call to make in that
        process, whose effects the kernels find in memory. It must not start a thread either.
    """
    from wavebook.kernels.template import Recipe, read_at_start, templates  # noqa: PLC0415  # sockets

    chosen = tuple(preload)
    recipe = Recipe((), chosen, read_at_start(os.environ))
    if can_fork():
        template = templates.start(recipe)
        if prepare:
            template.prepare(prepare)
    _blocks.append(chosen)
    try:
        yield
    finally:
        _blocks.remove(chosen)
        if chosen not in _blocks:
            templates.close(recipe)


def call_warm(module: str, function: str, *arguments: str) -> Any:
    """Return what a function returns, told by a fork; it is called here where nothing is forked."""
    from wavebook.kernels.template import NotForkedError  # noqa: PLC0415  # sockets

    with suppress(NotForkedError):
        return call_fork(module, function, *arguments)
    return getattr(importlib.import_module(module), function)(*arguments)


def call_fork(
    module: str,
    function: str,
    *arguments: str,
    started: Callable[[Any], None] = lambda process: None,
) -> Any:
    """Return what a function returns: plain data, told by a fork of the block's template.

    That has loaded the libraries which the function needs, and this process need not.

    Parameters
    ----------
    started
        Is given the process that does it.

    Raises
    ------
    NotForkedError
        Outside of a block, or where nothing can be forked.
    RuntimeError
        If it raises an exception, or its process is killed.
    """
    import asyncio  # noqa: PLC0415
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415

    from wavebook.kernels.template import (  # noqa: PLC0415  # as above
        NotForkedError,
        Recipe,
        Request,
        read_at_start,
        templates,
    )

    if not _blocks or not can_fork():
        raise NotForkedError("there is nothing to fork from")
    recipe = Recipe((), _blocks[-1], read_at_start(os.environ))
    request = Request([], str(Path.cwd()), os.environ, call=(module, function, *arguments))
    # In a thread of its own, because a loop may be running in this one.
    with ThreadPoolExecutor(1) as thread:
        try:
            return thread.submit(asyncio.run, templates.call(recipe, request, started)).result()
        except KeyboardInterrupt:
            templates.close(recipe)
            raise


def can_fork() -> bool:
    """Return whether this system can fork a process safely and watch over it.

    macOS has `os.fork`, but its own libraries do not survive it; Windows has none.
    """
    return sys.platform == "linux" and hasattr(os, "pidfd_open")


def current_preload() -> tuple[str, ...]:
    """Return the modules of the innermost block, of the environment, or else the default."""
    if _blocks:
        return _blocks[-1]
    named = os.environ.get("WAVEBOOK_PRELOAD", "").replace(",", " ").split()
    return tuple(named) or DEFAULT_PRELOAD
