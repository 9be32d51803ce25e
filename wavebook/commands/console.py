"""What commands say: lines, progress, paths as short as they can be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

WaveId = Annotated[str, typer.Argument(metavar="WAVE", help="The wave's id, such as 2010.")]


@contextmanager
def progress(steps: int | None) -> Iterator[Callable[[str, str], None]]:
    """Show what is running and how many steps remain; plain lines without a terminal."""
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415

    console = Console(stderr=True)
    running: dict[str, None] = {}
    with Progress(
        TextColumn("{task.fields[names]}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as progress:
        task = progress.add_task("", total=steps, names="")

        def report(step: str, state: str) -> None:
            if state == "running":
                running[step] = None
            else:
                running.pop(step, None)
                progress.advance(task)
                if not console.is_terminal:
                    console.print(f"  done: {step}", highlight=False)
            progress.update(task, names=", ".join(running))

        yield report


@contextmanager
def counted(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show how many of many are done, in a terminal; nothing without one."""
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415

    console = Console(stderr=True)
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)


def shown(path: Path) -> str:
    """Return a path as short as it can be from here."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def say(text: str) -> None:
    """Print a line on standard output."""
    typer.echo(text)
