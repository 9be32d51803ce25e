"""Cells of a sheet in an Excel or OpenDocument workbook."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import IO, Any

import python_calamine as calamine

from wavebook.errors import WavebookError, listing, nearest
from wavebook.importing.grid import Grid
from wavebook.importing.values import WRITTEN, moment_text, number_text

# A cell far outside the table would make calamine ask for terabytes, and end the process.
MOST_CELLS = 50_000_000
MANY_CELLS = 2_000_000  # from here on a sheet is refused if next to nothing in it is filled
SPARSE = 0.005
MOST_UNPACKED = 4 * 1024**3
CHUNK = 1 << 20
SHEET = re.compile(r"xl/worksheets/[^/]+\.(xml|bin)")
# A cell's place, where it is not closed at once: then it has a format and no value.
CELL = re.compile(
    rb"""<(?:\w+:)?c\s(?:[^<>]*?\s)?r\s*=\s*["']([A-Z]{1,3})([0-9]{1,7})["'][^<>/]*>"""
)
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
    workbook = _guarded(lambda: calamine.CalamineWorkbook.from_path(path), name)
    with workbook:
        sheets = [
            meta
            for meta in workbook.sheets_metadata
            if meta.typ in (calamine.SheetTypeEnum.WorkSheet, calamine.SheetTypeEnum.MacroSheet)
        ]
        names = [meta.name for meta in sheets]
        if sheet is not None and sheet not in names:
            told = f"there is no sheet '{sheet}' {listing(names)}{nearest(sheet, names)}"
            raise WavebookError(f"{name}: {told}")
        visible = [m.name for m in sheets if m.visible == calamine.SheetVisibleEnum.Visible]
        for wanted in [sheet] if sheet is not None else visible or names:
            grid = _sheet(workbook, wanted, name)
            if sheet is not None or _is_table(grid):
                others = [other for other in names if other != wanted]
                told = f"Sheet '{wanted}'" + (f"; not read: {listing(others)}." if others else ".")
                return Grid(name, "Excel", grid.rows, (told,), grid.merged)
    raise WavebookError(f"{name}: no sheet holds a table of answers {listing(names)}")


def _sheet(workbook: calamine.CalamineWorkbook, sheet: str, name: str) -> Grid:
    def read() -> tuple[list[list[Any]], Any]:
        found = workbook.get_sheet_by_name(sheet)
        return found.to_python(skip_empty_area=False), found.merged_cell_ranges

    cells, merged = _guarded(read, f"{name}, sheet '{sheet}'")
    ranges = tuple((*first, *last) for first, last in merged or ())
    return Grid(name, "Excel", _with_one_form_of_dates(cells), merged=ranges)


def _is_table(grid: Grid) -> bool:
    """Return whether at least two rows have at least two cells: a cover page has not."""
    return sum(sum(bool(cell.strip()) for cell in row) > 1 for row in grid.rows[:100]) > 1


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


def _shown(number: float) -> str:
    """Return a number as a spreadsheet shows it, which counts with 15 digits."""
    return number_text(number) if number == int(number) else f"{number:.15g}"


# Text as it stands: what is stripped from it is told.
AS_SHOWN: Mapping[type, Callable[[Any], str]] = {**WRITTEN, float: _shown, str: str}


def _guarded(read: Any, name: str) -> Any:
    """Return what calamine reads; whatever stops it, in a line."""
    try:
        return read()
    except calamine.PasswordError:
        raise WavebookError(
            f"{name}: protected by a password: open it and save it without one"
        ) from None
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic in Rust is no Exception
        told = (str(error).splitlines() or [type(error).__name__])[0]
        raise WavebookError(f"{name}: a damaged workbook, or none: {told}") from None


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
    rest = b""
    while chunk := part.read(CHUNK):
        text = rest + chunk
        end = text.rfind(b"<")  # what is cut off belongs to the next chunk
        found = CELL.findall(text, 0, end) if end > 0 else []
        rest = text[max(end, 0) :][-CHUNK:]
        cells += len(found)
        last_column = max([last_column, *map(_column, {column for column, _ in found})])
        last_row = max([last_row, *map(int, {row for _, row in found})])
    return last_row, last_column, cells


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number


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
