"""Where a table's header is, and what it calls the columns: one row, several, or a platform's."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from wavebook.errors import WavebookError
from wavebook.importing.grid import Grid, Range
from wavebook.importing.values import plain_text

Rows = Sequence[Sequence[str]]

NUMERIC = re.compile(r"[-+]?[\d.,]+")
MOST_ABOVE = 20  # rows that may stand above a table


@dataclass(frozen=True)
class Header:
    """What stands above the answers.

    Attributes
    ----------
    depth
        Rows of the source down to the last of the header.
    names
        What each column is called; not unique yet, empty where it has no name.
    labels
        Question texts by place, where the source has them apart from the names.
    """

    depth: int
    names: tuple[str, ...]
    labels: Mapping[int, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def table_top(grid: Grid) -> tuple[int, tuple[str, ...]]:
    """Return the row, from 0, in which the table begins, and a note on what stands above it.

    A title is a row with a cell in the first column alone, above rows with more; so is a row with
    a word and its value in the first two ("Exported", "2026-03-01"), above rows with many more.

    Raises
    ------
    WavebookError
        If there is nothing at all.
    """
    filled = [
        (n, [i for i, cell in enumerate(row) if cell.strip()])
        for n, row in enumerate(grid.rows[: MOST_ABOVE * 2])
    ]
    used = [(n, places) for n, places in filled if places]
    if not used:
        raise WavebookError(f"{grid.name}: nothing in it but blank rows")
    left = min(places[0] for _, places in used)
    widest = max(len(places) for _, places in used)
    titles: list[str] = []
    for n, places in used[:MOST_ABOVE]:
        is_leading = places == list(range(left, left + len(places)))
        if not is_leading or len(places) > 2 or widest < 3 * len(places) - 1:
            note = f"Left out what stands above the table: '{titles[0][:60]}'." if titles else ""
            return n, (note,) if note else ()
        titles.append(grid.rows[n][places[0]].strip())
    return used[0][0], ()


def plain_header(grid: Grid, top: int) -> Header:
    """Return the header of a table that no platform is known by: its rows joined as ``Q5[a]``.

    Raises
    ------
    WavebookError
        If most columns have no name in it: then it is no header.
    """
    # Cells beyond the header's are no columns of its own, but a row that is too long.
    width = min(used_width(grid.rows[top:]), len(grid.rows[top]))
    depth = top + _header_rows(grid, top, width)
    rows = [_padded(row, width) for row in grid.rows[top:depth]]
    if len(rows) == 1:
        unnamed = rows[0].count("")
        if unnamed > width / 2:
            message = f"{unnamed} of {width} columns have no name in the first row of the table"
            place = f"{grid.name}, row {depth}"
            raise WavebookError(f"{place}: {message}: delete what stands above its header")
        return Header(depth, tuple(rows[0]))
    spread = [_spread(row, top + n, grid.merged) for n, row in enumerate(rows[:-1])]
    names = tuple(_joined([*(row[i] for row in spread), rows[-1][i]]) for i in range(width))
    example = next((name for name in names if name.endswith("]")), names[0])
    return Header(depth, names, notes=(f"{len(rows)} header rows, joined: '{example[:80]}'.",))


def used_width(rows: Rows) -> int:
    """Return how many columns hold anything: trailing separators and cells are no columns."""
    width = 0
    for row in rows:
        cells = len(row)
        while cells > width and not row[cells - 1].strip():
            cells -= 1
        width = max(width, cells)
    return width


def _padded(row: Sequence[str], width: int) -> list[str]:
    cells = [" ".join(plain_text(cell).split()) for cell in row[:width]]
    return cells + [""] * (width - len(cells))


def _header_rows(grid: Grid, top: int, width: int) -> int:
    """Return how many rows the header has."""
    count = 1
    while _names_groups(grid, top + count - 1, width):
        count += 1
    if count == 1 and _is_filled_from_below(grid.rows[top:], width):
        count = 2
    return count if len(grid.rows) > top + count else 1


def _names_groups(grid: Grid, number: int, width: int) -> bool:
    """Return whether a row's merged cells are groups of columns that the next row names.

    They are not if the next row is a respondent: beside the groups, a number stands under a name.
    """
    groups = [(left, right) for first, left, _, right in grid.merged if first == number]
    if not any(right > left for left, right in groups) or number + 1 >= len(grid.rows):
        return False
    row, below = (_padded(grid.rows[n], width) for n in (number, number + 1))
    return not any(
        row[i] and NUMERIC.fullmatch(below[i])
        for i in range(width)
        if not any(left <= i <= right for left, right in groups)
    )


def _is_filled_from_below(rows: Rows, width: int) -> bool:
    """Return whether the second row names what the first leaves open, and is no respondent.

    So export tools that cannot merge cells: a question once, its options below it. A respondent
    would have a number or name in the first column, and would have answered what everybody does.
    """
    if len(rows) < 3:
        return False
    first, second = _padded(rows[0], width), _padded(rows[1], width)
    open_places = [i for i in range(1, width) if not first[i]]
    if not open_places or second[0] or not all(second[i] for i in open_places):
        return False
    if any(NUMERIC.fullmatch(second[i]) for i in open_places):
        return False
    answered = [i for i in range(width) if first[i] and not second[i]]
    body = [_padded(row, width) for row in rows[2:50] if any(map(str.strip, row))]
    return any(all(row[i] for row in body) for i in answered)


def _spread(row: list[str], number: int, merged: tuple[Range, ...]) -> list[str]:
    """Return a header row with each group's name over all its columns."""
    made = list(row)
    groups = [(left, right) for first, left, _, right in merged if first == number]
    if groups:
        for left, right in groups:
            made[left : right + 1] = [row[left]] * (min(right, len(row) - 1) - left + 1)
        return made
    for i in range(1, len(made)):
        made[i] = made[i] or made[i - 1]
    return made


def _joined(parts: Sequence[str]) -> str:
    different = [part for part in dict.fromkeys(parts) if part]
    if len(different) < 2:
        return "".join(different)
    return f"{different[0]}[{' / '.join(different[1:])}]"
