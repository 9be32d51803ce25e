"""Cells in rows, from a text file or a sheet, and the columns that are made of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from wavebook.errors import Problem, WavebookError, listing
from wavebook.importing.footer import without_footer
from wavebook.importing.values import moment_text, plain_text

Range = tuple[int, int, int, int]  # first row, first column, last row, last column, from 0

NUMBER = re.compile(r"-?\d+(\.\d+)?")
WHOLE = re.compile(r"(-?\d+)\.0+")
COMMA = re.compile(r"-?(\d+|\d{1,3}(\.\d{3})+)(,\d+)?")
TWO_CODES = re.compile(r"([1-9]\d?),([1-9]\d?)")
DATED = re.compile(
    r"(^|[^a-z]|start|end|submit|recorded|birth|interview)(date|datum|fecha|timestamp)(?![a-z])"
)
# What a spreadsheet makes of the code "1-3": a date, or what it shows of it.
LIKE_A_DATE = re.compile(r"\d{4}-\d\d-\d\d|\d{1,2}-[A-Z][a-z]{2}|[A-Z][a-z]{2}-\d\d")
SERIALS = (25_569, 62_093)  # 1970 to 2069, as spreadsheets count days
SPREADSHEET_DAY_0 = datetime(1899, 12, 30)
MOST_TOLD = 8  # of what is wrong in the same way
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
    """

    name: str
    kind: str
    rows: Sequence[Sequence[str]]
    notes: tuple[str, ...] = ()
    merged: tuple[Range, ...] = ()
    has_decimal_commas: bool = True


@dataclass(frozen=True)
class Columns:
    """Answers in columns.

    Attributes
    ----------
    names
        What each column of the source is called in the frame, by its place from 0.
    blank_rows
        Rows of the source, from 1, that are empty and left out.
    """

    frame: pd.DataFrame
    names: Mapping[int, str]
    notes: tuple[str, ...]
    blank_rows: tuple[int, ...]


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
        If there are no respondents, or rows whose cells are more or fewer than the names.
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
    tidy = _Tidy(grid.has_decimal_commas)
    made = {
        unique[place]: tidy.column(unique[place], cells, [n for n, _ in rows])
        for place, cells in raw.items()
    }
    return Columns(frame_of(made), unique, (*told, *notes, *tidy.notes()), blank)


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


def _rows(numbers: Sequence[int]) -> str:
    if len(numbers) == 1:
        return f"Row {numbers[0]} is"
    more = f" and {len(numbers) - 5} more" if len(numbers) > 5 else ""
    return f"Rows {', '.join(map(str, numbers[:5]))}{more} are"


class _Tidy:
    """Makes cells of a column one form, and remembers what it changed."""

    def __init__(self, has_decimal_commas: bool) -> None:
        self.has_decimal_commas = has_decimal_commas
        self.spaces = 0
        self.first_space = ""
        self.commas: list[str] = []
        self.unsure: list[str] = []
        self.serials: list[str] = []
        self.dates: list[str] = []

    def column(self, name: str, cells: Sequence[str], numbers: Sequence[int]) -> list[str | None]:
        """Return the cells of a column without spaces around, with numbers as numbers."""
        # Answers repeat: what is done to each different cell is done to few.
        stripped = {cell: plain_text(cell) for cell in set(cells)}
        spaced = {cell for cell, text in stripped.items() if text and cell != cell.strip()}
        if spaced:
            if not self.spaces:
                row = next(n for n, c in zip(numbers, cells, strict=True) if c in spaced)
                self.first_space = f"row {row}, {name}"
            self.spaces += sum(cell in spaced for cell in cells)
        texts = {text for text in stripped.values() if text}
        change = self._change(name, texts)
        final = {cell: change(text) if text else None for cell, text in stripped.items()}
        return [final[cell] for cell in cells]

    def _change(self, name: str, texts: set[str]) -> Callable[[str], str]:
        if not texts:
            return str
        if self.has_decimal_commas and self._is_comma_column(name, texts):
            self.commas.append(name)
            return _with_point_whole if _all_whole(map(_with_point, texts)) else _with_point
        if _are_serials(name, texts):
            example = min(texts)
            self.serials.append(f"{example} as {_dated(example)} in '{name}'")
            return _dated
        dates = [text for text in texts if LIKE_A_DATE.fullmatch(text)]
        if dates and 2 * len(dates) < len(texts):
            self.dates.append(f"'{min(dates)}' in '{name}'")
        return _whole if _all_whole(texts) else str

    def _is_comma_column(self, name: str, texts: set[str]) -> bool:
        with_comma = [text for text in texts if "," in text]
        if not with_comma or not all(COMMA.fullmatch(text) for text in texts):
            return False
        # "1,3" may be two choices; "0,87", "1,05" or "3,1" can't be.
        if all(_may_be_two_codes(text) for text in with_comma):
            self.unsure.append(f"'{name}' ({min(with_comma)})")
            return False
        return True

    def notes(self) -> tuple[str, ...]:
        """Return what was changed, a sentence each."""
        told = []
        if self.spaces:
            were = "cell was" if self.spaces == 1 else "cells were"
            told.append(
                f"Spaces around {self.spaces:,} {were} removed, the first in {self.first_space}."
            )
        if self.commas:
            told.append(f"Decimal commas were read as points in {listing(self.commas)}.")
        if self.unsure:
            told.append(
                "Could be decimal commas or two choices in a cell, and were left as they are: "
                f"{', '.join(self.unsure[:MOST_TOLD])}."
            )
        if self.dates:
            told.append(
                f"Dates stand among other answers {listing(self.dates)}: did a spreadsheet make "
                "them of '1-3' or the like?"
            )
        if self.serials:
            told.append(f"Days counted by a spreadsheet were read as dates: {self.serials[0]}.")
        return tuple(told)


def _with_point(text: str) -> str:
    return text.replace(".", "").replace(",", ".")


def _may_be_two_codes(text: str) -> bool:
    match = TWO_CODES.fullmatch(text)
    return match is not None and int(match[1]) < int(match[2])


def _with_point_whole(text: str) -> str:
    return _whole(_with_point(text))


def _whole(text: str) -> str:
    match = WHOLE.fullmatch(text)
    return match[1] if match else text


def _all_whole(texts: Iterable[str]) -> bool:
    return all(WHOLE.fullmatch(text) or text.removeprefix("-").isdecimal() for text in texts)


def _are_serials(name: str, texts: set[str]) -> bool:
    low, high = SERIALS
    return DATED.search(name.lower()) is not None and all(
        NUMBER.fullmatch(text) and low <= float(text) < high for text in texts
    )


def _dated(text: str) -> str:
    moment = SPREADSHEET_DAY_0 + timedelta(seconds=round(float(text) * 86_400))
    return moment_text(moment)
