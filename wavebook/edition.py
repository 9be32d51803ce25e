"""Editions: a build of a wave, published once under its own name and never changed."""

from __future__ import annotations

import datetime as dt
import hashlib
import importlib.metadata
import json
import platform
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wavebook import book, inputs
from wavebook.build import Report, run, set_pages
from wavebook.cache.store import chosen_store
from wavebook.errors import WavebookError, visible
from wavebook.folders import arrived, placing, workshop, writable
from wavebook.front import FRONT_FILES, write_front
from wavebook.project import Project
from wavebook.run import Beside, Parameters

if TYPE_CHECKING:
    from wavebook.wavefile import WaveFile

MANIFEST = "manifest.json"
TOLD = {"edition": str, "wave": str, "date": str, "content": str, "files": dict}  # in a manifest
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
    for path in _without_manifest(site):
        raise WavebookError(
            f"{path}: an edition without its {MANIFEST}; bring that back, or move the folder away"
        )
    earlier = editions(site, wave)
    last = earlier[-1] if earlier else site / f"{wave}-r1"
    with workshop(project) as work, Beside() as beside:
        store = chosen_store(project.root, cache)
        draft = run(project, parameters, work, store, beside, last=last, report=report)
        content = _content(project, parameters.waves, draft.source)
        if earlier and read_manifest(earlier[-1])["content"] == content:
            if damaged := list(damages(earlier[-1])):
                raise WavebookError("\n".join(f"{earlier[-1]}/{damage}" for damage in damaged))
            write_front(site, _newest_first(site))
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
        write_front(site, _newest_first(site))
    return site / imprint.edition, True


def _add(finished: Path, target: Path) -> None:
    """Put a finished folder where none may stand.

    Renaming a folder onto an existing one that is not empty fails, so of two publications at the
    same moment one is refused and nothing published is overwritten, even on a disk without locks.
    """
    with placing(target):
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
        "fieldwork": _about(project, imprint.wave).fieldwork.model_dump(),
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
        If it is missing or damaged, or that of another edition.
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
    called = EDITION.fullmatch(edition.name)  # a copy may be called anything but another edition
    expected = {"edition": edition.name, "wave": called["wave"]} if called else {}
    for key, name in expected.items():
        if manifest[key] != name:
            found = visible(manifest[key])
            raise WavebookError(
                f"{edition / MANIFEST}: found the {key} '{found}'; expected '{name}', as its "
                "folder is called"
            )
    try:
        dt.date.fromisoformat(manifest["date"])
    except ValueError:
        found = visible(manifest["date"])
        raise WavebookError(
            f"{edition / MANIFEST}: found the date '{found}'; expected one such as 2030-12-31"
        ) from None
    return manifest


def damages(edition: Path) -> Iterator[str]:
    """Yield what is no longer as published: files changed, missing, or added since.

    Raises
    ------
    WavebookError
        If there is no manifest to hold the edition against.
    """
    published: dict[str, str] = read_manifest(edition)["files"]
    for name, sha in published.items():
        path = edition / name
        if not path.is_file():
            yield f"{visible(name)}: missing"
        elif digest(path) != sha:
            yield f"{visible(name)}: changed since it was published"
    for path in sorted(edition.rglob("*")):
        name = path.relative_to(edition).as_posix()
        if path.is_file() and name != MANIFEST and name not in published:
            yield f"{visible(name)}: added since it was published"


# The site


def editions(site: Path, wave: str | None = None) -> list[Path]:
    """Return the published editions, of one wave or of all, oldest first."""
    found = []
    for path in site.glob("*"):
        match = EDITION.fullmatch(path.name)
        if match and (path / MANIFEST).is_file() and wave in (None, match["wave"]):
            found.append(((match["wave"], int(match["revision"])), path))
    return [path for _, path in sorted(found)]


def _without_manifest(site: Path) -> list[Path]:
    """Return editions of which nobody can tell any more what was published."""
    named = (path for path in sorted(site.glob("*")) if EDITION.fullmatch(path.name))
    return [path for path in named if (path / "html").is_dir() and not (path / MANIFEST).is_file()]


def _newest_first(site: Path) -> list[dict[str, Any]]:
    """Return the manifests of all editions: by when people were asked, not by when it was told.

    Or a correction of an old wave would come before the newest.
    """
    manifests = [read_manifest(path) for path in reversed(editions(site))]
    asked = {one["wave"]: "" for one in manifests}  # of what was published before it was noted
    for one in manifests:
        match one:
            case {"fieldwork": {"end": str(end)}}:
                asked[one["wave"]] = max(asked[one["wave"]], end)
    return sorted(manifests, key=lambda one: asked[one["wave"]], reverse=True)


def _taken(site: Path, wave: str) -> Iterator[int]:
    """Yield the numbers that nothing new can have: those of editions, and of whatever looks so."""
    for path in site.glob("*"):
        match = EDITION.fullmatch(path.name)
        if match and match["wave"] == wave:
            yield int(match["revision"])
