"""Everything that can be wrong with a part's answers, each with its row and column."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from wavebook import expression
from wavebook.errors import Problem, listing, nearest
from wavebook.instrument import Instrument, Question

RESPONDENT = "respondent"


@dataclass(frozen=True)
class Answers:
    """The rows of a part's file, as text, and what they are held against.

    Attributes
    ----------
    name
        The file, as the user would name it.
    design_columns, numbers
        Columns of the sample design, and those of them that must hold numbers.
    expected
        How many rows ``wave.yml`` promises, where it does.
    """

    name: str
    frame: pd.DataFrame
    instrument: Instrument
    part: str
    design_columns: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    expected: int | None = None

    def problems(self) -> Iterator[Problem]:
        """Yield every problem, in the order of the file's columns."""
        yield from self._respondents()
        yield from self._design()
        for column in self.frame.columns:
            if column in (RESPONDENT, *self.design_columns):
                continue
            if column not in self._questions:
                message = f"the instrument has no such column{nearest(column, self._questions)}"
                yield Problem(self.name, message, column=column)
            elif self._questions[column][0].type == "derived":
                yield Problem(self.name, "derived from other answers: leave it out", column=column)
            else:
                yield from self._column(column)
        for name, question in self.instrument.of_part(self.part):
            if question.type == "ranking":
                yield from self._ranking(name, question)

    @cached_property
    def _questions(self) -> dict[str, tuple[Question, str]]:
        """Each column that this part may have, with its question and row."""
        return {
            column: (question, row)
            for name, question in self.instrument.of_part(self.part)
            for column, row in question.columns(name).items()
        }

    @cached_property
    def _bases(self) -> dict[str, expression.Condition]:
        """Who may have answered each column that is here and not asked of everybody."""
        return {
            column: expression.parse(question.base.replace("{row}", row))
            for column, (question, row) in self._questions.items()
            if question.base and column in self.frame
        }

    @cached_property
    def _inside(self) -> pd.DataFrame:
        """Whether each respondent is in each base: one pass for all columns."""
        known = {
            column: base.expr()
            for column, base in self._bases.items()
            if all(needed in self.frame for needed in base.columns)
        }
        inside: pd.DataFrame = nw.from_native(self.frame).select(**known).to_native()
        return inside

    def _respondents(self) -> Iterator[Problem]:
        if self.expected is not None and len(self.frame) != self.expected:
            message = f"{len(self.frame)} rows, but wave.yml says {self.expected} respondents"
            yield Problem(self.name, message)
        if RESPONDENT not in self.frame:
            yield Problem(self.name, f"there is no column '{RESPONDENT}'")
            return
        ids = self.frame[RESPONDENT]
        yield from self._at(ids.isna(), RESPONDENT, "a respondent needs an id")
        yield from self._at(
            ids.duplicated() & ids.notna(), RESPONDENT, "{found} stands in an earlier row too"
        )

    def _design(self) -> Iterator[Problem]:
        for column in self.design_columns:
            if column not in self.frame:
                message = f"there is no column '{column}', which wave.yml names"
                yield Problem(self.name, message)
        for column in self.numbers:
            if column in self.frame:
                bad = pd.to_numeric(self.frame[column], errors="coerce").isna()
                yield from self._at(bad, column, "{found} is not a number")

    def _column(self, column: str) -> Iterator[Problem]:
        question, _ = self._questions[column]
        answers = self.frame[column]
        wrong = answers.notna() & ~answers.isin(question.answers)
        yield from self._at(
            wrong, column, f"{{found}} is not an option {listing(question.answers)}", question
        )
        base = self._bases.get(column)
        if base is None:
            return
        if column not in self._inside:
            needed = next(c for c in base.columns if c not in self.frame)
            message = f"its base needs a column '{needed}', which is not there"
            yield Problem(self.name, message, column=column)
            return
        yield from self._at(
            answers.notna() & ~self._inside[column],
            column,
            f"{{found}} from somebody who was not asked: {base.text}",
        )

    def _ranking(self, name: str, question: Question) -> Iterator[Problem]:
        columns = [column for column in question.columns(name) if column in self.frame]
        if not columns:
            return
        ranks = self.frame[columns].apply(pd.to_numeric, errors="coerce").to_numpy(dtype=float)
        answered = self.frame[columns].notna().any(axis=1)
        whole = (np.sort(ranks, axis=1) == np.arange(1, len(columns) + 1)).all(axis=1)
        yield from self._at(
            answered & ~whole, f"{name}__*", f"expected each rank from 1 to {len(columns)} once"
        )

    def _at(
        self, where: pd.Series[Any], column: str, message: str, question: Question | None = None
    ) -> Iterator[Problem]:
        """Yield a problem for each row where the condition holds."""
        for index in np.flatnonzero(where.to_numpy(dtype=bool)):
            found = self.frame[column].iloc[index] if column in self.frame else ""
            near = nearest(str(found), question.answers) if question else ""
            text = message.replace("{found}", f"'{found}'") + near
            yield Problem(self.name, text, int(index) + 1, column)
