"""Weights for a wave, raked to the margins in ``wave.yml`` and written beside its answers."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

import numpy as np
import pandas as pd

from wavebook.errors import Problem, WavebookError, nearest
from wavebook.project import Project
from wavebook.rows import read_text
from wavebook.wavefile import PartFile, read_about
from wavebook.weighting import Raked, rake

ROUNDED = 0.011  # as far as published shares may be from 1 together, each of them rounded


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
    weighted = {part: file for part, file in about.parts.items() if file.margins}
    frames = {
        part: read_text(folder / file.file, project.relative(folder / file.file))
        for part, file in weighted.items()
    }
    problems = [
        problem
        for part, file in weighted.items()
        for problem in margin_problems(
            frames[part], file.margins, f"{name}, parts.{part}.margins", _shown(project, wave, file)
        )
    ]
    if problems:
        raise WavebookError.of(problems)
    made = [
        _weighted(project, part, file, folder / file.file, frames[part])
        for part, file in weighted.items()
    ]
    if not made:
        raise WavebookError(
            f"{name}: no part has margins; expected, for example, "
            "margins: {region: {north: 0.6, south: 0.4}}"
        )
    return made


def _shown(project: Project, wave: str, file: PartFile) -> str:
    return project.relative(project.wave_folder(wave) / file.file)


def margin_problems(
    frame: pd.DataFrame, margins: Mapping[str, Mapping[str, float]], where: str, data: str
) -> Iterator[Problem]:
    """Yield what keeps a part's rows from being weighted to its margins, all at once.

    Parameters
    ----------
    where
        The place of the margins, as the user would name it.
    data
        The file of the rows, likewise.
    """
    for column, targets in margins.items():
        place = f"{where}.{column}"
        if column not in frame:
            yield Problem(place, f"there is no such column{nearest(column, frame.columns)}")
            continue
        wrong = [name for name, share in targets.items() if not (isfinite(share) and share > 0)]
        for name in wrong:
            yield Problem(f"{place}.{name}", f"found {targets[name]:g}; expected a share above 0")
        total = sum(targets.values())
        if not wrong and 0.5 < total < 1.5 and abs(total - 1) > ROUNDED:
            yield Problem(place, f"the shares add up to {total:g}; expected 1")
        answers = frame[column].fillna("").astype(str)
        counts = answers.value_counts()
        known = [name for name in counts.index if name]
        for name in map(str, targets):
            if name not in counts.index:
                unmet = [other for other in known if other not in targets]
                yield Problem(f"{place}.{name}", f"nobody is in it{nearest(name, unmet)}")
        for name in known:
            if name not in targets:
                told = f"'{name}' has no share, and {counts[name]:,} respondents are in it"
                yield Problem(place, told)
        rows = tuple(int(row) + 1 for row in np.flatnonzero(answers == ""))
        if rows:
            told = f"empty; to be weighted by {column}, each respondent needs a category"
            yield Problem(data, told, rows[0], column, rows=rows)


def _weighted(
    project: Project, part: str, file: PartFile, path: Path, frame: pd.DataFrame
) -> Weighted:
    where = f"{project.relative(path.parent / 'wave.yml')}, parts.{part}"
    try:
        raked = rake(frame, file.margins, trim=file.trim)
    except WavebookError as error:
        raise WavebookError(f"{where}: {error}") from None
    if not raked.converged:
        raise WavebookError(
            f"{where}: {raked.summary}; the margins contradict each other, or the "
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
