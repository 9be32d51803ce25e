"""Answers changed until shares, or mean ranks, are exactly what they should be; filters hold."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from wavebook.simulate.invent import filled
from wavebook.simulate.pool import NONE, Codes, Floats, Marks, Pool, Positions
from wavebook.simulate.units import Unit

NEGLIGIBLE = 1e-13  # of the population: rounding, not people


def scaled(shares: Floats, total: float) -> Floats:
    """Return shares that add up to a total, in their own proportions; alike where all are 0."""
    whole = shares.sum()
    if whole > 0:
        proportional: Floats = shares * (total / whole)
        return proportional
    return np.full(len(shares), total / max(len(shares), 1))


def retargeted(
    pool: Pool, column: str, domain: Marks, target: Floats, rng: np.random.Generator
) -> Pool:
    """Return the pool in which a column's shares are `target` among the counted of a domain.

    As few people as possible change their answer; who does is drawn at random. A person is split in
    two where only a part of their mass has to move, so that the shares are exact.

    Parameters
    ----------
    target
        A share, 0–1, for each answer that counts; they add up to 1.
    """
    codes = pool.codes[column]
    inside = domain & pool.counted(column)
    total = pool.mass[inside].sum()
    move = (target - pool.shares(column, domain)) * total
    takers = np.flatnonzero(move > 0)
    if not len(takers):
        return pool
    wanted = move[takers] / move[takers].sum()
    pieces = Pieces.untouched(pool)
    for giver in np.flatnonzero(move < -NEGLIGIBLE):
        holders = rng.permutation(np.flatnonzero(inside & (codes == giver)))
        pieces.deal(pool, holders, -move[giver] * wanted, takers.astype(np.int16))
    split, given = pieces.made(pool)
    answers = np.where(given == NONE, split.codes[column], given).astype(np.int16)
    return repaired(split, {column: answers}, rng)


def moved(
    pool: Pool, unit: Unit, column: str, domain: Marks, change: float, rng: np.random.Generator
) -> Pool:
    """Return the pool in which a row's mean rank has changed by so much in a domain.

    The row trades places with its neighbour in the ranking, one place a person, and a second place
    only when everybody in the domain who can has given one.
    """
    left = abs(change) * pool.mass[domain & pool.counted(column)].sum()
    step = -1 if change < 0 else 1
    while left > NEGLIGIBLE:
        codes = pool.codes[column]
        end = 0 if step < 0 else len(unit.columns) - 1
        holders = rng.permutation(np.flatnonzero(domain & (codes != NONE) & (codes != end)))
        amount = min(left, pool.mass[holders].sum())
        if amount <= NEGLIGIBLE:
            break
        pieces = Pieces.untouched(pool)
        pieces.deal(pool, holders, np.array([amount]), np.array([1], dtype=np.int16))
        pool, given = pieces.made(pool)
        domain = domain[pieces.index]
        trading = given == 1
        place = pool.codes[column]
        answers = {
            other: np.where(
                trading & (pool.codes[other] == place + step), place, pool.codes[other]
            ).astype(np.int16)
            for other in unit.columns
            if other != column
        }
        answers[column] = np.where(trading, place + step, place).astype(np.int16)
        pool = repaired(pool, answers, rng)
        left -= amount
    return pool


def repaired(pool: Pool, answers: Mapping[str, Codes], rng: np.random.Generator) -> Pool:
    """Return the pool with other answers in some columns, and in all that these decide on.

    Who is no longer asked loses their answer; who is asked now answers as others do who were.
    """
    after = pool.answering(answers)
    changed = set(answers)
    for unit in pool.units:
        if not unit.filters & changed:
            continue
        before, now = pool.asked(unit), after.asked(unit)
        if (before == now).all():
            continue
        after = after.answering(
            {column: np.where(now, after.codes[column], NONE) for column in unit.columns}
        )
        after = filled(after, unit, now & ~before, rng)
        changed |= set(unit.columns)
    return after


class Pieces:
    """A pool taken apart: who gives mass away, to which answer, and what they keep.

    Attributes
    ----------
    index
        For each piece the person that it comes from.
    """

    def __init__(self, index: Positions, mass: Floats, given: Codes) -> None:
        self.index, self.mass, self.given = index, mass, given

    @classmethod
    def untouched(cls, pool: Pool) -> Pieces:
        """Return the pieces of a pool in which nobody has given anything."""
        everybody = np.arange(len(pool))
        return cls(everybody, pool.mass.copy(), np.full(len(pool), NONE, dtype=np.int16))

    def deal(self, pool: Pool, holders: Positions, amounts: Floats, takers: Codes) -> None:
        """Deal out the mass of holders, in their order, in amounts that go to the takers."""
        people = np.cumsum(pool.mass[holders])
        shares = np.minimum(np.cumsum(amounts), people[-1])
        edges = np.unique(np.concatenate([[0.0], people, shares]))
        size = np.diff(edges)
        middle = edges[:-1] + size / 2
        real = size > NEGLIGIBLE * people[-1]
        size, middle = size[real], middle[real]
        person = holders[np.searchsorted(people, middle)]
        taker = np.append(takers, np.int16(NONE))[np.searchsorted(shares, middle)]
        kept = ~np.isin(self.index, holders)
        index = np.concatenate([self.index[kept], person])
        # People keep their places, so that the same random numbers draw the same people.
        order = np.argsort(index, kind="stable")
        self.index = index[order]
        self.mass = np.concatenate([self.mass[kept], size])[order]
        self.given = np.concatenate([self.given[kept], taker])[order]

    def made(self, pool: Pool) -> tuple[Pool, Codes]:
        """Return the pool of these pieces, and what each of them was given."""
        return pool.rows(self.index, self.mass), self.given
