"""Values with base, interval, status and labels: what tables, charts and prose are made of."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from wavebook import wording
from wavebook.errors import WavebookError, listing, nearest
from wavebook.evidence import Cell, ValueStatus
from wavebook.ranges import limit_about

if TYPE_CHECKING:
    import pandas as pd

    from wavebook.disclosure import Reliability

SUPPRESSED = "*"
NOT_ASKED = "–"
ASSUMED = "†"  # behind what nobody stated


@dataclass(frozen=True, slots=True)
class Estimate:
    """One value of one table.

    Attributes
    ----------
    cell
        Its address.
    value
        A share (0–1), mean rank (from 1), count or rank.
    low, high
        Confidence interval; missing (None) for a count and a rank of a census.
    base
        How many answered.
    status
        Whether the source states it, two stated values imply it, it was assumed or measured.
    label
        What it is the share or rank of: its row, else its option, else its group.
    stated
        Bounds, where a published report gives the value only in words.
    rank
        Its place among its siblings, ties marked: ``5=``; empty where siblings have no order.
    count
        Of a share: how many respondents it is, before weighting.
    level
        Confidence level of the interval.
    reliability
        Whether the base is large enough: ``sound``, ``low``, or ``suppressed``; ``absent`` where
        the wave did not ask, or nobody in the slice was asked. Of a suppressed or absent estimate
        there is nothing to tell: its value is NaN, its base 0.
    df
        Degrees of freedom of the standard error.
    untold
        Why prose cannot quote the value in this wave or slice, though it may in others; empty where
        it can.
    is_base_assumed
        Whether the source does not state the base, so that the reconstruction fills it in; the
        interval rests on it.
    """

    cell: Cell
    value: float
    low: float | None
    high: float | None
    base: int
    status: ValueStatus
    label: str = ""
    short: str = ""
    option_label: str = ""
    group_label: str = ""
    se: float | None = None
    effective_base: float | None = None
    stated: tuple[float, float] | None = None
    rank: str = ""
    count: int | None = None
    level: float = 0.95
    reliability: Reliability = "sound"
    df: float | None = None
    untold: str = ""
    is_base_assumed: bool = False

    @property
    def is_suppressed(self) -> bool:
        """Whether too few answered to show it, or it would tell what so few answered."""
        return self.reliability == "suppressed"

    @property
    def is_missing(self) -> bool:
        """Whether there is no value to show: it is suppressed, or was not asked."""
        return self.reliability in ("suppressed", "absent")

    @property
    def is_known(self) -> bool:
        """Whether prose may quote it: it is there, and somebody stated or measured it."""
        return not (self.is_missing or self.untold or self.status == "assumed")

    @property
    def stand_in(self) -> str:
        """What stands where the value would, were there one."""
        return SUPPRESSED if self.is_suppressed else NOT_ASKED

    @property
    def base_text(self) -> str:
        """The base as a table prints it."""
        mark = ASSUMED if self.is_base_assumed else ""
        return self.stand_in if self.is_missing else f"{self.base:,}{mark}"

    @property
    def percent(self) -> str:
        """The share as a per cent, or the range of it that is known; a rank as a place: ``1st``."""
        if self.is_missing:
            return self.stand_in
        if self.cell.measure == "rank":
            return wording.place(self.rank or f"{self.value:.0f}")
        if self.stated:
            return wording.percent_range(*self.stated)
        return wording.percent(self.value)

    @property
    def text(self) -> str:
        """The value as a table or a chart prints it: a per cent, a place, a count, a mean."""
        if self.is_missing:
            return self.stand_in
        match self.cell.measure:
            case "share":
                return self.percent
            case "rank":
                return self.rank or f"{self.value:.0f}"
            case "mean_rank":
                return wording.decimal(self.value)
            case _:
                return f"{self.value:,.0f}"

    @property
    def words(self) -> str:
        """The share in words."""
        if self.is_missing:
            return self.stand_in
        if self.stated and wording.words(self.stated[0]) != wording.words(self.stated[1]):
            return self._bounds_in_words(*self.stated)
        return wording.words(self.value)

    @staticmethod
    def _bounds_in_words(low: float, high: float) -> str:
        middle = wording.words((low + high) / 2)
        inside = all(
            wording.words(low + step * (high - low) / 10) == middle for step in range(1, 10)
        )
        return middle if inside else f"between {wording.words(low)} and {wording.words(high)}"

    @property
    def margin(self) -> float:
        """Half the width of the interval; NaN where there is no value that it could be of."""
        if self.is_missing:
            return math.nan
        return (self.high - self.low) / 2 if self.low is not None and self.high is not None else 0.0

    @property
    def interval(self) -> str:
        """The interval, that of a share as per cents; widened by what the source leaves open."""
        if self.bounds is None:
            return "–"
        if self.cell.measure != "share":
            return "–".join(map(wording.decimal, self.bounds))
        return wording.percent_range(*self.bounds)

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The interval; of a range, from the lower limit of its least to the upper of its most."""
        if self.low is None or self.high is None:
            return None
        if self.stated is None:
            return self.low, self.high
        least, most = self.stated
        is_share = self.cell.measure == "share"
        return (
            limit_about(self.low, self.value, least, is_share=is_share),
            limit_about(self.high, self.value, most, is_share=is_share),
        )

    @property
    def certainty(self) -> str:
        """Interval and base in brackets; empty for a value without an interval, such as a rank."""
        if self.low is None or self.high is None:
            return ""
        base = (
            f"a base of {self.base:,}, assumed"
            if self.is_base_assumed
            else f"{self.base:,} answered"
        )
        return f"({self.interval_name} {self.interval}; {base})"

    @property
    def interval_name(self) -> str:
        """What the interval is called: ``95% interval``."""
        return f"{wording.level(self.level)} interval"


@dataclass(frozen=True)
class Estimates:
    """Estimates that belong together, in the order of the questionnaire.

    Indexing by a row's, option's or group's code gives one estimate: ``grown["beans"]``, in a
    placeholder ``{{ grown.beans | pct }}``.

    Attributes
    ----------
    absent
        What the instrument knows and this wave or slice does not: found by its code, and otherwise
        left out, so that what is made of the values needs no thought of it.
    """

    values: tuple[Estimate, ...]
    absent: tuple[Estimate, ...] = ()

    def __iter__(self) -> Iterator[Estimate]:
        return iter(self.values)

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, code: str) -> Estimate:
        for known in (self.values, self.absent):
            found = [e for e in known if code in (e.cell.row, e.cell.option, e.cell.group)]
            if len(found) == 1 or (found and known is self.absent):
                return found[0]
            if found:
                raise WavebookError(
                    f"'{code}' names {len(found)} values: narrow them first with "
                    "only(option=…), only(row=…), only(group=…) or only(measure=…)"
                )
        codes = {c for e in self.values for c in (e.cell.row, e.cell.option, e.cell.group) if c}
        raise WavebookError(f"no value '{code}' {listing(sorted(codes))}{nearest(code, codes)}")

    def __contains__(self, code: object) -> bool:
        return any(code in (e.cell.row, e.cell.option, e.cell.group) for e in self.values)

    def __add__(self, other: Estimates) -> Estimates:
        return Estimates(self.values + other.values, self.absent + other.absent)

    def each(self, made: Callable[[Estimate], Estimate]) -> Estimates:
        """Return what a function makes of each estimate, of absent ones too."""
        return Estimates(tuple(map(made, self.values)), tuple(map(made, self.absent)))

    def _where(self, kept: Callable[[Estimate], bool]) -> Estimates:
        return Estimates(tuple(filter(kept, self.values)), tuple(filter(kept, self.absent)))

    def only(
        self,
        *,
        row: str | Sequence[str] | None = None,
        option: str | Sequence[str] | None = None,
        group: str | Sequence[str] | None = None,
        measure: str | None = None,
    ) -> Estimates:
        """Return the estimates at the given codes.

        Raises
        ------
        WavebookError
            If nothing here, absent values included, is called so: a misspelt code would silently
            leave out what rests on it.
        """
        asked = {
            name: {codes} if isinstance(codes, str) else set(codes)
            for name, codes in (
                ("row", row), ("option", option), ("group", group), ("measure", measure)
            )
            if codes is not None
        }  # fmt: skip
        for name, codes in asked.items():
            known = {getattr(e.cell, name) for e in (*self.values, *self.absent)}
            for code in sorted(codes - known) if known else ():
                raise WavebookError(
                    f"only({name}='{code}'): no value has that {name} "
                    f"{listing(sorted(known - {''}))}{nearest(code, known)}"
                )
        return self._where(
            lambda e: all(getattr(e.cell, name) in codes for name, codes in asked.items())
        )

    def named(self, group_label: str) -> Estimates:
        """Return the estimates as those of one group, such as one of two questions side by side."""
        return self.each(lambda e: replace(e, group_label=group_label))

    def among(self, *codes: str) -> Estimates:
        """Return the estimates of some rows, in the order given."""
        chosen = [self[code] for code in codes]
        return Estimates(
            tuple(e for e in chosen if e.reliability != "absent"),
            tuple(e for e in chosen if e.reliability == "absent"),
        )

    def best_first(self, most: int) -> Estimates:
        """Return the places up to `most`, rows by their mean place over all groups.

        A row without a place in a group counts there as one beyond the last.
        """
        kept = [e for e in self.values if e.value <= most]
        groups = len({(e.cell.question, e.cell.group) for e in kept})
        rows: dict[str, list[float]] = {}
        for e in kept:
            rows.setdefault(e.cell.row, []).append(e.value)
        mean = {row: sum(v) + (groups - len(v)) * (most + 1) for row, v in rows.items()}
        return Estimates(tuple(sorted(kept, key=lambda e: mean[e.cell.row])), self.absent)

    @property
    def ranked(self) -> tuple[Estimate, ...]:
        """From the most to the least: the largest share, the best (smallest) rank first.

        What is suppressed comes last; what is absent, only where there is nothing else.
        """
        smallest_first = any(e.cell.measure in ("mean_rank", "rank") for e in self.values)
        sign = 1 if smallest_first else -1
        return tuple(
            sorted(
                self.values or self.absent,
                key=lambda e: math.inf if e.is_missing else sign * e.value,
            )
        )

    @property
    def highest(self) -> Estimate:
        """The largest share, or the best rank."""
        return self._at(0)

    @property
    def lowest(self) -> Estimate:
        """The smallest share, or the last rank."""
        return self._at(-1)

    def _at(self, place: int) -> Estimate:
        if not (ranked := self.ranked):
            raise WavebookError("no value is the highest or lowest of none: only(…) left nothing")
        return ranked[place]

    @property
    def known(self) -> Estimates:
        """The estimates that prose may quote: neither assumed nor suppressed; the rest absent."""
        return Estimates(
            tuple(e for e in self.values if e.is_known),
            tuple(e for e in self.values if not e.is_known) + self.absent,
        )

    def frame(self) -> pd.DataFrame:
        """Return a row an estimate, with the labels that charts need."""
        import pandas as pd  # noqa: PLC0415  # pages print estimates and have no use for frames

        return pd.DataFrame(self.columns())

    def columns(self) -> dict[str, list[Any]]:
        """Return the columns of `frame`, of which those make frames who have more of them."""
        rows = [
            {
                **e.cell._asdict(),
                "label": e.label,
                "short": e.short or e.label,
                "option_label": e.option_label,
                "group_label": e.group_label,
                "value": e.value,
                "low": e.low,
                "high": e.high,
                "base": None if e.is_missing else e.base,
                "status": "suppressed" if e.is_suppressed else e.status,
                "is_range": e.stated is not None,
                "rank": e.rank,
            }
            for e in self.values
        ]
        return {name: [row[name] for row in rows] for name in rows[0]} if rows else {}
