"""Parquet files: typed columns as text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from wavebook.errors import WavebookError
from wavebook.importing.export import Export
from wavebook.importing.grid import frame_of, size_note, unique_names
from wavebook.importing.values import WRITTEN


def read_parquet(path: Path, name: str) -> Export:
    """Return a Parquet file, its values as text; lists are joined by commas.

    Raises
    ------
    WavebookError
        If it is damaged, has no respondents, or a column that is no answer.
    """
    import pyarrow as pa  # noqa: PLC0415  # takes its time, and few exports need it
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        table = pq.ParquetFile(path).read()
        index = _index(table.schema.metadata)
        places = [i for i, column in enumerate(table.column_names) if column not in index]
        values = [table.column(i).to_pylist() for i in places]
    except (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError) as error:
        told = (str(error).splitlines() or [type(error).__name__])[0]
        raise WavebookError(f"{name}: a damaged Parquet file: {told}") from None
    if not places or not table.num_rows:
        raise WavebookError(f"{name}: columns, but no respondents")
    names, notes = unique_names({i: table.column_names[i].strip() for i in places})
    made = {
        column: [_text(cell, name, column) for cell in cells]
        for column, cells in zip(names.values(), values, strict=True)
    }
    frame = frame_of(made)
    return Export(name, "Parquet", frame, {}, {}, {}, (size_note(frame), *notes), 1)


def _index(metadata: dict[bytes, bytes] | None) -> set[str]:
    """Return the columns in which pandas keeps row names: no answers."""
    try:
        told = json.loads((metadata or {}).get(b"pandas", b"{}"))
        return {column for column in told.get("index_columns", []) if isinstance(column, str)}
    except (ValueError, AttributeError):
        return set()


def _text(cell: Any, name: str, column: str) -> str | None:
    if cell is None or cell != cell:  # noqa: PLR0124  # not a number
        return None
    if type(cell) in WRITTEN:
        return WRITTEN[type(cell)](cell)
    if isinstance(cell, list) and not any(isinstance(one, (list, dict)) for one in cell):
        return ", ".join(_text(one, name, column) or "" for one in cell)
    what = type(cell).__name__
    raise WavebookError(f"{name}, {column}: holds {what} values, which are no answers")
