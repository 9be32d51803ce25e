"""Cells of a text file whose columns a comma, a semicolon, a tab or a bar separates."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from wavebook.errors import WavebookError, listing
from wavebook.importing.encoding import decode
from wavebook.importing.grid import Grid
from wavebook.importing.limesurvey import is_vv

SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
BY_WORD = {word: mark for mark, word in SEPARATORS.items()} | {"\\t": "\t"}
SAMPLE = 65_536  # letters in which the separator shows
SAMPLE_ROWS = 200
LONGEST_CELL = 1_000_000  # letters; an open answer has a few thousand
EXCEL_LINE = re.compile(r"sep=(.)\r?\n?")  # by which a file tells Excel its separator


def read_delimited(
    path: Path, name: str, *, encoding: str | None = None, separator: str | None = None
) -> Grid:
    """Return the cells of a text file.

    Parameters
    ----------
    encoding, separator
        As the user says they are; else they are found out. A separator may be named in words.

    Raises
    ------
    WavebookError
        If it isn't text, or quotation marks in it don't match.
    """
    decoded = decode(path.read_bytes(), name, encoding)
    text = decoded.text
    told = EXCEL_LINE.match(text)
    mark = _wanted(separator, name) or (told[1] if told else None) or _separator(text)
    notes = [decoded.note, f"Separator {SEPARATORS.get(mark, mark) if mark else 'none'}."]
    if not mark:
        notes.append("There is only one column: is there another separator?")
    # A VV export quotes nothing; what breaks its lines it writes in braces.
    first = [line.split("\t") for line in text[:SAMPLE].splitlines()[:2]]
    is_quoted = len(first) < 2 or not is_vv(*first)
    rows = list(_records(text, mark or ",", name, is_quoted))
    if told:
        rows[0] = []  # kept, so that rows have the numbers that people see
    return Grid(name, "CSV", rows, tuple(notes), has_decimal_commas=mark != ",")


def _wanted(separator: str | None, name: str) -> str | None:
    if separator is None:
        return None
    mark = BY_WORD.get(separator.lower(), separator)
    if len(mark) != 1 or mark in '"\r\n\0' or mark.isalnum():
        known = listing(SEPARATORS.values())
        raise WavebookError(f"{name}: '{separator}' is not a separator {known}")
    return mark


def _records(text: str, mark: str, name: str, is_quoted: bool) -> Iterator[list[str]]:
    before = csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=mark,
        quoting=csv.QUOTE_MINIMAL if is_quoted else csv.QUOTE_NONE,
        strict=True,
    )
    line = 1
    try:
        for record in reader:
            yield record
            line = reader.line_num + 1
    except csv.Error as error:
        raise WavebookError(f"{name}, line {line}: {_told(str(error))}") from None
    finally:
        csv.field_size_limit(before)


def _told(error: str) -> str:
    if "unexpected end of data" in error or "field larger" in error:
        return "a quotation mark begins a cell here and nothing ends it"
    if "expected after" in error:
        return "text after a closing quotation mark: a mark inside a cell has to be doubled"
    return error


def _separator(text: str) -> str:
    """Return what separates columns: what cuts most rows into as many cells as the most have."""
    best, score = "", (0.0, 0)
    for mark in SEPARATORS:
        widths = [len(record) for record in _sampled(text, mark) if record]
        if not widths:
            continue
        width, rows = Counter(widths).most_common(1)[0]
        if width > 1 and (rows / len(widths), width) > score:
            best, score = mark, (rows / len(widths), width)
    return best


def _sampled(text: str, mark: str) -> list[list[str]]:
    sample = text[:SAMPLE]
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=mark)
    records = []
    try:
        for record in reader:
            records.append(record)
            if len(records) == SAMPLE_ROWS:
                return records
    except csv.Error:
        return records
    # The last record may be cut off.
    return records[:-1] if len(text) > SAMPLE else records
