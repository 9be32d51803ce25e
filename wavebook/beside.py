"""Slices published side by side: what one hides, the others and the total must not tell.

A slice such as ``site == 'north'`` is seldom the only one that is published. Its tables are
therefore protected as if every other answer to its question had a commentary of its own, and
everybody had one too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wavebook.disclosure import suppressed
from wavebook.engines import Frame, Source
from wavebook.expression import Condition
from wavebook.where import as_expr, columns_of


@dataclass(frozen=True)
class Beside:
    """A slice, and what it is a slice of.

    Attributes
    ----------
    column, answer
        The slice: who gave this answer.
    whole
        The condition that picks those it is a slice of; None for everybody.
    """

    column: str
    answer: str
    whole: Condition | None

    @classmethod
    def of(cls, where: Condition | None) -> Beside | None:
        """Return what a slice is one of; None where it is not cut by the answers to a question."""
        cut = where.cut if where else None
        return cls(*cut) if cut else None

    def hides(
        self,
        frame: Any,
        table: pd.DataFrame,
        *,
        answers: Mapping[str, Sequence[str] | None],
        groups: Sequence[str],
        total: str,
        minimum: int,
    ) -> NDArray[np.bool_]:
        """Return which lines of the slice's table the other slices and the total would tell.

        Parameters
        ----------
        frame
            All respondents, on any engine.
        table
            Estimates for the slice, with columns ``question``, ``row`` and `groups`.
        answers
            By column of the frame, the answers that count in its base; None for all.
        total
            The label of totals in `groups`.
        """
        hidden = np.zeros(len(table), dtype=bool)
        if self.column in groups:
            return hidden  # the table has the other slices itself, and protects them
        cut = [*groups, self.column]
        places = [table[name].astype(object) for name in ("question", "row", *groups)]
        keys = list(zip(*places, strict=True)) if len(table) else []
        by_column: Any = table.groupby(["question", "row"]).indices
        for (question, row), lines in by_column.items():
            column = f"{question}__{row}" if row else str(question)
            sizes = self._sizes(frame, column, answers.get(column), cut, total)
            closed = suppressed(sizes, groups=cut, total=total, minimum=minimum)
            ours = sizes[closed & (sizes[self.column] == self.answer).to_numpy(bool)]
            taken = set(zip(*(ours[name] for name in groups), strict=True)) if groups else {()}
            for line in lines:
                hidden[line] = len(ours) > 0 and keys[line][2:] in taken
        return hidden

    def _sizes(
        self, frame: Any, column: str, answers: Sequence[str] | None, cut: list[str], total: str
    ) -> pd.DataFrame:
        """Return how many answered in each group, and in each total, as a table of bases."""
        source = Source.of(frame)
        told = nw.col(column)
        counted = ~told.is_null() if answers is None else told.is_in(list(answers))
        inside = as_expr(self.whole, source.schema)
        kept_rows = counted if inside is None else counted & inside
        read = columns_of(self.whole)
        counts = source.table(
            partial(_bases, cut=cut, kept=kept_rows),
            {"base": "sum"},
            None if read is None else (column, *cut, *read),
        ).dropna(subset=cut)
        tables = [counts]
        for size in range(1, len(cut) + 1):
            for summed in combinations(cut, size):
                kept = [name for name in cut if name not in summed]
                if kept:
                    part: Any = counts.groupby(kept, as_index=False)["base"].sum()
                else:
                    part = pd.DataFrame({"base": [counts["base"].sum()]})
                tables.append(part.assign(**dict.fromkeys(summed, total)))
        sizes: pd.DataFrame = pd.concat(tables, ignore_index=True)[[*cut, "base"]]
        return sizes


def _bases(frame: Frame, cut: list[str], kept: nw.Expr) -> Frame:
    """Count rows in each group."""
    return frame.filter(kept).group_by(cut).agg(nw.len().alias("base"))
