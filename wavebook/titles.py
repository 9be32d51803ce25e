"""Findings' titles where one may give way to another, as a conclusion does that does not hold.

Its page can be linked to as before. In a slice, other pages are made with a mark in place of each
title (see `wavebook.marked`): which of them give way differs from one slice to the next.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from docutils import nodes

from wavebook.chapters import subject_of

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment


def setup(app: Sphinx) -> None:
    """Register what keeps addresses."""
    app.connect("doctree-read", _keep_address)


def _keep_address(app: Sphinx, doctree: nodes.document) -> None:
    """Let the place of a title that gave way be called as that title's was."""
    docname = app.env.docname
    first = next((r.first_title for r in subject_of(app).results if r.document == docname), "")
    section = next(iter(doctree.findall(nodes.section)), None)
    new = nodes.make_id(first)
    if not new or new in doctree.ids or section is None or not section["ids"]:
        return
    old, section["ids"][0] = section["ids"][0], new
    for reference in doctree.findall(nodes.reference):
        if reference.get("refid") == old:
            reference["refid"] = new
    _keep_slug(app.env, section, first)


def _keep_slug(env: BuildEnvironment, section: nodes.section, first: str) -> None:
    """Let MyST know a section by what its first title would be called in links."""
    from myst_parser.mdit_to_docutils.base import (  # noqa: PLC0415  # notebooks' books have it
        default_slugify,
    )

    about = env.metadata[env.docname]
    known, slug = about.get("myst_slugs", {}), section.get("slug")
    new = (env.myst_config.heading_slug_func or default_slugify)(first)  # type: ignore[attr-defined]
    if slug in known and new not in known:
        line, _, title = known.pop(slug)
        about["myst_slugs"] = {new: (line, section["ids"][0], title), **known}


def mark_titles(app: Sphinx) -> None:
    """Put a mark wherever documents show the title of a finding, but for its own text.

    `titles_of` tells them. A title that is not plain text stays.
    """
    named: dict[str, str] = {}
    for number, result in enumerate(subject_of(app).results):
        docname, env = result.document, app.env
        title, entry = env.titles.get(docname), _entry(env, docname)
        if title is None or not title.children or not all(map(_is_text, title.children)):
            continue
        mark, text = f'[[wavebook\'s "title" & {number}]]', title.astext()
        named[mark] = text
        for shown in (title, env.longtitles.get(docname), entry):
            if shown is not None and shown.astext() == text:
                shown.children = []
                shown.append(nodes.Text(mark))
        about = env.metadata[docname]
        if slugs := about.get("myst_slugs"):
            about["myst_slugs"] = {
                slug: (line, place, mark if words == text else words)
                for slug, (line, place, words) in slugs.items()
            }
    app.wavebook_titles = named  # type: ignore[attr-defined]


def titles_of(app: Sphinx) -> Mapping[str, str]:
    """Return the titles by the marks that are in their places; none where no marks were put."""
    titles: Mapping[str, str] = getattr(app, "wavebook_titles", {})
    return titles


def without(marks: Collection[str], doctree: nodes.document) -> nodes.document:
    """Return a document without what is marked in it; the document itself stays as it is."""

    def is_marked(node: nodes.Node) -> bool:
        return isinstance(node, nodes.Text) and any(mark in node for mark in marks)

    if not any(doctree.findall(is_marked)):
        return doctree
    copy = doctree.deepcopy()
    for node in list(copy.findall(is_marked)):
        node.parent.remove(node)
    return copy


def _entry(env: BuildEnvironment, docname: str) -> nodes.reference | None:
    """Return where a document's title stands in the contents."""
    toc = env.tocs.get(docname)
    return None if toc is None else next(iter(toc.findall(nodes.reference)), None)


def _is_text(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Text)
