"""Typst source to a tagged PDF, with this project's fonts and nothing else of the machine."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal

import typst

from wavebook.cache.files import sha_of
from wavebook.cache.once import once
from wavebook.cache.store import Store
from wavebook.errors import WavebookError
from wavebook.pdf.compiler import FONTS, compiler, fonts
from wavebook.pdf.markup import quote

STANDARD: Literal["ua-1"] = "ua-1"

Typeset = Callable[[Path, Path, datetime, Sequence[int]], None]  # as `typeset`

FAMILIES = re.compile(r"""font-family=(["'])(.*?)\1""")
PICTURES = "images"  # the folder beside the source
TEMPLATE = "template.typ"  # beside the source: what all its files import
NOT_ASCII = re.compile(r"[^\x00-\x7f]")
NEEDS_QUOTES = re.compile(r"""[^"',]*(?:^|\s)\d[^"',]*""")


def typeset(source: Path, result: Path, made: datetime, stubs: Sequence[int]) -> None:
    """Set a Typst file as PDF/UA-1.

    Parameters
    ----------
    source
        The file; what it names is searched for in its folder.
    result
        The PDF to write.
    made
        The time the PDF gives as its making, so that equal sources are equal files.
    stubs
        How many of its first columns head the rows of each table, in their order.

    Raises
    ------
    WavebookError
        With the document and heading, or the picture, that Typst stumbled over.
    """
    try:
        compiler(source).compile(
            source, output=result, root=source.parent, pdf_standards=[STANDARD], timestamp=made
        )
    except typst.TypstError as error:
        place = where(source, error.diagnostic)
        if place == source.name:  # of what the template shows, Typst says no more
            place = next(broken_pictures(source), place)
        raise WavebookError(f"{place}: the PDF cannot be set: {error.message}") from error
    from wavebook.pdf.tags import tag_row_headers  # noqa: PLC0415  # while pages are written

    try:
        tag_row_headers(result, stubs)
    except ValueError as error:
        raise WavebookError(f"{result.name}: rows cannot be tagged: {error}") from error


def where(source: Path, diagnostic: str) -> str:
    """Return the document and heading over the line that a diagnostic points to."""
    names = [path.relative_to(source.parent).as_posix() for path in source.parent.rglob("*.typ")]
    lines: list[str] = []
    for place, line in re.findall(r"─ (.+\.typ):(\d+):\d+$", diagnostic, re.MULTILINE):
        found = [name for name in names if f"/{place}".endswith(f"/{name}") and name != TEMPLATE]
        if found:
            file = source.parent / max(found, key=len)
            lines = file.read_text(encoding="utf-8").splitlines()[: int(line)]
            break
    marks = (line.removeprefix("// ") for line in reversed(lines) if line.startswith("// "))
    return next(marks, source.name)


def broken_pictures(source: Path) -> Iterator[str]:
    """Yield the pictures of a Typst file that cannot be shown, as it names them."""
    for path in sorted((source.parent / PICTURES).glob("*")):
        name = f"{PICTURES}/{path.name}"
        page = f"#image({quote(name)})".encode()
        try:  # its types know no folder beside bytes
            typst.compile(page, root=source.parent)  # type: ignore[type-var]
        except typst.TypstError:
            yield name


def missing_characters(source: str, store: Store | None = None) -> str:
    """Return the characters of a text that no font here can show.

    PDF/UA forbids characters without a glyph, and Typst tells which those are only when it fails.

    Parameters
    ----------
    store
        Where it is kept, by the characters and the fonts.
    """
    characters = sorted(set(NOT_ASCII.findall(source)))
    shown_by = {path.name: sha_of(path) for path in sorted(FONTS.iterdir())}
    from importlib import metadata  # noqa: PLC0415  # the process that sets PDFs does not ask

    given = [characters, shown_by, metadata.version("typst")]
    return once(store, "glyphs", given, lambda: _missing(characters))


def _missing(characters: Sequence[str]) -> str:
    # A line each, so that the line of an error tells the character.
    lines = ['#set document(title: "x"); #set text(lang: "en")', "= x", *map(print_one, characters)]
    try:
        typst.compile(
            "\n".join(lines).encode(),
            font_paths=fonts(),
            ignore_system_fonts=True,
            pdf_standards=[STANDARD],
        )
    except typst.TypstError as error:
        numbers = re.findall(r"\.typ:(\d+):\d+", error.diagnostic)
        return "".join(sorted({characters[int(number) - 3] for number in numbers}))
    return ""


def print_one(character: str) -> str:
    """Return markup that prints one character on a line of its own."""
    return f"#{quote(character)}"


def with_quoted_fonts(svg: str) -> str:
    """Return an SVG in which names of fonts such as Source Sans 3 are in quotation marks.

    Without them a name with a number is not valid, and the text would be set in another font.

    Examples
    --------
    >>> with_quoted_fonts('<text font-family="Source Sans 3, sans-serif">')
    '<text font-family="&apos;Source Sans 3&apos;, sans-serif">'
    """

    def mend(found: re.Match[str]) -> str:
        names = [name.strip() for name in found[2].split(",")]
        mended = [f"&apos;{n}&apos;" if NEEDS_QUOTES.fullmatch(n) else n for n in names]
        return f"font-family={found[1]}{', '.join(mended)}{found[1]}"

    return FAMILIES.sub(mend, svg)
