"""What happens to a part's rows on their way from the export: kept for the author to read."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wavebook.errors import Problem
from wavebook.importing.export import Export

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
        return self.export.row(int(self.rows.index[[position]][0]))

    def problem(self, message: str, column: str, position: int | None = None) -> None:
        """Note a problem, in the part's n-th row or in the column as a whole."""
        row = None if position is None else self.source_row(position)
        self.problems.append(Problem(self.export.name, message, row, column))

    def problem_where(self, where: Mask, message: str, column: str) -> None:
        """Note one problem for all rows where a condition holds, at the first of them.

        ``{found}`` in the message is the cell there.
        """
        if not where.any():
            return
        first, count = int(np.argmax(where)), int(where.sum())
        if column in self.rows:
            message = message.replace("{found}", f"'{self.rows[column].iloc[first]}'")
        many = f" ({count:,} rows, the first of them here)" if count > 1 else ""
        self.problem(message + many, column, first)
