"""A question's cells in the instrument's language, whatever form the export gives them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wavebook.errors import listing, quoted
from wavebook.importing.codes import (
    Answers,
    Codebook,
    Reading,
    own_codes,
    read_cells,
    read_lists,
)
from wavebook.importing.faults import FAULTS, fault
from wavebook.importing.ledger import Change, Ledger, Mask
from wavebook.importing.mapping import NONE_OF_THESE, NOT_ASKED, MappedPart, MappedQuestion
from wavebook.importing.mapping_file import expected_answers
from wavebook.instrument import Question
from wavebook.wording import join

WHY = {"declared": "declared missing by the file", "otherwise": "anything else"}


def read_question(
    ledger: Ledger, part: MappedPart, question: Question, mapped: MappedQuestion
) -> tuple[dict[str, Answers], Mask]:
    """Return a question's answers by row, and who gave any; empty cells are None.

    A cell that a code says was ``not asked`` still holds these words: it is never filled.
    """
    reader = _Reader(ledger, part, question, mapped)
    if mapped.separator:
        read = reader.joined()
    elif mapped.places:
        read = reader.placed()
    elif mapped.column:
        read = {"": reader.cells(mapped.column)}
    else:
        read = {
            row: reader.cells(told.column, told.codes or mapped.codes, row)
            for row, told in mapped.columns.items()
        }
    answered = np.zeros(len(ledger.rows), dtype=bool)
    for answers in read.values():
        answered |= ~np.isin(answers.astype(str), ("None", NOT_ASKED, "no"))
    if question.type == "multiple":
        read = reader.spread(read)
    return read, answered


class _Reader:
    """One question with what its columns are read by."""

    def __init__(
        self, ledger: Ledger, part: MappedPart, question: Question, mapped: MappedQuestion
    ) -> None:
        self.ledger, self.part, self.question, self.mapped = ledger, part, question, mapped
        self.expected = expected_answers(question, mapped)

    def _book(self, column: str, codes: Mapping[str, str], row: str = "") -> Codebook:
        own = own_codes(self.question, self.expected, row)
        if codes and self.question.type == "ranking" and self.mapped.columns:
            codes = {**own, **codes}  # a rank is itself, whatever else the codes say
        export = self.ledger.export
        return Codebook(
            codes or own,
            export.value_labels.get(column, {}),
            self.part.missing,
            export.missing.get(column, {}),
            self.mapped.otherwise,
            is_own=not codes,
        )

    def cells(self, column: str, codes: Mapping[str, str] | None = None, row: str = "") -> Answers:
        """Return the answer in each cell of a column."""
        book = self._book(column, self.mapped.codes if codes is None else codes, row)
        answers, readings = read_cells(self.ledger.rows[column], book)
        self._note(column, book, readings)
        return answers

    def joined(self) -> dict[str, Answers]:
        """Return all choices, or all rows in order, that one column holds."""
        column = str(self.mapped.column)
        book = self._book(column, self.mapped.codes)
        separator = str(self.mapped.separator)
        at, lists, readings = read_lists(self.ledger.rows[column], separator, book)
        readings = self._beside_choices(at, lists, readings)
        self._note(column, book, readings)
        keys = [key for key in self.expected if key in book.answers]
        is_ranking = self.question.type == "ranking"
        if is_ranking:
            self._ranked_twice(column, at, lists)
        cell = _rank_in if is_ranking else _tick_in
        # A last entry for the empty cells, whose number is -1.
        tables = {key: [*(cell(key, answers) for answers in lists), None] for key in keys}
        return {key: np.array(table, dtype=object)[at] for key, table in tables.items()}

    def _beside_choices(
        self, at: NDArray[np.intp], lists: list[list[str]], readings: list[Reading]
    ) -> list[Reading]:
        """Return the readings without those of ``not asked`` in cells that hold a choice as well.

        Who has chosen something was asked, so the choice counts, and an author is told.
        """
        both = [n for n, told in enumerate(lists) if NOT_ASKED in told and {*told} != {NOT_ASKED}]
        if not both:
            return readings
        beside = np.isin(at, both)
        meant = [r for r in readings if r.answer == NOT_ASKED]
        said = join([quoted(r.found) for r in meant if (r.where & beside).any()], last="or")
        self.ledger.warnings.append(
            f"{self.question.label}: {int(beside.sum()):,} said {said} beside choices, and the "
            "choices count"
        )
        where = {r.found: r.where & ~beside for r in meant}
        kept = [replace(r, where=where.get(r.found, r.where)) for r in readings]
        return [r for r in kept if r.where.any()]

    def _ranked_twice(self, column: str, at: NDArray[np.intp], lists: list[list[str]]) -> None:
        for number, answers in enumerate(lists):
            if len(set(answers)) < len(answers):
                message = "{found} ranks something twice"
                self.ledger.problem(message, column, at == number, rule="ranked-twice")

    def placed(self) -> dict[str, Answers]:
        """Return ranks from columns that each hold what stands on one place."""
        told = {a for c in self.mapped.places for a in self._book(c, self.mapped.codes).answers}
        size = len(self.ledger.rows)
        ranks: dict[str, Answers] = {
            row: np.full(size, None, dtype=object) for row in self.question.rows if row in told
        }
        for place, column in enumerate(self.mapped.places, start=1):
            answers = self.cells(column)
            for row, ranked in ranks.items():
                here = answers == row
                again = here & (ranked != None)  # noqa: E711  # cell by cell
                message = f"'{row}' has a better place already"
                self.ledger.problem(message, column, again, rule="ranked-twice")
                ranked[here] = str(place)
        return ranks

    def spread(self, read: Mapping[str, Answers]) -> dict[str, Answers]:
        """Return choices with the answers that exclude all others spread over their rows."""
        rows = {row: answers for row, answers in read.items() if row in self.question.rows}
        ticked = np.zeros(len(self.ledger.rows), dtype=bool)
        for answers in rows.values():
            ticked |= answers == "yes"
        for code in [code for code in read if code not in rows]:
            said = read[code] == "yes"
            beside = int((said & ticked).sum())
            if beside:
                self.ledger.warnings.append(
                    f"{self.question.label}: {beside:,} ticked '{code}' beside others, "
                    "and the others count"
                )
            alone = said & ~ticked
            answer = "no" if code == NONE_OF_THESE else code
            rows = {row: np.where(alone, answer, answers) for row, answers in rows.items()}
            ticked |= alone
            if code in self.question.missing and alone.any():
                column = self.mapped.column or self.mapped.columns[code].column
                self.ledger.missing.append(
                    Change(column, code, "", code, "in all rows", int(alone.sum()))
                )
        return rows

    def _note(self, column: str, book: Codebook, readings: list[Reading]) -> None:
        """Keep what became missing or was guessed, and say what nobody knows."""
        allowed = (*self.expected, NOT_ASKED)
        for one in readings:
            if one.answer is None:
                message, rule = book.unknown(one.found), "unknown-code"
                if one.found in FAULTS:
                    message, rule = fault(one.found, self.ledger.export.sheet), "no-value"
                self.ledger.problem(message, column, one.where, rule=rule, found=one.found)
                continue
            if one.answer not in allowed:
                message = f"{{found}} is '{one.answer}' in every column, but no answer here"
                message, rule = f"{message} {listing(allowed)}", "no-answer-here"
                message += "; data/instrument.yml has such codes under the question's missing"
                self.ledger.problem(message, column, one.where, rule=rule, found=one.found)
                continue
            why = WHY.get(one.how, "")
            change = Change(column, one.found, one.label, one.answer, why, int(one.where.sum()))
            if one.answer == NOT_ASKED or (
                one.answer in self.question.missing and not self.mapped.separator
            ):
                self.ledger.missing.append(change)
            elif one.how == "otherwise" or (one.how == "loose" and not book.is_own):
                self.ledger.loose.append(change)


def _tick_in(key: str, answers: list[str]) -> Any:
    if not answers:
        return None
    if set(answers) == {NOT_ASKED}:
        return NOT_ASKED
    return "yes" if key in answers else "no"


def _rank_in(key: str, answers: list[str]) -> Any:
    ranked = [answer for answer in answers if answer != NOT_ASKED]
    return str(ranked.index(key) + 1) if key in ranked else None
