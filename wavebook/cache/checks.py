"""Waves that were found sound: they are not checked again until something changes."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass

from wavebook.cache.inventory import ENGINE
from wavebook.cache.store import Store, digest_of, sha
from wavebook.cache.versions import installed
from wavebook.errors import WavebookError
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
    # What checks takes a second to load, and most builds have nothing to check.
    from wavebook.inspection import inspect_wave  # noqa: PLC0415

    found = inspect_wave(project, wave)
    if not found.is_sound():
        raise WavebookError.of(found.of("error"))
    sound = Sound(dict(found.respondents), len(found.of("warning")))
    if _made_of(project, wave) == key:  # nobody saved a file meanwhile
        store.note(CHECKS, key, {"respondents": sound.respondents, "warnings": sound.warnings})
    return sound


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
