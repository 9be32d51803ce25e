"""SPSS and Stata files: codes in cells, and what the file says that each of them means."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyreadstat

from wavebook.errors import WavebookError, listing
from wavebook.importing.export import Export
from wavebook.importing.grid import frame_of, size_note, unique_names
from wavebook.importing.values import duration_text, moment_text, number_text

Kind = Literal["SPSS", "Stata"]

SPSS_DAY_0 = datetime(1582, 10, 14)  # seconds since
STATA_DAY_0 = datetime(1960, 1, 1)  # days or milliseconds since
SPSS_DATE = re.compile(r"(DATE|ADATE|EDATE|JDATE|SDATE|DATETIME|YMDHMS)\d*")
SPSS_TIME = re.compile(r"(TIME|DTIME|MTIME)\d*")
STATA_DATE = re.compile(r"%-?\d*(t?d|t[cC])")
STATA_MONTH = re.compile(r"%-?\d*tm")
STATA_MISSING = re.compile(r"[a-z]")
EXTENDED = re.compile(r"\.[a-z]")
LEGACY_ENCODING = "windows-1252"  # what programs wrote before files said which
NOT_IN_IT = "Unable to convert string"


def read_statistical(path: Path, name: str, kind: Kind, encoding: str | None = None) -> Export:
    """Return an SPSS or Stata file, its codes as text.

    Parameters
    ----------
    encoding
        Of the text in it, where the file says it wrongly.

    Raises
    ------
    WavebookError
        If it is damaged or incomplete, or has no respondents.
    """
    columns, meta, notes = _read(path, name, kind, encoding)
    if not meta.column_names:
        raise WavebookError(f"{name}: no variables in it")
    rows = len(next(iter(columns.values()), ()))
    if meta.number_rows is not None and meta.number_rows not in (-1, rows):
        raise WavebookError(
            f"{name}: cut off: it announces {meta.number_rows:,} respondents and holds {rows:,}"
        )
    if not rows:
        raise WavebookError(f"{name}: variables, but no respondents")
    names, told = unique_names(list(meta.column_names))
    texts: dict[str, Sequence[str | None]] = {
        new: _texts(columns[old], meta, old, kind)
        for old, new in zip(meta.column_names, names, strict=True)
    }
    frame = frame_of(texts)
    by_old = dict(zip(meta.column_names, names, strict=True))
    value_labels = _value_labels(meta, by_old, kind)
    missing = _missing(meta, frame, value_labels, kind)
    if missing:
        told = (*told, f"The file declares codes missing in {listing(missing)}.")
    labels = {
        by_old[column]: " ".join(label.split())
        for column, label in meta.column_names_to_labels.items()
        if label and label.strip()
    }
    return Export(
        name, kind, frame, labels, value_labels, missing, (size_note(frame), *notes, *told), 1
    )


def _read(
    path: Path, name: str, kind: str, encoding: str | None
) -> tuple[dict[str, Any], Any, tuple[str, ...]]:
    def read(chosen: str | None) -> tuple[dict[str, Any], Any]:
        reader: Callable[..., Any] = pyreadstat.read_sav if kind == "SPSS" else pyreadstat.read_dta
        made: tuple[dict[str, Any], Any] = reader(
            path,
            encoding=chosen,
            user_missing=True,
            disable_datetime_conversion=True,  # whose dates end in the year 9999, with an error
            output_format="dict",
        )
        return made

    try:
        columns, meta = read(encoding)
        told = encoding or meta.file_encoding
        return columns, meta, (f"Encoding {told}.",) if told else ()
    except Exception as error:
        message = _line(error)
        if encoding is None and NOT_IN_IT in message:
            try:
                note = f"Its text is not in the encoding that it says: read as {LEGACY_ENCODING}."
                return *read(LEGACY_ENCODING), (note,)
            except Exception as second:
                message = _line(second)
        raise WavebookError(f"{name}: a damaged or incomplete {kind} file: {message}") from None


def _line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _texts(values: Sequence[Any], meta: Any, column: str, kind: str) -> list[str | None]:
    if meta.readstat_variable_types.get(column) == "string":
        return [value.strip() if value else None for value in values]
    to_text = _number_to_text(meta.original_variable_types.get(column) or "", kind)
    if meta.readstat_variable_types.get(column) == "float":
        # Four bytes hold 0.1 as 0.100000001: what was meant is what four bytes print.
        whole = to_text
        to_text = lambda number: whole(float(str(np.float32(number))))  # noqa: E731
    made = {value: _cell(value, to_text, kind) for value in set(values)}
    return [made[value] for value in values]


def _cell(value: Any, to_text: Callable[[float], str], kind: str) -> str | None:
    if isinstance(value, str):
        # Among numbers, a letter is one of Stata's extended missing values.
        return f".{value}" if kind == "Stata" and STATA_MISSING.fullmatch(value) else value.strip()
    if value is None or value != value:  # noqa: PLR0124  # not a number
        return None
    return to_text(value)


def _number_to_text(format_: str, kind: str) -> Callable[[float], str]:
    """Return how a number of this display format is written."""
    if kind == "SPSS":
        if SPSS_DATE.fullmatch(format_):
            return lambda number: _moment(SPSS_DAY_0, number)
        if SPSS_TIME.fullmatch(format_):
            return duration_text
    elif match := STATA_DATE.match(format_):
        scale = 86_400 if match[1].endswith("d") else 0.001
        return lambda number: _moment(STATA_DAY_0, number * scale)
    elif STATA_MONTH.match(format_):
        return lambda number: f"{1960 + int(number // 12)}-{int(number % 12) + 1:02}"
    return number_text


def _moment(start: datetime, seconds: float) -> str:
    try:
        return moment_text(start + timedelta(seconds=round(seconds, 3)))
    except (OverflowError, ValueError):  # a date beyond the year 9999 is a mistake: shown as it is
        return number_text(seconds)


def _code(value: Any, kind: str) -> str:
    return _cell(value, number_text, kind) or ""


def _value_labels(meta: Any, names: Mapping[str, str], kind: str) -> dict[str, dict[str, str]]:
    return {
        names[column]: {_code(value, kind): label.strip() for value, label in labels.items()}
        for column, labels in meta.variable_value_labels.items()
        if column in names
    }


def _missing(
    meta: Any, frame: pd.DataFrame, value_labels: Mapping[str, Mapping[str, str]], kind: str
) -> dict[str, dict[str, str]]:
    """Return the codes that the file declares missing: those it names, has or labels."""
    found: dict[str, dict[str, str]] = {}
    for place, column in enumerate(meta.column_names):
        name = str(frame.columns[place])
        labels = value_labels.get(name, {})
        known = dict.fromkeys((*labels, *frame[name].dropna().unique()))
        ranges = meta.missing_ranges.get(column, ())
        is_text = meta.readstat_variable_types.get(column) == "string"
        if kind == "Stata":
            codes = [code for code in known if EXTENDED.fullmatch(code) and not is_text]
        else:
            single = [_code(r["lo"], kind) for r in ranges if r["lo"] == r["hi"]]
            codes = [*single, *(code for code in known if _is_within(code, ranges))]
        if codes and (ranges or kind == "Stata"):
            found[name] = {code: labels.get(code, "") for code in dict.fromkeys(codes)}
    return found


def _is_within(code: str, ranges: Sequence[Mapping[str, Any]]) -> bool:
    try:
        number = float(code)
    except ValueError:
        return False
    return any(not isinstance(r["lo"], str) and r["lo"] <= number <= r["hi"] for r in ranges)
