"""Whole numbers of people for each cell: within what is stated, near what is preferred."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

Cells = Mapping[int, float]
"""Coefficients of some cells' counts in a sum."""


@dataclass(frozen=True, slots=True)
class Limit:
    """``low ≤ Σ coefficient · count ≤ high``.

    Attributes
    ----------
    source
        The claim that says so; empty for what holds by construction, such as a total.
    target
        Where within the limits the sum should come to lie, if it is known.
    """

    cells: Cells
    low: float
    high: float
    source: str = ""
    target: float | None = None

    def allows(self, counts: NDArray[np.float64], slack: float = 0.0) -> bool:
        """Whether the counts keep the limit, give or take `slack` people."""
        total = sum(weight * counts[cell] for cell, weight in self.cells.items())
        give = slack * max((abs(weight) for weight in self.cells.values()), default=0.0)
        return bool(self.low - give - 1e-9 <= total <= self.high + give + 1e-9)


class ContradictionError(Exception):
    """Limits that cannot hold at once; `sources` is a smallest set of them."""

    def __init__(self, sources: Sequence[str]) -> None:
        super().__init__(", ".join(sources))
        self.sources = tuple(sources)


def nearest_counts(preferred: NDArray[np.float64], limits: Sequence[Limit]) -> NDArray[np.int64]:
    """Return whole counts that keep every limit and are closest to the preferred ones.

    Parameters
    ----------
    preferred
        Preferred count of each cell, not necessarily whole; NaN where there is no preference.
    limits
        What must hold. A limit's target pulls harder than any preference.

    Raises
    ------
    ContradictionError
        If no counts keep all limits.
    """
    size = len(preferred)
    known = np.flatnonzero(~np.isnan(preferred))
    targets = [limit for limit in limits if limit.target is not None]
    # Each distance |sum - wish| becomes a variable of its own that bounds it from both sides. The
    # weights differ slightly, so that one solution is best and not several by accident.
    pulls: list[tuple[Cells, float, float]] = [
        ({int(cell): 1.0}, float(preferred[cell]), 1 + 0.001 * k / size)
        for k, cell in enumerate(known)
    ]
    pulls += [(t.cells, t.target, 20.0) for t in targets if t.target is not None]
    matrix = np.zeros((len(limits) + 2 * len(pulls), size + len(pulls)))
    low = np.full(len(matrix), -inf)
    high = np.full(len(matrix), inf)
    first = len(limits)
    if limits:
        matrix[:first, :size], low[:first], high[:first] = _system(size, limits)
    for k, (cells, wish, _) in enumerate(pulls):
        above, below = first + 2 * k, first + 2 * k + 1
        for cell, weight in cells.items():
            matrix[above, cell] = matrix[below, cell] = weight
        matrix[above, size + k], high[above] = -1.0, wish
        matrix[below, size + k], low[below] = 1.0, wish
    costs = np.array([0.0] * size + [weight for _, _, weight in pulls])
    found = _least(costs, size, matrix, low, high)
    if found is None:
        raise ContradictionError(smallest_conflict(size, limits))
    counts: NDArray[np.int64] = np.rint(found[:size]).astype(np.int64)
    return counts


def is_feasible(size: int, limits: Sequence[Limit]) -> bool:
    """Whether some whole counts keep every limit."""
    return _least(np.zeros(size), size, *_system(size, limits)) is not None


def smallest_conflict(size: int, limits: Sequence[Limit]) -> list[str]:
    """Return the sources of limits that cannot all hold, none of which can be left out.

    Each source is dropped in turn; it stays dropped where the rest still conflicts.
    """
    kept = list(limits)
    for source in dict.fromkeys(limit.source for limit in limits if limit.source):
        fewer = [limit for limit in kept if limit.source != source]
        if not is_feasible(size, fewer):
            kept = fewer
    return list(dict.fromkeys(limit.source for limit in kept if limit.source))


def span(size: int, limits: Sequence[Limit], cells: Cells) -> tuple[float, float]:
    """Return the least and the most that the limits let a sum of counts be."""
    from scipy.optimize import linprog  # noqa: PLC0415  # as below

    matrix, low, high = _system(size, limits)
    upper = [(row, bound) for row, bound in enumerate(high) if bound < inf]
    lower = [(row, bound) for row, bound in enumerate(low) if bound > -inf]
    weights = np.zeros(size)
    for cell, weight in cells.items():
        weights[cell] = weight
    ends = []
    for sign in (1.0, -1.0):
        result = linprog(
            sign * weights,
            A_ub=np.vstack([matrix[[r for r, _ in upper]], -matrix[[r for r, _ in lower]]]),
            b_ub=np.array([b for _, b in upper] + [-b for _, b in lower]),
        )
        ends.append(sign * float(result.fun) if result.fun is not None else sign * -inf)
    return ends[0], ends[1]


def _least(
    costs: NDArray[np.float64],
    whole: int,
    matrix: NDArray[np.float64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
) -> NDArray[np.float64] | None:
    """Return numbers that cost least, the first of them whole, or None if none keep the limits."""
    # A third of a second, for which no check of a wave waits that rests on no such numbers.
    from scipy.optimize import LinearConstraint, milp  # noqa: PLC0415

    result = milp(
        costs,
        constraints=LinearConstraint(matrix, low, high),
        integrality=(np.arange(len(costs)) < whole).astype(int),
        options={"mip_rel_gap": 0.0},
    )
    found: NDArray[np.float64] | None = result.x
    return found


def _system(
    size: int, limits: Sequence[Limit]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the limits as a matrix with a row a limit, and their two ends."""
    matrix = np.zeros((max(len(limits), 1), size))
    low = np.full(matrix.shape[0], -inf)
    high = np.full(matrix.shape[0], inf)
    for i, limit in enumerate(limits):
        for cell, weight in limit.cells.items():
            matrix[i, cell] = weight
        low[i], high[i] = limit.low, limit.high
    return matrix, low, high
