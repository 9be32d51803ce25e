"""What commands say: lines, progress, paths as short as they can be."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wavebook.errors import WavebookError
from wavebook.regular import check_regular

if TYPE_CHECKING:
    from wavebook.checklist import Checklist

WaveId = Annotated[str, typer.Argument(metavar="WAVE", help="The wave's id, such as 2010.")]


@contextmanager
def progress(steps: int | None) -> Iterator[Callable[[str, str], None]]:
    """Show what is running and how many steps remain; plain lines without a terminal."""
    if not sys.stderr.isatty():
        yield _line
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415

    console = Console(stderr=True)
    running: dict[str, None] = {}
    columns = (TextColumn("{task.fields[names]}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=steps, names="")

        def report(step: str, state: str) -> None:
            if state == "noted":
                console.print(f"  {step}", highlight=False, markup=False)
            elif state == "running":
                running[step] = None
            else:
                running.pop(step, None)
                bar.advance(task)
            bar.update(task, names=", ".join(running))

        yield report


def _line(step: str, state: str) -> None:
    if state == "noted":
        typer.echo(f"  {step}", err=True)
    elif state != "running":
        typer.echo(f"  {state}: {step}", err=True)


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


def resolved(path: Path) -> Path:
    """Return where a path leads, links in it followed.

    Raises
    ------
    WavebookError
        If they lead in circles.
    """
    try:
        path.stat()
    except OSError as error:  # what else is wrong there, whoever uses the path says
        if error.errno == errno.ELOOP:
            raise WavebookError(f"{path}: a link that leads in circles") from None
    return Path(os.path.realpath(path))


def say(text: str) -> None:
    """Print a line on standard output."""
    typer.echo(text)


def show_checklist(found: Checklist) -> None:
    """Print problems on standard error, as tables on a terminal, and the verdict on the output."""
    if sys.stderr.isatty():
        from rich.console import Console  # noqa: PLC0415

        console = Console(stderr=True)
        for table in found.as_tables():
            console.print(table)
    else:
        for line in found.as_lines():
            typer.echo(line, err=True)
    say(found.summary)


def write_pieces(pieces: Iterable[str], out: Path | None) -> None:
    """Write text on standard output, or into a file, which is replaced as a whole.

    Raises
    ------
    WavebookError
        If it can't be written there, or there is a pipe or a device.
    """
    if out is None:
        sys.stdout.writelines(pieces)
        return
    if not out.name or out.is_dir():
        raise WavebookError(f"{out}: a folder; expected a file to write")
    check_regular(out, str(out))  # what replaces a device takes it from everybody
    partial = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        with partial.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(pieces)
        partial.replace(out)
    except OSError as error:
        raise WavebookError(f"{out}: cannot be written: {error.strerror}") from None
    finally:
        partial.unlink(missing_ok=True)
