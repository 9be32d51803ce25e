"""Slices published side by side: what one hides, the others and the total must not tell.

A slice such as ``site == 'north'`` is seldom the only one that is published. Its tables are
therefore protected as if every other answer to its question had a commentary of its own, and
everybody had one too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wavebook.disclosure import suppressed
from wavebook.domains import Columns
from wavebook.engines import Frame, Source
from wavebook.expression import Condition
from wavebook.where import as_expr, columns_of

Hidden = dict[Any, set[tuple[Any, ...]]]  # groups, by the answer that picks a slice


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
        if where is None or where.cut is None:
            return None
        column, answer, whole = where.cut
        return cls(column, str(answer), whole)

    def hides(
        self,
        frame: Any,
        table: Columns,
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
        if self.column in groups:  # the table has the other slices itself, and protects them
            return np.zeros(len(table["question"]), dtype=bool)
        source = Source.of(frame)
        hidden: set[tuple[Any, ...]] = set()
        for question, row in dict.fromkeys(zip(table["question"], table["row"], strict=True)):
            column = f"{question}__{row}" if row else str(question)
            of_slices = self._hidden(source, column, answers.get(column), groups, total, minimum)
            hidden |= {(question, row, *group) for group in of_slices.get(self.answer, ())}
        lines = zip(*(table[name] for name in ("question", "row", *groups)), strict=True)
        return np.array([line in hidden for line in lines], dtype=bool)

    def _hidden(
        self,
        source: Source,
        column: str,
        answers: Sequence[str] | None,
        groups: Sequence[str],
        total: str,
        minimum: int,
    ) -> Hidden:
        """Return the groups of which each slice must not tell, by the slice's answer."""
        answers = None if answers is None else tuple(answers)
        cut = (*groups, self.column)

        def find() -> Hidden:
            cells, labels = self._sizes(source, column, answers, cut)
            return _closed(cells, labels, total, minimum)

        if source.held is None:
            return find()
        whole = None if self.whole is None else self.whole.text
        return source.held.once(("beside", whole, column, answers, cut, total, minimum), find)

    def _sizes(
        self, source: Source, column: str, answers: Sequence[str] | None, cut: Sequence[str]
    ) -> tuple[NDArray[np.int64], list[list[Any]]]:
        """Return how many answered in each group and slice, and what these are called.

        Returns
        -------
        ndarray, list
            An axis for each column of `cut`, and the labels of its places, sorted: where two groups
            are as small, no engine's order decides which of them is hidden.
        """
        counted = self._counted if source.held else self._counted_there
        lines = counted(source, column, answers, cut)
        coded = [pd.factorize(values, sort=True) for values in lines[:-1]]
        cells = np.zeros([len(found) for _, found in coded], dtype=np.int64)
        cells[tuple(codes for codes, _ in coded)] = lines[-1]
        return cells, [list(found) for _, found in coded]

    def _counted(
        self, source: Source, column: str, answers: Sequence[str] | None, cut: Sequence[str]
    ) -> list[NDArray[Any]]:
        """Count the rows of each group that have an answer, in memory."""
        assert source.held is not None
        rows = source.held
        at = rows.inside(self.whole)
        codes, texts = rows.answers(column)
        counts = [answers is None or text in answers for text in texts]
        at = at[np.array([*counts, False])[codes[at]]]  # the last stands for no answer, −1
        groups = np.zeros(len(at), dtype=np.intp)
        for name in cut:
            code = rows.keys(name)[at]
            groups = groups * (int(code.max(initial=0)) + 1) + code
        _, first, base = np.unique(groups, return_index=True, return_counts=True)
        values = [rows.frame[name].to_numpy(object)[at[first]] for name in cut]
        known = ~np.any([pd.isna(value) for value in values], axis=0)
        return [*(value[known] for value in values), base[known]]

    def _counted_there(
        self, source: Source, column: str, answers: Sequence[str] | None, cut: Sequence[str]
    ) -> list[NDArray[Any]]:
        """Count the rows of each group that have an answer, wherever they are."""
        told = nw.col(column)
        answered = ~told.is_null() if answers is None else told.is_in(list(answers))
        inside = as_expr(self.whole, source.schema)
        read = columns_of(self.whole)
        table = source.table(
            partial(_bases, cut=cut, kept=answered if inside is None else answered & inside),
            {"base": "sum"},
            None if read is None else (column, *cut, *read),
        ).dropna(subset=list(cut))
        return [*(table[name].to_numpy(object) for name in cut), table["base"].to_numpy(np.int64)]


def _closed(
    cells: NDArray[np.int64], labels: Sequence[Sequence[Any]], total: str, minimum: int
) -> Hidden:
    """Return what must not be told of slices, which the last axis has, when all are published."""
    for axis in range(cells.ndim):
        cells = np.concatenate([cells, cells.sum(axis, keepdims=True)], axis)
    found = np.nonzero(cells)
    cut = range(cells.ndim)
    named = [np.array([*labels[at], total], dtype=object)[found[at]] for at in cut]
    table = {at: named[at] for at in cut} | {"base": cells[found]}
    hidden: Hidden = {}
    closed = suppressed(table, groups=list(cut), total=total, minimum=minimum)
    for *group, answer in zip(*(values[closed] for values in named), strict=True):
        hidden.setdefault(answer, set()).add(tuple(group))
    return hidden


def _bases(frame: Frame, cut: Sequence[str], kept: nw.Expr) -> Frame:
    """Count rows in each group."""
    return frame.filter(kept).group_by(*cut).agg(nw.len().alias("base"))
