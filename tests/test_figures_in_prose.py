"""No figure is typed into prose: each comes through a placeholder, so that it follows the data."""

from __future__ import annotations

import re

import nbformat
import pytest

from tests.conftest import ROOT

YEAR = r"(?:18|19|20)\d\d(?:[–-]\d\d)?"
# What may stand between words with a digit in it and is no figure of the survey.
NO_FIGURE = [
    r"(?ms)^```(?:yaml|python|text|bash|console)$.*?^```$",  # code to type
    r"\{\{.*?\}\}|\{%.*?%\}",  # placeholders
    r"```\{(?:list-table|csv-table|bibliography|glossary|grid|image|figure)[^\n]*",  # directives
    r"(?m)^\s*:[\w-]+:.*$",  # their options
    r"(?m)^:{3,}.*$",
    r"\{[\w:]+\}`[^`]*`",  # references and citations
    r"\]\([^)]*\)",  # targets of links
    r"`[^`]*`",  # code and file names
    rf"\b{YEAR}\b",
    r"(?m)^\s*\d+\.\s",  # numbered lists
    r"\b[Tt]able \d\b|\b[Ff]igure \d+b?\b",
    r"(?s)^---\n.*?\n---\n",  # front matter
    r"<[^>]+>",  # markup
    r"\bsha-256\b",
]


def stripped(text: str) -> str:
    for pattern in NO_FIGURE:
        text = re.sub(pattern, " ", text, flags=re.S if pattern.startswith(r"\{") else 0)
    return text


def prose() -> dict[str, str]:
    found = {
        str(path.relative_to(ROOT)): path.read_text()
        for path in [ROOT / "index.md", *sorted((ROOT / "book").glob("*.md"))]
    }
    for path in sorted([*ROOT.glob("notebooks/*.ipynb"), *ROOT.glob("book/*.ipynb")]):
        for number, cell in enumerate(nbformat.read(path, as_version=4).cells, start=1):
            source = str(cell.source)
            if cell.cell_type == "markdown" or source.startswith("%%commentary"):
                found[f"{path.relative_to(ROOT)} cell {number}"] = source
    return found


PROSE = prose()


def test_there_is_prose_to_check() -> None:
    assert len(PROSE) > 100


@pytest.mark.parametrize("place", PROSE, ids=str)
def test_no_figure_is_typed(place: str) -> None:
    assert re.findall(r".{0,30}\d[\d.,%]*.{0,10}", stripped(PROSE[place])) == []


@pytest.mark.parametrize(
    "typed", ["About 73% of heads", "three in 10", "nearly 1,092", "up to 10 per cent", "£35m"]
)
def test_the_check_finds_a_typed_figure(typed: str) -> None:
    assert re.search(r"\d", stripped(typed))
