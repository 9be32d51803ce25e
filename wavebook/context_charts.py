"""Charts of quantities that documents state: growth towards a target, shares, events in time.

As in the findings' charts, what is not stated outright looks different: a derived value is paler
with a dashed edge, and a range is solid up to its lower bound.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from wavebook.context import Quantities, Quantity
from wavebook.figure import ACCENT, CONTRAST, FADED, GRID, INK, MUTED, WIDTH, Figure, ours
from wavebook.layers import layered

OTHER = "#7a8b3c"


@ours
def growth(
    stages: Sequence[tuple[str, Sequence[Quantity]]], *, target: Quantity
) -> alt.LayerChart | alt.FacetChart:
    """Return columns of parts that add up, stage by stage, below the line of a target.

    Parameters
    ----------
    stages
        A label and the parts that make up the total at that stage, the oldest part first.
    """
    data: list[dict[str, Any]] = []
    totals: list[dict[str, Any]] = []
    for stage, parts in stages:
        end = 0.0
        for part in parts:
            data.append(
                {
                    "stage": stage,
                    "part": part.what,
                    "from": end,
                    "to": end + part.value,
                    "text": str(part),
                    "status": part.status,
                    "is_new": part is parts[-1],
                }
            )
            end += part.value
        totals.append({"stage": stage, "value": end, "text": f"{end:,.0f}"})
    order = [stage for stage, _ in stages]
    x = alt.X("stage:N", sort=order, title=None, axis=alt.Axis(labelAngle=0, labelLimit=120))
    y = alt.Y("from:Q", title=None, scale=alt.Scale(domain=[0, target.value * 1.1], nice=False))
    bars = (
        alt.Chart(pd.DataFrame(data), width=WIDTH, height=260)
        .mark_bar(width=64, stroke="white", strokeWidth=1)
        .encode(
            x=x,
            y=y,
            y2=alt.Y2("to:Q"),
            color=alt.Color(
                "is_new:N",
                scale=alt.Scale(domain=[True, False], range=[ACCENT, "#9dc1d6"]),
                legend=alt.Legend(
                    title=None, labelExpr="datum.value ? 'Newly designated' : 'Designated before'"
                ),
            ),
            fillOpacity=alt.FillOpacityValue(
                1, condition={"test": "datum.status == 'derived'", "value": 0.55}
            ),
            tooltip=[
                alt.Tooltip("part:N", title="Part"),
                alt.Tooltip("text:N", title="Number"),
                alt.Tooltip("status:N", title="Status"),
            ],
        )
    )
    labels = (
        alt.Chart(pd.DataFrame(totals))
        .mark_text(dy=-9, fontWeight=600)
        .encode(x=x, y=alt.Y("value:Q"), text=alt.Text("text:N"))
    )
    goal = pd.DataFrame([{"value": target.value, "text": f"{target.what}: {target.figure}"}])
    rule = alt.Chart(goal).mark_rule(color=CONTRAST, strokeDash=[6, 4], strokeWidth=2)
    name = alt.Chart(goal).mark_text(align="left", dx=4, dy=-9, color=CONTRAST, fontWeight=600)
    return layered(
        bars,
        labels,
        rule.encode(y=alt.Y("value:Q")),
        name.encode(y=alt.Y("value:Q"), x=alt.value(0), text=alt.Text("text:N")),
    )


@ours
def shares(quantities: Quantities) -> alt.LayerChart | alt.FacetChart:
    """Return a bar a share, solid as far as it is certain and paler up to its upper bound."""
    return _bars(quantities, alt.Scale(domain=[0, 1], nice=False), "%")


@ours
def counts(quantities: Quantities) -> alt.LayerChart | alt.FacetChart:
    """Return a bar a count."""
    most = max(q.high for q in quantities)
    return _bars(quantities, alt.Scale(domain=[0, most * 1.18], nice=False), ",d")


def _bars(quantities: Quantities, scale: alt.Scale, form: str) -> alt.LayerChart | alt.FacetChart:
    data = pd.DataFrame(
        {
            "name": q.what,
            "solid": q.low,
            "end": q.high,
            "text": str(q),
            "status": q.status,
            "stated": q.status == "stated",
        }
        for q in quantities
    )
    y = alt.Y(
        "name:N",
        sort=list(data["name"]),
        title=None,
        axis=alt.Axis(labelLimit=270, labelExpr=_WRAP),
    )
    x = alt.X("solid:Q", title=None, scale=scale, axis=alt.Axis(format=form, tickCount=5))
    base = alt.Chart(data, width=WIDTH - 60, height=alt.Step(48))
    tooltip = [
        alt.Tooltip("name:N", title="Quantity"),
        alt.Tooltip("text:N", title="Value"),
        alt.Tooltip("status:N", title="Status"),
    ]
    solid = base.mark_bar(height=22, color=ACCENT, stroke=ACCENT, strokeWidth=1).encode(
        y=y,
        x=x,
        fillOpacity=alt.FillOpacity(
            "stated:O",
            scale=alt.Scale(domain=[True, False], range=[1, FADED]),
            legend=None
            if bool(data["stated"].all())
            else alt.Legend(
                title=None,
                labelExpr="datum.value ? 'Stated' : 'Derived from stated figures'",
                symbolFillColor=ACCENT,
            ),
        ),
        strokeDash=alt.StrokeDash(
            "stated:N", scale=alt.Scale(domain=[True, False], range=[[1, 0], [3, 2]]), legend=None
        ),
        tooltip=tooltip,
    )
    open_end = (
        base.transform_filter("datum.end > datum.solid")
        .mark_bar(height=22, color=ACCENT, fillOpacity=FADED)
        .encode(y=y, x=alt.X("solid:Q"), x2=alt.X2("end:Q"), tooltip=tooltip)
    )
    text = base.mark_text(align="left", dx=6).encode(y=y, x=alt.X("end:Q"), text=alt.Text("text:N"))
    return layered(solid, open_end, text)


# Vega sets a label on one line unless it is given several: break it near the middle.
_WRAP = (
    "length(datum.label) < 30 ? datum.label : "
    "[slice(datum.label, 0, indexof(datum.label + ' ', ' ', length(datum.label) / 2 - 1)), "
    "slice(datum.label, indexof(datum.label + ' ', ' ', length(datum.label) / 2 - 1) + 1)]"
)


@ours
def timeline(
    events: Sequence[Mapping[str, str]], strands: Mapping[str, str], *, until: int
) -> alt.LayerChart | alt.FacetChart:
    """Return events in the order of time, one a line, a colour and shape a strand.

    Parameters
    ----------
    events
        Rows with ``year``, ``until`` (may be empty), ``strand``, ``title``, ``what`` and
        ``date_status``: an event whose year no document at hand states is drawn hollow.
    strands
        Labels of the strands by code.
    until
        The last year on the axis.
    """
    ordered = sorted(events, key=lambda row: int(row["year"]))
    data = pd.DataFrame(
        {
            "title": row["title"],
            "year": int(row["year"]),
            "end": int(row["until"] or row["year"]),
            "strand": strands[row["strand"]],
            "what": row["what"],
            "when": row["year"] + (f"–{row['until']}" if row["until"] else ""),
            "known": row["date_status"] == "stated",
            "line": number,
        }
        for number, row in enumerate(ordered)
    )
    first = int(data["year"].min())
    domain = list(strands.values())
    colours = [ACCENT, CONTRAST, OTHER, MUTED][: len(domain)]
    shapes = ["circle", "diamond", "square", "triangle-up"][: len(domain)]
    y = alt.Y(
        "title:N",
        sort=list(data["title"]),
        title=None,
        axis=alt.Axis(labelLimit=270, grid=True, gridColor=GRID),
    )
    x = alt.X(
        "year:Q",
        title=None,
        scale=alt.Scale(domain=[first - 0.5, until + 0.5], nice=False),
        axis=alt.Axis(format="d", values=list(range(first, until + 1, 4)), orient="top"),
    )
    legend = alt.Legend(title=None, columns=1, symbolOpacity=1)
    colour = alt.Color("strand:N", scale=alt.Scale(domain=domain, range=colours), legend=legend)
    base = alt.Chart(data, width=WIDTH - 60, height=alt.Step(25))
    tooltip = [
        alt.Tooltip("when:N", title="When"),
        alt.Tooltip("title:N", title="Event"),
        alt.Tooltip("what:N", title="What happened"),
    ]
    spans = (
        base.transform_filter("datum.end > datum.year")
        .mark_rule(strokeWidth=4, opacity=0.5)
        .encode(y=y, x=x, x2=alt.X2("end:Q"), color=colour, tooltip=tooltip)
    )
    points = base.mark_point(size=90, strokeWidth=2, opacity=1).encode(
        y=y,
        x=x,
        color=colour,
        shape=alt.Shape("strand:N", scale=alt.Scale(domain=domain, range=shapes), legend=legend),
        fill=alt.Fill("strand:N", scale=alt.Scale(domain=domain, range=colours), legend=legend),
        fillOpacity=alt.FillOpacity(
            "known:O", scale=alt.Scale(domain=[True, False], range=[1, 0]), legend=None
        ),
        tooltip=tooltip,
    )
    is_late = f"datum.year > {first + 0.72 * (until - first)}"
    years = base.mark_text(color=INK, fontSize=12)
    right = years.mark_text(color=INK, fontSize=12, align="left", dx=9)
    left = years.mark_text(color=INK, fontSize=12, align="right", dx=-9)
    return layered(
        spans,
        points,
        right.transform_filter(f"!({is_late})").encode(
            y=y, x=alt.X("end:Q"), text=alt.Text("when:N")
        ),
        left.transform_filter(is_late).encode(y=y, x=x, text=alt.Text("when:N")),
    )


def figure(
    title: str, chart: alt.TopLevelMixin, kind: str, lines: Sequence[str], note: str
) -> Figure:
    """Return a chart with a text alternative made of its lines.

    Parameters
    ----------
    kind
        What the chart is: ``Bar chart``, ``Timeline``.
    lines
        A statement for each mark, in the order of the chart.
    note
        Printed under the chart: its source.
    """
    return Figure(chart, title, f"{kind}. {title}. {'; '.join(lines)}.", note=note)


def told(quantities: Quantities) -> list[str]:
    """Return each quantity as a line of a text alternative, a derived one named as such."""
    return [f"{q.what}: {q}{' (derived)' if q.status == 'derived' else ''}" for q in quantities]
