"""The book as one tree, in which documents that have not changed since the last PDF are empty."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx import addnodes

from wavebook.pages import shared_by_pages
from wavebook.pdf.book import Places
from wavebook.pdf.exhibits import numbered_by_hand
from wavebook.pdf.fragments import Fragment
from wavebook.pdf.writer import Written

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.builders import Builder


@dataclass(frozen=True)
class Assembly:
    """A book that is about to be written.

    Attributes
    ----------
    tree
        The documents that are written anew, every reference resolved; the others are empty.
    known
        The others, as they were written for the last PDF.
    places
        Where links lead, in all documents.
    numbered
        Whether a figure, or a table, is numbered by hand anywhere.
    made_from
        For each document a digest of all that it is made from.
    """

    tree: nodes.document
    known: Mapping[str, Fragment]
    places: Places
    numbered: Mapping[str, bool]
    made_from: Mapping[str, str]


def assemble(builder: Builder, last: Mapping[str, Fragment]) -> Assembly:
    """Return a builder's book, with as many documents of the last PDF as still hold."""
    made_from = _made_from(builder.app)
    known = {
        docname: fragment
        for docname, fragment in last.items()
        if fragment.made_from == made_from.get(docname)
        and all(_name_of(builder, uri) == file for uri, file in fragment.images.items())
    }
    while True:
        tree = _tree(builder, known)
        labels = {name: label for one in known.values() for name, label in one.labels.items()}
        places = Places(tree, labels, [name for one in known.values() for name in one.links])
        numbered = {
            kind: is_so or any(one.numbered[kind] for one in known.values())
            for kind, is_so in numbered_by_hand(tree).items()
        }
        holding = {name: one for name, one in known.items() if one.holds(places, numbered)}
        if len(holding) == len(known):
            return Assembly(tree, known, places, numbered, made_from)
        known = holding


def fragments(book: Assembly, written: Written, images: Mapping[str, str]) -> dict[str, Fragment]:
    """Return what the next PDF may take from this one: every document that includes no other.

    Parameters
    ----------
    images
        The file in the output directory by the ``uri`` of an image.
    """
    found = dict(book.known)
    places = book.places
    for document in book.tree.findall(addnodes.start_of_file):
        name = str(document["docname"])
        if name in found or name not in book.made_from:
            continue
        if any(document.findall(addnodes.start_of_file, include_self=False)):
            continue
        labels = {n: label for n, label in places.labels.items() if n.partition(":")[0] == name}
        uris = {image["uri"] for image in document.findall(nodes.image)}
        found[name] = Fragment(
            book.made_from[name],
            written.files[name],
            written.stubs_of[name],
            {uri: images[uri] for uri in uris if uri in images},
            labels,
            sorted(places.wanted & set(labels.values())),
            {link: places.labels.get(link) for link in places.links.get(name, ())},
            numbered_by_hand(document),
            book.numbered,
        )
    return found


def _tree(builder: Builder, known: Mapping[str, Fragment]) -> nodes.document:
    root = builder.config.root_doc
    tree = _with_documents(builder, root, known, {root})
    tree["docname"] = root
    builder.env.resolve_references(tree, root, builder)
    return tree


def _with_documents(
    builder: Builder, docname: str, known: Mapping[str, Fragment], seen: set[str]
) -> nodes.document:
    """Return a document in which those that it lists stand in place of the list.

    Sphinx's `inline_all_toctrees` does the same, but reads and resolves every document for it.
    """
    tree = builder.env.get_doctree(docname)
    for toctree in list(tree.findall(addnodes.toctree)):
        included = []
        for name in map(str, toctree["includefiles"]):
            if name in seen:
                continue
            seen.add(name)
            document = addnodes.start_of_file(docname=name)
            if name not in known:
                document.children = _with_documents(builder, name, known, seen).children
                for section in document.findall(nodes.section):
                    section.setdefault("docname", name)
            included.append(document)
        toctree.parent.replace(toctree, included)
    return tree


def _made_from(app: Sphinx) -> dict[str, str]:
    """Return what each document is made from, if that is known: plain Sphinx does not tell."""
    digests: Mapping[str, str] = getattr(app.env, "wavebook_made_from", {})
    shared = shared_by_pages(app) if digests else ""
    return {
        docname: hashlib.sha256(f"{told} {shared}".encode()).hexdigest()
        for docname, told in digests.items()
    }


def _name_of(builder: Builder, uri: str) -> str:
    images = builder.env.images
    return str(images[uri][1]) if uri in images else ""
