"""An assembled Sphinx document as Typst markup: one method for each kind of node."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from docutils import nodes
from sphinx import addnodes

from wavebook.typst_markup import Code, Content, call, label, quote, text
from wavebook.typst_table import layout

Warn = Callable[[str, nodes.Node], None]

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

# Nodes of which nothing is printed.
SILENT = frozenset(
    {
        "HideCodeCellNode",
        "comment",
        "footnote",
        "highlightlang",
        "index",
        "invisible",
        "label",
        "meta",
        "pending",
        "substitution_definition",
        "system_message",
        "tabular_col_spec",
        "toctree",
    }
)

# Nodes that only hold others: in text, and between paragraphs.
WRAPPERS = frozenset(
    {
        "abbreviation",
        "acronym",
        "inline",
        "literal_emphasis",
        "literal_strong",
        "manpage",
        "number_reference",
        "PassthroughTextElement",
        "pending_xref",
        "problematic",
        "title_reference",
    }
)
HOLDERS = frozenset(
    {"compact_paragraph", "compound", "container", "glossary", "only", "versionmodified"}
)


@dataclass(frozen=True)
class Book:
    """What the writer has to know of a book beside its doctree.

    Parameters
    ----------
    parts
        The caption of each part, by the document that opens it.
    in_parts
        The documents that belong to a part, whose chapters stand one level lower.
    sections, figures
        Sphinx's numbers: document → ``#id`` (or ``""``) → number, and document → ``figure`` or
        ``table`` → id → number.
    numbered_figures
        Whether Sphinx numbers figures; otherwise Typst counts them.
    images
        File name in the output directory by the ``uri`` of an image node.
    """

    parts: Mapping[str, str] = field(default_factory=dict)
    in_parts: frozenset[str] = frozenset()
    sections: Mapping[str, Mapping[str, tuple[int, ...]]] = field(default_factory=dict)
    figures: Mapping[str, Mapping[str, Mapping[str, tuple[int, ...]]]] = field(default_factory=dict)
    numbered_figures: bool = False
    images: Mapping[str, str] = field(default_factory=dict)


def write(tree: nodes.document, book: Book, warn: Warn) -> str:
    """Return the Typst markup of a resolved document.

    Parameters
    ----------
    tree
        The assembled doctree, references resolved with this package's builder.
    book
        Numbers, parts and images.
    warn
        Called with a message and the node it is about.
    """
    return Writer(tree, book, warn).markup


class Writer:
    """Walks the tree; where it is in the book is its only state."""

    def __init__(self, tree: nodes.document, book: Book, warn: Warn) -> None:
        self.book = book
        self.warn = warn
        self.docname: str = tree.get("docname", "")
        self.level = 0
        self.chapter_level = 1
        self.anchors, self.footnotes = survey(tree)
        self.printed_footnotes: set[str] = set()
        self.markup = self.block(tree)

    # -- walking ----------------------------------------------------------------------------

    def block(self, node: nodes.Node) -> str:
        """Return a node's children as blocks, an empty line between them."""
        return "\n\n".join(filter(None, map(self.render, node.children)))

    def inline(self, node: nodes.Node) -> str:
        """Return a node's children as running text."""
        return "".join(map(self.render, node.children))

    def content(self, node: nodes.Node) -> Content:
        """Return a node's children for a Typst argument."""
        blocks = any(isinstance(child, nodes.Body) for child in node.children)
        return Content(self.block(node) if blocks else self.inline(node))

    def render(self, node: nodes.Node) -> str:
        """Return the markup of one node, by the name of its class or of the nearest base."""
        if isinstance(node, nodes.Text):
            return text(node.astext())
        for kind in type(node).__mro__:
            name = kind.__name__
            if name in SILENT:
                return ""
            write = getattr(self, f"on_{name}", None)
            if write is None and name in WRAPPERS:
                write = self.inline
            elif write is None and name in HOLDERS:
                write = self.block
            if write is not None:
                return self.anchored(node, write(node))
        self.warn(f"'{type(node).__name__}' has no form in the PDF; its text is printed", node)
        return str(self.content(node))

    def anchored(self, node: nodes.Element, markup: str) -> str:
        """Return markup with places that links can lead to, for what has no label of its own."""
        if isinstance(node, nodes.section | nodes.figure | nodes.table | nodes.document):
            return markup
        places = [name for name in node.get("ids", ()) if self.here(name) in self.anchors.values()]
        return "".join(call("anchor", label(self.here(name))) for name in places) + markup

    def here(self, name: str) -> str:
        """Return the book-wide name of an id of the current document."""
        return f"{self.docname}:{name}"

    # -- documents and headings -------------------------------------------------------------

    def on_start_of_file(self, node: nodes.Element) -> str:
        """Open a document: its sections count from where it is included."""
        outer = self.docname, self.level, self.chapter_level
        self.docname = str(node["docname"])
        if self.docname in self.book.in_parts:
            self.level = self.chapter_level = 1
        elif outer[1] <= 1:
            self.level = 0
        if self.docname in self.book.in_parts:
            self.chapter_level = 2
        marks = [f"// {self.docname}"]
        if self.docname in self.book.parts:
            marks.append(call("part", Content(text(self.book.parts[self.docname]))))
        body = self.block(node)
        self.docname, self.level, self.chapter_level = outer
        return "\n\n".join([*marks, body])

    def on_section(self, node: nodes.Element) -> str:
        """Print the children of a section one level down."""
        self.level += 1
        body = self.block(node)
        self.level -= 1
        return body

    def on_title(self, node: nodes.Element) -> str:
        """Print a heading; a title of anything else is printed by its owner."""
        section = node.parent
        if not isinstance(section, nodes.section):
            return ""
        numbers = self.book.sections.get(self.docname, {})
        number = next(
            (numbers[f"#{name}"] for name in section["ids"] if f"#{name}" in numbers), None
        )
        depth = self.level - self.chapter_level
        if depth == 0 and number is None:
            number = numbers.get("")
        return call(
            "chapter" if depth == 0 else "section",
            Content(self.inline(node)),
            level=self.level,
            number=".".join(map(str, number)) if number else None,
            label=self.place(section),
        )

    def place(self, node: nodes.Element) -> Code | None:
        """Return the label of a node that carries its own."""
        known = [self.anchors[name] for name in map(self.here, node["ids"]) if name in self.anchors]
        return label(known[0]) if known else None

    def on_rubric(self, node: nodes.Element) -> str:
        """Print a heading that is not part of the contents."""
        return call("rubric", Content(self.inline(node)))

    on_centered = on_rubric

    # -- blocks -------------------------------------------------------------------------------

    def on_paragraph(self, node: nodes.Element) -> str:
        """Print a paragraph."""
        return self.inline(node)

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
        items = [item for item in node.children if isinstance(item, nodes.definition_list_item)]
        return call("definitions", *map(self.definition, items))

    def definition(self, item: nodes.Element) -> tuple[Content, Content]:
        """Return the terms and the definition of one entry."""
        terms = [self.render(child) for child in item.children if isinstance(child, nodes.term)]
        rest = [child for child in item.children if not isinstance(child, nodes.term)]
        return (
            Content(", ".join(terms)),
            Content("\n\n".join(filter(None, map(self.render, rest)))),
        )

    def on_term(self, node: nodes.Element) -> str:
        """Print a term."""
        return self.inline(node)

    def on_classifier(self, node: nodes.Element) -> str:
        """Print what kind of thing a term is."""
        return f"#emph[{self.inline(node)}]"

    def on_definition(self, node: nodes.Element) -> str:
        """Print a definition."""
        return self.block(node)

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
        said = [child for child in node.children if isinstance(child, nodes.attribution)]
        body = [self.render(child) for child in node.children if child not in said]
        source = Content(self.inline(said[0])) if said else None
        return call(
            "quote", Content("\n\n".join(filter(None, body))), block=True, attribution=source
        )

    def on_literal_block(self, node: nodes.Element) -> str:
        """Print code as it is."""
        return call("raw", node.astext(), block=True)

    on_doctest_block = on_literal_block

    def on_transition(self, node: nodes.Element) -> str:
        """Print a break, except the one that MyST puts before footnotes."""
        return "" if "footnotes" in node["classes"] else call("transition")

    def on_Admonition(self, node: nodes.Element) -> str:  # noqa: N802
        """Print a box with a heading; a title in the box replaces the usual one."""
        heading = ADMONITIONS.get(type(node).__name__, "")
        body = [child for child in node.children if not isinstance(child, nodes.title)]
        own = next((self.inline(child) for child in node.children if child not in body), None)
        return call(
            "callout",
            Content("\n\n".join(filter(None, map(self.render, body)))),
            title=Content(own if own is not None else text(heading)),
            kind=type(node).__name__,
        )

    on_sidebar = on_Admonition

    def on_topic(self, node: nodes.Element) -> str:
        """Print a topic as a box; a list of contents is the template's business."""
        return "" if "contents" in node["classes"] else self.on_Admonition(node)

    def on_raw(self, node: nodes.Element) -> str:
        """Print what is written for Typst and nothing that is written for others."""
        return node.astext() if "typst" in node.get("format", "").split() else ""

    # -- figures and tables -------------------------------------------------------------------

    def on_figure(self, node: nodes.Element) -> str:
        """Print a figure with its caption and legend."""
        outside = (nodes.caption, nodes.legend)
        body = [self.render(child) for child in node.children if not isinstance(child, outside)]
        return call(
            "exhibit",
            Content("\n\n".join(filter(None, body))),
            caption=self.first(node, nodes.caption, self.inline),
            legend=self.first(node, nodes.legend, self.block),
            **self.numbering(node, "figure"),
        )

    def first(
        self, node: nodes.Element, kind: type[nodes.Node], write: Callable[[nodes.Node], str]
    ) -> Content | None:
        """Return the first child of a kind, or nothing."""
        found = [child for child in node.children if isinstance(child, kind)]
        return Content(write(found[0])) if found else None

    def numbering(self, node: nodes.Element, kind: str) -> dict[str, object]:
        """Return the number and label of a figure or table."""
        numbers = self.book.figures.get(self.docname, {}).get(kind, {})
        given = next((numbers[name] for name in node["ids"] if name in numbers), None)
        number: object = ".".join(map(str, given)) if given else None
        if not self.book.numbered_figures:
            number = Code("auto")
        return {"number": number, "label": self.place(node)}

    def on_image(self, node: nodes.Element) -> str:
        """Print an image, at most as wide as its surroundings."""
        file = self.book.images.get(node.get("uri", ""))
        if file is None:
            self.warn(f"image {node.get('uri')!r} is not a file of the book", node)
            return text(node.get("alt", ""))
        alt = node.get("alt")
        if not alt:
            self.warn(f"image {node['uri']!r} has no alternative text", node)
        inside = isinstance(node.parent, nodes.TextElement)
        return call("inline-picture" if inside else "picture", file, alt=alt or None)

    def on_table(self, node: nodes.Element) -> str:
        """Print a table; its header rows are repeated where it breaks."""
        return call(
            "exhibit-table",
            **layout(node, self.content).arguments(),
            caption=self.first(node, nodes.title, self.inline),
            **self.numbering(node, "table"),
        )

    # -- running text -------------------------------------------------------------------------

    def on_emphasis(self, node: nodes.Element) -> str:
        """Print emphasis."""
        return f"#emph[{self.inline(node)}]"

    def on_strong(self, node: nodes.Element) -> str:
        """Print strong emphasis."""
        return f"#strong[{self.inline(node)}]"

    def on_literal(self, node: nodes.Element) -> str:
        """Print code in a line."""
        return call("raw", " ".join(node.astext().split()))

    def on_subscript(self, node: nodes.Element) -> str:
        """Print an index."""
        return f"#sub[{self.inline(node)}]"

    def on_superscript(self, node: nodes.Element) -> str:
        """Print an exponent."""
        return f"#super[{self.inline(node)}]"

    def on_reference(self, node: nodes.Element) -> str:
        """Print a link; one that leads nowhere in this book is printed as text."""
        words = self.inline(node)
        uri: str = node.get("refuri", "")
        if uri and not uri.startswith("%"):
            return f"#link({quote(uri)})[{words}]"
        docname, _, name = uri[1:].partition("#") if uri else (self.docname, "", node.get("refid"))
        target = self.anchors.get(f"{docname}:{name or ''}")
        if target is None:
            self.warn(f"nothing in the PDF answers to '{uri or name}'", node)
            return words
        return f"#link({label(target)})[{words}]"

    def on_download_reference(self, node: nodes.Element) -> str:
        """Print the name of a download: the PDF carries no files."""
        return self.inline(node)

    def on_target(self, node: nodes.Element) -> str:
        """Print a place in the text that links lead to."""
        return self.inline(node)

    def on_footnote_reference(self, node: nodes.Element) -> str:
        """Print a footnote where it is first referred to, and its mark from then on."""
        name = self.here(node.get("refid", ""))
        note = self.footnotes.get(name)
        if note is None:
            return f"#super[{self.inline(node)}]"
        if name in self.printed_footnotes:
            return f"#footnote({label(name)})"
        self.printed_footnotes.add(name)
        return f"#footnote[{self.block(note)}]{call('label', name)}"

    def on_citation(self, node: nodes.Element) -> str:
        """Print an entry of the bibliography."""
        body = [child for child in node.children if not isinstance(child, nodes.label)]
        mark = self.first(node, nodes.label, self.inline)
        return call("citation", mark, Content("\n\n".join(map(self.render, body))))

    def on_math(self, node: nodes.Element) -> str:
        """Print a formula as it was typed."""
        return call("raw", node.astext())

    def on_math_block(self, node: nodes.Element) -> str:
        """Print a formula of its own as it was typed."""
        return call("raw", node.astext(), block=True)


def is_tight(node: nodes.Element) -> bool:
    """Return whether every item of a list is one paragraph, with at most a list under it."""
    return all(
        sum(isinstance(child, nodes.paragraph) for child in item.children) <= 1
        for item in node.children
    )


def survey(tree: nodes.document) -> tuple[dict[str, str], dict[str, nodes.Element]]:
    """Return where links may lead, and the footnotes, both by ``document:id``.

    A node may have several ids, while a Typst element has one label: every id leads to the first.
    A document's own name, ``document:``, leads to its first section.
    """
    anchors: dict[str, str] = {}
    footnotes: dict[str, nodes.Element] = {}

    def walk(node: nodes.Node, docname: str) -> None:
        if isinstance(node, addnodes.start_of_file):
            docname = node["docname"]
        if isinstance(node, nodes.Element) and not isinstance(node, nodes.document):
            names = [f"{docname}:{name}" for name in node.get("ids", ())]
            if isinstance(node, nodes.footnote):
                footnotes.update(dict.fromkeys(names, node))
            elif names and type(node).__name__ not in SILENT:
                anchors.update(dict.fromkeys(names, names[0]))
                if isinstance(node, nodes.section):
                    anchors.setdefault(f"{docname}:", names[0])
        for child in node.children:
            walk(child, docname)

    walk(tree, tree.get("docname", ""))
    return anchors, footnotes
