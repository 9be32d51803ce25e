"""One value of a wave beside that of an earlier one: what changed, and how surely.

Waves are independent samples (see `wavebook.change`). A value that a source gives only in words is
a range ("over eight in ten"). Its change is a range too, and its verdict that of the case in which
the waves are nearest: only what holds wherever the value lies is called a change.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from wavebook import wording
from wavebook.change import Verdict, between_waves, verdict
from wavebook.estimates import Estimate
from wavebook.evidence import Cell
from wavebook.intervals import holm

TESTED = {"share": "share", "mean_rank": "mean"}  # by measure, what `between_waves` calls it
PLACES = "rank"  # compared, but without a verdict: a place has no standard error

FINE = {"share": 0.005}  # a change below it is told to a decimal, if it is a clear one

Pair = tuple[Estimate, Estimate]
Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Change:
    """One value of a wave and what it was in an earlier one.

    Attributes
    ----------
    now, then
        The two values; `then` is None where they cannot be compared.
    least, most
        Bounds of now less then, in the units of the measure: the same number twice unless a value
        is known only as a range.
    low, high
        Confidence interval of the change; from the lower limit at `least` to the upper at `most`.
    se
        Standard error of the change; of a range, where the waves are nearest.
    p, p_adjusted
        Of no change, before and after Holm's adjustment.
    verdict
        ``up`` where the number is clearly higher now; of a mean rank, that is further from first.
        None where nothing is compared, and of a place.
    reason
        Why the values cannot be compared; empty where they can.
    """

    now: Estimate
    then: Estimate | None = None
    least: float | None = None
    most: float | None = None
    low: float | None = None
    high: float | None = None
    se: float | None = None
    p: float | None = None
    p_adjusted: float | None = None
    verdict: Verdict | None = None
    reason: str = ""

    @property
    def cell(self) -> Cell:
        """The address of the value in the later wave."""
        return self.now.cell

    @property
    def change(self) -> float | None:
        """Now less then, where both are known to a figure."""
        return self.least if self.least == self.most else None

    @property
    def is_range(self) -> bool:
        """Whether the change is known only within bounds."""
        return self.least is not None and self.least != self.most

    @property
    def is_clear(self) -> bool:
        """Whether this is more than sampling error makes likely."""
        return self.verdict in ("up", "down")

    @property
    def text(self) -> str:
        """The change as a table prints it: ``+8`` points, ``+5 to +15``, ``−0.4``, ``2 up``."""
        if self.least is None or self.most is None:
            return "–"
        if self.cell.measure == PLACES:
            moved = round(self.least)
            return f"{abs(moved)} {'up' if moved < 0 else 'down'}" if moved else "same"
        low, high = self.amount(self.least), self.amount(self.most)
        if low == high and not self.is_clear and abs(self.least) < FINE.get(self.cell.measure, 0):
            return "0"
        return low if low == high else f"{low} to {high}"

    @property
    def interval(self) -> str:
        """The interval of the change; a dash for one without, such as that of a place."""
        if self.low is None or self.high is None or math.isnan(self.low):
            return "–"
        return f"{self.amount(self.low)} to {self.amount(self.high)}"

    @property
    def said(self) -> str:
        """The verdict in words; why there is none, where the values are not compared."""
        if self.reason:
            return f"not compared: {self.reason}"
        if self.cell.measure == "mean_rank" and self.is_clear:
            return "ranked lower" if self.verdict == "up" else "ranked higher"
        return self.verdict or ""

    def amount(self, change: float) -> str:
        """Return an amount of change in its measure's units, signed."""
        return wording.points(change) if self.cell.measure == "share" else wording.signed(change, 1)


def judged(pairs: Sequence[tuple[Estimate, Estimate | None, str]]) -> tuple[Change, ...]:
    """Return the change of each pair of values, with verdicts that allow for how many there are.

    Parameters
    ----------
    pairs
        A value, the earlier one, and why they cannot be compared; empty where they can.
    """
    compared = [(now, then) for now, then, reason in pairs if then and not reason]
    found = iter(_judged(_differences(compared)))
    return tuple(
        next(found) if then and not reason else Change(now, reason=reason)
        for now, then, reason in pairs
    )


def _differences(pairs: Sequence[Pair]) -> list[Change]:
    """Return the change of each pair, not yet judged."""
    changes = [Change(now, then, *_bounds(now, then)) for now, then in pairs]
    for measure, column in TESTED.items():
        at = [i for i, (now, _) in enumerate(pairs) if now.cell.measure == measure]
        if at:
            table = _tested([pairs[i] for i in at], column)
            for i, values in zip(at, table.to_dict("records"), strict=True):
                changes[i] = replace(changes[i], **{str(name): v for name, v in values.items()})
    return changes


def _judged(changes: Sequence[Change]) -> Iterator[Change]:
    """Yield changes with verdicts after Holm's adjustment; places have none."""
    adjusted = holm([math.nan if change.p is None else change.p for change in changes])
    for change, p in zip(changes, adjusted, strict=True):
        if change.p is None or change.least is None or change.most is None:
            yield change
            continue
        # Where the two may be the same, the p-value is 1: so the sign of one end is that of all.
        said = verdict(change.least, float(p), change.now.level)
        yield replace(change, p_adjusted=float(p), verdict=said)


def _bounds(now: Estimate, then: Estimate) -> tuple[float, float]:
    (now_low, now_high), (then_low, then_high) = _ends(now), _ends(then)
    return now_low - then_high, now_high - then_low


def _ends(e: Estimate) -> tuple[float, float]:
    return e.stated or (e.value, e.value)


def _tested(pairs: Sequence[Pair], measure: str) -> pd.DataFrame:
    """Return ``se``, ``p``, ``low`` and ``high`` of each change, before any adjustment.

    The t statistic of a share x grows with its distance from another, y, although its standard
    error changes too: the logarithm of (x − y)² grows by 2 / (x − y) ≥ 2 / x, that of x (1 − x) by
    no more than 1 / x. So where ranges come nearest to each other the p-value is the largest.
    """
    ends = [(_ends(now), _ends(then)) for now, then in pairs]
    cases = [[_nearest(now, then) for now, then in ends]]
    if any(now.stated or then.stated for now, then in pairs):
        cases.append([(now[0], then[1]) for now, then in ends])
        cases.append([(now[1], then[0]) for now, then in ends])
    tables = [_at(pairs, values, measure) for values in cases]
    return tables[0][["se", "p"]].assign(
        low=np.min([table["low"] for table in tables], axis=0),
        high=np.max([table["high"] for table in tables], axis=0),
    )


def _nearest(now: Range, then: Range) -> tuple[float, float]:
    """Return the values that lie nearest to each other within two ranges."""
    if now[0] > then[1]:
        return now[0], then[1]
    if now[1] < then[0]:
        return now[1], then[0]
    return (max(now[0], then[0]),) * 2


def _at(pairs: Sequence[Pair], values: Sequence[tuple[float, float]], measure: str) -> pd.DataFrame:
    """Return `between_waves` of pairs as if their values were those given."""
    now, then = (
        pd.DataFrame(
            {
                "line": range(len(pairs)),
                measure: [pair[side] for pair in values],
                "se": [
                    _error(of[side], pair[side]) for of, pair in zip(pairs, values, strict=True)
                ],
                "low": [pair[side].low for pair in pairs],
                "high": [pair[side].high for pair in pairs],
                "df": [_df(pair[side]) for pair in pairs],
            }
        )
        for side in (0, 1)
    )
    return between_waves(now, then, level=pairs[0][0].level, adjust=False)


def _error(e: Estimate, value: float) -> float:
    """Return the standard error that an estimate would have at another value of its range."""
    if e.se is None:
        return math.nan
    if value == e.value:
        return e.se
    if 0 < e.value < 1:
        return e.se * math.sqrt(value * (1 - value) / (e.value * (1 - e.value)))
    return math.sqrt(value * (1 - value) / _df(e))


def _df(e: Estimate) -> float:
    return max(e.base - 1.0, 1.0) if e.df is None else e.df
