"""The command line: every command, and errors that a user can mend without a traceback."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from contextlib import suppress
from typing import NoReturn

import typer

from wavebook.commands import data, imports, report, review
from wavebook.commands.plain import Command, Group
from wavebook.errors import WavebookError, of_system

INTERRUPTED, TERMINATED = 130, 143  # as shells tell of what a signal has ended

app = typer.Typer(
    name="wavebook",
    cls=Group,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="""Turn a wave of survey data into a commentary: a website and a PDF.

    A wave is a folder under `data/waves/`, holding `wave.yml` and the answers. Typical use:

    - `wavebook map EXPORT` and `wavebook add EXPORT`: a wave from what an agency delivers

    - `wavebook check 2010`: is the data sound?

    - `wavebook build 2010`: a commentary to look at, in `_build/2010/`

    - `wavebook publish 2010`: a numbered edition, in `site/`
    """,
)

for command in (
    report.build,
    report.publish,
    report.serve,
    imports.add,
    data.check,
    data.weight,
    data.simulate,
    review.verify,
    review.diff,
):
    app.command(cls=Command)(command)
app.command("map", cls=Command)(imports.draft)


def _open_streams() -> None:
    """Let there be standard streams, if whoever started this has closed them."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115


def _write_nowhere() -> None:
    """Let what is still to be written to the output go nowhere, and nobody complain of it."""
    with suppress(OSError, ValueError):  # an output that is no file of the system's
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _end(*_: object) -> NoReturn:
    """Leave as after an error, so that nothing is left behind."""
    sys.exit(TERMINATED)


def main() -> None:
    """Run the command line; an error that a user can mend is printed without a traceback."""
    # Little that a command leaves behind is garbage. Looking for it whenever a few hundred things
    # more are there takes a twentieth of the time of a build without work.
    gc.set_threshold(100_000, 50, 100)
    _open_streams()
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _end)
    try:
        try:
            app()
        finally:
            sys.stdout.flush()  # what cannot be written is told here, and not as Python ends
    except BrokenPipeError:  # nobody reads on, as behind ``| head``
        _write_nowhere()
        sys.exit(1)
    except WavebookError as error:
        typer.echo(str(error), err=True)
        sys.exit(1)
    except OSError as error:
        told = of_system(error)
        if told is None:
            raise
        _write_nowhere()
        typer.echo(told, err=True)
        sys.exit(1)
    except SystemExit as leaving:
        if leaving.code == INTERRUPTED:
            typer.echo("Stopped.", err=True)
        raise
    finally:
        # Or all that was imported is taken apart piece by piece. DuckDB tells of what is left then.
        if "duckdb" not in sys.modules:
            gc.freeze()
