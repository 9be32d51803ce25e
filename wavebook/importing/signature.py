"""What a file is, by its first bytes: its name may say something else."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Literal

from wavebook.errors import WavebookError, listing
from wavebook.regular import check_regular

Format = Literal["text", "workbook", "SPSS", "Stata", "Parquet"]

BY_EXTENSION: dict[str, Format] = {
    **dict.fromkeys((".csv", ".tsv", ".tab", ".txt", ".dat", ".asc"), "text"),
    **dict.fromkeys((".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"), "workbook"),
    **dict.fromkeys((".sav", ".zsav"), "SPSS"),
    ".dta": "Stata",
    ".parquet": "Parquet",
}
READABLE = "CSV, Excel, OpenDocument, Parquet, SPSS .sav or Stata .dta"
HEAD = 4096  # bytes that tell what a file is

OLE = bytes.fromhex("D0CF11E0A1B11AE1")  # .xls, and any workbook with a password
ZIP = b"PK\x03\x04"
UTF_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
# What people send by mistake, and what it begins with.
FOREIGN = {
    b"%PDF": "a PDF document",
    b"{\\rtf": "a Word document (RTF)",
    b"\x1f\x8b": "a gzip archive: unpack it first",
    b"7z\xbc\xaf": "a 7z archive: unpack it first",
    b"Rar!": "a RAR archive: unpack it first",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"RDX": "an R data file: write it as CSV, SPSS or Stata in R",
    b"SQLite format 3": "an SQLite database",
}
# Files of answers that no reader is for, by their names: some begin as anything might.
UNREAD = {
    ".sas7bdat": "a SAS data set",
    ".sas7bcat": "a SAS catalogue of labels",
    ".xpt": "a SAS transport file",
    ".por": "an SPSS portable file",
    ".sps": "an SPSS syntax file",
    ".json": "a JSON file",
    ".lsa": "a LimeSurvey archive",
    ".lss": "the structure of a LimeSurvey survey",
    ".qsf": "the structure of a Qualtrics survey",
    ".feather": "a Feather file",
    ".arrow": "an Arrow file",
}
MARKUP = {
    b"<!doctype html": "an HTML page",
    b"<html": "an HTML page",
    b"<table": "an HTML page",
    b"<?xml": "an XML file",
    b"<document": "an XML file",
    b"mime-version:": "a web archive",
}
ADVICE = "open it in a spreadsheet program and save it as .xlsx, or export it again as CSV"


def recognise(path: Path, name: str) -> tuple[Format, tuple[str, ...]]:
    """Return what a file is, and a note where its name says something else.

    Raises
    ------
    WavebookError
        If there is no such file, it can't be opened, is empty, or is nothing that holds answers.
    """
    head = _head(path, name)
    if (what := UNREAD.get(path.suffix.lower())) is not None:
        raise WavebookError(f"{name}: {what}, which is not read; export the answers as {READABLE}")
    said = BY_EXTENSION.get(path.suffix.lower())
    found = _by_content(path, name, head, said)
    if said not in (None, found):
        kind = "text" if found == "text" else "an Excel workbook" if found == "workbook" else found
        return found, (f"Named {path.suffix}, but its content is {kind}: read as that.",)
    return found, ()


def _head(path: Path, name: str) -> bytes:
    try:
        if path.is_dir():
            raise WavebookError(f"{name}: a folder, not a file of answers")
        check_regular(path, name)
        with path.open("rb") as file:
            head = file.read(HEAD)
    except FileNotFoundError:
        raise WavebookError(f"{name}: there is no such file") from None
    except PermissionError:
        raise WavebookError(f"{name}: no permission to read it") from None
    except (OSError, ValueError) as error:  # a name that is too long, or has a NUL in it
        raise WavebookError(f"{name}: cannot be opened: {error}") from None
    if not head:
        raise WavebookError(f"{name}: the file is empty")
    return head


def _by_content(path: Path, name: str, head: bytes, said: Format | None) -> Format:
    if head.startswith(ZIP):
        return _in_zip(path, name)
    if head.startswith(OLE):
        return "workbook"
    if head.startswith((b"$FL2", b"$FL3")):
        return "SPSS"
    if head.startswith(b"PAR1"):
        return "Parquet"
    if head.startswith(b"<stata_dta>") or (said == "Stata" and _is_old_stata(head)):
        return "Stata"
    for start, what in FOREIGN.items():
        if head.startswith(start):
            raise WavebookError(f"{name}: {what}, not a file of answers ({READABLE})")
    opening = head.removeprefix(UTF_BOMS[0]).replace(b"\0", b"").lstrip(b"\xff\xfe \t\r\n").lower()
    for start, what in MARKUP.items():
        if opening.startswith(start):
            raise WavebookError(f"{name}: really {what}, not a file of answers: {ADVICE}")
    if said in ("SPSS", "Stata", "Parquet"):
        raise WavebookError(f"{name}: not a {said} file: it does not begin as one, or is damaged")
    if path.suffix.lower() == ".xlsb":  # always binary: nobody writes text under this name
        raise WavebookError(f"{name}: not an Excel workbook: it is damaged, or something else")
    return "text"


def _is_old_stata(head: bytes) -> bool:
    """Return whether the bytes are Stata's header of releases 102 to 115."""
    return len(head) > 4 and 102 <= head[0] <= 115 and head[1] in (1, 2) and head[2] == 1


def _in_zip(path: Path, name: str) -> Format:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        told = str(error) or "damaged"
        raise WavebookError(f"{name}: a damaged workbook or archive: {told}") from None
    if any(member.startswith("xl/") for member in members) or "content.xml" in members:
        return "workbook"
    if any(member.startswith("word/") for member in members):
        raise WavebookError(f"{name}: a Word document, not a file of answers ({READABLE})")
    inside = listing(members) if members else "(nothing)"
    raise WavebookError(f"{name}: an archive, not a file of answers: unpack it first {inside}")
