"""Answers where there are none to draw from: a new question, a new row, people newly asked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import ndtr

from wavebook.simulate.pool import NONE, Codes, Floats, Marks, Pool, Positions
from wavebook.simulate.units import Unit

# How far an answer follows a person's leaning: the correlation of a normal variable behind it.
SCALE, NOMINAL = 0.5, 0.2
# How alike the shares of invented options are, and of a matrix's rows: Dirichlet concentrations.
EVEN, ALIKE = 4.0, 40.0
DONT_KNOW = 0.03  # all codes together that are no options and yet count


def filled(pool: Pool, unit: Unit, rows: Marks, rng: np.random.Generator) -> Pool:
    """Return the pool in which some people, newly asked, answer a unit as others do who were asked.

    Each takes the answers of somebody drawn by mass; where nobody was asked before, they are
    invented.
    """
    if not rows.any():
        return pool
    donors = np.flatnonzero(pool.asked(unit) & ~rows)
    donors = donors[np.any([pool.codes[column][donors] != NONE for column in unit.columns], axis=0)]
    if not len(donors):
        return invented(pool, unit, rows, rng)
    taken = drawn(pool.mass[donors], int(rows.sum()), rng)
    answers = {column: pool.codes[column].copy() for column in unit.columns}
    for codes in answers.values():
        codes[rows] = codes[donors[taken]]
    return pool.answering(answers)


def drawn(mass: Floats, size: int, rng: np.random.Generator) -> Positions:
    """Return positions drawn with replacement, with probabilities in proportion to `mass`."""
    edges = np.cumsum(mass)
    found = np.searchsorted(edges, rng.random(size) * edges[-1], side="right")
    positions: Positions = np.minimum(found, len(mass) - 1)
    return positions


def invented(
    pool: Pool, unit: Unit, rows: Marks, rng: np.random.Generator, year: int | None = None
) -> Pool:
    """Return the pool in which some people answer a unit, in shares that nobody has ever observed.

    A further row of a question is answered as its rows are on average.

    Parameters
    ----------
    year
        Options that did not exist in it are not chosen.
    """
    answers = {
        column: pool.codes.get(column, np.full(len(pool), NONE, dtype=np.int16)).copy()
        for column in unit.columns
    }
    size = int(rows.sum())
    if unit.question.type == "ranking":
        for column, codes in zip(answers, _ranking(pool, len(answers), rows, rng), strict=True):
            answers[column][rows] = codes
        return pool.answering(answers)
    open_ = unit.options_in(year) if year else tuple(range(_counting(unit)))
    is_scale = unit.question.type == "matrix"
    follows = SCALE if is_scale else NOMINAL
    for column, codes in answers.items():
        shares = _shares_for(pool, unit, column, open_, rng)
        order = np.arange(len(shares)) if is_scale else rng.permutation(len(shares))
        order = order[shares[order] > 0]
        noise = rng.normal(size=size)
        normal = follows * pool.leaning[rows] + np.sqrt(1 - follows**2) * noise
        at = np.searchsorted(np.cumsum(shares[order]), ndtr(normal), side="right")
        codes[rows] = order[np.minimum(at, len(order) - 1)]
        pool = pool.answering({column: codes})
    return pool


def ranked_anew(old: Sequence[Codes], new: int, rng: np.random.Generator) -> list[Codes]:
    """Return whole rankings of the rows that are left and of new ones, which go anywhere.

    Parameters
    ----------
    old
        For each row that is left everybody's rank less one, `NONE` from who did not rank.
    new
        How many rows are added.
    """
    ranks = np.stack(old, axis=1).astype(float)
    answered = (ranks != NONE).all(axis=1)
    places = _places(ranks)
    added = rng.uniform(-0.5, len(old) - 0.5, (len(ranks), new))
    whole = _places(np.hstack([places, added]))
    whole[~answered] = NONE
    return list(whole.T)


def _places(scores: Floats) -> Codes:
    return scores.argsort(axis=1, kind="stable").argsort(axis=1).astype(np.int16)


def _ranking(pool: Pool, items: int, rows: Marks, rng: np.random.Generator) -> list[Codes]:
    """Return rankings by a utility that each item has for all, and a person's own taste."""
    worth = rng.normal(size=items)
    tilt = rng.normal(scale=SCALE, size=items)
    taste = rng.gumbel(size=(int(rows.sum()), items))
    return list(_places(-(worth + np.outer(pool.leaning[rows], tilt) + taste)).T)


def _counting(unit: Unit) -> int:
    return len(unit.question.choices) + len(unit.question.count)


def _shares_for(
    pool: Pool, unit: Unit, column: str, open_: Sequence[int], rng: np.random.Generator
) -> Floats:
    """Return shares like those of a question's other rows; new ones where none is answered."""
    everybody = np.ones(len(pool), dtype=bool)
    siblings = [
        pool.shares(other, everybody)
        for other in unit.question.columns(unit.name)
        if other != column and other in pool.codes and pool.counted(other).any()
    ]
    mean = np.mean(siblings, axis=0) if siblings else np.zeros(_counting(unit))
    possible = [at for at in open_ if mean[at] > 0]
    shares = np.zeros(_counting(unit))
    if possible:
        shares[possible] = rng.dirichlet(ALIKE * mean[possible])
        return shares
    options = [at for at in open_ if at < len(unit.question.choices)]
    extra = len(unit.question.count)
    shares[options] = rng.dirichlet([EVEN] * len(options)) * (1 - DONT_KNOW * bool(extra))
    if extra:
        shares[-extra:] = DONT_KNOW / extra
    return shares
