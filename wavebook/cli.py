"""The command line: errors that a user can mend are told without a traceback."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from contextlib import suppress
from typing import NoReturn

from wavebook.ahead import start_as_asked
from wavebook.errors import WavebookError, of_system

INTERRUPTED, TERMINATED = 130, 143  # as shells tell of what a signal has ended


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


def _say(problem: str) -> None:
    """Tell what is wrong."""
    import typer  # noqa: PLC0415  # most have been told everything by then

    typer.echo(problem, err=True)


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
            start_as_asked(sys.argv[1:])
            from wavebook.commands.line import app  # noqa: PLC0415  # while that is started

            app()
        finally:
            sys.stdout.flush()  # what cannot be written is told here, and not as Python ends
    except BrokenPipeError:  # nobody reads on, as behind ``| head``
        _write_nowhere()
        sys.exit(1)
    except WavebookError as error:
        _say(str(error))
        sys.exit(1)
    except OSError as error:
        told = of_system(error)
        if told is None:
            raise
        _write_nowhere()
        _say(told)
        sys.exit(1)
    except SystemExit as leaving:
        if leaving.code == INTERRUPTED:
            _say("Stopped.")
        raise
    except KeyboardInterrupt:  # before there is a command that could take notice of it
        _say("Stopped.")
        sys.exit(INTERRUPTED)
    finally:
        # Or all that was imported is taken apart piece by piece. DuckDB tells of what is left then.
        if "duckdb" not in sys.modules:
            gc.freeze()


if __name__ == "__main__":
    main()
