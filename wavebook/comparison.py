"""What changed between two waves, and what cannot be compared.

Verdicts allow for the number of values that are compared at once, after Holm: compare all values of
a question first and narrow the result with `Changes.only` or `Changes.among`, so that a table, a
chart and a sentence never disagree.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from wavebook.comparability import why_not_comparable
from wavebook.differences import PLACES, TESTED, Change, judged
from wavebook.estimates import Estimate, Estimates
from wavebook.evidence import Cell
from wavebook.instrument import Instrument
from wavebook.wavefile import WaveFile


@dataclass(frozen=True, slots=True)
class Ended:
    """A value of the earlier wave that the later one has no counterpart of."""

    then: Estimate
    reason: str


@dataclass(frozen=True)
class Changes:
    """What changed between two waves, in the order of the later wave's values.

    Attributes
    ----------
    now, then
        What ``wave.yml`` says of the two waves.
    ended
        What only the earlier wave asked.
    """

    values: tuple[Change, ...]
    now: WaveFile
    then: WaveFile
    ended: tuple[Ended, ...] = ()

    def __iter__(self) -> Iterator[Change]:
        return iter(self.values)

    def __len__(self) -> int:
        return len(self.values)

    def __add__(self, other: Changes) -> Changes:
        return replace(self, values=self.values + other.values, ended=self.ended + other.ended)

    def __getitem__(self, code: str) -> Change:
        return self.by_cell[self.estimates[code].cell]

    @property
    def now_name(self) -> str:
        """The later wave as a reader knows it: its year, or its id where the years are the same."""
        return self._name(self.now)

    @property
    def then_name(self) -> str:
        """The earlier wave as a reader knows it."""
        return self._name(self.then)

    def _name(self, wave: WaveFile) -> str:
        return wave.id if self.now.year == self.then.year else str(wave.year)

    @property
    def reconstructed(self) -> tuple[str, ...]:
        """The names of the waves that are reconstructions of published figures."""
        both = (self.then, self.then_name), (self.now, self.now_name)
        return tuple(name for wave, name in both if wave.status == "reconstruction")

    @cached_property
    def by_cell(self) -> Mapping[Cell, Change]:
        """Every change by the address of its value."""
        return {change.cell: change for change in self.values}

    @cached_property
    def estimates(self) -> Estimates:
        """The later wave's values."""
        return Estimates(tuple(change.now for change in self.values))

    @property
    def compared(self) -> tuple[Change, ...]:
        """The changes that have a verdict."""
        return tuple(change for change in self.values if change.verdict is not None)

    @property
    def clear(self) -> tuple[Change, ...]:
        """The clear changes."""
        return tuple(change for change in self.values if change.is_clear)

    @property
    def not_comparable(self) -> tuple[Change, ...]:
        """The values without a counterpart, each with its reason."""
        return tuple(change for change in self.values if change.reason)

    def among(self, estimates: Estimates) -> Changes:
        """Return the changes of some of the values, in their order and with their labels.

        Verdicts stay what they were among all.
        """
        kept = tuple(
            replace(self.by_cell[e.cell], now=e) for e in estimates if e.cell in self.by_cell
        )
        questions = {e.cell.question for e in estimates}
        ended = tuple(one for one in self.ended if one.then.cell.question in questions)
        return replace(self, values=kept, ended=ended)

    def only(
        self,
        *,
        row: str | Sequence[str] | None = None,
        option: str | Sequence[str] | None = None,
        group: str | Sequence[str] | None = None,
        measure: str | None = None,
    ) -> Changes:
        """Return the changes at the given codes, with the verdicts that they have among all."""
        kept = self.estimates.only(row=row, option=option, group=group, measure=measure)
        thens = Estimates(tuple(one.then for one in self.ended))
        left = {e.cell for e in thens.only(row=row, option=option, group=group, measure=measure)}
        ended = tuple(one for one in self.ended if one.then.cell in left)
        return replace(self.among(kept), ended=ended)


def compare(
    now: Estimates, then: Estimates, *, instrument: Instrument, waves: tuple[WaveFile, WaveFile]
) -> Changes:
    """Return what changed between the values of two waves.

    Parameters
    ----------
    now, then
        The same questions put to the later and to the earlier wave, at one confidence level.
        Measures besides shares, mean ranks and places are not compared: counts and bases tell how
        many were interviewed.
    instrument
        What both were asked from.
    waves
        What ``wave.yml`` says of the later and of the earlier wave.

    Returns
    -------
    Changes
        One for each value of the later wave. Nothing is told of a suppressed value, nor of one that
        a reconstruction had to assume.
    """
    about_now, about_then = waves
    changes = Changes((), about_now, about_then)
    earlier = {e.cell: e for e in then}
    pairs = []
    for e in now:
        if e.cell.measure in (*TESTED, PLACES):
            other = earlier.get(e.cell)
            pairs.append((e, other, _obstacle(e.cell, e, other, instrument, changes)))
    asked = {e.cell for e in now}
    ended = tuple(
        Ended(e, _obstacle(e.cell, None, e, instrument, changes))
        for e in then
        if e.cell not in asked and e.cell.measure in (*TESTED, PLACES) and _untold(e, "") is None
    )
    return replace(changes, values=judged(pairs), ended=ended)


def _obstacle(
    cell: Cell,
    now: Estimate | None,
    then: Estimate | None,
    instrument: Instrument,
    changes: Changes,
) -> str:
    """Return why two values cannot be compared; empty where they can."""
    reason = why_not_comparable(instrument, cell, changes.now.year, changes.then.year)
    return reason or _untold(now, changes.now_name) or _untold(then, changes.then_name) or ""


def _untold(e: Estimate | None, wave: str) -> str | None:
    """Return why a wave has no value to compare, None where it has."""
    if e is None:
        return f"not asked in {wave}"
    if e.is_suppressed:
        return f"too few answered in {wave}"
    if math.isnan(e.value):
        return f"nobody was asked in {wave}"
    return f"not published in {wave}" if e.status == "assumed" else None
