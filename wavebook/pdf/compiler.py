"""Typst, with this project's fonts and nothing else of the machine.

It imports nothing but that: what lays out the last book cannot begin early enough.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import typst

FONTS = Path(__file__).parents[1] / "theme" / "fonts"

_compilers: list[typst.Compiler] = []  # no more than one


def compiler(source: Path) -> typst.Compiler:
    """Return what sets all of this process's Typst files, of which this may be the first.

    It knows each file as it last read it: where a part has changed, the rest has not, and is not
    laid out again.
    """
    if not _compilers:
        begin_with(source)
    return _compilers[0]


def begin_with(source: Path) -> None:
    """Let what sets Typst files know none but this one, and those that it names."""
    _compilers[:] = [
        typst.Compiler(source, root=source.parent, font_paths=fonts(), ignore_system_fonts=True)
    ]


def lay_out(source: Path) -> None:
    """Lay out a Typst file and make nothing of it: whoever asks what stands where needs no PDF."""
    begin_with(source)
    compiler(source).query("<nothing-is-called-this>")


@cache
def fonts() -> typst.Fonts:
    """Return the fonts of this project and those that Typst brings along."""
    return typst.Fonts(include_system_fonts=False, font_paths=[FONTS])
