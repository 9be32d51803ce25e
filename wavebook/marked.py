"""Pages of a slice, made with a mark in place of the slice's name, which is filled in at the end.

Every page names its slice. Where that is all in which two slices' pages differ, the page that was
made for one, still with the mark, is taken for the other.
"""

from __future__ import annotations

import html
from pathlib import Path

from markupsafe import escape


def fill_in(page: Path, mark: str, name: str, encoding: str, marked: Path | None = None) -> None:
    """Write a name wherever a page has the mark.

    Parameters
    ----------
    marked
        Where the page is to be kept as it was.
    """
    content = page.read_bytes()
    if marked is not None:
        marked.parent.mkdir(parents=True, exist_ok=True)
        page.rename(marked)
    for old, new in zip(_spelled(mark), _spelled(name), strict=True):
        content = content.replace(old.encode(encoding), new.encode(encoding, "xmlcharrefreplace"))
    page.write_bytes(content)


def _spelled(text: str) -> tuple[str, str, str]:
    """Return a text in the ways in which it gets into a page: raw, escaped by Python, by Jinja.

    Examples
    --------
    >>> _spelled("King's")
    ("King's", 'King&#x27;s', 'King&#39;s')
    """
    return text, html.escape(text), str(escape(text))
