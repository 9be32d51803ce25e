"""Every command of the command line."""

from __future__ import annotations

import typer

from wavebook.commands import data, imports, report, review
from wavebook.commands.plain import Command, Group

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

    - `wavebook statements 2010`: which conclusions hold?

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
    review.statements,
    review.verify,
    review.diff,
):
    app.command(cls=Command)(command)
app.command("map", cls=Command)(imports.draft)
