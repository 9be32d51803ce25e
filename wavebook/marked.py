"""Pages of a slice, made with marks in place of what only this slice says, filled in at the end.

Every page names its slice. Where that is all in which two slices' pages differ, the page that was
made for one, still with the marks, is taken for the other. How a mark was escaped tells how what
comes in its place is to be: it has to hold an apostrophe, and what may stand between quotation
marks a double one and an ampersand as well.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from docutils.writers._html_base import HTMLTranslator
from markupsafe import escape

Escape = Callable[[str], str]


def _as_docutils(text: str) -> str:
    return text.translate(HTMLTranslator.special_characters)


def _as_beautiful_soup(text: str) -> str:
    return html.escape(text, quote=False)


# In the order in which a mark that cannot tell them apart takes them.
ON_PAGES: tuple[Escape, ...] = (
    str,
    html.escape,
    lambda text: str(escape(text)),
    _as_docutils,
    _as_beautiful_soup,
)


def fill_in(
    page: Path, named: Mapping[str, str], encoding: str, marked: Path | None = None
) -> None:
    """Write what is named wherever a page has its mark.

    Parameters
    ----------
    named
        The texts by their marks.
    marked
        Where the page is to be kept as it was.
    """
    content = page.read_bytes()
    if marked is not None:
        marked.parent.mkdir(parents=True, exist_ok=True)
        page.rename(marked)
    page.write_bytes(filled(content.decode(encoding), named).encode(encoding, "xmlcharrefreplace"))


def filled(content: str, named: Mapping[str, str], escapes: Sequence[Escape] = ON_PAGES) -> str:
    """Return a text in which what is named stands in the places of its marks.

    Parameters
    ----------
    escapes
        The ways in which a mark may have got into the text.
    """
    texts: dict[str, str] = {}
    for mark, text in named.items():
        for escaped in escapes:
            texts.setdefault(escaped(mark), escaped(text))
    if not texts:
        return content
    # In one go, so that no name is taken for a mark.
    return re.sub("|".join(map(re.escape, texts)), lambda found: texts[found[0]], content)
