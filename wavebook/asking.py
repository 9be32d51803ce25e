"""Questions put to the respondents of a wave: shares, ranks, counts and bases with their status."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from typing import Any

import pandas as pd

from wavebook import expression
from wavebook.disclosure import Reliability
from wavebook.errors import WavebookError, listing, nearest
from wavebook.estimates import (
    NOT_ASKED,
    SUPPRESSED,
    Estimate,
    Estimates,
)
from wavebook.evidence import Cell, Evidence
from wavebook.instrument import Question
from wavebook.project import Project
from wavebook.ranking import with_ranks
from wavebook.safe_tables import SafeTables
from wavebook.sources import Sources
from wavebook.wave import Wave
from wavebook.wording import quoted


@dataclass(frozen=True)
class Asking:
    """One wave, or a slice of it, ready to be asked.

    Attributes
    ----------
    where
        The condition that picks the slice.
    level
        Confidence level of the intervals.
    """

    project: Project
    wave: Wave
    where: str | None
    level: float

    @cached_property
    def _tables(self) -> SafeTables:
        return SafeTables(self.wave, self.where, self.level)

    @cached_property
    def _sources(self) -> Sources:
        return Sources(self.project, self.wave, self.where)

    @property
    def evidence(self) -> Evidence | None:
        """What a published report states, where the wave is a reconstruction of it."""
        return self._sources.evidence

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
            Only these, in this order; every row and option otherwise, then the nets, then the codes
            that only count in the base.
        by
            A question, or several, whose answers make the groups.
        """
        asked = self._question(question, "single", "matrix", "multiple", "derived")
        wanted = self._codes(question, rows, tuple(asked.columns(question).values()), "row")
        yes_no = asked.type in ("multiple", "derived")
        known = (*self._offered(asked), *asked.nets, *asked.count)
        shown = (
            self._codes(question, options, (*asked.choices, *known), "option")
            if options
            else known[: 1 if yes_no else None]
        )
        groups = [by] if isinstance(by, str) else list(by or ())
        reason = self._unaskable(question, groups)
        columns = {} if reason else self.wave.rows_asked(question)
        asked_rows = [columns[row] for row in wanted if row in columns]
        lines: dict[tuple[Any, ...], list[Mapping[Any, Any]]] = {}
        if asked_rows:
            for line in self._tables.shares(asked, asked_rows, shown, groups):
                if line["option"] not in shown or _is_of_nobody(line):
                    continue
                lines.setdefault((line["row"], *(line[name] for name in groups)), []).append(line)
        found: list[Estimate] = []
        for (row, *group), of_group in lines.items():
            code, label = self._group(groups, group)
            found += [
                self._estimate(
                    Cell(question, row, line["option"], code), asked, line, line["share"], label
                )
                for line in sorted(of_group, key=lambda line: shown.index(line["option"]))
            ]
        have = {e.cell for e in found}
        cells = (
            (Cell(question, row, option, code), label)
            for row in wanted
            for code, label in self._all_groups(groups)
            for option in (shown if options or yes_no else (*asked.choices, *shown))
        )
        return Estimates(
            tuple(found),
            tuple(
                self._absent(cell, asked, label, reason)
                for cell, label in dict.fromkeys(cells)
                if cell not in have
            ),
        )

    def _offered(self, question: Question) -> tuple[str, ...]:
        """Return the choices that there were in the wave's year."""
        year = self.wave.about.year
        return tuple(
            code
            for code in question.choices
            if code not in question.options or question.options[code].existed_in(year)
        )

    def _unaskable(self, name: str, by: Sequence[str] = ()) -> str:
        """Return why a question has no answers in this wave or slice; empty where it has some."""
        questions = self.wave.instrument.questions
        for one in (name, *by):
            if one in questions and not self.wave.asks(one):
                return f"{self._not_asked} about {quoted(questions[one].label)}"
        of_part = questions[name].part
        needed = (*self._where_columns, *(one for one in by if one in questions))
        missing = [column for column in needed if not self.wave.has(of_part, column)]
        if missing:
            part = self.wave.instrument.parts[of_part]
            asked = questions[self.wave.instrument.columns[missing[0]][0]]
            return f"the {part.short or part.label} part did not ask about {quoted(asked.label)}"
        return ""

    @property
    def _not_asked(self) -> str:
        return f"the survey of {self.wave.about.year} did not ask"

    @cached_property
    def _where_columns(self) -> tuple[str, ...]:
        return expression.parse(self.where).columns if self.where else ()

    def _all_groups(self, by: Sequence[str]) -> list[tuple[str, str]]:
        """Return every group that there could be, as code and label."""
        questions = self.wave.instrument.questions
        choices = [self._offered(questions[name]) if name in questions else () for name in by]
        return [self._group(by, values) for values in product(*choices)]

    def _absent(self, cell: Cell, question: Question, group_label: str, reason: str) -> Estimate:
        """Return the place of a value that there is not, with the reason."""
        item = question.rows.get(cell.row)
        label = item.label if item else question.label
        if not reason and cell.row and cell.row not in self.wave.rows_asked(cell.question):
            reason = f"{self._not_asked} about {quoted(label)}"
        if not reason and cell.option in question.options:
            option = question.options[cell.option]
            if not option.existed_in(self.wave.about.year):
                reason = f"{quoted(option.label)} was no answer in {self.wave.about.year}"
        among = f" in {quoted(group_label)}" if group_label else ""
        picked = "of those picked here, " if self.where else ""
        nobody = f"{picked}nobody{among} was asked about {quoted(label)}"
        line = {"low": None, "high": None, "se": None, "effective_base": None, "base": 0}
        made = self._estimate(cell, question, line, math.nan, group_label)
        return replace(made, reliability="absent", untold=reason or nobody)

    def ranks(self, question: str, *, by: str | None = None) -> Estimates:
        """Return the mean rank of every row of a ranking question, with its place among them.

        The result holds two measures a row, ``mean_rank`` and ``rank``.
        """
        asked = self._question(question, "ranking")
        of = [by] if by else []
        reason = self._unaskable(question, of)
        columns = {} if reason else self.wave.rows_asked(question)
        found: tuple[Estimate, ...] = ()
        lines = self._tables.mean_ranks(asked, list(columns.values()), by) if columns else []
        for group in dict.fromkeys(line[by] for line in lines) if by else [None]:
            code, label = self._group([by], (group,)) if by else ("", "")
            means = [
                self._estimate(
                    Cell(question, line["row"], "", code, "mean_rank"),
                    asked,
                    line,
                    line["mean"],
                    label,
                )
                for line in lines
                if (not by or line[by] == group) and not _is_of_nobody(line)
            ]
            ranked = with_ranks(Estimates(tuple(means)))
            found += ranked.values + tuple(self._place(e) for e in ranked)
        have = {e.cell for e in found}
        cells = (
            (Cell(question, row, "", code, measure), label)
            for code, label in self._all_groups(of)
            for measure in ("mean_rank", "rank")
            for row in asked.rows
        )
        return Estimates(
            found,
            tuple(
                self._absent(cell, asked, label, reason)
                for cell, label in cells
                if cell not in have
            ),
        )

    def places(self, shares: Estimates) -> Estimates:
        """Return each share's place among its siblings, largest first, as a measure of its own."""
        return with_ranks(shares).each(self._place)

    def _place(self, e: Estimate) -> Estimate:
        place = replace(
            e,
            cell=e.cell._replace(measure="rank"),
            value=math.nan if e.is_missing else float(e.rank.rstrip("=")),
            low=None,
            high=None,
            se=None,
            df=None,
            stated=None,
        )
        return self._sources.judged(place)

    def counts(self, shares: Estimates) -> Estimates:
        """Return how many respondents each share stands for, as a measure of its own."""
        return shares.each(
            lambda e: self._sources.judged(
                replace(
                    e,
                    cell=e.cell._replace(measure="count"),
                    value=math.nan if e.is_missing else float(e.count or 0),
                    low=None,
                    high=None,
                    se=None,
                    df=None,
                )
            )
        )

    def rows(self, question: str) -> Estimate:
        """Return how many rows a question asked about, as a measure of its own."""
        asked = self.wave.instrument.question(question)
        cell = Cell(question, measure="rows")
        if reason := self._unaskable(question):
            return self._absent(cell, asked, "", reason)
        base = self._base(question)
        count = math.nan if base is None else float(len(self.wave.rows_asked(question)))
        reliability: Reliability = "suppressed" if base is None else "sound"
        return self._sources.judged(
            Estimate(
                cell, count, None, None, base or 0, "measured", asked.label, reliability=reliability
            )
        )

    def base_text(self, question: str, row: str = "") -> str:
        """Return how many people answered a question (or its first row), as a note prints it."""
        if self._unaskable(question):
            return NOT_ASKED
        base = self._base(question, row)
        return SUPPRESSED if base is None else f"{base:,}"

    def base(self, question: str, row: str = "") -> int:
        """Return how many people answered a question (or its first row): the base of its shares.

        Raises
        ------
        WavebookError
            If they are so few that it must not be told, or the wave did not ask.
        """
        if reason := self._unaskable(question):
            raise WavebookError(f"{question}: {reason}")
        base = self._base(question, row)
        if base is None:
            raise WavebookError(f"{question}: too few answered to tell how many")
        return base

    def _base(self, question: str, row: str = "") -> int | None:
        asked = self.wave.instrument.question(question)
        columns = self.wave.rows_asked(question)
        column = columns[row] if row else next(iter(columns.values()))
        if asked.type == "ranking":
            lines = self._tables.mean_ranks(asked, [column])
        else:
            lines = self._tables.shares(asked, [column], (), ())
        base = lines[0]["base"]
        return None if math.isnan(base) else int(base)

    def _estimate(
        self,
        cell: Cell,
        question: Question,
        line: Mapping[Any, Any],
        value: float,
        group_label: str,
    ) -> Estimate:
        item = question.rows.get(cell.row)
        label = item.label if item else question.label
        yes = question.type in ("multiple", "derived")
        reliability: Reliability = line.get("reliability", "sound")
        count = line.get("count")
        return self._sources.judged(
            Estimate(
                cell,
                float(value),
                _number(line["low"]),
                _number(line["high"]),
                0 if reliability == "suppressed" else int(line["base"]),
                "measured",
                label if (item or yes) else question.label_of(cell.option),
                (item.chart_label if item else question.label)
                if (item or yes)
                else question.label_of(cell.option),
                question.label_of(cell.option) if cell.option and not yes else "",
                group_label,
                _number(line["se"]),
                _number(line["effective_base"]),
                count=None if pd.isna(count) else int(count),
                reliability=reliability,
                level=self.level,
                df=_number(line.get("df")),
            )
        )

    def _group(self, by: Sequence[str], values: Sequence[Any]) -> tuple[str, str]:
        questions = self.wave.instrument.questions
        code = " & ".join(f"{key}={value}" for key, value in zip(by, values, strict=True))
        label = ", ".join(
            questions[key].label_of(str(value)) if key in questions else str(value)
            for key, value in zip(by, values, strict=True)
        )
        return code, label

    def _question(self, name: str, *types: str) -> Question:
        question = self.wave.instrument.question(name)
        if question.type not in types:
            raise WavebookError(f"{name} is a {question.type} question, not {' or '.join(types)}")
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


def _is_of_nobody(line: Mapping[Any, Any]) -> bool:
    """Whether nobody was asked; of how few were where that is suppressed, nothing is told."""
    return bool(line.get("reliability", "sound") != "suppressed" and line["base"] == 0)


def _number(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)
