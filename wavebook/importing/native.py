"""Read a workbook, an SPSS or a Stata file with a library in Rust or C; run as a process apart.

This is a script: it imports only what it reads with, so that it starts at once. What it found goes
to standard output, pickled: a word for what happened, and then what there is to say.
"""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Callable
from typing import Any

Answer = tuple[Any, ...]


def workbook(path: str, sheet: str) -> Answer:
    """Return a sheet's cells, and the sheets there are.

    Parameters
    ----------
    sheet
        Its name; empty for the first visible one with a table.
    """
    import python_calamine as calamine  # noqa: PLC0415

    try:
        book = calamine.CalamineWorkbook.from_path(path)
    except calamine.PasswordError:
        return ("password",)
    tables = (calamine.SheetTypeEnum.WorkSheet, calamine.SheetTypeEnum.MacroSheet)
    sheets = [meta for meta in book.sheets_metadata if meta.typ in tables]
    names = [meta.name for meta in sheets]
    visible = [m.name for m in sheets if m.visible == calamine.SheetVisibleEnum.Visible]
    if sheet and sheet not in names:
        return "no sheet", names
    for name in [sheet] if sheet else visible or names:
        found = book.get_sheet_by_name(name)
        cells = found.to_python(skip_empty_area=False)
        # A cover page has no two rows with two cells.
        if sheet or sum(sum(cell != "" for cell in row) > 1 for row in cells[:100]) > 1:
            return "cells", names, name, cells, found.merged_cell_ranges or []
    return "no table", names


def statistical(kind: str, path: str, encoding: str) -> Answer:
    """Return the columns of an SPSS or Stata file, and what it says of them.

    Parameters
    ----------
    encoding
        Of its text; empty for what the file says.
    """
    import pyreadstat  # noqa: PLC0415

    read: Any = pyreadstat.read_sav if kind == "SPSS" else pyreadstat.read_dta
    columns, meta = read(
        path,
        encoding=encoding or None,
        user_missing=True,
        disable_datetime_conversion=True,  # whose dates end in the year 9999, with an error
        output_format="dict",
    )
    told = {
        "names": list(meta.column_names),
        "columns": [list(columns[name]) for name in meta.column_names],
        "labels": dict(meta.column_names_to_labels),
        "value_labels": dict(meta.variable_value_labels),
        "missing_ranges": dict(meta.missing_ranges),
        "formats": dict(meta.original_variable_types),
        "types": dict(meta.readstat_variable_types),
        "encoding": meta.file_encoding,
        "rows": meta.number_rows,
        "title": meta.file_label or "",
    }
    return "columns", told


READERS: dict[str, Callable[..., Answer]] = {"workbook": workbook, "statistical": statistical}
LEAST_MEMORY = 4 * 1024**3


def bound_memory() -> None:
    """Let no damaged file ask for more memory than the machine has; where a system can do that."""
    try:
        import resource  # noqa: PLC0415  # not on Windows

        there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        most = resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (max(there, LEAST_MEMORY), most))
    except (ImportError, OSError, ValueError):
        pass


if __name__ == "__main__":
    bound_memory()
    reader, *arguments = sys.argv[1:]
    try:
        answer: Answer = READERS[reader](*arguments)
    except BaseException as error:  # a panic in Rust is no Exception
        lines = str(error).splitlines() or [type(error).__name__]
        answer = ("error", lines[0])
    pickle.dump(answer, sys.stdout.buffer)
