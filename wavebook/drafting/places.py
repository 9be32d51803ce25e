"""Where an export's columns may belong: a question, a row of one, all its rows at once, a place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from wavebook.drafting.columns import Column
from wavebook.drafting.values import (
    NOTHING,
    RANK_WORDS,
    Meaning,
    meanings,
    of_options,
    of_rows,
    of_ticks,
    quality,
    rank_meanings,
)
from wavebook.importing.codes import loosely, names, split
from wavebook.importing.mapping import NONE_OF_THESE
from wavebook.instrument import Item, Question

Form = Literal["column", "columns", "places", "joined"]
SEPARATORS = ("\n", ";", "|", ",", "/")
UNTOLD = 0.35  # what numbers without labels, or no values at all, tell of a question
ROW_ALONE = 0.8  # of 1: a row's label without the question's text may be another question's row


@dataclass(frozen=True)
class Place:
    """Where a column's answers may go.

    Attributes
    ----------
    key
        The row, or the number of the place; '' for a column with all there is.
    column
        What our data call it.
    texts
        What a question text of an export may say there, each with what its likeness is worth.
    is_optional
        Whether it is no loss to have no column for it.
    """

    question: str
    form: Form
    key: str
    column: str
    texts: tuple[tuple[str, float], ...]
    is_optional: bool = False


def places(name: str, question: Question, year: int | None) -> dict[Form, list[Place]]:
    """Return where columns may go, by the form that a question may have in an export."""
    asked = _texts(question)
    if question.type == "single":
        return {"column": [Place(name, "column", "", name, tuple((t, 1.0) for t in asked))]}
    rows = question.rows
    found: dict[Form, list[Place]] = {
        "columns": [
            Place(
                name,
                "columns",
                row,
                f"{name}__{row}",
                _row_texts(asked, item),
                # Other years' rows are sent where they belong, and missed by nobody.
                is_optional=year is not None and not item.existed_in(year),
            )
            for row, item in rows.items()
        ]
    }
    if question.type == "multiple":
        items = {**question.count, **question.missing, NONE_OF_THESE: Item(label=NOTHING[1])}
        found["columns"] += [
            Place(name, "columns", code, f"{name}__{code}", _row_texts(asked, item), True)
            for code, item in items.items()
        ]
    whole = tuple((text, 1.0) for text in asked)
    if question.type in ("multiple", "ranking"):
        found["joined"] = [Place(name, "joined", "", name, whole)]
    if question.type == "ranking":
        found["places"] = [
            Place(name, "places", str(number), f"{name}__{number}", _place_texts(asked, number))
            for number in range(1, len(rows) + 1)
        ]
    return found


def _texts(question: Question) -> tuple[str, ...]:
    told = (question.text, question.label, question.short, *(f.label for f in question.former))
    return tuple(dict.fromkeys(text for text in told if text))


def _row_texts(asked: tuple[str, ...], item: Item) -> tuple[tuple[str, float], ...]:
    told = [(f"{text} {name}", 1.0) for text in asked for name in names(item)]
    return (*told, *((name, ROW_ALONE) for name in names(item)))


def _place_texts(asked: tuple[str, ...], number: int) -> tuple[tuple[str, float], ...]:
    word = RANK_WORDS[number - 1] if number <= len(RANK_WORDS) else str(number)
    return tuple((f"{text} {said}", 1.0) for text in asked for said in (word, str(number)))


# What a column's values say in a place


def read(column: Column, place: Place, question: Question) -> dict[str, Meaning]:
    """Return what each value of a column would mean in a place."""
    if place.form == "columns" and question.type == "ranking":
        return rank_meanings(column, question)
    if place.form == "joined":
        choices = pieces(column, separator_of(column, question), question)
        return meanings(choices, of_rows(question), question)
    if place.form == "places":
        answers = of_rows(question)
    elif question.type == "multiple":
        return _ticks(column, place, question)
    else:
        answers = of_options(question)
    return meanings(column.values, answers, question, column.declared, column.counts)


def _ticks(column: Column, place: Place, question: Question) -> dict[str, Meaning]:
    """Return what each value of a column says of a choice: ticked, left or something else."""
    answers = of_ticks(question, place.key)
    found = meanings(column.values, answers, question, column.declared, column.counts)
    own = column.own_label
    if own and found[own].sure not in ("certain", "likely"):
        text, reason = column.values[own], "what the column is about"
        found[own] = Meaning(own, text, "yes", "likely", reason, rows=column.counts[own])
    return found


def fit(column: Column, place: Place, question: Question, found: Mapping[str, Meaning]) -> float:
    """Return how well a column's values fit a place, 0–1."""
    if place.form == "joined":
        return quality(found) if separator_of(column, question) else 0.0
    if not column.filled and not column.labels:
        return UNTOLD  # nobody answered: the text must tell
    if column.is_open:
        return 0.0
    if question.type in ("single", "matrix") or place.form == "places":
        answers = question.options if place.form != "places" else question.rows
        if column.is_numbers and quality(found) < 0.5:
            return UNTOLD if len(column.counts) <= len(answers) + 3 else 0.0
        covered = len({m.answer for m in found.values()} & set(answers)) / len(answers)
        return quality(found) * ((1 + covered) / 2 if column.labels else 1)
    return quality(found)


def separator_of(column: Column, question: Question) -> str:
    """Return what stands between the choices in a column's cells; '' if nothing does."""
    best, separator = 0.0, ""
    for candidate in SEPARATORS:
        if any(candidate in value for value in column.counts):
            choices = pieces(column, candidate, question)
            known = quality(meanings(choices, of_rows(question), question))
            if known > best and len(choices) > 1:
                best, separator = known, candidate
    return separator


def pieces(column: Column, separator: str, question: Question) -> dict[str, str]:
    """Return the choices in a column's cells, each with what it says."""
    if not separator:
        return {}
    told = {loosely(name) for told in of_rows(question).values() for name in told}
    found = (
        choice
        for value in column.counts
        for choice in split(value, separator, lambda text: loosely(text) in told)
    )
    return {choice: column.labels.get(choice, choice) for choice in found}
