"""What a notebook works with: a finding of a wave, its estimates, tables, figures, headline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import altair as alt
import pandas as pd

from wavebook import charts, commentary, estimate
from wavebook import table as tables
from wavebook.charts import Figure
from wavebook.design import Design
from wavebook.errors import WavebookError, listing, nearest
from wavebook.estimates import Estimate, Estimates, judged, with_ranks
from wavebook.evidence import Cell, Claim, Evidence, read_evidence
from wavebook.instrument import Question
from wavebook.project import Project
from wavebook.table import Table
from wavebook.wave import Wave, read_wave

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
    read = read_wave(project, wave)
    if where:
        problems = list(project.instrument.expression_problems(where))
        if problems:
            raise WavebookError("\n".join(f"--where: {problem}" for problem in problems))
    commentary.register()
    return Finding(name, project, read, where, level)


@dataclass(frozen=True)
class Finding:
    """One finding of one wave."""

    name: str
    project: Project
    wave: Wave
    where: str | None
    level: float

    @cached_property
    def evidence(self) -> Evidence | None:
        """What a published report states, where the wave is a reconstruction of it."""
        path = self.wave.about.evidence
        if path is None or not self.wave.is_reconstruction or self.where:
            return None
        return read_evidence(self.project.root / path, path)

    # Estimates

    def shares(
        self,
        question: str,
        *,
        rows: Sequence[str] | None = None,
        options: Sequence[str] | None = None,
        by: str | Sequence[str] | None = None,
    ) -> Estimates:
        """Return shares of a question's options and nets, for every row.

        Parameters
        ----------
        question
            Code of a single, matrix, multiple or derived question.
        rows, options
            Only these, in this order; every row and option otherwise, then the nets.
        by
            A question, or several, whose answers make the groups.
        """
        asked = self._question(question, "single", "matrix", "multiple", "derived")
        columns = self.wave.rows_asked(question)
        wanted = self._codes(question, rows, columns, "row")
        yes_no = asked.type in ("multiple", "derived")
        known = ("yes", "no") if yes_no else (*asked.options, *asked.nets)
        shown = (
            self._codes(question, options, known, "option")
            if options
            else known[: 1 if yes_no else None]
        )
        found: list[Estimate] = []
        for row in wanted:
            found += self._row_shares(question, asked, row, columns[row], shown, by)
        return Estimates(tuple(found))

    def _row_shares(
        self,
        name: str,
        question: Question,
        row: str,
        column: str,
        options: Sequence[str],
        by: str | Sequence[str] | None,
    ) -> Iterator[Estimate]:
        group_by = [by] if isinstance(by, str) else list(by or ())
        nets = {code: net.options for code, net in question.nets.items() if code in options}
        frame = estimate.share(
            self.wave.frames[question.part],
            column,
            by=group_by or None,
            design=self._design(question.part),
            level=self.level,
            options=question.answers,
            nets=nets,
            where=self.where,
        )
        groups = frame[group_by].drop_duplicates().itertuples(index=False) if group_by else [()]
        for group in groups:
            code, label = self._group(group_by, tuple(group))
            part = frame
            for key, value in zip(group_by, group, strict=True):
                part = part[part[key] == value]
            by_option = {str(line["option"]): line for _, line in part.iterrows()}
            for option in options:
                line = by_option[option]
                share = float(line["share"])
                yield self._estimate(Cell(name, row, option, code), question, line, share, label)

    def ranks(self, question: str, *, by: str | None = None) -> Estimates:
        """Return the mean rank of every row of a ranking question, with its place among them.

        The result holds two measures a row, ``mean_rank`` and ``rank``.
        """
        asked = self._question(question, "ranking")
        columns = self.wave.rows_asked(question)
        frame = estimate.mean(
            self.wave.frames[asked.part],
            list(columns.values()),
            by=by,
            design=self._design(asked.part),
            level=self.level,
            where=self.where,
        )
        found: tuple[Estimate, ...] = ()
        groups = list(dict.fromkeys(frame[by])) if by else [None]
        for group in groups:
            code, label = self._group([by], (group,)) if by else ("", "")
            part = frame[frame[by] == group] if by else frame
            means = [
                self._estimate(
                    Cell(question, line["row"], "", code, "mean_rank"),
                    asked,
                    line,
                    line["mean"],
                    label,
                )
                for _, line in part.iterrows()
            ]
            ranked = with_ranks(Estimates(tuple(means)))
            found += ranked.values + tuple(self._place(e) for e in ranked)
        return Estimates(found)

    def places(self, shares: Estimates) -> Estimates:
        """Return the place of each share among its siblings, largest first, as its own measure."""
        return Estimates(tuple(self._place(e) for e in with_ranks(shares)))

    def _place(self, e: Estimate) -> Estimate:
        place = replace(
            e,
            cell=e.cell._replace(measure="rank"),
            value=float(e.rank.rstrip("=")),
            low=None,
            high=None,
            se=None,
            stated=None,
        )
        return self._with_status(place)

    def counts(self, shares: Estimates) -> Estimates:
        """Return how many respondents each share stands for, as a measure of its own."""
        return Estimates(
            tuple(
                self._with_status(
                    replace(
                        e,
                        cell=e.cell._replace(measure="count"),
                        value=float(e.count or 0),
                        low=None,
                        high=None,
                        se=None,
                    )
                )
                for e in shares
            )
        )

    def rows(self, question: str) -> Estimate:
        """Return how many rows a question asked about, as a measure of its own."""
        asked = self.wave.instrument.question(question)
        count = len(self.wave.rows_asked(question))
        cell = Cell(question, measure="rows")
        return self._with_status(
            Estimate(cell, count, None, None, self.base(question), "measured", asked.label)
        )

    def base(self, question: str, row: str = "") -> int:
        """Return how many people answered a question (or one row of it)."""
        columns = self.wave.rows_asked(question)
        frame = self.wave.frames[self.wave.instrument.question(question).part]
        column = columns[row] if row else next(iter(columns.values()))
        return int(frame[column].notna().sum())

    def _estimate(
        self, cell: Cell, question: Question, line: pd.Series[Any], value: float, group_label: str
    ) -> Estimate:
        item = question.rows.get(cell.row)
        label = item.label if item else question.label
        yes = question.type in ("multiple", "derived")
        return self._with_status(
            Estimate(
                cell,
                float(value),
                _number(line["low"]),
                _number(line["high"]),
                int(line["base"]),
                "measured",
                label if (item or yes) else question.label_of(cell.option),
                (item.chart_label if item else question.label)
                if (item or yes)
                else question.label_of(cell.option),
                question.label_of(cell.option) if cell.option and not yes else "",
                group_label,
                _number(line["se"]),
                _number(line["effective_base"]),
                count=int(line["count"]) if "count" in line else None,
                level=self.level,
            )
        )

    def _with_status(self, e: Estimate) -> Estimate:
        if not self.wave.is_reconstruction:
            return e
        if self.evidence is None:
            return judged(e, None)
        # A count that is known makes its share known, the base being so.
        count = self.evidence.about(e.cell._replace(measure="count"))
        return judged(e, self.evidence.about(e.cell) or _as_share(count, e.base))

    def _group(self, by: Sequence[str], values: Sequence[Any]) -> tuple[str, str]:
        questions = self.wave.instrument.questions
        code = " & ".join(f"{key}={value}" for key, value in zip(by, values, strict=True))
        label = ", ".join(
            questions[key].label_of(str(value)) if key in questions else str(value)
            for key, value in zip(by, values, strict=True)
        )
        return code, label

    def _design(self, part: str) -> Design:
        file = self.wave.about.parts[part]
        return Design(file.weight, file.strata, file.cluster, file.fpc)

    def _question(self, name: str, *types: str) -> Question:
        question = self.wave.instrument.question(name)
        if question.type not in types:
            raise WavebookError(f"{name} is a {question.type} question, not {' or '.join(types)}")
        if not self.wave.asks(name):
            raise WavebookError(f"wave {self.wave.id} did not ask {name}")
        return question

    @staticmethod
    def _codes(
        question: str, wanted: Sequence[str] | None, known: Any, kind: str
    ) -> tuple[str, ...]:
        for code in wanted or ():
            if code not in known:
                raise WavebookError(
                    f"{question} has no {kind} '{code}' {listing(known)}{nearest(code, known)}"
                )
        return tuple(wanted or known)

    # What a page shows

    def headline(self, value: Estimate, sentence: str) -> Headline:
        """Return the finding in one number: shown on its page, and on the book's first page."""
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
    ) -> Figure:
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
        notes = (self._source(shown, asked), note, charts.status_note(drawn))
        text = " ".join(part for part in notes if part)
        return Figure(chart, title, charts.describe(kind, title, shown), number, text)

    def _source(self, shown: Estimates, asked: str = "") -> str:
        """Return where the values come from and how many people they rest on."""
        question = self.wave.instrument.question(shown.values[0].cell.question)
        part = self.wave.instrument.parts[question.part]
        bases = dict.fromkeys((e.group_label or e.short, e.base) for e in shown)
        if len({base for _, base in bases}) == 1:
            told = f"{shown.values[0].base:,}"
        elif len(bases) <= MOST_BASES:
            told = "; ".join(f"{label} {base:,}" for label, base in bases)
        else:
            told = f"{min(b for _, b in bases):,} to {max(b for _, b in bases):,}"
        years = f"{self.wave.about.fieldwork.start[:4]}–{self.wave.about.fieldwork.end[2:4]}"
        if self.wave.about.fieldwork.start[:4] == self.wave.about.fieldwork.end[:4]:
            years = self.wave.about.fieldwork.end[:4]
        slice_ = f" Slice: {self.where}." if self.where else ""
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
    ) -> Table:
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
        made = tables.shares_table(
            title,
            shown,
            heading=heading,
            headline=headline,
            finding=self.name,
            figure=figure,
            **layout,
        )
        more = also.records(self.name, figure) if also else ()
        notes = (*((note,) if note else ()), *made.notes)
        return replace(made, notes=notes, records=(*made.records, *more))


@dataclass(frozen=True)
class Headline:
    """A finding in one number."""

    finding: str
    value: Estimate
    sentence: str

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        text = f"{self.value.percent} {self.sentence}"
        data = {
            "finding": self.finding,
            "values": {HEADLINE: [_packed(self.value)]},
            "sentence": self.sentence,
        }
        if self.value.certainty:
            text += f" ({self.value.interval_name} {self.value.interval})"
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
                packed[name] = [_packed(e) for e in value]
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
    }  # fmt: skip


def unpacked(data: Any) -> Any:
    """Return what `Exports` packed: an estimate, several, or a plain value."""
    if isinstance(data, list):
        return Estimates(tuple(unpacked(one) for one in data))
    if isinstance(data, dict) and "cell" in data:
        stated = data["stated"]
        return Estimate(
            Cell(*data["cell"]),
            **{k: v for k, v in data.items() if k not in ("cell", "stated")},
            stated=tuple(stated) if stated else None,
        )
    return data


def _as_share(count: Claim | None, base: int) -> Claim | None:
    """Return a known count as the claim about a share that it amounts to."""
    if count is None or count.low is None or count.low != count.high or not base:
        return None
    share = count.low / base
    return replace(count, measure="share", low=share, high=share)


def _number(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)
