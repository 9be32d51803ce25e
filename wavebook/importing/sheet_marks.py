"""What a sheet of an ``.xlsx`` says besides its values: errors, formulas without one, hidden rows.

The library that reads values gives all these as empty cells, or as rows like others.
"""

from __future__ import annotations

import posixpath
import re
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from wavebook.importing.faults import NOT_CALCULATED

CHUNK = 1 << 20
BOOK = "xl/workbook.xml"
CELL = re.compile(
    rb'<(?:\w+:)?c r="([A-Z]{1,3})([0-9]{1,7})"([^<>]*)(?<!/)>(.*?)</(?:\w+:)?c>', re.DOTALL
)
ROW = re.compile(rb'<(?:\w+:)?row [^<>]*?\br="([0-9]{1,7})"[^<>]*')
HIDDEN = re.compile(rb'\bhidden="(?:1|true)"')
VALUE = re.compile(rb"<(?:\w+:)?v(?: [^<>]*)?>([^<]+)<")
FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
OF_SHEET = {"id": "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"}


@dataclass
class Marks:
    """What stands beside the values of a sheet; rows and columns are counted from 0.

    Attributes
    ----------
    faults
        What is shown in a cell that has no value.
    hidden
        Rows that are not shown, as a filter leaves them.
    """

    faults: dict[tuple[int, int], str] = field(default_factory=dict)
    hidden: list[int] = field(default_factory=list)


def read_marks(path: Path, sheet: str) -> Marks:
    """Return what a sheet says besides its values; nothing of a workbook of another kind."""
    marks = Marks()
    if not zipfile.is_zipfile(path):
        return marks
    with zipfile.ZipFile(path) as archive:
        member = _member(archive, sheet)
        if member is None:
            return marks
        with archive.open(member) as part:
            for text in whole_cells(part):
                _look(text, marks)
    return marks


def whole_cells(part: IO[bytes]) -> Iterator[bytes]:
    """Yield a sheet's XML in pieces that cut no cell in two."""
    text = b""
    while chunk := part.read(CHUNK):
        text += chunk
        # The last cell that begins in it may end in the next chunk.
        last = max(text.rfind(b"<c "), text.rfind(b":c "))
        end = len(text) if len(chunk) < CHUNK else max(text.rfind(b"<", 0, last + 1), 0)
        yield text[:end]
        text = text[end:] if last >= 0 else b""


def column_number(letters: bytes) -> int:
    """Return which column a sheet's letters name, from 1."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number


def _member(archive: zipfile.ZipFile, sheet: str) -> str | None:
    """Return the file in a workbook that holds a sheet, where it is XML."""
    try:
        book = ET.fromstring(archive.read(BOOK))
        links = ET.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    except (KeyError, ET.ParseError):  # .xlsb, .ods
        return None
    link = next((s.get(OF_SHEET["id"]) for s in book.iter() if s.get("name") == sheet), None)
    target = next((str(one.get("Target")) for one in links if one.get("Id") == link), "")
    member = posixpath.normpath(posixpath.join("/xl", target))[1:]
    return member if member in archive.namelist() else None


def _look(text: bytes, marks: Marks) -> None:
    if b"hidden=" in text:
        marks.hidden += [int(m[1]) - 1 for m in ROW.finditer(text) if HIDDEN.search(m[0])]
    if b't="e"' not in text and not FORMULA.search(text):
        return
    for letters, row, attributes, inside in CELL.findall(text):
        value = VALUE.search(inside)
        shown = ""
        if b't="e"' in attributes:
            shown = value[1].decode(errors="replace") if value else "#N/A"
        elif FORMULA.search(inside) and value is None and b't="str"' not in attributes:
            shown = NOT_CALCULATED  # the empty text is a value
        if shown:
            marks.faults[int(row) - 1, column_number(letters) - 1] = shown
