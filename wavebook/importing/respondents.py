"""Who is in a part's rows and how they were sampled: rows, ids, weights, strata."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd

from wavebook.errors import Problem, listing
from wavebook.importing.codes import loosely
from wavebook.importing.export import Export
from wavebook.importing.ledger import Ledger, Mask
from wavebook.importing.mapping import MappedPart

TYPED = ("SPSS", "Stata", "Parquet")  # whose numbers are no text
WHICH_SIGN = "say decimal: ',' or decimal: '.' in the mapping's part"


def holds(cells: pd.Series[Any], values: Collection[str], labels: Mapping[str, str]) -> Mask:
    """Return in which cells one of the values stands, as a code or as a label; ``*`` is any."""
    if "*" in values:
        return np.asarray(cells.notna(), dtype=bool)
    wanted = {loosely(value) for value in values}
    told = {
        value: loosely(value) in wanted or loosely(labels.get(value, "")) in wanted
        for value in cells.dropna().unique()
    }
    return np.array([told.get(cell, False) for cell in cells], dtype=bool)


def choose_rows(export: Export, part: MappedPart) -> Ledger:
    """Return the rows of a part, each with its position in the export."""
    frame = export.frame.reset_index(drop=True)
    chosen = np.ones(len(frame), dtype=bool)
    whole = Ledger(export, frame)
    for column, values in part.only.items():
        whole.faults(column)  # nobody knows whose row that is
        chosen &= holds(frame[column], values, export.value_labels.get(column, {}))
    ledger = Ledger(export, frame[chosen], problems=whole.problems)
    if not chosen.any():
        ledger.problems.append(Problem(export.name, _nobody(export, part)))
    return ledger


def _nobody(export: Export, part: MappedPart) -> str:
    """Return why no row is a part's: what was looked for, and what its columns hold."""
    if not part.only:
        return "there are no respondents"
    wanted, found = [], []
    for column, values in part.only.items():
        labels = export.value_labels.get(column, {})
        held = [
            f"{value} {labels[value]}" if value in labels else str(value)
            for value in export.frame[column].dropna().unique()
        ]
        wanted.append(f"{column}: {', '.join(values)}")
        found.append(f"{column} holds {listing(held)}" if held else f"{column} is empty")
    return f"no row is left with {', '.join(wanted)}; {', '.join(found)}"


def respondents(ledger: Ledger, part: MappedPart) -> pd.Series[Any]:
    """Return the respondents' ids; numbers, where the export has none."""
    if not part.respondent:
        return pd.Series(
            [str(number) for number in range(1, len(ledger.rows) + 1)], index=ledger.rows.index
        )
    column = part.respondent
    ids = ledger.rows[column]
    ledger.problem("empty; a respondent needs an id", column, ids.isna().to_numpy(), rule="no-id")
    ledger.faults(column)
    if ids.str.contains("@", regex=False, na=False).any():
        ledger.warnings.append(
            f"{column}: the ids look like e-mail addresses, and data files are published; "
            "without respondent in the mapping they are numbered"
        )
    if ids.duplicated().any():
        for positions in ids.groupby(ids, sort=False).indices.values():
            message = f"{{found}} stands in row {ledger.source_row(int(positions[0]))} too"
            ledger.problem_at(message, column, np.asarray(positions[1:]), rule="duplicate-id")
    return ids


def design(ledger: Ledger, part: MappedPart) -> dict[str, pd.Series[Any]]:
    """Return the columns of the sample design, by what they are."""
    made: dict[str, pd.Series[Any]] = {}
    for key, column in part.design.items():
        cells = ledger.rows[column]
        message = f"empty; expected the {key}"
        ledger.problem(message, column, cells.isna().to_numpy(), rule=f"no-{key}")
        ledger.faults(column)
        is_number = key in ("weight", "fpc")
        made[key] = _numbers(ledger, part, key, column) if is_number else cells
    if part.margins and not part.weight:
        # What `wavebook weight` writes over.
        made["weight"] = pd.Series("1", index=ledger.rows.index)
    return made


def _numbers(ledger: Ledger, part: MappedPart, key: str, column: str) -> pd.Series[Any]:
    """Return weights or sizes of populations as plain numbers, whatever their decimal sign."""
    cells = ledger.rows[column].astype("str").str.strip()
    is_told = column in ledger.export.commas
    decimal = "." if is_told else part.decimal or _decimal(ledger, cells, key, column)
    thousands = "," if decimal == "." else "."
    is_formed = cells.str.fullmatch(_form(decimal, thousands), na=False)
    # What has another form stays as it is, and is no number: a date would lose its points.
    plain = cells.str.replace(thousands, "", regex=False).str.replace(decimal, ".", regex=False)
    cells = plain.where(is_formed, cells)
    numbers = pd.to_numeric(plain.where(is_formed), errors="coerce").to_numpy(dtype=float)
    told = [
        p for p in ledger.problems if p.rule in ("decimal-sign", "no-value") and p.column == column
    ]
    odd = {row for problem in told for row in problem.rows}
    wrong = ~np.isfinite(numbers) & cells.notna().to_numpy()
    for at in np.flatnonzero(wrong) if odd else ():
        wrong[at] = ledger.source_row(int(at)) not in odd  # and is told already
    sign = "point" if decimal == "." else "comma"
    message = f"{{found}} is not a number; expected the {key}, with a decimal {sign}"
    ledger.problem(message, column, wrong, rule="not-a-number")
    message = f"{{found}} is negative; expected the {key}"
    ledger.problem(message, column, numbers < 0, rule="negative")
    return cells


def _form(decimal: str, thousands: str) -> str:
    """Return the pattern of a number: thousands are apart in groups of three, or not at all."""
    whole = rf"\d{{1,3}}(?:{re.escape(thousands)}\d{{3}})+|\d*"
    return rf"[+-]?(?:{whole})(?:{re.escape(decimal)}\d*)?(?:[eE][+-]?\d+)?"


def _decimal(ledger: Ledger, cells: pd.Series[Any], key: str, column: str) -> str:
    """Return the decimal sign that the numbers themselves show; the point, if none does."""
    has_comma = cells.str.contains(",", na=False)
    has_point = cells.str.contains(".", regex=False, na=False)
    with_comma = cells[has_comma]
    if with_comma.empty:
        if ledger.export.kind not in TYPED:
            _ask_of_thousands(ledger, cells, cells[has_point], key, column)
        return "."
    if not with_comma.str.fullmatch(r"[1-9]\d{0,2}(,\d{3})+(\.\d+)?").all():
        only_point, only_comma = has_point & ~has_comma, has_comma & ~has_point
        if only_point.any() and only_comma.any():  # and nobody knows which are wrong
            rare = min(only_point, only_comma, key=lambda cells: int(cells.sum()))
            ledger.problem(
                f"{{found}} has another decimal sign than the rest; expected the {key}, with one "
                f"sign throughout; or {WHICH_SIGN}",
                column,
                rare.to_numpy(),
                rule="decimal-sign",
            )
            return "," if rare is only_point else "."
        ledger.warnings.append(f"{column}: commas are decimal signs")
        return ","
    if not with_comma.str.contains(".", regex=False).any():
        _ask_of_thousands(ledger, cells, with_comma, key, column)
    return "."


def _ask_of_thousands(
    ledger: Ledger, cells: pd.Series[Any], signed: pd.Series[Any], key: str, column: str
) -> None:
    """Note the numbers with a sign if it may stand before thousands in all of them."""
    if signed.str.fullmatch(r"[1-9]\d{0,2}([.,]\d{3})+").all():
        sign = "comma" if signed.str.contains(",", regex=False).any() else "point"
        ledger.problem(
            f"{{found}} may have a decimal {sign} or thousands; expected the {key}: {WHICH_SIGN}",
            column,
            cells.index.isin(signed.index),
            rule="decimal-sign",
        )
