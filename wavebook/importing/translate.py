"""An export's rows in the instrument's language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from wavebook import expression
from wavebook.check import RESPONDENT
from wavebook.errors import Problem, nearest
from wavebook.importing.cells import read_question
from wavebook.importing.codes import Answers
from wavebook.importing.export import Export
from wavebook.importing.ledger import Change, Ledger, Mask
from wavebook.importing.mapping import NOT_ASKED, MappedPart, MappedQuestion, MappingFile
from wavebook.importing.respondents import choose_rows, design, holds, respondents
from wavebook.instrument import Instrument, Question


@dataclass(frozen=True)
class Translation:
    """A part's rows in the instrument's language, and what was found out on the way.

    Attributes
    ----------
    frame
        Respondent, sample design and answers, as text, missing where not asked; the index is the
        row's position in the export. Empty where columns are missing in the export.
    """

    frame: pd.DataFrame
    ledger: Ledger


def translate(
    export: Export, name: str, part: MappedPart, instrument: Instrument, year: int
) -> Translation:
    """Return a part's rows as the mapping says.

    Problems are kept in the ledger rather than raised: an author wants them all.

    Parameters
    ----------
    year
        Of the wave. Where several choices stand in a cell and the mapping gives no codes, the
        choices are the rows that there were that year.
    """
    lacking = _lacking(export, name, part)
    if lacking:
        return Translation(pd.DataFrame(), Ledger(export, pd.DataFrame(), problems=lacking))
    ledger = choose_rows(export, part)
    made: dict[str, Any] = {RESPONDENT: respondents(ledger, part), **design(ledger, part)}
    ledger.columns |= part.design
    if part.respondent:
        ledger.columns[RESPONDENT] = part.respondent
    asked = {
        name: _in_year(question, year, part.questions[name])
        for name, question in instrument.of_part(name)
        if name in part.questions
    }
    for column in dict.fromkeys(told.asked.column for told in part.questions.values()):
        if column:
            ledger.faults(column)
    questions = _Questions(ledger, part, asked)
    return Translation(pd.DataFrame({**made, **questions.answers()}), ledger)


def _in_year(question: Question, year: int, mapped: MappedQuestion) -> Question:
    """Return a question with the rows that one of its columns may hold."""
    if mapped.codes or not (mapped.separator or mapped.places):
        return question
    rows = {code: row for code, row in question.rows.items() if row.existed_in(year)}
    return question.model_copy(update={"rows": rows})


def _lacking(export: Export, name: str, part: MappedPart) -> list[Problem]:
    """Return the columns that the mapping names and the export does not have."""
    known = [str(column) for column in export.frame.columns]
    return [
        Problem(
            export.name,
            f"there is no column '{column}', which parts.{name}.{key} names"
            f"{nearest(column, known)}",
        )
        for key, column in part.mentions()
        if column not in known
    ]


def unread(export: Export, mapping: MappingFile) -> list[str]:
    """Return the columns of an export that no part reads and no pattern ignores."""
    read = {column for part in mapping.parts.values() for _, column in part.mentions()}
    return [
        column
        for column in map(str, export.frame.columns)
        if column not in read and not mapping.ignores(column)
    ]


class _Questions:
    """The answers to a part's questions: cells as they stand first, then what empty ones mean."""

    def __init__(self, ledger: Ledger, part: MappedPart, questions: dict[str, Question]) -> None:
        self.ledger, self.part = ledger, part
        self.questions = questions
        self._finished: set[str] = set()
        self._read: dict[str, dict[str, Answers]] = {}
        self._answered: dict[str, Mask] = {}
        self._done: dict[str, pd.Series[Any]] = {}

    def answers(self) -> dict[str, pd.Series[Any]]:
        """Return every column of answers, in the instrument's order."""
        for name, question in self.questions.items():
            mapped = self.part.questions[name]
            self._read[name], self._answered[name] = read_question(
                self.ledger, self.part, question, mapped
            )
            for column, row in question.columns(name).items():
                told = mapped.columns.get(row)
                self.ledger.columns[column] = (
                    told.column if told else mapped.column or ", ".join(mapped.places)
                )
        for name in self.questions:
            self._finish(name)
        return {
            column: self._done[column]
            for name, question in self.questions.items()
            for column in question.columns(name)
            if column in self._done
        }

    def _finish(self, name: str) -> None:
        """Say what a question's empty cells are, after the answers that its base rests on."""
        if name in self._finished:
            return
        self._finished.add(name)
        question, mapped = self.questions[name], self.part.questions[name]
        for column, row in question.columns(name).items():
            if row not in self._read[name]:
                continue
            answers = self._read[name][row]
            asked = self._asked(name, question.base.replace("{row}", row))
            if mapped.empty != NOT_ASKED:
                is_empty = np.array([answer is None for answer in answers], dtype=bool)
                answers = np.where(is_empty & asked, mapped.empty, answers)
            if question.type == "multiple":
                answers = self._take_back(column, answers, asked)
            cells = pd.Series(answers, index=self.ledger.rows.index, dtype=object)
            self._done[column] = cells.mask(cells == NOT_ASKED).astype("str")

    def _take_back(self, column: str, answers: Answers, asked: Mask) -> Answers:
        """Empty the cells that say 'no' of people to whom the choice was never offered."""
        left = (answers == "no") & ~asked
        if left.any():
            source = self.ledger.columns[column]
            change = Change(source, "no", "", NOT_ASKED, "outside the base", int(left.sum()))
            self.ledger.missing.append(change)
        return np.where(left, NOT_ASKED, answers)

    def _asked(self, name: str, base: str) -> Mask:
        """Return who was asked, as far as mapping and instrument can tell."""
        asked = self.part.questions[name].asked
        if asked.who == "any":
            return self._answered[name]
        if asked.who == "column":
            cells = self.ledger.rows[asked.column]
            labels = self.ledger.export.value_labels.get(asked.column, {})
            is_shown = holds(cells, asked.values, labels) if asked.values else cells.notna()
            return np.asarray(is_shown, dtype=bool)
        everybody = np.ones(len(self.ledger.rows), dtype=bool)
        if not base:
            return everybody
        condition = expression.parse(base)
        for needed in {column.partition("__")[0] for column in condition.columns}:
            if needed in self.questions:
                self._finish(needed)
        if any(column not in self._done for column in condition.columns):
            return everybody  # the checks that follow say what is not there
        frame = pd.DataFrame({column: self._done[column] for column in condition.columns})
        inside = nw.from_native(frame).select(inside=condition.expr()).to_native()
        return np.asarray(inside["inside"], dtype=bool)
