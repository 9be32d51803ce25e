"""Which reader a file of answers needs, by what is in it rather than by its name alone."""

from __future__ import annotations

from pathlib import Path

from wavebook.importing.export import Export
from wavebook.rows import read_text


def read_export(
    path: Path,
    *,
    name: str | None = None,
    sheet: str | None = None,
    structure: Path | None = None,
    encoding: str | None = None,
    separator: str | None = None,
) -> Export:
    """Return a file of answers in the form that all sources are brought to.

    Parameters
    ----------
    name
        The file, as the user would name it; its path by default.
    sheet
        Sheet of a workbook; the first that has answers by default.
    structure
        What describes the file: LimeSurvey's ``.lss``, or its VV export.
    encoding, separator
        Of a text file; detected by default.

    Raises
    ------
    WavebookError
        If the file can't be read, or is not what it seems.
    """
    shown = name or str(path)
    return Export(shown, "CSV", read_text(path, shown), {}, {}, {}, (), 2)
