"""A worksheet as a PDF that can be filled in: set and tagged by Typst, its boxes form fields."""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typst
from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    BooleanObject,
    DictionaryObject,
    FloatObject,
    IndirectObject,
    NameObject,
    NumberObject,
    TextStringObject,
)

from wavebook.pdf.markup import quote

FONTS = Path(__file__).parent / "theme" / "fonts"
MULTILINE = 1 << 12
LAYOUT = """
#set document(title: TITLE)
#set page(paper: "a4", margin: (x: 24mm, top: 22mm, bottom: 20mm), numbering: "1")
#set text(font: "Source Sans 3", size: 10.5pt, lang: "en", region: "GB", hyphenate: false)
#show heading: set text(fill: rgb("#1d4e6b"))
#let question(id, words, hint) = block(breakable: false, width: 100%, above: 1.3em, {
  strong(words)
  if hint != "" [ \\ #text(size: 9pt, fill: rgb("#4a5560"), hint)]
  v(1mm)
  layout(area => context {
    let at = here().position()
    [#metadata((
      id: id, words: words, page: at.page, x: at.x.pt(), y: at.y.pt(), width: area.width.pt(),
    ))<field>]
    rect(width: 100%, height: 27mm, stroke: 0.6pt + rgb("#8a97a1"), radius: 2pt)
  })
})
#title()
#text(fill: rgb("#4a5560"))[Type into the boxes and save the file, or print it and write.]
"""
HEIGHT = 27 / 25.4 * 72
INSET = 3.0  # points between a box and what is typed into it
MADE = datetime(1970, 1, 1, tzinfo=UTC)


def fillable_pdf(title: str, questions: Sequence[tuple[str, str, str, str]]) -> bytes:
    """Return a worksheet as a PDF with a text field for each question.

    Parameters
    ----------
    title
        Heading of the first page and name of the document.
    questions
        Theme, id, question and hint; a theme's name is printed before its first question.
    """
    source = LAYOUT.replace("TITLE", quote(title))
    theme = ""
    for name, key, words, hint in questions:
        if name != theme:
            source += f"= #{quote(name)}\n"
            theme = name
        source += f"#question({quote(key)}, {quote(words)}, {quote(hint)})\n"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "worksheet.typ"
        file.write_text(source, encoding="utf-8")
        options: dict[str, Any] = {"font_paths": [FONTS], "ignore_system_fonts": True}
        plain = typst.compile(file, pdf_standards=["ua-1"], timestamp=MADE, **options)
        places = json.loads(typst.query(file, "<field>", field="value", **options))
    return with_fields(plain, places)


def with_fields(pdf: bytes, places: Sequence[dict[str, Any]]) -> bytes:
    """Return a tagged PDF with a text field in each place, in the structure tree too."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf)))
    root: Any = writer.root_object
    tree = root["/StructTreeRoot"]
    parents = _leaf(tree["/ParentTree"].get_object())
    following = int(tree["/ParentTreeNextKey"]) if "/ParentTreeNextKey" in tree else len(parents)
    top = tree["/K"][0] if isinstance(tree["/K"].get_object(), ArrayObject) else tree.raw_get("/K")
    document = top.get_object()
    children = _children(writer, document)
    fields = ArrayObject()
    # pypdf has no public way of adding an object that no page holds.
    root[NameObject("/AcroForm")] = writer._add_object(_form(writer, fields))
    for number, place in enumerate(places):
        page = writer.pages[place["page"] - 1]
        key = following + number
        field = _field(place, float(page.mediabox.height), page.indirect_reference, key)
        widget = writer._add_object(field)
        annotations = page.setdefault(NameObject("/Annots"), ArrayObject()).get_object()
        annotations.append(widget)
        page[NameObject("/Tabs")] = NameObject("/S")
        element = writer._add_object(
            DictionaryObject(
                {
                    NameObject("/Type"): NameObject("/StructElem"),
                    NameObject("/S"): NameObject("/Form"),
                    NameObject("/P"): document.indirect_reference,
                    NameObject("/Alt"): TextStringObject(place["words"]),
                    NameObject("/K"): DictionaryObject(
                        {
                            NameObject("/Type"): NameObject("/OBJR"),
                            NameObject("/Obj"): widget,
                            NameObject("/Pg"): page.indirect_reference,
                        }
                    ),
                }
            )
        )
        children.append(element)
        parents.extend([NumberObject(key), element])
        fields.append(widget)
    tree[NameObject("/ParentTreeNextKey")] = NumberObject(following + len(places))
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def _field(place: dict[str, Any], height: float, page: Any, key: int) -> DictionaryObject:
    """Return a text field for several lines, named for assistive technology by its question."""
    left, top = place["x"] + INSET, height - place["y"] - INSET
    box = (left, top - HEIGHT + 2 * INSET, left + place["width"] - 2 * INSET, top)
    return DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Annot"),
            NameObject("/Subtype"): NameObject("/Widget"),
            NameObject("/FT"): NameObject("/Tx"),
            NameObject("/T"): TextStringObject(place["id"]),
            NameObject("/TU"): TextStringObject(place["words"]),
            NameObject("/Ff"): NumberObject(MULTILINE),
            NameObject("/F"): NumberObject(4),
            NameObject("/DA"): TextStringObject("/Helv 10 Tf 0 g"),
            NameObject("/V"): TextStringObject(""),
            NameObject("/Rect"): ArrayObject([FloatObject(round(side, 2)) for side in box]),
            NameObject("/P"): page,
            NameObject("/StructParent"): NumberObject(key),
        }
    )


def _form(writer: PdfWriter, fields: ArrayObject) -> DictionaryObject:
    """Return a form of these fields; viewers draw what is typed with the font that it names."""
    font = writer._add_object(
        DictionaryObject(
            {
                NameObject("/Type"): NameObject("/Font"),
                NameObject("/Subtype"): NameObject("/Type1"),
                NameObject("/BaseFont"): NameObject("/Helvetica"),
                NameObject("/Encoding"): NameObject("/WinAnsiEncoding"),
            }
        )
    )
    fonts = DictionaryObject({NameObject("/Helv"): font})
    return DictionaryObject(
        {
            NameObject("/Fields"): fields,
            NameObject("/NeedAppearances"): BooleanObject(True),
            NameObject("/DA"): TextStringObject("/Helv 10 Tf 0 g"),
            NameObject("/DR"): DictionaryObject({NameObject("/Font"): fonts}),
        }
    )


def _children(writer: PdfWriter, element: DictionaryObject) -> ArrayObject:
    """Return an element's children as an array that can grow."""
    held = element.raw_get("/K")
    inner = held.get_object() if isinstance(held, IndirectObject) else held
    if isinstance(inner, ArrayObject):
        return inner
    grown = ArrayObject([held])
    element[NameObject("/K")] = grown
    return grown


def _leaf(tree: Any) -> Any:
    """Return the last array of a number tree, where larger keys belong, its limits removed."""
    while "/Nums" not in tree:
        tree = tree["/Kids"][-1].get_object()
    tree.pop("/Limits", None)
    return tree["/Nums"]
