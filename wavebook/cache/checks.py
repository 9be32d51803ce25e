"""Waves that were found sound: they are not checked again until something changes."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wavebook.cache.files import COMPILED, below, sha_of
from wavebook.cache.inventory import ENGINE
from wavebook.cache.store import Store, digest_of
from wavebook.cache.versions import installed
from wavebook.errors import WavebookError
from wavebook.kernels.block import call_warm
from wavebook.project import Project

Digest = Callable[[Path], str | None]
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


def check_once(project: Project, wave: str, store: Store, digest: Digest = sha_of) -> Sound:
    """Check a wave, unless it was found sound when its files were what they are.

    Parameters
    ----------
    digest
        Tells what a file holds, for those that were read already.

    Raises
    ------
    WavebookError
        With every error in the wave, a line each; or if there is no such wave.
    """
    key = _made_of(project, wave, digest)
    known = store.noted(CHECKS, key)
    if known is not None and _as_it_was(project, known["published"]):
        return Sound(known["respondents"], known["warnings"])
    found = call_warm(__name__, found_in.__name__, str(project.root), wave)
    if "problem" in found:
        raise WavebookError(found["problem"])
    # If nobody has saved a file meanwhile.
    if _made_of(project, wave) == key and _as_it_was(project, found["published"]):
        store.note(CHECKS, key, found)
    return Sound(found["respondents"], found["warnings"])


def found_in(root: str, wave: str) -> dict[str, Any]:
    """Check a wave and return its `Sound` as plain data, or else all errors as one ``problem``."""
    from wavebook.inspection import inspect_wave  # noqa: PLC0415  # brings pandas and more

    project = Project(Path(root))
    try:
        published = _published(project, wave)
        found = inspect_wave(project, wave)
        if not found.is_sound():
            raise WavebookError.of(found.of("error"))
    except WavebookError as error:
        return {"problem": str(error)}
    return {
        "respondents": dict(found.respondents),
        "warnings": len(found.of("warning")),
        "published": published,
    }


def _published(project: Project, wave: str) -> dict[str, str | None]:
    """Return the digest of the file that a reconstruction was made from, by its name."""
    from wavebook.wavefile import read_about  # noqa: PLC0415  # brings pydantic

    folder = project.wave_folder(wave)
    evidence = read_about(folder, project.relative(folder / "wave.yml")).evidence
    return {evidence: sha_of(project.root / evidence)} if evidence else {}


def _as_it_was(project: Project, published: Mapping[str, str | None]) -> bool:
    return all(sha_of(project.root / name) == digest for name, digest in published.items())


def _made_of(project: Project, wave: str, digest: Digest = sha_of) -> str:
    """Return one digest of all that a check of a wave reads, and of what checks it."""
    root, engine = f"{project.root}{os.sep}", f"{ENGINE.parent}{os.sep}"
    answers = (*below(project.wave_folder(wave)), project.root / "data" / "instrument.yml")
    modules = (path for path in below(ENGINE, COMPILED) if path.suffix == ".py")
    files = {str(path).removeprefix(root): path for path in answers}
    files |= {str(path).removeprefix(engine): path for path in modules}
    versions = installed()
    return digest_of(
        {
            "wave": wave,
            "files": {name: digest(path) for name, path in files.items()},
            "libraries": {name: versions.get(name) for name in LIBRARIES},
            "python": platform.python_version(),
        }
    )
