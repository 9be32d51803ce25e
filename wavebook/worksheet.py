"""Questions that a reader answers: a form on the page, space to write in print, a fillable PDF.

In a chapter::

    ```{worksheet} context/questions.csv
    :theme: first
    ```

    ```{worksheet-tools} context/questions.csv
    :title: Questions for your own setting
    ```

The file has the columns ``theme, title, id, question, hint``. Answers typed on the page are kept by
the reader's own browser and sent nowhere; without a script the page can be filled in and printed.
"""

from __future__ import annotations

import base64
import html
import importlib.metadata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

from wavebook.cache.once import once
from wavebook.cache.store import sha
from wavebook.csv_file import read_rows
from wavebook.drawn import store_of
from wavebook.errors import WavebookError
from wavebook.project import Project

if TYPE_CHECKING:
    from sphinx.application import Sphinx

COLUMNS = ("theme", "title", "id", "question", "hint")
SPACE = 24  # millimetres to write in, on paper


@dataclass(frozen=True, slots=True)
class Question:
    """One question, the theme it belongs to, and a hint for answering it."""

    theme: str
    title: str
    id: str
    question: str
    hint: str


def setup(app: Sphinx) -> None:
    """Register the directives, and the files that pages with a worksheet need."""
    app.add_directive("worksheet", Worksheet)
    app.add_directive("worksheet-tools", WorksheetTools)
    app.connect("build-finished", _write_pdfs)


def read_questions(path: Path, name: str) -> tuple[Question, ...]:
    """Return the questions in a CSV file.

    Raises
    ------
    WavebookError
        If the file is missing, has other columns, or an id stands twice.
    """
    found = tuple(Question(**row) for row in read_rows(path, name, COLUMNS))
    for row, question in enumerate(found, start=1):
        if question.id in {other.id for other in found[: row - 1]}:
            raise WavebookError(
                f"{name}, row {row}, id: '{question.id}' stands in an earlier row too"
            )
    return found


class _FromFile(SphinxDirective):
    """A directive whose argument is a file of questions under ``data/``."""

    required_arguments = 1

    def questions(self) -> tuple[Question, ...]:
        """Return the questions of the file."""
        root = self.config.wavebook_root
        project = Project(Path(root)) if root else Project.find(Path(self.env.srcdir))
        path = project.root / "data" / self.arguments[0]
        self.env.note_dependency(str(path))
        try:
            return read_questions(path, f"data/{self.arguments[0]}")
        except WavebookError as error:
            raise self.error(str(error)) from None

    @property
    def key(self) -> str:
        """What this worksheet is kept under, in the browser and as a file."""
        return Path(self.arguments[0]).stem.replace("_", "-")


class Worksheet(_FromFile):
    """The questions of one theme, with room for answers."""

    option_spec: ClassVar[dict[str, Any]] = {"theme": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        """Return a label and a field for each question; on paper an empty box."""
        theme = self.options.get("theme")
        shown = [q for q in self.questions() if theme in (None, q.theme)]
        if not shown:
            raise self.error(f"data/{self.arguments[0]} has no theme '{theme}'")
        found: list[nodes.Node] = []
        for question in shown:
            name = f"answer-{question.id.replace('_', '-')}"
            found.append(nodes.raw("", _field(question, name, self.key), format="html"))
            found.append(nodes.raw("", _box(question), format="typst"))
        return found


class WorksheetTools(_FromFile):
    """What can be done with the whole worksheet: print it, clear it, download it as a form."""

    option_spec: ClassVar[dict[str, Any]] = {"title": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        """Return the buttons, for the page only, and note that the file is wanted."""
        title = self.options.get("title", "Worksheet")
        wanted = self.env.metadata[self.env.docname].setdefault("wavebook_worksheets", {})
        wanted[self.key] = (title, self.questions())
        static = "../" * self.env.docname.count("/") + "_static"
        return [nodes.raw("", _tools(title, self.key, static), format="html")]


def _field(question: Question, name: str, key: str) -> str:
    """Return a question as a label and the field that it labels."""
    hint = (
        f'<p class="worksheet-hint" id="{name}-hint">{html.escape(question.hint)}</p>'
        if question.hint
        else ""
    )
    described = f' aria-describedby="{name}-hint"' if hint else ""
    return (
        '<div class="worksheet-question">'
        f'<label for="{name}">{html.escape(question.question)}</label>'
        f'{hint}<textarea id="{name}" name="{question.id}" rows="4" data-worksheet="{key}"'
        f'{described}></textarea><div class="worksheet-print" aria-hidden="true"></div></div>'
    )


def _box(question: Question) -> str:
    """Return a question and an empty box as Typst markup."""
    from wavebook.pdf.markup import quote  # noqa: PLC0415

    hint = f"#text(size: 9pt, fill: luma(90), {quote(question.hint)})\\\n" if question.hint else ""
    return (
        f"#block(breakable: false, width: 100%)[#strong({quote(question.question)})\\\n{hint}"
        f"#v(2pt)#rect(width: 100%, height: {SPACE}mm, stroke: 0.5pt + luma(150), radius: 2pt)]"
    )


def _tools(title: str, key: str, static: str) -> str:
    """Return the buttons, with their style and script; those that need it are hidden until it runs.

    Sphinx's way of adding a file to one page depends on the order in which extensions come.
    """
    return (
        f'<link rel="stylesheet" href="{static}/worksheet.css">'
        f'<script defer src="{static}/worksheet.js"></script>'
        f'<div class="worksheet-tools" role="group" aria-label="{html.escape(title, quote=True)}" '
        f'data-worksheet-tools="{key}">'
        f'<a class="worksheet-download" href="{static}/{key}.pdf" download>'
        "Download as a fillable PDF</a>"
        '<button type="button" data-action="print" hidden>Print</button>'
        '<button type="button" data-action="clear" hidden>Clear all answers</button>'
        '<p class="worksheet-status" role="status">Fill it in on the page and print it from your '
        "browser; nothing you write is sent anywhere.</p></div>"
    )


def _write_pdfs(app: Sphinx, error: Exception | None) -> None:
    if error is not None or app.builder.format != "html":
        return
    for metadata in app.env.metadata.values():
        for key, (title, questions) in metadata.get("wavebook_worksheets", {}).items():
            asked = [(q.title, q.id, q.question, q.hint) for q in questions]
            made = once(
                store_of(app.config),
                "worksheets",
                [title, asked, _made_by()],
                partial(_encoded_pdf, title, asked),
            )
            (Path(app.outdir) / "_static" / f"{key}.pdf").write_bytes(base64.b64decode(made))


def _encoded_pdf(title: str, asked: Sequence[tuple[str, str, str, str]]) -> str:
    from wavebook.worksheet_pdf import fillable_pdf  # noqa: PLC0415  # few books have a worksheet

    return base64.b64encode(fillable_pdf(title, asked)).decode("ascii")


def _made_by() -> list[str]:
    """Return digests and versions of what makes the PDFs."""
    engine = Path(__file__).parent
    files = [*engine.glob("worksheet*.py"), *engine.glob("pdf/*.py"), *engine.glob("theme/fonts/*")]
    versions = [importlib.metadata.version(name) for name in ("typst", "pypdf")]
    return [*versions, *(sha(path.read_bytes()) for path in sorted(files))]
