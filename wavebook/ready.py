"""Waves that a kernel finds read already: its template has read them once for all kernels.

A wave is handed out only while its files hold, byte for byte, what they held when it was read. They
are read again to see that, unless their sizes and times alone tell it.
"""

from __future__ import annotations

import hashlib
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wavebook.errors import WavebookError
from wavebook.project import Project

if TYPE_CHECKING:
    from wavebook.wave import Wave

# A file that is written twice within a tick of the clock that stamps it keeps its stamp: in
# nanoseconds, that of the slowest file system in use.
TICK = 2_000_000_000


@dataclass(frozen=True)
class Ready:
    """A wave, and the digest and the stamps of the files it was read from.

    Attributes
    ----------
    stamps
        None where a file had changed so lately that its stamp may stand for two contents.
    """

    wave: Wave
    digest: str
    stamps: Stamps | None


Stamps = tuple[tuple[str, int, int, int, int], ...]
_ready: dict[Path, Ready] = {}


def prepare(root: str, *waves: str) -> None:
    """Read waves, and work out what it takes to count their answers, for many kernels to come."""
    for ready in read(root, *waves):
        with suppress(WavebookError):  # a notebook will be told
            ready.wave.hold()


def read(root: str, *waves: str) -> list[Ready]:
    """Read waves for the kernels that are forked from this process later; return the new ones.

    What cannot be read is left to the notebook that wants it, and to its errors. So is Parquet:
    Arrow starts threads to read it, and a process with threads cannot be forked.
    """
    from wavebook.wave import read_unchecked  # noqa: PLC0415  # a wave looks here itself

    project = Project(Path(root))
    new = []
    for wave in waves:
        try:
            folder = project.wave_folder(wave)
            if not list(folder.glob("*.parquet")) and ready_wave(project, wave) is None:
                stamps, digest = _stamps(project, folder), _digest(project, folder)
                _ready[folder] = Ready(read_unchecked(project, wave, "pandas"), digest, stamps)
                new.append(_ready[folder])
        except (WavebookError, OSError):
            continue
    return new


def ready_wave(project: Project, wave: str) -> Wave | None:
    """Return a wave that was prepared, unless a file of it has changed since."""
    if not _ready:
        return None
    folder = project.wave_folder(wave)
    found = _ready.get(folder)
    if found is None:
        return None
    is_same = found.stamps is not None and _stamps(project, folder) == found.stamps
    return found.wave if is_same or _digest(project, folder) == found.digest else None


def _files(project: Project, folder: Path) -> list[Path]:
    """Return all files that a wave is read from."""
    files = [project.root / "data" / "instrument.yml", *sorted(folder.iterdir())]
    return [path for path in files if path.is_file()]


def _stamps(project: Project, folder: Path) -> Stamps | None:
    """Return what tells without reading files that they are what they were, if it can be told."""
    found = [(path.name, path.stat()) for path in _files(project, folder)]
    if any(time.time_ns() - stat.st_mtime_ns < TICK for _, stat in found):
        return None
    return tuple((n, s.st_ino, s.st_size, s.st_mtime_ns, s.st_ctime_ns) for n, s in found)


def _digest(project: Project, folder: Path) -> str:
    """Return one digest of all that a wave is read from."""
    parts = [(path.name, path.read_bytes()) for path in _files(project, folder)]
    whole = hashlib.sha256()
    for name, content in parts:
        whole.update(f"{name} {len(content)} ".encode())
        whole.update(content)
    return whole.hexdigest()
