"""Everything that can be wrong with a part's answers, each with its row and column.

What must hold is built from the instrument and from what ``wave.yml`` says of the part, as rules of
`wavebook.schema`; what is possible and yet odd is in `wavebook.suspicion`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from wavebook import expression, header, sampled
from wavebook.design import Design
from wavebook.errors import Problem, listing, nearest, quoted
from wavebook.expression import Condition
from wavebook.instrument import Instrument, Question
from wavebook.lifetime import Lifetime
from wavebook.rows import with_derived
from wavebook.schema import Failure, Rule, failures

RESPONDENT = "respondent"
MOST_HINTS = 20  # for so many wrong answers the one that was meant is guessed; guessing takes time
_SIMPLE = Design()


@dataclass(frozen=True)
class Answers:
    """The rows of a part's file, as text, and what they are held against.

    Attributes
    ----------
    name
        The file, as the user would name it.
    frame
        Its rows, counted from 0, missing where a cell is empty.
    design
        How the part was sampled.
    expected
        How many rows ``wave.yml`` promises, where it does.
    years
        The years of the fieldwork; none where they are not known.
    """

    name: str
    frame: pd.DataFrame
    instrument: Instrument
    part: str
    design: Design = _SIMPLE
    expected: int | None = None
    years: tuple[int, ...] = ()

    def problems(self) -> Iterator[Problem]:
        """Yield every problem: the file's own, then each column's, then those across columns."""
        if self.expected is not None and len(self.frame) != self.expected:
            yield Problem(
                self.name,
                f"{len(self.frame)} rows, but wave.yml says {self.expected} respondents",
                found=f"{len(self.frame)} rows",
                expected=f"{self.expected} rows",
                rule="row-count",
            )
        yield from header.problems(
            self.name,
            list(self.frame.columns),
            known=(RESPONDENT, *self.design.columns, *self.questions),
            derived=[
                c for c, (question, _) in self.questions.items() if question.type == "derived"
            ],
            needed={RESPONDENT: ""} | dict.fromkeys(self.design.columns, ", which wave.yml names"),
        )
        is_sampled = all(column in self.frame for column in self.design.columns)
        across = [*self._rankings(), *self._impossible()]
        across += sampled.rules_across(self.design) if is_sampled else ()
        for failure in failures(self.frame, self._columns(), across):
            is_sampled = is_sampled and failure.column not in self.design.columns
            yield from self._problems(failure)
        if is_sampled and self.design.columns:
            yield from sampled.sample_problems(self.name, self.frame, self.design)

    @cached_property
    def questions(self) -> Mapping[str, tuple[Question, str]]:
        """Each column that this part may have, with its question and row."""
        return {
            column: (question, row)
            for name, question in self.instrument.of_part(self.part)
            for column, row in question.columns(name).items()
        }

    @cached_property
    def inside(self) -> Mapping[str, pd.Series[Any]]:
        """Whether each respondent is in each base that the file can tell, by column."""
        # Dozens of rows share a base, so each is worked out once.
        met = self._met({base.text: base for base in self._bases.values()})
        return {column: met[base.text] for column, base in self._bases.items() if base.text in met}

    def existed(self, thing: Lifetime) -> bool:
        """Whether a question, row or option existed when the wave was fielded."""
        return not self.years or any(thing.existed_in(year) for year in self.years)

    @cached_property
    def _bases(self) -> Mapping[str, Condition]:
        """Who may have answered each column that is here and not asked of everybody."""
        return {
            column: expression.parse(question.base.replace("{row}", row))
            for column, (question, row) in self.questions.items()
            if question.base and column in self.frame
        }

    @cached_property
    def _told(self) -> pd.DataFrame:
        """The rows as conditions read them: ranks are numbers, derived answers are there."""
        ranks = {
            column: pd.to_numeric(self.frame[column], errors="coerce")
            for column, (question, _) in self.questions.items()
            if question.type == "ranking" and column in self.frame
        }
        told: pd.DataFrame = with_derived(self.frame, self.part, self.instrument)
        return told.assign(**ranks) if ranks else told

    def _met(self, conditions: Mapping[str, Condition]) -> Mapping[str, pd.Series[Any]]:
        """Return who meets each condition that the file can tell: one pass for all."""
        if not conditions:
            return {}
        here = set(self._told.columns)
        known = {t: one.expr() for t, one in conditions.items() if here.issuperset(one.columns)}
        met = nw.from_native(self._told).select(**known).to_native()
        return {text: met[text] for text in known}

    # Columns

    def _columns(self) -> dict[str, list[Rule]]:
        """Return the rules of each column that is here, in the file's order."""
        rules: dict[str, list[Rule]] = {RESPONDENT: _IDS} | sampled.column_rules(self.design)
        for column, (question, row) in self.questions.items():
            if question.type != "derived" and column in self.frame:
                rules[column] = [*rules.get(column, ()), *self._question(column, question, row)]
        return {column: rules[column] for column in self.frame.columns if column in rules}

    def _question(self, column: str, question: Question, row: str) -> Iterator[Rule]:
        answers = question.answers
        yield Rule(
            "unknown-option",
            lambda cells: cells.isna() | cells.isin(answers),
            f"{{found}} is not an option {listing(answers)}",
            ", ".join(answers),
            known=answers,
        )
        for code, option in question.options.items():
            if not self.existed(option):
                yield Rule(
                    "option-of-other-years",
                    partial(_is_not, code),
                    f"{{found}} is an option {option.span}, and the wave is of {self._when}",
                    f"an option of {self._when}",
                )
        for thing in (question, *([question.rows[row]] if row else ())):
            if not self.existed(thing):
                yield Rule(
                    "asked-in-other-years",
                    lambda cells: bool(cells.isna().all()),
                    f"answers to '{thing.label}', which is asked {thing.span}, and the wave is of "
                    f"{self._when}",
                    "no answers",
                    severity="warning",
                )
        if base := self._bases.get(column):
            yield self._base(column, base)

    @property
    def _when(self) -> str:
        return "–".join(str(year) for year in dict.fromkeys((self.years[0], self.years[-1])))

    def _base(self, column: str, base: Condition) -> Rule:
        if column in self.inside:
            return Rule(
                "outside-base",
                partial(self._asked, base, self.inside[column]),
                f"{{found}} from somebody who was not asked: {base.text}",
                f"an empty cell, unless {base.text}",
            )
        needed = next(c for c in base.columns if c not in self._told)
        return Rule(
            "base-unknown",
            lambda _: False,
            f"its base needs a column '{needed}', which is not there",
            f"a column '{needed}'",
        )

    def _asked(
        self, base: Condition, inside: pd.Series[Any], cells: pd.Series[Any]
    ) -> pd.Series[Any]:
        asked = cells.isna() | inside
        return asked if asked.all() else asked | self._unreadable(base.columns)

    def _unreadable(self, columns: tuple[str, ...]) -> pd.Series[Any]:
        """Return who has something in one of the columns that is told as no answer there."""
        wrong = pd.Series(False, index=self.frame.index)
        for column in set(columns) & set(self.frame.columns):
            cells = self.frame[column]
            wrong |= cells.notna() & ~cells.isin(self.questions[column][0].answers)
        return wrong

    # Several columns

    def _rankings(self) -> Iterator[Rule]:
        for name, question in self.instrument.of_part(self.part):
            columns = tuple(column for column in question.columns(name) if column in self.frame)
            if question.type == "ranking" and columns:
                expected = f"each rank from 1 to {len(columns)} once"
                yield Rule(
                    "broken-ranking",
                    partial(self._ranked, columns),
                    f"{{found}}; expected {expected}",
                    expected,
                    column=f"{name}__*",
                    cells=columns,
                )

    def _ranked(self, columns: tuple[str, ...], frame: pd.DataFrame) -> pd.Series[Any]:
        cells = frame[list(columns)]
        ranks = cells.apply(pd.to_numeric, errors="coerce").to_numpy(dtype=float)
        whole = (np.sort(ranks, axis=1) == np.arange(1, len(columns) + 1)).all(axis=1)
        good: pd.Series[Any] = cells.isna().all(axis=1) | whole
        return good if good.all() else good | self._unreadable(columns)

    def _impossible(self) -> Iterator[Rule]:
        rules = {
            text: rule
            for rule in self.instrument.impossible
            for text in rule.conditions(self.instrument.columns)
        }
        conditions = {text: expression.parse(text) for text in rules}
        of_part = {t: c for t, c in conditions.items() if set(c.columns) <= set(self.questions)}
        for text, met in self._met(of_part).items():
            columns = conditions[text].columns
            yield Rule(
                "impossible",
                partial(_is_false, met),
                f"{rules[text].because}: {text}",
                f"not {text}: {rules[text].because}",
                severity=rules[text].severity,
                column=", ".join(columns),
                cells=columns,
            )

    # Telling

    def _problems(self, failure: Failure) -> Iterator[Problem]:
        """Yield a problem for each different thing that was found, with all its rows."""
        rule = failure.rule
        make = partial(
            Problem,
            self.name,
            column=failure.column,
            severity=rule.severity,
            expected=rule.expected,
            rule=rule.name,
        )
        if failure.rows is None:
            yield make(rule.message)
            return
        cells = self._cells(rule.cells or (failure.column,)).iloc[failure.rows]
        for number, (found, rows) in enumerate(_alike(cells, failure.rows + 1)):
            told = "an empty cell" if found is None else quoted(found)
            near = nearest(found, rule.known) if found and number < MOST_HINTS else ""
            message = rule.message.replace("{found}", told) + near
            yield make(message, row=int(rows[0]), found=found, rows=rows)

    def _cells(self, columns: Sequence[str]) -> pd.DataFrame:
        """Return columns as text, derived ones too."""
        return pd.DataFrame(
            {
                column: self.frame[column] if column in self.frame else self._told[column]
                for column in columns
            }
        )


def _alike(cells: pd.DataFrame, rows: Any) -> Iterator[tuple[str | None, Any]]:
    """Yield each different content of the cells with its rows, in order of appearance."""
    told = cells.iloc[:, 0]
    if cells.shape[1] > 1:
        told = told.str.cat(cells.iloc[:, 1:], sep=", ", na_rep="nothing")
    codes, values = pd.factorize(told, use_na_sentinel=False)
    order = np.argsort(codes, kind="stable")
    starts = np.searchsorted(codes[order], np.arange(1, len(values)))
    for value, group in zip(values, np.split(rows[order], starts), strict=True):
        yield (None if pd.isna(value) else str(value)), group


def _is_not(code: str, cells: pd.Series[Any]) -> pd.Series[Any]:
    return cells.isna() | (cells != code)


def _is_false(met: pd.Series[Any], _: pd.DataFrame) -> pd.Series[Any]:
    return ~met


_IDS = [
    Rule("no-id", sampled.is_there, "a respondent needs an id", "an id"),
    Rule(
        "repeated-id",
        lambda cells: ~(cells.duplicated() & sampled.is_there(cells)),
        "{found} stands in an earlier row too",
        "an id that nobody else has",
    ),
]
