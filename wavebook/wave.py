"""One fieldwork: who was asked, how they were sampled, what they answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Literal, Self

import pandas as pd
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from wavebook.check import Answers
from wavebook.design import Design, Lonely
from wavebook.disclosure import Thresholds
from wavebook.errors import Problem, WavebookError, listing
from wavebook.instrument import Instrument, read_yaml, validation_problems
from wavebook.project import Project
from wavebook.rows import Engine, open_rows, read_text, typed

Status = Literal["reconstruction", "measured", "simulated"]
Month = Annotated[str, StringConstraints(pattern=r"^\d{4}-(0[1-9]|1[0-2])(-\d{2})?$")]
FileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][\w.-]*$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Fieldwork(_Strict):
    """First and last month of the interviews, as ``YYYY-MM``."""

    start: Month
    end: Month


class PartFile(_Strict):
    """A part's data file, how many people are in it, and the columns of its sample design.

    `margins` are the population's shares, and `trim` the bounds of a weight in mean weights, to
    which `wavebook weight` rakes the part.
    """

    file: FileName
    respondents: int | None = Field(default=None, ge=1)
    weight: str | None = None
    strata: str | None = None
    cluster: str | None = None
    fpc: str | None = None
    lonely: Lonely = "fail"
    margins: dict[str, dict[str, float]] = Field(default_factory=dict)
    trim: tuple[float, float] | None = None

    @model_validator(mode="after")
    def _check_weight(self) -> Self:
        if self.margins and not self.weight:
            raise ValueError("margins need a column for the weights, such as weight: weight")
        return self

    @property
    def design(self) -> Design:
        """How the part was sampled."""
        return Design(self.weight, self.strata, self.cluster, self.fpc, self.lonely)

    @property
    def numbers(self) -> tuple[str, ...]:
        """The design's columns that hold numbers."""
        return tuple(column for column in (self.weight, self.fpc) if column)

    @property
    def design_columns(self) -> tuple[str, ...]:
        """The columns that describe the sample and are no questions."""
        return tuple(c for c in (self.weight, self.strata, self.cluster, self.fpc) if c)


class Disclosure(_Strict):
    """Bases below `suppress` are not shown, those below `flag` are marked as unreliable."""

    suppress: int = Field(default=10, ge=0)
    flag: int = Field(default=30, ge=0)

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.flag < self.suppress:
            raise ValueError(f"flag {self.flag} is below suppress {self.suppress}")
        return self


class WaveFile(_Strict):
    """What ``wave.yml`` says of a wave."""

    id: str
    title: str
    year: int = Field(ge=1900, le=2200)
    status: Status = "measured"
    fieldwork: Fieldwork
    fielded_by: str = ""
    evidence: str | None = None
    interviews: int = Field(default=0, ge=0)
    parts: dict[str, PartFile] = Field(min_length=1)
    disclosure: Disclosure = Disclosure()

    @property
    def thresholds(self) -> Thresholds | None:
        """How small a base may be; None where there is nobody to protect.

        The respondents of a reconstruction are made up from published figures: hiding their small
        groups would shield nobody, and hide what the source itself has published.
        """
        if self.status == "reconstruction":
            return None
        return Thresholds(self.disclosure.suppress, self.disclosure.flag)


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
    return Wave(about, instrument, frames)


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
    return Wave(about, instrument, made), []
