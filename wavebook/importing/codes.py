"""What a cell of an export is in the instrument's language, one distinct value at a time."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wavebook.errors import listing, nearest
from wavebook.importing.faults import FAULTS
from wavebook.importing.mapping import NONE_OF_THESE, NOT_ASKED
from wavebook.instrument import Item, Question

How = Literal["exact", "label", "loose", "shared", "declared", "otherwise", "unknown"]
Mask = NDArray[np.bool_]
Answers = NDArray[Any]  # of text, None where the cell is empty or its value unknown

# How platforms write that a choice was ticked, or left.
TICKED = ("yes", "y", "1", "true", "selected", "checked", "ticked", "x", "quoted", "mentioned")
LEFT = (
    "no", "n", "0", "false", "not selected", "unselected", "unchecked", "not ticked", "not quoted",
    "not mentioned",
)  # fmt: skip


@lru_cache(maxsize=100_000)
def loosely(text: str) -> str:
    """Return text without what people do not see: case, spaces, a whole number's decimals.

    Examples
    --------
    >>> loosely(" Not  Selected") == loosely("not selected")
    True
    >>> loosely("1.0"), loosely("01"), loosely("1.5")
    ('1', '1', '1.5')
    """
    text = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    whole = re.fullmatch(r"([+-]?)0*(\d+)(?:[.,]0+)?", text)
    return whole[1].replace("+", "") + whole[2] if whole else text


@dataclass(frozen=True)
class Reading:
    """How one distinct value of a column, or one choice in its cells, was read.

    Attributes
    ----------
    found, label
        The value in the export, and its label there.
    answer
        What it is; None where the mapping does not know it.
    where
        In which cells it stands.
    """

    found: str
    label: str
    answer: str | None
    how: How
    where: Mask


@dataclass(frozen=True)
class Codebook:
    """What the values of one column stand for.

    Attributes
    ----------
    codes
        Codes or labels of the export, and the answer each is.
    labels
        What the export itself says that its codes stand for.
    shared
        The mapping's codes that mean the same in every column.
    declared
        Codes that the export declares missing.
    otherwise
        The answer that anything else is.
    is_own
        Whether `codes` are the instrument's, the mapping giving none.
    """

    codes: Mapping[str, str]
    labels: Mapping[str, str] = field(default_factory=dict)
    shared: Mapping[str, str] = field(default_factory=dict)
    declared: Collection[str] = ()
    otherwise: str | None = None
    is_own: bool = False

    @cached_property
    def _loose(self) -> dict[str, str]:
        return loose_table(self.codes)

    @cached_property
    def _loose_shared(self) -> dict[str, str]:
        return loose_table(self.shared)

    def answer(self, value: str) -> tuple[str | None, How]:
        """Return what a value is and what told so: the closest wording first."""
        label = self.labels.get(value, "")
        tables: tuple[tuple[str, Mapping[str, str], How], ...] = (
            (value, self.codes, "exact"),
            (label, self.codes, "label"),
            (value, self.shared, "shared"),
            (loosely(value), self._loose, "loose"),
            (loosely(label), self._loose, "loose"),
            (loosely(value), self._loose_shared, "shared"),
            (loosely(label), self._loose_shared, "shared"),
        )
        for text, table, how in tables:
            if text and text in table:
                return table[text], how
        if value in self.declared:
            return NOT_ASKED, "declared"
        if value in FAULTS:
            return None, "unknown"
        return self.otherwise, "unknown" if self.otherwise is None else "otherwise"

    def unknown(self, value: str) -> str:
        """Return what is wrong with a value that is not here, and what is here."""
        label = self.labels.get(value)
        said = f" ({label})" if label and label != value else ""
        known = list(dict.fromkeys(self.codes.values() if self.is_own else self.codes))
        what = "an answer or its label" if self.is_own else "in the mapping's codes"
        return f"{{found}}{said} is not {what} {listing(known)}{nearest(value, known)}"

    @property
    def answers(self) -> set[str]:
        """Everything that a cell may turn out to be."""
        told = {*self.codes.values(), *self.shared.values(), self.otherwise or NOT_ASKED}
        return told - {NOT_ASKED}


def loose_table(codes: Mapping[str, str]) -> dict[str, str]:
    """Return codes as `loosely` sees them, but for those that then say two things."""
    table: dict[str, str] = {}
    two = set()
    for code, answer in codes.items():
        if table.setdefault(loosely(code), answer) != answer:
            two.add(loosely(code))
    return {code: answer for code, answer in table.items() if code not in two}


def read_cells(cells: pd.Series[Any], book: Codebook) -> tuple[Answers, list[Reading]]:
    """Return the answer in each cell, and how each distinct value was read."""
    at, values = pd.factorize(cells)
    told = [book.answer(str(value)) for value in values]
    readings = [
        Reading(str(value), book.labels.get(str(value), ""), answer, how, at == number)
        for number, (value, (answer, how)) in enumerate(zip(values, told, strict=True))
    ]
    # A last entry for the empty cells, which factorize numbers -1.
    table = np.array([*(answer for answer, _ in told), None], dtype=object)
    return table[at], readings


def read_lists(
    cells: pd.Series[Any], separator: str, book: Codebook
) -> tuple[NDArray[np.intp], list[list[str]], list[Reading]]:
    """Return which list of answers each cell holds (-1: empty), the lists, and the readings."""
    at, values = pd.factorize(cells)
    standing: dict[str, list[int]] = {}
    lists: list[list[str]] = []

    def knows(text: str) -> bool:
        return book.answer(text)[1] not in ("unknown", "otherwise")

    for number, value in enumerate(values):
        choices = split(str(value), separator, knows)
        told = [book.answer(choice)[0] for choice in choices]
        lists.append([answer for answer in told if answer is not None])
        for choice in choices:
            standing.setdefault(choice, []).append(number)
    readings = [
        Reading(choice, book.labels.get(choice, ""), *book.answer(choice), np.isin(at, numbers))
        for choice, numbers in standing.items()
    ]
    return at, lists, readings


def split(text: str, separator: str, knows: Callable[[str], bool]) -> list[str]:
    """Return the choices in a cell; a label may itself hold the separator.

    Of all ways to cut the text, the one with the fewest pieces that nobody knows, then with the
    fewest pieces.

    Examples
    --------
    >>> split("Rake, Spade, large", ",", {"Rake", "Spade, large"}.__contains__)
    ['Rake', 'Spade, large']
    """
    pieces = text.split(separator)
    # From the end: the best way to cut what follows, as (unknown pieces, pieces, choices).
    best: list[tuple[int, int, list[str]]] = [(0, 0, [])]
    for start in range(len(pieces) - 1, -1, -1):
        ways = []
        for end in range(start + 1, len(pieces) + 1):
            choice = separator.join(pieces[start:end]).strip()
            unknown, count, rest = best[len(pieces) - end]
            if not choice:
                ways.append((unknown, count, rest))
            elif knows(choice):
                ways.append((unknown, count + 1, [choice, *rest]))
            elif end == start + 1:
                ways.append((unknown + 1, count + 1, [choice, *rest]))
        best.append(min(ways, key=lambda way: way[:2]))
    return best[-1][2]


# What the cells hold where the mapping gives no codes


def own_codes(question: Question, answers: Iterable[str], row: str = "") -> dict[str, str]:
    """Return the instrument's own codes and labels for answers, as if a mapping had listed them.

    Parameters
    ----------
    answers
        What the cells may be (see `expected_answers`).
    row
        The row that a column of choices belongs to: its label there says that it was ticked.
    """
    table: dict[str, str] = {}
    if "yes" in answers and question.type == "multiple":
        table |= dict.fromkeys(TICKED, "yes") | dict.fromkeys(LEFT, "no")
        if row in question.rows:
            table |= dict.fromkeys((row, *names(question.rows[row])), "yes")
    items = {**question.rows, **question.options, **question.count, **question.missing}
    for answer in answers:
        if answer in items:
            table |= {name: answer for name in names(items[answer]) if name not in table}
    if NONE_OF_THESE in answers:
        table[NONE_OF_THESE] = NONE_OF_THESE
    return table | {answer: answer for answer in answers}


def names(item: Item) -> tuple[str, ...]:
    """Return everything that an item was ever called."""
    told = (item.label, item.short, *(n for f in item.former for n in (f.label, f.short)))
    return tuple(dict.fromkeys(name for name in told if name))
