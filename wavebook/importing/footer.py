"""What stands below a table and is no respondent: totals, and notes on where it came from."""

from __future__ import annotations

import re
from collections.abc import Sequence

TOTAL = re.compile(
    r"(grand )?total|sums?|base|mean|average|count|n|gesamt|insgesamt|summe|totaal|totale", re.I
)
LEAST_COLUMNS = 3  # of a table under which a row can be told from a respondent
SAMPLE = 200  # rows that show how many cells are usual


def without_footer(
    rows: list[tuple[int, Sequence[str]]],
) -> tuple[list[tuple[int, Sequence[str]]], tuple[str, ...]]:
    """Return a table's rows without totals and notes under it, and what those begin with.

    A note is one cell with several words, in a row with nothing else; sums stand behind a word for
    them, in a row with gaps.
    """
    usual = sorted(len(_filled(row)) for _, row in rows[:SAMPLE])[min(len(rows), SAMPLE) // 2]
    below: list[str] = []
    while usual >= LEAST_COLUMNS:  # some row has as many, and ends it
        first, *others = _filled(rows[len(rows) - len(below) - 1][1])
        is_note = not others and len(first.split()) > 1
        is_total = TOTAL.fullmatch(first.rstrip(":")) is not None and 1 + len(others) < usual
        if not (is_note or is_total):
            break
        below.append(first)
    return rows[: len(rows) - len(below)], tuple(reversed(below))


def _filled(row: Sequence[str]) -> list[str]:
    return [cell.strip() for cell in row if cell.strip()]
