"""Commands for reviewers: verify, diff."""

from __future__ import annotations

from typing import Annotated

import typer

from wavebook.commands.console import say
from wavebook.errors import WavebookError


def verify(
    edition: Annotated[
        str, typer.Argument(metavar="EDITION", help="Its name, such as 2010-r1, or its folder.")
    ],
) -> None:
    """Tell whether an edition is as it was published, file by file.

    Exits with 0 if it is intact, with 1 if not.
    """
    from wavebook import review  # noqa: PLC0415
    from wavebook.project import Project  # noqa: PLC0415

    folder = review.find_edition(Project.find(), edition)
    damages = list(review.damages(folder))
    if damages:
        raise WavebookError("\n".join(f"{folder.name}/{damage}" for damage in damages))
    say(f"Edition {folder.name} is intact.")


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
