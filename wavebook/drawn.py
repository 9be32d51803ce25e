"""Charts as SVG, and the script that makes them interactive: made once, then taken from the cache.

Both come from the same converter, and what it makes hangs on nothing but its version and what it is
given. Its engine takes almost half a second to start, a chart up to a tenth to draw, and the script
more than a second to bundle: that is done when wavebook is installed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wavebook.cache.once import once
from wavebook.cache.store import Store
from wavebook.vega import FONT, MIME, SNIPPET, THEME, bundle, bundled, converter

if TYPE_CHECKING:
    from sphinx.config import Config

MEASURED = "Liberation Sans"


def chart_svg(spec: dict[str, Any], store: Store | None = None) -> str:
    """Return a chart as SVG, set in the project's own font.

    The converter cannot measure a family whose name holds a number, and would leave far too much
    room for labels. It measures a family that it brings along, hardly wider, instead. No mark has
    a description of its own: a picture is told by its text alternative, and they are a third of it.
    """
    drawn = {**spec.get("config", {}), "font": MEASURED, "aria": False}
    measured = {**spec, "config": drawn}
    text = json.dumps(measured, sort_keys=True)

    def draw() -> str:
        import vl_convert  # noqa: PLC0415  # a book whose charts are known draws none

        _use_no_other_fonts()
        return str(vl_convert.vegalite_to_svg(text, show_warnings=False))

    svg = once(store, "charts", [converter(), text], draw)
    return svg.replace(f'font-family="{MEASURED}"', f'font-family="{FONT}"')


@cache
def _use_no_other_fonts() -> None:
    """Have the converter measure with the fonts of the report and those that it brings along.

    It looks for fonts when it is first told of some. A chart is then the same whatever a machine
    has; and a font of the system's would be opened anew for each letter of each label, which is
    most of what drawing would take.
    """
    import vl_convert  # noqa: PLC0415  # as above

    name = "FONTCONFIG_FILE"
    # Only the converter is to find it, and no kernel that is just being started.
    os.putenv(name, str(THEME / "fonts.conf"))
    try:
        vl_convert.register_font_directory(str(THEME / "fonts"))
    finally:
        if name in os.environ:
            os.putenv(name, os.environ[name])
        else:
            os.unsetenv(name)


def untitled(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return a chart as it is drawn in a figure, whose caption is its title."""
    return {key: told for key, told in spec.items() if key != "title"}


def draw_ahead(notebook: bytes, store: Store) -> None:
    """Draw the charts of an executed notebook into the store, where Sphinx will look for them.

    The converter draws in a thread of its own, beside whatever else goes on in this process.
    """
    for cell in json.loads(notebook)["cells"]:
        for output in cell.get("outputs", ()):
            if MIME in output.get("data", {}):
                chart_svg(untitled(output["data"][MIME]), store)


def store_of(config: Config) -> Store | None:
    """Return the cache that Sphinx is configured with; plain Jupyter Book has none."""
    return Store(Path(config.wavebook_cache), limit=0) if config.wavebook_cache else None


def vega_script(store: Store | None = None) -> str:
    """Return the chart library as a script that a page can load."""
    ready = bundled()
    if ready.is_file():
        return ready.read_text(encoding="utf-8")
    return once(store, "scripts", [converter(), SNIPPET], bundle)
