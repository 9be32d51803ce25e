"""Imaginary respondents: their traits, what they lean to, and which questions they answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from zlib import crc32

import narwhals as nw
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wavebook import expression
from wavebook.instrument import Instrument, Question
from wavebook.reconstruct.assumptions import Assumptions, Loadings


def generator(seed: int, purpose: str) -> np.random.Generator:
    """Return a source of chance of its own for each purpose.

    So a question added to the instrument leaves all other answers as they were.
    """
    return np.random.default_rng([seed, crc32(purpose.encode())])


@dataclass
class People:
    """The respondents of one part while their answers are filled in, question by question."""

    part: str
    frame: pd.DataFrame
    instrument: Instrument
    assumptions: Assumptions

    def noise(self, purpose: str) -> NDArray[np.float64]:
        """Return a standard normal number for each person, always the same for a purpose."""
        chance = generator(self.assumptions.seed, f"{self.part}:{purpose}")
        numbers: NDArray[np.float64] = chance.standard_normal(len(self.frame))
        return numbers

    def score(self, column: str, row: str, loadings: Loadings) -> NDArray[np.float64]:
        """Return how much each person leans to a column's first option.

        The loadings' squares are the shares of the variance that traits and earlier answers
        explain; chance makes up the rest.
        """
        total = np.zeros(len(self.frame))
        for name, weight in loadings.items():
            total += weight * self._predictor(name, row)
        rest = max(0.05, 1 - sum(weight**2 for weight in loadings.values()))
        result: NDArray[np.float64] = total + np.sqrt(rest) * self.noise(column)
        return result

    def _predictor(self, name: str, row: str) -> NDArray[np.float64]:
        if name in self.assumptions.traits:
            return self.noise(f"trait:{name}")
        for column in (name, f"{name}__{row}"):
            if column in self.frame:
                question = self.instrument.questions[self.instrument.columns[column][0]]
                places = {answer: -place for place, answer in enumerate(question.answers)}
                return _standardised(self.frame[column].map(places).astype(float))
        raise AssertionError(name)  # reading the assumptions lets nothing else through

    def asked(self, question: Question, row: str) -> NDArray[np.bool_]:
        """Return who is asked a question (or one row of it)."""
        if not question.base:
            return np.ones(len(self.frame), dtype=bool)
        condition = expression.parse(question.base.replace("{row}", row))
        native = nw.from_native(self.frame).select(inside=condition.expr()).to_native()
        inside: NDArray[np.bool_] = native["inside"].to_numpy(dtype=bool)
        return inside

    def belonging(self, group: Mapping[str, str]) -> NDArray[np.bool_]:
        """Return who belongs to a group."""
        inside = np.ones(len(self.frame), dtype=bool)
        for column, answer in group.items():
            inside &= (self.frame[column] == answer).to_numpy(dtype=bool)
        return inside

    def strata(self, columns: list[str]) -> tuple[list[dict[str, str]], NDArray[np.int64]]:
        """Return the groups that some columns make, and the number of each person's group."""
        if not columns:
            return [{}], np.zeros(len(self.frame), dtype=np.int64)
        keys = list(self.frame[columns].itertuples(index=False, name=None))
        distinct = sorted(set(keys))
        number = {key: i for i, key in enumerate(distinct)}
        groups = [dict(zip(columns, key, strict=True)) for key in distinct]
        return groups, np.array([number[key] for key in keys], dtype=np.int64)


def _standardised(values: pd.Series[float]) -> NDArray[np.float64]:
    """Return values with mean 0 and deviation 1; who was not asked is taken to be average."""
    spread = values.std()
    centred = (values - values.mean()) / (spread if spread and spread > 0 else 1.0)
    return np.asarray(centred.fillna(0.0), dtype=np.float64)
