"""Drawings made by hand: an SVG with a description, in the page with its links, and in print.

In a chapter::

    ```{drawing} images/plan.svg
    :name: figure-plan

    The caption.
    ```

The SVG's ``<title>`` and ``<desc>`` are its text alternative. On a web page it stands in the page,
so that its text can be found and read out, and a link in it (``href="#part"``) leads to a place on
the page. In the PDF it is a picture with its description; what the links lead to is in the text.
"""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective

if TYPE_CHECKING:
    from sphinx.application import Sphinx

TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)
DESCRIPTION = re.compile(r"<desc>(.*?)</desc>", re.DOTALL)


def setup(app: Sphinx) -> None:
    """Register the directive ``drawing``."""
    app.add_directive("drawing", Drawing)
    app.add_post_transform(InlineDrawings)


class Drawing(SphinxDirective):
    """A figure whose picture is an SVG file of the book."""

    required_arguments = 1
    has_content = True
    option_spec: ClassVar[dict[str, Any]] = {"name": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        """Return the figure."""
        relative, path = self.env.relfn2path(self.arguments[0])
        self.env.note_dependency(relative)
        try:
            svg = Path(path).read_text(encoding="utf-8")
        except OSError:
            raise self.error(f"{relative}: there is no such file") from None
        description = DESCRIPTION.search(svg)
        if description is None:
            raise self.error(f"{relative}: a drawing needs a <desc>, its text alternative")
        alt = " ".join(html.unescape(description[1]).split())
        figure = nodes.figure(
            "", nodes.image(uri=f"/{relative}", alt=alt), classes=["wavebook-drawing"]
        )
        figure["wavebook_drawing"] = relative
        self.add_name(figure)
        inside = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, inside)
        caption, *legend = inside.children or [nodes.paragraph()]
        figure += nodes.caption("", "", *caption.children)
        if legend:
            figure += nodes.legend("", *legend)
        return [figure]


class InlineDrawings(SphinxPostTransform):
    """Put a drawing into the web page itself."""

    default_priority = 900
    formats = ("html",)

    def run(self, **_: Any) -> None:
        """Replace the images of drawings."""
        for figure in list(self.document.findall(nodes.figure)):
            relative = figure.attributes.get("wavebook_drawing")
            if relative is None:
                continue
            image = next(iter(figure.findall(nodes.image)))
            svg = (Path(self.app.srcdir) / relative).read_text(encoding="utf-8")
            image.replace_self(nodes.raw("", inline(svg, Path(relative).stem), format="html"))


def inline(svg: str, key: str) -> str:
    """Return an SVG for the inside of a page, named by its title and description.

    Parameters
    ----------
    key
        Put before the ids in the drawing, which must not meet others on the page.
    """
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{key}-\1"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#{key}-\1)", svg)
    svg = TITLE.sub(rf'<title id="{key}-title">\1</title>', svg, count=1)
    svg = DESCRIPTION.sub(rf'<desc id="{key}-desc">\1</desc>', svg, count=1)
    # A picture hides what is inside it from a screen reader; links must stay within reach.
    role = "group" if "<a " in svg else "img"
    names = f'role="{role}" aria-labelledby="{key}-title" aria-describedby="{key}-desc"'
    return f'<div class="wavebook-inline-drawing">{svg.replace("<svg ", f"<svg {names} ", 1)}</div>'
