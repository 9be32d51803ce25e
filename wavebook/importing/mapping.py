"""The mapping file: how an export of a survey platform speaks the instrument's language.

`wavebook map` drafts one and `wavebook add` reads it. Every value in it is text, whether quoted or
not, so ``01``, ``1.0``, ``Yes`` and ``no`` are what they look like. ``???`` is a gap that `add`
refuses. The keys:

``wave``
    ``title``, ``year``, ``fieldwork`` (``start`` and ``end``, as ``2031-03`` or ``2031-03-15``),
    ``fielded_by``, ``status`` (``measured`` by default), ``provenance`` (a sentence on how the
    export came about), ``disclosure``; ``id`` is checked against ``--wave`` where it is given.
    Of a wave that is there already it says the same as its ``wave.yml``, but for the title.
``parts``
    For each part of the survey:

    ``source``
        ``file`` (its name alone) where several files are read; ``sheet``, ``structure``,
        ``encoding``, ``separator`` where they are not to be detected.
    ``only``
        Which rows belong to the part: ``{mode: [1], status: [complete], submitdate: "*"}``, where
        ``*`` is anything that is not empty.
    ``respondent``
        The column with the respondents' ids; without it they are numbered.
    ``weight``, ``strata``, ``cluster``, ``fpc``, ``lonely``, ``margins``, ``trim``
        The sample's design: columns of the export, and what ``wave.yml`` says besides.
    ``decimal``
        ``,`` or ``.`` in weights, where the numbers alone cannot tell.
    ``missing``
        Codes that mean the same in every column: ``{-1: not asked}``, or ``{-9: refused}`` where
        the questions that have it list ``refused`` under ``missing`` in ``data/instrument.yml``.
    ``questions``
        For each question of the part that this wave asked, one of

        - ``column: Q1``, for a question with one answer;
        - ``columns: {beans: Q2_1, roses: Q2_2}``, a column a row: of a matrix, of choices that can
          be ticked (``dont_know`` and ``none of these`` may have a column among them), of ranks;
        - ``places: [Q3_first, Q3_second]``, a column a place, which holds the row ranked there;
        - ``column: Q4`` and ``separator: ";"``, all choices in one cell, or all rows in order;

        and besides

        ``codes``
            Each code or label of the export with the answer that it is, or ``not asked``. Without
            it the cells hold the instrument's own codes or labels. A column with codes of its own
            is written ``roses: {column: Q2_2, codes: {…}}``.
        ``otherwise``
            The answer that any other text is, such as ``other``.
        ``empty``
            The answer that an empty cell is, for those who were asked: ``no`` where a choice that
            is not ticked is left empty. Without it, nothing.
        ``asked``
            Who was asked, where that decides whether a choice was left or never offered: ``base``
            (the instrument's, by default), ``any`` (who ticked anything), or a column:
            ``{column: Q4_shown, is: [1]}``; without ``is``, where it is not empty.
``ignore``
    Columns that are not needed, by name or pattern (``Q99_*``); `add` warns of all others.
``shared``
    A place for YAML anchors.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

from wavebook.wavefile import Disclosure, Lonely, Status, check_order, existing

GAP = "???"
NOT_ASKED = "not asked"
NONE_OF_THESE = "none of these"
DATE = re.compile(r"\d{4}-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?")


def _is_date(value: str) -> str:
    if not DATE.fullmatch(value):
        raise ValueError(f"'{value}' is not a month or a day, such as 2031-03 or 2031-03-15")
    return existing(value)


def _as_list(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Date = Annotated[str, AfterValidator(_is_date)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_as_list)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _leave_out_what_is_blank(cls, data: Any) -> Any:
        """Take a key with nothing behind it, or with comments alone, for one that is not there."""
        return {k: v for k, v in data.items() if v != ""} if isinstance(data, dict) else data


class MappedFieldwork(_Strict):
    """First and last day or month of the interviews."""

    start: Date
    end: Date

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        check_order(self.start, self.end)
        return self


class MappedWave(_Strict):
    """What ``wave.yml`` is to say of the wave."""

    id: str | None = None
    title: str
    year: int = Field(ge=1900, le=2200)
    fieldwork: MappedFieldwork
    fielded_by: str = ""
    status: Status = "measured"
    provenance: str = ""
    disclosure: Disclosure | None = None


class SourceFile(_Strict):
    """Which file a part is read from, and how."""

    file: str | None = None
    sheet: str | None = None
    structure: str | None = None
    encoding: str | None = None
    separator: str | None = None


class MappedColumn(_Strict):
    """A column of a row; with codes of its own where they are not those of its neighbours."""

    column: str
    codes: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _from_column(cls, data: Any) -> Any:
        return {"column": data} if isinstance(data, str) else data


class Asked(_Strict):
    """Who was asked: the question's base, who ticked anything, or who a column tells."""

    who: Literal["base", "any", "column"] = "column"
    column: str = ""
    values: Texts = Field(default=(), alias="is")

    @model_validator(mode="before")
    @classmethod
    def _from_word(cls, data: Any) -> Any:
        if not isinstance(data, str):
            return data
        return {"who": data} if data in ("base", "any") else {"column": data}


class MappedQuestion(_Strict):
    """Where a question's answers stand in the export, and what they look like there."""

    column: str | None = None
    columns: dict[str, MappedColumn] = Field(default_factory=dict)
    places: Texts = ()
    separator: str | None = None
    codes: dict[str, str] = Field(default_factory=dict)
    otherwise: str | None = None
    empty: str = NOT_ASKED
    asked: Asked = Asked(who="base")

    @model_validator(mode="before")
    @classmethod
    def _from_column(cls, data: Any) -> Any:
        return {"column": data} if isinstance(data, str) else data

    @model_validator(mode="after")
    def _check_form(self) -> Self:
        told = [k for k in ("column", "columns", "places") if getattr(self, k)]
        if len(told) != 1:
            found = " and ".join(told) or "none of them"
            raise ValueError(f"expected one of column, columns, places; found {found}")
        if self.separator and not self.column:
            raise ValueError("a separator needs one column that holds all choices")
        return self

    def columns_read(self) -> Iterator[tuple[str, str]]:
        """Yield every column that holds answers, as (key below the question, column)."""
        if self.column:
            yield "column", self.column
        yield from ((f"columns.{row}", told.column) for row, told in self.columns.items())
        yield from ((f"places.{at}", column) for at, column in enumerate(self.places))


class MappedPart(_Strict):
    """One part of the survey in the export."""

    source: SourceFile = SourceFile()
    only: dict[str, Texts] = Field(default_factory=dict)
    respondent: str | None = None
    weight: str | None = None
    strata: str | None = None
    cluster: str | None = None
    fpc: str | None = None
    lonely: Lonely | None = None
    margins: dict[str, dict[str, float]] = Field(default_factory=dict)
    trim: tuple[float, float] | None = None
    decimal: Literal[",", "."] | None = None
    missing: dict[str, str] = Field(default_factory=dict)
    questions: dict[str, MappedQuestion] = Field(min_length=1)

    @property
    def design(self) -> dict[str, str]:
        """The columns of the sample design, by what they are."""
        told = {key: getattr(self, key) for key in ("weight", "strata", "cluster", "fpc")}
        return {key: column for key, column in told.items() if column}

    def mentions(self) -> Iterator[tuple[str, str]]:
        """Yield every column that the part reads, as (key below the part, column)."""
        yield from ((f"only.{column}", column) for column in self.only)
        if self.respondent:
            yield "respondent", self.respondent
        yield from self.design.items()
        for name, question in self.questions.items():
            for key, column in question.columns_read():
                yield f"questions.{name}.{key}", column
            if question.asked.column:
                yield f"questions.{name}.asked.column", question.asked.column


class MappingFile(_Strict):
    """A whole mapping: see the module's text."""

    wave: MappedWave | None = None
    parts: dict[str, MappedPart] = Field(min_length=1)
    ignore: Texts = ()

    def ignores(self, column: str) -> bool:
        """Whether a column is not needed: by its name, or by a pattern."""
        return column in self.ignore or any(fnmatchcase(column, one) for one in self.ignore)
