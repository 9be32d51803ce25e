"""What happens to a part's rows on their way from the export: kept for the author to read."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wavebook.errors import Problem, quoted
from wavebook.importing.export import Export
from wavebook.importing.faults import FAULTS, fault

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Change:
    """Cells of which an author should know what they became.

    Attributes
    ----------
    column
        Of the export.
    found, label
        Its value, and the value's label there.
    answer
        What it became; ``not asked`` for empty.
    why
        A few words, or nothing where the mapping's codes say so.
    rows
        How many cells.
    """

    column: str
    found: str
    label: str
    answer: str
    why: str
    rows: int

    def __str__(self) -> str:
        label = f' "{self.label}"' if self.label and self.label != self.found else ""
        why = f" ({self.why})" if self.why else ""
        return f"{self.column} = {self.found}{label} → {self.answer}{why}: {self.rows:,}"


@dataclass
class Ledger:
    """The rows of an export that belong to a part, and what is found out about them.

    Attributes
    ----------
    export
        Where the rows come from.
    rows
        Those of the part; the index is the position in the export, from 0.
    columns
        Which columns of the export each of ours came from, by our name.
    missing, loose
        Cells that became missing, and cells that were read by resemblance.
    warnings
        What an author should know, a sentence each.
    problems
        What stands in the way, with the export's own rows and columns.
    """

    export: Export
    rows: pd.DataFrame
    columns: dict[str, str] = field(default_factory=dict)
    missing: list[Change] = field(default_factory=list)
    loose: list[Change] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def source_row(self, position: int) -> int:
        """Return the row that a reader of the export sees, of the part's n-th row, from 0."""
        return self.export.row(int(self._positions[position]))

    @cached_property
    def _positions(self) -> NDArray[np.intp]:
        return np.asarray(self.rows.index, dtype=np.intp)

    def problem(
        self, message: str, column: str, where: Mask, *, rule: str, found: str = ""
    ) -> None:
        """Note a problem of the rows where a condition holds; see `problem_at`."""
        self.problem_at(message, column, np.flatnonzero(where), rule=rule, found=found)

    def faults(self, column: str) -> None:
        """Note the cells of a column in which a spreadsheet shows that it has no value."""
        cells = self.rows[column]
        for found in cells[cells.isin(FAULTS)].unique():
            message = fault(str(found), self.export.sheet)
            self.problem(message, column, (cells == found).to_numpy(), rule="no-value")

    def problem_at(
        self,
        message: str,
        column: str,
        positions: NDArray[np.intp],
        *,
        rule: str,
        found: str = "",
    ) -> None:
        """Note a problem of some of the part's rows, counted from 0, if there are any.

        ``{found}`` in the message is what was found: the cell in the first of them by default.
        """
        if not len(positions):
            return
        rows = tuple(self.source_row(int(position)) for position in positions)
        if not found:
            cell = self.rows[column].iloc[int(positions[0])]
            found = "" if pd.isna(cell) else str(cell)
        message = message.replace("{found}", quoted(found))
        self.problems.append(
            Problem(self.export.name, message, rows[0], column, found=found, rule=rule, rows=rows)
        )
