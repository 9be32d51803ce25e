"""Where a report of a check may be written: over an earlier one, and over nothing else."""

from __future__ import annotations

import re
from pathlib import Path

from wavebook.commands.console import resolved, shown
from wavebook.errors import WavebookError

LOOKED_AT = 4096  # bytes at either end of a file, by which a report is known
REPORT = re.compile(
    rb'\A<!DOCTYPE html>.*<title>Check of |\A\{\s*"subject": .*"sound": |'
    rb" is (?:not )?sound(?:[: ][^\n]*)?\.\n\Z",
    re.DOTALL,
)


def check_overwritten(out: Path, *, overwrite: bool) -> None:
    """Make sure that a report takes the place of nothing but an earlier one.

    Raises
    ------
    WavebookError
        If there is another file and it is not to be overwritten, or if the report would stand among
        a project's data, where nothing is to be written by mistake.
    """
    if any((folder / "instrument.yml").is_file() for folder in _data_folders(out)):
        raise WavebookError(f"{shown(out)}: among the data; expected a place outside data/")
    if out.is_file() and not overwrite and not _is_report(out):
        raise WavebookError(
            f"{shown(out)}: there is a file already that is no report of a check; "
            "--force overwrites it"
        )


def _data_folders(out: Path) -> list[Path]:
    return [folder for folder in resolved(out).parents if folder.name == "data"]


def _is_report(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            head = file.read(LOOKED_AT)
            file.seek(max(0, path.stat().st_size - LOOKED_AT))
            tail = file.read()
    except OSError:
        return False
    return any(REPORT.search(part) for part in (head, tail))
