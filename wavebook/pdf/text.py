"""Running text in Typst: emphasis, links, footnotes, citations and formulas."""

from __future__ import annotations

from docutils import nodes

from wavebook.pdf.book import address, destination
from wavebook.pdf.formula import from_tex
from wavebook.pdf.markup import Code, Content, call, label, quote
from wavebook.pdf.walk import Walker

# Classes of running text that the template has a function for, by the same name.
STYLES = frozenset({"interval", "number"})


class RunningText(Walker):
    """Writes what stands within paragraphs."""

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

    def on_inline(self, node: nodes.Element) -> str:
        """Print text, in the style of a class that the template knows."""
        words = self.inline(node)
        style = next((name for name in node["classes"] if name in STYLES), None)
        return f"#{style}[{words}]" if style and words else words

    def on_reference(self, node: nodes.Element) -> str:
        """Print a link; one that leads nowhere in this book is printed as text."""
        return "" if is_cover(node) else self.link(node, self.inline(node))

    def link(self, node: nodes.Element, words: str) -> str:
        """Return words that lead where a reference leads."""
        if web := address(node):
            return f"#link({quote(web)})[{words}]"
        name = destination(node, self.docname) or ""
        if name not in self.places.labels:
            self.warn(f"nothing in the PDF answers to '{name}'; the link is printed as text", node)
            return words
        return f"#link({label(self.places.labels[name])})[{words}]"

    def on_target(self, node: nodes.Element) -> str:
        """Print a place in the text that links lead to."""
        return self.inline(node)

    on_download_reference = on_target

    def on_footnote_reference(self, node: nodes.Element) -> str:
        """Print a footnote where it is first referred to, and its mark from then on."""
        name = self.here(node.get("refid", ""))
        note = self.places.footnotes.get(name)
        if note is None:
            return f"#super[{self.inline(node)}]"
        if name in self.printed_footnotes:
            return f"#footnote({label(name)})"
        self.printed_footnotes.add(name)
        return f"#footnote[{self.content(note, nodes.label)}]{call('label', name)}"

    def on_citation(self, node: nodes.Element) -> str:
        """Print an entry of the bibliography as one paragraph."""
        paragraphs = [child for child in node.children if not isinstance(child, nodes.label)]
        entry = '#" "'.join(map(self.inline, paragraphs))
        return call("citation", self.first(node, nodes.label), Content(entry))

    def on_math(self, node: nodes.Element) -> str:
        """Print a formula; one that Typst's notation has no counterpart for, as it was typed."""
        tex = " ".join(node.astext().split())
        display = isinstance(node, nodes.math_block)
        try:
            formula = from_tex(tex)
        except ValueError as error:
            self.warn(f"formula '{tex}' is printed as it was typed: {error}", node)
            return call("raw", tex, block=display)
        return call("math.equation", Code(f"${formula}$"), block=display, alt=tex)

    on_math_block = on_math


def is_cover(link: nodes.Node) -> bool:
    """Return whether a link has no words of its own but covers a card."""
    return any("sd-hide-link-text" in node.get("classes", ()) for node in (link, link.parent))
