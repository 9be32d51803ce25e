"""A practice wave, written: its answers, its ``wave.yml``, and the truth that it was drawn from."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from wavebook.errors import WavebookError
from wavebook.importing.place import exchange, put, stage
from wavebook.project import SIMULATED, WAVE_ID, Project
from wavebook.simulate.exclusions import contradictions
from wavebook.simulate.like import pool_like, pool_of
from wavebook.simulate.pool import Pool
from wavebook.simulate.recipe import Recipe
from wavebook.simulate.sample import Sample, sampled
from wavebook.simulate.shifts import Shift, Shifted, read_shifts, shifted
from wavebook.simulate.truth import COLUMNS, TRUTH, truths
from wavebook.wave import Wave, read_wave
from wavebook.wavefile import WaveFile
from wavebook.yaml_file import read_yaml

MANY = 100_000  # respondents of a part, from which on it is written as Parquet

Report = Callable[[int, int], None]  # respondents that have been written, of how many


@dataclass(frozen=True)
class Simulated:
    """A practice wave that has been written.

    Attributes
    ----------
    respondents
        How many answered each part.
    shifted
        The known changes, with their value before and after in the population.
    is_personal
        Whether its rows are those of real people, put together anew.
    """

    folder: Path
    respondents: Mapping[str, int]
    shifted: tuple[Shifted, ...]
    is_personal: bool


@dataclass(frozen=True)
class Drawn:
    """A practice wave before it is written.

    Attributes
    ----------
    like
        The wave whose people and answers it resembles.
    samples
        What is drawn of each part.
    """

    like: Wave | None
    year: int
    samples: Mapping[str, Sample]
    shifted: tuple[Shifted, ...]
    is_personal: bool

    @property
    def sizes(self) -> dict[str, int]:
        """How many answer each part."""
        return {part: sample.size for part, sample in self.samples.items()}


def simulate(
    project: Project,
    recipe: Recipe,
    *,
    replace: bool = False,
    report: Report = lambda written, of: None,
) -> Simulated:
    """Write ``data/waves/<wave>/``, all of it or nothing.

    Parameters
    ----------
    replace
        Whether a simulated wave of that id may be replaced. No other wave ever is.

    Raises
    ------
    WavebookError
        If there is such a wave, or the recipe asks for what cannot be.
    """
    target = _place(project, recipe.wave, replace)
    wave = drawn(project, recipe)
    made = Simulated(target, wave.sizes, wave.shifted, wave.is_personal)
    name = project.relative(target)
    before = (target / "wave.yml").read_bytes() if target.exists() else None
    with stage(target.parent, name) as beside:
        folder = beside / recipe.wave
        folder.mkdir()
        _write_folder(folder, recipe, wave.like, wave.year, wave.samples, made, report)
        if before is None:
            put(folder, target, name)
        else:
            exchange(folder, target, before, name)
    return made


def drawn(project: Project, recipe: Recipe) -> Drawn:
    """Return the wave that a recipe makes.

    Raises
    ------
    WavebookError
        If the recipe asks for what cannot be.
    """
    shifts = read_shifts(recipe.shifts, project.instrument)
    like = read_wave(project, recipe.like) if recipe.like is not None else None
    year = recipe.year_in(project, like)
    sizes = recipe.sizes(project, like, year)
    samples, done = _samples(project, recipe, like, year, sizes, shifts)
    return Drawn(like, year, samples, done, like is not None and _is_personal(project, like))


def _samples(
    project: Project,
    recipe: Recipe,
    like: Wave | None,
    year: int,
    sizes: Mapping[str, int],
    shifts: tuple[Shift, ...],
) -> tuple[dict[str, Sample], tuple[Shifted, ...]]:
    """Return the sample that each part is to be, and the shifts that its population was given."""
    columns, questions = project.instrument.columns, project.instrument.questions
    of_part: dict[str, list[Shift]] = {}
    for shift in shifts:
        of_part.setdefault(questions[columns[shift.column][0]].part, []).append(shift)
    lost = [
        f"--shift '{shift.text}': part '{part}' is not simulated"
        for part, own in of_part.items()
        for shift in own
        if part not in sizes
    ]
    if lost:
        raise WavebookError("\n".join(lost))
    samples: dict[str, Sample] = {}
    done: tuple[Shifted, ...] = ()
    for part, size in sizes.items():
        people = random_of(recipe, part, "people")
        pool = (
            pool_like(like, part, year, people)
            if like
            else pool_of(project.instrument, part, year, people)
        )
        pool, made = shifted(pool, of_part.get(part, []), random_of(recipe, part, "shifts"))
        _refuse_contradictions(pool, made)
        samples[part] = sampled(pool, size, recipe.missing)
        done += made
    return samples, done


def _refuse_contradictions(pool: Pool, made: tuple[Shifted, ...]) -> None:
    for condition, because, met in contradictions(pool):
        told = ", ".join(f"'{one.shift.text}'" for one in made)
        raise WavebookError(
            f"--shift {told}: for {pool.mass[met].sum():.1%} of people '{condition}' would be so, "
            f"and cannot be: {because}"
        )


def _place(project: Project, wave: str, replace: bool) -> Path:
    """Return the folder that a wave is to have, if it may have it."""
    if not WAVE_ID.fullmatch(wave):
        raise WavebookError(
            f"'{wave}' is not a wave id: lower-case letters and digits, joined by - or _"
        )
    folder = project.root / "data" / "waves" / wave
    name = project.relative(folder)
    if folder.exists():
        about = folder / "wave.yml"
        status = read_yaml(about, f"{name}/wave.yml").get("status") if about.is_file() else None
        if status != "simulated":
            raise WavebookError(f"{name}: there is such a wave, and it is not simulated")
        if not replace:
            raise WavebookError(f"{name}: there is such a wave: --replace makes it anew")
    return folder


def random_of(recipe: Recipe, part: str, step: str) -> np.random.Generator:
    """Return random numbers of a step's own: another step that takes more changes none of them."""
    return np.random.default_rng([recipe.seed, zlib.crc32(f"{part}/{step}".encode())])


def _is_personal(project: Project, like: Wave) -> bool:
    """Whether a wave's rows are real people's answers, at first or at second hand."""
    record = project.wave_folder(like.id) / SIMULATED
    if like.about.status == "simulated" and record.is_file():
        return read_yaml(record, project.relative(record)).get("personal") is True
    return like.about.status == "measured"


# Writing


def _write_folder(
    folder: Path,
    recipe: Recipe,
    like: Wave | None,
    year: int,
    samples: Mapping[str, Sample],
    made: Simulated,
    report: Report,
) -> None:
    files: dict[str, dict[str, Any]] = {}
    written = 0
    for part, sample in samples.items():
        file = f"{part}.{'parquet' if sample.size >= MANY else 'csv'}"
        names = sample.names
        files[part] = {
            "file": file,
            "respondents": sample.size,
            "weight": names.weight,
            "strata": names.strata,
            "cluster": names.cluster,
        }
        for respondents in _write_answers(sample, random_of(recipe, part, "sample"), folder / file):
            written += respondents
            report(written, sum(made.respondents.values()))
    rows = [row for sample in samples.values() for row in truths(sample.pool)]
    pd.DataFrame(rows, columns=list(COLUMNS)).to_csv(
        folder / TRUTH, index=False, lineterminator="\n"
    )
    _write_yaml(folder / SIMULATED, _record(recipe, year, made))
    about = recipe.wave_file(like, year, files)
    WaveFile.model_validate(about)
    _write_yaml(folder / "wave.yml", about)


def _write_answers(sample: Sample, rng: np.random.Generator, path: Path) -> Iterator[int]:
    """Write a sample as it is drawn, never all of it in memory; yield how many at a time."""
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            for chunk in sample.chunks(rng):
                frame = chunk.to_pandas(types_mapper={pa.int16(): pd.Int16Dtype()}.get)
                frame.to_csv(file, index=False, header=file.tell() == 0, lineterminator="\n")
                yield len(frame)
        return
    writer = None
    try:
        for chunk in sample.chunks(rng):
            if writer is None:
                # Without Arrow's own schema the answers are read as text, not as categories.
                writer = pq.ParquetWriter(path, chunk.schema, store_schema=False)
            writer.write_table(chunk)
            yield len(chunk)
    finally:
        if writer is not None:
            writer.close()


def _write_yaml(path: Path, content: Mapping[str, Any]) -> None:
    heading = "# Simulated for practice by wavebook simulate: nothing here is a finding.\n"
    text = yaml.safe_dump(dict(content), sort_keys=False, allow_unicode=True, width=100)
    path.write_text(heading + text, encoding="utf-8")


def _record(recipe: Recipe, year: int, made: Simulated) -> dict[str, Any]:
    """Return how a wave was made: enough to make it again, and each known change."""
    return {
        "like": recipe.like,
        "personal": made.is_personal,
        "seed": recipe.seed,
        "year": year,
        "respondents": dict(made.respondents),
        "missing": recipe.missing,
        "shifts": [
            {
                "shift": one.shift.text,
                "before": round(one.before, 10),
                "after": round(one.after, 10),
            }
            for one in made.shifted
        ],
    }
