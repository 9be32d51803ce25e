"""The engine as a Sphinx extension: placeholders in chapters, notices, scripts, the PDF.

Listed in ``_config.yml``, so that ``jupyter-book build .`` makes the pages of ``wavebook build``.
"""

from __future__ import annotations

import csv
import datetime as dt
import html
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import vl_convert
from docutils import nodes
from sphinx.errors import ExtensionError

from wavebook import commentary, context, diagrams, outputs, references, worksheet
from wavebook.errors import WavebookError
from wavebook.facts import wave_facts
from wavebook.instrument import read_yaml
from wavebook.notices import notices_of
from wavebook.pdf import builder as pdf
from wavebook.project import Project
from wavebook.results import Result, read_result
from wavebook.wavefile import WaveFile

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config

THEME = Path(__file__).parent / "theme"
SIMULATED = "simulated data"  # beside the title, where it is read without the notice too


def setup(app: Sphinx) -> dict[str, Any]:
    """Register everything with Sphinx."""
    app.add_config_value("wavebook_wave", "", "env", (str,))
    app.add_config_value("wavebook_where", "", "env", (str,))
    app.add_config_value("wavebook_root", "", "", (str,))
    app.add_config_value("wavebook_edition", "", "html", (str,))
    app.add_config_value("wavebook_date", "", "html", (str,))
    app.connect("config-inited", _configure, priority=900)  # after extensions that set numfig
    app.connect("source-read", _fill_placeholders)
    app.connect("html-page-context", _page_context)
    app.connect("build-finished", _write_scripts)
    references.setup()
    outputs.setup(app)
    pdf.setup(app)
    diagrams.setup(app)
    worksheet.setup(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


# Configuration


@dataclass(frozen=True)
class Subject:
    """What the pages are about: the project, the wave, and what its notebooks found."""

    project: Project
    wave: WaveFile
    results: tuple[Result, ...]
    where: str = ""

    @property
    def slice_label(self) -> str:
        """The slice for readers; empty for a whole wave."""
        return self.project.instrument.in_words(self.where)

    @property
    def written_for(self) -> str:
        """The wave that the notebooks' prose was written for."""
        return next((result.written_for for result in self.results), "")


def _subject(app: Sphinx) -> Subject:
    """Return the subject, read once for each run of Sphinx."""
    known: Subject | None = getattr(app, "wavebook_subject", None)
    if known is not None:
        return known
    srcdir, root = Path(app.srcdir), app.config.wavebook_root
    project = Project(Path(root)) if root else Project.find(srcdir)
    path = project.wave_folder(app.config.wavebook_wave) / "wave.yml"
    wave = WaveFile.model_validate(read_yaml(path, project.relative(path)))
    found = (read_result(path, srcdir) for path in sorted(srcdir.glob("notebooks/[0-9]*.ipynb")))
    subject = Subject(project, wave, tuple(found), app.config.wavebook_where)
    app.wavebook_subject = subject  # type: ignore[attr-defined]
    return subject


def _configure(app: Sphinx, config: Config) -> None:
    """Set the notices, scripts and styles that the wave and the edition call for."""
    try:
        subject = _subject(app)
        about = subject.wave
    except WavebookError as error:
        raise ExtensionError(str(error)) from None
    of = notices_of(about, slice_label=subject.slice_label, written_for=subject.written_for)
    config.numfig = False  # a figure's number is its finding's, not its place among all
    options = config.html_theme_options = dict(config.html_theme_options or {})
    if of.full:
        options["announcement"] = f'<p class="wavebook-notice">{html.escape(of.full)}</p>'
    title = config.html_title or config.project
    marks = [SIMULATED] if about.status == "simulated" else []
    if subject.slice_label:
        marks.append(subject.slice_label)
    if marks:
        title = config.html_title = f"{title} ({'; '.join(marks)})"
    config.html_static_path = [*config.html_static_path, str(THEME / "static")]
    config.wavebook_pdf = {
        "title": title,
        "wave": about.id,
        "edition": config.wavebook_edition,
        "date": config.wavebook_date,
        "author": config.author,
        "notice": of.full,
        "notice_short": of.short,
        **config.wavebook_pdf,
    }
    app.add_css_file("wavebook.css")
    app.add_css_file("ring.css")
    app.add_js_file("wavebook.js", loading_method="defer")


# Placeholders in chapters


def _fill_placeholders(app: Sphinx, docname: str, source: list[str]) -> None:
    if Path(app.env.doc2path(docname)).suffix != ".md":
        return
    try:
        source[0] = commentary.render(source[0], chapter_values(_subject(app), docname))
    except WavebookError as error:
        raise ExtensionError(f"{docname}.md: {error}") from None


def chapter_values(subject: Subject, docname: str) -> dict[str, Any]:
    """Return what a chapter's placeholders can name.

    ``wave`` (wave.yml), ``parts`` (the codes of those it has), ``findings`` (all, in order), each
    finding by its id with the values that
    its notebook exported, ``records('published/2010.csv')`` for the rows of a file under ``data/``,
    ``text('benchmarks/RESULTS.md')`` for the text of any file of the project.
    """
    project, results = subject.project, subject.results
    up = "../" * docname.count("/")

    def records(name: str) -> list[dict[str, str]]:
        path = (project.root / "data" / name).resolve()
        if not path.is_relative_to(project.root / "data") or not path.is_file():
            raise WavebookError(f"data/{name}: there is no such file")
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def text(name: str) -> str:
        path = (project.root / name).resolve()
        if not path.is_relative_to(project.root) or not path.is_file():
            raise WavebookError(f"{name}: there is no such file")
        return path.read_text(encoding="utf-8")

    return {
        "text": text,
        "wave": wave_facts(project, subject.wave),
        "parts": tuple(subject.wave.parts),
        "findings": results,
        "up": up,
        "records": records,
        **context.chapter_values(project, up),
        "instrument": project.instrument,
        **{result.id: result for result in results},
    }


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
    for result in _subject(app).results:
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
        (static / "vega.js").write_text(_vega_bundle(), encoding="utf-8")
        for unused in static.glob("sphinx-thebe*"):
            unused.unlink()


@cache
def _vega_bundle() -> str:
    # The bundle is a module's text: as a plain script its names would collide with the page's.
    bundle = vl_convert.javascript_bundle("window.wavebookEmbed = vegaEmbed;")
    return f"(() => {{{bundle}\n}})();\n"
