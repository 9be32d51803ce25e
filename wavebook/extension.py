"""The engine as a Sphinx extension: charts and tables of notebooks, placeholders in chapters, notices.

Listed in ``_config.yml``, so that ``jupyter-book build .`` makes the same pages as ``wavebook build``.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import html
import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import vl_convert
from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.writers.html5 import HTML5Translator

from wavebook import charts, commentary, context, diagrams, pdf, table, worksheet
from wavebook.errors import WavebookError
from wavebook.finding import HEADLINE, VALUES_MIME, unpacked
from wavebook.instrument import read_yaml
from wavebook.project import Project
from wavebook.results import Result, read_result
from wavebook.wave import WaveFile

if TYPE_CHECKING:
    from myst_nb.core.render import MimeData, NbElementRenderer
    from sphinx.application import Sphinx
    from sphinx.config import Config

THEME = Path(__file__).parent / "theme"
NOTICES = {
    "reconstruction": (
        "Reconstruction: the respondents behind these pages were made to agree with every figure that "
        "the published report states. They are nobody's real answers.",
        "Reconstruction: see the method chapter",
    ),
    "simulated": (
        "Simulated data: these respondents were generated for practice. Nothing here is a finding.",
        "Simulated data",
    ),
    "measured": ("", ""),
}


def setup(app: Sphinx) -> dict[str, Any]:
    """Register everything with Sphinx."""
    app.add_config_value("wavebook_wave", "", "env", (str,))
    app.add_config_value("wavebook_root", "", "", (str,))
    app.add_config_value("wavebook_edition", "", "html", (str,))
    app.add_config_value("wavebook_date", "", "html", (str,))
    app.connect("config-inited", _configure, priority=900)  # after extensions that set numfig
    app.connect("builder-inited", _read_results)
    app.connect("source-read", _fill_placeholders)
    app.connect("html-page-context", _page_context)
    app.connect("build-finished", _write_scripts)
    app.add_post_transform(InlineCharts)
    app.add_node(nodes.entry, override=True, html=(_visit_entry, _depart_entry))
    pdf.setup(app)
    diagrams.setup(app)
    worksheet.setup(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


# Configuration


def _about(app: Sphinx | None, config: Config, srcdir: Path) -> tuple[Project, WaveFile]:
    project = Project(Path(config.wavebook_root)) if config.wavebook_root else Project.find(srcdir)
    path = project.wave_folder(config.wavebook_wave) / "wave.yml"
    return project, WaveFile.model_validate(read_yaml(path, project.relative(path)))


def _configure(app: Sphinx, config: Config) -> None:
    """Set the notices, scripts and styles that the wave and the edition call for."""
    try:
        _, about = _about(app, config, Path(app.srcdir))
    except WavebookError as error:
        raise ExtensionError(str(error)) from None
    notice, short = NOTICES[about.status]
    config.numfig = False  # a figure's number is its finding's, not its place among all
    options = config.html_theme_options = dict(config.html_theme_options or {})
    if notice:
        options["announcement"] = f'<p class="wavebook-notice">{html.escape(notice)}</p>'
    config.html_static_path = [*config.html_static_path, str(THEME / "static")]
    config.wavebook_pdf = {
        "title": config.html_title or config.project,
        "wave": about.id,
        "edition": config.wavebook_edition,
        "date": config.wavebook_date,
        "author": config.author,
        "notice": notice,
        "notice_short": short,
        **config.wavebook_pdf,
    }
    app.add_css_file("wavebook.css")
    app.add_css_file("ring.css")
    app.add_js_file("wavebook.js", loading_method="defer")


# Placeholders in chapters


def _read_results(app: Sphinx) -> None:
    srcdir = Path(app.srcdir)
    results = [read_result(path, srcdir) for path in sorted(srcdir.glob("notebooks/[0-9]*.ipynb"))]
    app.wavebook_results = results  # type: ignore[attr-defined]


def _fill_placeholders(app: Sphinx, docname: str, source: list[str]) -> None:
    if Path(app.env.doc2path(docname)).suffix != ".md":
        return
    project, about = _about(app, app.config, Path(app.srcdir))
    results: Sequence[Result] = app.wavebook_results  # type: ignore[attr-defined]
    try:
        source[0] = commentary.render(source[0], chapter_values(project, about, results, docname))
    except WavebookError as error:
        raise ExtensionError(f"{docname}.md: {error}") from None


def chapter_values(
    project: Project, about: WaveFile, results: Sequence[Result], docname: str
) -> dict[str, Any]:
    """Return what a chapter's placeholders can name.

    ``wave`` (wave.yml), ``findings`` (all, in order), each finding by its id with the values that
    its notebook exported, ``records('published/2010.csv')`` for the rows of a file under ``data/``.
    """
    up = "../" * docname.count("/")

    def records(name: str) -> list[dict[str, str]]:
        path = (project.root / "data" / name).resolve()
        if not path.is_relative_to(project.root / "data") or not path.is_file():
            raise WavebookError(f"data/{name}: there is no such file")
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    return {
        "wave": about,
        "findings": results,
        "up": up,
        "records": records,
        **context.chapter_values(project, up),
        "instrument": project.instrument,
        **{result.id: result for result in results},
    }


# Notebook outputs


class ChartRenderer:
    """Vega-Lite from a notebook becomes a figure: an SVG, its caption and note."""

    mime_priority_overrides: ClassVar[Sequence[tuple[str, str, int | None]]] = [
        ("*", charts.MIME, 1)
    ]

    @staticmethod
    def handle_mime(
        renderer: NbElementRenderer, data: MimeData, inline: bool
    ) -> list[nodes.Element] | None:
        """Return the figure of a chart, None for any other output."""
        if inline or data.mime_type != charts.MIME:
            return None
        spec = dict(data.content)
        meta = spec.get("usermeta", {}).get("wavebook", {})
        title = spec.pop("title", meta.get("title", ""))
        svg = chart_svg(json.dumps(spec, sort_keys=True))
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


@cache
def _register_fonts() -> None:
    vl_convert.register_font_directory(str(THEME / "fonts"))


def chart_svg(spec: str) -> str:
    """Return a chart as SVG, drawn with the project's own font."""
    _register_fonts()
    return str(vl_convert.vegalite_to_svg(spec, show_warnings=False))


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
        return table_nodes(data.content)


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
        (estimate,) = unpacked(values[HEADLINE])
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
                classes=["wavebook-headline"],
            )
        ]


# Pages


class InlineCharts(SphinxPostTransform):
    """On a web page a chart stands in the page itself: it shares the page's font and needs no request.

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
    """Return an SVG for the inside of a page, named for assistive technology, with its specification.

    Ids are made unique to the chart: several charts share a page.
    """
    key = hashlib.sha256(svg.encode()).hexdigest()[:8]
    svg = re.sub(r'\bid="([^"]+)"', rf'id="c{key}-\1"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#c{key}-\1)", svg)
    svg = svg[svg.index("<svg") :]
    # The figure's name is on the wrapper; what Vega says of single marks would be read out twice.
    svg = svg.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1)
    text = json.dumps(spec, separators=(",", ":")).replace("</", "<\\/")
    return (
        f'<div class="wavebook-graphic" role="img" tabindex="0" aria-label="{html.escape(alt, quote=True)}">'
        f'{svg}</div><script type="application/json" class="wavebook-spec">{text}</script>'
    )


def _page_context(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    has_chart = doctree is not None and any(
        figure.attributes.get("wavebook_spec") for figure in doctree.findall(nodes.figure)
    )
    if has_chart:
        app.add_js_file("vega.js", loading_method="defer", priority=400)
    if app.config.wavebook_edition:
        # Pages of an edition stand in site/<edition>/html: its list of editions is two folders up.
        app.add_js_file("../../../editions.js", loading_method="defer", priority=450)
        up = "../" * (pagename.count("/") + 2)
        date = dt.date.fromisoformat(app.config.wavebook_date)
        context["theme_extra_footer"] = (
            f'<p class="wavebook-edition" data-edition="{app.config.wavebook_edition}">'
            f"Edition {app.config.wavebook_edition}, published {date.day} {date:%B %Y}. "
            f'<a href="{up}editions.html">All editions</a></p>'
        )


def _write_scripts(app: Sphinx, error: Exception | None) -> None:
    """Serve the chart library from the site itself."""
    if error is None and app.builder.format == "html":
        target = Path(app.outdir) / "_static" / "vega.js"
        target.write_text(_vega_bundle(), encoding="utf-8")


@cache
def _vega_bundle() -> str:
    # The bundle is a module's text: as a plain script its names would collide with the page's.
    bundle = vl_convert.javascript_bundle("window.wavebookEmbed = vegaEmbed;")
    return f"(() => {{{bundle}\n}})();\n"
