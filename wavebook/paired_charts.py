"""Charts of two waves in pairs: bars, stacked scales, and a matrix of places with those before.

Of a pair, the narrow bar above is the earlier wave's and the broad one below the later's.
"""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from wavebook import charts
from wavebook.change_frames import PLOT, by_wave, frame
from wavebook.comparison import Changes
from wavebook.figure import ACCENT, INK, MUTED, Layers
from wavebook.layers import layered

HEIGHTS = {"then": 9, "now": 17}  # pixels
LANE = 20  # pixels a wave
RIGHT = 104  # pixels from the scale to the words, for the shares between them
PAIRS = (
    "The narrow bars are {then}, the broad ones {now}. Words in bold are clear changes, with their "
    "size in percentage points."
)
PLACES = "In small print the place in {then}."


def paired_bars(changes: Changes, *, sort: bool = False, group: bool = False) -> Layers:
    """Return two bars a value, the earlier wave's hollow, with their intervals and the change.

    Parameters
    ----------
    changes
        Shares.
    sort
        Largest first; otherwise in the order given.
    group
        Whether pairs are named by group rather than by row.
    """
    if not changes.values:
        return alt.layer()
    data = frame(changes, by="group_label" if group else "short")
    if sort:
        data = data.sort_values("now", ascending=False, kind="stable")
    names = list(dict.fromkeys(data["name"]))
    data = by_wave(data, changes)
    data["right"] = data[["high", "greatest"]].max(axis=1).fillna(0)
    data["fill"] = data["wave"].map({"then": "white", "now": ACCENT})
    base, y = _lanes(data, names, two_lines=group)
    told: dict[str, Any] = {"tooltip": _tooltips(changes), **y}
    outline: dict[str, Any] = {"stroke": ACCENT, "strokeWidth": 1.2}
    known = base.transform_filter("isValid(datum.value)")
    layers: list[Any] = []
    for wave, height in HEIGHTS.items():
        own = known.transform_filter(f"datum.wave == '{wave}'")
        layers += [
            own.mark_bar(height=height, **outline).encode(
                x=charts.share_axis("low:Q"),
                fill=alt.Fill("fill:N", scale=None),
                fillOpacity=charts.status_opacity(),
                **told,
            ),
            own.transform_filter("datum.is_range")
            .mark_bar(height=height, fill="white", strokeDash=[3, 2], **outline)
            .encode(x=alt.X("low:Q"), x2=alt.X2("high:Q"), **told),
        ]
    whiskers = known.transform_filter("isValid(datum.least)").mark_rule(color=INK, strokeWidth=1.2)
    layers.append(whiskers.encode(x=alt.X("least:Q"), x2=alt.X2("greatest:Q"), **told))
    return layered(*layers, *_texts(base, alt.X("right:Q"), y))


def paired_scales(options: Changes, net: Changes) -> Layers:
    """Return two stacked bars a row, an answer a colour, with the net share of each at the end.

    Parameters
    ----------
    options
        Shares of every row and option; those of a row add up to 1. Where the earlier wave's split
        is not comparable its net share stands alone, as an open bar.
    net
        A share a row: the options counted as one.
    """
    if not options.values:
        return alt.layer()
    segments = _segments(options)
    names = list(dict.fromkeys(segments["name"]))
    nets = by_wave(frame(net), net)
    whole = set(zip(segments["row"], segments["wave"], strict=True))
    nets["alone"] = [pair not in whole for pair in zip(nets["row"], nets["wave"], strict=True)]
    base, y = _lanes(segments, names)
    of_net, _ = _lanes(nets, names)
    known = of_net.transform_filter("isValid(datum.value)")
    colour = charts.answer_colour(list(dict.fromkeys(segments["option_label"])))
    layers: list[Any] = []
    for wave, height in HEIGHTS.items():
        own = base.transform_filter(f"datum.wave == '{wave}'")
        of_wave = known.transform_filter(f"datum.wave == '{wave}'")
        outline: dict[str, Any] = {"height": height, "fill": "white", "stroke": ACCENT}
        layers += [
            own.mark_bar(height=height, stroke="white", strokeWidth=1).encode(
                x=charts.share_axis("from:Q"),
                x2=alt.X2("to:Q"),
                color=colour,
                fillOpacity=charts.status_opacity(0.55),
                tooltip=_tooltips(options, answer="option_label"),
                **y,
            ),
            of_wave.transform_filter("datum.alone")
            .mark_bar(strokeWidth=1.2, **outline)
            .encode(x=alt.X("low:Q"), tooltip=_tooltips(net), **y),
            of_wave.transform_filter("datum.alone && datum.is_range")
            .mark_bar(strokeWidth=1.2, strokeDash=[3, 2], **outline)
            .encode(x=alt.X("low:Q"), x2=alt.X2("high:Q"), tooltip=_tooltips(net), **y),
            of_wave.transform_filter("!datum.alone && datum.known && !datum.is_range")
            .mark_tick(color=INK, thickness=2.5, size=height + 6)
            .encode(x=alt.X("value:Q"), **y),
        ]
    brackets = known.transform_filter("!datum.alone && datum.is_range")
    layers.append(
        brackets.mark_rule(color=INK, strokeWidth=2.5).encode(
            x=alt.X("low:Q"), x2=alt.X2("high:Q"), **y
        )
    )
    return layered(*layers, *_texts(of_net, alt.value(PLOT), y))


def places(changes: Changes) -> Layers:
    """Return a matrix of places, a row an item and a column a group, each with the place before.

    Parameters
    ----------
    changes
        Places, rows in the order in which they are to stand.
    """
    before = [f"was {change.then.text}" if change.then else "" for change in changes]
    return charts.ranks(changes.estimates, before=before)


def _segments(options: Changes) -> pd.DataFrame:
    """Return where each answer's part of each bar begins and ends, whole bars only."""
    data = by_wave(frame(options), options)
    of_bar = data.groupby(["row", "wave"], sort=False)
    shown = of_bar["value"].transform("count").eq(of_bar["value"].transform("size"))
    shown &= ~of_bar["is_range"].transform("any") | data["wave"].eq("now")
    data = data[shown | data["wave"].eq("now")].copy()
    data["to"] = data.groupby(["row", "wave"], sort=False)["value"].cumsum()
    data["from"] = data["to"] - data["value"]
    return data


def _lanes(
    data: pd.DataFrame, names: list[str], *, two_lines: bool = False
) -> tuple[alt.Chart, dict[str, Any]]:
    """Return a chart with a lane for each wave under each name, and where its marks stand."""
    axis = alt.Axis()
    if two_lines and any(", " in name for name in names):
        axis = alt.Axis(labelExpr="split(datum.label, ', ')", labelOffset=-7)
    y = alt.Y("name:N", sort=names, title=None, axis=axis, scale=alt.Scale(paddingInner=0.22))
    lane = alt.YOffset("wave:N", sort=list(HEIGHTS), scale=alt.Scale(domain=list(HEIGHTS)))
    return alt.Chart(data, width=PLOT, height=alt.Step(LANE)), {"y": y, "yOffset": lane}


def _texts(base: alt.Chart, x: Any, y: dict[str, Any]) -> list[Any]:
    """Return each value at the end of its bar, and at the end of the line what the pair shows."""
    styles: dict[str, dict[str, Any]] = {
        "then": {"fontSize": 11, "color": MUTED},
        "now": {"fontWeight": 600, "color": INK},
    }
    values = [
        base.transform_filter(f"datum.wave == '{wave}' && datum.text != '–'")
        .transform_calculate(told="datum.wave_name + ': ' + datum.text")
        .mark_text(align="left", dx=7, **style)
        .encode(x=x, text=alt.Text("told:N"), **y)
        for wave, style in styles.items()
    ]
    said = (
        base.transform_filter("datum.wave == 'now'")
        .mark_text(align="left", fontWeight=alt.expr("datum.clear ? 600 : 400"))
        .encode(
            x=alt.value(PLOT + RIGHT),
            text=alt.Text("beside:N"),
            color=alt.condition("datum.clear", alt.value(INK), alt.value(MUTED)),
            **y,
        )
    )
    return [*values, said]


def _tooltips(changes: Changes, answer: str = "") -> list[alt.Tooltip]:
    """Return what a bar says under the pointer: its own wave's value first."""
    of_pair = {"change_text": "Change", "interval": "Interval of the change", "said": "Verdict"}
    group = "group_label" if any(change.now.group_label for change in changes) else ""
    titles = {
        "label": "Item", group: "Group", answer: "Answer", "wave_name": "Wave", "text": "Share",
        "base": "Base", **of_pair, "status": "Status",
    }  # fmt: skip
    return charts.tooltips(**{field: title for field, title in titles.items() if field})
