"""Changes that a practice wave is given, as they are written on the command line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from wavebook.errors import WavebookError, listing, nearest
from wavebook.expression import parse
from wavebook.instrument import Instrument, Question
from wavebook.simulate.pool import Floats, Marks, Pool
from wavebook.simulate.retarget import moved, retargeted, scaled

FORM = re.compile(
    r"\s*(?P<column>[^\s=:]+)\s*(?:=\s*(?P<option>[^\s=:]+)\s*)?"
    r":\s*(?P<change>\S+)(?:\s+where\s+(?P<where>.+))?\s*"
)
SIGNED = re.compile(r"[+-](?:\d+(?:\.\d*)?|\.\d+)")
EXPECTED = (
    "expected COLUMN=OPTION:+0.10 for a share, COLUMN:-0.5 for a mean rank, with a condition "
    "where wanted: COLUMN=OPTION:+0.10 where site == 'north'"
)
EXACT = 1e-9
ROUNDS = 100  # shifts of a ranking's rows, or of groups that overlap, disturb each other ever less


@dataclass(frozen=True)
class Shift:
    """A change of one share, or of one row's mean rank, in all or in a group.

    Attributes
    ----------
    text
        As it was written.
    option
        An option, a net, or a code that counts; nothing for a mean rank.
    change
        In shares, 0–1, or in ranks.
    where
        The condition of the group; nothing for all.
    """

    text: str
    column: str
    option: str
    change: float
    where: str

    def domain(self, pool: Pool) -> Marks:
        """Return who it is about."""
        if not self.where:
            return np.ones(len(pool), dtype=bool)
        return pool.meeting(parse(self.where))

    def value(self, pool: Pool) -> float:
        """Return the share, or the mean rank, that it is about."""
        domain = self.domain(pool)
        if self.option:
            members = self.members(pool)
            return float(pool.shares(self.column, domain)[members].sum())
        inside = domain & pool.counted(self.column)
        ranks = pool.codes[self.column][inside] + 1.0
        return float(np.average(ranks, weights=pool.mass[inside]))

    def members(self, pool: Pool) -> list[int]:
        """Return the positions, among the answers, of what it is the share of."""
        question = pool.question_of(self.column)
        answers = question.answers
        codes = question.nets[self.option].options if self.option in question.nets else ()
        return [answers.index(code) for code in codes or (self.option,)]


@dataclass(frozen=True)
class Shifted:
    """A shift that was made: the value before and after, in the population."""

    shift: Shift
    before: float
    after: float


def read_shifts(texts: Iterable[str], instrument: Instrument) -> tuple[Shift, ...]:
    """Return the shifts that were written.

    Raises
    ------
    WavebookError
        With a line for each that cannot be understood or names what the instrument does not have.
    """
    found: list[Shift] = []
    problems: list[str] = []
    for text in texts:
        try:
            shift = _read(text, instrument)
            twin = next((s for s in found if _same(s, shift)), None)
            if twin:
                raise WavebookError(f"says again what '{twin.text}' is about")
            found.append(shift)
        except WavebookError as error:
            problems += [f"--shift '{text}': {line}" for line in str(error).splitlines()]
    if problems:
        raise WavebookError("\n".join(problems))
    return tuple(found)


def _same(one: Shift, other: Shift) -> bool:
    return (one.column, one.option, one.where) == (other.column, other.option, other.where)


def _read(text: str, instrument: Instrument) -> Shift:
    match = FORM.fullmatch(text)
    if match is None:
        raise WavebookError(EXPECTED)
    column, option = match["column"], match["option"] or ""
    question = _question(column, instrument)
    ranks = question.type == "ranking"
    if ranks and option:
        raise WavebookError(f"{column} holds ranks and no options: shift its mean, {column}:-0.5")
    if not ranks:
        known = (*question.choices, *question.nets, *question.count)
        if option not in known:
            given = f"'{option}' is not an option" if option else "an option is wanted, one"
            raise WavebookError(f"{given} of {column} {listing(known)}{nearest(option, known)}")
    if not SIGNED.fullmatch(match["change"]):
        raise WavebookError(
            f"'{match['change']}' is not a change: expected a sign and a number, such as +0.10 "
            "for ten percentage points more"
        )
    where = (match["where"] or "").strip()
    problems = list(instrument.expression_problems(where))
    if problems:
        raise WavebookError("\n".join(problems))
    return Shift(text, column, option, float(match["change"]), where)


def _question(column: str, instrument: Instrument) -> Question:
    if column not in instrument.columns:
        if column in instrument.questions:
            rows = list(instrument.questions[column].columns(column))
            raise WavebookError(f"{column} has a column for each row: name one {listing(rows)}")
        known = instrument.columns
        raise WavebookError(f"'{column}' is not a column{nearest(column, known)}")
    question = instrument.questions[instrument.columns[column][0]]
    if question.type == "derived":
        raise WavebookError(f"{column} is derived: shift what it is derived from")
    return question


def shifted(
    pool: Pool, shifts: Sequence[Shift], rng: np.random.Generator
) -> tuple[Pool, tuple[Shifted, ...]]:
    """Return the pool with every shift made, exactly, and each value before and after.

    A shift starts from the pool as it was, so that shifts of a filter and of what it leads to both
    end where they should; they are made in the order in which the questions are asked.

    Raises
    ------
    WavebookError
        If a share would leave 0–1, a mean rank its scale, nobody is asked, or two shifts want
        different things of the same answers.
    """
    _check_asked(pool, shifts)
    before = {shift: shift.value(pool) for shift in shifts}
    target = {shift: before[shift] + shift.change for shift in shifts}
    groups = _groups(pool, shifts)
    for group in groups:
        _check_possible(pool, group, before)
    for _ in range(ROUNDS):
        for group in groups:
            pool = _made(pool, group, target, rng)
        missed = [s for s in shifts if abs(s.value(pool) - target[s]) > EXACT]
        if not missed:
            return pool, tuple(Shifted(s, before[s], s.value(pool)) for s in shifts)
    raise WavebookError(
        "\n".join(
            f"--shift '{s.text}': other shifts of the same answers keep it at {s.value(pool):.4f} "
            f"instead of {target[s]:.4f}"
            for s in missed
        )
    )


def _groups(pool: Pool, shifts: Sequence[Shift]) -> list[tuple[Shift, ...]]:
    """Return the shifts of the same shares together, in the order in which questions are asked."""
    order = [column for unit in pool.units for column in unit.columns]
    found: dict[tuple[str, str], list[Shift]] = {}
    for shift in sorted(shifts, key=lambda shift: order.index(shift.column)):
        found.setdefault((shift.column, shift.where), []).append(shift)
    return [tuple(group) for group in found.values()]


def _check_asked(pool: Pool, shifts: Sequence[Shift]) -> None:
    for shift in shifts:
        mentioned = parse(shift.where).columns if shift.where else ()
        for column in (shift.column, *mentioned):
            if not pool.sources(column):
                raise WavebookError(
                    f"--shift '{shift.text}': {column} is not asked in the new wave's {pool.part}"
                )
        if not (shift.domain(pool) & pool.counted(shift.column)).any():
            raise WavebookError(f"--shift '{shift.text}': nobody answers {shift.column} there")


def _check_possible(pool: Pool, group: Sequence[Shift], before: Mapping[Shift, float]) -> None:
    """Refuse shares below 0 or above 1, alone or together, and ranks beyond first and last."""
    low, high = 0.0, 1.0
    if not group[0].option:
        question = pool.question_of(group[0].column)
        asked = [c for c in question.columns(group[0].column.partition("__")[0]) if c in pool.codes]
        low, high = 1.0, float(len(asked))
    for shift in group:
        now = before[shift]
        if not low - EXACT <= now + shift.change <= high + EXACT:
            raise WavebookError(
                f"--shift '{shift.text}': from {now:.4f} to {now + shift.change:.4f} is not "
                f"possible: expected a change from {low - now:+.4f} to {high - now:+.4f}"
            )
    if low == 1:
        return
    taken = [code for shift in group for code in shift.members(pool)]
    total = sum(before[shift] + shift.change for shift in group)
    column = group[0].column
    if len(set(taken)) < len(taken):
        raise WavebookError(f"--shift: two shifts of {column} are about the same option")
    others = len(pool.shares(column, group[0].domain(pool))) - len(taken)
    if total > 1 + EXACT or (not others and abs(total - 1) > EXACT):
        expected = "at most 1" if others else "1"
        raise WavebookError(
            f"--shift: the shifts of {column} add up to a share of {total:.4f}, not {expected}"
        )


def _made(
    pool: Pool, group: Sequence[Shift], target: Mapping[Shift, float], rng: np.random.Generator
) -> Pool:
    """Return the pool with shifts of the same shares made; other shares keep their proportions."""
    column, domain = group[0].column, group[0].domain(pool)
    if not group[0].option:
        (unit,) = (unit for unit in pool.units if column in unit.columns)
        change = target[group[0]] - group[0].value(pool)
        return moved(pool, unit, column, domain, change, rng)
    now = pool.shares(column, domain)
    shares: Floats = np.zeros(len(now))
    rest = np.ones(len(now), dtype=bool)
    for shift in group:
        members = shift.members(pool)
        shares[members] = scaled(now[members], target[shift])
        rest[members] = False
    shares[rest] = scaled(now[rest], 1 - shares.sum())
    return retargeted(pool, column, domain, shares, rng)
