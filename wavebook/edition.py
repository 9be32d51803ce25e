"""Editions: a build of a wave, published once under its own name and never changed."""

from __future__ import annotations

import datetime as dt
import hashlib
import importlib.metadata
import json
import os
import platform
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wavebook import book, results
from wavebook.cache.checks import check_once, is_known
from wavebook.cache.kept import Kept
from wavebook.cache.store import Store, chosen_store
from wavebook.desk import desk
from wavebook.drawn import draw_ahead
from wavebook.errors import WavebookError
from wavebook.press import the_press
from wavebook.project import Project
from wavebook.run import Parameters, ready_to_run, run_notebooks
from wavebook.told import (
    MANY_ROWS,
    Engine,
    checked_for_kernels,
    chosen_engine,
    engine_for_kernels,
)

if TYPE_CHECKING:
    from wavebook.wavefile import WaveFile

Report = Callable[[str, str], None]  # (step, state); states: "running", "done", "kept", "noted"
Explain = Callable[[str], None]
MANIFEST = "manifest.json"
EDITION = re.compile(r"(?P<wave>[a-z0-9][a-z0-9_-]*)-r(?P<revision>[1-9]\d*)")
# What a page is made by; a change of any makes a new edition possible.
MADE_BY = (
    "jupyter-book", "sphinx", "sphinx-book-theme", "pydata-sphinx-theme", "myst-nb", "myst-parser",
    "altair", "vl-convert-python", "typst", "pandas", "papermill",
)  # fmt: skip


@dataclass(frozen=True)
class Build:
    """A finished build of one wave.

    Attributes
    ----------
    folder
        Holds ``html/``, ``report.pdf``, ``notebooks/``, ``tables/`` and ``statements.json``.
    """

    folder: Path
    results: tuple[results.Result, ...]


def build(
    project: Project,
    parameters: Parameters,
    out: Path,
    *,
    engine: Engine | None = None,
    cache: Path | None = None,
    report: Report = lambda step, state: None,
    explain: Explain | None = None,
) -> Build:
    """Run the notebooks, then write pages, PDF, tables and statements; all of it or nothing.

    Parameters
    ----------
    out
        Replaced by the finished build; untouched if anything fails.
    engine
        What counts the respondents; by the wave's size unless given.
    cache
        Where results of notebooks are kept; see `wavebook.cache.store.chosen_store`.
    explain
        Is told of each notebook why it is run, or why not.

    Raises
    ------
    WavebookError
        For every mistake a user can make in the wave, the notebooks or the chapters.
    """
    imprint = book.Imprint(parameters.wave, parameters.where or "")
    writable(out.parent)
    with workshop(project) as work, desk(work.parent, parameters.wave) as table:
        store = chosen_store(project.root, cache)
        found = _execute(project, parameters, work, table, store, report, engine, explain)
        _write(project, found, work, table, store, imprint, report)
        replace_folder(work / "out", out)
    return Build(out, tuple(found))


def publish(
    project: Project,
    wave: str,
    site: Path,
    *,
    compare: Sequence[str] = (),
    today: dt.date | None = None,
    cache: Path | None = None,
    report: Report = lambda step, state: None,
) -> tuple[Path, bool]:
    """Publish a wave as its next edition and return its folder, and whether it is new.

    An edition with the same content is returned as it is: nothing is published twice.

    Parameters
    ----------
    compare
        Earlier waves to compare with.
    """
    parameters = Parameters(wave, ",".join(compare) or None)
    writable(site)
    with workshop(project) as work, desk(work.parent, wave) as table:
        store = chosen_store(project.root, cache)
        found = _execute(project, parameters, work, table, store, report)
        content = _content(project, parameters.waves, table / book.SOURCE)
        earlier = editions(site, wave)
        if earlier and read_manifest(earlier[-1])["content"] == content:
            _write_front(site)
            return earlier[-1], False
        revision = int(earlier[-1].name.rpartition("-r")[2]) + 1 if earlier else 1
        imprint = book.Imprint(
            wave,
            edition=f"{wave}-r{revision}",
            date=(today or dt.date.today()).isoformat(),
        )
        _write(project, found, work, table, store, imprint, report)
        _write_manifest(project, work / "out", imprint, compare, content)
        _add(work / "out", site / imprint.edition)
        _write_front(site)
    return site / imprint.edition, True


# Steps


@contextmanager
def workshop(project: Project) -> Iterator[Path]:
    """Lend a folder beside the builds to work in; it is gone afterwards, whatever happens."""
    builds = project.root / "_build"
    try:
        builds.mkdir(exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=".work-", dir=builds))
    except OSError as error:
        raise WavebookError(f"_build: cannot be written: {error.strerror}") from None
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _execute(
    project: Project,
    parameters: Parameters,
    work: Path,
    table: Path,
    store: Store,
    report: Report,
    engine: Engine | None = None,
    explain: Explain | None = None,
) -> list[results.Result]:
    """Check the wave, run every notebook, stage the book, and return what was found."""
    with ExitStack() as loading:
        if not all(is_known(project, wave, store) for wave in parameters.waves):
            # Where a wave is new, so are results: what runs notebooks loads while it is checked.
            loading.enter_context(ready_to_run())
        the_press(project.root)  # imports Sphinx while notebooks run
        return _executed(project, parameters, work, table, store, report, engine, explain)


def _executed(
    project: Project,
    parameters: Parameters,
    work: Path,
    table: Path,
    store: Store,
    report: Report,
    engine: Engine | None,
    explain: Explain | None,
) -> list[results.Result]:
    rows = _check(project, parameters, store, report)
    engine = engine or chosen_engine() or ("duckdb" if rows > MANY_ROWS else "pandas")
    if not project.notebooks:
        raise WavebookError("notebooks: there are no notebooks named NN-….ipynb")
    kept = Kept(project.root, store, parameters.as_dict(), engine, explain)
    kept.inventory.begin(*parameters.waves)
    notebooks = (*project.notebooks, *project.chapters)
    with engine_for_kernels(engine), checked_for_kernels(parameters.waves):
        run_notebooks(
            notebooks,
            work / "executed",
            parameters,
            progress=report,
            kept=kept,
            finished=lambda notebook: draw_ahead(notebook, store),
        )
    store.trim()
    source = book.stage(project, work / "executed", table)
    paths = sorted((source / "notebooks").glob("[0-9]*.ipynb"))
    return [results.read_result(path, source) for path in paths]


def _check(project: Project, parameters: Parameters, store: Store, report: Report) -> int:
    """Refuse waves with errors, count the warnings, and return how many answered a part at most."""
    rows = 0
    for wave in parameters.waves:
        found = check_once(project, wave, store)
        if found.warnings:
            told = f"{found.warnings} warning{'s' if found.warnings > 1 else ''}"
            report(f"{told} about the answers; see wavebook check {wave}", "noted")
        rows = max(rows, *found.respondents.values())
    return rows


def _write(
    project: Project,
    found: Sequence[results.Result],
    work: Path,
    table: Path,
    store: Store,
    imprint: book.Imprint,
    report: Report,
) -> None:
    """Write everything that an edition holds but its manifest into ``work/out``."""
    out = work / "out"
    (out / "tables").mkdir(parents=True)
    for result in found:
        text = results.table_csv(result)
        (out / "tables" / f"{result.id}.csv").write_text(text, encoding="utf-8")
    (out / "statements.json").write_text(results.statements_json(found), encoding="utf-8")
    shutil.copytree(work / "executed" / "notebooks", out / "notebooks")
    report("pages and PDF", "running")
    book.write(project, table, out, imprint, store)
    report("pages and PDF", "done")


# Files


def writable(folder: Path) -> None:
    """Make sure that a folder can be written, before anything long begins.

    Raises
    ------
    WavebookError
        If it can't.
    """
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    if not existing.is_dir():
        raise WavebookError(f"{existing}: not a folder")
    if not os.access(existing, os.W_OK | os.X_OK):
        raise WavebookError(f"{existing}: no permission to write here")


def replace_folder(finished: Path, target: Path) -> None:
    """Put a finished folder where an older one may stand; the old one goes only when it can."""
    target.parent.mkdir(parents=True, exist_ok=True)
    arriving = target.with_name(f".{target.name}.new-{os.getpid()}")
    leaving = target.with_name(f".{target.name}.old-{os.getpid()}")
    shutil.move(finished, arriving)
    if target.exists():
        target.rename(leaving)
    arriving.rename(target)
    shutil.rmtree(leaving, ignore_errors=True)


def _add(finished: Path, target: Path) -> None:
    """Put a finished folder where none may stand.

    Renaming a folder onto an existing one that is not empty fails, so of two publications at the
    same moment one is refused and nothing published is overwritten.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    arriving = target.with_name(f".{target.name}.new-{os.getpid()}")
    shutil.move(finished, arriving)
    try:
        arriving.rename(target)
    except OSError:
        shutil.rmtree(arriving, ignore_errors=True)
        raise WavebookError(f"{target}: somebody else published it just now; try again") from None


def digest(path: Path) -> str:
    """Return a file's sha-256."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _files(folder: Path) -> dict[str, str]:
    """Return the sha-256 of every file below a folder, by its path from there."""
    return {
        path.relative_to(folder).as_posix(): digest(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def versions() -> dict[str, str]:
    """Return the versions of what makes a page."""
    return {"python": platform.python_version()} | {
        name: importlib.metadata.version(name) for name in MADE_BY
    }


def _content(project: Project, waves: Sequence[str], source: Path) -> str:
    """Return one digest of everything that an edition shows, but for its name and date.

    Of the waves only what was found in them counts, and what ``wave.yml`` says: rows in another
    order are no new edition.
    """
    wave, *compared = waves
    engine = Path(__file__).parent
    made_of = {
        "book": _files(source),
        "shared": {project.relative(path): digest(path) for path in shared_files(project)},
        "wave": _about(project, wave).model_dump(mode="json"),
        "compared": [_about(project, one).model_dump(mode="json") for one in compared],
        "engine": {k: v for k, v in _files(engine).items() if "__pycache__" not in k},
        "versions": versions(),
    }
    return hashlib.sha256(json.dumps(made_of, sort_keys=True).encode()).hexdigest()


def _about(project: Project, wave: str) -> WaveFile:
    from wavebook.wave import read_about  # noqa: PLC0415  # brings pandas

    folder = project.wave_folder(wave)
    return read_about(folder, project.relative(folder / "wave.yml"))


def shared_files(project: Project) -> list[Path]:
    """Return the files that chapters read and that belong to no wave."""
    data = [p for p in (project.root / "data").rglob("*") if "waves" not in p.parts]
    return sorted(p for p in (*data, *project.root.glob("benchmarks/*.md")) if p.is_file())


def _inputs(project: Project, waves: Sequence[str]) -> dict[str, str]:
    """Return the sha-256 of every file that an edition was made from."""
    root = project.root
    paths = [root / "index.md", root / "_config.yml", root / "_toc.yml", *project.notebooks]
    paths += shared_files(project)
    paths += [path for wave in waves for path in project.wave_folder(wave).rglob("*")]
    paths += (root / "book").rglob("*")
    return {project.relative(p): digest(p) for p in sorted(paths) if p.is_file()}


def _write_manifest(
    project: Project, out: Path, imprint: book.Imprint, compare: Sequence[str], content: str
) -> None:
    manifest = {
        "edition": imprint.edition,
        "wave": imprint.wave,
        "compared_with": list(compare),
        "date": imprint.date,
        "content": content,
        "versions": versions(),
        "inputs": _inputs(project, (imprint.wave, *compare)),
        "files": _files(out),
    }
    text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    (out / MANIFEST).write_text(text, encoding="utf-8")


def read_manifest(edition: Path) -> dict[str, Any]:
    """Return an edition's manifest.

    Raises
    ------
    WavebookError
        If it is missing or damaged.
    """
    try:
        manifest = json.loads((edition / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WavebookError(f"{edition / MANIFEST}: cannot be read: {error}") from None
    if not isinstance(manifest, dict) or not isinstance(manifest.get("files"), dict):
        raise WavebookError(f"{edition / MANIFEST}: not the manifest of an edition")
    return manifest


# The site


def editions(site: Path, wave: str | None = None) -> list[Path]:
    """Return the published editions, of one wave or of all, oldest first."""
    found = []
    for path in site.glob("*"):
        match = EDITION.fullmatch(path.name)
        if match and (path / MANIFEST).is_file() and wave in (None, match["wave"]):
            found.append(((match["wave"], int(match["revision"])), path))
    return [path for _, path in sorted(found)]


def _write_front(site: Path) -> None:
    """Write the page that leads to the newest edition, the list of all, and the same as a script.

    The script is what an edition's pages load to say that a newer one exists: they are opened from
    disk as well, where a page may not fetch data.
    """
    listed = [
        {key: read_manifest(path)[key] for key in ("edition", "wave", "date")}
        for path in reversed(editions(site))
    ]
    _write_text(site / "editions.js", f"window.wavebookEditions = {json.dumps(listed)};\n")
    newest = f"{listed[0]['edition']}/html/index.html"
    items = "\n".join(
        f'<li><a href="{e["edition"]}/html/index.html">Edition {e["edition"]}</a>, {e["date"]} '
        f'(<a href="{e["edition"]}/report.pdf">PDF</a>)</li>'
        for e in listed
    )
    refresh = f'<meta http-equiv="refresh" content="0; url={newest}">\n'
    _write_text(site / "index.html", FRONT.format(refresh=refresh, newest=newest, items=items))
    _write_text(site / "editions.html", FRONT.format(refresh="", newest=newest, items=items))


def _write_text(path: Path, text: str) -> None:
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)


FRONT = """<!doctype html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
{refresh}<title>Editions</title>
<style>
body {{ font: 1.1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 3rem auto }}
</style>
</head>
<body>
<main>
<h1>Editions</h1>
<p><a href="{newest}">Go to the newest edition</a></p>
<ul>
{items}
</ul>
</main>
</body>
</html>
"""
