"""Cells of a sheet in an Excel or OpenDocument workbook."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import IO, Any

from wavebook.errors import WavebookError, listing, nearest
from wavebook.importing.apart import read_apart
from wavebook.importing.grid import Grid
from wavebook.importing.sheet_marks import CHUNK, Marks, column_number, read_marks, whole_cells
from wavebook.importing.values import WRITTEN, moment_text, number_text

# A cell far outside the table would make calamine ask for terabytes, and end the process.
MOST_CELLS = 50_000_000
MANY_CELLS = 2_000_000  # from here on a sheet is refused if next to nothing in it is filled
SPARSE = 0.005
MOST_UNPACKED = 2 * 1024**3
SHEET = re.compile(r"xl/worksheets/[^/]+\.(xml|bin)")
# A cell's place, but not where it is closed at once: then it has a format and no value.
CELL = re.compile(rb'<(?:\w+:)?c r="([A-Z]{1,3})([0-9]{1,7})"[^<>/]*>(?!</)')
XLSB_DIMENSION = 148  # BrtWsDim in [MS-XLSB] 2.4.878: first and last row, first and last column

Value = int | float | str | bool | date | time | timedelta
DAY = "2026-03-01"  # how long a date without a time is


def read_workbook(path: Path, name: str, sheet: str | None = None) -> Grid:
    """Return the cells of a sheet.

    Parameters
    ----------
    sheet
        The sheet's name; the first visible one with a table by default.

    Raises
    ------
    WavebookError
        If the workbook is damaged, needs a password, or unpacks beyond all measure; if it has no
        such sheet, or none with a table.
    """
    _refuse_bombs(path, name)
    answer, *told = read_apart("workbook", name, str(path), sheet or "")
    match answer:
        case "cells":
            names, found, cells, merged = told
            rows = _with_one_form_of_dates(cells)
            others = [other for other in names if other != found]
            note = f"Sheet '{found}'" + (f"; not read: {listing(others)}." if others else ".")
            marks = read_marks(path, found)
            told = _marked(rows, marks)
            ranges = tuple((*a, *b) for a, b in merged)
            return Grid(name, "Excel", rows, (note, *told), ranges, sheet=found)
        case "password":
            raise WavebookError(f"{name}: protected by a password: open it and save it without one")
        case "no sheet":
            known = f"{listing(told[0])}{nearest(sheet or '', told[0])}"
            raise WavebookError(f"{name}: there is no sheet '{sheet}' {known}")
        case "no table":
            raise WavebookError(f"{name}: no sheet holds a table of answers {listing(told[0])}")
    raise WavebookError(f"{name}: a damaged workbook, or none: {told[0]}")


def _with_one_form_of_dates(cells: Sequence[Sequence[Value]]) -> list[list[str]]:
    """Return cells as text; a column with times of day has one in each of its dates."""
    timed = {
        i
        for row in cells
        for i, cell in enumerate(row)
        if type(cell) is datetime and len(moment_text(cell)) > len(DAY)
    }
    rows = [[AS_SHOWN[type(cell)](cell) for cell in row] for row in cells]
    for row, values in zip(rows, cells, strict=True) if timed else ():
        for i in timed:
            if isinstance(values[i], date) and len(row[i]) == len(DAY):
                row[i] += "T00:00:00"
    return rows


def _marked(rows: list[list[str]], marks: Marks) -> list[str]:
    """Show in the rows the cells that have no value, and return notes on them and hidden rows.

    The library leaves out rows of nothing but such cells below all others: they are added.
    """
    width = max(map(len, rows), default=0)
    last = max((row for row, at in marks.faults if at < width), default=-1)
    rows += [[""] * width for _ in range(len(rows), last + 1)]
    kept = {
        (row, at): shown
        for (row, at), shown in marks.faults.items()
        if row < len(rows) and at < len(rows[row])
    }
    for (row, at), shown in kept.items():
        rows[row][at] = shown
    hidden = [str(row + 1) for row in marks.hidden if row < len(rows) and any(rows[row])]
    notes = []
    if kept:
        found = listing(dict.fromkeys(kept.values()))
        row, _ = min(kept)
        notes.append(f"Cells without a value {found}: {len(kept):,}, the first in row {row + 1}.")
    if hidden:
        notes.append(f"Rows that the sheet hides are read like others {listing(hidden)}.")
    return notes


def _shown(number: float) -> str:
    """Return a number as a spreadsheet shows it, which counts with 15 digits."""
    return number_text(number) if number == int(number) else f"{number:.15g}"


# Text as it stands: what is stripped from it is told.
AS_SHOWN: Mapping[type, Callable[[Any], str]] = {**WRITTEN, float: _shown, str: str}


def _refuse_bombs(path: Path, name: str) -> None:
    """Refuse a workbook that would fill the memory: far bigger unpacked, or with a stray cell."""
    if not zipfile.is_zipfile(path):  # .xls, which is never so big
        return
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist())
            if size > MOST_UNPACKED:
                raise WavebookError(f"{name}: would unpack to {size / 1024**3:,.0f} GB")
            for member in archive.infolist():
                if SHEET.fullmatch(member.filename):
                    with archive.open(member) as part:
                        extent = _xlsb_extent if member.filename.endswith("bin") else _extent
                        rows, columns, cells = extent(part)
                    area = rows * columns
                    if area > MOST_CELLS or (area > MANY_CELLS and cells < area * SPARSE):
                        message = f"a sheet reaches to row {rows:,} and is {columns:,} columns wide"
                        raise WavebookError(
                            f"{name}: {message}: delete what stands far outside the table"
                        )
    except WavebookError:
        raise
    except Exception as error:  # zipfile lets through what zlib, struct and others say
        raise WavebookError(f"{name}: a damaged workbook: {error}") from None


def _extent(part: IO[bytes]) -> tuple[int, int, int]:
    """Return the last row and column with a value in a sheet's XML, and how many cells have one."""
    last_row = last_column = cells = 0
    for text in whole_cells(part):
        found = CELL.findall(text)
        cells += len(found)
        last_column = max([last_column, *map(column_number, {column for column, _ in found})])
        last_row = max([last_row, *map(int, {row for _, row in found})])
    return last_row, last_column, cells


def _xlsb_extent(part: IO[bytes]) -> tuple[int, int, int]:
    """Return the last row and column that a binary sheet says it has, as if all were full."""
    data, at = part.read(CHUNK), 0
    for _ in range(64):  # it is among the first records
        kind, at = _packed(data, at, 2)
        size, at = _packed(data, at, 4)
        if kind == XLSB_DIMENSION:
            row, column = (int.from_bytes(data[at + i : at + i + 4], "little") for i in (4, 12))
            return row + 1, column + 1, (row + 1) * (column + 1)
        at += size
    return 0, 0, 0


def _packed(data: bytes, at: int, most: int) -> tuple[int, int]:
    """Return a number of seven bits a byte, the lowest first, and where it ends."""
    number = 0
    for i in range(most):
        byte = data[at] if at < len(data) else 0
        number |= (byte & 0x7F) << (7 * i)
        at += 1
        if byte < 0x80:
            break
    return number, at
