"""One fieldwork: who was asked, how they were sampled, what they answered."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from wavebook.design import read_sample
from wavebook.engines import Source
from wavebook.held import Held
from wavebook.instrument import Instrument
from wavebook.project import Project
from wavebook.reads import Noted, note, unnoted, watch
from wavebook.ready import ready_wave
from wavebook.rows import open_rows, read_text, typed
from wavebook.told import CHECKED, Engine
from wavebook.wavefile import WaveFile, read_about


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

    def __post_init__(self) -> None:
        with unnoted():
            object.__setattr__(self, "frames", Noted("rows", self.frames, self.id))

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
        return bool(self.rows_asked(name))

    def rows_asked(self, name: str) -> dict[str, str]:
        """Return the rows of a question that this wave asked, as ``{row: column}``."""
        question = self.instrument.question(name)
        columns = question.columns(name)
        return {row: c for c, row in columns.items() if self.has(question.part, c)}

    def has(self, part: str, column: str) -> bool:
        """Whether a part's data hold a column."""
        note("has", self.id, part, column)
        with unnoted():
            frame = self.frames.get(part)
        return frame is not None and column in frame.columns

    def rows_of(self, part: str) -> Any:
        """Return a part's rows for an estimate, which notes the columns that it reads.

        `frames` has the same; who takes one there is taken to read all of it.
        """
        if part not in self._rows:
            with unnoted():
                frame = self.frames[part]
            self._rows[part] = Held(frame) if isinstance(frame, pd.DataFrame) else frame
        return watch(self._rows[part], self.id, part)

    def hold(self) -> None:
        """Work out now what estimates from any of the answers will need."""
        with unnoted():
            for part, file in self.about.parts.items():
                rows = self.rows_of(part)
                if isinstance(rows, Held):
                    for column in rows.schema:
                        if column in self.instrument.columns:
                            rows.answers(column)
                    read_sample(Source.of(rows), file.design)

    @cached_property
    def _rows(self) -> dict[str, Any]:
        return {}

    @cached_property
    def respondents(self) -> Mapping[str, int]:
        """How many people answered each part."""
        with unnoted():
            sizes = {part: len(frame) for part, frame in self.frames.items()}
        return Noted("size", sizes, self.id)


def read_wave(project: Project, wave: str) -> Wave:
    """Return a wave that is sound.

    Raises
    ------
    WavebookError
        With every error in the wave, a line each.
    """
    # What is checked needs what a wave is.
    from wavebook.inspection import read_sound_wave  # noqa: PLC0415

    return read_sound_wave(project, wave)


def open_wave(project: Project, wave: str, engine: Engine) -> Wave:
    """Return a wave on an engine.

    It is checked, unless whoever starts this kernel has checked it (`wavebook.told`). On
    larger engines rows stay where they are until a question is asked.

    Raises
    ------
    WavebookError
        With every error found.
    """
    note("wave", wave)
    note("instrument", "about")
    is_checked = wave in os.environ.get(CHECKED, "").split(",")
    with unnoted():  # what is asked of the wave counts, not that it is opened
        if engine == "pandas" and not is_checked:
            return read_wave(project, wave)
        ready = ready_wave(project, wave) if engine == "pandas" else None
        return ready or read_unchecked(project, wave, engine)


def read_unchecked(project: Project, wave: str, engine: Engine) -> Wave:
    """Return a wave that somebody has checked."""
    folder = project.wave_folder(wave)
    about = read_about(folder, project.relative(folder / "wave.yml"))
    instrument = project.instrument
    frames = {}
    for part, file in about.parts.items():
        path = folder / file.file
        rows = (
            read_text(path, project.relative(path))
            if engine == "pandas"
            else open_rows(path, engine)
        )
        frames[part] = typed(rows, part, file.numbers, instrument)
    return Wave(about, instrument.named_in(about.year), frames)
