"""The command line: every command, and errors that a user can mend without a traceback."""

from __future__ import annotations

import gc
import sys

import typer

from wavebook.commands import data, imports, report, review
from wavebook.commands.plain import Command, Group
from wavebook.errors import WavebookError

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


def main() -> None:
    """Run the command line; an error that a user can mend is printed without a traceback."""
    # Little that a command leaves behind is garbage. Looking for it whenever a few hundred things
    # more are there takes a twentieth of the time of a build without work.
    gc.set_threshold(100_000, 50, 100)
    try:
        app()
    except WavebookError as error:
        typer.echo(str(error), err=True)
        sys.exit(1)
    except PermissionError as error:
        typer.echo(f"{error.filename}: no permission", err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        typer.echo("Stopped.", err=True)
        sys.exit(130)
    finally:
        # Or all that was imported is taken apart piece by piece. DuckDB tells of what is left then.
        if "duckdb" not in sys.modules:
            gc.freeze()
