"""Complete rankings by each person whose rank sums are exactly what is wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from wavebook.errors import WavebookError
from wavebook.reconstruct.quotas import ContradictionError

ROUNDS = 20_000


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
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415  # as in `quotas`

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
        The rank sum wanted for each row; together n · k · (k + 1) / 2.
    taste
        People × rows: how much later than others a person places a row, in standard deviations.
    pull
        How strongly tastes count against what people agree on.

    Raises
    ------
    WavebookError
        If the sums are not found, because hardly any rankings of so few people have them.

    Notes
    -----
    What people agree on is found by repeated correction, the rest by exchanging two rows of one
    person, the rows that are furthest from their targets first.
    """
    n = len(taste)
    agreed = target / n
    for _ in range(60):
        ranks = _ranked(agreed + pull * taste)
        agreed = agreed + 0.7 * (target - ranks.sum(axis=0)) / n
    ranks = _ranked(agreed + pull * taste)
    excess = ranks.sum(axis=0) - target
    rng = np.random.default_rng(0)
    for _ in range(ROUNDS):
        if not excess.any():
            return ranks
        if not _exchange(ranks, excess):
            _pass_on(ranks, excess, rng)
    raise WavebookError(f"no rankings of {len(taste)} people found with the mean ranks assumed")


def _exchange(ranks: NDArray[np.int64], excess: NDArray[np.int64]) -> bool:
    """Exchange a row that stands too late with one that stands too early, if anybody allows it."""
    for late in np.argsort(-excess, kind="stable"):
        for early in np.argsort(excess, kind="stable"):
            most = min(excess[late], -excess[early])
            gap = ranks[:, late] - ranks[:, early]
            useful = np.flatnonzero((gap >= 1) & (gap <= most))
            if len(useful):
                _swap(ranks, excess, int(useful[np.argmax(gap[useful])]), int(late), int(early))
                return True
    return False


def _pass_on(ranks: NDArray[np.int64], excess: NDArray[np.int64], rng: np.random.Generator) -> None:
    """Move one rank from a row that stands too late to one too early, through rows between them.

    Small groups may hold nobody who places those two near enough to each other. Chance decides
    between equally short ways, or the same two exchanges could undo each other for ever.
    """
    start = int(np.argmax(excess))
    came_from = {start: start}
    reached = [start]
    for row in reached:  # grows while it is walked: the nearest rows come first
        before = (ranks[:, [row]] - ranks == 1).any(axis=0)
        for other in rng.permutation(np.flatnonzero(before)):
            if int(other) not in came_from:
                came_from[int(other)] = row
                reached.append(int(other))
    end = next((row for row in reached if excess[row] < 0), None)
    if end is None:
        return
    route = [end]
    while route[-1] != start:
        route.append(came_from[route[-1]])
    route.reverse()
    for late, early in pairwise(route):
        neighbours = np.flatnonzero(ranks[:, late] - ranks[:, early] == 1)
        if not len(neighbours):
            return  # an exchange just made parted them; the next round finds another way
        _swap(ranks, excess, int(rng.choice(neighbours)), late, early)


def _swap(
    ranks: NDArray[np.int64], excess: NDArray[np.int64], person: int, late: int, early: int
) -> None:
    moved = ranks[person, late] - ranks[person, early]
    ranks[person, [late, early]] = ranks[person, [early, late]]
    excess[late] -= moved
    excess[early] += moved


def _ranked(scores: NDArray[np.float64]) -> NDArray[np.int64]:
    ranks: NDArray[np.int64] = np.argsort(np.argsort(scores, axis=1, kind="stable"), axis=1) + 1
    return ranks
