"""Chapters: their placeholders filled, and which of them are to be read anew.

Sphinx goes by the times of files. Here a document is read anew when what it is made from has
changed: a chapter's text with its placeholders filled, whatever data they come from, a notebook's
outputs, and the files that either shows.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.errors import ExtensionError

from wavebook import commentary, context
from wavebook.csv_file import read_rows
from wavebook.drawn import store_of
from wavebook.errors import WavebookError, nearest
from wavebook.facts import Facts, facts_of
from wavebook.project import Project
from wavebook.results import Result, read_result
from wavebook.statements import HOLDS, Statement
from wavebook.untold import left_out

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

CHAPTER = ".md"
GLUE = "PendingGlueReference"  # MyST-NB's: to what the notebook of another document has handed on
ANY = ".*"  # in place of a picture's ending: whichever there is
KINDS = (".svg", ".png", ".jpg", ".jpeg", ".gif", ".webp")


def setup(app: Sphinx) -> None:
    """Register what fills chapters and tells which documents have changed."""
    app.connect("builder-inited", _keep_compiled)
    app.connect("env-get-outdated", _changed)
    app.connect("source-read", _fill)
    app.connect("doctree-read", _note_others)
    app.connect("env-updated", _remember)


@dataclass(frozen=True)
class Subject:
    """What the pages are about: the project, the wave, and what its notebooks found."""

    project: Project
    wave: Facts
    results: tuple[Result, ...]
    where: str = ""

    @cached_property
    def context(self) -> context.Context:
        """What documents state about the world around the survey."""
        return context.Context(self.project)

    @property
    def slice_label(self) -> str:
        """The slice for readers; empty for a whole wave."""
        return self.project.instrument.in_words(self.where) if self.where else ""

    @property
    def written_for(self) -> str:
        """The wave that the notebooks' prose was written for."""
        return next((result.written_for for result in self.results), "")


def subject_of(app: Sphinx) -> Subject:
    """Return the subject, read once for each run of Sphinx."""
    known: Subject | None = getattr(app, "wavebook_subject", None)
    if known is not None:
        return known
    srcdir, root = Path(app.srcdir), app.config.wavebook_root
    project = Project(Path(root)) if root else Project.find(srcdir)
    wave = facts_of(project, app.config.wavebook_wave, store_of(app.config))
    found = (read_result(path, srcdir) for path in sorted(srcdir.glob("notebooks/[0-9]*.ipynb")))
    subject = Subject(project, wave, tuple(found), app.config.wavebook_where)
    app.wavebook_subject = subject  # type: ignore[attr-defined]
    return subject


def chapter_values(
    subject: Subject, docname: str, read: Callable[[Path], None] = lambda path: None
) -> dict[str, Any]:
    """Return what a chapter's placeholders can name; tell `read` of the files that they read.

    ``wave`` (wave.yml), ``parts`` (the codes of those it has), ``findings`` (all, in order), each
    finding by its id with the values that
    its notebook exported, ``records('published/2010.csv')`` for the rows of a file under ``data/``,
    ``text('benchmarks/RESULTS.md')`` for the text of any file of the project,
    ``holds('finding: statement')`` for what came of a statement that a notebook's cell names, and
    ``{% call resting('finding: statement', …) %}`` for what is left out where it does not hold.
    """
    project, results = subject.project, subject.results
    up = "../" * docname.count("/")

    def records(name: str) -> list[dict[str, str]]:
        path = (project.root / "data" / name).resolve()
        if not path.is_relative_to(project.root / "data") or not path.is_file():
            raise WavebookError(f"data/{name}: there is no such file")
        read(path)
        return read_rows(path, f"data/{name}")

    def text(name: str) -> str:
        path = (project.root / name).resolve()
        if not path.is_relative_to(project.root) or not path.is_file():
            raise WavebookError(f"{name}: there is no such file")
        read(path)
        return path.read_text(encoding="utf-8")

    checked = {
        f"{result.id}: {name}": Statement.of(name, noted)
        for result in results
        for name, noted in result.checked.items()
    }

    def statement(name: str) -> Statement:
        if name not in checked:
            raise WavebookError(f"no cell names a statement '{name}'{nearest(name, checked)}")
        return checked[name]

    def resting(*names: str, caller: Callable[[], str]) -> str:
        reasons = [why for name in names if (why := statement(name).why_left_out)]
        return left_out(reasons) if reasons else caller()

    return {
        "holds": lambda name: statement(name).outcome == HOLDS,
        "resting": resting,
        "text": text,
        "wave": subject.wave,
        "parts": tuple(subject.wave.present),
        "findings": results,
        "up": up,
        "records": records,
        **context.chapter_values(subject.context, up),
        "instrument": Later(lambda: project.instrument),
        **{result.id: result for result in results},
    }


class Later:
    """Something that is made when a chapter first says something of it."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make

    @cached_property
    def _made(self) -> Any:
        return self._make()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._made, name)


@dataclass(frozen=True)
class Filled:
    """A chapter's text with its placeholders filled, and the files that these have read."""

    text: str
    read: tuple[Path, ...]


def filled(app: Sphinx, docname: str, text: str) -> Filled:
    """Return a chapter's text with its placeholders filled, once for each run of Sphinx."""
    known: dict[tuple[str, str], Filled] = app.__dict__.setdefault("wavebook_filled", {})
    if (docname, text) not in known:
        read: list[Path] = []
        try:
            values = chapter_values(subject_of(app), docname, read.append)
            rendered = commentary.render(text, values, docname)
        except WavebookError as error:
            raise ExtensionError(f"{docname}{CHAPTER}: {error}") from None
        known[docname, text] = Filled(rendered, tuple(read))
    return known[docname, text]


def in_authors_lines(app: Sphinx, log: str) -> str:
    """Return a log in which chapters' lines are counted as their authors do.

    Sphinx counts those of the text in which placeholders are filled.
    """
    if not log:
        return log
    known: dict[tuple[str, str], Filled] = app.__dict__.get("wavebook_filled", {})
    written = {docname: (text, made.text) for (docname, text), made in known.items()}

    def counted(place: re.Match[str]) -> str:
        docname = Path(place[1]).relative_to(app.srcdir).as_posix().removesuffix(CHAPTER)
        if docname not in written:
            return place[0]
        return f"{place[1]}:{line_in(*written[docname], int(place[2]))}:"

    inside = re.escape(f"{app.srcdir}{os.sep}")
    return re.sub(rf"({inside}[^\n:]*{re.escape(CHAPTER)}):(\d+):", counted, log)


def line_in(text: str, filled: str, line: int) -> int:
    r"""Return the line of a text that a line of the same text, filled, has come from.

    Examples
    --------
    >>> line_in("{% for i in (1, 2) %}\n- a\n{% endfor %}\nb", "\n- a\n\n- a\n\nb", 6)
    4
    """
    ours, theirs = text.splitlines(), filled.splitlines()
    wanted = min(line, len(theirs)) - 1
    if wanted < 0:
        return line
    matched = SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes()
    kind, low, high, begin, _ = next(one for one in matched if one[3] <= wanted < one[4])
    if kind == "equal":
        return low + wanted - begin + 1
    # What a loop has repeated stands there word for word; else all that is known is the part.
    near = min(low + wanted - begin, max(high - 1, low), len(ours) - 1)
    same = [at for at, one in enumerate(ours) if one.strip() and one == theirs[wanted]]
    return min(same, key=lambda at: abs(at - near), default=near) + 1


def _note_others(app: Sphinx, doctree: nodes.document) -> None:
    """Let a document depend on those that it shows something of, and on pictures yet to come."""
    env = app.env
    for node in doctree.findall(_is_of_others):
        if isinstance(node, nodes.image):
            beside = (Path(app.srcdir) / node["uri"]).with_suffix("")
            for kind in KINDS:
                env.note_dependency(f"{beside}{kind}")
        elif isinstance(node, nodes.Element):
            env.note_dependency(str(env.doc2path(node["refdoc"])))


def _is_of_others(node: nodes.Node) -> bool:
    if isinstance(node, nodes.image):
        return str(node.get("uri", "")).endswith(ANY)
    return type(node).__name__ == GLUE


def _keep_compiled(app: Sphinx) -> None:
    commentary.keep_compiled(Path(app.doctreedir) / "chapters")


def _fill(app: Sphinx, docname: str, source: list[str]) -> None:
    if Path(app.env.doc2path(docname)).suffix == CHAPTER:
        chapter = filled(app, docname, source[0])
        source[0] = chapter.text
        for path in chapter.read:
            app.env.note_dependency(str(path))


# What a document is made from


def _changed(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> list[str]:
    """Return the documents that were read from something else than what is there now."""
    known: dict[str, str] = getattr(env, "wavebook_made_from", {})
    already = added | changed
    return [d for d in env.found_docs - already if known.get(d) != _made_from(app, env, d)]


def _remember(app: Sphinx, env: BuildEnvironment) -> None:
    made_from = {docname: _made_from(app, env, docname) for docname in env.found_docs}
    env.wavebook_made_from = made_from  # type: ignore[attr-defined]


def _text(content: bytes, docname: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ExtensionError(f"{docname}{CHAPTER}, line {line}: expected UTF-8 text") from None


def _made_from(app: Sphinx, env: BuildEnvironment, docname: str) -> str:
    """Return a digest of a document's text and of every file that it was seen to depend on."""
    path = Path(env.doc2path(docname))
    content = path.read_bytes()
    if path.suffix == CHAPTER:
        content = filled(app, docname, _text(content, docname)).text.encode()
    parts = [hashlib.sha256(content).hexdigest()]
    for name in sorted(env.dependencies[docname]):
        file = Path(app.srcdir) / name  # which may be absolute
        found = hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else "missing"
        parts.append(f"{name} {found}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
