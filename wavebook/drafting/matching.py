"""Columns sent to places: all at once, so that no two go to one, and each as sure as it is."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from wavebook.drafting.columns import Column
from wavebook.drafting.likeness import likeness, squeezed
from wavebook.drafting.places import UNTOLD, Form, Place, fit, places, read
from wavebook.drafting.values import Sure
from wavebook.importing.codes import loosely, names
from wavebook.instrument import Item, Question

Scores = NDArray[np.float64]

TEXT, VALUES = 0.6, 0.4  # what a question's text and its values weigh
SAME_QUESTION = 0.08  # for a column among others of the same question
LOWEST, LIKELY = 0.42, 0.62
CANDIDATE = 0.3
TIE, CLEAR = 0.03, 0.08  # how much better a choice must be than the next, to be one; to be likely
SAME_TEXT = 0.999  # the same words
WORTH_READING = 0.15  # likeness of texts below which values alone must speak for a place


@dataclass(frozen=True)
class Match:
    """A place and the column that is sent there; None where that can't be decided.

    Attributes
    ----------
    candidates
        Columns that may be meant, or might have been, the likeliest first.
    """

    place: Place
    column: Column | None
    sure: Sure
    reason: str
    candidates: tuple[Column, ...] = ()


@dataclass(frozen=True)
class Matching:
    """All matches of one export, by question, and what they are worth together."""

    matches: Mapping[str, Sequence[Match]] = field(default_factory=dict)

    def worth(self, questions: Mapping[str, Question]) -> float:
        """Return how well some questions are matched: a point each, half of one for a guess."""
        points: Mapping[Sure, float] = {"certain": 1.0, "likely": 1.0, "guess": 0.5, "gap": 0.0}
        return sum(
            max(points[match.sure] for match in self.matches[name])
            for name in questions
            if self.matches.get(name)
        )


def match_columns(
    columns: Sequence[Column], questions: Mapping[str, Question], year: int | None
) -> Matching:
    """Return which column is sent to which place.

    The columns are assigned so that they are best as a whole (Kuhn, 1955, *Naval Research
    Logistics* 2): a column that fits two places goes where no other fits.
    """
    forms = {name: places(name, question, year) for name, question in questions.items()}
    every = [place for told in forms.values() for form in told.values() for place in form]
    if not columns or not every:
        return Matching()
    scoring = _Scoring(columns, every, questions)
    kept = _best_forms(forms, scoring.total, every)
    chosen = [every[at] for at in kept]
    total = scoring.total[:, kept]
    total = np.where(total > 0, total + SAME_QUESTION * _beside(columns, chosen, total), 0)
    pairs = _assigned(total)
    found: dict[str, list[Match]] = defaultdict(list)
    margins = {to: _margin(total, at, to, pairs) for to, at in pairs.items()}
    decided = {at for to, at in pairs.items() if total[at, to] >= LOWEST and margins[to] >= TIE}
    for to, place in enumerate(chosen):
        order = [int(at) for at in np.argsort(-total[:, to], kind="stable")[:8]]
        open_ = [at for at in order if total[at, to] >= CANDIDATE and at not in decided]
        if to in pairs and pairs[to] in decided:
            at = pairs[to]
            sure, reason = scoring.sure(at, kept[to], float(total[at, to]), margins[to])
            others = tuple(columns[other] for other in open_[:2])
            found[place.question].append(Match(place, columns[at], sure, reason, others))
        elif open_ and not place.is_optional:
            meant = tuple(columns[at] for at in open_[:3])
            reason = "more than one may be meant" if len(meant) > 1 else "too little tells"
            found[place.question].append(Match(place, None, "gap", reason, meant))
    return Matching({name: [*told, *_without_column(chosen, told)] for name, told in found.items()})


def _without_column(chosen: Sequence[Place], matches: Sequence[Match]) -> list[Match]:
    """Return a gap for each row of a matched question that nothing in the export resembles."""
    if not any(match.sure in ("certain", "likely") for match in matches):
        return []  # the question itself may be another
    asked = {match.place.question for match in matches}
    told = {match.place.key for match in matches}
    return [
        Match(place, None, "gap", "no column is like it; take the line out if it was not asked")
        for place in chosen
        if place.question in asked
        and place.form == "columns"
        and not place.is_optional
        and place.key not in told
    ]


class _Scoring:
    """How well every column fits every place: names, texts, values."""

    def __init__(
        self, columns: Sequence[Column], every: Sequence[Place], questions: Mapping[str, Question]
    ) -> None:
        self.columns, self.every, self.questions = columns, every, questions
        self.named = self._named()
        self.texts = np.maximum(self._texts(), self.named)
        self.values = self._values()
        self.total = TEXT * self.texts + VALUES * self.values
        # Values that no other question has speak for themselves.
        self.total = np.where(self._telling(), np.maximum(self.total, LOWEST + 0.01), self.total)
        # A name or a text without any value that fits is another column's: a comment, a time.
        self.total[self.values == 0] *= 0.5
        optional = np.array([place.is_optional for place in every])
        self.total[:, optional] *= 0.9
        self._keep_out_of_optional()

    def _named(self) -> Scores:
        """Return where a column has the name that a place has in our own data."""
        ours = {squeezed(place.column): to for to, place in enumerate(self.every)}
        joined = {squeezed(p.column): to for to, p in enumerate(self.every) if p.form == "joined"}
        named = np.zeros((len(self.columns), len(self.every)))
        for at, column in enumerate(self.columns):
            for known in (ours, joined):
                if squeezed(column.name) in known:
                    named[at, known[squeezed(column.name)]] = 1.0
        return named

    def _texts(self) -> Scores:
        texts = [(text, worth, to) for to, p in enumerate(self.every) for text, worth in p.texts]
        said = [column.text for column in self.columns]
        scores = likeness(said, [text for text, _, _ in texts])
        by_place = np.zeros((len(self.columns), len(self.every)))
        for at, (_, worth, to) in enumerate(texts):
            by_place[:, to] = np.maximum(by_place[:, to], worth * scores[:, at])
        return by_place

    def _values(self) -> Scores:
        values = np.zeros((len(self.columns), len(self.every)))
        known = {
            name: {loosely(n) for item in _items(question) for n in (*names(item[1]), item[0])}
            for name, question in self.questions.items()
        }
        cache: dict[tuple[object, ...], float] = {}
        for at, column in enumerate(self.columns):
            said = {loosely(text) for text in column.values.values()}
            kind = (
                frozenset(column.values.items()),
                frozenset(column.counts),
                frozenset(column.declared),
                column.own_label,
            )
            for to, place in enumerate(self.every):
                question = self.questions[place.question]
                if self.texts[at, to] < WORTH_READING and not said & known[place.question]:
                    continue
                # All rows are answered alike, but where a row's own label is the tick.
                row = place.key if question.type == "multiple" else ""
                key = (kind, place.question, place.form, row)
                if key not in cache:
                    cache[key] = fit(column, place, question, read(column, place, question))
                values[at, to] = cache[key]
        return values

    def _keep_out_of_optional(self) -> None:
        """Let a column be "none of these" only if it resembles nothing in the list more."""
        for to, place in enumerate(self.every):
            if place.is_optional:
                named = [
                    other
                    for other, one in enumerate(self.every)
                    if (one.question, one.form, one.is_optional)
                    == (place.question, place.form, False)
                ]
                listed = self.texts[:, named].max(axis=1, initial=0)
                self.total[listed >= self.texts[:, to], to] = 0

    def _telling(self) -> NDArray[np.bool_]:
        """Return where a column's values are those of one question, and of one place in it."""
        whole = self.values > 0.9
        alone = whole.sum(axis=1, keepdims=True) == 1
        single = np.array([self.questions[p.question].type == "single" for p in self.every])
        return np.asarray(whole & alone & single)

    def sure(self, at: int, to: int, total: float, margin: float) -> tuple[Sure, str]:
        """Return how sure a match is, and what tells."""
        text, value = self.texts[at, to], self.values[at, to]
        reasons = []
        if self.named[at, to]:
            reasons.append("name")
        elif text > SAME_TEXT:
            reasons.append("text")
        elif text > WORTH_READING:
            reasons.append(f"text {text:.0%}")
        if value >= SAME_TEXT:
            reasons.append("values")
        elif value == UNTOLD:
            reasons.append("values do not tell")
        elif value > 0:
            reasons.append(f"values {value:.0%}")
        reason = ", ".join(reasons)
        says_it = bool(self.named[at, to]) or text > SAME_TEXT
        if (says_it or (text > 0.95 and margin >= CLEAR)) and value >= UNTOLD:
            return "certain", reason
        return ("likely" if total >= LIKELY and margin >= CLEAR else "guess"), reason


def _items(question: Question) -> list[tuple[str, Item]]:
    groups = (question.rows, question.options, question.count, question.missing)
    return [item for group in groups for item in group.items()]


def _assigned(total: Scores) -> dict[int, int]:
    """Return the column of each place, by their numbers, that makes the whole best.

    Scores count from `LOWEST` on; what is under it only decides between places that nothing fits.
    Otherwise a column with a place's own words would be sent to its neighbour, for the sake of
    another that has the same values and nothing else to do with the question.
    """
    worth = np.maximum(total - LOWEST, 0) + total / 100
    return {
        int(to): int(at)
        for at, to in zip(*linear_sum_assignment(-worth), strict=True)
        if total[at, to] >= CANDIDATE
    }


def _best_forms(
    forms: Mapping[str, Mapping[Form, Sequence[Place]]], total: Scores, every: Sequence[Place]
) -> list[int]:
    """Return the places of each question's likeliest form.

    All forms of all questions compete for the columns: what another question has better claims to
    is no sign of this one's form.
    """
    number = {id(place): at for at, place in enumerate(every)}
    scores = np.zeros(len(every))
    for to, at in _assigned(total).items():
        scores[to] = total[at, to]
    kept: list[int] = []
    for told in forms.values():
        candidates = []
        for form in told.values():
            places_ = [number[id(place)] for place in form]
            needed = [scores[i] for i in places_ if not every[i].is_optional] or [0.0]
            candidates.append((float(np.mean(needed)), places_))
        kept += max(candidates, key=lambda one: one[0])[1]
    return kept


def _beside(columns: Sequence[Column], chosen: Sequence[Place], total: Scores) -> Scores:
    """Return where a column's neighbours, by the beginning of its name, speak for a question."""
    stems: dict[str, list[int]] = defaultdict(list)
    for at, column in enumerate(columns):
        stems[re.sub(r"[\W_]*[^\W_]*$", "", column.name) or column.name].append(at)
    of_question: dict[str, list[int]] = defaultdict(list)
    for to, place in enumerate(chosen):
        of_question[place.question].append(to)
    beside = np.zeros_like(total)
    for group in stems.values():
        if len(group) < 2:
            continue
        votes = {
            name: float(total[np.ix_(group, to)].max(axis=1).mean())
            for name, to in of_question.items()
        }
        winner = max(votes, key=lambda name: votes[name])
        beside[np.ix_(group, of_question[winner])] = 1.0
    return beside


def _margin(total: Scores, at: int, to: int, pairs: Mapping[int, int]) -> float:
    """Return by how much the whole would be worse if a place had another column."""
    taken = set(pairs.values())
    own = float(total[at, to])
    free = np.array([i for i in range(len(total)) if i not in taken], dtype=int)
    worst = own - float(total[free, to].max(initial=0))
    for other in range(total.shape[1]):
        if other == to:
            continue
        if other not in pairs:
            worst = min(worst, own - float(total[at, other]))
            continue
        there = pairs[other]
        swapped = float(total[at, other] + total[there, to])
        worst = min(worst, own + float(total[there, other]) - swapped)
    return worst
