"""The 2010 report as a PDF: complete, tagged, and saying what the pages say."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pikepdf
import pypdf
import pytest

from tests.conftest import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@cache
def text_of(pdf: Path) -> str:
    pages = pypdf.PdfReader(pdf).pages
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pages))


def outline(pdf: Path) -> list[str]:
    def titles(entries: list[Any]) -> list[str]:
        found = []
        for entry in entries:
            found += titles(entry) if isinstance(entry, list) else [str(entry.title)]
        return found

    return titles(pypdf.PdfReader(pdf).outline)


def title_of(notebook: Path) -> str:
    return json.loads(notebook.read_text())["cells"][0]["source"][0].lstrip("# ").strip()


def plain(text: str) -> str:
    return text.replace("’", "'").replace("‘", "'")


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_outline_names_the_finding(built: Path, notebook: Path) -> None:
    titles = [plain(title) for title in outline(built / "report.pdf")]
    assert any(plain(title_of(notebook)) in title for title in titles)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_pdf_holds_the_headline_number_of_the_page(built: Path, notebook: Path) -> None:
    page = (built / "html/notebooks" / f"{notebook.stem}.html").read_text()
    headline = re.search(r'wavebook-headline.*?<strong class="number">(.*?)</strong>', page, re.S)
    assert headline
    assert headline[1] in text_of(built / "report.pdf")


def test_it_declares_pdf_ua_1(built: Path) -> None:
    with pikepdf.open(built / "report.pdf") as pdf:
        assert str(pdf.open_metadata().get("pdfuaid:part")) == "1"


def test_it_is_tagged_and_says_its_language(built: Path) -> None:
    with pikepdf.open(built / "report.pdf") as pdf:
        assert bool(pdf.Root.MarkInfo.Marked)
        assert str(pdf.Root.Lang).startswith("en")


def test_every_font_is_embedded(built: Path) -> None:
    with pikepdf.open(built / "report.pdf") as pdf:
        descriptors = [
            o
            for o in pdf.objects
            if isinstance(o, pikepdf.Dictionary) and o.get("/Type") == "/FontDescriptor"
        ]
        assert descriptors
        assert all(
            any(key in d for key in ("/FontFile", "/FontFile2", "/FontFile3")) for d in descriptors
        )


def test_ten_charts_are_listed_as_figures(built: Path) -> None:
    text = text_of(built / "report.pdf")
    assert [n for n in range(1, 11) if not re.search(rf"Figure {n}\b", text)] == []


def test_every_page_says_that_this_is_a_reconstruction(built: Path) -> None:
    pages = pypdf.PdfReader(built / "report.pdf").pages
    silent = [n for n, page in enumerate(pages, 1) if "econstruction" not in page.extract_text()]
    assert silent == []
