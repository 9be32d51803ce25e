"""The layout of a printed table: how wide its columns are, how large its text is."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from docutils import nodes

from wavebook.pdf.markup import Code, Content, call, value

NUMBER = re.compile(r"[<>≤≥~±+−–-]?\s*[£$€]?\s*\d[\d\s,.]*\s*(%|pp|‰)?[*†]?")
EMPTY = frozenset({"", "–", "—", "-", "…", "n/a", "*"})

# The type area in points, upright and turned; the text sizes that a table may have.
UPRIGHT, TURNED = 442.0, 689.0
SIZES = (9.0, 8.0, 7.0)

# Widths and heights of the sans-serif face as parts of its size; the inset of a cell in points.
CHARACTER, LINE = 0.56, 1.3
INSET_X, INSET_Y = 9.0, 7.2

Kind = TypeVar("Kind", bound=nodes.Node)

# A column of at most this many characters is as wide as they are; others share what is left.
SHORT = 16
# A table that takes more than this much of a page's 690 points may break.
WHOLE = 400.0


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

    def arguments(self) -> dict[str, object]:
        """Return the arguments of the template's ``exhibit-table``."""
        numeric = [self.is_numeric(column) for column in range(self.columns)]
        turned = self.needed(SIZES[-1]) > UPRIGHT
        room = TURNED if turned else UPRIGHT
        size = next((size for size in SIZES if self.needed(size) <= room), SIZES[-1])
        return {
            "columns": self.widths(size, room),
            "align": [Code("right" if right else "left") for right in numeric],
            "size": Code(f"{size}pt"),
            "hyphenate": self.needed(size) > room,
            "turned": turned,
            "whole": self.height(size, room) <= WHOLE,
            "header": [cell.markup() for cell in self.header],
            "body": [cell.markup() for cell in self.body],
        }

    def is_numeric(self, column: int) -> bool:
        """Return whether a column holds numbers, by its cells' class or by their look."""
        cells = [cell for cell in self.body if cell.column == column and cell.columns == 1]
        told = [cell for cell in cells if cell.words not in EMPTY]
        return bool(told) and all(
            cell.is_number or NUMBER.fullmatch(cell.words) is not None for cell in told
        )

    def longest(self, column: int) -> int:
        """Return the characters of a column's longest cell; a header may be broken."""
        own = [cell for cell in self.body if cell.column == column and cell.columns == 1]
        above = [cell for cell in self.header if cell.column == column and cell.columns == 1]
        halves = [len(cell.words) // 2 for cell in above]
        words = [len(word) for cell in above for word in cell.words.split()]
        return max([1, *words, *halves, *(len(cell.words) for cell in own)])

    def is_short(self, column: int) -> bool:
        """Return whether a column need not be broken into lines."""
        return self.longest(column) <= SHORT

    def least(self, column: int, size: float) -> float:
        """Return the width in points below which a column would be hard to read."""
        return min(self.longest(column), SHORT) * CHARACTER * size + INSET_X

    def needed(self, size: float) -> float:
        """Return the width in points below which the table would be hard to read."""
        return sum(self.least(column, size) for column in range(self.columns))

    def widths(self, size: float, room: float) -> list[Code]:
        """Return the columns' widths: short ones as they need, the others share the rest."""
        crowded = self.needed(size) > room
        return [
            Code(f"{self.least(column, size):.1f}pt")
            if self.is_short(column) and not crowded
            else Code(f"{round(min(self.longest(column), 120) ** 0.5, 1)}fr")
            for column in range(self.columns)
        ]

    def height(self, size: float, room: float) -> float:
        """Return roughly the height of the table's body in points."""
        short = [column for column in range(self.columns) if self.is_short(column)]
        rest = room - sum(self.least(column, size) for column in short)
        share = max(rest / max(self.columns - len(short), 1), 40.0)
        lines: dict[int, int] = {}
        for cell in self.body:
            width = share * cell.columns
            needed = 1 if cell.column in short else 1 + int(len(cell.words) * size * 0.5 / width)
            lines[cell.row] = max(lines.get(cell.row, 1), needed)
        return sum(count * LINE * size + INSET_Y for count in lines.values())


def layout(node: nodes.Element, content: Callable[[nodes.Node], Content]) -> Table:
    """Return the layout of a docutils table.

    Parameters
    ----------
    node
        The table.
    content
        Writes the inside of a cell.
    """
    parts = [part for group in directly(node, nodes.tgroup) for part in group.children]
    header = [cells(part, content) for part in parts if isinstance(part, nodes.thead)]
    body = [cells(part, content) for part in parts if isinstance(part, nodes.tbody)]
    return Table(
        header=tuple(cell for part in header for cell in part),
        body=tuple(cell for part in body for cell in part),
        columns=sum(isinstance(part, nodes.colspec) for part in parts),
    )


def directly(node: nodes.Element, kind: type[Kind]) -> list[Kind]:
    """Return the children of a kind: what a cell holds may be a table itself."""
    return [child for child in node.children if isinstance(child, kind)]


def cells(part: nodes.Element, content: Callable[[nodes.Node], Content]) -> list[Cell]:
    """Return the cells of a table's head or body, each with its place."""
    taken: set[tuple[int, int]] = set()
    found: list[Cell] = []
    for row, entries in enumerate(directly(part, nodes.row)):
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
                )
            )
            column += columns
    return found
