"""What a notebook works with: a finding of a wave, its estimates, tables, figures and headline."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import altair as alt

from wavebook import charts, commentary, wording
from wavebook import table as tables
from wavebook.asking import Asking
from wavebook.charts import Figure
from wavebook.errors import WavebookError
from wavebook.estimates import SUPPRESSED, Estimate, Estimates
from wavebook.evidence import Cell
from wavebook.project import Project
from wavebook.records import records
from wavebook.rows import chosen_engine
from wavebook.table import Table
from wavebook.wave import open_wave

VALUES_MIME = "application/vnd.wavebook.values+json"
HEADLINE = "headline"
MOST_BASES = 4  # more than these are told as a range


def finding(
    name: str,
    *,
    wave: str,
    compare: str | None = None,
    where: str | None = None,
    level: float = 0.95,
) -> Finding:
    """Open a finding of a wave; the first line of every notebook.

    Parameters
    ----------
    name
        The finding's id, e.g. ``growing``.
    wave
        Which wave to report.
    compare
        An earlier wave to compare with.
    where
        A condition that picks a slice of the respondents, e.g. ``phase == 'secondary'``.
    level
        Confidence level of the intervals.

    Raises
    ------
    WavebookError
        If there is no such wave, it has problems, or `where` is not a condition on its answers.
    """
    if compare is not None:
        raise WavebookError("comparing two waves is not possible yet: leave compare out")
    if not 0 < level < 1:
        raise WavebookError(f"level: {level} is not between 0 and 1")
    project = Project.find()
    read = open_wave(project, wave, chosen_engine() or "pandas")
    if where:
        problems = list(project.instrument.expression_problems(where))
        if problems:
            raise WavebookError("\n".join(f"--where: {problem}" for problem in problems))
    commentary.register()
    return Finding(project, read, where, level, name)


@dataclass(frozen=True)
class Finding(Asking):
    """One finding of one wave: its estimates, and what a page shows of them."""

    name: str

    def headline(self, value: Estimate, sentence: str) -> Headline:
        """Return the finding in one number: shown on its page, and on the book's first page."""
        if not value.untold:
            commentary.quotable(value)
        return Headline(self.name, value, sentence)

    def export(self, **values: Estimate | Estimates | float | str) -> Exports:
        """Hand values on to the book's chapters, as ``{{ <finding>.<name> | pct }}``."""
        return Exports(self.name, values)

    def figure(
        self,
        number: str,
        title: str,
        chart: alt.TopLevelMixin,
        shown: Estimates,
        *,
        kind: str = "Bar chart",
        note: str = "",
        asked: str = "",
        drawn: Estimates | None = None,
    ) -> Figure | LeftOut:
        """Return a numbered chart with its source and note, and a text alternative made of numbers.

        Parameters
        ----------
        number
            The figure's number in the commentary, such as ``5`` or ``5b``.
        shown
            The values that the text alternative tells.
        kind
            The form of the chart, for those who can't see it.
        note
            What a reader must know besides source, base and status.
        asked
            Who was asked, where the values come from several questions; the base's label otherwise.
        drawn
            All that is drawn, where that is more than what is told: the legend says if any of it is
            assumed.
        """
        drawn = shown if drawn is None else drawn
        title = self._titled(title)
        if not len(shown) or not len(drawn):
            return LeftOut(f"Figure {number}. {title}", _reasons(shown, drawn))
        notes = (
            self._source(shown, asked),
            note,
            charts.status_note(drawn),
            self._not_asked_about(shown),
        )
        text = " ".join(part for part in notes if part)
        return Figure(chart, title, charts.describe(kind, title, shown), number, text)

    @property
    def slice_label(self) -> str:
        """What the slice is, for readers; empty for a whole wave."""
        return self.wave.instrument.in_words(self.where) if self.where else ""

    def _titled(self, title: str) -> str:
        return f"{title} ({self.slice_label})" if self.where else title

    def _not_asked_about(self, shown: Estimates) -> str:
        """Return the rows and questions that this wave might have asked about and did not."""
        year, questions = self.wave.about.year, self.wave.instrument.questions
        labels: dict[str, None] = {}
        for e in shown.absent:
            question = questions[e.cell.question]
            item = question.rows.get(e.cell.row)
            if not self.wave.asks(e.cell.question):
                labels[e.group_label or question.label] = None
            elif e.cell.row in self.wave.rows_asked(e.cell.question):
                continue
            elif item and item.named and item.existed_in(year):
                labels[item.label] = None
        return f"Not asked in {year}: {wording.join(list(labels))}." if labels else ""

    def _source(self, shown: Estimates, asked: str = "") -> str:
        """Return where the values come from and how many people they rest on."""
        question = self.wave.instrument.question(shown.values[0].cell.question)
        part = self.wave.instrument.parts[question.part]
        bases = dict.fromkeys((e.group_label or e.short, e.base, e.base_text) for e in shown)
        known = [base for _, base, text in bases if text != SUPPRESSED]
        if len({text for _, _, text in bases}) == 1:
            told = shown.values[0].base_text
        elif len(bases) <= MOST_BASES:
            told = "; ".join(f"{label} {text}" for label, _, text in bases)
        else:
            told = f"{min(known):,} to {max(known):,}"
        years = f"{self.wave.about.fieldwork.start[:4]}–{self.wave.about.fieldwork.end[2:4]}"
        if self.wave.about.fieldwork.start[:4] == self.wave.about.fieldwork.end[:4]:
            years = self.wave.about.fieldwork.end[:4]
        slice_ = f" Only: {self.slice_label}." if self.where else ""
        return f"Source: {part.label}, {years}. {asked or question.base_label} ({told}).{slice_}"

    def table(
        self,
        title: str,
        shown: Estimates,
        *,
        heading: str,
        figure: str = "",
        headline: str | None = None,
        also: Estimates | None = None,
        note: str = "",
        **layout: Any,
    ) -> Table | LeftOut:
        """Return shares as a table and hand them to ``tables/<finding>.csv``.

        Parameters
        ----------
        also
            Further values for the CSV file that the page does not show, such as counts and places.
        note
            What a reader must know besides the notes on statuses.
        heading, headline, layout
            See `wavebook.table.shares_table`.
        """
        title = self._titled(title)
        if not len(shown):
            return LeftOut(title, _reasons(shown))
        made = tables.shares_table(
            title,
            shown,
            heading=heading,
            headline=headline,
            finding=self.name,
            figure=figure,
            **layout,
        )
        more = records(also, self.name, figure) if also else ()
        notes = tuple(text for text in (note, *made.notes, self._not_asked_about(shown)) if text)
        return replace(made, notes=notes, records=(*made.records, *more))


@dataclass(frozen=True)
class LeftOut:
    """What stands where a figure or table would, of which this wave or slice has no answers."""

    title: str
    reasons: tuple[str, ...]

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        text = f"**{self.title}.** {commentary.left_out(self.reasons)}"
        return {"text/markdown": text, "text/plain": text}


def _reasons(*shown: Estimates) -> tuple[str, ...]:
    reasons = (e.untold for estimates in shown for e in estimates.absent if e.untold)
    return tuple(dict.fromkeys(reasons))[:1] or (commentary.NO_ANSWERS,)


@dataclass(frozen=True)
class Headline:
    """A finding in one number."""

    finding: str
    value: Estimate
    sentence: str

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        text = f"{self.value.percent} {self.sentence}"
        if self.value.untold:
            text = commentary.left_out([self.value.untold])
        elif self.value.certainty:
            text += f" ({self.value.interval_name} {self.value.interval})"
        data = {
            "finding": self.finding,
            "values": {HEADLINE: _packed(self.value)},
            "sentence": self.sentence,
        }
        return {VALUES_MIME: data, "text/plain": text}


@dataclass(frozen=True)
class Exports:
    """Values for the book's chapters."""

    finding: str
    values: dict[str, Estimate | Estimates | float | str]

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        packed: dict[str, Any] = {}
        for name, value in self.values.items():
            if isinstance(value, Estimate):
                packed[name] = _packed(value)
            elif isinstance(value, Estimates):
                packed[name] = {
                    "values": [_packed(e) for e in value],
                    "absent": [_packed(e) for e in value.absent],
                }
            else:
                packed[name] = value
        return {
            VALUES_MIME: {"finding": self.finding, "values": packed},
            "text/plain": f"For the book's chapters: {', '.join(self.values)}",
        }


def _packed(e: Estimate) -> dict[str, Any]:
    """Return an estimate as plain data, its cell first."""
    return {
        "cell": list(e.cell),
        **{
            name: getattr(e, name)
            for name in (
                "value", "low", "high", "base", "status", "label", "short", "option_label",
                "group_label", "stated", "rank", "level",
            )
        },
        **({"value": None} if e.is_missing else {}),
        **({} if e.reliability == "sound" else {"reliability": e.reliability}),
        **({"untold": e.untold} if e.untold else {}),
    }  # fmt: skip


def unpacked(data: Any) -> Any:
    """Return what `Exports` packed: an estimate, several, or a plain value."""
    if isinstance(data, dict) and data.keys() == {"values", "absent"}:
        return Estimates(*(tuple(map(unpacked, data[name])) for name in ("values", "absent")))
    if isinstance(data, dict) and "cell" in data:
        stated = data["stated"]
        if data["value"] is None:
            data = {**data, "value": math.nan}
        return Estimate(
            Cell(*data["cell"]),
            **{k: v for k, v in data.items() if k not in ("cell", "stated")},
            stated=tuple(stated) if stated else None,
        )
    return data
