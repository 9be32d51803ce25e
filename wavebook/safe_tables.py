"""A wave's answers in tables that give nobody away: `wavebook.estimate`, less its small bases."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import compress
from operator import contains
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
        """Return the shares of a question's columns, made in one pass over the respondents.

        Of a derived question nothing is told in a group where one of the rows that it is made of is
        suppressed: where each person answered one row, it is that row's people and those of the
        rows that are shown. That protects a row from the questions derived from it. It does not
        protect what two derived questions tell together, nor rows that other questions repeat.
        """
        nets = {code: net.options for code, net in question.nets.items() if code in options}
        asked = [*_asked(question, columns, nets), *self._rows_behind(question)]
        cells = self._summed(answer_sums, question, [one.column for one in asked], groups)
        table = columns_of_shares(cells, asked, total=self._total, level=self.level)
        lines = self._without_small(table, groups)
        return [line for line in lines if line["question"] == asked[0].question]

    def mean_ranks(
        self, question: Question, columns: Sequence[str], by: str | None = None
    ) -> list[Line]:
        """Return the mean rank of each of a ranking question's columns."""
        groups = [by] if by else []
        asked = [Asked(column) for column in columns]
        cells = self._summed(number_sums, question, columns, groups)
        table = columns_of_means(cells, asked, total=self._total, level=self.level)
        return self._without_small(table, groups)

    def _rows_behind(self, question: Question) -> list[Asked]:
        """Return the rows that a derived question is made of; none where nothing is suppressed."""
        if question.source is None or self.wave.about.thresholds is None:
            return []
        source = self.wave.instrument.question(question.source)
        rows = self.wave.rows_asked(question.source)
        columns = [column for row, column in rows.items() if row in (question.from_rows or rows)]
        return _asked(source, columns)

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
        left_out = {name: self._no_groups(name) for name in groups}
        if any(left_out.values()):
            cut = zip(*(table[name] for name in groups), strict=True)
            kept = [not any(map(contains, left_out.values(), group)) for group in cut]
            table = {name: list(compress(values, kept)) for name, values in table.items()}
        thresholds = self.wave.about.thresholds
        if thresholds is not None:
            judge = partial(judged, table, groups=groups, total=TOTAL, thresholds=thresholds)
            also = self._told_beside(table, groups, thresholds.minimum)
            table["reliability"] = judge(also=also)
            if (told := _told_by_rows(table, groups)).any():
                table["reliability"] = judge(also=told if also is None else also | told)
        values = (one.tolist() if isinstance(one, np.ndarray) else one for one in table.values())
        lines = [dict(zip(table, line, strict=True)) for line in zip(*values, strict=True)]
        return [_hushed(line) for line in lines if all(line[name] != TOTAL for name in groups)]

    @cached_property
    def _beside(self) -> Beside | None:
        return Beside(expression.parse(self.where)) if self.where else None

    def _told_beside(
        self, table: Columns, groups: Sequence[str], minimum: int
    ) -> NDArray[np.bool_] | None:
        """Return the lines that the commentaries on other slices would give away."""
        if self._beside is None or not table["question"]:
            return None
        names = dict.fromkeys(table["question"])
        questions = {name: self.wave.instrument.question(name) for name in names}
        part = next(iter(questions.values())).part
        answers = {
            column: None if one.type == "ranking" else (*one.choices, *one.count)
            for name, one in questions.items()
            for column in one.columns(name)
        }
        return self._beside.hides(
            self.wave.rows_of(part),
            table,
            answers=answers,
            groups=groups,
            total=TOTAL,
            minimum=minimum,
            weight=self.wave.about.parts[part].design.weight,
            no_groups=frozenset[str]().union(
                *map(self._no_groups, (*groups, *self._beside.where.columns))
            ),
        )


def _asked(
    question: Question, columns: Sequence[str], nets: Mapping[str, Sequence[str]] | None = None
) -> list[Asked]:
    return [
        Asked(column, question.choices, nets or {}, tuple(question.count), tuple(question.missing))
        for column in columns
    ]


def _told_by_rows(table: Columns, groups: Sequence[str]) -> NDArray[np.bool_]:
    """Return a derived question's lines, the first of a table, that tell of a row after them."""
    keys = [*zip(*(table[name] for name in groups), strict=True)] or [()] * len(table["question"])
    lines = [*zip(table["question"], table["reliability"], table["base"], keys, strict=True)]
    hidden = {
        key
        for question, reliability, base, key in lines
        if question != lines[0][0] and reliability == "suppressed" and base
    }
    told = [question == lines[0][0] and key in hidden for question, *_, key in lines]
    return np.array(told, dtype=bool)


def _hushed(line: Line) -> Line:
    """Return a line without its numbers where they would give people away."""
    if line.get("reliability") != "suppressed":
        return line
    return {name: math.nan if name in SHOWN else told for name, told in line.items()}
