"""Which answer each value of a column is, and how sure that is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.optimize import linear_sum_assignment

from wavebook.drafting.columns import NUMBER, Column
from wavebook.drafting.likeness import alike, words
from wavebook.importing.codes import LEFT, TICKED, loosely, names
from wavebook.importing.mapping import NONE_OF_THESE, NOT_ASKED
from wavebook.instrument import Question

Sure = Literal["certain", "likely", "guess", "gap"]
QUALITY: Mapping[Sure, float] = {"certain": 1.0, "likely": 0.8, "guess": 0.5, "gap": 0.0}
LIKELY, GUESS = 0.8, 0.62  # of 1 for the same words
MARGIN = 0.08  # by which a label must be more alike than to the next

# What people and programs write for the same thing. An instrument that has such a code in its
# `missing` or `count` has it under one of these names.
FAMILIES = (
    ("dont_know", r"(i )?(do not|don t|dont|not) (know|sure)|dk|unsure|undecided|no opinion"),
    ("refused", r"refus\w*|prefer not.*|rather not.*|decline\w*|would not say|withheld"),
    ("no_answer", r"no answer|not answered|unanswered|no response|na|n a|not stated|skipped|blank"),
)
ABSENT = re.compile(
    r"not (applicable|asked|shown|routed)|n a|na|inapplicable|no answer|not answered|unanswered|"
    r"no response|not stated|skipped|missing|system missing|sysmis|seen but.*|routed past.*|"
    r"question not (asked|shown|seen)"
)
NOTHING = ("none of these", "none of the above", "none of them", "none", "nothing")
RANK = re.compile(r"(?:(?:rank|place|choice|no|number) )?(\d+)(?: ?(?:st|nd|rd|th))?\b.*")
RANK_WORDS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")


@dataclass(frozen=True)
class Meaning:
    """What a value is taken for.

    Attributes
    ----------
    text
        What the value says: its label, or itself.
    answer
        None where nothing tells.
    candidates
        What else it may be, the likeliest first.
    rows
        How many cells hold it.
    """

    value: str
    text: str
    answer: str | None
    sure: Sure
    reason: str
    candidates: tuple[str, ...] = ()
    rows: int = 0


def meanings(
    values: Mapping[str, str], answers: Mapping[str, tuple[str, ...]], question: Question,
    declared: Iterable[str] = (), counts: Mapping[str, int] | None = None,
) -> dict[str, Meaning]:  # fmt: skip
    """Return what each value is taken for.

    Parameters
    ----------
    values
        Each with what it says.
    answers
        What they may be, each answer with everything that it is called.
    declared
        Values that the export itself declares missing.
    """
    found = _by_name(values, answers)
    found |= _by_family(values, question, set(found))
    found |= _absent(values, set(declared), set(found))
    rest = {v: t for v, t in values.items() if v not in found and not NUMBER.fullmatch(t)}
    free = {a: n for a, n in answers.items() if a not in {m.answer for m in found.values()}}
    found |= _by_likeness(rest, free)
    for value, text in values.items():
        if value not in found:
            found[value] = _gap(value, text, answers, question)
    counts = counts or {}
    return {value: Meaning(*_fields(found[value]), rows=counts.get(value, 0)) for value in values}


def _fields(one: Meaning) -> tuple[str, str, str | None, Sure, str, tuple[str, ...]]:
    return one.value, one.text, one.answer, one.sure, one.reason, one.candidates


def _by_name(
    values: Mapping[str, str], answers: Mapping[str, tuple[str, ...]]
) -> dict[str, Meaning]:
    """Return the values that are an answer's code or label, letter for letter or nearly."""
    codes = {loosely(answer): answer for answer in answers}
    labels: dict[tuple[str, ...], str] = {}
    for code, told in answers.items():
        for name in told:
            labels.setdefault(words(name), code)
    found = {}
    for value, text in values.items():
        for said in (text, value):
            answer = codes.get(loosely(said)) or labels.get(words(said) or (said,))
            if answer is not None:
                reason = "the code" if loosely(said) in codes else "the label"
                found[value] = Meaning(value, text, answer, "certain", reason)
                break
    return found


def _by_family(
    values: Mapping[str, str], question: Question, taken: set[str]
) -> dict[str, Meaning]:
    """Return the values that say that somebody did not know or would not tell."""
    kinds = {**question.count, **question.missing}
    found = {}
    for value, text in values.items():
        said = " ".join(words(text))
        for family, pattern in FAMILIES:
            known = [
                code
                for code, item in kinds.items()
                if code == family
                or any(re.fullmatch(pattern, " ".join(words(name))) for name in names(item))
            ]
            if value not in taken and known and re.fullmatch(pattern, said):
                found[value] = Meaning(value, text, known[0], "likely", "says the same")
    return found


def _by_likeness(
    values: Mapping[str, str], answers: Mapping[str, tuple[str, ...]]
) -> dict[str, Meaning]:
    """Return each value's likeliest answer, no two values the same one."""
    if not values or not answers:
        return {}
    texts, codes = list(values.items()), list(answers)
    scores = np.array([[_likest(text, answers[code]) for code in codes] for _, text in texts])
    found = {}
    for at, to in zip(*linear_sum_assignment(-scores), strict=True):
        value, text = texts[at]
        score = scores[at, to]
        others = np.delete(scores[at], to)
        if score < GUESS or score - others.max(initial=0) < MARGIN:
            order = [codes[i] for i in np.argsort(-scores[at]) if scores[at, i] > GUESS / 2]
            found[value] = Meaning(value, text, None, "gap", "no answer is", tuple(order[:3]))
            continue
        sure: Sure = "likely" if score >= LIKELY else "guess"
        found[value] = Meaning(value, text, codes[to], sure, "resembles the label")
    return {v: m for v, m in found.items() if m.answer or m.candidates}


def _likest(text: str, told: tuple[str, ...]) -> float:
    return max(alike(text, name) for name in told)


def _absent(values: Mapping[str, str], declared: set[str], taken: set[str]) -> dict[str, Meaning]:
    """Return the values that say that a question was not asked, or that the export so declares."""
    found = {}
    for value, text in values.items():
        if value in taken:
            continue
        if value in declared:
            reason = "declared missing by the file"
            found[value] = Meaning(value, text, NOT_ASKED, "likely", reason)
        elif ABSENT.fullmatch(" ".join(words(text))):
            found[value] = Meaning(value, text, NOT_ASKED, "guess", "says so")
    return found


def _gap(value: str, text: str, answers: Iterable[str], question: Question) -> Meaning:
    kinds = (*question.missing, *question.count)
    few = [answer for answer in answers if answer not in kinds][:4]
    candidates = tuple(dict.fromkeys((*few, *kinds, NOT_ASKED)))
    return Meaning(value, text, None, "gap", "nothing tells", candidates)


# What the values may be, by the form of the question


def of_options(question: Question) -> dict[str, tuple[str, ...]]:
    """Return a question's options and other codes, with everything that they are called."""
    items = {**question.options, **question.count, **question.missing}
    return {code: (*names(item), code) for code, item in items.items()}


def of_rows(question: Question) -> dict[str, tuple[str, ...]]:
    """Return a question's rows and other codes, with everything that they are called."""
    items = {**question.rows, **question.count, **question.missing}
    told = {code: (*names(item), code) for code, item in items.items()}
    return told | ({NONE_OF_THESE: NOTHING} if question.type == "multiple" else {})


def of_ticks(question: Question, row: str) -> dict[str, tuple[str, ...]]:
    """Return what says that a choice was ticked or left."""
    items = {**question.count, **question.missing}
    own = (*names(question.rows[row]), row) if row in question.rows else (NONE_OF_THESE,)
    own = (*names(items[row]), row) if row in items else own
    told = {code: (*names(item), code) for code, item in items.items() if code != row}
    return {"yes": (*TICKED, *own), "no": LEFT, **told}


def rank_meanings(column: Column, question: Question) -> dict[str, Meaning]:
    """Return which rank each value of a column is."""
    found = {}
    for value, text in column.values.items():
        said = " ".join(words(text))
        match = RANK.fullmatch(said)
        first = said.split(" ", 1)[0] if said else ""
        number = match[1] if match else ""
        if first in RANK_WORDS:
            number = str(RANK_WORDS.index(first) + 1)
        if loosely(value) in question.choices and loosely(value) == loosely(text):
            one = Meaning(value, text, loosely(value), "certain", "the rank")
        elif number in question.choices:
            one = Meaning(value, text, number, "likely", "the rank in its label")
        elif loosely(value) == "0":
            one = Meaning(value, text, NOT_ASKED, "guess", "no rank")
        else:
            absent = _absent({value: text}, set(column.declared), set())
            one = absent.get(value) or Meaning(value, text, None, "gap", "no rank", (NOT_ASKED,))
        found[value] = Meaning(*_fields(one), rows=column.counts.get(value, 0))
    return found


def quality(found: Mapping[str, Meaning]) -> float:
    """Return how well values are understood, 0–1; of no value that is an answer, 0."""
    told = [m for m in found.values() if m.answer != NOT_ASKED]
    return sum(QUALITY[m.sure] for m in told) / len(told) if told else 0.0
