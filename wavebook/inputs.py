"""Which files of a project a commentary is made from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from wavebook.cache.files import below
from wavebook.project import Project

ANSWERS = (".csv", ".parquet")


def sources(project: Project) -> list[Path]:
    """Return the files that pages are written in: configuration, chapters, notebooks."""
    root = project.root
    paths = [root / "index.md", root / "_config.yml", root / "_toc.yml"]
    return [*paths, *project.notebooks, *(root / "book").rglob("*")]


def data(project: Project, waves: Sequence[str]) -> list[Path]:
    """Return the files that chapters may read: the project's, and those of the waves told of."""
    folders = (project.wave_folder(wave) for wave in waves)
    return [*shared_files(project), *(path for folder in folders for path in below(folder))]


def answers(project: Project, waves: Sequence[str]) -> list[Path]:
    """Return the files that may hold answers of some waves."""
    folders = [project.wave_folder(wave) for wave in waves]
    return [path for folder in folders for path in folder.iterdir() if path.suffix in ANSWERS]


def shared_files(project: Project) -> list[Path]:
    """Return the files that chapters read and that belong to no wave."""
    benchmarks = (p for p in project.root.glob("benchmarks/*.md") if p.is_file())
    return sorted((*below(project.root / "data", "waves"), *benchmarks))


def newer(built: Path, project: Project, waves: Sequence[str]) -> list[Path]:
    """Return the files that are younger than what was built from them; all if nothing was.

    That only says what may be worth starting early. What is built anew is told from contents.
    """
    paths = [path for path in (*sources(project), *data(project, waves)) if path.is_file()]
    try:
        finished = (built / "statements.json").stat().st_mtime_ns
    except OSError:
        return paths
    return [path for path in paths if path.stat().st_mtime_ns > finished]
