"""What stands out from the text in Typst: figures, tables with their notes, cells and cards."""

from __future__ import annotations

import re
from collections.abc import Mapping

from docutils import nodes

from wavebook.pdf.book import Book, Places
from wavebook.pdf.markup import Code, Content, call, text
from wavebook.pdf.table import layout
from wavebook.pdf.text import RunningText, is_cover
from wavebook.pdf.walk import Warn

# Classes of paragraphs and containers that the template knows, and its function for each.
STYLED = {
    "wavebook-headline": "headline",
    "wavebook-note": "small-print",
    "wavebook-theme": "theme",
}

# “Figure 3. ” at the beginning of a caption.
WRITTEN_NUMBER = re.compile(r"(?:Figure|Fig\.|Table)\s+([\w.]*\w)\s*[.:]\s*")

CARD = ("header", "title", "body", "footer")

# What a notebook cell's mode hides.
HIDDEN = {
    "cell_code_source": {"all", "input", "input+output"},
    "cell_code_output": {"all", "output", "input+output"},
}


class Exhibits(RunningText):
    """Writes figures, tables and containers."""

    def __init__(
        self,
        tree: nodes.document,
        book: Book,
        warn: Warn,
        places: Places | None = None,
        is_numbered: Mapping[str, bool] | None = None,
    ) -> None:
        super().__init__(tree, book, warn, places)
        self.is_numbered = is_numbered or numbered_by_hand(tree)

    def on_figure(self, node: nodes.Element) -> str:
        """Print a figure with its caption and legend."""
        return call(
            "exhibit",
            self.others(node, nodes.caption, nodes.legend),
            caption=self.caption(node, nodes.caption),
            legend=self.first(node, nodes.legend),
            **self.numbering(node, "figure"),
        )

    def caption(self, node: nodes.Element, kind: type[nodes.Node]) -> Content | None:
        """Return a caption without a number that is written out in it."""
        title = next((child for child in node.children if isinstance(child, kind)), None)
        if title is None:
            return None
        words = self.inline(title)
        written = WRITTEN_NUMBER.match(title.astext())
        if written and isinstance(title.children[0], nodes.Text):
            first, *rest = title.children
            words = text(first.astext()[written.end() :]) + "".join(map(self.render, rest))
        elif written:
            words = "".join(map(self.render, title.children[1:]))
        return Content(words)

    def numbering(self, node: nodes.Element, kind: str) -> dict[str, object]:
        """Return the number and label of a figure or table.

        The number is the one written in the caption, else Sphinx's. Typst counts only in a book
        that has neither.
        """
        numbers = self.book.figures.get(self.docname, {}).get(kind, {})
        sphinx = next((numbers[name] for name in node["ids"] if name in numbers), None)
        number: object = written_number(node)
        if number is None and sphinx:
            number = ".".join(map(str, sphinx))
        elif number is None and not self.book.numbered_figures and not self.is_numbered[kind]:
            number = Code("auto")
        supplement = self.book.supplements[kind]
        return {"number": number, "supplement": supplement, "label": self.place(node)}

    def on_image(self, node: nodes.Element) -> str:
        """Print an image, at most as wide as its surroundings."""
        uri, alt = node.get("uri", ""), node.get("alt", "")
        file = self.book.images.get(uri)
        if file is None:
            self.warn(f"image '{uri}' is not a file of the book", node)
            return text(alt)
        if not alt:
            self.warn(f"image '{uri}' has no alternative text: it counts as decoration", node)
        inside = isinstance(node.parent, nodes.TextElement)
        return call("inline-picture" if inside else "picture", file, alt=alt or None)

    def on_table(self, node: nodes.Element) -> str:
        """Print a table with its notes; its header rows are repeated where it breaks."""
        group = next(child for child in node.children if isinstance(child, nodes.tgroup))
        specs = [child for child in group.children if isinstance(child, nodes.colspec)]
        self.stubs.append(sum(bool(spec.get("stub")) for spec in specs))
        notes = [f"#par[{self.inline(note)}]" for note in notes_of(node)]
        return call(
            "exhibit-table",
            **layout(node, self.content).arguments(),
            caption=self.caption(node, nodes.title),
            legend=Content("\n\n".join(notes)) if notes else None,
            **self.numbering(node, "table"),
        )

    def styled(self, node: nodes.Element, markup: str) -> str:
        """Return markup in the style of a class that the template knows."""
        known = [STYLED[name] for name in node.get("classes", ()) if name in STYLED]
        return call(known[0], Content(markup)) if known and markup else markup

    def on_container(self, node: nodes.Element) -> str:
        """Print what a container holds: a cell's visible parts, cards as boxes."""
        if node.get("nb_element") in HIDDEN:
            hidden = node.parent.get("hide_mode") in HIDDEN[node["nb_element"]]
            return "" if hidden else self.block(node.children)
        match node.get("design_component"):
            case "grid-row":
                return call("cards", *map(self.grid_item, node.children), columns=columns(node))
            case "card":
                return call("card", **self.card(node))
            case "dropdown":
                title = self.first(node, nodes.rubric)
                return call("callout", self.others(node, nodes.rubric), title=title)
        return self.styled(node, self.block(node.children))

    def grid_item(self, node: nodes.Element) -> dict[str, object]:
        """Return a cell of a grid, usually a card, as the template's arguments."""
        card = component(node, "card")
        return {"body": self.content(node)} if card is None else self.card(card)

    def card(self, node: nodes.Element) -> dict[str, object]:
        """Return a card; a link that covers it on a page is a link of its title here."""
        parts = {name: component(node, f"card-{name}") for name in CARD}
        title, body = parts.pop("title"), parts.pop("body")
        cover = next((link for link in node.findall(nodes.reference) if is_cover(link)), None)
        held = [child for child in body.children if child is not title] if body else []
        said: dict[str, object] = {"body": Content(self.block(held))}
        if title is not None:
            words = self.inline(title)
            said["title"] = Content(self.link(cover, words) if cover is not None else words)
        return said | {name: self.others(part) for name, part in parts.items() if part is not None}


def columns(row: nodes.Element) -> int:
    """Return how many cards stand side by side on paper: two, unless the page asks for one."""
    return 1 if "sd-row-cols-md-1" in row["classes"] or len(row.children) == 1 else 2


def component(node: nodes.Element, name: str) -> nodes.Element | None:
    """Return the first part of a card that goes by a name."""
    found = (part for part in node.findall(nodes.container) if part.get("design_component") == name)
    return next(found, None)


def numbered_by_hand(tree: nodes.Element) -> dict[str, bool]:
    """Return whether one of the figures, or of the tables, begins with a number of its own."""
    return {
        "figure": any(written_number(node) for node in tree.findall(nodes.figure)),
        "table": any(written_number(node) for node in tree.findall(nodes.table)),
    }


def written_number(exhibit: nodes.Element) -> str | None:
    """Return the number that a figure's caption or a table's title begins with, if it does."""
    captions = (
        child for child in exhibit.children if isinstance(child, nodes.caption | nodes.title)
    )
    found = WRITTEN_NUMBER.match(next(captions, nodes.Text("")).astext())
    return found[1] if found else None


def notes_of(table: nodes.Element) -> list[nodes.Element]:
    """Return the notes that stand directly under a table."""
    following = table.parent.children[table.parent.index(table) + 1 :]
    is_other = (i for i, node in enumerate(following) if not is_note(node))
    return list(following[: next(is_other, len(following))])


def follows_table(note: nodes.Element) -> bool:
    """Return whether a paragraph is a note that a table prints."""
    before = note.parent.children[: note.parent.index(note)]
    nearest = next((node for node in reversed(before) if not is_note(node)), None)
    return is_note(note) and isinstance(nearest, nodes.table)


def is_note(node: nodes.Node) -> bool:
    """Return whether a node is a note to a table."""
    return isinstance(node, nodes.paragraph) and "wavebook-note" in node["classes"]
