"""What a wave's ``wave.yml`` says, and nothing of its answers: reading it needs no dataframe."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from wavebook.errors import WavebookError, short
from wavebook.lifetime import Strict
from wavebook.validation import validation_problems
from wavebook.yaml_file import read_yaml

if TYPE_CHECKING:
    from wavebook.design import Design
    from wavebook.disclosure import Thresholds

Status = Literal["reconstruction", "measured", "simulated"]
Lonely = Literal["fail", "adjust", "average", "remove", "certainty"]


def _matching(pattern: str, expected: str) -> AfterValidator:
    """Refuse text that is not of a form, and say in words of which it is to be."""

    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(f"found '{short(text)}'; expected {expected}")
        return text

    return AfterValidator(check)


Month = Annotated[
    str, _matching(r"\d{4}-(0[1-9]|1[0-2])(-\d{2})?", "a month or a day, such as 2031-03")
]
FileName = Annotated[
    str, _matching(r"[A-Za-z0-9][\w.-]*", "the name of a file beside this one, without folders")
]


def existing(day: str) -> str:
    """Return a month or a day, as ``2031-03`` or ``2031-03-15``, that there is in the calendar."""
    try:
        date.fromisoformat(f"{day}-01"[:10])
    except ValueError:
        raise ValueError(f"there is no day {day}") from None
    return day


def check_order(start: str, end: str) -> None:
    """Refuse fieldwork that ends before it begins; either is a month or a day."""
    if end < start[: len(end)]:
        raise ValueError(f"end {end} is before start {start}")


class Fieldwork(Strict):
    """First and last month of the interviews, as ``YYYY-MM``."""

    start: Month
    end: Month

    @field_validator("start", "end")
    @classmethod
    def _check_day(cls, given: str) -> str:
        return existing(given)

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        check_order(self.start, self.end)
        return self


class PartFile(Strict):
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
        from wavebook.design import Design  # noqa: PLC0415  # brings pandas

        return Design(self.weight, self.strata, self.cluster, self.fpc, self.lonely)

    @property
    def numbers(self) -> tuple[str, ...]:
        """The design's columns that hold numbers."""
        return tuple(column for column in (self.weight, self.fpc) if column)

    @property
    def design_columns(self) -> tuple[str, ...]:
        """The columns that describe the sample and are no questions."""
        return tuple(c for c in (self.weight, self.strata, self.cluster, self.fpc) if c)


class Disclosure(Strict):
    """Bases below `suppress` are not shown, those below `flag` are marked as unreliable."""

    suppress: int = Field(default=10, ge=0)
    flag: int = Field(default=30, ge=0)

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.flag < self.suppress:
            raise ValueError(f"flag {self.flag} is below suppress {self.suppress}")
        return self


class Source(Strict):
    """The export that a part's rows were translated from.

    `sha256` tells whether a file that somebody has is that one; `mapping` is the file beside the
    rows that says how they were translated.
    """

    file: str
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    kind: str = ""
    sheet: str | None = None
    mapping: FileName | None = None


class Provenance(Strict):
    """Where a wave's rows came from: what the author noted, and each part's export."""

    note: str = ""
    sources: dict[str, Source] = Field(default_factory=dict)


class WaveFile(Strict):
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
    provenance: Provenance | None = None

    @model_validator(mode="after")
    def _check_year(self) -> Self:
        start, end = int(self.fieldwork.start[:4]), int(self.fieldwork.end[:4])
        if not start - 1 <= self.year <= end + 1:
            raise ValueError(
                f"year {self.year} is not that of the fieldwork, "
                f"{self.fieldwork.start} to {self.fieldwork.end}"
            )
        return self

    @property
    def years(self) -> tuple[int, ...]:
        """The years of the fieldwork, and the one that the wave is named after."""
        start, end = int(self.fieldwork.start[:4]), int(self.fieldwork.end[:4])
        return tuple(sorted({*range(start, end + 1), self.year}))

    @property
    def thresholds(self) -> Thresholds | None:
        """How small a base may be; None where there is nobody to protect.

        The respondents of a reconstruction are made up from published figures: hiding their small
        groups would shield nobody, and hide what the source itself has published.
        """
        if self.status == "reconstruction":
            return None
        from wavebook.disclosure import Thresholds  # noqa: PLC0415  # brings pandas

        return Thresholds(self.disclosure.suppress, self.disclosure.flag)


def read_about(folder: Path, name: str) -> WaveFile:
    """Return what a wave's folder says in its ``wave.yml``.

    Parameters
    ----------
    name
        The file, as the user would name it.

    Raises
    ------
    WavebookError
        With every problem of the file, a line each.
    """
    try:
        return WaveFile.model_validate(read_yaml(folder / "wave.yml", name))
    except ValidationError as error:
        raise WavebookError.of(validation_problems(error, name, WaveFile)) from None
