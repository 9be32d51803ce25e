"""Waves that a kernel finds read already: its template has read them once for all kernels.

A wave is handed out only while its files hold, byte for byte, what they held when it was read.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from wavebook.errors import WavebookError
from wavebook.project import Project

if TYPE_CHECKING:
    from wavebook.wave import Wave

_ready: dict[Path, tuple[str, Wave]] = {}


def prepare(root: str, *waves: str) -> None:
    """Read waves for the kernels that are forked from this process later.

    What cannot be read is left to the notebook that wants it, and to its errors. So is Parquet:
    Arrow starts threads to read it, and a process with threads cannot be forked.
    """
    from wavebook.wave import read_unchecked  # noqa: PLC0415  # a wave looks here itself

    project = Project(Path(root))
    for wave in waves:
        try:
            folder = project.wave_folder(wave)
            if not list(folder.glob("*.parquet")) and ready_wave(project, wave) is None:
                made = _digest(project, folder)
                _ready[folder] = made, read_unchecked(project, wave, "pandas")
        except (WavebookError, OSError):
            continue


def ready_wave(project: Project, wave: str) -> Wave | None:
    """Return a wave that was prepared, unless a file of it has changed since."""
    if not _ready:
        return None
    folder = project.wave_folder(wave)
    made, read = _ready.get(folder, ("", None))
    return read if read is not None and _digest(project, folder) == made else None


def _digest(project: Project, folder: Path) -> str:
    """Return one digest of all that a wave is read from."""
    files = [project.root / "data" / "instrument.yml", *sorted(folder.iterdir())]
    parts = [(path.name, path.read_bytes()) for path in files if path.is_file()]
    whole = hashlib.sha256()
    for name, content in parts:
        whole.update(f"{name} {len(content)} ".encode())
        whole.update(content)
    return whole.hexdigest()
