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
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wavebook import book, inputs
from wavebook.build import Report, run, set_pages
from wavebook.cache.store import chosen_store
from wavebook.errors import WavebookError
from wavebook.folders import arrived, settle, workshop, writable
from wavebook.project import Project
from wavebook.run import Beside, Parameters

if TYPE_CHECKING:
    from wavebook.wavefile import WaveFile

MANIFEST = "manifest.json"
TOLD = {"edition": str, "wave": str, "date": str, "content": str, "files": dict}  # in a manifest
FRONT_FILES = ("index.html", "editions.html", "editions.js")  # beside the editions
EDITION = re.compile(r"(?P<wave>[a-z0-9][a-z0-9_-]*)-r(?P<revision>[1-9]\d*)")
# What a page is made by; a change of any makes a new edition possible.
MADE_BY = (
    "jupyter-book", "sphinx", "sphinx-book-theme", "pydata-sphinx-theme", "myst-nb", "myst-parser",
    "altair", "vl-convert-python", "typst", "pandas", "papermill",
)  # fmt: skip


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
    for name in FRONT_FILES:
        if (site / name).is_dir():
            raise WavebookError(f"{site / name}: a folder; expected a file, or nothing")
    earlier = editions(site, wave)
    last = earlier[-1] if earlier else site / f"{wave}-r1"
    with workshop(project) as work, Beside() as beside:
        store = chosen_store(project.root, cache)
        draft = run(project, parameters, work, store, beside, last=last, report=report)
        content = _content(project, parameters.waves, draft.source)
        if earlier and read_manifest(earlier[-1])["content"] == content:
            _write_front(site)
            return earlier[-1], False
        revision = max(_taken(site, wave), default=0) + 1
        imprint = book.Imprint(
            wave,
            edition=f"{wave}-r{revision}",
            date=(today or dt.date.today()).isoformat(),
        )
        set_pages(draft, imprint, report=report)
        _write_manifest(project, draft.out, imprint, compare, content)
        _add(draft.out, site / imprint.edition)
        _write_front(site)
    return site / imprint.edition, True


def _add(finished: Path, target: Path) -> None:
    """Put a finished folder where none may stand.

    Renaming a folder onto an existing one that is not empty fails, so of two publications at the
    same moment one is refused and nothing published is overwritten.
    """
    settle(target)
    arriving = arrived(finished, target)
    try:
        arriving.rename(target)
    except OSError as error:
        shutil.rmtree(arriving, ignore_errors=True)
        if not target.exists():
            raise
        told = f"{target}: somebody else published it just now; try again"
        raise WavebookError(told) from error


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
        "shared": {project.relative(path): digest(path) for path in inputs.shared_files(project)},
        "wave": _about(project, wave).model_dump(mode="json"),
        "compared": [_about(project, one).model_dump(mode="json") for one in compared],
        "engine": {k: v for k, v in _files(engine).items() if "__pycache__" not in k},
        "versions": versions(),
    }
    return hashlib.sha256(json.dumps(made_of, sort_keys=True).encode()).hexdigest()


def _about(project: Project, wave: str) -> WaveFile:
    from wavebook.wavefile import read_about  # noqa: PLC0415  # brings what validates it

    folder = project.wave_folder(wave)
    return read_about(folder, project.relative(folder / "wave.yml"))


def _inputs(project: Project, waves: Sequence[str]) -> dict[str, str]:
    """Return the sha-256 of every file that an edition was made from."""
    paths = [*inputs.sources(project), *inputs.data(project, waves)]
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
    except OSError as error:
        raise WavebookError(f"{edition / MANIFEST}: cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise WavebookError(f"{edition / MANIFEST}: cannot be read: {error}") from None
    if not isinstance(manifest, dict):
        raise WavebookError(f"{edition / MANIFEST}: not the manifest of an edition")
    for key, kind in TOLD.items():
        if not isinstance(manifest.get(key), kind):
            raise WavebookError(f"{edition / MANIFEST}: not the manifest of an edition: no '{key}'")
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


def _taken(site: Path, wave: str) -> Iterator[int]:
    """Yield the numbers that nothing new can have: those of editions, and of whatever looks so."""
    for path in site.glob("*"):
        match = EDITION.fullmatch(path.name)
        if match and match["wave"] == wave:
            yield int(match["revision"])


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
