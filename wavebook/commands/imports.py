"""Commands that bring the data of a wave: map, add."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from wavebook.commands.console import say, shown


def draft(
    sources: Annotated[
        list[Path], typer.Argument(metavar="SOURCE...", help="Exports of the fieldwork.")
    ],
    wave: Annotated[
        str | None, typer.Option(metavar="ID", help="The wave's id; a year in it helps.")
    ] = None,
    out: Annotated[Path, typer.Option(metavar="FILE", help="The file to write.")] = Path(
        "mapping.yml"
    ),
    like: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The mapping of an earlier wave.")
    ] = None,
    part: Annotated[
        list[str] | None, typer.Option(metavar="PART", help="A part that the exports hold.")
    ] = None,
    sheet: Annotated[str | None, typer.Option(help="Sheet of a workbook.")] = None,
    structure: Annotated[
        Path | None, typer.Option(metavar="FILE", help="LimeSurvey's .lss or VV export.")
    ] = None,
    encoding: Annotated[str | None, typer.Option(help="Encoding of a text file.")] = None,
    separator: Annotated[str | None, typer.Option(help="Separator of a text file.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False,
) -> None:
    """Draft the mapping that `wavebook add` reads, from exports of any survey platform.

    Columns are matched to questions by their names, texts and values. Behind each line stands how
    sure it is and why; what can't be decided is a gap, to be filled by hand.
    """
    from wavebook.drafting.exports import Source, draft_mapping  # noqa: PLC0415
    from wavebook.drafting.file import read_earlier, write_draft  # noqa: PLC0415
    from wavebook.drafting.text import to_look_at  # noqa: PLC0415
    from wavebook.importing.add import check_wave_id  # noqa: PLC0415
    from wavebook.importing.mapping import SourceFile  # noqa: PLC0415
    from wavebook.project import Project  # noqa: PLC0415

    project = Project.find()
    if wave is not None:
        check_wave_id(wave)  # as whoever adds it will be told
    # The mapping says where it is from the export: that is where both are moved together.
    beside = os.path.relpath(structure, sources[0].parent) if structure else None
    how = SourceFile(sheet=sheet, structure=beside, encoding=encoding, separator=separator)
    earlier = read_earlier(project, like) if like else None
    made = draft_mapping(
        project, [Source(path, how) for path in sources], wave, tuple(part or ()), earlier
    )
    write_draft(made, out, shown(out), overwrite=force)
    for line in to_look_at(made):
        say(line)
    say(f"Wrote {shown(out)}")


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
    from wavebook.errors import lines  # noqa: PLC0415
    from wavebook.importing.add import Request  # noqa: PLC0415
    from wavebook.importing.add import add as add_wave  # noqa: PLC0415
    from wavebook.project import Project  # noqa: PLC0415

    done = add_wave(
        Project.find(), Request(tuple(sources), wave, mapping, tuple(part or ()), replace)
    )
    for one in done.parts:
        for line in one.lines():
            say(line)
    for text in (*done.notes, *lines(done.warnings)):
        say(text)
    say(f"Wrote {shown(done.folder)}/: {', '.join(done.files)}")
