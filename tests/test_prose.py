"""The book's prose is its own, and what it rests on is cited."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from tests import shingles
from tests.conftest import ROOT

CHAPTERS = dict(shingles.chapters(ROOT))
TEXTS = sorted((ROOT / "index.md", *ROOT.glob("book/*.md"))) + sorted(ROOT.glob("book/*.ipynb"))


def taken(text: str) -> list[str]:
    known, may = shingles.stored(), shingles.allowed()
    return [
        " ".join(r) for r in shingles.runs(text) if r not in may and shingles.hashed(r) in known
    ]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_no_run_of_eight_words_is_a_sources(chapter: str) -> None:
    assert taken(CHAPTERS[chapter]) == []


@pytest.mark.parametrize("path", sorted(ROOT.glob("data/context/*.csv")), ids=lambda p: p.name)
def test_no_row_of_the_context_repeats_a_source(path: Path) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    # A wording is a quotation, kept short, by which a figure is found in its source.
    cells = [text for row in rows for column, text in row.items() if column != "wording"]
    assert taken("\x00".join(cells)) == []


def test_a_sentence_of_a_source_is_recognised() -> None:
    words = "to create a critical mass of system leaders across the country"
    assert taken(f"The aim is {words}, no less.")


def test_a_title_of_a_source_is_allowed() -> None:
    title = "Schools leading schools: the power and potential of national leaders of education"
    assert taken(f"See {title}.") == []


def test_a_placeholder_breaks_a_run() -> None:
    text = shingles.prose("One two three four {{ x }} five six seven eight.")
    assert list(shingles.runs(text)) == []


def test_every_entry_of_the_bibliography_is_cited() -> None:
    bibliography = (ROOT / "book" / "references.bib").read_text(encoding="utf-8")
    keys = set(re.findall(r"^@\w+\{(\w+),", bibliography, flags=re.MULTILINE))
    cited = set()
    for path in (*TEXTS, *ROOT.glob("notebooks/*.ipynb")):
        for group in re.findall(r"\{cite[^}]*\}`([^`]*)`", path.read_text(encoding="utf-8")):
            cited |= {key.strip() for key in group.split(",")}
    assert keys - cited == set()
