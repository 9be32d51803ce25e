"""Reading a mapping file, and holding it against the instrument: every problem at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from wavebook.errors import Problem, WavebookError, listing, nearest
from wavebook.importing.mapping import (
    GAP,
    NONE_OF_THESE,
    NOT_ASKED,
    MappedPart,
    MappedQuestion,
    MappingFile,
)
from wavebook.instrument import Instrument, Question
from wavebook.validation import validation_problems
from wavebook.yaml_file import read_yaml

Found = Iterator[tuple[str, str]]  # (path in the file, message)

# Which keys of a mapping can hold the answers to which type of question.
FORMS = {
    "single": ("column",),
    "matrix": ("columns",),
    "multiple": ("columns", "column with separator"),
    "ranking": ("columns", "places", "column with separator"),
}


def read_mapping(path: Path, name: str, instrument: Instrument) -> MappingFile:
    """Return the mapping in a file, held against the instrument.

    Raises
    ------
    WavebookError
        With every problem in the file, a line each: gaps, wrong keys, unknown questions, rows and
        answers, columns sent to two places.
    """
    data = read_yaml(path, name, as_text=True)
    data.pop("shared", None)
    gaps: list[str] = []
    data = _without_gaps(data, "", gaps)
    problems = [
        Problem(name, f"a gap is left ({GAP}): decide, or take the line out", column=gap)
        for gap in gaps
    ]
    try:
        mapping = MappingFile.model_validate(data)
    except ValidationError as error:
        problems += [
            found
            for found in validation_problems(error, name, MappingFile)
            if not _follows_from(gaps, found.column or "")
        ]
    else:
        problems += [Problem(name, m, column=w) for w, m in mapping_problems(mapping, instrument)]
    if problems:
        raise WavebookError.of(problems)
    return mapping


def _without_gaps(data: Any, path: str, gaps: list[str]) -> Any:
    """Return YAML data without the gaps in it, whose paths are added to `gaps`."""
    if isinstance(data, dict):
        kept = {}
        for key, value in data.items():
            below = f"{path}.{key}" if path else str(key)
            if value == GAP:
                gaps.append(below)
            else:
                kept[key] = _without_gaps(value, below, gaps)
        return kept
    if isinstance(data, list):
        gaps += [f"{path}.{at}" for at, value in enumerate(data) if value == GAP]
        return [_without_gaps(v, f"{path}.{at}", gaps) for at, v in enumerate(data) if v != GAP]
    return data


def _follows_from(gaps: list[str], path: str) -> bool:
    """Whether something is missing only because a gap stood there, or below it."""
    return any(gap == path or gap.startswith(f"{path}.") for gap in gaps)


def expected_answers(question: Question, mapped: MappedQuestion) -> tuple[str, ...]:
    """Return what the codes of a mapped question may stand for, besides ``not asked``."""
    if question.type == "multiple" and mapped.separator:
        return (*question.rows, *question.count, *question.missing, NONE_OF_THESE)
    if question.type == "ranking" and not mapped.columns:
        return tuple(question.rows)
    return question.answers


def expected_rows(question: Question) -> tuple[str, ...]:
    """Return what may have a column of its own."""
    if question.type == "multiple":
        return (*question.rows, *question.count, *question.missing, NONE_OF_THESE)
    return tuple(question.rows)


def mapping_problems(mapping: MappingFile, instrument: Instrument) -> Found:
    """Yield what the instrument does not know, and columns that are sent to two places."""
    for name, part in mapping.parts.items():
        path = f"parts.{name}"
        if name not in instrument.parts:
            yield (
                path,
                f"'{name}' is not a part {listing(instrument.parts)}"
                f"{nearest(name, instrument.parts)}",
            )
            continue
        yield from _part_problems(path, name, part, instrument)
    yield from _ignored_problems(mapping)


def _part_problems(path: str, name: str, part: MappedPart, instrument: Instrument) -> Found:
    kinds = {NOT_ASKED} | {
        code for _, q in instrument.of_part(name) for code in (*q.missing, *q.count)
    }
    for code, answer in part.missing.items():
        if answer not in kinds:
            message = f"'{answer}' is not a missing code {listing(sorted(kinds))}"
            where = "under missing of each question that has it, in data/instrument.yml"
            yield (
                f"{path}.missing.{code}",
                f"{message}: add it {where}{nearest(answer, sorted(kinds))}",
            )
    for asked, mapped in part.questions.items():
        below = f"{path}.questions.{asked}"
        question = instrument.questions.get(asked)
        if question is None:
            yield below, f"there is no such question{nearest(asked, instrument.questions)}"
        elif question.part != name:
            yield below, f"part '{question.part}' asks it, not '{name}'"
        elif question.type == "derived":
            yield below, f"derived from {question.source}, never mapped: take it out"
        else:
            yield from _question_problems(below, question, mapped)
    yield from _sent_twice(path, part)


def _question_problems(path: str, question: Question, mapped: MappedQuestion) -> Found:
    form = next(k for k in ("column", "columns", "places") if getattr(mapped, k))
    form += " with separator" if mapped.separator else ""
    allowed = FORMS[question.type]
    if form not in allowed:
        yield path, f"found {form}, but a {question.type} question has {' or '.join(allowed)}"
        return
    rows = expected_rows(question)
    for row in mapped.columns:
        if row not in rows:
            yield f"{path}.columns.{row}", _unknown(row, rows, "a row")
    if len(mapped.places) > len(question.rows):
        yield f"{path}.places", f"{len(mapped.places)} places, but {len(question.rows)} rows"
    if mapped.asked.who != "base" and question.type != "multiple":
        yield f"{path}.asked", "only of choices that are ticked must one tell who was asked"
    yield from _answer_problems(path, question, mapped)


def _answer_problems(path: str, question: Question, mapped: MappedQuestion) -> Found:
    answers = (*expected_answers(question, mapped), NOT_ASKED)
    what = "a row" if mapped.separator or mapped.places else "an answer"
    codes: dict[str, Mapping[str, str]] = {f"{path}.codes": mapped.codes}
    for row, told in mapped.columns.items():
        codes[f"{path}.columns.{row}.codes"] = told.codes
    for where, table in codes.items():
        for code, answer in table.items():
            if answer not in answers:
                yield f"{where}.{code}", _unknown(answer, answers, what)
    if mapped.otherwise and mapped.otherwise not in answers:
        yield f"{path}.otherwise", _unknown(mapped.otherwise, answers, what)
    empty = (NOT_ASKED,) if question.type == "ranking" else (*question.answers, NOT_ASKED)
    if mapped.empty not in empty:
        yield f"{path}.empty", _unknown(mapped.empty, empty, "an answer")


def _sent_twice(path: str, part: MappedPart) -> Found:
    """Yield columns whose answers are sent to two places: most likely one was meant otherwise."""
    sent: dict[str, str] = {}
    for name, question in part.questions.items():
        for key, column in question.columns_read():
            place = f"questions.{name}.{key}"
            if column in sent:
                yield f"{path}.{place}", f"'{column}' is sent to {sent[column]} already"
            sent.setdefault(column, place)


def _ignored_problems(mapping: MappingFile) -> Found:
    for name, part in mapping.parts.items():
        for key, column in part.mentions():
            # What only picks rows is not needed otherwise.
            if column in mapping.ignore and not key.startswith("only."):
                yield "ignore", f"'{column}' is not ignored: parts.{name}.{key} reads it"


def _unknown(found: str, known: Iterator[str] | tuple[str, ...] | list[str], what: str) -> str:
    names = list(known)
    return f"'{found}' is not {what} {listing(names)}{nearest(found, names)}"
