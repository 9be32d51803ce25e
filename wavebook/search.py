"""What the website's search finds, kept by document so that only changed ones are indexed anew.

Sphinx restores its index from the file that browsers load, which lacks what it knew of the index's
entries and keeps words that no page has any longer.
"""

from __future__ import annotations

import json
from collections.abc import Set
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.search import IndexBuilder

BY_DOCUMENT = ("_titles", "_filenames", "_all_titles", "_index_entries")
BY_WORD = ("_mapping", "_title_mapping")


def save(index: IndexBuilder, path: Path) -> None:
    """Write what an index knows of each document."""
    known: dict[str, dict[str, Any]] = {name: getattr(index, name) for name in BY_DOCUMENT}
    for name in BY_WORD:
        known[name] = {docname: [] for docname in index._titles}
        for word, docnames in getattr(index, name).items():
            for docname in docnames:
                known[name][docname].append(word)
    path.write_text(json.dumps(known), encoding="utf-8")


def restore(index: IndexBuilder, path: Path, docnames: Set[str]) -> None:
    """Take what a file says of some documents into an index that knows of no others."""
    known = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    for name in BY_DOCUMENT:
        kept = {
            docname: told for docname, told in known.get(name, {}).items() if docname in docnames
        }
        setattr(index, name, kept)
    for name in BY_WORD:
        words: dict[str, set[str]] = {}
        for docname in docnames:
            for word in known.get(name, {}).get(docname, ()):
                words.setdefault(word, set()).add(docname)
        setattr(index, name, words)


def in_order(index: IndexBuilder) -> None:
    """Put the documents into the order in which a whole website is indexed."""
    for name in BY_DOCUMENT:
        setattr(index, name, dict(sorted(getattr(index, name).items())))
