"""Lines of a CSV file: how many there can be, and which have cells too few or too many."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from wavebook.errors import Problem
from wavebook.regular import is_special


def rows_at_most(path: Path) -> float:
    """Return how many rows a file of answers can have, from its size alone.

    Each row of a CSV file has a comma or the end of the line behind each of its cells, as its
    header has. Of another file that cannot be said.
    """
    if path.suffix != ".csv" or is_special(path):
        return math.inf
    try:
        with path.open("rb") as file:
            header = file.readline()
        return path.stat().st_size / (header.count(b",") + 1)
    except OSError:  # whoever reads it says what is wrong
        return math.inf


def ragged(path: Path, name: str) -> Iterator[Problem]:
    """Yield the rows of a CSV file that do not have a cell for each column.

    Pandas fills up a line that was cut off, which makes its last answers missing; it is not asked.

    Parameters
    ----------
    name
        The file, as the user would name it.
    """
    if path.suffix == ".parquet":
        return
    import pyarrow as pa  # noqa: PLC0415
    from pyarrow import csv  # noqa: PLC0415

    rows: dict[int, list[int]] = {}
    columns = 0

    def note(row: Any) -> str:
        nonlocal columns
        columns = row.expected_columns
        rows.setdefault(row.actual_columns, []).append(row.number - 1)  # the header is the first
        return "skip"

    # The row is given as text, which it need not be; whoever reads the file says so.
    unraisable, sys.unraisablehook = sys.unraisablehook, lambda _: None
    try:
        csv.read_csv(
            path,
            # Rows have their numbers only where one thread reads them.
            csv.ReadOptions(use_threads=False, autogenerate_column_names=True),
            csv.ParseOptions(invalid_row_handler=note, newlines_in_values=True),
            csv.ConvertOptions(include_columns=["f0"], column_types={"f0": pa.binary()}),
        )
    except (pa.ArrowException, OSError):
        return  # likewise
    finally:
        sys.unraisablehook = unraisable
    for cells, where in sorted(rows.items()):
        found = f"{cells} cell{'s' if cells != 1 else ''}"
        yield Problem(
            name,
            f"{found} in a row; the header has {columns}",
            row=where[0],
            found=found,
            expected=f"{columns} cells",
            rule="ragged-row",
            rows=where,
        )
