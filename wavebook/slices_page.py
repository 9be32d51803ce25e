"""The page that compares a wave's slices: every finding's headline, as charts and tables."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import altair as alt
from docutils.utils.smartquotes import smartyPants
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from wavebook import charts, wording
from wavebook.asking import Asking
from wavebook.csv_file import inert
from wavebook.drawn import chart_svg
from wavebook.estimates import SUPPRESSED, Estimates
from wavebook.figure import ACCENT, CONFIG, CONTRAST, MUTED, WIDTH
from wavebook.notices import notices_of
from wavebook.slices import Compared, Slice, people_in

THEME = Path(__file__).parent / "theme"
SAID = {"up": "clearly above", "down": "clearly below", "no clear change": "no clear difference"}
MARKS = {"up": " ▲", "down": " ▼"}
COLUMNS = (
    "finding", "question", "row", "option", "group", "label", "measure",
    "value", "low", "high", "base", "status", "reliability", "verdict",
)  # fmt: skip


@dataclass(frozen=True)
class Chart:
    """A finding's headline in all slices, drawn."""

    svg: str
    description: str
    note: str


def slices_page(
    asking: Asking,
    by: str,
    slices: Sequence[Slice],
    compared: Sequence[Compared],
    *,
    title: str,
    language: str = "en-GB",
) -> str:
    """Return the page that leads to each slice's commentary, as HTML that needs no script.

    Parameters
    ----------
    by
        The question that the wave is cut by.
    """
    about, instrument = asking.wave.about, asking.wave.instrument
    question = instrument.questions[by]
    pages = Environment(
        loader=FileSystemLoader(THEME), autoescape=select_autoescape(), undefined=StrictUndefined
    )
    pages.filters.update(
        number=wording.number, listed=wording.join, inner=wording.inner, typeset=_typeset
    )
    told = [one for one in slices if one.respondents is not None]
    part = instrument.parts[question.part]
    people, unanswered = people_in(asking, by)
    respondents = SUPPRESSED if people is None else f"{people:,}"
    who = f"the {respondents} people of the {part.short or part.label} part"
    notices = notices_of(about, slice_label=instrument.in_words(asking.where))
    return pages.get_template("slices.html").render(
        language=language,
        title=f"{title}: by {wording.inner(question.label)}",
        notice=notices.full,
        question=question.label,
        everyone_of=f"{who} who are picked here" if asking.where else who,
        respondents=respondents,
        told=told,
        hidden=[one for one in slices if one.respondents is None],
        unanswered=unanswered,
        compared=compared,
        has_hidden_values=any(e.is_suppressed for one in compared for e in one.values.values()),
        charts={one.finding.id: _chart(one, question.label) for one in compared},
        cell=_cell,
        said=_said,
    )


def slices_csv(slices: Sequence[Slice], compared: Sequence[Compared]) -> str:
    """Return the compared headlines as CSV: a row for each finding and slice."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    labels = {one.code: one.label for one in slices}
    for one in compared:
        for code, e in one.values.items():
            known = not e.is_missing
            writer.writerow(
                {
                    "finding": one.finding.id,
                    **e.cell._asdict(),
                    "label": inert(labels[code]),
                    "value": round(e.value, 10) if known else None,
                    "low": e.low if known else None,
                    "high": e.high if known else None,
                    "base": e.base if known else None,
                    "status": e.status,
                    "reliability": e.reliability,
                    "verdict": SAID.get(one.verdicts.get(code, ""), ""),
                }
            )
    return text.getvalue()


def _typeset(text: str) -> str:
    """Return a text with the quotation marks and apostrophes of the commentaries' pages."""
    return str(smartyPants(text, attr="q"))


def _cell(one: Compared, code: str) -> str:
    e = one.values.get(code)
    return "–" if e is None else e.text + MARKS.get(one.verdicts.get(code, ""), "")


def _said(one: Compared, code: str) -> str:
    return SAID.get(one.verdicts.get(code, ""), "–")


def _chart(one: Compared, question: str) -> Chart | None:
    """Return a dot with its interval for each slice, the largest first, beside everybody."""
    shown = Estimates(tuple(e for e in one.values.values() if not e.is_missing))
    if not len(shown):
        return None
    data = charts.frame(shown, by="group_label")
    verdicts = {e.group_label: one.verdicts.get(code, "") for code, e in one.values.items()}
    data["clear"] = [verdicts.get(name, "") in MARKS for name in data["name"]]
    order = [e.group_label for e in shown.ranked]
    y = alt.Y("name:N", sort=order, title=None)
    is_share = one.everyone.cell.measure == "share"
    x = charts.share_axis("value:Q") if is_share else alt.X("value:Q", title=None)
    base = alt.Chart(data, width=WIDTH, height=alt.Step(20))
    layers: list[alt.Chart] = []
    if is_share and not one.everyone.is_missing:
        whole = alt.Chart(data.iloc[:1].assign(value=one.everyone.value))
        layers.append(whole.mark_rule(color=CONTRAST, strokeWidth=2).encode(x=x))
    layers += [
        base.transform_filter("datum.whisker")
        .mark_rule(color=MUTED, strokeWidth=1.5)
        .encode(y=y, x=alt.X("low:Q"), x2=alt.X2("high:Q")),
        base.mark_point(size=60, opacity=1, color=ACCENT, strokeWidth=1.6).encode(
            y=y,
            x=x,
            fill=alt.condition("datum.clear", alt.value(ACCENT), alt.value("white")),
        ),
    ]
    spec = alt.layer(*layers).to_dict()
    spec["config"] = CONFIG
    first, last = shown.ranked[0], shown.ranked[-1]
    note = f"The line through each dot is its {one.everyone.interval_name}."
    if is_share:
        note += " The vertical line is everybody; a filled dot is clearly above or below it."
    return Chart(
        chart_svg(spec),
        f"Dot plot of {len(shown)} groups by {question}, from {first.group_label}, {first.text}, "
        f"to {last.group_label} with {last.text}; everybody: {one.everyone.text}. "
        "The table below has every value.",
        note,
    )
