"""Files that have an end: nothing else is read, for it would be waited for for ever."""

from __future__ import annotations

import stat
from pathlib import Path

from wavebook.errors import WavebookError

NOT_REGULAR = "not a regular file"


def is_special(path: Path) -> bool:
    """Return whether there is a pipe or a device at a path.

    Opening a pipe waits until somebody writes into it, and no signal ends that where it is a
    library that waits.
    """
    try:
        kind = path.stat().st_mode
    except (OSError, ValueError):
        return False
    return not stat.S_ISREG(kind) and not stat.S_ISDIR(kind)


def check_regular(path: Path, name: str) -> None:
    """Refuse a pipe or a device; of what is missing or a folder, whoever opens it tells.

    Raises
    ------
    WavebookError
        If there is one at this path.
    """
    if is_special(path):
        raise WavebookError(f"{name}: {NOT_REGULAR}")
