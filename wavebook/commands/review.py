"""Commands for reviewers: statements, verify, diff."""

from __future__ import annotations

from typing import Annotated

import typer

from wavebook.commands.console import WaveId, progress, say
from wavebook.commands.report import CacheFolder, Where
from wavebook.errors import WavebookError


def statements(
    wave: WaveId,
    where: Where = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a list for programs instead of lines.")
    ] = False,
    cache: CacheFolder = None,
) -> None:
    """Tell which conclusions still hold: a line for each, with what was found and expected.

    Each `holds`, `fails` or was `not asked`; one that a paragraph names and no cell checks is `not
    checked`. Paragraphs that rest on one that does not hold are not printed. Runs the notebooks
    whose results are not there yet.
    """
    import json  # noqa: PLC0415

    from wavebook.build import findings  # noqa: PLC0415
    from wavebook.project import Project  # noqa: PLC0415
    from wavebook.results import listed_statements  # noqa: PLC0415
    from wavebook.run import Parameters  # noqa: PLC0415
    from wavebook.statements import line  # noqa: PLC0415
    from wavebook.wanted import check_wanted  # noqa: PLC0415

    project = Project.find()
    parameters = Parameters(wave, None, where)
    check_wanted(project, parameters)
    with progress(len(project.notebooks) + len(project.chapters)) as report:
        found = findings(project, parameters, cache=cache, report=report)
    listed = listed_statements(found)
    if as_json:
        say(json.dumps(listed, indent=2, ensure_ascii=False))
        return
    for one in listed:
        say(line(one))


def verify(
    edition: Annotated[
        str, typer.Argument(metavar="EDITION", help="Its name, such as 2010-r1, or its folder.")
    ],
) -> None:
    """Tell whether an edition is as it was published, file by file.

    Exits with 0 if it is intact, with 1 if not.
    """
    from wavebook.edition import MANIFEST, damages, read_manifest  # noqa: PLC0415
    from wavebook.project import Project  # noqa: PLC0415
    from wavebook.review import find_edition  # noqa: PLC0415

    folder = find_edition(Project.find(), edition)
    if not (folder / MANIFEST).is_file():
        raise WavebookError(
            f"{edition}: a build, or an edition without its {MANIFEST}; expected an edition"
        )
    if found := list(damages(folder)):
        raise WavebookError("\n".join(f"{folder.name}/{damage}" for damage in found))
    say(f"Edition {read_manifest(folder)['edition']} is intact.")


def diff(
    one: Annotated[str, typer.Argument(metavar="A", help="An edition, or a build's folder.")],
    other: Annotated[str, typer.Argument(metavar="B", help="Another.")],
) -> None:
    """List every value of the tables that differs between two editions.

    Exits with 0 if all are the same, with 1 if not.
    """
    from wavebook import review  # noqa: PLC0415
    from wavebook.project import Project  # noqa: PLC0415

    project = Project.find()
    found = list(review.differences(*(review.find_edition(project, name) for name in (one, other))))
    for line in found:
        say(line)
    if found:
        raise typer.Exit(1)
    say("The same values.")
