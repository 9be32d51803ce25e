"""Complete rankings by each person whose rank sums are exactly what is wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from wavebook.quotas import ContradictionError


@dataclass(frozen=True, slots=True)
class Place:
    """The ranks that a row may take, with the claim that says so."""

    low: int
    high: int
    tied: bool
    source: str


def positions(
    rows: Sequence[str], places: Mapping[str, Sequence[Place]], order: Sequence[str]
) -> list[list[str]]:
    """Return the rows from first to last, tied rows together.

    Parameters
    ----------
    rows
        All rows.
    places
        What is claimed about some of them.
    order
        The preferred order of those that are left open.

    Raises
    ------
    ContradictionError
        If no order keeps every claim.
    """
    last = len(rows)
    ties: dict[int, list[str]] = {}
    for row in rows:
        for rank in {p.low for p in places.get(row, ()) if p.tied}:
            ties.setdefault(rank, []).append(row)
    ranges = {}
    for row in rows:
        claimed = places.get(row, ())
        low = max((p.low for p in claimed), default=1)
        high = min(
            (p.high + (len(ties[p.low]) - 1 if p.tied else 0) for p in claimed), default=last
        )
        ranges[row] = (low, high)
    wish = {row: i for i, row in enumerate([*order, *(r for r in rows if r not in order)])}
    impossible = 1e6
    cost = np.array(
        [
            [
                # Convex in the distance, so that rows keep the preferred order among themselves.
                0.01 * (wish[row] - position) ** 2
                if ranges[row][0] <= position <= ranges[row][1]
                else impossible
                for position in range(1, last + 1)
            ]
            for row in rows
        ]
    )
    chosen, place = linear_sum_assignment(cost)
    lonely = [p.source for rank in ties if len(ties[rank]) < 2 for p in places[ties[rank][0]]]
    if lonely or cost[chosen, place].max() >= impossible:
        raise ContradictionError(lonely or _crowded(rows, places, ranges))
    by_place = [rows[i] for i in np.argsort(place)]
    result: list[list[str]] = []
    for row in by_place:
        if result and any(row in tie and result[-1][0] in tie for tie in ties.values()):
            result[-1].append(row)
        else:
            result.append([row])
    return result


def _crowded(
    rows: Sequence[str],
    places: Mapping[str, Sequence[Place]],
    ranges: Mapping[str, tuple[int, int]],
) -> list[str]:
    """Return the claims of the smallest stretch of ranks that more rows claim than it has."""
    stretches = sorted({(low, high) for low, high in ranges.values()}, key=lambda s: s[1] - s[0])
    for low, high in stretches:
        inside = [r for r in rows if low <= ranges[r][0] and ranges[r][1] <= high]
        if len(inside) > max(high - low + 1, 0):
            return [p.source for row in inside for p in places.get(row, ())]
    return [p.source for row in rows for p in places.get(row, ())]


def rank_sums(groups: Sequence[Sequence[str]], means: Sequence[float], n: int) -> dict[str, int]:
    """Return each row's rank sum over `n` people: near the means, equal exactly where tied.

    Parameters
    ----------
    groups
        The rows from first to last, tied rows together.
    means
        The mean rank wanted at each place, in rising order.
    """
    size = len(means)
    sums: dict[str, int] = {}
    place = 0
    for group in groups:
        mean = sum(means[place : place + len(group)]) / len(group)
        sums.update({row: round(n * mean) for row in group})
        place += len(group)
    # Ranks of one person always add up to the same; rounding is made good where nothing is tied.
    free = [group[0] for group in groups if len(group) == 1]
    missing = n * size * (size + 1) // 2 - sum(sums.values())
    for k in range(abs(missing)):
        sums[free[k % len(free)]] += 1 if missing > 0 else -1
    return sums


def rankings(
    target: NDArray[np.int64], taste: NDArray[np.float64], pull: float = 1.0
) -> NDArray[np.int64]:
    """Return one ranking a person, 1 to k, whose column sums are `target`.

    Parameters
    ----------
    target
        The rank sum wanted for each row.
    taste
        People × rows: how much later than others a person places a row, in standard deviations.
    pull
        How strongly tastes count against what people agree on.

    Notes
    -----
    What people agree on is found by repeated correction, the rest by exchanging two rows of one
    person, each time the pair that is furthest from its target.
    """
    n, size = taste.shape
    agreed = target / n
    for _ in range(60):
        ranks = _ranked(agreed + pull * taste)
        agreed = agreed + 0.7 * (target - ranks.sum(axis=0)) / n
    ranks = _ranked(agreed + pull * taste)
    excess = ranks.sum(axis=0) - target
    while excess.any():
        late = int(np.argmax(excess))
        for early in np.argsort(excess, kind="stable"):
            gap = ranks[:, late] - ranks[:, early]
            most = min(excess[late], -excess[early])
            useful = np.flatnonzero((gap >= 1) & (gap <= most))
            if len(useful):
                break
        else:
            raise AssertionError(f"no exchange brings {size} rank sums of {n} people nearer")
        person = int(useful[np.argmax(gap[useful])])
        moved = int(gap[person])
        ranks[person, [late, early]] = ranks[person, [early, late]]
        excess[late] -= moved
        excess[early] += moved
    return ranks


def _ranked(scores: NDArray[np.float64]) -> NDArray[np.int64]:
    ranks: NDArray[np.int64] = np.argsort(np.argsort(scores, axis=1, kind="stable"), axis=1) + 1
    return ranks
