"""Weights for a wave, raked to the margins in ``wave.yml`` and written beside its answers."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from wavebook.errors import WavebookError
from wavebook.project import Project
from wavebook.rows import read_text
from wavebook.wavefile import PartFile, read_about
from wavebook.weighting import Raked, rake


@dataclass(frozen=True)
class Weighted:
    """One part with its weights.

    Attributes
    ----------
    source
        The part's file.
    frame
        Its rows, as text, the weight in the column that ``wave.yml`` names.
    column
        That column.
    """

    part: str
    source: Path
    frame: pd.DataFrame
    column: str
    raked: Raked

    @property
    def report(self) -> str:
        """How the margins were met, for a terminal."""
        table = self.raked.report.copy()
        for column in ("before", "target", "after"):
            table[column] = table[column].map("{:.1%}".format)
        return f"{self.part}: {self.raked.summary}\n{table.to_string(index=False)}"


def weigh(project: Project, wave: str) -> list[Weighted]:
    """Return the parts of a wave that have margins, with weights that meet them.

    Weights start from 1 each, whatever stands in the column already: weighting twice is the same as
    weighting once.

    Raises
    ------
    WavebookError
        If no part has margins, the answers do not fit them, or the raking does not converge.
    """
    folder = project.wave_folder(wave)
    name = project.relative(folder / "wave.yml")
    about = read_about(folder, name)
    made = [
        _weighted(project, part, file, folder / file.file)
        for part, file in about.parts.items()
        if file.margins
    ]
    if not made:
        raise WavebookError(
            f"{name}: no part has margins; expected, for example, "
            "margins: {region: {north: 0.6, south: 0.4}}"
        )
    return made


def _weighted(project: Project, part: str, file: PartFile, path: Path) -> Weighted:
    frame = read_text(path, project.relative(path))
    try:
        raked = rake(frame, file.margins, trim=file.trim)
    except WavebookError as error:
        raise WavebookError(f"{project.relative(path)}: {error}") from None
    if not raked.converged:
        raise WavebookError(
            f"{project.relative(path)}: {raked.summary}; the margins contradict each other, or the "
            "bounds of trim are too tight"
        )
    column = str(file.weight)  # wave.yml names one where there are margins
    weights = raked.weights.map(lambda weight: repr(round(float(weight), 6)))
    return Weighted(part, path, frame.assign(**{column: weights}), column, raked)


def write(made: list[Weighted], out: Path | None = None) -> list[Path]:
    """Write each part's rows, with weights, over its file or into a folder; return the paths.

    All files are written before the first is replaced, and each is replaced as a whole.
    """
    paths = [(out or one.source.parent) / one.source.name for one in made]
    partials = [path.with_name(f".{path.name}.{os.getpid()}") for path in paths]
    try:
        for one, partial in zip(made, partials, strict=True):
            partial.parent.mkdir(parents=True, exist_ok=True)
            if one.source.suffix == ".parquet":
                one.frame.to_parquet(partial, index=False)
            else:
                one.frame.to_csv(partial, index=False, lineterminator="\n")
        for partial, path in zip(partials, paths, strict=True):
            partial.replace(path)
    except OSError as error:
        raise WavebookError(f"{paths[0].parent}: cannot be written: {error.strerror}") from None
    finally:
        for partial in partials:
            partial.unlink(missing_ok=True)
    return paths
