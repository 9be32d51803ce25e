"""Two waves to compare: estimates from so many people who said yes and so many who did not."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import pandas as pd

from wavebook.comparison import Changes, Grounds, compare
from wavebook.estimates import Estimate, Estimates
from wavebook.evidence import Cell
from wavebook.instrument import Instrument
from wavebook.intervals import share_interval
from wavebook.trend import Trends, trends
from wavebook.wavefile import WaveFile

Counts = Mapping[str, tuple[int, int]]
LABELS = {"beans": "Runner bean", "roses": "Roses", "kale": "Kale", "leeks": "Leeks"}


def about(year: int, **told: Any) -> WaveFile:
    """Return what a ``wave.yml`` says."""
    return WaveFile(
        **{
            "id": str(year),
            "title": f"Survey of {year}",
            "year": year,
            "fieldwork": {"start": f"{year}-03", "end": f"{year}-04"},
            "parts": {"post": {"file": "post.csv"}},
            **told,
        }
    )


def instrument(rows: Mapping[str, Any] = LABELS, **told: Any) -> Instrument:
    """Return the questionnaire: which plants people grow."""
    grows = {
        "type": "matrix",
        "part": "post",
        "label": "What is grown",
        "rows": dict(rows),
        "options": {"yes": "Grows it", "no": "Does not"},
        "base_label": "All holders",
        **told,
    }
    return Instrument.model_validate(
        {"title": "T", "parts": {"post": {"label": "Post"}}, "questions": {"grows": grows}}
    )


@cache
def table(yes: int, no: int) -> pd.DataFrame:
    """Return the share of yes in a simple random sample, with its standard error and interval."""
    n = yes + no
    p = yes / n
    se = math.sqrt(p * (1 - p) / (n - 1))
    low, high = share_interval(p, se, base=n, count=yes, df=n - 1)
    line = {"option": "yes", "share": p, "se": se, "low": float(low), "high": float(high)}
    return pd.DataFrame([line | {"base": n, "effective_base": float(n), "df": n - 1}])


def grown(yes: int, no: int, row: str = "beans", **changed: Any) -> Estimate:
    """Return the estimate of how many grow a plant."""
    line = table(yes, no).iloc[0]
    made = Estimate(
        Cell("grows", row, "yes"),
        line["share"],
        line["low"],
        line["high"],
        int(line["base"]),
        "measured",
        LABELS.get(row, row),
        LABELS.get(row, row),
        "Grows it",
        se=line["se"],
        effective_base=line["effective_base"],
        df=line["df"],
    )
    return replace(made, **changed)


def hidden(row: str = "beans") -> Estimate:
    """Return an estimate that must not be shown."""
    return grown(
        5, 5, row, value=float("nan"), low=None, high=None, base=0, se=None,
        effective_base=None, reliability="suppressed",
    )  # fmt: skip


def changes(
    now: Counts | Estimates,
    then: Counts | Estimates,
    *,
    asked: Instrument | None = None,
    then_is: str = "measured",
    years: tuple[int, int] = (2026, 2010),
) -> Changes:
    """Return what changed between two waves, each given as ``{row: (yes, no)}`` or as estimates."""
    later, earlier = (
        one
        if isinstance(one, Estimates)
        else Estimates(tuple(grown(*counts, row) for row, counts in one.items()))
        for one in (now, then)
    )
    waves = about(years[0]), about(years[1], status=then_is)
    return compare(later, earlier, Grounds(asked or instrument(), waves))


def trends_of(
    series: Sequence[tuple[WaveFile, Estimates]], asked: Instrument | None = None
) -> Trends:
    """Return the trends of waves, each given with its values."""
    grounds = Grounds(asked or instrument(), tuple(wave for wave, _ in series))
    return trends([values for _, values in series], grounds)


def ranked(mean: float, row: str = "beans", **changed: Any) -> Estimate:
    """Return a mean rank with a standard error of 0.05."""
    made = grown(200, 200, row)
    cell = made.cell._replace(measure="mean_rank", option="")
    told = {"low": mean - 0.1, "high": mean + 0.1, "se": 0.05, "option_label": ""}
    return replace(made, **{"cell": cell, "value": mean, **told, **changed})


def place(at: int, row: str = "beans", tied: bool = False) -> Estimate:
    """Return a place in an order."""
    made = ranked(float(at), row, low=None, high=None, se=None, rank=f"{at}{'=' * tied}")
    return replace(made, cell=made.cell._replace(measure="rank"))
