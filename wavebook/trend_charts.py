"""Lines through three and more waves, with bands for their intervals.

A line is broken where the answers before and after cannot be compared. Up to four values share a
chart, their names at the ends of their lines; of more, each has a small chart of its own.
"""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from wavebook import charts, wording
from wavebook.change_frames import FEW, RANGES, UNCLEAR, beside
from wavebook.change_prose import grouped
from wavebook.figure import ACCENT, INK, MUTED, Layers
from wavebook.slope_charts import LINE, SMALLEST, spread
from wavebook.trend import Trend, Trends
from wavebook.wording import quoted

TRENDS = (
    "Bands are intervals. Thick lines are clear changes over the whole time; grey ones show none. "
    "Where a line is broken, answers cannot be compared."
)
TOGETHER = 4
WIDE, TALL = 380, 260  # pixels of a chart of all values
ABOVE = 20  # pixels that a value above its point takes
SMALL_WIDE, SMALL_TALL, ACROSS = 180, 110, 3  # of a chart of one


def trend_lines(trends: Trends) -> Layers:
    """Return the way of each value through all waves.

    Parameters
    ----------
    trends
        Shares, mean ranks or places; of ranks the first is on top.
    """
    if not trends.values:
        return alt.layer()
    together = len(trends.values) <= TOGETHER
    tall = TALL if together else SMALL_TALL
    measure = trends.values[0].latest.cell.measure
    names = trends.headings
    data = pd.concat([_points(trends, at, names[at]) for at in range(len(trends))])
    data = data.reset_index(drop=True)
    low = float(np.nanmin(data[["least", "low"]])) - SMALLEST[measure]
    high = float(np.nanmax(data[["greatest", "high"]])) + SMALLEST[measure]
    last = data["is_last"]
    data.loc[last, "label_at"] = (
        spread(data[last], LINE * (high - low) / tall)["label_at"]
        if together
        else data.loc[last, "above"]
    )
    low, high = min(low, data["label_at"].min()), max(high, data["label_at"].max())
    words = (high - low) * ABOVE / tall  # room for the values above the points, within the chart
    low, high = (low, high + words) if measure == "share" else (low - words, high)
    is_share = measure == "share"
    y = {
        "scale": alt.Scale(domain=[low, high], reverse=not is_share, nice=False, zero=False),
        "axis": alt.Axis(tickCount=4, format="%") if is_share else alt.Axis(tickCount=4),
        "title": None,
    }
    layers = _layers(_time(trends), y, together=together)
    if together:
        return alt.layer(*layers, data=data).properties(width=WIDE, height=tall)
    headings = list(dict.fromkeys(data["heading"]))
    header = alt.Header(labelExpr="split(datum.value, '|')", labelAnchor="start", title=None)
    return (
        alt.layer(*layers, data=data)
        .properties(width=SMALL_WIDE, height=tall)
        .facet(facet=alt.Facet("heading:N", sort=headings, header=header), columns=ACROSS)
    )


def describe(kind: str, title: str, trends: Trends) -> str:
    """Return the text alternative: every value in every wave, and the change from first to last."""
    told = []
    for label, trend in zip(trends.labels, trends, strict=True):
        values = ", ".join(
            f"{e.text} in {name}"
            for e, name in zip(trend.values, trends.names, strict=True)
            if e is not None
        )
        broken = [step for step in trend.steps if step.change.reason]
        reasons = "".join(f", not compared across: {step.change.reason}" for step in broken)
        told.append(f"{label}: {values}{reasons}, {_whole(trends, trend)}")
    return f"{kind}. {title}. {'; '.join(told)}."


def note(trends: Trends) -> str:
    """Return how the lines are to be read, and what stands between their parts."""
    shown = [e for trend in trends for e in trend.values if e]
    reasons: dict[str, list[str]] = {}
    for label, trend in zip(trends.labels, trends, strict=True):
        for step in trend.steps:
            if step.change.reason:
                reasons.setdefault(step.change.reason, []).append(quoted(label))
    rebuilt = [
        name
        for wave, name in zip(trends.waves, trends.names, strict=True)
        if wave.status == "reconstruction"
    ]
    notes = [
        TRENDS,
        f"Broken: {grouped(reasons)}." if reasons else "",
        RANGES if any(e.stated for e in shown) else "",
        FEW if any(e.reliability == "low" for e in shown) else "",
        f"The values for {wording.join(rebuilt)} are a reconstruction of what was published."
        if rebuilt
        else "",
    ]
    return " ".join(text for text in notes if text)


def _layers(x: alt.X, y: dict[str, Any], *, together: bool) -> list[alt.Chart]:
    """Return bands, lines, points and the words at the ends."""
    base = alt.Chart()
    colour = alt.condition("datum.clear", alt.value(ACCENT), alt.value(UNCLEAR))
    tooltip = charts.tooltips(
        label="Item", wave_name="Wave", text="Value", interval="Interval", base="Base",
        said="Since the wave before",
    )  # fmt: skip
    value = alt.Y("value:Q", **y)
    sure = base.transform_filter("isValid(datum.least)")
    bounds = {"x": x, "y": alt.Y("least:Q", **y), "y2": "greatest:Q", "color": colour}
    band = sure.mark_area(opacity=0.16).encode(detail=alt.Detail("segment:N"), **bounds)
    whisker = sure.mark_rule(strokeWidth=1, opacity=0.5).encode(**bounds)
    line = base.mark_line().encode(
        x=x,
        y=value,
        detail=alt.Detail("segment:N"),
        color=colour,
        strokeWidth=alt.condition("datum.clear", alt.value(3), alt.value(1.5)),
    )
    point = (
        base.transform_filter("!datum.is_range")
        .mark_point(size=60, filled=True, opacity=1)
        .encode(x=x, y=value, color=colour, tooltip=tooltip)
    )
    ranges = (
        base.transform_filter("datum.is_range")
        .mark_bar(width=8, fill="white", strokeWidth=1.5)
        .encode(x=x, y=alt.Y("low:Q", **y), y2=alt.Y2("high:Q"), stroke=colour, tooltip=tooltip)
    )
    weight = alt.expr("datum.clear ? 600 : 400")
    ends = base.transform_filter("datum.is_last").mark_text(
        align="left" if together else "right", dx=10 if together else 4, dy=0 if together else -9,
        fontWeight=weight,
    )  # fmt: skip
    starts = base.transform_filter("datum.is_first && !datum.is_last")
    ink = alt.condition("datum.clear", alt.value(INK), alt.value(MUTED))
    told = "told:N" if together else "text:N"
    layers = [band, whisker, line, point, ranges]
    layers.append(ends.encode(x=x, y=alt.Y("label_at:Q", **y), text=told, color=ink))
    if not together:  # where lines are close, their first values would cover one another
        first = starts.mark_text(dy=-9, align="left", dx=-4, color=MUTED)
        layers.append(first.encode(x=x, y=alt.Y("above:Q", **y), text=alt.Text("text:N")))
    return layers


def _points(trends: Trends, at: int, name: tuple[str, ...]) -> pd.DataFrame:
    """Return the known values of a trend, each with the unbroken part of the line it belongs to."""
    trend = trends.values[at]
    into = {step.end: step.change for step in trend.steps}
    whole = trend.overall.change if trend.overall else None
    said = _whole(trends, trend)
    lines: list[dict[str, Any]] = []
    part = 0
    for place, e in enumerate(trend.values):
        if e is None:
            continue
        change = into.get(place)
        part += bool(change and change.then is None)
        low, high = e.stated or (e.value, e.value)
        lines.append(
            {
                "when": _when(trends, place),
                "wave_name": trends.names[place],
                "label": e.label,
                "heading": "|".join((*name, said)),
                "segment": f"{at}.{part}",
                "value": (low + high) / 2,
                "low": low,
                "high": high,
                "is_range": e.stated is not None,
                "least": None if e.stated else e.low,
                "greatest": None if e.stated else e.high,
                "text": e.text,
                "interval": e.interval,
                "base": e.base,
                "said": change.said if change else "",
                "clear": bool(whole and whole.is_clear),
                "is_first": not lines,
                "is_last": e is trend.latest,
                "told": f"{e.text}  {', '.join(name)}, {said}",
            }
        )
    made = pd.DataFrame(lines)
    made = made.astype(dict.fromkeys(["least", "greatest", "value", "low", "high"], float))
    upper = ["greatest", "high"] if trend.latest.cell.measure == "share" else ["least", "low"]
    made["above"] = made[upper[0]].fillna(made[upper[1]])
    return made


def _whole(trends: Trends, trend: Trend) -> str:
    """Return the change over the whole time in few words, and since when."""
    if trend.overall is None:
        return "no earlier value to compare"
    said = beside(trend.overall.change) or trend.overall.change.text
    return f"{said} since {trends.names[trend.overall.start]}"


def _when(trends: Trends, place: int) -> float:
    """Return when a wave began, in years."""
    year, month = trends.waves[place].fieldwork.start.split("-")[:2]
    return round(int(year) + (int(month) - 1) / 12, 2)


def _time(trends: Trends) -> alt.X:
    """Return an axis with a mark for each wave, as far apart as they were."""
    places = [_when(trends, place) for place in range(len(trends.waves))]
    names = ", ".join(repr(name) for name in trends.names)
    axis = alt.Axis(
        values=places,
        labelExpr=f"[{names}][indexof([{', '.join(map(str, places))}], datum.value)]",
        labelFlush=False,
        labelOverlap="greedy",
        labelSeparation=4,
    )
    pad = 0.04 * (places[-1] - places[0] or 1)
    domain = [places[0] - pad, places[-1] + pad]
    return alt.X("when:Q", title=None, scale=alt.Scale(domain=domain, nice=False), axis=axis)
