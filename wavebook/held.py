"""Rows in memory that stay as they are, and what is worked out of them once for all estimates.

Every estimate wants the same of its rows: a number for each answer and each key in place of text,
the rows of the domain, the design of the sample. Of a frame that is asked many questions they are
worked out at the first and kept; a process forked afterwards finds them there.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

import narwhals as nw
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wavebook.expression import Condition, parse
from wavebook.where import Where, as_expr, columns_of

T = TypeVar("T")
Floats = NDArray[np.float64]
Positions = NDArray[np.intp]
_AT = "__at"


class Held:
    """A frame whose rows nobody changes.

    Parameters
    ----------
    frame
        What is done to it later is not done to these rows: pandas copies on writing.
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame.copy(deep=False)
        self.schema = nw.from_native(frame).schema
        self._known: dict[Hashable, object] = {}

    def __len__(self) -> int:
        return len(self.frame)

    def once(self, key: Hashable, work_out: Callable[[], T]) -> T:
        """Return what is known by a key, working it out if it is wanted for the first time."""
        if key not in self._known:
            self._known[key] = work_out()
        known: T = self._known[key]  # type: ignore[assignment]  # each key has a type of its own
        return known

    def keys(self, column: str) -> Positions:
        """Return a number for the value of each row; a missing value is a value as well."""
        return self.once(
            ("keys", column),
            lambda: pd.factorize(self.frame[column], use_na_sentinel=False)[0],
        )

    def labels(self, column: str) -> tuple[Positions, list[Any]]:
        """Return the position of each row's value among all values, sorted; −1 for none."""

        def find() -> tuple[Positions, list[Any]]:
            codes, found = pd.factorize(self.frame[column], sort=True)
            return codes, list(found)

        return self.once(("labels", column), find)

    def answers(self, column: str) -> tuple[Positions, NDArray[np.object_]]:
        """Return the position of each row's answer among the answers as text; −1 for none."""
        return self.once(("answers", column), lambda: _answers(self.frame[column]))

    def numbers(self, column: str) -> Floats:
        """Return a column as numbers, whatever its type; NaN where there is none."""
        return self.once(("numbers", column), lambda: self._numbers(column))

    def _numbers(self, column: str) -> Floats:
        answers = self.frame[[column]]
        if answers[column].dtype != np.float64:
            named = nw.from_native(answers, eager_only=True)
            answers = named.select(as_number(column, named.schema[column])).to_native()
        return answers[column].to_numpy(np.float64, na_value=np.nan)

    def inside(self, where: Where | None) -> Positions:
        """Return the positions of a domain's rows.

        Raises
        ------
        WavebookError
            If the condition is none, or names an unknown column.
        """
        if isinstance(where, nw.Expr):  # which cannot be told from another
            return self._inside(where)
        text = where.text if isinstance(where, Condition) else where
        return self.once(("inside", text), lambda: self._inside(where))

    def _inside(self, where: Where | None) -> Positions:
        expr, read = as_expr(where, self.schema), columns_of(where)
        if expr is None:
            return np.arange(len(self), dtype=np.intp)
        condition = parse(where) if isinstance(where, str) else where
        if isinstance(condition, Condition) and condition.cut:
            column, answer, whole = condition.cut
            if isinstance(answer, str) and self.schema[column] == nw.String:
                return self._with_answer(column, answer, self.inside(whole))
        frame = self.frame if read is None else self.frame[list(read)]
        rows = nw.from_native(frame, eager_only=True).with_row_index(_AT).filter(expr)
        return rows[_AT].to_numpy().astype(np.intp)

    def _with_answer(self, column: str, answer: str, rows: Positions) -> Positions:
        """Return those of some rows that have an answer, told by the numbers of the answers."""
        codes, texts = self.answers(column)
        return rows[np.isin(codes[rows], np.flatnonzero(texts == answer))]


def _answers(column: pd.Series[str]) -> tuple[Positions, NDArray[np.object_]]:
    text = column
    if not isinstance(column.dtype, pd.StringDtype):
        text = nw.from_native(column, series_only=True).cast(nw.String).to_native()
    codes, found = pd.factorize(text)
    return codes, np.asarray(found, dtype=object)


def as_number(column: str, dtype: nw.dtypes.DType) -> nw.Expr:
    """Return a column as numbers, whatever its type; empty cells are missing."""
    number = nw.col(column)
    if dtype in (nw.String, nw.Categorical, nw.Object, nw.Enum):
        number = number.cast(nw.String)
        number = nw.when(number != "").then(number)
    return number.cast(nw.Float64)
