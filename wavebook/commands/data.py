"""Commands about a wave's data: check, weight."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wavebook.commands.console import WaveId, say, shown
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


def _wave_of(given: str, root: Path) -> str:
    """Return the wave id that a path under ``data/waves`` names."""
    path = Path(given)
    waves = (root / "data" / "waves").resolve()
    if path.is_dir() and path.resolve().parent == waves:
        return path.resolve().name
    return given
