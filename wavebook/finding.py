"""What a notebook works with: a finding of a wave, its estimates, tables, figures and headline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import altair as alt

from wavebook import commentary, wording
from wavebook import table as tables
from wavebook.asking import Asking
from wavebook.change_table import change_columns, changes_table
from wavebook.compared_charts import figure_of_waves
from wavebook.errors import WavebookError
from wavebook.estimates import ASSUMED, SUPPRESSED, Estimate, Estimates
from wavebook.evidence import Cell
from wavebook.exports import RESERVED, Exports, Headline, Title
from wavebook.figure import Figure, describe, drawing_of, status_note
from wavebook.history import History, open_earlier
from wavebook.interviews import Voices, voices
from wavebook.placeholders import quotable
from wavebook.project import Project
from wavebook.records import records
from wavebook.statements import NOT_ASKED, NOT_STATED, Check, Statement, statement
from wavebook.table import Table
from wavebook.told import chosen_engine
from wavebook.untold import NO_ANSWERS, LeftOut
from wavebook.wave import open_wave

OPENED = "_wavebook_finding"  # in a notebook's variables: the finding that it is about
MOST_BASES = 4  # more than these are told as a range


def finding(
    name: str,
    *,
    wave: str,
    compare: str | Sequence[str] | None = None,
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
        An earlier wave to compare with, or several, joined by commas.
    where
        A condition that picks a slice of the respondents, e.g. ``phase == 'secondary'``.
    level
        Confidence level of the intervals.

    Raises
    ------
    WavebookError
        If there is no such wave, it has problems, or `where` is not a condition on its answers;
        or if a wave to compare with is not an earlier one.
    """
    if not 0 < level < 1:
        raise WavebookError(f"level: {level} is not between 0 and 1")
    _check_asked(name, {"wave": wave, "compare": compare, "where": where, "level": level})
    project = Project.find()
    engine = chosen_engine() or "pandas"
    read = open_wave(project, wave, engine)
    if where:
        problems = list(project.instrument.expression_problems(where))
        if problems:
            raise WavebookError("\n".join(f"--where: {problem}" for problem in problems))
    opened = Finding(project, read, where, level, name)
    if compare:
        opened = replace(opened, earlier=open_earlier(opened, compare, engine))
    commentary.register(opened.changed, opened.statements)
    return opened


def _check_asked(name: str, given: Mapping[str, Any]) -> None:
    """Refuse to open a notebook's own finding as another than its parameters ask for.

    Its own is the first that it opens. Nobody would see on its page that it tells of another wave,
    or of everybody in place of a slice.
    """
    namespace = commentary.namespace()
    if namespace.setdefault(OPENED, name) != name:
        return
    for parameter, value in given.items():
        asked = namespace.get(parameter, value)
        if asked != value:
            raise WavebookError(
                f"finding: found {parameter}={value!r}, but the notebook's parameter is {asked!r}: "
                f"expected {parameter}={parameter}"
            )


@dataclass(frozen=True)
class Finding(Asking):
    """One finding of one wave: its estimates, and what a page shows of them."""

    name: str
    earlier: tuple[Asking, ...] = ()
    statements: dict[str, Statement] = field(default_factory=dict, compare=False, repr=False)

    def statement(self, name: str, *checks: Check, says: str = "") -> None:
        """Hold a conclusion against the data; paragraphs that name it are printed if it holds.

        Parameters
        ----------
        name
            Lower-case words joined by hyphens, as on the first line of such a paragraph.
        checks
            What has to be so, all of it; where there is none, nothing was asked. See
            `wavebook.statements`: ``above``, ``exceeds`` and others.
        says
            The conclusion in words, to follow "that"; the name's words unless given.

        Raises
        ------
        WavebookError
            If that is no name.
        """
        if commentary.statement_names(name) != (name,):
            raise WavebookError(f"'{name}' is not a statement's name: lower-case words joined by -")
        made = statement(name, checks, says)
        if self.where and self.wave.is_reconstruction:
            made = replace(made, outcome=NOT_ASKED, found=NOT_STATED, is_clear=False)
        self.statements[name] = made

    def title(self, otherwise: str, *names: str) -> Title:
        """Say what the page is called where its title, a conclusion, does not hold.

        Parameters
        ----------
        otherwise
            A title that nothing has to hold for: what the page is about.
        names
            The statements that the title rests on.

        Raises
        ------
        WavebookError
            If no statement is named, or one that no line above has checked.
        """
        if not names or not otherwise.strip() or "\n" in otherwise:
            raise WavebookError(
                "title: expected another title, and the statements that the first needs"
            )
        return Title(self.name, otherwise.strip(), commentary.checked(names, self.statements))

    @cached_property
    def history(self) -> History | None:
        """The wave and those it is compared with; None where there are none."""
        return History(self, self.earlier) if self.earlier else None

    def changed(self, shown: Estimates, what: str = "") -> str:
        """Return what changed in some values since an earlier wave, as sentences.

        Parameters
        ----------
        what
            What the shares measure, in the singular, such as ``familiarity``.

        Returns
        -------
        str
            Empty where no wave is compared with.
        """
        return self.history.sentence(shown, what) if self.history and len(shown) else ""

    def headline(self, value: Estimate, sentence: str) -> Headline:
        """Return the finding in one number: shown on its page, and on the book's first page."""
        if not value.untold:
            quotable(value)
        told = value.is_known and not value.untold
        change = self.changed(Estimates((value,))) if told else ""
        return Headline(self.name, value, sentence, change)

    def export(self, **values: Estimate | Estimates | float | str) -> Exports:
        """Hand values on to the book's chapters, as ``{{ <finding>.<name> | pct }}``.

        Raises
        ------
        WavebookError
            If one is called as what is handed on anyway.
        """
        if taken := RESERVED & values.keys():
            raise WavebookError(f"export: '{min(taken)}' is taken; call the value something else")
        return Exports(self.name, values)

    def interviews(self) -> Voices:
        """Return what people said about the finding in the wave's interviews.

        A slice has none: who was interviewed need not be among its respondents.
        """
        if self.where:
            return Voices(self.name)
        return voices(self.project, self.project.wave_folder(self.wave.id), self.name)

    def figure(
        self,
        number: str,
        title: str,
        chart: alt.TopLevelMixin,
        shown: Estimates,
        *,
        kind: str = "Bar chart",
        note: str = "",
        reading: str = "",
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
        reading
            How bars are to be read; left out where lines through several waves take their place.
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
        about: tuple[str, ...] = (self._source(shown, asked), note)
        if self.history:
            are_lines = len(self.history.earlier) > 1
            of_bars = "" if are_lines else reading
            of_waves = figure_of_waves(
                self.history,
                drawing_of(chart, shown),
                shown,
                title=title,
                number=number,
                note=" ".join(filter(None, (*about, of_bars, self._not_asked_about(shown)))),
            )
            if of_waves:
                return of_waves
            about = (*about, self.history.why_not(shown))
        notes = (*about, reading, status_note(drawn), self._not_asked_about(shown))
        text = " ".join(part for part in notes if part)
        return Figure(chart, title, describe(kind, title, shown), number, text)

    @property
    def slice_label(self) -> str:
        """What the slice is, for readers; empty for a whole wave."""
        return self.wave.instrument.in_words(self.where)

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
            marks = {ASSUMED for e in shown if e.is_base_assumed}
            told = f"{min(known):,} to {max(known):,}{''.join(marks)}"
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
        more = records(also, self.name, figure) if also else []
        notes = tuple(text for text in (note, *made.notes, self._not_asked_about(shown)) if text)
        made = replace(made, notes=notes, records=(*made.records, *more))
        if not self.history:
            return made
        by = layout.get("by", "row") if layout.get("sort") else ""
        return self._with_changes(made, shown, also, heading, headline, by)

    def _with_changes(
        self,
        made: Table,
        shown: Estimates,
        also: Estimates | None,
        heading: str,
        headline: str | None,
        by: str,
    ) -> Table:
        """Return a table with what changed since the wave before, of its headline if it has one.

        Where the table is sorted, changes stand in the order of its rows, one for each `by`.
        """
        if self.history is None:
            return made
        changes = self.history.changes(shown + (also or Estimates(())))
        columns = {
            tuple(change.cell): change_columns(change, changes.then.id) for change in changes
        }
        compared = tuple(
            record | columns.get(tuple(record[key] for key in Cell._fields), {})
            for record in made.records
        )
        told = self.history.changes(shown.only(option=headline) if headline else shown)
        if by:
            order = {row[0]: at for at, row in enumerate(made.rows)}
            ordered = sorted(
                told, key=lambda change: order.get(tables.row_name(change.now, by), len(order))
            )
            told = replace(told, values=tuple(ordered))
        since = changes_table(
            f"{made.title}: changes since {changes.then_name}",
            told,
            heading=heading,
        )
        return replace(made, records=compared, changes=replace(since, records=()))


def _reasons(*shown: Estimates) -> tuple[str, ...]:
    reasons = (e.untold for estimates in shown for e in estimates.absent if e.untold)
    return tuple(dict.fromkeys(reasons))[:1] or (NO_ANSWERS,)
