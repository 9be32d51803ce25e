"""Questions put to the respondents of a wave: shares, ranks, counts and bases with their status."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import pandas as pd

from wavebook import estimate
from wavebook.asked import Asked
from wavebook.disclosure import Reliability, protect
from wavebook.errors import WavebookError, listing, nearest
from wavebook.estimates import Estimate, Estimates, judged, with_ranks
from wavebook.evidence import Cell, Claim, Evidence, read_evidence
from wavebook.instrument import Question
from wavebook.project import Project
from wavebook.wave import Wave

TOTAL = "__total"


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
    def evidence(self) -> Evidence | None:
        """What a published report states, where the wave is a reconstruction of it."""
        path = self.wave.about.evidence
        if path is None or not self.wave.is_reconstruction or self.where:
            return None
        return read_evidence(self.project.root / path, path)

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
        columns = self.wave.rows_asked(question)
        wanted = self._codes(question, rows, columns, "row")
        yes_no = asked.type in ("multiple", "derived")
        known = (*asked.choices, *asked.nets, *asked.count)
        shown = (
            self._codes(question, options, known, "option")
            if options
            else known[: 1 if yes_no else None]
        )
        groups = [by] if isinstance(by, str) else list(by or ())
        table = self._tabulated(asked, [columns[row] for row in wanted], shown, groups)
        lines: dict[tuple[Any, ...], list[pd.Series[Any]]] = {}
        for _, line in table[table["option"].isin(shown)].iterrows():
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
        return Estimates(tuple(found))

    def _tabulated(
        self,
        question: Question,
        columns: Sequence[str],
        options: Sequence[str],
        groups: Sequence[str],
    ) -> pd.DataFrame:
        """Return the shares of a question's columns, made in one pass over the respondents."""
        nets = {code: net.options for code, net in question.nets.items() if code in options}
        table = estimate.tabulate(
            self.wave.frames[question.part],
            [
                Asked(
                    column, question.choices, nets, tuple(question.count), tuple(question.missing)
                )
                for column in columns
            ],
            by=list(groups) or None,
            design=self.wave.about.parts[question.part].design,
            level=self.level,
            where=self.where,
            total=self._total,
        )
        return self._shielded(self._in_groups(table, groups), groups)

    def _in_groups(self, table: pd.DataFrame, groups: Sequence[str]) -> pd.DataFrame:
        """Return the lines of groups that are answers: who refused is in no group."""
        columns, questions = self.wave.instrument.columns, self.wave.instrument.questions
        for name in groups:
            if name in columns:
                table = table[~table[name].isin(list(questions[columns[name][0]].missing))]
        return table

    @property
    def _total(self) -> str | None:
        """The label of the totals that a table of groups is protected with.

        A report that shows groups shows their total too, somewhere: what is suppressed must not be
        had from it by subtraction, whether or not the same table holds it.
        """
        return TOTAL if self.wave.about.thresholds else None

    def _shielded(self, table: pd.DataFrame, groups: Sequence[str]) -> pd.DataFrame:
        """Return a table without totals, nor any number that would give people away."""
        thresholds = self.wave.about.thresholds
        if thresholds is None:
            return table
        safe = protect(table, groups=groups, total=TOTAL, thresholds=thresholds)
        return safe[~(safe[list(groups)] == TOTAL).any(axis=1)] if groups else safe

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
            design=self.wave.about.parts[asked.part].design,
            level=self.level,
            where=self.where,
            total=self._total,
        )
        of = [by] if by else []
        frame = self._shielded(self._in_groups(frame, of), of)
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
        """Return each share's place among its siblings, largest first, as a measure of its own."""
        return Estimates(tuple(self._place(e) for e in with_ranks(shares)))

    def _place(self, e: Estimate) -> Estimate:
        place = replace(
            e,
            cell=e.cell._replace(measure="rank"),
            value=math.nan if e.is_suppressed else float(e.rank.rstrip("=")),
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
                        value=math.nan if e.is_suppressed else float(e.count or 0),
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
        count: float = len(self.wave.rows_asked(question))
        reliability: Reliability = "sound"
        cell = Cell(question, measure="rows")
        base = self._base(question)
        if base is None:
            count, reliability = math.nan, "suppressed"
        return self._with_status(
            Estimate(
                cell, count, None, None, base or 0, "measured", asked.label, reliability=reliability
            )
        )

    def base(self, question: str, row: str = "") -> int:
        """Return how many people answered a question (or its first row): the base of its shares.

        Raises
        ------
        WavebookError
            If they are so few that it must not be told.
        """
        base = self._base(question, row)
        if base is None:
            raise WavebookError(f"{question}: too few answered to tell how many")
        return base

    def _base(self, question: str, row: str = "") -> int | None:
        asked = self.wave.instrument.question(question)
        columns = self.wave.rows_asked(question)
        column = columns[row] if row else next(iter(columns.values()))
        if asked.type == "ranking":
            table = estimate.mean(
                self.wave.frames[asked.part],
                column,
                design=self.wave.about.parts[asked.part].design,
                where=self.where,
            )
            table = self._shielded(table, ())
        else:
            table = self._tabulated(asked, [column], (), ())
        base = table["base"].iloc[0]
        return None if pd.isna(base) else int(base)

    def _estimate(
        self, cell: Cell, question: Question, line: pd.Series[Any], value: float, group_label: str
    ) -> Estimate:
        item = question.rows.get(cell.row)
        label = item.label if item else question.label
        yes = question.type in ("multiple", "derived")
        reliability: Reliability = line.get("reliability", "sound")
        count = line.get("count")
        return self._with_status(
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


def _as_share(count: Claim | None, base: int) -> Claim | None:
    """Return a known count as the claim about a share that it amounts to."""
    if count is None or count.low is None or count.low != count.high or not base:
        return None
    share = count.low / base
    return replace(count, measure="share", low=share, high=share)


def _number(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)
