"""Walking a doctree: what every part of the Typst writer does the same way."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from docutils import nodes

from wavebook.pdf.book import Book, Places
from wavebook.pdf.markup import Code, Content, call, label, text

Warn = Callable[[str, nodes.Node], None]

# Nodes of which nothing is printed.
SILENT = frozenset(
    {
        "HideCodeCellNode",
        "comment",
        "fontawesome",
        "footnote",
        "highlightlang",
        "index",
        "invisible",
        "label",
        "meta",
        "pending",
        "sd_icon",
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
        "literal_emphasis",
        "literal_strong",
        "manpage",
        "PassthroughTextElement",
        "pending_xref",
        "problematic",
        "title_reference",
    }
)
HOLDERS = frozenset({"compact_paragraph", "compound", "glossary", "only", "versionmodified"})


class Walker:
    """Writes nodes by the name of their class; where it is in the book is its only state.

    Parameters
    ----------
    tree
        The assembled doctree.
    book
        Numbers, parts and images.
    warn
        Called with a message and the node it is about.
    places
        Where links lead, if that is not all in the tree.
    """

    def __init__(
        self, tree: nodes.document, book: Book, warn: Warn, places: Places | None = None
    ) -> None:
        self.book = book
        self.warn = warn
        self.places = places or Places(tree)
        self.root = self.docname = str(tree.get("docname", ""))
        self.level = 0
        self.chapter_level = 1
        self.part: str | None = None
        self.printed_footnotes: set[str] = set()
        self.stubs: list[int] = []
        self.stubs_of: dict[str, list[int]] = {}
        self.files: dict[str, str] = {}

    def block(self, children: Sequence[nodes.Node]) -> str:
        """Return nodes as blocks, an empty line between them."""
        return "\n\n".join(filter(None, map(self.render, children)))

    def inline(self, node: nodes.Node) -> str:
        """Return a node's children as running text."""
        return "".join(map(self.render, node.children))

    def content(self, node: nodes.Element, *without: type[nodes.Node]) -> Content:
        """Return a node's children for a Typst argument; a single paragraph as running text."""
        children = [child for child in node.children if not isinstance(child, without)]
        if len(children) == 1 and type(children[0]) is nodes.paragraph:
            return Content(self.anchored(children[0], self.inline(children[0])))
        if any(isinstance(child, nodes.Body) for child in children):
            return Content(self.block(children))
        return Content("".join(map(self.render, children)))

    def first(self, node: nodes.Element, kind: type[nodes.Node]) -> Content | None:
        """Return what the first child of a kind holds, or nothing."""
        found = [child for child in node.children if isinstance(child, kind)]
        return self.content(found[0]) if found else None

    def others(self, node: nodes.Element, *kinds: type[nodes.Node]) -> Content:
        """Return the children that are of none of the kinds."""
        rest = [child for child in node.children if not isinstance(child, kinds)]
        return Content(self.block(rest))

    def render(self, node: nodes.Node) -> str:
        """Return the markup of one node, by the name of its class or of the nearest base."""
        if isinstance(node, nodes.Text):
            return text(node.astext())
        for kind in type(node).__mro__:
            name = kind.__name__
            if name in SILENT:
                return ""
            write = getattr(self, f"on_{name}", None)
            if write is None and (name in WRAPPERS or name in HOLDERS):
                write = self.inline if name in WRAPPERS else self.on_holder
            if write is not None:
                return self.anchored(node, write(node))
        self.warn(f"'{type(node).__name__}' has no form in the PDF; its text is printed", node)
        return str(self.content(node))

    def anchored(self, node: nodes.Element, markup: str) -> str:
        """Return markup with the places that links lead to, for what has no label of its own."""
        if isinstance(node, nodes.section | nodes.figure | nodes.table | nodes.document):
            return markup
        wanted = [
            name for name in map(self.here, node.get("ids", ())) if name in self.places.wanted
        ]
        return "".join(call("anchor", label(name)) for name in wanted) + markup

    def here(self, name: str) -> str:
        """Return the book-wide name of an id of the current document."""
        return f"{self.docname}:{name}"

    def place(self, node: nodes.Element) -> Code | None:
        """Return the label of a node that carries its own."""
        return label(self.here(node["ids"][0])) if node["ids"] else None

    def on_holder(self, node: nodes.Element) -> str:
        """Print what a node holds."""
        return self.block(node.children)
