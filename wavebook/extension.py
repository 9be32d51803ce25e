"""The engine as a Sphinx extension: placeholders in chapters, notices, scripts, the PDF.

Listed in ``_config.yml``, so that ``jupyter-book build .`` makes the pages of ``wavebook build``.
"""

from __future__ import annotations

import datetime as dt
import html
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.util.fileutil import copy_asset_file

from wavebook import chapters, diagrams, outputs, references, titles, worksheet
from wavebook.chapters import subject_of
from wavebook.drawn import store_of, vega_script
from wavebook.errors import WavebookError
from wavebook.notices import notices_of
from wavebook.pdf import builder as pdf
from wavebook.vega import bundled

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config

THEME = Path(__file__).parent / "theme"
SIMULATED = "simulated data"  # beside the title, where it is read without the notice too


def setup(app: Sphinx) -> dict[str, Any]:
    """Register everything with Sphinx."""
    app.add_config_value("wavebook_wave", "", "html", (str,))
    app.add_config_value("wavebook_where", "", "html", (str,))
    app.add_config_value("wavebook_mark", "", "", (str,))  # see `wavebook.marked`
    app.add_config_value("wavebook_root", "", "", (str,))
    app.add_config_value("wavebook_cache", "", "", (str,))
    app.add_config_value("wavebook_edition", "", "html", (str,))
    app.add_config_value("wavebook_date", "", "html", (str,))
    app.connect("config-inited", _configure, priority=900)  # after extensions that set numfig
    app.connect("html-page-context", _page_context)
    app.connect("build-finished", _write_scripts)
    chapters.setup(app)
    references.setup(app)
    titles.setup(app)
    outputs.setup(app)
    pdf.setup(app)
    diagrams.setup(app)
    worksheet.setup(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


# Configuration


def _configure(app: Sphinx, config: Config) -> None:
    """Set the notices, scripts and styles that the wave and the edition call for."""
    try:
        subject = subject_of(app)
        about = subject.wave
    except WavebookError as error:
        raise ExtensionError(str(error)) from None
    name = subject.slice_label
    shown = config.wavebook_mark or name
    on_pages = notices_of(about, slice_label=shown, written_for=subject.written_for)
    in_print = notices_of(about, slice_label=name, written_for=subject.written_for)
    config.numfig = False  # a figure's number is its finding's, not its place among all
    options = config.html_theme_options = dict(config.html_theme_options or {})
    if on_pages.full:
        options["announcement"] = f'<p class="wavebook-notice">{html.escape(on_pages.full)}</p>'
    title = config.html_title or config.project
    status = SIMULATED if about.status == "simulated" else ""
    if status or shown:
        config.html_title = _with_marks(title, status, shown)
    config.html_static_path = [*config.html_static_path, str(THEME / "static")]
    config.wavebook_pdf = {
        "title": _with_marks(title, status, name),
        "wave": about.id,
        "edition": config.wavebook_edition,
        "date": config.wavebook_date,
        "author": config.author,
        "notice": in_print.full,
        "notice_short": in_print.short,
        **config.wavebook_pdf,
    }
    app.add_css_file("wavebook.css")
    app.add_css_file("ring.css")
    app.add_js_file("wavebook.js", loading_method="defer")


def _with_marks(title: str, *marks: str) -> str:
    """Return a title with what has to be read with it, if there is anything."""
    told = "; ".join(filter(None, marks))
    return f"{title} ({told})" if told else title


# Pages


def _page_context(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    # Jupyter Book's live-code script, which no page uses, declares its name twice: an error.
    # The lists are changed where they are: Sphinx adds to them what follows here.
    for files in (context["script_files"], context["css_files"]):
        files[:] = [file for file in files if "thebe" not in str(file).lower()]
    context["default_mode"] = "auto"  # light or dark, as the reader's system has it
    has_chart = doctree is not None and any(
        figure.attributes.get("wavebook_spec") for figure in doctree.findall(nodes.figure)
    )
    if has_chart:
        app.add_js_file("vega.js", loading_method="defer", priority=400)
    if app.config.wavebook_edition:
        # Pages of an edition stand in site/<edition>/html: its list of editions is two folders up.
        app.add_js_file("../../../editions.js", loading_method="defer", priority=450)
        context["theme_extra_footer"] = _imprint(app, pagename)


def _imprint(app: Sphinx, pagename: str) -> str:
    """Return the foot of an edition's page: which edition it is, the PDF, the page's data."""
    edition = app.config.wavebook_edition
    date = dt.date.fromisoformat(app.config.wavebook_date)
    up = "../" * (pagename.count("/") + 1)
    links = [f'<a href="{up}report.pdf">PDF of the whole report</a>']
    for result in subject_of(app).results:
        if result.document == pagename:
            table = f"{up}tables/{result.id}.csv"
            links.append(f'<a href="{table}">Data of this page (CSV)</a>')
    links.append(f'<a href="{up}../editions.html">All editions</a>')
    return (
        f'<p class="wavebook-edition" data-edition="{edition}" data-site="{up}../">'
        f"Edition {edition}, published {date.day} {date:%B %Y}. {' · '.join(links)}</p>"
    )


def _write_scripts(app: Sphinx, error: Exception | None) -> None:
    """Serve the chart library from the site itself."""
    if error is None and app.builder.format == "html":
        static = Path(app.outdir) / "_static"
        script, made = static / "vega.js", bundled()
        if made.is_file():
            copy_asset_file(made, script)
        else:
            script.write_text(vega_script(store_of(app.config)), encoding="utf-8")
        for unused in static.glob("sphinx-thebe*"):
            unused.unlink()
