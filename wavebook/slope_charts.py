"""Slopes: two waves side by side, a line a value, the steeper the more it changed.

Names stand at the ends of the lines and make room for one another, so that no legend is needed.
"""

from __future__ import annotations

from typing import Any, Literal

import altair as alt
import numpy as np
import pandas as pd

from wavebook import charts
from wavebook.change_frames import UNCLEAR, by_wave, frame
from wavebook.comparison import Changes
from wavebook.figure import ACCENT, GRID, INK, MUTED, Layers
from wavebook.layers import layered

SLOPES = (
    "{then} on the left, {now} on the right. Thick lines are clear changes, with their size; grey "
    "ones show no clear change."
)
ASIDE = 200  # pixels from one wave to the other
LINE = 19  # pixels that a label takes
LEAST = 160  # pixels of height
SMALLEST = {"share": 0.02, "mean_rank": 0.2, "rank": 0.5}  # differences worth a line's slope


def slopes(changes: Changes) -> Layers:
    """Return a line a value, from the earlier wave on the left to the later one on the right.

    Parameters
    ----------
    changes
        Some ten shares, mean ranks or places at most; of ranks the first is on top.
    """
    data = _ends(changes)
    if data.empty:
        return alt.layer()
    measure = changes.values[0].cell.measure
    height = max(LEAST, int(1.6 * LINE * len(changes.values)))
    low, high = data["low"].min(), data["high"].max()
    if high - low < 5 * SMALLEST[measure]:  # nearly flat lines are drawn as such
        low, high = low - 2 * SMALLEST[measure], high + 2 * SMALLEST[measure]
    gap = LINE * (high - low) / height
    labels = pd.concat([spread(of, gap) for _, of in data.groupby("wave", sort=False)])
    low = min(low, labels["label_at"].min()) - gap / 2
    high = max(high, labels["label_at"].max()) + gap / 2
    scale = alt.Scale(domain=[low, high], reverse=measure != "share", zero=False, nice=False)
    names = [changes.then_name, changes.now_name]
    axis = alt.Axis(orient="top", labelAngle=0, labelFontWeight=600, grid=True, gridColor=GRID)
    x = {"x": alt.X("wave_name:N", sort=names, scale=alt.Scale(padding=0), title=None, axis=axis)}
    y = {"y": alt.Y("value:Q", scale=scale, axis=None)}
    base = alt.Chart(data, width=ASIDE, height=height)
    colour = alt.condition("datum.faint", alt.value(UNCLEAR), alt.value(ACCENT))
    tooltip = charts.tooltips(
        label="Item", wave_name="Wave", text="Value", base="Base", change_text="Change",
        interval="Interval of the change", said="Verdict",
    )  # fmt: skip
    thickness = alt.condition("datum.clear", alt.value(4), alt.value(1.5))
    line = base.mark_line().encode(
        detail=alt.Detail("key:N"), color=colour, strokeWidth=thickness, **x, **y
    )
    known = base.transform_filter("!datum.is_range")
    point: dict[str, Any] = {"size": 85, "opacity": 1}
    then = (
        known.transform_filter("datum.wave == 'then'")
        .mark_point(fill="white", strokeWidth=2, **point)
        .encode(stroke=colour, tooltip=tooltip, **x, **y)
    )
    now = (
        known.transform_filter("datum.wave == 'now'")
        .mark_point(filled=True, **point)
        .encode(color=colour, tooltip=tooltip, **x, **y)
    )
    ranges = (
        base.transform_filter("datum.is_range")
        .mark_bar(width=9, fill="white", strokeWidth=1.5)
        .encode(
            y=alt.Y("low:Q", scale=scale), y2=alt.Y2("high:Q"), stroke=colour, tooltip=tooltip, **x
        )
    )
    return layered(line, then, now, ranges, *_labels(labels, x, scale))


def _labels(labels: pd.DataFrame, x: dict[str, Any], scale: alt.Scale) -> list[alt.Chart]:
    """Return the values on the left, and values, names and verdicts on the right."""
    styles: tuple[tuple[str, Literal["left", "right"], int], ...]
    styles = ("then", "right", -11), ("now", "left", 11)
    return [
        alt.Chart(labels[labels["wave"] == wave])
        .mark_text(align=align, dx=dx, fontWeight=alt.expr("datum.bold ? 600 : 400"))
        .encode(
            y=alt.Y("label_at:Q", scale=scale),
            text=alt.Text("told:N"),
            color=alt.condition("datum.faint", alt.value(MUTED), alt.value(INK)),
            **x,
        )
        for wave, align, dx in styles
    ]


def _ends(changes: Changes) -> pd.DataFrame:
    """Return both ends of each line, with the words beside them; a range by its middle."""
    if not changes.values:
        return pd.DataFrame()
    data = by_wave(frame(changes).assign(key=range(len(changes.values))), changes)
    data = data[data["value"].notna()].copy()
    data["value"] = data["value"].mask(data["is_range"], (data["low"] + data["high"]) / 2)
    data["bold"] = data["clear"] & data["wave"].eq("now")
    data["told"] = [
        text if wave == "then" else f"{text}  {name}{', ' * bool(said)}{said}"
        for wave, text, name, said in zip(
            data["wave"], data["text"], data["name"], data["beside"], strict=True
        )
    ]
    return data


def spread(labels: pd.DataFrame, gap: float) -> pd.DataFrame:
    """Return labels with places (``label_at``) near their ``value`` and at least `gap` apart.

    Of all such places these have the least sum of squared distances: less a gap for each label
    below it, a place only has to be no lower than the one before.
    """
    ordered = labels.sort_values("value", kind="stable")
    steps = gap * np.arange(len(ordered))
    from scipy.optimize import isotonic_regression  # noqa: PLC0415  # only to draw such a chart

    return ordered.assign(label_at=isotonic_regression(ordered["value"] - steps).x + steps)
