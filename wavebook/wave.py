"""One fieldwork: who was asked, how they were sampled, what they answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd
from pydantic import ValidationError

from wavebook.check import Answers
from wavebook.errors import Problem, WavebookError, listing
from wavebook.instrument import Instrument, read_yaml, validation_problems
from wavebook.project import Project
from wavebook.rows import Engine, open_rows, read_text, typed
from wavebook.wavefile import WaveFile


@dataclass(frozen=True)
class Wave:
    """One fieldwork, read and ready to be estimated from.

    Attributes
    ----------
    about
        What ``wave.yml`` says.
    instrument
        The questionnaire that the answers belong to.
    frames
        A frame for each part, of pandas or a larger engine: a row a respondent, a text column a
        question (or row of a question), numbers for ranks, derived questions included, missing
        where not asked.
    """

    about: WaveFile
    instrument: Instrument
    frames: Mapping[str, Any]

    @property
    def id(self) -> str:
        """The wave's id, such as ``2010``."""
        return self.about.id

    @property
    def is_reconstruction(self) -> bool:
        """Whether the respondents were made to agree with published figures."""
        return self.about.status == "reconstruction"

    def asks(self, name: str) -> bool:
        """Whether this wave's data hold a question."""
        question = self.instrument.question(name)
        frame = self.frames.get(question.part)
        return frame is not None and any(c in frame.columns for c in question.columns(name))

    def rows_asked(self, name: str) -> dict[str, str]:
        """Return the rows of a question that this wave asked, as ``{row: column}``."""
        question = self.instrument.question(name)
        frame = self.frames.get(question.part)
        if frame is None:
            return {}
        return {row: c for c, row in question.columns(name).items() if c in frame.columns}

    @cached_property
    def respondents(self) -> Mapping[str, int]:
        """How many people answered each part."""
        return {part: len(frame) for part, frame in self.frames.items()}


def read_wave(project: Project, wave: str) -> Wave:
    """Return a wave that is sound.

    Raises
    ------
    WavebookError
        With every problem of the wave, a line each.
    """
    read, problems = inspect_wave(project, wave)
    if problems or read is None:
        raise WavebookError.of(problems)
    return read


def open_wave(project: Project, wave: str, engine: Engine) -> Wave:
    """Return a wave on an engine.

    In pandas it is checked as it is read. For larger engines its rows stay where they are until a
    question is asked, and are taken to be sound: whoever starts a build has checked them.

    Raises
    ------
    WavebookError
        With every problem found.
    """
    if engine == "pandas":
        return read_wave(project, wave)
    folder = project.wave_folder(wave)
    name = project.relative(folder / "wave.yml")
    try:
        about = WaveFile.model_validate(read_yaml(folder / "wave.yml", name))
    except ValidationError as error:
        raise WavebookError.of(validation_problems(error, name)) from None
    instrument = project.instrument
    frames = {
        part: typed(open_rows(folder / file.file, engine), part, file.numbers, instrument)
        for part, file in about.parts.items()
    }
    return Wave(about, instrument.named_in(about.year), frames)


def inspect_wave(project: Project, wave: str) -> tuple[Wave | None, list[Problem]]:
    """Read a wave and return it with all its problems; None where it can't be read at all."""
    folder = project.wave_folder(wave)
    name = project.relative(folder / "wave.yml")
    try:
        about = WaveFile.model_validate(read_yaml(folder / "wave.yml", name))
    except ValidationError as error:
        return None, validation_problems(error, name)
    except WavebookError as error:
        return None, [Problem(name, str(error).removeprefix(f"{name}: "))]
    problems: list[Problem] = []
    if about.id != wave:
        problems.append(
            Problem(name, f"'{about.id}' is not the folder's name '{wave}'", column="id")
        )
    instrument = project.instrument
    frames: dict[str, pd.DataFrame] = {}
    for part, file in about.parts.items():
        if part not in instrument.parts:
            found = f"'{part}' is not a part {listing(instrument.parts)}"
            problems.append(Problem(name, found, column=f"parts.{part}"))
            continue
        path = folder / file.file
        try:
            frame = read_text(path, project.relative(path))
        except WavebookError as error:
            problems.append(Problem(project.relative(path), str(error).split(": ", 1)[-1]))
            continue
        answers = Answers(
            project.relative(path),
            frame,
            instrument,
            part,
            file.design_columns,
            file.numbers,
            file.respondents,
        )
        problems += answers.problems()
        frames[part] = frame
    if problems:
        return None, problems
    made = {p: typed(f, p, about.parts[p].numbers, instrument) for p, f in frames.items()}
    return Wave(about, instrument.named_in(about.year), made), []
