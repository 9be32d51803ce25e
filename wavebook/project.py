"""Where things are: one folder with an instrument, waves, notebooks and a book."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from wavebook.errors import WavebookError, listing, nearest
from wavebook.reads import note

if TYPE_CHECKING:
    from wavebook.instrument import Instrument

SIMULATED = "simulated.yml"  # in a wave's folder: how its answers were made up
WAVE_ID = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")


@dataclass(frozen=True)
class Project:
    """A survey's folder."""

    root: Path

    @classmethod
    def find(cls, start: Path | None = None) -> Project:
        """Return the project that a folder is in, looking upwards from `start`.

        Raises
        ------
        WavebookError
            If no folder on the way up holds ``data/instrument.yml``, or the current one is gone.
        """
        try:
            here = (start or Path.cwd()).resolve()
        except FileNotFoundError:
            raise WavebookError("the folder in which this was started is gone") from None
        for folder in (here, *here.parents):
            if (folder / "data" / "instrument.yml").is_file():
                return cls(folder)
        raise WavebookError(
            "there is no data/instrument.yml here or in a folder above: "
            "run wavebook inside a project"
        )

    @property
    def instrument(self) -> Instrument:
        """The project's questionnaire."""
        note("instrument", "about")
        return self._instrument

    @cached_property
    def _instrument(self) -> Instrument:
        # A build whose notebooks have all been run reads none.
        from wavebook.instrument import read_instrument  # noqa: PLC0415

        return read_instrument(self.root / "data" / "instrument.yml")

    @property
    def waves(self) -> tuple[str, ...]:
        """The ids of the waves there are."""
        return tuple(sorted(path.parent.name for path in self.root.glob("data/waves/*/wave.yml")))

    @property
    def notebooks(self) -> tuple[Path, ...]:
        """The findings' notebooks, in order."""
        return tuple(sorted((self.root / "notebooks").glob("[0-9]*.ipynb")))

    @property
    def chapters(self) -> tuple[Path, ...]:
        """The chapters that are notebooks: they draw charts or compute, as a finding does."""
        return tuple(sorted((self.root / "book").glob("*.ipynb")))

    def wave_folder(self, wave: str) -> Path:
        """Return a wave's folder.

        Raises
        ------
        WavebookError
            If `wave` is not a wave id (it becomes part of paths) or there is no such folder.
        """
        if not WAVE_ID.fullmatch(wave):
            raise WavebookError(
                f"'{wave}' is not a wave id: lower-case letters and digits, joined by - or _"
            )
        folder = self.root / "data" / "waves" / wave
        if not folder.is_dir():
            raise WavebookError(
                f"data/waves/{wave}: there is no such wave {listing(self.waves)}"
                f"{nearest(wave, self.waves)}"
            )
        return folder

    def relative(self, path: Path) -> str:
        """Return a path as the user would name it."""
        try:
            # Where links lead in circles, `Path.resolve` has no answer.
            return Path(os.path.realpath(path)).relative_to(self.root).as_posix()
        except ValueError:
            return str(path)


# What chapters name besides findings; see `wavebook.chapters.chapter_values`.
RESERVED = frozenset(
    ("findings", "holds", "instrument", "link", "links", "parts", "quantities", "records",
     "resting", "text", "up", "wave")
)  # fmt: skip


def finding_problems(notebooks: Sequence[Path]) -> Iterator[str]:
    """Yield what is wrong with how notebooks are called: their findings go by their names."""
    known: dict[str, Path] = {}
    for path in notebooks:
        name, shown = finding_of(path), f"{path.parent.name}/{path.name}"
        if name in RESERVED:
            yield f"{shown}: chapters call something else '{name}'; rename the notebook"
        if name in known:
            yield f"{shown}: the finding '{name}' is that of {known[name].name} already"
        known[name] = path


def finding_of(notebook: Path) -> str:
    """Return the id of a notebook's finding: ``more_beans`` for ``01-more-beans.ipynb``."""
    return notebook.stem.split("-", 1)[-1].replace("-", "_")
