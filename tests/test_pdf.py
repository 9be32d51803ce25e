"""The PDF of a sample book, and of small books made for one fact each."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pikepdf
import pypdf
import pytest
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

from wavebook.errors import WavebookError
from wavebook.pdf.tags import children, tables

SAMPLE = Path(__file__).parent / "samples" / "book"
EXTENSIONS = ["myst_nb", "sphinx_design", "sphinxcontrib.bibtex", "wavebook.pdf.builder"]
IMPRINT = {
    "title": "Tea in the home",
    "subtitle": "Commentary on the spring survey",
    "wave": "2010",
    "edition": "2010-r1",
    "date": "2026-11-20",
    "notice": "Every household here is made up.",
    "notice_short": "Made up",
    "keywords": ["tea", "survey"],
    "note": "example.org",
}


@dataclass(frozen=True)
class Built:
    """A built PDF and what Sphinx warned of."""

    path: Path
    warnings: str

    @property
    def pages(self) -> list[str]:
        """The text of each page, white space collapsed."""
        return [" ".join(page.extract_text().split()) for page in pypdf.PdfReader(self.path).pages]

    @property
    def text(self) -> str:
        """All text."""
        return " ".join(self.pages)


def build(source: Path, work: Path, extensions: list[str], **config: Any) -> Built:
    log = io.StringIO()
    with patch_docutils(), docutils_namespace():
        app = Sphinx(
            srcdir=source,
            confdir=None,
            outdir=work / "out",
            doctreedir=work / "doctrees",
            buildername="typst",
            confoverrides={"extensions": extensions, **config},
            status=None,
            warning=log,
        )
        app.build()
    return Built(work / "out" / "report.pdf", log.getvalue())


def build_sample(work: Path) -> Built:
    return build(
        SAMPLE,
        work,
        EXTENSIONS,
        project="Tea",
        author="The survey team",
        numfig=True,
        nb_execution_mode="off",
        bibtex_bibfiles=["references.bib"],
        exclude_patterns=["long-table.txt"],
        myst_enable_extensions=["colon_fence", "deflist", "dollarmath", "attrs_block"],
        myst_heading_anchors=3,
        wavebook_pdf=IMPRINT,
    )


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return build_sample(tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope="session")
def pdf(sample: Built) -> Iterator[pikepdf.Pdf]:
    with pikepdf.open(sample.path) as opened:
        yield opened


Book = Callable[..., Built]


@pytest.fixture
def book(tmp_path: Path) -> Book:
    """Build a book of one chapter from Markdown."""

    def make(markdown: str, **config: Any) -> Built:
        source = tmp_path / "source"
        source.mkdir()
        (source / "index.md").write_text(markdown, encoding="utf-8")
        return build(source, tmp_path, ["myst_nb", "wavebook.pdf.builder"], **config)

    return make


def elements(pdf: pikepdf.Pdf) -> Iterator[pikepdf.Object]:
    """Yield every structure element in reading order."""

    def walk(element: pikepdf.Object) -> Iterator[pikepdf.Object]:
        yield element
        kids = element.get("/K", pikepdf.Array())
        for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
            if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
                yield from walk(kid)

    root = pdf.Root.StructTreeRoot.K
    yield from walk(root[0] if isinstance(root, pikepdf.Array) else root)


def cells(pdf: pikepdf.Pdf, scope: str) -> list[pikepdf.Object]:
    heads = [element for element in elements(pdf) if element.S == "/TH"]
    return [cell for cell in heads if any(a.get("/Scope") == scope for a in cell.A)]


def outline(pdf: pikepdf.Pdf) -> list[tuple[int, str]]:
    def walk(items: Any, depth: int) -> Iterator[tuple[int, str]]:
        for item in items:
            yield depth, item.title
            yield from walk(item.children, depth + 1)

    with pdf.open_outline() as opened:
        return list(walk(opened.root, 0))


# -- the outline -------------------------------------------------------------------------------


def test_chapters_stand_in_the_outline_under_their_part(pdf: pikepdf.Pdf) -> None:
    titles = outline(pdf)
    at = titles.index((0, "The two findings"))
    assert titles[at + 1] == (1, "1 The cup is strong")


def test_numbers_of_chapters_are_those_of_the_book(pdf: pikepdf.Pdf) -> None:
    assert (1, "2 Milk comes second") in outline(pdf)


def test_a_chapter_outside_the_parts_stands_at_the_top(pdf: pikepdf.Pdf) -> None:
    assert (0, "Introduction") in outline(pdf)


def test_sections_stand_under_their_chapter(pdf: pikepdf.Pdf) -> None:
    assert (2, "2.1 How sure this is") in outline(pdf)


def test_contents_give_the_page_of_a_chapter(sample: Built) -> None:
    listed = re.search(r"Milk comes second[ .⁠]*(\d+)", sample.pages[1])
    assert listed is not None
    assert "2 Milk comes second" in sample.pages[int(listed[1]) - 1]


def test_figures_are_listed(sample: Built) -> None:
    assert re.search(r"Figures Fig\. 2\.1 ?When the milk is poured", sample.pages[1])


# -- access and metadata -----------------------------------------------------------------------


def test_the_file_says_it_is_pdf_ua(pdf: pikepdf.Pdf) -> None:
    with pdf.open_metadata() as meta:
        assert meta["pdfuaid:part"] == "1"


def test_the_file_is_tagged(pdf: pikepdf.Pdf) -> None:
    assert pdf.Root.MarkInfo.Marked


def test_the_language_is_british_english(pdf: pikepdf.Pdf) -> None:
    assert str(pdf.Root.Lang) == "en-GB"


def test_the_title_is_shown_instead_of_the_file_name(pdf: pikepdf.Pdf) -> None:
    assert pdf.Root.ViewerPreferences.DisplayDocTitle
    assert str(pdf.docinfo["/Title"]) == "Tea in the home"


def test_author_and_keywords_are_in_the_properties(pdf: pikepdf.Pdf) -> None:
    assert str(pdf.docinfo["/Author"]) == "The survey team"
    assert str(pdf.docinfo["/Keywords"]) == "tea, survey"


def test_the_time_of_making_is_the_date_of_the_edition(pdf: pikepdf.Pdf) -> None:
    assert str(pdf.docinfo["/CreationDate"]).startswith("D:20261120000000")


def test_a_figure_carries_its_alternative_text(pdf: pikepdf.Pdf) -> None:
    texts = [str(element.Alt) for element in elements(pdf) if element.S == "/Figure"]
    assert "Bar chart. 58% pour the milk after the tea, 42% before it." in texts


def test_headings_skip_no_level(pdf: pikepdf.Pdf) -> None:
    levels = [int(str(e.S)[2]) for e in elements(pdf) if re.fullmatch(r"/H\d", str(e.S))]
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_cells_of_the_head_are_headers_of_their_columns(pdf: pikepdf.Pdf) -> None:
    # Three columns, four columns, and six of the long table.
    assert len(cells(pdf, "/Column")) == 3 + 4 + 6


def test_first_cells_are_headers_of_their_rows(pdf: pikepdf.Pdf) -> None:
    # Two tables of two rows have a stub column.
    assert len(cells(pdf, "/Row")) == 4


def test_the_rows_of_a_table_without_a_head_have_headers_too(book: Book) -> None:
    table = "# Table\n\n```{list-table}\n:stub-columns: 1\n\n* - a\n  - b\n* - c\n  - d\n```\n"
    with pikepdf.open(book(table).path) as made:
        assert len(cells(made, "/Row")) == 2


def test_a_table_in_a_table_has_columns_and_rows_of_its_own(book: Book) -> None:
    inner = "```{list-table}\n\n* - a\n  - b\n  - c\n* - d\n  - e\n  - f\n```"
    indented = inner.replace("\n", "\n    ")
    built = book(
        f"# Table\n\n````{{list-table}}\n\n* - first\n  - {indented}\n* - g\n  - h\n````\n"
    )
    with pikepdf.open(built.path) as made:
        found = [
            [
                len(list(children(row)))
                for kind, part in children(table)
                for _, row in ([(kind, part)] if kind == "/TR" else children(part))
            ]
            for table in tables(made.Root.StructTreeRoot, nested=True)
        ]
    assert found == [[2, 2], [3, 3]]


def test_a_table_in_a_table_is_found_after_it_where_it_is_looked_for() -> None:
    def element(kind: str, *below: pikepdf.Object) -> pikepdf.Object:
        return pikepdf.Dictionary(S=pikepdf.Name(f"/{kind}"), K=pikepdf.Array(below))

    inner, last = element("Table"), element("Table")
    outer = element("Table", element("TR", element("TD", inner)))
    root = element("Document", element("Sect", outer), last)
    assert list(tables(root, nested=False)) == [outer, last]
    assert list(tables(root, nested=True)) == [outer, inner, last]


def test_a_cell_names_the_header_of_its_row(pdf: pikepdf.Pdf) -> None:
    header = str(cells(pdf, "/Row")[0].ID)
    data = next(element for element in elements(pdf) if element.S == "/TD")
    named = [str(name) for a in data.A for name in a.get("/Headers", pikepdf.Array())]
    assert header in named


def test_headers_of_rows_are_found_by_their_id(pdf: pikepdf.Pdf) -> None:
    header = cells(pdf, "/Row")[0]
    assert pikepdf.NameTree(pdf.Root.StructTreeRoot.IDTree)[str(header.ID)] == header


def test_only_fonts_that_travel_with_the_project_are_used(pdf: pikepdf.Pdf) -> None:
    used = {
        str(font.BaseFont).partition("+")[2]
        for page in pdf.pages
        for font in page.obj.Resources.get("/Font", pikepdf.Dictionary()).values()
    }
    known = ("SourceSans3", "LibertinusSerif", "DejaVuSansMono", "NewCMMath")
    assert {name for name in used if not name.startswith(known)} == set()


def test_equal_books_are_equal_files(sample: Built, tmp_path: Path) -> None:
    assert build_sample(tmp_path).path.read_bytes() == sample.path.read_bytes()


# -- what is printed ---------------------------------------------------------------------------


def test_the_sample_builds_with_one_warning_at_most(sample: Built) -> None:
    lines = [line for line in sample.warnings.splitlines() if "card_legacy" not in line]
    assert len(lines) == 1
    assert "no alternative text" in lines[0]


@pytest.mark.parametrize(
    "words", ["Tea in the home", "2010-r1", "20 November 2026", "Every household here is made up."]
)
def test_the_cover_says(sample: Built, words: str) -> None:
    assert words in sample.pages[0]


def test_the_short_notice_stands_on_every_page_after_the_cover(sample: Built) -> None:
    assert all(re.search(r"Made up \d+", page) for page in sample.pages[1:])


def test_later_pages_of_a_chapter_name_it_at_their_head(sample: Built) -> None:
    at = next(i for i, page in enumerate(sample.pages) if "About the survey".upper() in page)
    assert "Method" in sample.pages[at + 1].split("Question")[0]


@pytest.mark.parametrize("code", ["secret_source", "hidden_source", "removed_cell", "Not printed"])
def test_hidden_code_is_not_printed(sample: Built, code: str) -> None:
    assert code not in sample.text


def test_the_output_of_a_hidden_cell_is_printed(sample: Built) -> None:
    assert "The rest take it weak." in sample.text


def test_markup_in_text_is_printed_as_it_is(sample: Built) -> None:
    assert "#import “x” $ *_ @x // / <label> \\ #strong[no] [brackets]" in sample.text


def test_code_is_printed_as_it_is(sample: Built) -> None:
    assert 'print("hello") # not run' in sample.text


def test_a_footnote_is_printed_where_it_is_first_referred_to(sample: Built) -> None:
    page = next(page for page in sample.pages if "Households with a kettle" in page)
    assert page.count("Electric or not.") == 1


def test_what_is_for_the_web_only_is_not_printed(sample: Built) -> None:
    assert "This is for the web." not in sample.text
    assert "Raw HTML" not in sample.text


def test_what_is_for_paper_is_printed(sample: Built) -> None:
    assert "This is for paper." in sample.text
    assert "Raw Typst" in sample.text


def test_a_formula_carries_its_source_as_alternative_text(pdf: pikepdf.Pdf) -> None:
    texts = [str(element.Alt) for element in elements(pdf) if element.S == "/Formula"]
    assert r"p \pm 1.96 \sqrt{\frac{p (1 - p)}{n}}" in texts


def test_the_bibliography_is_printed(sample: Built) -> None:
    assert "Jane Doe. Tea in Britain. Kettle Press, London, 2009." in sample.text


def test_a_citation_leads_to_its_entry(sample: Built, pdf: pikepdf.Pdf) -> None:
    at = next(i for i, page in enumerate(sample.pages) if "Tea has been asked about" in page)
    arrays = [note.Dest for note in pdf.pages[at].obj.Annots if "/Dest" in note]
    pages = [place[0] for place in arrays if isinstance(place, pikepdf.Array)]
    assert pdf.pages[-1].obj in pages


def test_a_link_in_the_output_of_a_notebook_leads_into_the_book(sample: Built) -> None:
    at = next(i for i, page in enumerate(sample.pages) if "nearly three-quarters" in page)
    links = pypdf.PdfReader(sample.path).pages[at]["/Annots"]
    assert all("/URI" not in link.get_object().get("/A", {}) for link in links)


def test_the_web_address_of_a_link_is_unescaped(pdf: pikepdf.Pdf) -> None:
    addresses = {
        str(note.A.URI)
        for page in pdf.pages
        for note in page.obj.get("/Annots", pikepdf.Array())
        if "/A" in note and "/URI" in note.A
    }
    assert "https://example.org/tea?a=1&b=2#top" in addresses


def test_a_caption_is_numbered_as_text_refers_to_it(sample: Built) -> None:
    assert "Fig. 2.1 When the milk is poured" in sample.text
    assert "As Fig. 2.1 shows" in sample.text


def test_a_legend_stands_under_its_figure(sample: Built) -> None:
    assert "Base: 980 households that take milk." in sample.text


# -- layout ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Word:
    """A word on a page, in points from the top left corner."""

    page: int
    left: float
    top: float
    right: float
    bottom: float
    text: str


def words(path: Path) -> list[Word]:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed")
    page_or_word = re.compile(
        r'<page width="([\d.]+)"|<word xMin="(.*?)" yMin="(.*?)" xMax="(.*?)" yMax="(.*?)">(.*?)<'
    )
    command = ["pdftotext", "-bbox", str(path), "-"]
    layout = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    page, all_words = -1, []
    for width, left, top, right, bottom, text in page_or_word.findall(layout):
        if width:
            page += 1
        else:
            all_words.append(Word(page, float(left), float(top), float(right), float(bottom), text))
    return all_words


def table(columns: int, rows: int, cell: str = "12%") -> str:
    head = "| Question | " + " | ".join(f"Column {i}" for i in range(1, columns)) + " |\n"
    rule = "|" + "---|" * columns + "\n"
    row = "| A row of some length | " + " | ".join([cell] * (columns - 1)) + " |\n"
    return head + rule + row * rows


MARGIN = 27 / 25.4 * 72


def test_nothing_stands_in_the_margins(sample: Built) -> None:
    printed = [word for word in words(sample.path) if word.page > 0]
    assert min(word.left for word in printed) >= MARGIN - 1
    assert max(word.right for word in printed) <= 595.3 - MARGIN + 1


@pytest.mark.parametrize("columns", [6, 9, 12])
def test_a_wide_table_stays_on_the_page(book: Book, columns: int) -> None:
    printed = words(book(f"# Wide\n\n{table(columns, 5)}").path)
    assert max(word.right for word in printed) <= 595.3 - MARGIN + 1


def test_the_cells_of_a_wide_table_do_not_overlap(book: Book) -> None:
    printed = words(book(f"# Wide\n\n{table(9, 3, '1,092')}").path)
    numbers = sorted((w.top, w.left, w.right) for w in printed if w.text == "1,092")
    pairs = pairwise(numbers)
    assert all(a[2] < b[1] for a, b in pairs if a[0] == b[0])


def test_a_table_too_wide_for_the_page_turns_it(book: Book) -> None:
    built = book(f"# Wide\n\n{table(22, 3, '1,092')}")
    boxes = [page.mediabox for page in pypdf.PdfReader(built.path).pages]
    assert any(box.width > box.height for box in boxes)


def test_the_head_of_a_long_table_is_repeated(sample: Built) -> None:
    pages = [page for page in sample.pages if "How often do you drink tea of kind" in page]
    assert len(pages) > 1
    assert all("Wording" in page for page in pages)


def test_numbers_are_aligned_at_the_right(sample: Built) -> None:
    bases = [w for w in words(sample.path) if re.fullmatch(r"10[3-9]\d", w.text)]
    assert len({round(word.right) for word in bases}) == 1


FILLER = "A paragraph that takes a line or two of the page, so that headings fall anywhere on it. "


def test_no_heading_stands_alone_at_the_foot_of_a_page(book: Book) -> None:
    sections = "\n\n".join(f"## Heading{i}\n\n{FILLER * (1 + i % 4)}" for i in range(60))
    pages = book(f"# Chapter\n\n{sections}", wavebook_pdf={"notice_short": "Foot"}).pages
    assert sum(page.count("Heading") for page in pages) == 60
    assert [page[-30:] for page in pages if re.search(r"Heading\d+ Foot \d+$", page)] == []


def test_a_heading_is_smaller_the_deeper_it_stands(book: Book) -> None:
    printed = words(book("# Leaf\n\n## Water\n\n### Kettle\n\n#### Spout\n\nText.").path)
    sizes = {w.text: w.bottom - w.top for w in printed}
    assert sizes["Leaf"] > sizes["Water"] > sizes["Kettle"] > sizes["Spout"]


def test_the_first_page_of_a_chapter_has_no_head(sample: Built) -> None:
    page = next(page for page in sample.pages if "About the survey".upper() in page)
    assert page.startswith("About the survey".upper())


@pytest.mark.parametrize("lines", range(28, 36, 2))
def test_a_long_table_starts_on_the_page_of_its_caption(book: Book, lines: int) -> None:
    filler = "Line.\n\n" * lines
    rows = "\n".join(f"* - Row {i}\n  - {i}" for i in range(60))
    built = book(f"# Chapter\n\n{filler}```{{list-table}} The caption\n\n{rows}\n```")
    page = next(page for page in built.pages[2:] if "The caption" in page)
    assert "Row 0" in page


def test_a_small_table_is_not_broken(book: Book) -> None:
    small = (
        "```{list-table} Small\n\n* - first\n  - 1\n"
        + "* - x\n  - 2\n" * 8
        + "* - last\n  - 3\n```"
    )
    pages = book("# Chapter\n\n" + f"{FILLER}\n\n{small}\n\n" * 12).pages
    assert [page.count("first") - page.count("last") for page in pages] == [0] * len(pages)


@pytest.mark.parametrize(
    "markdown",
    [
        f"# A [link](https://example.org) in a title\n\n{FILLER * 60}",
        "# Tea\n\n| [Head](https://example.org) | b |\n|---|---|\n" + "| a | 1 |\n" * 60,
        "# A footnote[^a] in a title\n\n[^a]: Small print.\n\n" + FILLER * 60,
    ],
    ids=["title", "head of a table", "footnote"],
)
def test_links_in_what_is_repeated_do_no_harm(book: Book, markdown: str) -> None:
    assert len(book(markdown).pages) > 3


# -- what goes wrong ---------------------------------------------------------------------------


def test_a_character_without_a_glyph_is_printed_by_its_number(book: Book) -> None:
    built = book("# Tea\n\nHot \N{HOT BEVERAGE}\N{TEACUP WITHOUT HANDLE} tea")
    assert "U+1F375" in built.text


def test_a_character_without_a_glyph_is_a_warning(book: Book) -> None:
    assert "\N{TEACUP WITHOUT HANDLE}" in book("# Tea\n\n\N{TEACUP WITHOUT HANDLE}").warnings


def test_a_chart_with_a_character_without_a_glyph_is_printed(book: Book, tmp_path: Path) -> None:
    (tmp_path / "chart.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="100" height="40">'
        '<text x="5" y="20">Pot \N{TEACUP WITHOUT HANDLE}</text></svg>',
        encoding="utf-8",
    )
    assert "Pot □" in book("# Tea\n\n![A pot](../chart.svg)").text


def test_an_error_of_typst_names_document_and_heading(book: Book) -> None:
    markdown = "# Tea\n\n## With milk\n\n```{raw} typst\n#nonsense\n```\n"
    with pytest.raises(WavebookError, match=r"^index, “With milk”: the PDF cannot be set: unknown"):
        book(markdown)


def test_a_date_that_is_none_is_refused(book: Book) -> None:
    with pytest.raises(WavebookError, match="date '20 May' is not YYYY-MM-DD"):
        book("# Tea", wavebook_pdf={"date": "20 May"})


def test_an_unknown_key_is_refused(book: Book) -> None:
    with pytest.raises(WavebookError, match="unknown titel; known: title"):
        book("# Tea", wavebook_pdf={"titel": "Tea"})


def test_a_link_to_nowhere_is_printed_as_text(book: Book) -> None:
    built = book("# Tea\n\nSee [the pot](#pot).", suppress_warnings=["myst"])
    assert "See the pot." in built.text


def test_a_caption_with_a_number_of_its_own_keeps_it(book: Book) -> None:
    built = book("# Tea\n\n```{list-table} Table 7. Cups\n\n* - a\n  - 1\n```")
    assert "Table 7 Cups" in built.text


def test_a_formula_without_counterpart_is_printed_as_typed(book: Book) -> None:
    built = book("# Tea\n\n$\\mystery{x}$", myst_enable_extensions=["dollarmath"])
    assert r"\mystery{x}" in built.text
    assert r"\mystery is not known" in built.warnings
