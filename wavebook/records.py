"""The rows of ``tables/<finding>.csv``."""

from __future__ import annotations

import math
from typing import Any

from wavebook.estimates import Estimates

CONTRACT = (
    "finding", "figure", "question", "row", "option", "group", "measure",
    "value", "low", "high", "base", "status",
)  # fmt: skip
TABLE_COLUMNS = (
    *CONTRACT,
    "se",
    "effective_base",
    "stated_low",
    "stated_high",
    "rank",
    "reliability",
    "base_assumed",
    "level",
)
USUAL: dict[str, Any] = {"reliability": "sound", "level": 0.95}
CHANGE_COLUMNS = (
    "compared_with",
    "then",
    "change",
    "change_low",
    "change_high",
    "p_adjusted",
    "verdict",
    "not_comparable",
    "then_stated_low",
    "then_stated_high",
)


def records(estimates: Estimates, finding: str, figure: str = "") -> list[dict[str, Any]]:
    """Return a row for each estimate, its columns named as in `TABLE_COLUMNS`."""
    return [
        {
            "finding": finding,
            "figure": figure,
            **e.cell._asdict(),
            "value": _round(e.value),
            "low": _round(e.low),
            "high": _round(e.high),
            "base": None if e.is_missing else e.base,
            "status": e.status,
            "se": _round(e.se),
            "effective_base": _round(e.effective_base),
            "stated_low": e.stated[0] if e.stated else None,
            "stated_high": e.stated[1] if e.stated else None,
            "rank": e.rank,
            # What is as usual need not say so in every notebook's output: the CSV file does.
            **({} if e.reliability == USUAL["reliability"] else {"reliability": e.reliability}),
            **({} if e.level == USUAL["level"] else {"level": e.level}),
            **({"base_assumed": "yes"} if e.is_base_assumed and not e.is_missing else {}),
        }
        for e in estimates
    ]


def _round(value: float | None) -> float | None:
    """Ten decimals: more than any reader needs, few enough to be the same on every machine."""
    return None if value is None or math.isnan(value) else round(float(value), 10)
