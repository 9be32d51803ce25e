"""Commands about a wave's data: check, weight, simulate."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from wavebook.commands.console import (
    WaveId,
    counted,
    resolved,
    say,
    show_checklist,
    shown,
    write_pieces,
)
from wavebook.commands.target import check_overwritten
from wavebook.errors import WavebookError


class Form(StrEnum):
    """What a check can be made into."""

    table = "table"
    json = "json"
    html = "html"


def check(
    wave: Annotated[
        str,
        typer.Argument(
            metavar="WAVE|PATH", help="A wave's id, a folder with a wave.yml, or one data file."
        ),
    ],
    part: Annotated[
        str | None, typer.Option(metavar="PART", help="Which part a data file belongs to.")
    ] = None,
    form: Annotated[
        Form, typer.Option("--format", help="What to make: a table for people, json or html.")
    ] = Form.table,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write it there instead of printing it.")
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 for warnings as well.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite a file that is no earlier report.")
    ] = False,
) -> None:
    """Check a wave's data and print every problem at once.

    Errors make answers unusable, warnings are possible and yet odd, notes are worth knowing. Exits
    with 0 if there is no error, with 1 if there is.
    """
    from wavebook.inspection import inspect  # noqa: PLC0415

    if part is not None and not Path(wave).is_file():
        raise typer.BadParameter("a part is for a single data file", param_hint="--part")
    if out is not None:
        check_overwritten(out, overwrite=force)
    found = inspect(wave, part)
    if form is not Form.table or out is not None:
        pieces = {
            Form.table: (f"{line}\n" for line in (*found.as_lines(), found.summary)),
            Form.json: found.as_json(),
            Form.html: found.as_html(),
        }[form]
        write_pieces(pieces, out)
    else:
        show_checklist(found)
    if out is not None:
        say(f"{found.summary} Wrote {shown(out)}.")
    if found.is_sound() and not found.is_sound(strict=strict):
        raise WavebookError(f"--strict: expected no warning, found {len(found.of('warning')):,}")
    if not found.is_sound(strict=strict):
        raise typer.Exit(1)


def weight(
    wave: WaveId,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="A folder for the weighted files; over them by default."),
    ] = None,
) -> None:
    """Weight a wave's answers to the margins in its wave.yml.

    Rakes each part that has `margins`, tells how they were met and what the weights cost, and
    writes the weights into the part's file, in the column that `weight` names there.
    """
    from wavebook import weigh  # noqa: PLC0415
    from wavebook.project import Project  # noqa: PLC0415

    made = weigh.weigh(Project.find(), wave)
    for one in made:
        say(one.report)
    for one, path in zip(made, weigh.write(made, out and resolved(out)), strict=True):
        say(f"Wrote the column '{one.column}' into {shown(path)}.")


def simulate(
    wave: Annotated[str, typer.Option("--wave", metavar="ID", help="The new wave's id.")],
    like: Annotated[
        str | None,
        typer.Option(metavar="WAVE", help="Whose answers to draw from; invented without one."),
    ] = None,
    respondents: Annotated[
        int | None,
        typer.Option(metavar="N", help="In all parts, 10 to 10,000,000; as in --like by default."),
    ] = None,
    parts: Annotated[
        str | None,
        typer.Option(metavar="PART[=N],…", help="Only these parts, and how many answer each."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed makes the same wave.")] = 1,
    shift: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CHANGE",
            help="A known change: `site=north:+0.10` (ten points more, from the other options in "
            "proportion) or `joy__eating:-0.5` (mean rank); with ` where CONDITION` in a group. "
            "Repeatable.",
        ),
    ] = None,
    missing: Annotated[
        float, typer.Option(min=0, max=0.9, help="The share of answers that are lost.")
    ] = 0.02,
    year: Annotated[
        int | None,
        typer.Option(min=1900, max=2200, help="The year after --like by default."),
    ] = None,
    title: Annotated[str, typer.Option(help="What the pages call it.")] = "",
    replace: Annotated[bool, typer.Option(help="Make a simulated wave of that id anew.")] = False,
    export: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.sav", help="Instead of a wave, write what an agency would deliver."
        ),
    ] = None,
) -> None:
    """Make a practice wave: respondents that are nobody, and whose truth is known.

    Its answers come with weights, strata, clusters and missing answers; every page of its report
    says that it is simulated. `truth.csv` beside them holds the values that estimates aim at. With
    --export they come as an SPSS file, to practise `wavebook map` and `wavebook add` on.
    """
    from wavebook.project import Project  # noqa: PLC0415
    from wavebook.simulate import practice, recipe  # noqa: PLC0415

    wanted = recipe.Recipe(
        wave,
        like,
        respondents,
        recipe.read_parts(parts) if parts is not None else None,
        seed,
        tuple(shift or ()),
        missing,
        year,
        title,
    )
    if export is not None:
        from wavebook.simulate import sav  # noqa: PLC0415

        made = sav.export(Project.find(), wanted, export)
    else:
        with counted("respondents") as report:
            made = practice.simulate(Project.find(), wanted, replace=replace, report=report)
    sizes = ", ".join(f"{count:,} {part}" for part, count in made.respondents.items())
    say(f"Simulated wave {wave} in {shown(made.folder)}: {sizes}.")
    for one in made.shifted:
        say(f"  {one.shift.text}: from {one.before:.4f} to {one.after:.4f} in the population")
    if made.is_personal:
        say(f"  Its rows are real answers to wave {like}: keep them as safe as those.")
