"""Mapping files that drafts come from and go to."""

from __future__ import annotations

from pathlib import Path

from wavebook.drafting.draft import Draft
from wavebook.drafting.earlier import Earlier
from wavebook.drafting.text import mapping_text
from wavebook.errors import WavebookError
from wavebook.importing.mapping_file import read_mapping
from wavebook.project import Project


def read_earlier(project: Project, path: Path) -> Earlier:
    """Return the mapping that an earlier wave was added with.

    Raises
    ------
    WavebookError
        With every problem in it.
    """
    name = project.relative(path)
    return Earlier(read_mapping(path, name, project.instrument), name)


def write_draft(draft: Draft, path: Path, name: str, *, overwrite: bool) -> None:
    """Write a draft; a file that is there is somebody's work.

    Raises
    ------
    WavebookError
        If there is such a file and it is not to be overwritten, or it can't be written.
    """
    text = mapping_text(draft, name)
    try:
        # Of two that draft at the same moment, the second finds the first's file.
        with path.open("w" if overwrite else "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise WavebookError(
            f"{name}: it is there already; --force overwrites it, --out writes another"
        ) from None
    except OSError as error:
        raise WavebookError(f"{name}: cannot be written: {error.strerror}") from None
