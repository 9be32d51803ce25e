"""What a build is going to need, started as soon as that is known: libraries take long to import.

That only costs what it costs if it is not needed after all; what is built is told from contents.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

from wavebook import inputs
from wavebook.errors import WavebookError
from wavebook.press import start_press
from wavebook.project import Project


def start_as_asked(arguments: Sequence[str]) -> None:
    """Start what the plainest command line asks for, before it is read: that takes a library.

    Whatever is wrong with it is told when it is read.
    """
    match arguments:
        case ["build", wave]:
            with suppress(WavebookError, OSError):
                project = Project.find()
                start_for_prose(project, (wave,), project.root / "_build" / wave)


def start_for_prose(project: Project, waves: Sequence[str], last: Path) -> None:
    """Start what sets books if there is nothing to do before, as after an edit of a chapter.

    Parameters
    ----------
    waves
        The wave that is told of, then those it is compared with.
    last
        What was built last.
    """
    newer = inputs.newer(last, project, waves)
    if newer and not _are_run(newer, project):
        start_press(project, waves[0])


def start_all(
    project: Project, waves: Sequence[str], last: Path, until: ExitStack, *, inside: bool = False
) -> None:
    """Start whatever the files call for that are younger than the last build, the first first.

    Parameters
    ----------
    until
        Ends what is not needed any longer.
    inside
        Whether notebooks are run without a kernel.
    """
    newer = inputs.newer(last, project, waves)
    are_run = _are_run(newer, project)
    if are_run:
        from wavebook.run import ready_to_run  # noqa: PLC0415  # prose does without

        until.enter_context(ready_to_run(inside=inside))
    if newer:
        start_press(project, waves[0], is_late=are_run)


def _are_run(newer: Sequence[Path], project: Project) -> bool:
    """Return whether notebooks are to be run because of some files."""
    notebooks, data = {*project.notebooks, *project.chapters}, project.root / "data"
    return any(path in notebooks or path.is_relative_to(data) for path in newer)
