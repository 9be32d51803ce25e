"""Waves that were found sound: they are not checked again until something changes."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wavebook.cache.inventory import ENGINE
from wavebook.cache.store import Store, digest_of, sha
from wavebook.cache.versions import installed
from wavebook.errors import WavebookError
from wavebook.kernels.block import call_warm
from wavebook.project import Project

CHECKS = "checks"
LIBRARIES = ("narwhals", "numpy", "pandas", "pandera", "pyarrow", "pydantic", "scipy")


@dataclass(frozen=True)
class Sound:
    """A wave without errors.

    Attributes
    ----------
    respondents
        How many answered each part.
    warnings
        How much in it is possible and yet odd.
    """

    respondents: Mapping[str, int]
    warnings: int


def check_once(project: Project, wave: str, store: Store) -> Sound:
    """Check a wave, unless it was found sound when its files were what they are.

    Raises
    ------
    WavebookError
        With every error in the wave, a line each; or if there is no such wave.
    """
    key = _made_of(project, wave)
    known = store.noted(CHECKS, key)
    if known is not None:
        return Sound(known["respondents"], known["warnings"])
    found = call_warm(__name__, found_in.__name__, str(project.root), wave)
    if "problem" in found:
        raise WavebookError(found["problem"])
    if _made_of(project, wave) == key:  # nobody saved a file meanwhile
        store.note(CHECKS, key, found)
    return Sound(found["respondents"], found["warnings"])


def is_known(project: Project, wave: str, store: Store) -> bool:
    """Whether `check_once` need not check a wave."""
    return store.noted(CHECKS, _made_of(project, wave)) is not None


def found_in(root: str, wave: str) -> dict[str, Any]:
    """Check a wave and return its `Sound` as plain data, or else all errors as one ``problem``."""
    from wavebook.inspection import inspect_wave  # noqa: PLC0415  # brings pandas and more

    try:
        found = inspect_wave(Project(Path(root)), wave)
        if not found.is_sound():
            raise WavebookError.of(found.of("error"))
    except WavebookError as error:
        return {"problem": str(error)}
    return {"respondents": dict(found.respondents), "warnings": len(found.of("warning"))}


def _made_of(project: Project, wave: str) -> str:
    """Return one digest of all that a check of a wave reads, and of what checks it."""
    answers = [path for path in project.wave_folder(wave).rglob("*") if path.is_file()]
    files = {project.relative(p): p for p in (*answers, project.root / "data/instrument.yml")}
    files |= {str(path.relative_to(ENGINE.parent)): path for path in ENGINE.rglob("*.py")}
    versions = installed()
    return digest_of(
        {
            "wave": wave,
            "files": {name: sha(path.read_bytes()) for name, path in files.items()},
            "libraries": {name: versions.get(name) for name in LIBRARIES},
            "python": platform.python_version(),
        }
    )
