"""Rearranging answers between people until so many of them give certain answers together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PROPOSALS = 200
STEPS = 20_000


@dataclass(frozen=True, slots=True)
class Pattern:
    """Between `low` and `high` members give one of the options in at least so many columns.

    Attributes
    ----------
    columns, options
        Positions of the columns, and the codes of the options in them.
    members
        Who counts, a boolean for each person.
    source
        The claim that says so, or the name of an assumption.
    """

    columns: tuple[int, ...]
    options: tuple[int, ...]
    at_least: int
    members: NDArray[np.bool_]
    low: int
    high: int
    source: str


class OutOfReachError(Exception):
    """Patterns that no exchange reached; `sources` names them."""

    def __init__(self, sources: Sequence[str]) -> None:
        super().__init__(", ".join(sources))
        self.sources = tuple(sources)


def rearranged(
    answers: NDArray[np.int64],
    strata: NDArray[np.int64],
    scores: NDArray[np.float64],
    patterns: Sequence[Pattern],
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """Return the answers with some exchanged, so that every pattern holds.

    Two people of one stratum exchange their answers in one column, so how many give each answer
    in a stratum never changes. Among exchanges that help, the one between the most alike is taken.

    Parameters
    ----------
    answers
        People × columns: the code of an option, -1 where somebody was not asked.
    strata
        Each person's stratum.
    scores
        People × columns: how much each person leans to the first option.

    Raises
    ------
    OutOfReachError
        If patterns are left that do not hold.
    """
    answers = answers.copy()
    if not patterns:
        return answers
    search = _Search(answers, strata, scores, patterns)
    for _ in range(STEPS):
        missed = search.missed()
        broken = np.flatnonzero(missed)
        if not len(broken):
            return answers
        search.improve(int(rng.choice(broken)), rng)
    raise OutOfReachError([patterns[int(p)].source for p in np.flatnonzero(search.missed())])


class _Search:
    """Counts that are kept up to date while answers are exchanged in place."""

    def __init__(
        self,
        answers: NDArray[np.int64],
        strata: NDArray[np.int64],
        scores: NDArray[np.float64],
        patterns: Sequence[Pattern],
    ) -> None:
        self.answers, self.strata, self.scores, self.patterns = answers, strata, scores, patterns
        self.low = np.array([p.low for p in patterns])
        self.high = np.array([p.high for p in patterns])
        # For each person and pattern: in how many columns one of its options stands.
        self.hits = np.stack(
            [np.isin(answers[:, p.columns], p.options).sum(axis=1) for p in patterns], axis=1
        )
        self.totals = np.array(
            [
                int((p.members & (self.hits[:, k] >= p.at_least)).sum())
                for k, p in enumerate(patterns)
            ]
        )

    def missed(self) -> NDArray[np.int64]:
        """Return by how many people each pattern is missed."""
        return _distance(self.totals, self.low, self.high)

    def improve(self, broken: int, rng: np.random.Generator) -> None:
        """Make the best of some random exchanges that bear on a pattern, unless all do harm."""
        pattern = self.patterns[broken]
        column = int(rng.choice(pattern.columns))
        has = np.isin(self.answers[:, column], pattern.options)
        lacks = (self.answers[:, column] >= 0) & ~has
        hits = self.hits[:, broken]
        if self.totals[broken] < self.low[broken]:
            lacks &= pattern.members & (hits < pattern.at_least)
            has &= ~pattern.members | (hits != pattern.at_least)
        else:
            has &= pattern.members & (hits >= pattern.at_least)
            lacks &= ~pattern.members | (hits != pattern.at_least - 1)
        givers, takers = np.flatnonzero(has), np.flatnonzero(lacks)
        if not len(givers) or not len(takers):
            return
        pairs = np.stack([rng.choice(givers, PROPOSALS), rng.choice(takers, PROPOSALS)], axis=1)
        pairs = pairs[self.strata[pairs[:, 0]] == self.strata[pairs[:, 1]]]
        if not len(pairs):
            return
        change, hits_given, hits_taken = self._effect(pairs[:, 0], pairs[:, 1], column)
        totals = self.totals + change
        harm = (_distance(totals, self.low, self.high).sum(axis=1) - self.missed().sum()).astype(
            float
        )
        unlike = np.abs(self.scores[pairs[:, 0], column] - self.scores[pairs[:, 1], column])
        best = int(np.lexsort((unlike, harm))[0])
        if harm[best] > 0:
            return
        one, other = pairs[best]
        self.answers[[one, other], column] = self.answers[[other, one], column]
        self.hits[one], self.hits[other] = hits_given[best], hits_taken[best]
        self.totals = totals[best]

    def _effect(
        self, one: NDArray[np.int64], other: NDArray[np.int64], column: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Return each exchange's effect on the totals, and both people's hits after it."""
        first, second = self.hits[one].copy(), self.hits[other].copy()
        change = np.zeros_like(first)
        for k, pattern in enumerate(self.patterns):
            if column not in pattern.columns:
                continue
            gained = np.isin(self.answers[other, column], pattern.options).astype(np.int64)
            gained -= np.isin(self.answers[one, column], pattern.options)
            for person, hits, sign in ((one, first, 1), (other, second, -1)):
                before = hits[:, k] >= pattern.at_least
                hits[:, k] += sign * gained
                after = hits[:, k] >= pattern.at_least
                change[:, k] += pattern.members[person] * (after.astype(np.int64) - before)
        return change, first, second


def _distance(
    totals: NDArray[np.int64], low: NDArray[np.int64], high: NDArray[np.int64]
) -> NDArray[np.int64]:
    away: NDArray[np.int64] = np.maximum(low - totals, 0) + np.maximum(totals - high, 0)
    return away
