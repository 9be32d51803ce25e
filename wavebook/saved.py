"""What an author saves, told as it is saved; not what builds write, nor what editors leave."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

from watchfiles import Change, DefaultFilter, watch
from watchfiles.main import FileChange

UNREAD = frozenset({*DefaultFilter.ignore_dirs, ".ipynb_checkpoints"})
MADE = frozenset({"_build", "site"})  # in a project's own folder: what builds make
QUIET, LONGEST = 10, 100  # milliseconds: without a change until one is told, and with more of them
LOOK = 200  # milliseconds after which folders that have just come are surely watched


def saved(root: Path, stop: threading.Event) -> Iterator[list[str]]:
    """Yield the names of files that were saved, and of folders that came or went, until `stop`.

    What is saved while the last of them is still being used is told together, afterwards.

    Parameters
    ----------
    root
        A project's folder; names are relative to it.
    """
    told: set[FileChange] = set()
    while not stop.is_set():
        # One by one: a build writes hundreds of files beside them, and a virtual environment has
        # thousands of folders. All of them would be told to the process that waits for the build.
        for changes in watch(
            *_folders(root),
            recursive=False,
            watch_filter=_Saved(root),
            stop_event=stop,
            step=QUIET,
            debounce=LONGEST,
            rust_timeout=LOOK,
            yield_on_timeout=True,
        ):
            told |= changes
            if any(kind == Change.added and Path(path).is_dir() for kind, path in changes):
                break  # what is in it is told of once it is watched, so that nothing is missed
            if told:
                yield sorted({Path(path).relative_to(root).as_posix() for _, path in told})
                told = set()


def _folders(root: Path) -> Iterator[Path]:
    """Yield a project's folder and every folder in it in which an author saves something."""
    for folder, inner, _ in os.walk(root):
        made = MADE if Path(folder) == root else ()
        inner[:] = [name for name in inner if _is_read(name) and name not in made]
        yield Path(folder)


def _is_read(folder: str) -> bool:
    is_text = not any("\udc80" <= character <= "\udcff" for character in folder)
    return is_text and folder not in UNREAD and not folder.startswith(".")


class _Saved(DefaultFilter):
    def __init__(self, root: Path) -> None:
        super().__init__(ignore_dirs=tuple(UNREAD))
        self._root = root

    def __call__(self, change: Change, path: str) -> bool:
        name = Path(path).relative_to(self._root)
        is_made = name.parts[0] in MADE if name.parts else False
        is_read = super().__call__(change, str(name)) and not name.name.startswith((".", "~"))
        return is_read and not is_made
