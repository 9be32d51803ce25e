"""What each column of an export says of itself: its name, its text, the values in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from wavebook.drafting.likeness import words
from wavebook.importing.codes import loosely
from wavebook.importing.export import Export
from wavebook.importing.faults import without_faults

MOST_VALUES = 60  # a column with more is no question with given answers
NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?")


@dataclass(frozen=True)
class Column:
    """A column of an export.

    Attributes
    ----------
    text
        The question's text in the export; the name, where it is all there is.
    counts
        How many cells hold each value; at most `MOST_VALUES` of them, the most frequent first.
    labels, declared
        What the export says of codes, and those that it declares missing.
    rows, filled
        Cells, and those that are not empty.
    distinct
        How many values there are.
    ends
        The first and the last value in the alphabet, which is the order of dates.
    """

    name: str
    text: str
    counts: Mapping[str, int]
    labels: Mapping[str, str]
    declared: Mapping[str, str]
    rows: int
    filled: int
    distinct: int
    ends: tuple[str, ...] = ()

    @cached_property
    def values(self) -> Mapping[str, str]:
        """Each value with what it says: its label, or itself. Values that only labels tell of too.

        Empty where there are too many values for a question with given answers.
        """
        if self.distinct > MOST_VALUES:
            return {}
        said = {value: self.labels.get(value, value) for value in self.counts}
        known = {loosely(value) for value in said}
        return said | {
            code: label for code, label in self.labels.items() if loosely(code) not in known
        }

    @property
    def is_open(self) -> bool:
        """Whether it holds too many values for a question with given answers."""
        return self.distinct > MOST_VALUES

    @property
    def is_numbers(self) -> bool:
        """Whether it holds numbers of which nothing says what they stand for."""
        return not self.labels and all(NUMBER.fullmatch(value) for value in self.counts)

    @cached_property
    def own_label(self) -> str:
        """The only value, where it is what the column's text ends with: cells of a ticked choice.

        Platforms that leave an empty cell where a choice was not ticked write its label where it
        was.
        """
        if self.distinct != 1:
            return ""
        (value,) = self.counts
        said = words(self.labels.get(value, value))
        return value if said and words(self.text)[-len(said) :] == said else ""

    @property
    def is_key(self) -> bool:
        """Whether every row has a value of its own."""
        return self.rows > 0 and self.filled == self.distinct == self.rows


def columns_of(export: Export) -> list[Column]:
    """Return the columns of an export, in its order."""
    return [_column(export, str(name), export.frame[name]) for name in export.frame.columns]


def _column(export: Export, name: str, cells: pd.Series[Any]) -> Column:
    rows, cells = len(cells), without_faults(cells)
    counts = cells.value_counts()
    declared = export.missing.get(name, {})
    return Column(
        name,
        " ".join(export.labels.get(name, "").split()) or name,
        {str(value): int(count) for value, count in counts.head(MOST_VALUES).items()},
        dict(export.value_labels.get(name, {})),
        dict(declared),
        rows,
        int(counts.sum()),
        len(counts),
        (str(cells.min()), str(cells.max())) if len(counts) else (),
    )
