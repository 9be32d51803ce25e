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

from wavebook.comparability import RowsAsked, why_not_comparable
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
        """The later wave as a reader knows it."""
        return names_of((self.now, self.then))[0]

    @property
    def then_name(self) -> str:
        """The earlier wave as a reader knows it."""
        return names_of((self.now, self.then))[1]

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

    @cached_property
    def names(self) -> Mapping[Cell, str]:
        """What tells each value from the others: its item, answer or group, or several of them."""
        shown = [change.now for change in self.values]
        parts = told_apart(shown, [e.label for e in shown])
        return {e.cell: ", ".join(part) for e, part in zip(shown, parts, strict=True)}

    @property
    def has_comparison(self) -> bool:
        """Whether any value has a counterpart that it may be compared with."""
        return any(change.then is not None for change in self.values)

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

        Verdicts stay what they were among all. What only the earlier wave asked is kept where its
        siblings are: the same answer about other rows, or another answer about the same.
        """
        kept = tuple(
            replace(self.by_cell[e.cell], now=e) for e in estimates if e.cell in self.by_cell
        )
        siblings = {of for e in estimates for of in _siblings(e.cell)}
        ended = tuple(one for one in self.ended if siblings & _siblings(one.then.cell))
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


def _siblings(cell: Cell) -> set[Cell]:
    """Return what a value has in common with those of other rows, and of other answers."""
    return (
        {cell._replace(row=""), cell._replace(option="")}
        if cell.row
        else {cell._replace(option="")}
    )


@dataclass(frozen=True)
class Grounds:
    """What decides whether values of waves can be compared.

    Attributes
    ----------
    instrument
        What all were asked from.
    waves
        What ``wave.yml`` says of each.
    asked
        For each, which rows of a question it put to people; all that the instrument has where
        nothing is told.
    where
        The condition that picks people, the same in all.
    """

    instrument: Instrument
    waves: tuple[WaveFile, ...]
    asked: tuple[RowsAsked, ...] = ()
    where: str | None = None

    def obstacle(
        self, cell: Cell, now: tuple[int, Estimate | None], then: tuple[int, Estimate | None]
    ) -> str:
        """Return why the values of two waves cannot be compared; empty where they can.

        Parameters
        ----------
        now, then
            Which wave, by its place, and its value; None where it was not asked for.
        """
        places = (now[0], then[0])
        one, other = (self.waves[place] for place in places)
        names = names_of((one, other))
        asked = (self.asked[places[0]], self.asked[places[1]]) if self.asked else None
        reason = why_not_comparable(
            self.instrument, cell, one.year, other.year, asked=asked, where=self.where
        )
        return reason or _untold(now[1], names[0]) or _untold(then[1], names[1])


def compare(now: Estimates, then: Estimates, grounds: Grounds) -> Changes:
    """Return what changed between the values of two waves.

    Parameters
    ----------
    now, then
        The same questions put to the later and to the earlier wave, at one confidence level.
        Measures besides shares, mean ranks and places are not compared: counts and bases tell how
        many were interviewed.
    grounds
        Of the later and the earlier wave, in this order.

    Returns
    -------
    Changes
        One for each value of the later wave. Nothing is told of a suppressed value, nor of one that
        a reconstruction had to assume.
    """
    about_now, about_then = grounds.waves
    earlier = {e.cell: as_called(e, grounds.instrument, about_then.year) for e in then}
    pairs = [
        (e, before, grounds.obstacle(e.cell, (0, e), (1, before)))
        for e, before in ((e, earlier.get(e.cell)) for e in now)
        if e.cell.measure in (*TESTED, PLACES)
    ]
    asked = {e.cell for e in now}
    ended = tuple(
        Ended(e, grounds.obstacle(cell, (0, None), (1, e)))
        for cell, e in earlier.items()
        if cell not in asked and cell.measure in (*TESTED, PLACES) and is_told(e)
    )
    return Changes(judged(pairs), about_now, about_then, ended)


def as_called(e: Estimate, instrument: Instrument, year: int) -> Estimate:
    """Return an estimate with the label that its row or option had in a year."""
    question = instrument.question(e.cell.question)
    item = question.rows.get(e.cell.row) or question.options.get(e.cell.option)
    if item is None or item.label != e.label:
        return e
    return replace(e, label=item.label_in(year), short=item.chart_label_in(year))


def told_apart(shown: Sequence[Estimate], items: Sequence[str]) -> list[tuple[str, ...]]:
    """Return what tells each value from the others: its item, answer or group, or several of them.

    Parameters
    ----------
    items
        What each value's item is called, in full or in short.
    """
    told = [list(items), [e.option_label for e in shown], [e.group_label for e in shown]]
    differing = [labels for labels in told if len(set(labels)) > 1] or told[:1]
    return [
        tuple(dict.fromkeys(label for label in labels if label))
        for labels in zip(*differing, strict=True)
    ]


def names_of(waves: Sequence[WaveFile]) -> tuple[str, ...]:
    """Return waves as readers know them: by their years, or by their ids where years are shared."""
    years = {wave.year for wave in waves}
    return tuple(str(wave.year) if len(years) == len(waves) else wave.id for wave in waves)


def is_told(e: Estimate) -> bool:
    """Whether a value may be shown beside another wave's: measured or published, of enough."""
    return not _untold(e, "")


def _untold(e: Estimate | None, wave: str) -> str:
    """Return why a wave has no value to compare; empty where it has."""
    if e is None or e.reliability == "absent":
        return f"not asked in {wave}"
    if e.is_suppressed:
        return f"too few answered in {wave}"
    if math.isnan(e.value):
        return f"nobody was asked in {wave}"
    return f"not published in {wave}" if e.status == "assumed" else ""
