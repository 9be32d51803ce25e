"""The layout of a printed table: how wide its columns are, how large its text is."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from docutils import nodes

from wavebook.typst_markup import Code, Content, call, value

NUMBER = re.compile(r"^[<>≤≥~±+−–-]?\s*[£$€]?\s*\d[\d\s,. ]*\s*(%|pp|‰)?\*?$")
EMPTY = frozenset({"", "–", "—", "-", "…", "n/a", "*"})

# Characters of the table's text that fit on one line of the page, by the text's size in points.
ROOM = {9: 96, 8: 108, 7: 124}
SHORT = 14
LINES_KEPT_TOGETHER = 24


@dataclass(frozen=True)
class Cell:
    """One cell: what it says, where it stands and how many rows and columns it covers."""

    row: int
    column: int
    content: Content
    words: str
    rows: int = 1
    columns: int = 1
    is_number: bool = False
    is_header: bool = False

    def markup(self) -> Code:
        """Return the cell as an argument of ``table``."""
        spans = {"rowspan": self.rows, "colspan": self.columns}
        named = {name: span for name, span in spans.items() if span > 1}
        if not named:
            return Code(value(self.content))
        return Code(call("table.cell", self.content, **named).removeprefix("#"))


@dataclass(frozen=True)
class Table:
    """A table ready to print."""

    header: tuple[Cell, ...]
    body: tuple[Cell, ...]
    columns: int
    stub: frozenset[int]

    def arguments(self) -> dict[str, object]:
        """Return the arguments of the template's ``exhibit-table``."""
        numeric = [self.is_numeric(column) for column in range(self.columns)]
        size = self.size()
        return {
            "columns": self.widths(numeric),
            "align": [Code("right" if right else "left") for right in numeric],
            "size": Code(f"{size}pt"),
            "whole": self.lines(size) <= LINES_KEPT_TOGETHER,
            "stub": sorted(self.stub),
            "header": [cell.markup() for cell in self.header],
            "body": [cell.markup() for cell in self.body],
        }

    def words(self, column: int, cells: Sequence[Cell]) -> list[str]:
        """Return what the cells of one column say, spanning cells aside."""
        return [cell.words for cell in cells if cell.column == column and cell.columns == 1]

    def is_numeric(self, column: int) -> bool:
        """Return whether a column holds numbers, by its cells' class or by their look."""
        cells = [c for c in self.body if c.column == column and c.columns == 1]
        told = [cell for cell in cells if cell.words not in EMPTY]
        return bool(told) and all(cell.is_number or NUMBER.match(cell.words) for cell in told)

    def longest(self, column: int) -> int:
        """Return the length of a column's longest cell, header included."""
        body = [len(words) for words in self.words(column, self.body)]
        header = [
            max(map(len, words.split()), default=0) for words in self.words(column, self.header)
        ]
        return max([*body, *header], default=1)

    def size(self) -> int:
        """Return the largest text size, in points, at which the table is not crowded."""
        needed = sum(min(self.longest(column), 28) + 3 for column in range(self.columns))
        return next((size for size, room in ROOM.items() if needed <= room), min(ROOM))

    def widths(self, numeric: Sequence[bool]) -> list[Code]:
        """Return the columns' widths: short ones as they need, the others share the rest."""
        longest = [self.longest(column) for column in range(self.columns)]
        short = [
            is_number or length <= SHORT for is_number, length in zip(numeric, longest, strict=True)
        ]
        if sum(length + 3 for length, narrow in zip(longest, short, strict=True) if narrow) > 80:
            short = [False] * self.columns
        shares = [max(1, round(min(length, 80) ** 0.5)) for length in longest]
        return [
            Code("auto" if narrow else f"{share}fr")
            for narrow, share in zip(short, shares, strict=True)
        ]

    def lines(self, size: int) -> int:
        """Return roughly how many lines the table's body takes."""
        room = ROOM[size] // max(self.columns, 1)
        rows: dict[int, int] = {}
        for cell in self.body:
            needed = 1 + len(cell.words) // max(room * cell.columns, 1)
            rows[cell.row] = max(rows.get(cell.row, 1), needed)
        return sum(rows.values())


def layout(node: nodes.Element, content: Callable[[nodes.Node], Content]) -> Table:
    """Return the layout of a docutils table.

    Parameters
    ----------
    node
        The table.
    content
        Writes the inside of a cell.
    """
    specs = list(node.findall(nodes.colspec))
    stub = frozenset(i for i, spec in enumerate(specs) if spec.get("stub"))
    header = [cells(part, content, frozenset()) for part in node.findall(nodes.thead)]
    body = [cells(part, content, stub) for part in node.findall(nodes.tbody)]
    return Table(
        header=tuple(cell for part in header for cell in part),
        body=tuple(cell for part in body for cell in part),
        columns=len(specs),
        stub=stub,
    )


def cells(
    part: nodes.Element, content: Callable[[nodes.Node], Content], stub: frozenset[int]
) -> list[Cell]:
    """Return the cells of a table's head or body, each with its place."""
    taken: set[tuple[int, int]] = set()
    found: list[Cell] = []
    for row, entries in enumerate(part.findall(nodes.row)):
        column = 0
        for entry in entries.children:
            while (row, column) in taken:
                column += 1
            rows, columns = entry.get("morerows", 0) + 1, entry.get("morecols", 0) + 1
            taken |= {(row + r, column + c) for r in range(rows) for c in range(columns)}
            found.append(
                Cell(
                    row=row,
                    column=column,
                    content=content(entry),
                    words=" ".join(entry.astext().split()),
                    rows=rows,
                    columns=columns,
                    is_number="num" in entry["classes"],
                    is_header=column in stub,
                )
            )
            column += columns
    return found
