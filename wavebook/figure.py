"""What every chart is shown with: its colours, its number, title and note, and itself in words.

A figure knows what its chart was made of, so that it can be drawn again beside earlier waves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Concatenate, ParamSpec

import altair as alt
from altair.utils.schemapi import debug_mode

from wavebook import chart_data
from wavebook.estimates import ASSUMED, SUPPRESSED, Estimates
from wavebook.vega import FONT, MIME

INK, MUTED, GRID = "#22303a", "#5b6871", "#dfe4e8"
ACCENT, CONTRAST = "#1d4e6b", "#c25e15"
FADED = 0.38
WIDTH = 430
# Attributes of a chart that one of our functions has made: that it is, and what it was made of.
OURS, DRAWING = "_wavebook_ours", "_wavebook_drawing"

P = ParamSpec("P")
Layers = alt.LayerChart | alt.FacetChart  # what Altair says that alt.layer returns

CONFIG: dict[str, Any] = {
    "font": FONT,
    "background": "white",
    "view": {"stroke": None},
    "axis": {
        "labelFontSize": 13,
        "titleFontSize": 13,
        "titleFontWeight": "normal",
        "labelColor": INK,
        "titleColor": MUTED,
        "gridColor": GRID,
        "domain": False,
        "ticks": False,
        "labelLimit": 230,
        "labelPadding": 6,
    },
    "legend": {
        "labelFontSize": 13,
        "titleFontSize": 13,
        "labelColor": INK,
        "titleColor": MUTED,
        "titleFontWeight": "normal",
        "orient": "top",
        "symbolType": "square",
        "labelLimit": 300,
        "offset": 8,
    },
    "header": {"labelFontSize": 14, "labelFontWeight": 600, "labelColor": INK, "title": None},
    "text": {"fontSize": 13, "color": INK},
    "title": {"fontSize": 15, "anchor": "start", "color": INK},
}


@dataclass(frozen=True)
class Figure:
    """A chart with its number, title, note and text alternative."""

    chart: alt.TopLevelMixin
    title: str
    description: str
    number: str = ""
    note: str = ""

    def spec(self) -> dict[str, Any]:
        """Return the Vega-Lite specification, with what the page needs under ``usermeta``."""
        # What our own functions draw is valid, as tests make sure; going through a schema of five
        # hundred definitions takes longer than all else. An author's own chart may hold a mistake.
        validate = OURS not in vars(self.chart)
        with alt.data_transformers.enable(chart_data.NAME), debug_mode(validate):
            spec: dict[str, Any] = self.chart.to_dict(validate=validate)
        spec["title"] = self.title
        spec["description"] = self.description
        spec["config"] = CONFIG
        spec["usermeta"] = {
            "wavebook": {"number": self.number, "title": self.title, "note": self.note}
        }
        return spec

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return {MIME: self.spec(), "text/plain": f"{self.title}\n{self.description}"}


def ours(made: Callable[P, Layers]) -> Callable[P, Layers]:
    """Return a chart function whose charts are valid, as tests make sure: see `Figure.spec`."""

    @wraps(made)
    def drawn(*arguments: P.args, **options: P.kwargs) -> Layers:
        with debug_mode(False):  # each mark and axis is not validated either
            chart = made(*arguments, **options)
        object.__setattr__(chart, OURS, True)
        return chart

    return drawn


def of_something(
    made: Callable[Concatenate[Estimates, P], Layers],
) -> Callable[Concatenate[Estimates, P], Layers]:
    """Return a chart function that draws nothing where there is nothing to draw."""
    draw = ours(made)

    @wraps(made)
    def drawn(estimates: Estimates, /, *arguments: P.args, **options: P.kwargs) -> Layers:
        chart = draw(estimates, *arguments, **options) if len(estimates) else alt.layer()
        return remember(chart, Drawing(made.__name__, (estimates, *arguments), options))

    return drawn


@dataclass(frozen=True)
class Drawing:
    """What a chart was made of, so that it can be drawn again beside earlier waves.

    Attributes
    ----------
    form
        The function that made it.
    values
        Its estimates, or panels of them.
    """

    form: str
    values: tuple[Any, ...]
    options: Mapping[str, Any] = field(default_factory=dict)


def remember(chart: Layers, drawing: Drawing) -> Layers:
    """Return a chart that knows what it was made of; its specification does not tell."""
    object.__setattr__(chart, OURS, True)
    object.__setattr__(chart, DRAWING, drawing)
    return chart


def drawing_of(chart: alt.TopLevelMixin, otherwise: Estimates) -> Drawing:
    """Return what a chart was made of; some values where it is the author's own."""
    known: Drawing | None = vars(chart).get(DRAWING)
    return known or Drawing("own", (otherwise,))


def describe(kind: str, title: str, estimates: Estimates) -> str:
    """Return a chart's text alternative: what it is and every value, assumed ones named as such."""
    lines: dict[str, list[str]] = {}
    for e in estimates:
        text = "not shown" if e.is_suppressed else e.text
        value = text + {"assumed": " (assumed)", "derived": " (derived)"}.get(e.status, "")
        group = e.group_label or (e.option_label if e.option_label not in ("Yes", "No") else "")
        lines.setdefault(e.label, []).append(f"{group} {value}".strip())
    body = "; ".join(f"{label}: {', '.join(values)}" for label, values in lines.items())
    return f"{kind}. {title}. {body}."


def status_note(estimates: Estimates) -> str:
    """Return how a chart shows what is not simply known, for the note under it; empty otherwise."""
    notes = []
    if any(e.stated for e in estimates):
        notes.append("A pale end or a bracket marks the range that the source's words allow.")
    if any(e.status == "assumed" for e in estimates):
        notes.append("Faded: assumed, not stated by the source.")
    if any(e.is_base_assumed for e in estimates):
        notes.append(f"{ASSUMED} How many answered is assumed.")
    if any(e.reliability == "low" for e in estimates):
        notes.append("Some values rest on few answers: read them with care.")
    if any(e.is_suppressed for e in estimates):
        notes.append(f"{SUPPRESSED} Not shown: too few people answered.")
    return " ".join(notes)
