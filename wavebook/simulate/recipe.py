"""What a practice wave is made from, and what follows from it: its year, its parts, their sizes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wavebook.errors import WavebookError, listing, nearest
from wavebook.project import Project
from wavebook.simulate.sample import allocated
from wavebook.simulate.units import units_of
from wavebook.wave import Wave
from wavebook.yaml_file import read_yaml

FEWEST, MOST = 10, 10_000_000
PART_LEAST = 2  # respondents
USUAL = 1_000  # respondents, where no wave says how many


@dataclass(frozen=True)
class Recipe:
    """What a practice wave is made from; the same recipe makes the same bytes.

    Attributes
    ----------
    wave
        Its id.
    like
        The wave whose people and answers it resembles; without one all is invented from the
        instrument.
    respondents
        In all parts; as many as in `like` unless given.
    parts
        ``{part: respondents}``, None for a share of the rest in proportion to `like`; all parts
        unless given.
    shifts
        Known changes, as `wavebook.simulate.shifts.read_shifts` takes them.
    missing
        The share of answers that are lost, 0–1, besides those that nobody gave in `like`.
    year
        The one after `like`, or after the newest wave, unless given.
    """

    wave: str
    like: str | None = None
    respondents: int | None = None
    parts: Mapping[str, int | None] | None = None
    seed: int = 1
    shifts: Sequence[str] = ()
    missing: float = 0.02
    year: int | None = None
    title: str = ""

    def year_in(self, project: Project, like: Wave | None) -> int:
        """Return the year of the wave.

        Raises
        ------
        WavebookError
            If none is given and there is no wave that it could follow.
        """
        if self.year is not None:
            return self.year
        if like is not None:
            return like.about.year + 1
        years = [_year(project, wave) for wave in project.waves]
        if not years:
            raise WavebookError("--year: there is no wave yet that this one could follow: give it")
        return max(years) + 1

    def sizes(self, project: Project, like: Wave | None, year: int) -> dict[str, int]:
        """Return how many respondents each part gets, in the instrument's order.

        Raises
        ------
        WavebookError
            If a part is unknown, or the numbers do not fit together.
        """
        instrument = project.instrument
        known = [
            part
            for part in instrument.parts
            if (part in like.frames if like else units_of(instrument, part, year))
        ]
        for part in self.parts or ():
            if part not in known:
                raise WavebookError(
                    f"--parts: '{part}' is not a part {listing(known)}{nearest(part, known)}"
                )
        wanted = {
            p: size
            for p in known
            for size in [(self.parts or {}).get(p)]
            if self.parts is None or p in self.parts
        }
        given = {part: size for part, size in wanted.items() if size is not None}
        rest = [part for part in wanted if part not in given]
        usual = np.array([like.respondents[p] if like else USUAL / len(known) for p in rest])
        total = self.respondents
        if total is None:
            total = sum(given.values()) + int(usual.sum())
        if not FEWEST <= total <= MOST:
            raise WavebookError(f"--respondents: {total:,} is not between {FEWEST} and {MOST:,}")
        left = total - sum(given.values())
        if left < PART_LEAST * len(rest) or (left and not rest):
            raise WavebookError(
                f"--parts: {sum(given.values()):,} respondents in {listing(given)} leave {left:,} "
                f"of {total:,} for {', '.join(rest) or 'no other part'}"
            )
        if rest:
            given |= dict(zip(rest, map(int, allocated(usual, left, PART_LEAST)), strict=True))
        return {part: given[part] for part in wanted}

    def wave_file(
        self, like: Wave | None, year: int, files: Mapping[str, dict[str, Any]]
    ) -> dict[str, Any]:
        """Return what ``wave.yml`` says of the wave.

        Parameters
        ----------
        files
            What it says of each part.
        """
        start, end = f"{year}-03", f"{year}-04"
        if like is not None:
            start, end = (
                f"{int(month[:4]) + year - like.about.year}{month[4:7]}"
                for month in (like.about.fieldwork.start, like.about.fieldwork.end)
            )
        about = {
            "id": self.wave,
            "title": self.title or f"Practice wave {self.wave} (simulated)",
            "year": year,
            "status": "simulated",
            "fieldwork": {"start": start, "end": end},
            "fielded_by": "a computer, for practice",
            "parts": dict(files),
        }
        if like is not None:
            about["disclosure"] = like.about.disclosure.model_dump()
        return about


def read_parts(text: str) -> dict[str, int | None]:
    """Return ``part=300,other`` as parts with their respondents.

    Raises
    ------
    WavebookError
        If it is not of that form.
    """
    found: dict[str, int | None] = {}
    for one in text.split(","):
        part, equals, size = (piece.strip() for piece in one.partition("="))
        if not part or (equals and not size.isascii()) or (equals and not size.isdigit()):
            raise WavebookError(
                f"--parts '{text}': expected parts with their respondents, such as "
                "PART=3000,OTHER=2000, or PART,OTHER in proportion"
            )
        if part in found:
            raise WavebookError(f"--parts '{text}': '{part}' stands here twice")
        found[part] = int(size) if equals else None
        if equals and int(size) < PART_LEAST:
            raise WavebookError(f"--parts '{text}': a part needs {PART_LEAST} respondents or more")
    return found


def _year(project: Project, wave: str) -> int:
    path = project.wave_folder(wave) / "wave.yml"
    year = read_yaml(path, project.relative(path)).get("year")
    if not isinstance(year, int):
        raise WavebookError(f"{project.relative(path)}, year: expected a year; or give --year")
    return year
