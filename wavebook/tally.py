"""Sums over rows that are in memory: keys and answers become numbers first, quick to count.

A group-by of a dataframe library looks at every key of every row as text, and builds a frame at
each step: for a question of a small wave that takes ten times as long as the counting.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wavebook.design import CLUSTER, STRATUM, Design
from wavebook.held import Held
from wavebook.where import Where

QUESTION, ANSWER = "__question", "__answer"
FIRST = "__first"  # where the keys and the answer of a line stand: in the first row that has them
TOGETHER = 100_000  # answers that are counted in one go, at most
Counted = dict[str, NDArray[Any]]  # columns of lines: the three above, and sums by their names
Floats = NDArray[np.float64]
Positions = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a domain, with a number for the keys of each.

    Attributes
    ----------
    at
        The positions of the domain's rows.
    keys
        The columns to sum by, under fixed names.
    codes
        The same for rows with the same keys; a missing key is a key as well.
    weights
        None where each respondent counts 1.
    """

    held: Held
    at: Positions
    keys: Mapping[str, str]
    codes: Positions
    weights: Floats | None

    @classmethod
    def of(cls, held: Held, where: Where | None, groups: Mapping[str, str], design: Design) -> Rows:
        """Return a domain's rows, to be summed by groups, ``{fixed name: column}``, and design."""
        at = held.inside(where)
        weights = None
        if design.weight is not None:
            weights = held.numbers(design.weight)[at]
            at, weights = at[weights > 0], weights[weights > 0]  # others are in no base
        named = {STRATUM: design.strata, CLUSTER: design.cluster, **groups}
        keys = {name: column for name, column in named.items() if column is not None}
        codes = np.zeros(len(at), dtype=np.intp)
        for column in keys.values():
            code = held.keys(column)[at]
            codes = pd.factorize(codes * (int(code.max(initial=0)) + 1) + code)[0]
        return cls(held, at, keys, codes, weights)

    def answers(self, columns: Sequence[str]) -> Counted:
        """Return n of each answer of each column by keys; Σw and Σw² as well if there are weights.

        Who gave no answer is not counted.
        """
        together = max(1, TOGETHER // max(1, len(self.at)))
        parts = [columns[at : at + together] for at in range(0, len(columns), together)]
        counted = [self._answers(part) for part in parts]
        for at, lines in enumerate(counted):
            lines[QUESTION] += at * together
        return {name: np.concatenate([one[name] for one in counted]) for name in counted[0]}

    def _answers(self, columns: Sequence[str]) -> Counted:
        """Count the answers of some columns in one go: of few rows, that saves most of the time."""
        found = [self.held.answers(column) for column in columns]
        answers = [codes[self.at] for codes, _ in found]
        given = [np.flatnonzero(answer >= 0) for answer in answers]
        # The answers of each column after the first lie beyond those of the columns before it.
        first = np.cumsum([0, *(len(texts) for _, texts in found)])
        rows = np.concatenate(given)
        answer = np.concatenate(
            [one[at] + start for one, at, start in zip(answers, given, first, strict=False)]
        )
        sums = {}
        if self.weights is not None:
            w = self.weights[rows]
            sums = {"w": w, "w2": w * w}
        keys = int(self.codes.max(initial=0)) + 1
        lines = _lines(answer * keys + self.codes[rows], sums)
        at = lines[FIRST]
        texts = np.concatenate([texts for _, texts in found])
        return lines | {
            FIRST: self.at[rows[at]],
            ANSWER: texts[answer[at]],
            QUESTION: np.searchsorted(first, answer[at], side="right") - 1,
        }

    def numbers(self, columns: Sequence[str]) -> Counted:
        """Return n, Σw, Σwx, Σwx², Σw², Σw²x and Σw²x² of each column of numbers by keys."""
        counted: list[Counted] = []
        for column in columns:
            x = self.held.numbers(column)[self.at]
            given = np.flatnonzero(~np.isnan(x))
            x = x[given]
            w = np.ones(len(x)) if self.weights is None else self.weights[given]
            sums = {"w": w, "wx": w * x, "wxx": w * x * x}
            sums |= {"w2": w * w, "w2x": w * w * x, "w2xx": w * w * x * x}
            lines = _lines(self.codes[given], sums)
            lines[QUESTION] = np.full(len(lines[FIRST]), len(counted))
            counted.append(lines | {FIRST: self.at[given[lines[FIRST]]]})
        return {name: np.concatenate([one[name] for one in counted]) for name in counted[0]}

    def table(self, counted: Counted) -> pd.DataFrame:
        """Return what was counted as a frame, with the values of its keys."""
        at = counted[FIRST]
        keys = {name: self.held.frame[column].array[at] for name, column in self.keys.items()}
        if STRATUM not in keys:
            keys[STRATUM] = np.zeros(len(at), dtype=np.int64)
        return pd.DataFrame({**keys, **{k: v for k, v in counted.items() if k != FIRST}})


def _lines(keys: Positions, values: Mapping[str, Floats]) -> Counted:
    """Return a line for each key in the order of appearance: where it first is, n, each sum."""
    group, found = pd.factorize(keys)
    first = np.empty(len(found), dtype=np.intp)
    first[group[::-1]] = np.arange(len(group) - 1, -1, -1)  # the last that is put there stays
    n = np.bincount(group, minlength=len(found))
    return {FIRST: first, "n": n} | _sums(values, group, len(found))


def _sums(values: Mapping[str, Floats], group: Positions, groups: int) -> dict[str, Floats]:
    if not values:
        return {}
    block = np.column_stack(list(values.values()))
    if np.array_equal(block, np.rint(block)):  # whole numbers add up exactly in any way
        return {k: np.bincount(group, v, groups).astype(np.float64) for k, v in values.items()}
    # Pandas corrects for what is rounded away on the way, as it does for every other engine here.
    sums = pd.DataFrame(block, copy=False).groupby(group, sort=False).sum().to_numpy(np.float64)
    return dict(zip(values, sums.T, strict=True))
