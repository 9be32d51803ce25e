"""Commands about a wave's data: check, weight, simulate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wavebook.commands.console import WaveId, counted, say, shown
from wavebook.errors import WavebookError


def check(
    wave: Annotated[
        str, typer.Argument(metavar="WAVE|PATH", help="A wave's id, or the path of its folder.")
    ],
) -> None:
    """Check a wave's data and print every problem at once.

    Exits with 0 if the wave is sound, with 1 if not.
    """
    from wavebook.project import Project  # noqa: PLC0415
    from wavebook.wave import inspect_wave  # noqa: PLC0415

    project = Project.find()
    name = _wave_of(wave, project.root)
    read, problems = inspect_wave(project, name)
    if problems or read is None:
        raise WavebookError.of(problems)
    sizes = ", ".join(f"{count:,} {part}" for part, count in read.respondents.items())
    say(f"Wave {name} is sound: {sizes}.")


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
    for one, path in zip(made, weigh.write(made, out and out.resolve()), strict=True):
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
) -> None:
    """Make a practice wave: respondents that are nobody, and whose truth is known.

    Its answers come with weights, strata, clusters and missing answers; every page of its report
    says that it is simulated. `truth.csv` beside them holds the values that estimates aim at.
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
    with counted("respondents") as report:
        made = practice.simulate(Project.find(), wanted, replace=replace, report=report)
    sizes = ", ".join(f"{count:,} {part}" for part, count in made.respondents.items())
    say(f"Simulated wave {wave} in {shown(made.folder)}: {sizes}.")
    for one in made.shifted:
        say(f"  {one.shift.text}: from {one.before:.4f} to {one.after:.4f} in the population")
    if made.is_personal:
        say(f"  Its rows are real answers to wave {like}: keep them as safe as those.")


def _wave_of(given: str, root: Path) -> str:
    """Return the wave id that a path under ``data/waves`` names."""
    path = Path(given)
    waves = (root / "data" / "waves").resolve()
    if path.is_dir() and path.resolve().parent == waves:
        return path.resolve().name
    return given
