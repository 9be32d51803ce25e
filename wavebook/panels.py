"""Charts of several questions at once: the same items under one heading a panel."""

from __future__ import annotations

import math
from collections.abc import Mapping

import altair as alt
import pandas as pd

from wavebook import charts
from wavebook.estimates import Estimates
from wavebook.figure import ACCENT, CONTRAST, FADED, WIDTH, Drawing, Layers, remember
from wavebook.layers import layered

KEY = "|"


def sections(panels: Mapping[str, Estimates]) -> Layers:
    """Return bars under headings, a colour a group, all on one scale.

    Parameters
    ----------
    panels
        By heading, the shares of each row in one or more groups (`Estimates.group_label`).
    """
    drawing = Drawing("sections", (panels,))
    panels = {heading: estimates for heading, estimates in panels.items() if len(estimates)}
    if not panels:
        return remember(alt.layer(), drawing)
    parts = []
    names: list[str] = []
    for heading, estimates in panels.items():
        part = charts.frame(estimates)
        part["name"] = heading + KEY + part["name"]
        names += [heading, *dict.fromkeys(part["name"])]
        parts.append(part)
    data = pd.concat(parts, ignore_index=True)
    domain = list(dict.fromkeys(data["group_label"]))
    is_heading = f"indexof(datum.value, '{KEY}') < 0"
    y = alt.Y(
        "name:N",
        sort=names,
        scale=alt.Scale(domain=names, paddingInner=0.22),
        title=None,
        axis=alt.Axis(
            labelExpr=f"{is_heading} ? datum.value : split(datum.value, '{KEY}')[1]",
            labelFontWeight=alt.condition(is_heading, alt.value(700), alt.value(400)),
        ),
    )
    offset = alt.YOffset("group_label:N", sort=domain)
    colours = [ACCENT, CONTRAST, "#7a8b3c", "#8a6fa8"][: len(domain)]
    colour = alt.Color("group_label:N", scale=alt.Scale(domain=domain, range=colours), title=None)
    # The scale ends at the next fifth that leaves room for the text.
    most = min(1.0, math.ceil((data["end"].max() + 0.06) * 5) / 5)
    x = alt.X(
        "solid:Q",
        title=None,
        scale=alt.Scale(domain=[0, most], nice=False),
        axis=alt.Axis(format="%", tickCount=round(most * 5)),
    )
    base = alt.Chart(data, width=WIDTH, height=alt.Step(16))
    tooltip = charts.tooltips(
        label="Item",
        group_label="Group",
        text="Share",
        interval="Interval",
        base="Base",
        status="Status",
    )
    bars = base.mark_bar().encode(
        y=y,
        yOffset=offset,
        x=x,
        color=colour,
        fillOpacity=charts.status_opacity(),
        tooltip=tooltip,
    )
    ends = (
        base.transform_filter("datum.is_range")
        .mark_bar(fillOpacity=FADED)
        .encode(
            y=y,
            yOffset=offset,
            x=alt.X("solid:Q"),
            x2=alt.X2("end:Q"),
            color=colour,
            tooltip=tooltip,
        )
    )
    text = base.mark_text(align="left", dx=5, fontSize=12).encode(
        y=y, yOffset=offset, x=alt.X("end:Q"), text=alt.Text("text:N")
    )
    return remember(layered(bars, ends, text), drawing)
