"""Values through three and more waves: each step, and the whole way.

Each comparison is one of `wavebook.comparison`; the verdicts of all steps allow for how many steps
there are, those of the whole way for how many values there are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from wavebook import wording
from wavebook.change_prose import sentence
from wavebook.comparison import Changes, Grounds, as_called, is_told, names_of, told_apart
from wavebook.differences import PLACES, TESTED, Change, judged
from wavebook.errors import WavebookError
from wavebook.estimates import Estimate, Estimates
from wavebook.wavefile import WaveFile


@dataclass(frozen=True)
class Step:
    """What changed between two waves that follow each other, as far as the value is known.

    Attributes
    ----------
    start, end
        Which waves: their places in the trend.
    """

    start: int
    end: int
    change: Change


@dataclass(frozen=True)
class Trend:
    """One value through all waves.

    Attributes
    ----------
    values
        One a wave, the earliest first; None where it was not asked, nor may be shown.
    steps
        From each known value to the next.
    overall
        From the earliest value that the latest can be compared with; None where there is none.
    """

    values: tuple[Estimate | None, ...]
    steps: tuple[Step, ...]
    overall: Step | None

    @property
    def latest(self) -> Estimate:
        """The last known value."""
        return next(e for e in reversed(self.values) if e)


@dataclass(frozen=True)
class Trends:
    """Values through waves, in the order of the latest wave's values.

    Attributes
    ----------
    waves
        What ``wave.yml`` says of each, the earliest first.
    """

    values: tuple[Trend, ...]
    waves: tuple[WaveFile, ...]

    def __iter__(self) -> Iterator[Trend]:
        return iter(self.values)

    def __len__(self) -> int:
        return len(self.values)

    @property
    def names(self) -> tuple[str, ...]:
        """The waves as readers know them."""
        return names_of(self.waves)

    @property
    def labels(self) -> tuple[str, ...]:
        """What tells each value from the others, in full."""
        latest = [trend.latest for trend in self.values]
        return tuple(", ".join(part) for part in told_apart(latest, [e.label for e in latest]))

    @property
    def headings(self) -> list[tuple[str, ...]]:
        """The same in short, in one line or more."""
        latest = [trend.latest for trend in self.values]
        return told_apart(latest, [e.short or e.label for e in latest])

    @property
    def overall(self) -> tuple[Changes, ...]:
        """The changes up to the latest wave, for each wave that some of them start from."""
        found: dict[int, list[Change]] = {}
        for trend in self.values:
            if trend.overall:
                found.setdefault(trend.overall.start, []).append(trend.overall.change)
        return tuple(
            Changes(tuple(found[start]), self.waves[-1], self.waves[start])
            for start in sorted(found)
        )


def trends(series: Sequence[Estimates], grounds: Grounds) -> Trends:
    """Return the latest wave's values through all waves.

    Parameters
    ----------
    series
        The values of the same questions in each wave.
    grounds
        Of the waves in the same order, the earliest first.

    Raises
    ------
    WavebookError
        If the waves do not follow each other in time.
    """
    waves = grounds.waves
    for earlier, later in pairwise(waves):
        if later.fieldwork.start < earlier.fieldwork.start:
            raise WavebookError(
                f"a trend of the waves {wording.join([wave.id for wave in waves])}: "
                f"{later.id} was before {earlier.id}; expected the earliest first"
            )
    by_cell = [
        {e.cell: as_called(e, grounds.instrument, wave.year) for e in es}
        for wave, es in zip(waves, series, strict=True)
    ]
    known = [
        [e if e and is_told(e) else None for e in (one.get(e.cell) for one in by_cell)]
        for e in series[-1]
        if e.cell.measure in (*TESTED, PLACES)
    ]
    known = [values for values in known if values[-1]]
    steps = [_pairs(values, grounds) for values in known]
    whole = [_whole(values, grounds) for values in known]
    made = iter(judged([(e, then, why) for of in steps for _, _, e, then, why in of]))
    of_all = iter(judged([(e, then, why) for of in whole for _, _, e, then, why in of]))
    return Trends(
        tuple(
            Trend(
                tuple(values),
                tuple(Step(start, end, next(made)) for start, end, *_ in steps[at]),
                next((Step(start, end, next(of_all)) for start, end, *_ in whole[at]), None),
            )
            for at, values in enumerate(known)
        ),
        waves,
    )


Compared = tuple[int, int, Estimate, Estimate, str]


def _compared(
    values: Sequence[Estimate | None], start: int, end: int, grounds: Grounds
) -> Compared:
    now, then = values[end], values[start]
    if now is None or then is None:
        raise ValueError("only known values are compared")
    return start, end, now, then, grounds.obstacle(now.cell, (end, now), (start, then))


def _pairs(values: Sequence[Estimate | None], grounds: Grounds) -> list[Compared]:
    known = [at for at, e in enumerate(values) if e]
    return [_compared(values, start, end, grounds) for start, end in pairwise(known)]


def _whole(values: Sequence[Estimate | None], grounds: Grounds) -> list[Compared]:
    """Return the latest value with the earliest that it can be compared with, if there is one."""
    last = len(values) - 1
    pairs = (_compared(values, start, last, grounds) for start, e in enumerate(values[:-1]) if e)
    return [pair for pair in pairs if not pair[-1]][:1]


def trend_sentence(made: Trends, what: str = "") -> str:
    """Return how values went from the earliest wave to the latest, and which steps were clear.

    Parameters
    ----------
    what
        As for `wavebook.change_prose.sentence`.
    """
    said = [sentence(changes, what) for changes in made.overall]
    if made.values and not said:
        return f"No earlier wave can be compared with {made.names[-1]}."
    clear = [
        f"{wording.quoted(label)} {_steps(trend, made.names)}"
        for label, trend in zip(made.labels, made, strict=True)
        if any(step.change.is_clear for step in trend.steps)
    ]
    if clear:
        said.append(f"From wave to wave, {'; '.join(clear)}.")
    elif any(trend.overall and trend.overall.change.is_clear for trend in made):
        said.append("No single step from wave to wave is clear by itself.")
    return " ".join(text for text in said if text)


def _steps(trend: Trend, names: Sequence[str]) -> str:
    told = []
    for step in trend.steps:
        change = step.change
        if change.is_clear and change.then:
            share = {"up": "rose", "down": "fell"}.get(change.verdict or "", "")
            verb = share if change.cell.measure == "share" else f"was {change.said}"
            values = f"({change.then.text} to {change.now.text})"
            told.append(f"{verb} between {names[step.start]} and {names[step.end]} {values}")
    return wording.join(told)
