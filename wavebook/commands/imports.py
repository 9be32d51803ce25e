"""Commands that bring the data of a wave: add."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wavebook.commands.console import say, shown


def add(
    sources: Annotated[
        list[Path], typer.Argument(metavar="SOURCE...", help="Exports of the fieldwork.")
    ],
    wave: Annotated[str, typer.Option(metavar="ID", help="The wave's id, such as 2026.")],
    mapping: Annotated[
        Path, typer.Option(metavar="FILE", help="How the exports speak the instrument's language.")
    ],
    part: Annotated[
        list[str] | None, typer.Option(metavar="PART", help="Only this part of the mapping.")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace parts that the wave has already.")
    ] = False,
) -> None:
    """Add a wave, or a part of one, from exports of any survey platform.

    Everything is read, translated and checked before anything is written: `data/waves/ID/` is there
    afterwards with rows that are sound, or nothing is. `wavebook map` drafts the mapping.
    """
    from wavebook.importing.add import Request  # noqa: PLC0415
    from wavebook.importing.add import add as add_wave  # noqa: PLC0415
    from wavebook.project import Project  # noqa: PLC0415

    done = add_wave(
        Project.find(), Request(tuple(sources), wave, mapping, tuple(part or ()), replace)
    )
    for one in done.parts:
        for line in one.lines():
            say(line)
    for note in done.notes:
        say(note)
    say(f"Wrote {shown(done.folder)}/: {', '.join(done.files)}")
