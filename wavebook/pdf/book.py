"""What the Typst writer knows of a book beside its text: parts, numbers, and where links lead."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from html import unescape
from itertools import chain

from docutils import nodes
from sphinx import addnodes

EXTERNAL = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:|//")

Numbers = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class Book:
    """What the writer has to know of a book beside its doctree.

    Parameters
    ----------
    parts
        The caption of each part, by the document that opens it.
    in_parts
        The documents that belong to a part; their chapters stand one level lower.
    sections
        Sphinx's numbers: document → ``#id``, or ``""`` for its title → number.
    figures
        Sphinx's numbers: document → ``figure`` or ``table`` → id → number.
    numbered_figures
        Whether Sphinx numbers figures; otherwise Typst counts them.
    supplements
        What stands before the number of a ``figure`` and a ``table``.
    images
        The file in the output directory by the ``uri`` of an image node.
    """

    parts: Mapping[str, str] = field(default_factory=dict)
    in_parts: Set[str] = frozenset()
    sections: Mapping[str, Numbers] = field(default_factory=dict)
    figures: Mapping[str, Mapping[str, Numbers]] = field(default_factory=dict)
    numbered_figures: bool = False
    supplements: Mapping[str, str] = field(
        default_factory=lambda: {"figure": "Figure", "table": "Table"}
    )
    images: Mapping[str, str] = field(default_factory=dict)


def parts_of(root: nodes.document) -> tuple[dict[str, str], Set[str]]:
    """Return the caption of each part by its first document, and all documents within parts."""
    captions: dict[str, str] = {}
    within: set[str] = set()
    for toctree in root.findall(addnodes.toctree):
        documents = list(map(str, toctree["includefiles"]))
        if toctree.get("caption") and documents:
            captions[documents[0]] = toctree["caption"]
            within.update(documents)
    return captions, within


class Places:
    """Where links of an assembled document may lead, all by ``document:id``.

    Parameters
    ----------
    tree
        The documents that are there as a tree.
    labels, links
        Those of documents that are not.

    A node may have several ids, while a Typst element has one label: every id leads to the first.
    A document's own name, ``document:``, leads to its first section.

    Attributes
    ----------
    labels
        The label by each name that a link can use.
    links
        The names that links of the tree use, by the document in which they stand.
    wanted
        The labels that some link leads to.
    footnotes
        The footnotes, which are printed where they are referred to.
    """

    def __init__(
        self,
        tree: nodes.document,
        labels: Mapping[str, str] | None = None,
        links: Iterable[str] = (),
    ) -> None:
        self.labels: dict[str, str] = dict(labels or {})
        self.footnotes: dict[str, nodes.Element] = {}
        self.links: dict[str, set[str]] = {}
        self._walk(tree, tree.get("docname", ""))
        every = chain(links, *self.links.values())
        self.wanted = {self.labels[name] for name in every if name in self.labels}

    def _walk(self, node: nodes.Node, docname: str) -> None:
        if isinstance(node, addnodes.start_of_file):
            docname = node["docname"]
        if isinstance(node, nodes.reference):
            name = destination(node, docname)
            if name is not None:
                self.links.setdefault(docname, set()).add(name)
        elif isinstance(node, nodes.footnote):
            self.footnotes.update({f"{docname}:{name}": node for name in node["ids"]})
        elif isinstance(node, nodes.Element) and not isinstance(node, nodes.document):
            names = [f"{docname}:{name}" for name in node.get("ids", ())]
            self.labels.update((name, names[0]) for name in names)
            if names and isinstance(node, nodes.section):
                self.labels.setdefault(f"{docname}:", names[0])
        for child in node.children:
            self._walk(child, docname)


def address(reference: nodes.Element) -> str | None:
    """Return the address on the web that a reference leads to, or nothing if it leads inside."""
    uri = unescape(reference.get("refuri", ""))
    return uri if EXTERNAL.match(uri) else None


def destination(reference: nodes.Element, docname: str) -> str | None:
    """Return the name of the place in the book that a reference leads to, if it does.

    Parameters
    ----------
    reference
        The node: with a ``refid`` in the same document, with the builder's ``%document#id``, or
        with a path to a source file, as links in the output of a notebook have it.
    docname
        The document in which it stands.
    """
    if address(reference):
        return None
    uri: str = unescape(reference.get("refuri", ""))
    if not uri:
        return f"{docname}:{reference.get('refid', '')}"
    path, _, name = uri.partition("#")
    if path.startswith("%"):
        return f"{path[1:]}:{name}"
    if path:
        folder = posixpath.dirname(docname)
        docname = posixpath.splitext(posixpath.normpath(posixpath.join(folder, path)))[0]
    return f"{docname}:{name}"
