"""Charts of estimates: bars, scales, comparisons of two groups, rank matrices; each with its words.

A chart leaves the kernel as Vega-Lite. What is assumed looks different from what is known: faded
with a dashed edge; where a source gives only a range, the bar is solid up to the lower bound and
pale up to the upper one.

Channels are told by their classes, `alt.Text("text:N")`: given as plain text, Altair compares each
with the schemas of all its classes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from wavebook.errors import WavebookError
from wavebook.estimates import Estimates
from wavebook.figure import ACCENT, CONTRAST, FADED, GRID, INK, MUTED, WIDTH, Layers, of_something
from wavebook.layers import layered

SCALES = {
    1: (ACCENT,),
    2: (ACCENT, "#9dc1d6"),
    3: (ACCENT, "#86b3cc", "#d9dee2"),
    4: (ACCENT, "#86b3cc", "#f0c79d", "#c2712b"),
    5: (ACCENT, "#86b3cc", "#d9dee2", "#f0c79d", "#c2712b"),
}
PLACES = (ACCENT, "#47718b", "#a8c3d2", "#dbe8ef")  # white text reads on two of them, ink on two


@of_something
def bars(estimates: Estimates, *, sort: bool = False, group: bool = False) -> Layers:
    """Return a bar a share with its interval, the value beside it.

    Parameters
    ----------
    sort
        Largest first; otherwise in the order given.
    group
        Whether bars are named by group rather than by row.
    """
    data = frame(estimates, by="group_label" if group else "short")
    if (twice := data["name"].duplicated()).any():
        raise WavebookError(
            f"bars: several values for '{data['name'][twice].iloc[0]}', one over the other: narrow "
            "them first with only(option=…), only(row=…) or only(group=…)"
        )
    order = list(
        dict.fromkeys(
            data.sort_values("value", ascending=False, kind="stable")["name"]
            if sort
            else data["name"]
        )
    )
    # A group of several questions' answers, "In, Primary", takes a line for each.
    two_lines = group and bool(data["name"].str.contains(", ").any())
    axis = (
        alt.Axis(labelExpr="split(datum.label, ', ')", labelOffset=-7) if two_lines else alt.Axis()
    )
    y = alt.Y("name:N", sort=order, title=None, axis=axis)
    base = alt.Chart(data, width=WIDTH, height=alt.Step(42 if two_lines else 34))
    tooltip = tooltips(
        label="Item", text="Share", interval="Interval", base="Base", status="Status"
    )
    solid = base.mark_bar(height=20, color=ACCENT).encode(
        y=y,
        x=share_axis("solid:Q"),
        fillOpacity=status_opacity(),
        strokeDash=_status_dash(),
        stroke=alt.StrokeValue(ACCENT),
        strokeWidth=alt.StrokeWidthValue(1),
        tooltip=tooltip,
    )
    layers: list[alt.Chart] = [solid]
    if data["is_range"].any():
        layers.append(
            base.transform_filter("datum.is_range")
            .mark_bar(height=20, color=ACCENT, fillOpacity=FADED)
            .encode(y=y, x=alt.X("solid:Q"), x2=alt.X2("end:Q"), tooltip=tooltip)
        )
    if data["whisker"].any():
        layers.append(
            base.transform_filter("datum.whisker")
            .mark_rule(color=INK, strokeWidth=1.5)
            .encode(y=y, x=alt.X("low:Q"), x2=alt.X2("high:Q"), tooltip=tooltip)
        )
    text = base.mark_text(align="left", dx=7)
    layers.append(
        text.encode(y=y, x=alt.X("right:Q"), text=alt.Text("text:N"), color=_status_ink())
    )
    return layered(*layers)


@of_something
def scale(options: Estimates, net: Estimates) -> Layers:
    """Return a stacked bar a row, an answer a colour, with the net share printed at the end.

    Parameters
    ----------
    options
        Shares of every row and option; those of a row add up to 1.
    net
        A share a row: the options counted as one, known even where their split is not.
    """
    data = frame(options)
    data["order"] = data.groupby("row").cumcount()
    rows = list(dict.fromkeys(data["name"]))
    labels = list(dict.fromkeys(data["option_label"]))
    ends = data.groupby("row")["value"].cumsum()
    data["from"], data["to"] = ends - data["value"], ends
    nets = frame(net)
    nets["bar_end"] = nets["row"].map(data.groupby("row")["to"].max())
    nets["bar_end"] = nets[["bar_end", "end"]].max(axis=1)  # clear of a range's bracket
    y = alt.Y("name:N", sort=rows, title=None)
    base = alt.Chart(data, width=WIDTH, height=alt.Step(36))
    segments = base.mark_bar(height=24, stroke="white", strokeWidth=1.2).encode(
        y=y,
        x=share_axis("from:Q"),
        x2=alt.X2("to:Q"),
        color=answer_colour(labels),
        fillOpacity=status_opacity(0.55),
        tooltip=tooltips(
            label="Item", option_label="Answer", text="Share", base="Base", status="Status"
        ),
    )
    marks = (
        alt.Chart(nets)
        .transform_filter("datum.known && !datum.is_range")
        .mark_tick(color=INK, thickness=2.5, size=32)
        .encode(y=y, x=alt.X("value:Q"))
    )
    brackets = (
        alt.Chart(nets)
        .transform_filter("datum.known && datum.is_range")
        .mark_errorbar(ticks=True, color=INK, thickness=2, size=14)
        .encode(y=y, x=alt.X("solid:Q"), x2=alt.X2("end:Q"))
    )
    text = (
        alt.Chart(nets)
        .mark_text(align="left", dx=8, fontWeight=600)
        .encode(y=y, x=alt.X("bar_end:Q"), text=alt.Text("text:N"), color=_status_ink())
    )
    return layered(segments, marks, brackets, text)


@of_something
def groups(estimates: Estimates, *, reverse: bool = False) -> Layers:
    """Return two groups' values on one line a row, so that the gap between them shows.

    Parameters
    ----------
    estimates
        Shares or mean ranks of each row in two groups.
    reverse
        Whether small values are good, as ranks are; the best row stands first.
    """
    data = frame(estimates)
    domain = list(dict.fromkeys(data["group_label"]))
    means = data.groupby("name", sort=False)["value"].mean()
    order = list(means.sort_values(ascending=reverse).index)
    y = alt.Y("name:N", sort=order, title=None)
    is_rank = bool((data["measure"] == "mean_rank").any())
    x = (
        alt.X(
            "value:Q",
            title="Mean rank (1 = first)",
            scale=alt.Scale(
                domain=[1, int(data["value"].fillna(1).max()) + 1], reverse=reverse, nice=False
            ),
            axis=alt.Axis(tickMinStep=1, format="d"),
        )
        if is_rank
        else share_axis("value:Q")
    )
    base = alt.Chart(data, width=WIDTH, height=alt.Step(34))
    line = base.mark_line(color=GRID, strokeWidth=3).encode(y=y, x=x, detail=alt.Detail("name:N"))
    points = base.mark_point(size=110, filled=True, opacity=1, strokeWidth=1.5).encode(
        y=y,
        x=x,
        shape=alt.Shape(
            "group_label:N", scale=alt.Scale(domain=domain, range=["circle", "diamond"]), title=None
        ),
        color=alt.Color(
            "group_label:N", scale=alt.Scale(domain=domain, range=[ACCENT, CONTRAST]), title=None
        ),
        fillOpacity=status_opacity(0.55),
        tooltip=tooltips(
            label="Item", group_label="Group", text="Value", base="Base", status="Status"
        ),
    )
    layers = [line, points]
    if data["value"].isna().any():
        hidden = base.transform_filter("!isValid(datum.value)").mark_text(align="left", dx=5)
        layers.append(hidden.encode(y=y, x=alt.value(0), text=alt.Text("text:N")))
    return layered(*layers)


@of_something
def grouped(estimates: Estimates) -> Layers:
    """Return bars side by side, a colour a group, within each row."""
    data = frame(estimates)
    domain = list(dict.fromkeys(data["group_label"]))
    colours = [ACCENT, CONTRAST, "#7a8b3c", "#8a6fa8"][: len(domain)]
    base = alt.Chart(data, width=WIDTH, height=alt.Step(20))
    y = alt.Y("name:N", sort=list(dict.fromkeys(data["name"])), title=None)
    offset = alt.YOffset("group_label:N", sort=domain)
    bar = base.mark_bar(height=15).encode(
        y=y,
        yOffset=offset,
        x=share_axis("solid:Q"),
        color=alt.Color("group_label:N", scale=alt.Scale(domain=domain, range=colours), title=None),
        fillOpacity=status_opacity(),
        tooltip=tooltips(
            label="Item", group_label="Group", text="Share", base="Base", status="Status"
        ),
    )
    text = base.mark_text(align="left", dx=5).encode(
        y=y, yOffset=offset, x=alt.X("right:Q"), text=alt.Text("text:N")
    )
    return layered(bar, text)


@of_something
def ranks(estimates: Estimates, *, before: Sequence[str] = ()) -> Layers:
    """Return a matrix of ranks, a row an item and a column a group, darker the better.

    Parameters
    ----------
    estimates
        Places, rows in the order in which they are to stand (see `Estimates.best_first`); a row
        without a place in a group leaves its cell empty.
    before
        For each place, what stands below it in small print: that of an earlier wave.
    """
    data = frame(estimates)
    if before:
        data["before"] = list(before)
    rows, columns = list(dict.fromkeys(data["name"])), list(dict.fromkeys(data["group_label"]))
    last = float(data["value"].fillna(1).max())
    dark = f"datum.value < {(1 + last) / 2}"
    if data["value"].isna().any():
        dark = f"isValid(datum.value) && {dark}"
    # A heading of several words takes as many lines, which grow downwards: they need the room.
    lines = max(len(column.split()) for column in columns)
    heads = alt.Axis(
        orient="top", labelAngle=0, labelExpr="split(datum.label, ' ')", labelPadding=16 * lines - 8
    )
    x = alt.X("group_label:N", sort=columns, title=None, axis=heads)
    y = alt.Y("name:N", sort=rows, title=None)
    grid = pd.MultiIndex.from_product([rows, columns], names=["name", "group_label"])
    empty = (
        alt.Chart(grid.to_frame(index=False), width=WIDTH, height=alt.Step(40 if before else 30))
        .mark_rect(stroke="white", strokeWidth=2, color="#f3f5f6")
        .encode(x=x, y=y)
    )
    base = alt.Chart(data)
    tooltip = tooltips(label="Item", group_label="Group", rank="Rank", status="Status")
    cells = base.mark_rect(stroke="white", strokeWidth=2).encode(
        x=x,
        y=y,
        color=alt.Color(
            "value:Q",
            scale=alt.Scale(type="quantize", domain=[1, last], range=list(PLACES)),
            legend=None,
        ),
        tooltip=tooltip,
    )
    # The number stands on the cell and catches the pointer, so it answers as the cell does.
    ink = alt.ColorValue(INK, condition={"test": dark, "value": "white"})
    shift: dict[str, Any] = {"dy": -6} if before else {}
    text = base.mark_text(fontWeight=600, **shift).encode(
        tooltip=tooltip, x=x, y=y, text=alt.Text("text:N"), color=ink
    )
    layers = [empty, cells, text]
    if before:
        small = base.mark_text(fontSize=11, dy=9)
        layers.append(small.encode(tooltip=tooltip, x=x, y=y, text=alt.Text("before:N"), color=ink))
    return layered(*layers)


def frame(estimates: Estimates, by: str = "short") -> pd.DataFrame:
    """Return the estimates with what marks need: ends of bars and the text beside them."""
    # As lists: a frame that gets one column after the other takes three times as long.
    values = estimates.values
    data = estimates.columns()
    known = [e.status != "assumed" for e in values]
    hidden = any(e.is_missing for e in values)
    ends = [e.stated[1] if e.stated else e.value for e in values]
    if hidden:  # no mark, and the text where the axis begins
        ends = [0.0 if math.isnan(end) else end for end in ends]
    whiskers = [
        is_known and not e.stated and e.low is not None and not math.isnan(e.low)
        for e, is_known in zip(values, known, strict=True)
    ]
    tips = [
        max(end, e.high) if has_whisker and e.high is not None else end
        for e, end, has_whisker in zip(values, ends, whiskers, strict=True)
    ]
    data |= {
        "status": [f"{told} as a range" if e.stated else told
                   for e, told in zip(values, data["status"], strict=True)],
        "name": data[by],
        "text": [e.text for e in values],
        "interval": [e.interval if e.status != "assumed" else "–" for e in values],
        "known": known,
        "solid": [e.stated[0] if e.stated else e.value for e in values],
        "end": ends,
        "whisker": whiskers,
        "right": tips,
    }  # fmt: skip
    made = pd.DataFrame(data)
    return made.astype({"low": float, "high": float}) if hidden else made


def share_axis(field: str) -> alt.X:
    """Return a horizontal axis from 0 to 100%."""
    return alt.X(
        field,
        title=None,
        scale=alt.Scale(domain=[0, 1], nice=False),
        axis=alt.Axis(format="%", values=[0, 0.25, 0.5, 0.75, 1]),
    )


def answer_colour(labels: list[str]) -> alt.Color:
    """Return the colours of a scale's answers, with a legend in its order."""
    return alt.Color(
        "option_label:N",
        sort=labels,
        scale=alt.Scale(domain=labels, range=list(SCALES[len(labels)])),
        title=None,
        legend=alt.Legend(columns=3 if len(labels) in (3, 5) else 2),
    )


def status_opacity(faded: float = FADED) -> alt.FillOpacity:
    """Fade assumed values; the note under the figure says so (see `status_note`)."""
    return alt.FillOpacity(
        "known:O", scale=alt.Scale(domain=[True, False], range=[1, faded]), legend=None
    )


def tooltips(**titles: str) -> list[alt.Tooltip]:
    """Return what a mark says under the pointer: ``{field: title}``, in the order given."""
    return [
        alt.Tooltip(f"{field}:Q", title=title, format=",")
        if field.endswith("base")
        else alt.Tooltip(f"{field}:N", title=title)
        for field, title in titles.items()
    ]


def _status_ink() -> alt.ColorValue:
    """Print assumed numbers paler than known ones."""
    return alt.ColorValue(MUTED, condition={"test": "datum.known", "value": INK})


def _status_dash() -> alt.StrokeDash:
    return alt.StrokeDash(
        "known:N", scale=alt.Scale(domain=[True, False], range=[[1, 0], [3, 2]]), legend=None
    )
