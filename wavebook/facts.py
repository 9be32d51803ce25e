"""What chapters may say of a wave as a whole: ``{{ wave.parts.post.respondents | count }}``."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from wavebook.estimates import Estimate
from wavebook.evidence import Cell
from wavebook.project import Project
from wavebook.wavefile import PartFile, WaveFile


def wave_facts(project: Project, about: WaveFile) -> WaveFile:
    """Return what ``wave.yml`` says, with the number of respondents of each part.

    A part that the instrument has and the wave has not is there as well, with a number that no
    prose can quote: a chapter that does is told to leave its paragraph out.
    """
    folder = project.wave_folder(about.id)
    parts: dict[str, PartFile] = {}
    for code, part in project.instrument.parts.items():
        file = about.parts.get(code)
        respondents: Any
        if file is None:
            file = PartFile(file="none")
            respondents = _untold(
                f"the survey of {about.year} had no {part.short or part.label} part"
            )
        else:
            respondents = file.respondents or _counted(folder / file.file)
        parts[code] = file.model_copy(update={"respondents": respondents})
    return about.model_copy(update={"parts": parts})


def _counted(path: Path) -> int:
    from wavebook.rows import count_rows  # noqa: PLC0415  # brings pandas

    return count_rows(path)


def _untold(reason: str) -> Estimate:
    cell = Cell("", measure="base")
    return Estimate(cell, math.nan, None, None, 0, "measured", reliability="absent", untold=reason)
