"""SPSS and Stata files: codes in cells, and what the file says that each of them means."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from wavebook.errors import WavebookError, listing
from wavebook.importing.apart import read_apart
from wavebook.importing.export import Export
from wavebook.importing.grid import frame_of, size_note, unique_names
from wavebook.importing.values import duration_text, moment_text, number_text, plain_text

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


@dataclass(frozen=True)
class Source:
    """A file as its library reads it: by place, and by name what it says of a variable."""

    names: Sequence[str]
    columns: Sequence[Sequence[Any]]
    labels: Mapping[str, str | None]
    value_labels: Mapping[str, Mapping[Any, str]]
    missing_ranges: Mapping[str, Sequence[Mapping[str, Any]]]
    formats: Mapping[str, str]
    types: Mapping[str, str]
    encoding: str | None
    rows: int | None
    title: str


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
    source, notes = _read(path, name, kind, encoding)
    if not source.names:
        raise WavebookError(f"{name}: no variables in it")
    rows = len(source.columns[0])
    if source.rows not in (None, -1, rows):
        raise WavebookError(
            f"{name}: cut off: it announces {source.rows:,} respondents and holds {rows:,}"
        )
    if not rows:
        raise WavebookError(f"{name}: variables, but no respondents")
    unique, told = unique_names(dict(enumerate(source.names)))
    frame = frame_of({unique[i]: _texts(source, i, kind) for i in unique})
    labels = {
        unique[i]: " ".join(label.split())
        for i, old in enumerate(source.names)
        if (label := source.labels.get(old))
    }
    value_labels = {
        unique[i]: {_code(value, kind): label.strip() for value, label in given.items()}
        for i, old in enumerate(source.names)
        if (given := source.value_labels.get(old))
    }
    missing = _missing(source, frame, value_labels, kind)
    if missing:
        told = (*told, f"The file declares codes missing in {listing(missing)}.")
    notes = (size_note(frame), *notes, *told)
    title = " ".join(source.title.split())
    if title:
        notes = (*notes, f"The file calls itself '{title}'.")
    return Export(name, kind, frame, labels, value_labels, missing, notes, 1, title=title)


def _read(
    path: Path, name: str, kind: Kind, encoding: str | None
) -> tuple[Source, tuple[str, ...]]:
    answer, told = read_apart("statistical", name, kind, str(path), encoding or "")
    if answer == "columns":
        source = Source(**told)
        shown = encoding or source.encoding
        return source, (f"Encoding {shown}.",) if shown else ()
    if encoding is None and NOT_IN_IT in told:
        answer, other = read_apart("statistical", name, kind, str(path), LEGACY_ENCODING)
        if answer == "columns":
            note = f"Its text is not in the encoding that it says: read as {LEGACY_ENCODING}."
            return Source(**other), (note,)
    raise WavebookError(f"{name}: a damaged or incomplete {kind} file: {told}")


def _texts(source: Source, place: int, kind: Kind) -> list[str | None]:
    name, values = source.names[place], source.columns[place]
    if source.types.get(name) == "string":
        return [plain_text(value) if value else None for value in values]
    to_text = _number_to_text(source.formats.get(name) or "", kind)
    if source.types.get(name) == "float":
        # Four bytes hold 0.1 as 0.100000001: what was meant is what four bytes print.
        whole = to_text
        to_text = lambda number: whole(float(str(np.float32(number))))  # noqa: E731
    made = {value: _cell(value, to_text, kind) for value in set(values)}
    return [made[value] for value in values]


def _cell(value: Any, to_text: Callable[[float], str], kind: str) -> str | None:
    if isinstance(value, str):
        # Among numbers, a letter is one of Stata's extended missing values.
        is_letter = kind == "Stata" and STATA_MISSING.fullmatch(value)
        return f".{value}" if is_letter else plain_text(value)
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


def _missing(
    source: Source, frame: pd.DataFrame, value_labels: Mapping[str, Mapping[str, str]], kind: Kind
) -> dict[str, dict[str, str]]:
    """Return the codes that the file declares missing: those it names, has or labels."""
    found: dict[str, dict[str, str]] = {}
    for old, name in zip(source.names, map(str, frame.columns), strict=True):
        labels = value_labels.get(name, {})
        ranges = source.missing_ranges.get(old, ())
        is_text = source.types.get(old) == "string"
        if (kind == "Stata" and is_text) or (kind == "SPSS" and not ranges):
            continue
        known = dict.fromkeys((*labels, *frame[name].dropna().unique()))
        if kind == "Stata":
            codes = [code for code in known if EXTENDED.fullmatch(code)]
        else:
            single = [_code(r["lo"], kind) for r in ranges if r["lo"] == r["hi"]]
            codes = [*single, *(code for code in known if _is_within(code, ranges))]
        if codes:
            found[name] = {code: labels.get(code, "") for code in dict.fromkeys(codes)}
    return found


def _is_within(code: str, ranges: Sequence[Mapping[str, Any]]) -> bool:
    try:
        number = float(code)
    except ValueError:
        return False
    return any(not isinstance(r["lo"], str) and r["lo"] <= number <= r["hi"] for r in ranges)
