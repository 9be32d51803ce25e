"""The population that a practice wave is drawn from: people with answers, and each one's share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import narwhals as nw
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wavebook.expression import Condition
from wavebook.instrument import Instrument, Question
from wavebook.rows import typed
from wavebook.simulate.units import Unit

Codes = NDArray[np.int16]
Floats = NDArray[np.float64]
Positions = NDArray[np.intp]
Marks = NDArray[np.bool_]

NONE = -1  # no answer: not asked, or nothing said


@dataclass(frozen=True)
class Pool:
    """A population, small enough to be counted through.

    Attributes
    ----------
    units
        What is asked, each after what decides who is asked.
    codes
        For each column the position of each person's answer in the question's `answers`, `NONE`
        where there is none. A rank's position is the rank less one.
    mass
        Each person's share of the population; they add up to 1.
    leaning
        How each person tends to answer, standard normal: invented answers hang together by it.
    stratum, strata
        For each person the position of the stratum they are sampled in, and the strata's names.
    """

    instrument: Instrument
    part: str
    units: tuple[Unit, ...]
    codes: Mapping[str, Codes]
    mass: Floats
    leaning: Floats
    stratum: Positions
    strata: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.mass)

    def rows(self, index: Positions, mass: Floats) -> Pool:
        """Return the pool with other people: who stands twice in `index` is split in two."""
        codes = {column: values[index] for column, values in self.codes.items()}
        return replace(
            self,
            codes=codes,
            mass=mass,
            leaning=self.leaning[index],
            stratum=self.stratum[index],
        )

    def answering(self, answers: Mapping[str, Codes]) -> Pool:
        """Return the pool with other answers in some columns."""
        return replace(self, codes={**self.codes, **answers})

    def question_of(self, column: str) -> Question:
        """Return the question that a column belongs to."""
        return self.instrument.questions[self.instrument.columns[column][0]]

    def sources(self, column: str) -> tuple[str, ...]:
        """Return the columns of the pool that tell a column: itself, or what it is derived from."""
        source = self.question_of(column).source
        columns = self.instrument.question(source).columns(source) if source else (column,)
        return tuple(c for c in columns if c in self.codes)

    def counted(self, column: str) -> Marks:
        """Return who is in a column's base: who gave an answer that is not a kind of missing."""
        question = self.question_of(column)
        inside = len(question.choices) + len(question.count)
        codes = self.codes[column]
        return (codes >= 0) & (codes < inside)

    def shares(self, column: str, domain: Marks) -> Floats:
        """Return the share of each answer that counts among the counted of a domain."""
        question = self.question_of(column)
        inside = domain & self.counted(column)
        sums = np.bincount(
            self.codes[column][inside],
            self.mass[inside],
            len(question.choices) + len(question.count),
        )
        shares: Floats = sums / max(sums.sum(), np.finfo(float).tiny)
        return shares

    def asked(self, unit: Unit) -> Marks:
        """Return who is asked a unit."""
        return np.ones(len(self), dtype=bool) if unit.base is None else self.meeting(unit.base)

    def meeting(self, condition: Condition) -> Marks:
        """Return who meets a condition; it may name derived questions."""
        frame = nw.from_native(self.frame(condition.columns))
        met: pd.DataFrame = frame.select(met=condition.expr()).to_native()
        return met["met"].to_numpy(bool)

    def frame(self, columns: Sequence[str]) -> pd.DataFrame:
        """Return answers as text, ranks as numbers, and what is derived from them."""
        wanted = {c: self._text(c) for column in columns for c in self.sources(column)}
        made: pd.DataFrame = typed(pd.DataFrame(wanted), self.part, (), self.instrument)
        return made

    def _text(self, column: str) -> pd.Series[str]:
        answers = np.array([*self.question_of(column).answers, None], dtype=object)
        return pd.Series(answers[self.codes[column]], dtype="str")
