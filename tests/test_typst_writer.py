"""Nodes as Typst markup, and text that looks like markup."""

from __future__ import annotations

import io
import unicodedata
from pathlib import Path

import pypdf
import pytest
import typst
from docutils import nodes
from docutils.utils import new_document
from hypothesis import example, given
from hypothesis import strategies as st
from sphinx import addnodes

from wavebook.cache.store import Store
from wavebook.pdf.book import Book, destination
from wavebook.pdf.formula import from_tex
from wavebook.pdf.markup import Content, call, quote, text, value
from wavebook.pdf.typeset import fonts, missing_characters, with_quoted_fonts
from wavebook.pdf.writer import write


def written(*children: nodes.Node, book: Book | None = None) -> tuple[str, list[str]]:
    tree = new_document("index")
    tree["docname"] = "index"
    tree.extend(children)
    warnings: list[str] = []
    result = write(tree, book or Book(), lambda message, _: warnings.append(message))
    return "\n".join([result.markup, *result.files.values()]), warnings


def printed(markup: str) -> str:
    """Return what Typst prints for markup, as the text of a PDF without white space."""
    source = f"#set page(width: 400cm, height: 40cm)\n{markup}".encode()
    data = typst.compile(source, font_paths=fonts(), ignore_system_fonts=True)
    assert isinstance(data, bytes)
    pages = pypdf.PdfReader(io.BytesIO(data)).pages
    return "".join("".join(page.extract_text() for page in pages).split())


# -- text that is never markup -----------------------------------------------------------------

# Whatever is written from left to right and has a shape of its own in the fonts of the PDF.
PRINTABLE = [
    character
    for character in map(chr, [*range(0x20, 0x180), *range(0x391, 0x3CA), *range(0x2013, 0x2027)])
    if unicodedata.category(character) not in {"Cc", "Cf", "Cn", "Mn", "Zs"}
]
HOSTILE = [
    "#import",
    "#{1 + 1}",
    "$x^2$",
    "*_`~",
    "@x",
    "//",
    "/*",
    "<label>",
    "\\",
    '"',
    "\\u{41}",
    "= a",
    "- a",
    "[]",
    "https://a.b",
    "...",
    "--",
]


@given(st.lists(st.sampled_from([*PRINTABLE, *HOSTILE, " ", "\n"]), max_size=40).map("".join))
@example("".join(HOSTILE))
@example('"')
@example("\\")
def test_text_is_printed_as_it_is(words: str) -> None:
    assert printed(text(words)) == "".join(words.split())


@pytest.mark.parametrize("words", HOSTILE)
def test_code_is_printed_as_it_is(words: str) -> None:
    assert printed(written(nodes.literal_block(words, words))[0]) == "".join(words.split())


@pytest.mark.parametrize("words", HOSTILE)
def test_a_heading_is_printed_as_it_is(words: str) -> None:
    section = nodes.section("", nodes.title("", words), ids=[words])
    markup = written(section)[0].split("\n")[1]
    chapter = "#let chapter(body, ..rest) = body\n"
    assert printed(chapter + markup) == "".join(words.split())


def test_control_characters_are_left_out() -> None:
    assert quote("a\x00b\x1b") == '"ab"'


def test_white_space_collapses_as_in_a_paragraph() -> None:
    assert text("a \n  b") == '#"a b"'


def test_the_no_break_space_stays() -> None:
    assert "\N{NO-BREAK SPACE}" in text("1\N{NO-BREAK SPACE}092")


def test_values_of_all_kinds_have_an_expression() -> None:
    assert value([1, "a", None, True, Content('#"x"')]) == '(1, "a", none, true, [#"x"],)'


def test_an_empty_mapping_is_not_an_empty_array() -> None:
    assert value({}) == "(:)"


def test_a_value_of_an_unknown_kind_is_refused() -> None:
    with pytest.raises(TypeError, match="no Typst value for object"):
        value(object())


def test_names_of_arguments_have_hyphens() -> None:
    assert call("report", notice_short="x") == '#report(notice-short: "x")'


def test_characters_that_no_font_has_are_found() -> None:
    assert missing_characters("tea ☕ 🍵 中 é ≥") == "中🍵"


def test_characters_are_looked_for_in_the_fonts_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path, 10**6)
    assert missing_characters("tea 中 ☕", store) == "中"
    monkeypatch.setattr(typst, "compile", lambda *_, **__: pytest.fail("looked for again"))
    assert missing_characters("☕, and 中 once more", store) == "中"


def test_fonts_with_a_number_in_their_name_are_quoted() -> None:
    svg = '<text font-family="Source Sans 3"/>'
    assert with_quoted_fonts(svg) == '<text font-family="&apos;Source Sans 3&apos;"/>'


def test_fonts_that_are_quoted_stay_as_they_are() -> None:
    svg = "<text font-family=\"'Source Sans 3', sans-serif\"/>"
    assert with_quoted_fonts(svg) == svg


# -- nodes -------------------------------------------------------------------------------------


def paragraph(words: str, **attributes: object) -> nodes.paragraph:
    return nodes.paragraph("", words, **attributes)


class Strange(nodes.General, nodes.Element):
    """A node that the writer has never heard of."""


def test_an_unknown_node_is_printed_as_text() -> None:
    markup, _ = written(Strange("", paragraph("Odd words.")))
    assert "Odd words." in markup


def test_an_unknown_node_is_a_warning_that_names_it() -> None:
    _, warnings = written(Strange("", paragraph("Odd words.")))
    assert warnings == ["'Strange' has no form in the PDF; its text is printed"]


def test_a_comment_is_not_printed() -> None:
    assert written(nodes.comment("", "secret")) == ("", [])


def test_a_box_without_a_title_has_the_usual_one() -> None:
    assert 'title: [#"Warning"]' in written(nodes.warning("", paragraph("Hot.")))[0]


def test_a_title_of_its_own_replaces_the_usual_one() -> None:
    box = nodes.admonition("", nodes.title("", "Hot water"), paragraph("Hot."))
    assert 'title: [#"Hot water"]' in written(box)[0]


def test_a_list_keeps_the_number_it_starts_with() -> None:
    item = nodes.list_item("", paragraph("Third"))
    listed = nodes.enumerated_list("", item, start=3, enumtype="lowerroman", suffix=")")
    assert 'start: 3, numbering: "i)"' in written(listed)[0]


def test_a_quotation_names_who_said_it() -> None:
    quotation = nodes.block_quote("", paragraph("Tea."), nodes.attribution("", "A reader"))
    assert 'attribution: [#"A reader"]' in written(quotation)[0]


def test_a_second_reference_to_a_footnote_repeats_only_its_mark() -> None:
    note = nodes.footnote("", nodes.label("", "1"), paragraph("Electric."), ids=["kettle"])
    marks = [nodes.footnote_reference("", "1", refid="kettle") for _ in range(2)]
    markup, _ = written(nodes.paragraph("", "", *marks), note)
    assert markup.count("Electric.") == 1
    assert '#footnote(label("index:kettle"))' in markup


def test_a_link_to_nothing_is_text_and_a_warning() -> None:
    link = nodes.reference("", "the pot", refid="pot")
    markup, warnings = written(nodes.paragraph("", "", link))
    assert markup == '#par[#"the pot"]'
    assert "index:pot" in warnings[0]


def test_only_places_that_links_lead_to_are_marked() -> None:
    markup, _ = written(paragraph("Tea.", ids=["tea"]))
    assert "anchor" not in markup


def test_a_place_that_a_link_leads_to_is_marked() -> None:
    link = nodes.paragraph("", "", nodes.reference("", "there", refid="tea"))
    markup, _ = written(link, paragraph("Tea.", ids=["tea"]))
    assert '#anchor(label("index:tea"))' in markup


def test_equal_ids_of_two_documents_do_not_meet() -> None:
    def chapter(name: str) -> nodes.Element:
        link = nodes.paragraph("", "", nodes.reference("", "up", refid="top"))
        section = nodes.section("", nodes.title("", name), link, ids=["top"])
        return addnodes.start_of_file("", section, docname=name)

    markup, _ = written(chapter("a"), chapter("b"))
    assert '#link(label("a:top"))' in markup
    assert '#link(label("b:top"))' in markup


@pytest.mark.parametrize(
    ("attributes", "place"),
    [
        ({"refid": "x"}, "book/method:x"),
        ({"refuri": "%book/tea#x"}, "book/tea:x"),
        ({"refuri": "%book/tea"}, "book/tea:"),
        ({"refuri": "tea.md"}, "book/tea:"),
        ({"refuri": "../notebooks/01-tea.ipynb#x"}, "notebooks/01-tea:x"),
        ({"refuri": "#x"}, "book/method:x"),
        ({"refuri": "https://example.org/#x"}, None),
        ({"refuri": "mailto:tea@example.org"}, None),
    ],
)
def test_a_reference_leads_to(attributes: dict[str, str], place: str | None) -> None:
    assert destination(nodes.reference("", "", **attributes), "book/method") == place


def test_a_chapter_in_a_part_stands_one_level_lower() -> None:
    section = nodes.section("", nodes.title("", "Milk"), ids=["milk"])
    book = Book(parts={"milk": "Findings"}, in_parts=frozenset({"milk"}))
    markup, _ = written(addnodes.start_of_file("", section, docname="milk"), book=book)
    assert 'level: 2, number: none, label: label("milk:milk"), part: "Findings"' in markup


def test_another_document_is_a_file_that_is_included() -> None:
    tree = new_document("index")
    tree["docname"] = "index"
    tree += addnodes.start_of_file("", paragraph("Milk."), docname="book/milk")
    result = write(tree, Book(), lambda *_: None)
    assert result.markup == '#include "text/book/milk.typ"'
    assert result.files == {"book/milk": '#par[#"Milk."]'}


def test_a_chapter_carries_its_number() -> None:
    section = nodes.section("", nodes.title("", "Milk"), ids=["milk"])
    book = Book(sections={"index": {"": (2,)}})
    assert 'number: "2"' in written(section, book=book)[0]


def test_a_line_break_of_a_web_page_is_one_on_paper() -> None:
    lines = nodes.paragraph("", "a", nodes.raw("", "<br />\n", format="html"), nodes.Text("b"))
    assert written(lines)[0] == '#par[#"a"#linebreak()#"b"]'


# -- tables ------------------------------------------------------------------------------------


def table(head: list[str], *rows: list[str], stub: int = 0) -> nodes.table:
    def row(cells: list[str]) -> nodes.row:
        return nodes.row("", *(nodes.entry("", paragraph(cell)) for cell in cells))

    specs = [
        nodes.colspec(colwidth=1, **({"stub": 1} if i < stub else {})) for i in range(len(head))
    ]
    group = nodes.tgroup("", *specs, nodes.thead("", row(head)), cols=len(head))
    group += nodes.tbody("", *map(row, rows))
    return nodes.table("", group)


def test_a_column_of_numbers_is_aligned_at_the_right() -> None:
    rows = [["North", "1,092", "61%†", "57–65%"], ["South", "–", "<1%", "51–59%"]]
    markup, _ = written(table(["Region", "Base", "Share", "Interval"], *rows))
    assert "align: (left, right, right, left,)" in markup


def test_a_cell_over_two_columns_says_so() -> None:
    wide = table(["a", "b"], ["c", "d"])
    first = next(wide.findall(nodes.entry))
    first.parent.pop()
    first["morecols"] = 1
    assert 'table.cell([#"a"], colspan: 2)' in written(wide)[0]


def test_a_long_text_takes_what_short_columns_leave() -> None:
    markup, _ = written(table(["Wording", "Base"], ["How often do you drink tea at home?", "10"]))
    assert "columns: (5.9fr, " in markup


def test_a_table_longer_than_half_a_page_may_break() -> None:
    assert "whole: false" in written(table(["a"], *[["b"]] * 40))[0]


def test_a_short_table_stays_whole() -> None:
    assert "whole: true" in written(table(["a"], *[["b"]] * 4))[0]


def test_the_text_of_a_wide_table_is_smaller() -> None:
    row = ["a text of some length"] * 6
    assert "size: 7.0pt" in written(table(row, row))[0]


def test_columns_that_head_rows_are_counted() -> None:
    tree = new_document("index")
    tree += table(["a", "b", "c"], ["d", "e", "f"], stub=2)
    assert write(tree, Book(), lambda *_: None).stubs == [2]


def test_notes_of_a_table_are_printed_once_and_with_it() -> None:
    note = paragraph("† Assumed.", classes=["wavebook-note"])
    markup, _ = written(nodes.container("", table(["a"], ["b"]), note))
    assert markup.count("Assumed") == 1
    assert 'legend: [#par[#"† Assumed."]]' in markup


# -- mathematics -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tex", "typst_math"),
    [
        (r"\frac{a}{b}", "frac(a, b)"),
        (r"x_i^2", "x_(i)^(2)"),
        (r"\hat{p} \pm 1.96", "hat(p) plus.minus 1.96"),
        (r"n_\text{eff}", 'n_("eff")'),
        (r"\left( x \right)", r"lr(\( x \))"),
        (r"\operatorname{logit} p", 'op("logit") p'),
        (r"a, b", r"a \, b"),
    ],
)
def test_tex_becomes(tex: str, typst_math: str) -> None:
    assert from_tex(tex) == typst_math


@pytest.mark.parametrize("tex", [r"\mystery", "{a", "a}", r"\frac{a}", r"\left( a"])
def test_tex_that_is_not_understood_is_refused(tex: str) -> None:
    with pytest.raises(ValueError, match=r"is not known|is missing|without"):
        from_tex(tex)


@given(st.text(alphabet=r"ab1 {}_^\,()#$&%@" + '"', max_size=12))
def test_tex_that_is_understood_can_be_set(tex: str) -> None:
    try:
        formula = from_tex(tex)
    except ValueError:
        return
    printed(f"${formula}$")
