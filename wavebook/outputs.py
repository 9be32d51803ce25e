"""What notebooks show becomes docutils: charts are figures, tables are tables, headlines stand out.

MyST-NB finds the renderers through entry points, so `jupyter-book build .` uses them as well.
"""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.writers.html5 import HTML5Translator

from wavebook import table, vega
from wavebook.drawn import chart_svg, store_of, untitled
from wavebook.exports import HEADLINE, VALUES_MIME, unpacked
from wavebook.untold import left_out

if TYPE_CHECKING:
    from myst_nb.core.render import MimeData, NbElementRenderer
    from sphinx.application import Sphinx


def setup(app: Sphinx) -> None:
    """Register what makes pages of these outputs; the renderers themselves are entry points."""
    app.add_post_transform(InlineCharts)
    app.add_node(nodes.entry, override=True, html=(_visit_entry, _depart_entry))


class ChartRenderer:
    """Vega-Lite from a notebook becomes a figure: an SVG, its caption and note."""

    mime_priority_overrides: ClassVar[Sequence[tuple[str, str, int | None]]] = [("*", vega.MIME, 1)]

    @staticmethod
    def handle_mime(
        renderer: NbElementRenderer, data: MimeData, inline: bool
    ) -> list[nodes.Element] | None:
        """Return the figure of a chart, None for any other output."""
        if inline or data.mime_type != vega.MIME:
            return None
        spec = untitled(data.content)
        meta = spec.get("usermeta", {}).get("wavebook", {})
        title = data.content.get("title", meta.get("title", ""))
        svg = chart_svg(spec, store_of(renderer.renderer.sphinx_env.config))
        name = f"chart-{hashlib.sha256(svg.encode()).hexdigest()[:16]}.svg"
        uri = renderer.write_file([name], svg.encode(), overwrite=False, exists_ok=True)
        image = nodes.image(uri=uri, alt=spec.get("description", ""))
        figure = nodes.figure("", image, classes=["wavebook-chart"])
        figure["wavebook_spec"] = spec
        figure["number"] = meta.get("number", "")
        caption = nodes.caption("", title)
        if meta.get("number"):
            caption.insert(0, nodes.strong("", f"Figure {meta['number']}. ", classes=["number"]))
            figure["ids"] = [f"figure-{meta['number']}"]
        figure += caption
        if meta.get("note"):
            figure += nodes.legend("", nodes.paragraph("", meta["note"]))
        return [figure]


class TableRenderer:
    """A table from a notebook becomes a docutils table with row and column headers."""

    mime_priority_overrides: ClassVar[Sequence[tuple[str, str, int | None]]] = [
        ("*", table.MIME, 1)
    ]

    @staticmethod
    def handle_mime(
        renderer: NbElementRenderer, data: MimeData, inline: bool
    ) -> list[nodes.Element] | None:
        """Return the table, None for any other output."""
        if inline or data.mime_type != table.MIME:
            return None
        changes = data.content.get("changes")
        return table_nodes(data.content) + (table_nodes(changes) if changes else [])


def table_nodes(data: Mapping[str, Any]) -> list[nodes.Element]:
    """Return a table and its notes as docutils nodes."""
    columns = data["columns"]
    element = nodes.table("", nodes.title("", data["title"]), classes=["wavebook-table"])
    group = nodes.tgroup(cols=len(columns))
    for index, column in enumerate(columns):
        wide = column["kind"] == "text"
        group += nodes.colspec(colwidth=3 if wide else 1, **({"stub": 1} if index == 0 else {}))

    def entry(text: str, column: Mapping[str, Any]) -> nodes.entry:
        classes = ["num"] if column["kind"] == "number" else []
        return nodes.entry("", nodes.paragraph("", text), classes=classes)

    head = nodes.row("", *(entry(column["label"], column) for column in columns))
    group += nodes.thead("", head)
    group += nodes.tbody(
        "",
        *(
            nodes.row("", *(entry(text, column) for text, column in zip(row, columns, strict=True)))
            for row in data["rows"]
        ),
    )
    element += group
    notes = [nodes.paragraph("", note, classes=["wavebook-note"]) for note in data["notes"]]
    return [element, *notes]


def _visit_entry(self: HTML5Translator, node: nodes.entry) -> None:
    """Say of a header cell whether it heads a row or a column: screen readers announce it."""
    start = len(self.body)
    HTML5Translator.visit_entry(self, node)
    scope = "col" if isinstance(node.parent.parent, nodes.thead) else "row"
    if self.body[start].startswith("<th"):
        self.body[start] = self.body[start].replace("<th", f'<th scope="{scope}"', 1)


def _depart_entry(self: HTML5Translator, node: nodes.entry) -> None:
    HTML5Translator.depart_entry(self, node)


class ValuesRenderer:
    """A headline is shown as such; other values for the chapters leave nothing on the page."""

    mime_priority_overrides: ClassVar[Sequence[tuple[str, str, int | None]]] = [
        ("*", VALUES_MIME, 1)
    ]

    @staticmethod
    def handle_mime(
        renderer: NbElementRenderer, data: MimeData, inline: bool
    ) -> list[nodes.Element] | None:
        """Return the headline, an empty list for other values, None for any other output."""
        if inline or data.mime_type != VALUES_MIME:
            return None
        values = data.content["values"]
        if HEADLINE not in values:
            return [nodes.comment("", "values for the chapters")]
        estimate = unpacked(values[HEADLINE])
        if estimate.untold:
            text = left_out([estimate.untold]).strip("*")
            return [nodes.paragraph("", "", nodes.emphasis("", text))]
        return [
            nodes.container(
                "",
                nodes.paragraph(
                    "",
                    "",
                    nodes.strong("", estimate.percent, classes=["number"]),
                    nodes.Text(f" {data.content['sentence']} "),
                    nodes.inline("", estimate.certainty, classes=["interval"]),
                ),
                *_sentence(data.content.get("change", "")),
                classes=["wavebook-headline"],
            )
        ]


def _sentence(text: str) -> list[nodes.Node]:
    """Return a sentence on change as a paragraph of its own; nothing for none."""
    return [nodes.paragraph("", text, classes=["wavebook-change"])] if text else []


class InlineCharts(SphinxPostTransform):
    """On a web page a chart stands in the page itself, in the page's font and without a request.

    Its specification stands beside it, for the script that makes it interactive.
    """

    default_priority = 900
    formats = ("html",)

    def run(self, **_: Any) -> None:
        """Replace the images of charts."""
        for figure in list(self.document.findall(nodes.figure)):
            spec = figure.attributes.get("wavebook_spec")
            if spec is None:
                continue
            image = next(iter(figure.findall(nodes.image)))
            svg = (Path(self.app.srcdir) / image["uri"].lstrip("/")).read_text(encoding="utf-8")
            image.replace_self(nodes.raw("", inline_svg(svg, image["alt"], spec), format="html"))


def inline_svg(svg: str, alt: str, spec: Mapping[str, Any]) -> str:
    """Return an SVG for the inside of a page, with its text alternative and its specification.

    Ids are made unique to the chart: several charts share a page.
    """
    key = hashlib.sha256(svg.encode()).hexdigest()[:8]
    svg = re.sub(r'\bid="([^"]+)"', rf'id="c{key}-\1"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#c{key}-\1)", svg)
    svg = svg[svg.index("<svg") :]
    # The figure's name is on the wrapper; what Vega says of single marks would be read out twice.
    svg = svg.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1)
    name = html.escape(alt, quote=True)
    text = json.dumps(spec, separators=(",", ":")).replace("</", "<\\/")
    return (
        f'<div class="wavebook-graphic" role="img" tabindex="0" aria-label="{name}">'
        f'{svg}</div><script type="application/json" class="wavebook-spec">{text}</script>'
    )
