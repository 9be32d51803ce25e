"""The qualitative phase: themes and quotations on a page, with consent and by role only."""

from __future__ import annotations

import csv
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
from pypdf import PdfReader

from tests.conftest import ALLOTMENTS, wavebook
from tests.test_faults import refuse
from wavebook.errors import WavebookError
from wavebook.finding import finding
from wavebook.interviews import MIME, Quotation, voices
from wavebook.project import Project

WAVE = Path("data/waves/2030")
COLUMNS = ("theme", "finding", "role", "excerpt", "consent")
DIGGING = ("Digging", "growing", "Plot holder", "The digging is what I come for.", "yes")
GLOOM = ("Digging", "growing", "Wellwisherish", "I am a gloomster.", "no")
SECRET = ("Hushwort", "growing", "Beekeeperess", "My neighbour is a quixotrist.", "no")


def write(
    *rows: tuple[str, ...], columns: tuple[str, ...] = COLUMNS, project: Path = Path()
) -> None:
    """Give wave 2030 interviews."""
    with (project / WAVE / "interviews.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([columns, *rows])


def cell(project: Path) -> None:
    """Let the finding's page show them."""
    path = project / "notebooks" / "01-growing.ipynb"
    notebook = nbformat.read(path, as_version=4)
    made = nbformat.v4.new_code_cell("f.interviews()")
    made["id"] = "cell-09"
    notebook.cells.append(made)
    nbformat.write(notebook, path)


class Page(HTMLParser):
    """The quotations of a page, as a reader sees them, and the elements that they are made of."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.quotations: list[list[str]] = []
        self.elements: set[str] = set()
        self._inside = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "blockquote":
            self._inside += 1
            self.quotations.append([])
        elif self._inside:
            self.elements.add(tag)
            if tag == "p":
                self.quotations[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside -= tag == "blockquote"

    def handle_data(self, data: str) -> None:
        if self._inside and self.quotations[-1]:
            self.quotations[-1][-1] += data.removesuffix("\n")


# What a finding tells


def test_a_finding_has_its_themes_with_quotations_by_role(allotments: Path) -> None:
    write(DIGGING, ("Talk", "growing", "Site secretary", "We talk more than we dig.", "yes"))
    themes = finding("growing", wave="2030").interviews().themes
    assert [theme.name for theme in themes] == ["Digging", "Talk"]
    assert themes[1].quotations == (Quotation("We talk more than we dig.", "Site secretary"),)


def test_a_wave_without_interviews_tells_nothing(allotments: Path) -> None:
    assert finding("growing", wave="2030").interviews().themes == ()


def test_another_finding_s_excerpts_stay_there(allotments: Path) -> None:
    write(DIGGING)
    assert finding("weeding", wave="2030").interviews().themes == ()


def test_a_theme_that_nobody_may_be_quoted_on_is_left_out(allotments: Path) -> None:
    write(DIGGING, SECRET)
    themes = finding("growing", wave="2030").interviews().themes
    assert [theme.name for theme in themes] == ["Digging"]


def test_a_theme_counts_interviews_where_the_file_tells_them(allotments: Path) -> None:
    no = ("Digging", "growing", "Plot holder", "It hurts.", "no", "c")
    write((*DIGGING, "a"), ("Digging", "growing", "Plot holder", "Again.", "yes", "a"), no,
          columns=(*COLUMNS, "interview"))  # fmt: skip
    (theme,) = finding("growing", wave="2030").interviews().themes
    assert theme.spread == "raised in 2 interviews"


def test_a_theme_counts_nothing_where_the_file_does_not(allotments: Path) -> None:
    write((*DIGGING, "1"), ("Digging", "growing", "Plot holder", "More.", "yes", "2"),
          columns=(*COLUMNS, "id"))  # fmt: skip
    (theme,) = finding("growing", wave="2030").interviews().themes
    assert theme.spread == ""


def test_a_slice_quotes_nobody(allotments: Path) -> None:
    write(DIGGING)
    assert finding("growing", wave="2030", where="site == 'north'").interviews().themes == ()


# Pages

HOSTILE = (
    "<script>alert(1)</script> <img src=x onerror=alert(2)> &amp; &lt;b&gt;",
    "*not emphasis* **nor this** `nor code` [no link](javascript:alert(3)) # no heading",
    "{{ wave.title }} {% raw %} {# gone? #}",
    "```{raw} html <b>x</b> ```  :::{note} no box :::",
    '#import "x.typ" #panic() $x^2$ <label> @ref \\ "quoted" ~ // no comment /* nor this */',
    "\"straight\" 'marks' -- and --- three... dots",
    "%%commentary  </div></body> ]]> <!-- gone? -->",
    "=1+1 | a | table | \\u0041 \\\\ $$ %matplotlib !ls",
)
PARAGRAPHS = ("Digging", "growing", "Plot holder", "First.\r\n\r\nSecond,\r\nstill.", "yes")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with interviews, published: all files that a reader could ever get."""
    project = tmp_path_factory.mktemp("interviews") / "allotments"
    shutil.copytree(ALLOTMENTS, project)
    cell(project)
    hostile = [(f"Theme {text}", "growing", f"Role {text}", text, "yes") for text in HOSTILE]
    write(DIGGING, SECRET, PARAGRAPHS, GLOOM, *hostile, project=project)
    done = wavebook("publish", "2030", cwd=project)
    assert done.returncode == 0, done.stderr
    return project / "site"


@pytest.fixture(scope="module")
def page(site: Path) -> Page:
    return Page((site / "2030-r1/html/notebooks/01-growing.html").read_text())


@pytest.fixture(scope="module")
def printed(site: Path) -> str:
    return _printed(site / "2030-r1")


def _printed(folder: Path) -> str:
    return "\n".join(p.extract_text() for p in PdfReader(folder / "report.pdf").pages)


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def test_a_page_quotes_by_role(page: Page) -> None:
    assert page.quotations[0] == ["The digging is what I come for.", "—Plot holder"]


def test_the_pdf_quotes_by_role(printed: str) -> None:
    assert "What people said in interviews" in printed
    assert re.search(r"The digging is what I come for\.\s+— ?Plot holder", printed)


def test_paragraphs_of_an_excerpt_are_kept(page: Page) -> None:
    assert page.quotations[1] == ["First.", "Second,\nstill.", "—Plot holder"]


def test_markup_of_any_kind_appears_on_the_page_as_it_was_said(page: Page) -> None:
    assert page.quotations[2:] == [[text, f"—Role {text}"] for text in HOSTILE]
    assert page.elements == {"div", "p"}


@pytest.mark.parametrize("said", HOSTILE)
def test_markup_of_any_kind_is_printed_as_it_was_said(printed: str, said: str) -> None:
    for text in (f"Theme {said}", said, f"Role {said}"):
        assert squeezed(text) in squeezed(printed)


def everything(folder: Path) -> str:
    """Return all that any file of a folder says, in small letters, PDFs as text and as objects."""
    found = []
    for path in folder.rglob("*"):
        if path.suffix == ".pdf":
            reader = PdfReader(path)
            found += [page.extract_text() for page in reader.pages]
            found += [repr(reader.get_object(at)) for at in range(1, len(reader.xref[0]) + 1)]
        if path.is_file():
            found.append(path.read_bytes().decode("utf-8", "replace"))
    return "\n".join(found).lower()


def test_what_nobody_consented_to_is_in_no_file_of_an_edition(site: Path) -> None:
    everywhere = everything(site) + everything(site.parent / "_build")
    assert everywhere.count("what i come for") >= 4  # page, its notebook, the other one, PDF
    for word in ("hushwort", "beekeeperess", "quixotri", "wellwisher", "gloomster"):
        assert word not in everywhere


def test_a_page_shows_nothing_of_interviews_until_there_are_some(allotments: Path) -> None:
    cell(allotments)
    done = wavebook("build", "2030", cwd=allotments)
    assert done.returncode == 0, done.stderr
    folder = allotments / "_build" / "2030"
    assert "interview" not in (folder / "html/notebooks/01-growing.html").read_text()
    assert "interview" not in _printed(folder).lower()
    (output,) = nbformat.read(folder / "notebooks/01-growing.ipynb", as_version=4).cells[-1].outputs
    assert output["data"][MIME]["themes"] == []
    write(DIGGING)
    assert wavebook("build", "2030", cwd=allotments).returncode == 0
    assert "The digging is" in (folder / "html/notebooks/01-growing.html").read_text()


# What is wrong with a file

WRONG = {
    "finding": (
        (*DIGGING[:1], "growin", *DIGGING[2:]),
        "row 1, finding: 'growin' is not a finding",
    ),
    "nearest": ((*DIGGING[:1], "growin", *DIGGING[2:]), "did you mean 'growing'?"),
    "consent": ((*DIGGING[:4], "Yes"), "row 1, consent: 'Yes' is not yes or no"),
    "no consent": ((*DIGGING[:4], ""), "row 1, consent: '' is not yes or no"),
    "theme": ((" ", *DIGGING[1:]), "row 1, theme: a theme is wanted"),
    "role": ((*DIGGING[:2], "", *DIGGING[3:]), "row 1, role: a role is wanted"),
    "excerpt": ((*DIGGING[:3], "", "yes"), "row 1, excerpt: an excerpt is wanted"),
    "cells": (DIGGING[:4], "row 1: 4 cells, but there are 5 columns"),
    "e-mail": (
        (*DIGGING[:3], "Write to jo.bean@plots.example!", "yes"),
        "row 1, excerpt: 'jo.bean@plots.example' looks like an e-mail address",
    ),
    "telephone": (
        (*DIGGING[:3], "Ring 01632 960 983 after six.", "yes"),
        "row 1, excerpt: '01632 960 983' looks like a telephone number",
    ),
    "abroad": ((*DIGGING[:3], "Or +44 (0)1632 960983.", "yes"), "looks like a telephone number"),
    "America": ((*DIGGING[:3], "Or (202) 555-0143.", "yes"), "looks like a telephone number"),
    "in the role": ((*DIGGING[:2], "jo@plots.example", *DIGGING[3:]), "row 1, role: 'jo@plots"),
    "unseen": ((*DIGGING[:3], "left\u202eright", "yes"), "U+202E cannot be seen: take it out"),
}


@pytest.mark.parametrize(("row", "said"), WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("command", ["check", "build"])
def test_what_is_wrong_is_located_and_stops_the_build(
    allotments: Path, row: tuple[str, ...], said: str, command: str
) -> None:
    write(row)
    told = refuse(allotments, command, "2030")
    assert f"{WAVE}/interviews.csv, " in told
    assert said in told


def test_a_notebook_quotes_nobody_from_a_file_with_a_mistake(allotments: Path) -> None:
    write(DIGGING, (*SECRET[:4], "nein"))
    project = Project(allotments)
    with pytest.raises(WavebookError, match="'nein' is not yes or no"):
        voices(project, project.wave_folder("2030"), "growing")


@pytest.mark.parametrize(
    "excerpt",
    ["From 2009 to 2010 there were 1,092 of us.", "The 10 000 000 people of 2030", "8.30 to 17.30"],
)
def test_numbers_are_no_telephone_numbers(allotments: Path, excerpt: str) -> None:
    write((*DIGGING[:3], excerpt, "yes"))
    assert wavebook("check", "2030", cwd=allotments).returncode == 0


NAMES = {
    "Mrs Bean": "Then Mrs Bean came by.",
    "Dr. Leek": "Dr. Leek said so.",
    "Joan Bean": "Then we asked Joan Bean about it.",
}


@pytest.mark.parametrize(("name", "excerpt"), NAMES.items())
def test_what_may_be_a_name_is_a_warning(allotments: Path, name: str, excerpt: str) -> None:
    write((*DIGGING[:3], excerpt, "yes"))
    done = wavebook("check", "2030", cwd=allotments)
    assert done.returncode == 0
    assert f"'{name}' may be a name: people are told of by their role only" in done.stderr


@pytest.mark.parametrize("excerpt", ["The National Trust did.", "Then I met the Parish Council."])
def test_an_institution_is_no_name(allotments: Path, excerpt: str) -> None:
    write((*DIGGING[:3], excerpt, "yes"))
    assert "may be a name" not in wavebook("check", "2030", cwd=allotments).stderr


def test_what_stands_there_twice_is_located(allotments: Path) -> None:
    write(DIGGING, DIGGING)
    assert "row 2, excerpt: the same stands in an earlier row too" in refuse(allotments)


def test_an_id_that_stands_there_twice_is_located(allotments: Path) -> None:
    write((*DIGGING, "e1"), (*SECRET, "e1"), columns=(*COLUMNS, "id"))
    assert "row 2, id: 'e1' stands in an earlier row too" in refuse(allotments)


HEADERS = {
    "missing": (COLUMNS[:4], "there is no column 'consent'"),
    "unknown": ((*COLUMNS, "name"), "name: there is no such column"),
    "twice": ((*COLUMNS, "theme"), "theme: the column stands there 2 times"),
}


@pytest.mark.parametrize(("columns", "said"), HEADERS.values(), ids=HEADERS)
def test_a_header_that_is_wrong_is_told(
    allotments: Path, columns: tuple[str, ...], said: str
) -> None:
    write(columns=columns)
    assert said in refuse(allotments)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the file is empty"),
        (b"\xff\xfe\x00t", "line 1: found the byte 0xFF; expected UTF-8 text"),
        (b'theme,"finding\n', "cannot be read"),
    ],
)
def test_a_file_that_is_no_table_is_refused(allotments: Path, content: bytes, said: str) -> None:
    (WAVE / "interviews.csv").write_bytes(content)
    assert f"{WAVE}/interviews.csv: {said}" in refuse(allotments)


def test_a_file_with_a_header_alone_is_sound(allotments: Path) -> None:
    write()
    assert wavebook("check", "2030", cwd=allotments).returncode == 0
