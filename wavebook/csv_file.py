"""Files of rows that people write: read so that every mistake in them has a place and a name."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from wavebook.errors import WavebookError, listing, nearest
from wavebook.regular import check_regular


class Row(dict[str, str]):
    """A row by the names of its columns; a name that there is not is told with the file's."""

    def __init__(self, cells: Mapping[str, str], name: str) -> None:
        super().__init__(cells)
        self._name = name

    def __missing__(self, column: str) -> str:
        raise WavebookError(
            f"{self._name}: no column '{column}' {listing(self)}{nearest(column, self)}"
        )


def read_rows(
    path: Path, name: str, columns: Sequence[str] = (), *, needed: Sequence[str] = ()
) -> list[dict[str, str]]:
    """Return the rows of a CSV file by the names of its columns.

    Parameters
    ----------
    name
        The file, as the user would name it.
    columns
        The only ones that it is to have, in this order; any unless given.
    needed
        Columns that it is to have among others.

    Raises
    ------
    WavebookError
        If the file is missing, empty, not UTF-8, not CSV, or has other columns, or a row that is
        longer or shorter than the header.
    """
    check_regular(path, name)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header, *rows = [row for row in csv.reader(file) if row] or [[]]
    except FileNotFoundError:
        raise WavebookError(f"{name}: there is no such file") from None
    except UnicodeDecodeError:
        raise WavebookError(f"{name}, {not_utf8(path)}") from None
    except csv.Error as error:
        raise WavebookError(f"{name}: not CSV: {error}") from None
    except OSError as error:
        raise WavebookError(f"{name}: cannot be read: {error.strerror}") from None
    if not header:
        expected = ", ".join(columns or needed) or "a header with the names of columns"
        raise WavebookError(f"{name}: the file is empty; expected {expected}")
    if columns and header != list(columns):
        raise WavebookError(f"{name}: expected the columns {', '.join(columns)}")
    for column in needed:
        if column not in header:
            raise WavebookError(
                f"{name}: no column '{column}' {listing(header)}{nearest(column, header)}"
            )
    for number, row in enumerate(rows, start=1):
        if len(row) != len(header):
            raise WavebookError(
                f"{name}, row {number}: found {len(row)} cells; expected {len(header)}, as in the "
                "header"
            )
    return [Row(dict(zip(header, row, strict=True)), name) for row in rows]


def inert(text: str) -> str:
    """Return text that a spreadsheet shows, and does not take for a formula.

    See "CSV Injection" at OWASP: an apostrophe before the signs with which formulas begin.

    Examples
    --------
    >>> inert("=1+2"), inert("North")
    ("'=1+2", 'North')
    """
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def not_utf8(path: Path) -> str:
    """Return the first place at which a file is not UTF-8, and what is found there."""
    return beyond_utf8(path) or "found other bytes a moment ago; expected UTF-8 text"


def beyond_utf8(path: Path) -> str | None:
    """Return the first place at which a file is not UTF-8, and what is found there, if it is not.

    Examples
    --------
    ``line 3: found the byte 0xE9; expected UTF-8 text``.
    """
    content = path.read_bytes()
    try:
        content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return f"line {line}: found the byte 0x{content[error.start]:02X}; expected UTF-8 text"
    return None
