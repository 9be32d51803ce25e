"""Cells in rows, from a text file or a sheet, and the columns that are made of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from wavebook.errors import Problem, WavebookError, listing, quoted
from wavebook.importing.footer import without_footer
from wavebook.importing.tidy import MOST_TOLD, Tidy

Range = tuple[int, int, int, int]  # first row, first column, last row, last column, from 0

MOST_COLUMNS = 16_384  # what the widest sheet holds


@dataclass(frozen=True)
class Grid:
    """The cells of a text file or a sheet, from its first row on.

    Attributes
    ----------
    rows
        Text, empty where nothing stands; of a text file as long as they are.
    notes
        How it was read, for the author.
    merged
        Cells that a sheet shows as one.
    has_decimal_commas
        Whether ``1,5`` may be a number: not where commas separate columns.
    sheet
        Which sheet of a workbook it is.
    """

    name: str
    kind: str
    rows: Sequence[Sequence[str]]
    notes: tuple[str, ...] = ()
    merged: tuple[Range, ...] = ()
    has_decimal_commas: bool = True
    sheet: str = ""


@dataclass(frozen=True)
class Columns:
    """Answers in columns.

    Attributes
    ----------
    names
        What each column of the source is called in the frame, by its place from 0.
    blank_rows
        Rows of the source, from 1, that are empty and left out.
    commas
        Columns whose decimal commas were read as points.
    """

    frame: pd.DataFrame
    names: Mapping[int, str]
    notes: tuple[str, ...]
    blank_rows: tuple[int, ...]
    commas: tuple[str, ...] = ()


def columns_of(grid: Grid, names: Sequence[str], depth: int) -> Columns:
    """Return the rows below the header as columns of text.

    Parameters
    ----------
    names
        What the header calls the columns, in order: nothing, perhaps, or twice the same.
    depth
        Rows of the source down to the last of its header.

    Raises
    ------
    WavebookError
        If there are no respondents, rows whose cells are more or fewer than the names, or cells of
        several respondents that are merged.
    """
    width = len(names)
    if width > MOST_COLUMNS:
        message = f"{grid.name}: {width:,} columns, more than the widest sheet ({MOST_COLUMNS:,})"
        raise WavebookError(f"{message}: is the separator right?")
    numbered = [(n, row) for n, row in enumerate(grid.rows[depth:], depth + 1)]
    while numbered and not any(map(str.strip, numbered[-1][1])):
        numbered.pop()
    rows = [(n, row) for n, row in numbered if any(map(str.strip, row))]
    if not rows:
        raise WavebookError(f"{grid.name}: a header, but no respondents under it")
    rows, below = without_footer(rows)
    _refuse_ragged(grid, rows, width)
    _refuse_merged(grid, names, {n for n, _ in rows})
    blank = tuple(n for n, row in numbered if not any(map(str.strip, row)))
    notes = [f"{_rows(blank)} empty and left out."] if blank else []
    raw = {
        place: cells
        for place, cells in enumerate(zip(*(row[:width] for _, row in rows), strict=True))
        # A column with neither a name nor answers is space between others.
        if names[place] or any(map(str.strip, cells))
    }
    if below:
        notes.append(f"Left out what stands below the table {listing(below)}.")
    unique, told = unique_names({place: names[place] for place in raw})
    tidy = Tidy(grid.has_decimal_commas)
    made = {
        unique[place]: tidy.column(unique[place], cells, [n for n, _ in rows])
        for place, cells in raw.items()
    }
    notes = [*told, *notes, *tidy.notes()]
    return Columns(frame_of(made), unique, tuple(notes), blank, tuple(tidy.commas))


def frame_of(columns: Mapping[str, Sequence[str | None]]) -> pd.DataFrame:
    """Return columns of text as a frame, missing where a cell is empty or None."""
    return pd.DataFrame(
        {
            name: pd.array([cell or None for cell in cells], dtype="str")
            for name, cells in columns.items()
        }
    )


def size_note(frame: pd.DataFrame) -> str:
    """Return how many respondents and columns there are, in a sentence."""
    rows, columns = frame.shape
    people = "1 respondent" if rows == 1 else f"{rows:,} respondents"
    return f"{people}, {columns:,} column{'' if columns == 1 else 's'}."


def unique_names(names: Mapping[int, str]) -> tuple[dict[int, str], tuple[str, ...]]:
    """Return names, by place from 0, that are all different, and notes on those changed for it."""
    taken = set(names.values())
    count: dict[str, int] = {}
    made: dict[int, str] = {}
    unnamed, twice = [], []
    for place, name in names.items():
        new = name
        if not name:
            new = _free(f"column_{place + 1}", taken)
            unnamed.append(new)
        elif name in count:
            while (new := f"{name} ({count[name] + 1})") in taken:
                count[name] += 1
            twice.append(new)
        count[name] = count.get(name, 0) + 1
        taken.add(new)
        made[place] = new
    notes = []
    if unnamed:
        notes.append(f"Columns without a name are called by their place {listing(unnamed)}.")
    if twice:
        notes.append(f"Columns whose name had been used were given a number {listing(twice)}.")
    return made, tuple(notes)


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _refuse_ragged(grid: Grid, rows: Iterable[tuple[int, Sequence[str]]], width: int) -> None:
    problems = []
    for n, row in rows:
        cells = len(row)
        while cells > width and not row[cells - 1].strip():
            cells -= 1
        if cells != width:
            message = f"{cells} cells, expected {width} as in the header"
            problems.append(Problem(grid.name, message, n))
    if len(problems) > MOST_TOLD:
        more = f"{len(problems) - MOST_TOLD:,} more rows are too long or too short"
        problems = [*problems[:MOST_TOLD], Problem(grid.name, f"{more}: is the separator right?")]
    if problems:
        raise WavebookError.of(problems)


def _refuse_merged(grid: Grid, names: Sequence[str], rows: Collection[int]) -> None:
    """Refuse an answer that a sheet shows over several cells: all but the first are empty."""
    sheet = f" in sheet '{grid.sheet}'" if grid.sheet else ""
    problems = []
    for top, left, bottom, right in grid.merged:
        is_answer = top + 1 in rows and left < len(names) and grid.rows[top][left].strip()
        if is_answer and (top, left) != (bottom, right):
            reach = (
                f"down to row {bottom + 1}" if bottom > top else f"with {right - left} beside it"
            )
            message = (
                f"{quoted(grid.rows[top][left])} stands in a cell that is merged {reach}{sheet}; "
                "expected a cell for each answer: unmerge them, and fill each"
            )
            problems.append(Problem(grid.name, message, top + 1, names[left]))
    if problems:
        raise WavebookError.of(problems)


def _rows(numbers: Sequence[int]) -> str:
    if len(numbers) == 1:
        return f"Row {numbers[0]} is"
    more = f" and {len(numbers) - 5} more" if len(numbers) > 5 else ""
    return f"Rows {', '.join(map(str, numbers[:5]))}{more} are"
