"""Exports that are awkward as real ones are: those kept in a folder, and binary ones made anew."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyreadstat
import yaml

from tests.conftest import ROOT
from wavebook.importing import Export, read_export

EXPORTS = ROOT / "tests" / "exports"
# What a careful person reads in each file there
ANSWERS: dict[str, dict[str, Any]] = yaml.safe_load((EXPORTS / "answers.yml").read_text("utf-8"))

Cell = str | float | bool | date | datetime | None


def cells(export: Export) -> dict[str, list[str | None]]:
    """Return what was read, column by column, None where nothing is."""
    frame = export.frame.astype(object)
    return {str(name): frame[name].where(frame[name].notna(), None).tolist() for name in frame}


def read_text(folder: Path, text: str | bytes, name: str = "answers.csv", **options: Any) -> Export:
    """Read a text file of this content."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_export(path, name=name, **options)


def workbook(path: Path, **sheets: Sequence[Sequence[Cell]]) -> Path:
    """Write an .xlsx with these sheets."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    book.save(path)
    return path


def changed_workbook(path: Path, change: Callable[[Any], None]) -> Path:
    """Change the first sheet of an .xlsx as openpyxl has it."""
    book = openpyxl.load_workbook(path)
    change(book.worksheets[0])
    book.save(path)
    return path


def opendocument(path: Path, rows: Sequence[Sequence[str]], *, has_password: bool = False) -> Path:
    """Write an .ods with one sheet of text cells."""
    locked = "<manifest:encryption-data/>" if has_password else ""
    body = "".join(
        "<table:table-row>"
        + "".join(
            '<table:table-cell office:value-type="string">'
            f"<text:p>{cell}</text:p></table:table-cell>"
            for cell in row
        )
        + "</table:table-row>"
        for row in rows
    )
    spaces = " ".join(
        f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{short}:1.0"'
        for short in ("office", "table", "text")
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "META-INF/manifest.xml",
            "<manifest:manifest "
            'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
            f'<manifest:file-entry manifest:full-path="content.xml">{locked}'
            "</manifest:file-entry></manifest:manifest>",
        )
        archive.writestr(
            "content.xml",
            f"<office:document-content {spaces}><office:body><office:spreadsheet>"
            f'<table:table table:name="Data">{body}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )
    return path


def binary_workbook(
    path: Path, rows: Sequence[Sequence[str | float]], *, last_row: int | None = None
) -> Path:
    """Write an .xlsb with one sheet: the records of [MS-XLSB] that hold cells, and no more.

    Parameters
    ----------
    last_row
        The last row, from 0, that the sheet says it has; its own by default.
    """

    def record(kind: int, data: bytes = b"") -> bytes:
        first = bytes([kind]) if kind < 128 else bytes([kind & 127 | 128, kind >> 7])
        size, packed = len(data), b""
        while True:
            packed += bytes([size & 127 | (128 if size > 127 else 0)])
            size >>= 7
            if not size:
                return first + packed + data

    def wide(text: str) -> bytes:
        return struct.pack("<I", len(text)) + text.encode("utf-16-le")

    end, width = len(rows) - 1 if last_row is None else last_row, max(map(len, rows))
    cells = b""
    for r, row in enumerate(rows):
        cells += record(0, struct.pack("<IIHHBI", r, 0, 300, 0, 0, 0))
        for c, cell in enumerate(row):
            place = struct.pack("<II", c, 0)
            if isinstance(cell, str):
                cells += record(6, place + wide(cell))
            else:
                cells += record(5, place + struct.pack("<d", cell))
    sheet = (
        record(129)
        + record(148, struct.pack("<IIII", 0, end, 0, width - 1))
        + record(145)
        + cells
        + record(146)
        + record(130)
    )
    book = (
        record(131)
        + record(143)
        + record(156, struct.pack("<II", 0, 1) + wide("rId1") + wide("Data"))
        + record(144)
        + record(132)
    )
    relations = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="rId1" Target="worksheets/sheet1.bin" Type="http://schemas.openxmlformats'
        '.org/officeDocument/2006/relationships/worksheet"/></Relationships>'
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/_rels/workbook.bin.rels", relations)
        archive.writestr("xl/workbook.bin", book)
        archive.writestr("xl/worksheets/sheet1.bin", sheet)
    return path


def spss(path: Path, columns: dict[str, Sequence[Any]], **told: Any) -> Path:
    """Write a .sav or .zsav; `told` is what pyreadstat calls labels and missing ranges."""
    pyreadstat.write_sav(pd.DataFrame(columns), path, compress=path.suffix == ".zsav", **told)
    return path


def stata(path: Path, columns: dict[str, Sequence[Any]], **told: Any) -> Path:
    """Write a .dta."""
    pyreadstat.write_dta(pd.DataFrame(columns), path, **told)
    return path
