"""Typst source from Python values, so that no text is ever read as markup.

Text reaches Typst only inside string literals, where a quotation mark and a backslash are the
only characters with a meaning. Markup such as ``*``, ``$``, ``#import`` or ``<label>`` in a
document's text is therefore printed as it is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

WHITE_SPACE = re.compile(r"[ \t\r\n\f\v]+")


def quote(text: str) -> str:
    r"""Return a Typst string literal that stands for `text`.

    Control characters have no glyph and are left out, apart from line breaks and tabs.

    Examples
    --------
    >>> print(quote('a "b" \\ #c'))
    "a \"b\" \\ #c"
    """
    printable = text if text.isprintable() else "".join(filter(_is_printable, text))
    for plain, escaped in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\t", "\\t")):
        printable = printable.replace(plain, escaped)
    return f'"{printable}"'


def in_quotes(text: str) -> str:
    """Return a text as it stands between the quotation marks of a literal."""
    return quote(text)[1:-1]


# Controls, surrogates, private use and unassigned code points: no font can show them.
UNPRINTABLE = frozenset({"Cc", "Cs", "Co", "Cn"})


def _is_printable(character: str) -> bool:
    return character in "\n\t" or unicodedata.category(character) not in UNPRINTABLE


def text(words: str) -> str:
    """Return markup that prints `words`, with white space collapsed as in a paragraph."""
    collapsed = WHITE_SPACE.sub(" ", words)
    return f"#{quote(collapsed)}" if collapsed else ""


def value(item: object) -> str:
    """Return the Typst expression for a Python value.

    Parameters
    ----------
    item
        ``None``, a truth value, a number, a string, or a list or mapping of these; `Content`
        and `Code` stand for themselves.

    Examples
    --------
    >>> value({"columns": [1, 2], "title": None})
    '("columns": (1, 2,), "title": none)'
    """
    match item:
        case Code():
            written = str(item)
        case Content():
            written = f"[{item}]"
        case None:
            written = "none"
        case bool():
            written = "true" if item else "false"
        case int() | float():
            written = str(item)
        case str():
            written = quote(item)
        case Mapping():
            pairs = ", ".join(f"{quote(str(key))}: {value(entry)}" for key, entry in item.items())
            written = f"({pairs or ':'})"
        case list() | tuple():
            written = f"({''.join(f'{value(entry)}, ' for entry in item).rstrip()})"
        case _:
            raise TypeError(f"no Typst value for {type(item).__name__}")
    return written


class Content(str):
    """Markup that `value` hands on as content, ``[…]``."""

    __slots__ = ()


class Code(str):
    """An expression that `value` hands on unchanged, e.g. ``auto`` or ``1fr``."""

    __slots__ = ()


def label(name: str) -> Code:
    """Return the expression for a label of any spelling."""
    return Code(f"label({quote(name)})")


def call(function: str, *arguments: object, **named: object) -> str:
    """Return markup that calls a function of the template.

    Examples
    --------
    >>> call("chapter", Content('#"One"'), number="1")
    '#chapter([#"One"], number: "1")'
    """
    given = [value(argument) for argument in arguments]
    given += [f"{key.replace('_', '-')}: {value(entry)}" for key, entry in named.items()]
    return f"#{function}({', '.join(given)})"
