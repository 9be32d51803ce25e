"""Cells of a column in one form: spaces, decimal commas and dates of spreadsheets are told."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from wavebook.errors import listing
from wavebook.importing.values import moment_text, plain_text

NUMBER = re.compile(r"-?\d+(\.\d+)?")
WHOLE = re.compile(r"(-?\d+)\.0+")
COMMA = re.compile(r"-?(\d+|\d{1,3}(\.\d{3})+)(,\d+)?")
THOUSANDS = re.compile(r"[1-9]\d{0,2},\d{3}")
TWO_CODES = re.compile(r"([1-9]\d?),([1-9]\d?)")
DATED = re.compile(
    r"(^|[^a-z]|start|end|submit|recorded|birth|interview)(date|datum|fecha|timestamp)(?![a-z])"
)
# What a spreadsheet makes of the code "1-3": a date, or what it shows of it.
LIKE_A_DATE = re.compile(r"\d{4}-\d\d-\d\d|\d{1,2}-[A-Z][a-z]{2}|[A-Z][a-z]{2}-\d\d")
SERIALS = (25_569, 62_093)  # 1970 to 2069, as spreadsheets count days
SPREADSHEET_DAY_0 = datetime(1899, 12, 30)
MOST_TOLD = 8  # of what is wrong in the same way


class Tidy:
    """Makes cells of a column one form, and remembers what it changed."""

    def __init__(self, has_decimal_commas: bool) -> None:
        self.has_decimal_commas = has_decimal_commas
        self.spaces = 0
        self.first_space = ""
        self.commas: list[str] = []
        self.unsure: list[str] = []
        self.serials: list[str] = []
        self.dates: list[str] = []

    def column(self, name: str, cells: Sequence[str], numbers: Sequence[int]) -> list[str | None]:
        """Return the cells of a column without spaces around, with numbers as numbers."""
        # Answers repeat: what is done to each different cell is done to few.
        stripped = {cell: plain_text(cell) for cell in set(cells)}
        spaced = {cell for cell, text in stripped.items() if text and cell != cell.strip()}
        if spaced:
            if not self.spaces:
                row = next(n for n, c in zip(numbers, cells, strict=True) if c in spaced)
                self.first_space = f"row {row}, {name}"
            self.spaces += sum(cell in spaced for cell in cells)
        texts = {text for text in stripped.values() if text}
        change = self._change(name, texts)
        final = {cell: change(text) if text else None for cell, text in stripped.items()}
        return [final[cell] for cell in cells]

    def _change(self, name: str, texts: set[str]) -> Callable[[str], str]:
        if not texts:
            return str
        if self.has_decimal_commas and self._is_comma_column(name, texts):
            self.commas.append(name)
            return _with_point_whole if _all_whole(map(_with_point, texts)) else _with_point
        if _are_serials(name, texts):
            example = min(texts)
            self.serials.append(f"{example} as {_dated(example)} in '{name}'")
            return _dated
        dates = [text for text in texts if LIKE_A_DATE.fullmatch(text)]
        if dates and 2 * len(dates) < len(texts):
            self.dates.append(f"'{min(dates)}' in '{name}'")
        return _whole if _all_whole(texts) else str

    def _is_comma_column(self, name: str, texts: set[str]) -> bool:
        with_comma = [text for text in texts if "," in text]
        if not with_comma or not all(COMMA.fullmatch(text) for text in texts):
            return False
        # "1,3" may be two choices and "1,250" thousands; "0,87", "1,05" or "3,1" are neither.
        if all(_may_be_two_codes(text) for text in with_comma) or all(
            THOUSANDS.fullmatch(text) for text in with_comma
        ):
            self.unsure.append(f"'{name}' ({min(with_comma)})")
            return False
        return True

    def notes(self) -> tuple[str, ...]:
        """Return what was changed, a sentence each."""
        told = []
        if self.spaces:
            were = "cell was" if self.spaces == 1 else "cells were"
            told.append(
                f"Spaces around {self.spaces:,} {were} removed, the first in {self.first_space}."
            )
        if self.commas:
            told.append(f"Decimal commas were read as points in {listing(self.commas)}.")
        if self.unsure:
            told.append(
                "Could be decimal commas, thousands or two choices in a cell, and were left as "
                "they are: "
                f"{', '.join(self.unsure[:MOST_TOLD])}."
            )
        if self.dates:
            told.append(
                f"Dates stand among other answers {listing(self.dates)}: did a spreadsheet make "
                "them of '1-3' or the like?"
            )
        if self.serials:
            told.append(f"Days counted by a spreadsheet were read as dates: {self.serials[0]}.")
        return tuple(told)


def _with_point(text: str) -> str:
    return text.replace(".", "").replace(",", ".")


def _may_be_two_codes(text: str) -> bool:
    match = TWO_CODES.fullmatch(text)
    return match is not None and int(match[1]) < int(match[2])


def _with_point_whole(text: str) -> str:
    return _whole(_with_point(text))


def _whole(text: str) -> str:
    match = WHOLE.fullmatch(text)
    return match[1] if match else text


def _all_whole(texts: Iterable[str]) -> bool:
    return all(WHOLE.fullmatch(text) or text.removeprefix("-").isdecimal() for text in texts)


def _are_serials(name: str, texts: set[str]) -> bool:
    low, high = SERIALS
    return DATED.search(name.lower()) is not None and all(
        NUMBER.fullmatch(text) and low <= float(text) < high for text in texts
    )


def _dated(text: str) -> str:
    moment = SPREADSHEET_DAY_0 + timedelta(seconds=round(float(text) * 86_400))
    return moment_text(moment)
