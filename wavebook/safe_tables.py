"""A wave's answers in tables that give nobody away: `wavebook.estimate`, less its small bases."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wavebook import expression
from wavebook.asked import Asked, group_names
from wavebook.beside import Beside
from wavebook.cells import Cells
from wavebook.disclosure import SHOWN, judged
from wavebook.domains import Columns
from wavebook.estimate import columns_of_shares
from wavebook.instrument import Question
from wavebook.means import columns_of_means
from wavebook.sums import answer_sums, number_sums
from wavebook.wave import Wave

TOTAL = "__total"
Line = dict[str, Any]  # of a table; where it is suppressed, NaN stands for each number


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
    ) -> list[Line]:
        """Return the shares of a question's columns, made in one pass over the respondents."""
        nets = {code: net.options for code, net in question.nets.items() if code in options}
        asked = [
            Asked(column, question.choices, nets, tuple(question.count), tuple(question.missing))
            for column in columns
        ]
        cells = self._summed(answer_sums, question, columns, groups)
        table = columns_of_shares(cells, asked, total=self._total, level=self.level)
        return self._without_small(table, groups)

    def mean_ranks(
        self, question: Question, columns: Sequence[str], by: str | None = None
    ) -> list[Line]:
        """Return the mean rank of each of a ranking question's columns."""
        groups = [by] if by else []
        asked = [Asked(column) for column in columns]
        cells = self._summed(number_sums, question, columns, groups)
        table = columns_of_means(cells, asked, total=self._total, level=self.level)
        return self._without_small(table, groups)

    def _summed(
        self,
        sums: Callable[..., Cells],
        question: Question,
        columns: Sequence[str],
        groups: Sequence[str],
    ) -> Cells:
        """Return the sums of a question's columns in each group of the slice."""
        return sums(
            self.wave.rows_of(question.part),
            columns,
            by=group_names(groups),
            design=self.wave.about.parts[question.part].design,
            where=self.where,
        )

    def _no_groups(self, name: str) -> frozenset[str]:
        """Return the answers to a question that make no group: who refused is in none."""
        columns, questions = self.wave.instrument.columns, self.wave.instrument.questions
        return frozenset(questions[columns[name][0]].missing if name in columns else ())

    @property
    def _total(self) -> str | None:
        """The label of the totals that a table of groups is protected with.

        A report that shows groups shows their total too, somewhere: what is suppressed must not be
        had from it by subtraction, whether or not the same table holds it.
        """
        return TOTAL if self.wave.about.thresholds else None

    def _without_small(self, table: Columns, groups: Sequence[str]) -> list[Line]:
        """Return a table's lines without totals, nor any number that would give people away."""
        thresholds = self.wave.about.thresholds
        if thresholds is not None:
            also = self._told_beside(table, groups, thresholds.minimum)
            table["reliability"] = judged(
                table, groups=groups, total=TOTAL, thresholds=thresholds, also=also
            )
        values = (one.tolist() if isinstance(one, np.ndarray) else one for one in table.values())
        lines = [dict(zip(table, line, strict=True)) for line in zip(*values, strict=True)]
        left_out = {name: {TOTAL, *self._no_groups(name)} for name in groups}
        return [
            _hushed(line)
            for line in lines
            if not any(line[name] in codes for name, codes in left_out.items())
        ]

    @cached_property
    def _beside(self) -> Beside | None:
        return Beside(expression.parse(self.where)) if self.where else None

    def _told_beside(
        self, table: Columns, groups: Sequence[str], minimum: int
    ) -> NDArray[np.bool_] | None:
        """Return the lines that the commentaries on other slices would give away."""
        if self._beside is None or not table["question"]:
            return None
        question = self.wave.instrument.question(table["question"][0])
        answers = None if question.type == "ranking" else (*question.choices, *question.count)
        return self._beside.hides(
            self.wave.rows_of(question.part),
            table,
            answers=dict.fromkeys(question.columns(table["question"][0]), answers),
            groups=groups,
            total=TOTAL,
            minimum=minimum,
            weight=self.wave.about.parts[question.part].design.weight,
        )


def _hushed(line: Line) -> Line:
    """Return a line without its numbers where they would give people away."""
    if line.get("reliability") != "suppressed":
        return line
    return {name: math.nan if name in SHOWN else told for name, told in line.items()}
