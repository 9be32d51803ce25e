"""Since when and until when something is asked, under which names, and when it changed."""

from __future__ import annotations

from itertools import pairwise
from math import inf
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Strict(BaseModel):
    """What a file says: keys that are not known are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Former(Strict):
    """A name that something had until a year, that year included."""

    until: int
    label: str
    short: str = ""


class Break(Strict):
    """A change of wording or scale: from that year, answers are not comparable with earlier ones.

    A plain year in the file is a break without a reason.
    """

    since: int
    reason: str = ""

    @model_validator(mode="before")
    @classmethod
    def _from_year(cls, data: Any) -> Any:
        return {"since": data} if isinstance(data, int) else data


class Lifetime(Strict):
    """When something was asked, what it was called, and when it changed.

    `since` and `until` are years, both included. `former` are its earlier names; a renamed item is
    the same and stays comparable. `changed` are the breaks after which it is not.
    """

    label: str
    short: str = ""
    since: int | None = None
    until: int | None = None
    former: tuple[Former, ...] = ()
    changed: tuple[Break, ...] = Field(default=())

    @model_validator(mode="after")
    def _check_years(self) -> Self:
        if self.since and self.until and self.until < self.since:
            raise ValueError(f"until {self.until} is before since {self.since}")
        for key, years in (
            ("former", [name.until for name in self.former]),
            ("changed", [change.since for change in self.changed]),
        ):
            for year in years:
                if not self.existed_in(year):
                    raise ValueError(f"{key}: {year} is not within {self.span}")
            for earlier, later in pairwise(years):
                if later <= earlier:
                    raise ValueError(f"{key}: {later} stands after {earlier}; the earliest first")
        return self

    @property
    def span(self) -> str:
        """The years in which it existed: ``2005–2011``, ``since 2006``."""
        if self.since and self.until:
            return f"{self.since}–{self.until}"
        return f"since {self.since}" if self.since else f"until {self.until}"

    def was_with(self, other: Lifetime) -> bool:
        """Return whether there is a year in which both were asked."""
        begin = max(self.since or -inf, other.since or -inf)
        return begin <= min(self.until or inf, other.until or inf)

    def existed_in(self, year: int) -> bool:
        """Whether it existed in that year."""
        return (self.since or year) <= year <= (self.until or year)

    def label_in(self, year: int) -> str:
        """Return the label that it had in that year.

        Examples
        --------
        >>> plot = Lifetime(label="Plot", former=[{"until": 2014, "label": "Allotment"}])
        >>> plot.label_in(2014), plot.label_in(2015)
        ('Allotment', 'Plot')
        """
        name = self._former_in(year)
        return name.label if name else self.label

    def chart_label_in(self, year: int) -> str:
        """Return the label that fits beside a bar, as it was in that year."""
        name = self._former_in(year) or self
        return name.short or name.label

    @property
    def chart_label(self) -> str:
        """The label that fits beside a bar."""
        return self.short or self.label

    def breaks_between(self, earlier: int, later: int) -> tuple[Break, ...]:
        """Return the breaks that separate answers of one year from those of a later one."""
        return tuple(change for change in self.changed if earlier < change.since <= later)

    def _former_in(self, year: int) -> Former | None:
        return next((name for name in self.former if year <= name.until), None)
