"""Charts of two waves: dumbbells, which show the way from the earlier value to the later one.

The earlier wave is hollow and the later one solid, whatever the colour. A clear change has a thick
line and its amount in words; what shows none is thin and grey. A value that cannot be compared
stands alone. Every chart says in its text alternative what it draws, verdicts included.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import altair as alt
import numpy as np
import pandas as pd

from wavebook import charts
from wavebook.change_frames import PLOT, UNCLEAR, frame, tooltips
from wavebook.comparison import Changes
from wavebook.figure import ACCENT, CONTRAST, INK, MUTED, Layers
from wavebook.layers import layered
from wavebook.panels import KEY

SHAPES = ("circle", "diamond", "square", "triangle-up")
COLOURS = (ACCENT, CONTRAST, "#5f6e2c", "#6d5590")
RING, DOT = 150, 70  # areas: where two values coincide, the later stands inside the earlier
DUMBBELLS = (
    "Hollow: {then}; solid: {now}. Thick lines are clear changes, with their size; grey ones show "
    "no clear change."
)
LETTER, GAP = 7.4, 22  # pixels that a character of a value takes, and that keep it from its mark


def dumbbells(changes: Changes, *, sort: bool = False, group: bool = False) -> Layers:
    """Return a line a value, from a hollow mark for the earlier wave to a solid one for the later.

    Parameters
    ----------
    changes
        Shares or mean ranks; of several groups, a lane for each group of a row.
    sort
        Largest first, or best rank first; otherwise in the order given.
    group
        Whether lines are named by group rather than by row.
    """
    if not changes.values:
        return alt.layer()
    data = frame(changes, by="group_label" if group else "short")
    means = data.groupby("name", sort=False)["now"].mean()
    if sort:
        smallest_first = changes.values[0].cell.measure == "mean_rank"
        means = means.sort_values(ascending=smallest_first, kind="stable")
    two_lines = group and bool(data["name"].str.contains(", ").any())
    axis = (
        alt.Axis(labelExpr="split(datum.label, ', ')", labelOffset=-7) if two_lines else alt.Axis()
    )
    return _drawn(changes, data, list(means.index), axis, lanes=not group)


def dumbbell_sections(panels: Mapping[str, Changes]) -> Layers:
    """Return dumbbells under headings, all on one scale.

    Parameters
    ----------
    panels
        By heading, the changes of each row, in one or more groups.
    """
    panels = {heading: changes for heading, changes in panels.items() if changes.values}
    if not panels:
        return alt.layer()
    parts, names = [], []
    for heading, changes in panels.items():
        part = frame(changes)
        part["name"] = heading + KEY + part["name"]
        names += [heading, *dict.fromkeys(part["name"])]
        parts.append(part)
    is_heading = f"indexof(datum.value, '{KEY}') < 0"
    axis = alt.Axis(
        labelExpr=f"{is_heading} ? datum.value : split(datum.value, '{KEY}')[1]",
        labelFontWeight=alt.condition(is_heading, alt.value(700), alt.value(400)),
    )
    together = next(iter(panels.values()))
    return _drawn(together, pd.concat(parts, ignore_index=True), names, axis, lanes=True)


def _drawn(
    changes: Changes, data: pd.DataFrame, names: list[str], axis: alt.Axis, *, lanes: bool
) -> Layers:
    """Return the layers of a dumbbell chart, the marks of later waves on top."""
    groups = list(dict.fromkeys(data["group_label"])) if lanes else [""]
    laned = len(groups) > 1
    y: dict[str, Any] = {
        "y": alt.Y("name:N", sort=names, scale=alt.Scale(domain=names), title=None, axis=axis)
    }
    if laned:
        y["yOffset"] = alt.YOffset("group_label:N", sort=groups)
    colour = {"stroke": _stroke(groups if laned else [])}
    data["colour"] = [
        UNCLEAR if faint else COLOURS[groups.index(of)] if laned else ACCENT
        for faint, of in zip(data["faint"], data["group_label"], strict=True)
    ]
    scale = _scale(data)
    base = alt.Chart(data, width=PLOT, height=alt.Step(19 if laned else 34))
    tooltip = tooltips(changes)
    shape = (
        {"shape": alt.Shape("group_label:N", scale=_domain(groups, SHAPES), title=None)}
        if laned
        else {}
    )
    fill = alt.Fill("colour:N", scale=None)
    legend = _wave_fill(changes, UNCLEAR if laned else ACCENT)
    ring, dot = (0.65 * RING, 0.65 * DOT) if laned else (RING, DOT)
    link = (
        base.transform_filter("isValid(datum.link_from)")
        .mark_rule()
        .encode(
            x=alt.X("link_from:Q", **scale),
            x2=alt.X2("link_to:Q"),
            strokeWidth=alt.condition("datum.clear", alt.value(4), alt.value(1.5)),
            **colour,
            **y,
        )
    )
    then_range = (
        base.transform_filter("datum.then_is_range")
        .mark_bar(height=9, fill="white", strokeWidth=1.5)
        .encode(x=alt.X("then_low:Q"), x2=alt.X2("then_high:Q"), tooltip=tooltip, **colour, **y)
    )
    now_range = (
        base.transform_filter("datum.now_is_range")
        .mark_bar(height=5, strokeWidth=1.5)
        .encode(
            x=alt.X("now_low:Q"), x2=alt.X2("now_high:Q"), fill=fill, tooltip=tooltip, **colour, **y
        )
    )
    of_waves = [
        base.transform_filter(f"isValid(datum.{wave}) && !datum.{wave}_is_range")
        .transform_calculate(wave=repr(name))
        .mark_point(size=size, strokeWidth=2, opacity=1, fillOpacity=1)
        .encode(
            x=f"{wave}:Q",
            fill=legend,
            tooltip=tooltip,
            **colour,
            **shape,
            **y,
        )
        for wave, name, size in (("then", changes.then_name, ring), ("now", changes.now_name, dot))
    ]
    # The colour of a group, or grey, over that which the legend of waves gives.
    tinted = (
        base.transform_filter("isValid(datum.now) && !datum.now_is_range")
        .mark_point(size=dot, strokeWidth=2, opacity=1)
        .encode(
            x=alt.X("now:Q"),
            fill=fill,
            fillOpacity=charts.status_opacity(),
            tooltip=tooltip,
            **colour,
            **shape,
            **y,
        )
    )
    return layered(link, then_range, now_range, *of_waves, tinted, *_texts(base, y, laned=laned))


def _texts(base: alt.Chart, y: Mapping[str, Any], *, laned: bool) -> list[alt.Chart]:
    """Return the values beside their marks, and at the end of each line what it shows."""
    size = 11.5 if laned else 13
    left, right = "datum.{0}_side < 0", "datum.{0}_side < 0 ? -9 : 9"
    styles: tuple[tuple[str, Literal[400, 600], str], ...]
    styles = ("then", 400, MUTED), ("now", 600, INK)
    values = [
        base.transform_filter(f"isValid(datum.{wave})")
        .mark_text(
            fontSize=size,
            fontWeight=weight,
            align=alt.expr(f"{left.format(wave)} ? 'right' : 'left'"),
            dx=alt.expr(right.format(wave)),
            color=colour,
        )
        .encode(x=f"{wave}_edge:Q", text=f"{wave}_text:N", **y)
        for wave, weight, colour in styles
    ]
    hidden = (
        base.transform_filter("!isValid(datum.now)")
        .mark_text(align="left", dx=5, fontSize=size)
        .encode(x=alt.value(0), text=alt.Text("now_text:N"), **y)
    )
    said = base.mark_text(
        align="left", fontSize=size, fontWeight=alt.expr("datum.clear ? 600 : 400")
    ).encode(
        x=alt.value(PLOT + 12),
        text=alt.Text("beside:N"),
        color=alt.condition("datum.clear", alt.value(INK), alt.value(MUTED)),
        **y,
    )
    return [*values, hidden, said]


def _scale(data: pd.DataFrame) -> dict[str, Any]:
    if (data["measure"] == "share").all():
        left, right = _room(data, -1), _room(data, 1)
        return {
            "title": None,
            "scale": alt.Scale(domain=[-left, 1 + right], nice=False),
            "axis": alt.Axis(format="%", values=[0, 0.25, 0.5, 0.75, 1]),
        }
    last = int(np.nan_to_num(data[["now", "then"]].to_numpy(float), nan=1.0).max()) + 1
    return {
        "title": "Mean rank (1 = first)",
        "scale": alt.Scale(domain=[1 - 0.5, last + 0.5], reverse=True, nice=False),
        "axis": alt.Axis(format="d", values=list(range(1, last + 1))),
    }


def _room(data: pd.DataFrame, side: int) -> float:
    """Return what a scale of shares must leave on one side for the values beside the marks."""
    needed = [0.02]
    for wave in ("now", "then"):
        of = data[data[f"{wave}_side"].eq(side) & data[wave].notna()]
        text = of[f"{wave}_text"].str.len() * LETTER + GAP
        inside = of[f"{wave}_edge"] if side < 0 else 1 - of[f"{wave}_edge"]
        needed += list(text / (0.85 * PLOT) - inside)
    return max(needed)


def _stroke(groups: list[str]) -> Any:
    """Return the colour of a line: its group's, grey for what is within noise."""
    of_group: Any = alt.value(ACCENT)
    if groups:
        of_group = alt.Stroke("group_label:N", scale=_domain(groups, COLOURS), title=None)
    return alt.condition("datum.faint", alt.value(UNCLEAR), of_group)


def _wave_fill(changes: Changes, colour: str) -> alt.Fill:
    return alt.Fill(
        "wave:N",
        scale=_domain([changes.then_name, changes.now_name], ("white", colour)),
        title=None,
        legend=alt.Legend(symbolType="circle", symbolStrokeColor=colour, symbolStrokeWidth=2),
    )


def _domain(names: list[str], values: tuple[str, ...]) -> alt.Scale:
    return alt.Scale(domain=names, range=list(values[: len(names)]))
