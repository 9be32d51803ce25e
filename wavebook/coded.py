"""A part's answers as small numbers, for measures of whole columns and of whole respondents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from wavebook.check import Answers
from wavebook.errors import Problem
from wavebook.instrument import Question
from wavebook.schema import Rule


@dataclass(frozen=True)
class Coded:
    """The answers that a part's file holds.

    Attributes
    ----------
    answers
        The file and what it is held against.
    """

    answers: Answers

    @cached_property
    def columns(self) -> Mapping[str, int]:
        """Each column of answers, with its place in `codes`."""
        here = (
            column
            for column, (question, _) in self.answers.questions.items()
            if column in self.answers.frame and question.type != "derived"
        )
        return {column: place for place, column in enumerate(here)}

    @cached_property
    def questions(self) -> Mapping[str, Question]:
        """The questions that there are answers to."""
        return {
            name: question
            for name, question in self.answers.instrument.of_part(self.answers.part)
            if self.of(name)
        }

    def of(self, name: str) -> list[int]:
        """Return the places of a question's columns."""
        columns = self.answers.instrument.questions[name].columns(name)
        return [self.columns[column] for column in columns if column in self.columns]

    @cached_property
    def codes(self) -> NDArray[np.int16]:
        """Answers as places in their question's list, −1 for others and none; (rows, columns)."""
        frame = self.answers.frame
        codes = np.empty((len(frame), len(self.columns)), dtype=np.int16, order="F")
        for column, place in self.columns.items():
            known = pa.array(self.answers.questions[column][0].answers, pa.large_string())
            # Five times as fast as an index of pandas, which makes objects of all cells.
            found = pc.index_in(pa.array(frame[column], pa.large_string()), known)
            codes[:, place] = pc.fill_null(found, -1).to_numpy(zero_copy_only=False)
        return codes

    @cached_property
    def shares(self) -> list[NDArray[np.float64]]:
        """Of those who answered a column, the share that gave each answer; a list of columns."""
        shares = []
        for column, place in self.columns.items():
            codes = self.codes[:, place]
            known = len(self.answers.questions[column][0].answers)
            counts = np.bincount(codes[codes >= 0], minlength=known)
            shares.append(counts / max(1, counts.sum()))
        return shares

    def inside(self, column: str) -> NDArray[np.bool_]:
        """Return who is in the base of a column."""
        if column in self.answers.inside:
            return self.answers.inside[column].to_numpy(dtype=bool)
        return np.ones(len(self.answers.frame), dtype=bool)

    def all_of(self, name: str) -> str:
        """Return how a problem of a whole question names its columns."""
        question = self.answers.instrument.questions[name]
        return f"{name}__*" if question.rows else name

    def warning(
        self, rule: Rule, found: str, column: str = "", rows: NDArray[np.intp] | None = None
    ) -> Problem:
        """Return a warning; `rows` count from 1."""
        numbers = [] if rows is None else [int(row) for row in rows]
        return Problem(
            self.answers.name,
            f"{found}; expected {rule.expected}",
            row=numbers[0] if numbers else None,
            column=column or None,
            severity="warning",
            found=found,
            expected=rule.expected,
            rule=rule.name,
            rows=numbers,
        )
