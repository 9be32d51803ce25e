"""What those who make charts and those who draw them agree on, and the chart library for pages."""

from __future__ import annotations

from functools import cache
from pathlib import Path

MIME = "application/vnd.vegalite.v6+json"  # of the Vega-Lite that Altair writes
FONT = "'Source Sans 3', sans-serif"  # quoted: a family's name that holds a number is no bare word
CONVERTER = "vl-convert-python"
SNIPPET = "window.wavebookEmbed = vegaEmbed;"
THEME = Path(__file__).parent / "theme"


@cache
def converter() -> str:
    """Return the version of the library that draws charts."""
    from importlib.metadata import version  # noqa: PLC0415  # most builds draw nothing

    return version(CONVERTER)


def bundled() -> Path:
    """Return where the chart library lies that was bundled when wavebook was installed.

    The version is part of the name: a bundle of another version of the converter is none.
    """
    return THEME / f"vega-{converter()}.js"


def bundle() -> str:
    """Return the chart library as one script for pages, from what the converter brings along.

    It takes a second, which is why it is done when wavebook is installed (`hatch_build.py`).
    """
    import vl_convert  # noqa: PLC0415  # nobody who only wants a name starts its engine

    # The bundle is a module's text: as a plain script its names would collide with the page's.
    return f"(() => {{{vl_convert.javascript_bundle(SNIPPET)}\n}})();\n"
