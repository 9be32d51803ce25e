"""Read a file of answers, whatever wrote it, into one form."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from wavebook.errors import WavebookError
from wavebook.importing.export import Export
from wavebook.importing.signature import Format, recognise


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

    What a file is, is told by its content: a CSV file that is named ``.xls`` is read as what it
    is, and the notes say so.

    Parameters
    ----------
    name
        The file, as the user would name it; its path by default.
    sheet
        Sheet of a workbook; the first visible one with a table by default.
    structure
        What describes the columns of a LimeSurvey export: its ``.lss`` file, or its VV export.
    encoding, separator
        Of a text file; found out by default. An SPSS or Stata file may be given an encoding too,
        where what it says of itself is wrong.

    Raises
    ------
    WavebookError
        If the file can't be read whole, is not what holds answers, has no respondents, or is of
        another kind than `sheet`, `structure`, `encoding` or `separator` are for.
    """
    shown = name or str(path)
    kind, notes = recognise(path, shown)
    options = {
        "sheet": (sheet, {"workbook"}, "a workbook"),
        "structure": (structure, {"text", "workbook"}, "a LimeSurvey export"),
        "encoding": (encoding, {"text", "SPSS", "Stata"}, "a text, SPSS or Stata file"),
        "separator": (separator, {"text"}, "a text file"),
    }
    for option, (given, kinds, owner) in options.items():
        if given is not None and kind not in kinds:
            raise WavebookError(f"{shown}: not {owner}, so '{option}' has no meaning")
    try:
        export = _read(path, shown, kind, (sheet, structure, encoding, separator))
    except OSError as error:
        raise WavebookError(f"{shown}: cannot be read: {error.strerror or error}") from None
    return replace(export, notes=(*notes, *export.notes))


def _read(
    path: Path,
    name: str,
    kind: Format,
    options: tuple[str | None, Path | None, str | None, str | None],
) -> Export:
    # Each reader brings a library that the others do not need.
    sheet, structure, encoding, separator = options
    if kind in ("SPSS", "Stata"):
        from wavebook.importing.statistical import read_statistical  # noqa: PLC0415

        return read_statistical(path, name, kind, encoding)
    if kind == "Parquet":
        from wavebook.importing.parquet import read_parquet  # noqa: PLC0415

        return read_parquet(path, name)
    from wavebook.importing.limesurvey import read_structure  # noqa: PLC0415
    from wavebook.importing.tabular import export_of  # noqa: PLC0415

    described = read_structure(structure, str(structure)) if structure is not None else None
    if kind == "workbook":
        from wavebook.importing.workbook import read_workbook  # noqa: PLC0415

        return export_of(read_workbook(path, name, sheet), described)
    from wavebook.importing.delimited import read_delimited  # noqa: PLC0415

    grid = read_delimited(path, name, encoding=encoding, separator=separator)
    return export_of(grid, described)
