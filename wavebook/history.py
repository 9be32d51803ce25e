"""A finding's values beside those of earlier waves: what changed.

The values of an answer to a question are compared at once for all its rows, and all answers of a
question without rows, whatever a page shows of them: so the verdicts in a table, in a chart and in
a sentence are the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from wavebook.asking import Asking
from wavebook.change_prose import no_comparison, sentence
from wavebook.comparison import Changes, Grounds, compare
from wavebook.errors import WavebookError
from wavebook.estimates import Estimates
from wavebook.evidence import Cell
from wavebook.instrument import Question
from wavebook.told import Engine
from wavebook.trend import Trends, trend_sentence, trends
from wavebook.wave import open_wave
from wavebook.wavefile import WaveFile


class Asked(NamedTuple):
    """What was asked to have some values: a question, its groups, whether places are meant."""

    question: str
    by: tuple[str, ...]
    places: bool


class Family(NamedTuple):
    """Values that are compared at once: those of one answer in all rows, else all that was asked.

    Attributes
    ----------
    option
        The answer; None for all of them.
    """

    asked: Asked
    option: str | None

    @classmethod
    def of(cls, cell: Cell, question: Question) -> Family:
        """Return the family that a value belongs to."""
        by = tuple(part.partition("=")[0] for part in cell.group.split(" & ") if part)
        places = cell.measure == "rank" and question.type != "ranking"
        return cls(Asked(cell.question, by, places), cell.option if question.rows else None)


@dataclass(frozen=True)
class History:
    """The wave that is reported and earlier ones, asked the same.

    Attributes
    ----------
    now
        The wave that is reported.
    earlier
        The waves it is compared with, the earliest first.
    """

    now: Asking
    earlier: tuple[Asking, ...]
    _asked: dict[Asked, tuple[Estimates, ...]] = field(default_factory=dict, compare=False)
    _compared: dict[Family, Changes] = field(default_factory=dict, compare=False)

    def changes(self, shown: Estimates) -> Changes:
        """Return what changed in some values since the wave before."""
        earlier = self.earlier[-1]
        found = Changes((), self.now.wave.about, earlier.wave.about)
        for family, estimates in self._families(shown).items():
            if family not in self._compared:
                then, now = (
                    values.only(option=family.option) for values in self._series(family.asked)[-2:]
                )
                self._compared[family] = compare(now, then, self._grounds(self.now, earlier))
            found += self._compared[family].among(estimates)
        return found

    def trends(self, shown: Estimates) -> Trends:
        """Return some values through all waves; of those with a trend to tell."""
        grounds = self._grounds(*self.earlier, self.now)
        found: list[Trends] = []
        for family, estimates in self._families(shown).items():
            cells = {e.cell: e for e in estimates}
            series = [values.only(option=family.option) for values in self._series(family.asked)]
            made = trends(series, grounds)
            kept = tuple(trend for trend in made if trend.latest.cell in cells)
            found.append(replace(made, values=kept))
        return Trends(tuple(trend for made in found for trend in made), grounds.waves)

    def why_not(self, shown: Estimates) -> str:
        """Return why none of some values can be compared; empty where one can."""
        if len(self.earlier) > 1:
            return ""
        changes = self.changes(shown)
        return no_comparison(changes) if len(changes) and not changes.has_comparison else ""

    def sentence(self, shown: Estimates, what: str = "") -> str:
        """Return what changed in some values, in words; through all waves where there are three."""
        if len(self.earlier) > 1:
            return trend_sentence(self.trends(shown), what)
        return sentence(self.changes(shown), what, alone=False)

    def _grounds(self, *askings: Asking) -> Grounds:
        return Grounds(
            self.now.project.instrument,
            tuple(asking.wave.about for asking in askings),
            tuple(asking.wave.rows_asked for asking in askings),
            self.now.where,
        )

    def _families(self, shown: Estimates) -> dict[Family, Estimates]:
        questions = self.now.wave.instrument.questions
        found: dict[Family, Estimates] = {}
        for e in shown:
            family = Family.of(e.cell, questions[e.cell.question])
            found[family] = found.get(family, Estimates(())) + Estimates((e,))
        return found

    def _series(self, asked: Asked) -> tuple[Estimates, ...]:
        """Return the values in each wave, the earliest first."""
        if asked not in self._asked:
            askings = (*self.earlier, self.now)
            self._asked[asked] = tuple(_ask(asking, asked) for asking in askings)
        return self._asked[asked]


def open_earlier(
    now: Asking, compare_with: str | Sequence[str], engine: Engine
) -> tuple[Asking, ...]:
    """Return the waves that a wave, or a slice of it, is compared with, the earliest first.

    Parameters
    ----------
    compare_with
        Ids of waves; in one text, joined by commas.

    Raises
    ------
    WavebookError
        If there is no such wave, it has problems, is the wave itself or a later one.
    """
    ids = compare_with.split(",") if isinstance(compare_with, str) else compare_with
    waves = [open_wave(now.project, one.strip(), engine) for one in dict.fromkeys(ids)]
    for one in waves:
        check_earlier(now.wave.about, one.about)
    ordered = sorted(waves, key=lambda one: one.about.fieldwork.start)
    return tuple(Asking(now.project, one, now.where, now.level) for one in ordered)


def check_earlier(now: WaveFile, one: WaveFile) -> None:
    """Make sure that a wave can be compared with another.

    Raises
    ------
    WavebookError
        If they are the same, or the other one is later.
    """
    if one.id == now.id:
        raise WavebookError(f"--compare {one.id}: a wave cannot be compared with itself")
    if one.fieldwork.start > now.fieldwork.start:
        raise WavebookError(
            f"--compare {one.id}: found a wave of {one.fieldwork.start}; expected one "
            f"before {now.fieldwork.start}, when {now.id} began"
        )


def _ask(asking: Asking, asked: Asked) -> Estimates:
    question = asking.wave.instrument.question(asked.question)
    if question.type == "ranking":
        return asking.ranks(asked.question, by=asked.by[0] if asked.by else None)
    shares = asking.shares(asked.question, by=asked.by or None)
    return asking.places(shares) if asked.places else shares
