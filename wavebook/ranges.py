"""The interval of a value of which its source allows a range: it lies about either end."""

from __future__ import annotations

import math


def limit_about(limit: float, value: float, other: float, *, is_share: bool) -> float:
    """Return a limit of a value's interval as it would be about another value.

    That of a share keeps its number of respondents: its reach on the logit scale goes with one
    over the root of p (1 − p), see `wavebook.intervals.logit_interval`.

    Examples
    --------
    >>> limit_about(4.0, 5.0, 6.0, is_share=False)
    5.0
    >>> limit_about(0.4, 0.5, 0.5, is_share=True)
    0.4
    """
    if not is_share:
        return limit + other - value
    if limit == value:
        return other
    if not all(0 < p < 1 for p in (limit, other, value)):
        return min(max(limit + other - value, 0.0), 1.0)
    reach = _logit(limit) - _logit(value)
    reach *= math.sqrt(value * (1 - value) / (other * (1 - other)))
    return _expit(_logit(other) + reach)


def _logit(p: float) -> float:
    return math.log(p / (1 - p))


def _expit(x: float) -> float:
    small = math.exp(-abs(x))  # the other way round it may be more than a number can hold
    return 1 / (1 + small) if x >= 0 else small / (1 + small)
