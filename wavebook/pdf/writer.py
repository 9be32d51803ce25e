"""An assembled Sphinx document as Typst markup: one method for each kind of node."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from docutils import nodes

from wavebook.pdf.book import Book, Places
from wavebook.pdf.exhibits import Exhibits, follows_table
from wavebook.pdf.fragments import Fragment
from wavebook.pdf.markup import Content, call, quote, text
from wavebook.pdf.walk import Warn

FILES = "text"  # the folder of what is included
LINE_BREAKS = frozenset({"<br>", "<br/>", "<br />"})

# The heading of a box that has no title of its own.
ADMONITIONS = {
    "attention": "Attention",
    "caution": "Caution",
    "danger": "Danger",
    "error": "Error",
    "hint": "Hint",
    "important": "Important",
    "note": "Note",
    "seealso": "See also",
    "tip": "Tip",
    "todo": "To do",
    "warning": "Warning",
}


class Written(NamedTuple):
    """A written book.

    Attributes
    ----------
    markup
        The first document, which includes the others where they belong.
    files
        The markup of each other document, by its name. It is included from a file of its own: Typst
        lays out again what stands in a file that has changed, and hardly anything else.
    stubs
        How many first columns head the rows of each table.
    stubs_of
        The same of each other document.
    """

    markup: str
    files: dict[str, str]
    stubs: list[int]
    stubs_of: dict[str, list[int]]


def file_of(docname: str) -> str:
    """Return the file from which a document is included."""
    return f"{FILES}/{docname}.typ"


def write(
    tree: nodes.document,
    book: Book,
    warn: Warn,
    *,
    known: Mapping[str, Fragment] | None = None,
    places: Places | None = None,
    is_numbered: Mapping[str, bool] | None = None,
) -> Written:
    """Return a resolved document as Typst.

    Parameters
    ----------
    tree
        The assembled doctree, references resolved with this package's builder.
    book
        Numbers, parts and images.
    warn
        Called with a message and the node it is about.
    known
        Documents that stay as they were written for the last PDF; in the tree they are empty.
    places, is_numbered
        Where links lead and what is numbered by hand, if that is not all in the tree.
    """
    writer = Writer(tree, book, warn, places, is_numbered)
    writer.known = known or {}
    return Written(writer.block(tree.children), writer.files, writer.stubs, writer.stubs_of)


class Writer(Exhibits):
    """Writes documents and headings, and the blocks that prose is made of."""

    known: Mapping[str, Fragment]

    # -- documents and headings -------------------------------------------------------------

    def on_start_of_file(self, node: nodes.Element) -> str:
        """Include a document: its sections count from where it is, a part's from level 2."""
        outer = self.docname, self.level, self.chapter_level
        self.docname = str(node["docname"])
        before = len(self.stubs)
        if fragment := self.known.get(self.docname):
            self.files[self.docname] = fragment.markup
            self.stubs += fragment.stubs
        else:
            self.part = self.book.parts.get(self.docname)
            if self.docname in self.book.in_parts:
                self.level, self.chapter_level = 1, 2
            elif outer[0] == self.root:
                self.level, self.chapter_level = 0, 1
            self.files[self.docname] = self.block(node.children)
        self.stubs_of[self.docname] = self.stubs[before:]
        name = file_of(self.docname)
        self.docname, self.level, self.chapter_level = outer
        return f"#include {quote(name)}"

    def on_section(self, node: nodes.Element) -> str:
        """Print the children of a section one level down."""
        self.level += 1
        body = self.block(node.children)
        self.level -= 1
        return body

    def on_title(self, node: nodes.Element) -> str:
        """Print a heading; a title of anything else is printed by its owner."""
        section = node.parent
        if not isinstance(section, nodes.section):
            return ""
        is_chapter = self.level == self.chapter_level
        numbers = self.book.sections.get(self.docname, {})
        keys = [f"#{name}" for name in section["ids"]] + ([""] if is_chapter else [])
        number = next((numbers[key] for key in keys if key in numbers), None)
        named: dict[str, object] = {
            "level": self.level,
            "number": ".".join(map(str, number)) if number else None,
            "label": self.place(section),
        }
        if is_chapter:
            named["part"], self.part = self.part, None
        else:
            named["depth"] = self.level - self.chapter_level
        mark = f"// {self.docname}, “{' '.join(node.astext().split())}”\n"
        heading = "chapter" if is_chapter else "section"
        return mark + call(heading, Content(self.inline(node)), **named)

    def on_rubric(self, node: nodes.Element) -> str:
        """Print a heading that is not part of the contents."""
        return call("rubric", Content(self.inline(node)))

    on_centered = on_rubric

    # -- blocks -------------------------------------------------------------------------------

    def on_paragraph(self, node: nodes.Element) -> str:
        """Print a paragraph; a table prints its notes itself."""
        if follows_table(node):
            return ""
        markup = self.inline(node)
        return self.styled(node, f"#par[{markup}]" if markup else "")

    def on_bullet_list(self, node: nodes.Element) -> str:
        """Print a list with bullets."""
        return call("list", *map(self.content, node.children), tight=is_tight(node))

    def on_enumerated_list(self, node: nodes.Element) -> str:
        """Print a numbered list."""
        pattern = {"loweralpha": "a", "upperalpha": "A", "lowerroman": "i", "upperroman": "I"}
        sign = pattern.get(node.get("enumtype", ""), "1")
        return call(
            "enum",
            *map(self.content, node.children),
            tight=is_tight(node),
            start=node.get("start", 1),
            numbering=f"{node.get('prefix', '')}{sign}{node.get('suffix') or '.'}",
        )

    def on_definition_list(self, node: nodes.Element) -> str:
        """Print terms and what they mean."""
        return call("definitions", *map(self.definition, node.children))

    def definition(self, item: nodes.Element) -> tuple[Content, Content]:
        """Return the terms and the definition of one entry."""
        terms = [self.render(child) for child in item.children if isinstance(child, nodes.term)]
        return Content(f"{text(', ')}".join(terms)), self.others(item, nodes.term)

    def on_term(self, node: nodes.Element) -> str:
        """Print a term."""
        return self.inline(node)

    def on_classifier(self, node: nodes.Element) -> str:
        """Print what kind of thing a term is."""
        return f"#emph[{self.inline(node)}]"

    def on_definition(self, node: nodes.Element) -> str:
        """Print a definition."""
        return self.block(node.children)

    def on_field_list(self, node: nodes.Element) -> str:
        """Print named fields like definitions."""
        fields = [item for item in node.children if isinstance(item, nodes.field)]
        pairs = [(self.content(item[0]), self.content(item[1])) for item in fields]
        return call("definitions", *pairs)

    def on_line_block(self, node: nodes.Element) -> str:
        """Print lines as they are, inner blocks indented."""
        return call("lines", *map(self.render_line, node.children))

    def render_line(self, node: nodes.Element) -> Content:
        """Return one line, or a block of lines, of a line block."""
        nested = isinstance(node, nodes.line_block)
        return Content(self.render(node) if nested else self.inline(node))

    def on_block_quote(self, node: nodes.Element) -> str:
        """Print a quotation, with who said it."""
        said = self.first(node, nodes.attribution)
        return call("quote", self.others(node, nodes.attribution), block=True, attribution=said)

    def on_literal_block(self, node: nodes.Element) -> str:
        """Print code as it is."""
        return call("raw", node.astext(), block=True)

    on_doctest_block = on_literal_block

    def on_transition(self, node: nodes.Element) -> str:
        """Print a break, except the one that MyST puts before footnotes."""
        return "" if "footnotes" in node["classes"] else call("transition")

    def on_Admonition(self, node: nodes.Element) -> str:  # noqa: N802
        """Print a box with a heading; a title in the box replaces the usual one."""
        usual = Content(text(ADMONITIONS.get(type(node).__name__, "")))
        own = self.first(node, nodes.title)
        return call("callout", self.others(node, nodes.title), title=own or usual)

    on_sidebar = on_Admonition

    def on_topic(self, node: nodes.Element) -> str:
        """Print a topic as a box; a list of contents is the template's business."""
        return "" if "contents" in node["classes"] else self.on_Admonition(node)

    def on_raw(self, node: nodes.Element) -> str:
        """Print what is written for Typst and nothing that is written for others."""
        formats = node.get("format", "").split()
        if "html" in formats and node.astext().strip() in LINE_BREAKS:
            return call("linebreak")
        return node.astext() if "typst" in formats else ""


def is_tight(node: nodes.Element) -> bool:
    """Return whether every item of a list is one paragraph, with at most a list under it."""
    return all(
        sum(isinstance(child, nodes.paragraph) for child in item.children) <= 1
        for item in node.children
    )
