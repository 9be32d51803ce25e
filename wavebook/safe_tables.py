"""A wave's answers in tables that give nobody away: `wavebook.estimate`, less its small bases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wavebook import estimate, expression
from wavebook.asked import Asked
from wavebook.beside import Beside
from wavebook.disclosure import protect
from wavebook.instrument import Question
from wavebook.wave import Wave

TOTAL = "__total"


@dataclass(frozen=True)
class SafeTables:
    """Tables of a wave, or of a slice of it.

    Attributes
    ----------
    where
        The condition that picks the slice.
    level
        Confidence level of the intervals.
    """

    wave: Wave
    where: str | None
    level: float

    def shares(
        self,
        question: Question,
        columns: Sequence[str],
        options: Sequence[str],
        groups: Sequence[str],
    ) -> pd.DataFrame:
        """Return the shares of a question's columns, made in one pass over the respondents."""
        nets = {code: net.options for code, net in question.nets.items() if code in options}
        table = estimate.tabulate(
            self.wave.rows_of(question.part),
            [
                Asked(
                    column, question.choices, nets, tuple(question.count), tuple(question.missing)
                )
                for column in columns
            ],
            by=list(groups) or None,
            design=self.wave.about.parts[question.part].design,
            level=self.level,
            where=self.where,
            total=self._total,
        )
        return self._without_small(self._in_groups(table, groups), groups)

    def mean_ranks(
        self, question: Question, columns: Sequence[str], by: str | None = None
    ) -> pd.DataFrame:
        """Return the mean rank of each of a ranking question's columns."""
        frame = estimate.mean(
            self.wave.rows_of(question.part),
            columns,
            by=by,
            design=self.wave.about.parts[question.part].design,
            level=self.level,
            where=self.where,
            total=self._total,
        )
        of = [by] if by else []
        return self._without_small(self._in_groups(frame, of), of)

    def _in_groups(self, table: pd.DataFrame, groups: Sequence[str]) -> pd.DataFrame:
        """Return the lines of groups that are answers: who refused is in no group."""
        columns, questions = self.wave.instrument.columns, self.wave.instrument.questions
        for name in groups:
            if name in columns:
                table = table[~table[name].isin(list(questions[columns[name][0]].missing))]
        return table

    @property
    def _total(self) -> str | None:
        """The label of the totals that a table of groups is protected with.

        A report that shows groups shows their total too, somewhere: what is suppressed must not be
        had from it by subtraction, whether or not the same table holds it.
        """
        return TOTAL if self.wave.about.thresholds else None

    def _without_small(self, table: pd.DataFrame, groups: Sequence[str]) -> pd.DataFrame:
        """Return a table without totals, nor any number that would give people away."""
        thresholds = self.wave.about.thresholds
        if thresholds is None:
            return table
        also = self._told_beside(table, groups, thresholds.minimum)
        safe = protect(table, groups=groups, total=TOTAL, thresholds=thresholds, also=also)
        return safe[~(safe[list(groups)] == TOTAL).any(axis=1)] if groups else safe

    def _told_beside(
        self, table: pd.DataFrame, groups: Sequence[str], minimum: int
    ) -> NDArray[np.bool_] | None:
        """Return the lines that the commentaries on other slices would give away."""
        beside = Beside.of(expression.parse(self.where)) if self.where else None
        if beside is None or not len(table):
            return None
        question = self.wave.instrument.question(str(table["question"].iloc[0]))
        answers = None if question.type == "ranking" else (*question.choices, *question.count)
        return beside.hides(
            self.wave.rows_of(question.part),
            table,
            answers=dict.fromkeys(question.columns(str(table["question"].iloc[0])), answers),
            groups=groups,
            total=TOTAL,
            minimum=minimum,
        )
