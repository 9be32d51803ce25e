"""The population behind a practice wave: an earlier wave's people, brought to the new year."""

from __future__ import annotations

import numpy as np
import pandas as pd

from wavebook.instrument import Instrument
from wavebook.simulate.exclusions import without_contradictions
from wavebook.simulate.invent import drawn, filled, invented, ranked_anew
from wavebook.simulate.pool import NONE, Codes, Floats, Pool, Positions
from wavebook.simulate.retarget import retargeted, scaled
from wavebook.simulate.units import Unit, units_of
from wavebook.wave import Wave
from wavebook.wavefile import PartFile

PEOPLE = 20_000  # so many that a share can be moved among them without following a few
MOST = 100_000  # of a larger wave, so many people are drawn


def pool_like(wave: Wave, part: str, year: int, rng: np.random.Generator) -> Pool:
    """Return the people of a wave's part as a population of another year.

    Whole people are kept, so that their answers stay as they hang together. What has been abolished
    is dropped; a new question, row or option is answered by invention.
    """
    frame: pd.DataFrame = wave.frames[part]
    file = wave.about.parts[part]
    weights = _weights(frame, file)
    if len(frame) > MOST:
        index = drawn(weights, MOST, rng)
        mass = np.full(MOST, 1 / MOST)
    else:
        counting = np.flatnonzero(weights > 0)
        index = np.tile(counting, -(-PEOPLE // len(counting)))
        mass = weights[index] / weights[index].sum()
    stratum: Positions = np.zeros(len(index), dtype=np.intp)
    strata: tuple[str, ...] = ("all",)
    if file.strata:
        found, names = pd.factorize(frame[file.strata].astype(str), sort=True)
        stratum, strata = found[index], tuple(map(str, names))
    units = units_of(wave.instrument, part, year)
    leaning = rng.normal(size=len(index))
    pool = Pool(wave.instrument, part, units, {}, mass, leaning, stratum, strata)
    made: set[str] = set()
    for unit in units:
        known = {c: _codes(frame, pool, c)[index] for c in unit.columns if c in frame}
        pool, is_new = _with_unit(pool, unit, known, bool(unit.filters & made), year, rng)
        made |= is_new
    for unit in units:
        pool = _brought_to(pool, unit, wave.about.year, year, rng)
    return without_contradictions(pool)


def pool_of(instrument: Instrument, part: str, year: int, rng: np.random.Generator) -> Pool:
    """Return a population whose every answer is invented."""
    mass = np.full(PEOPLE, 1 / PEOPLE)
    everybody = np.zeros(PEOPLE, dtype=np.intp)
    units = units_of(instrument, part, year)
    pool = Pool(instrument, part, units, {}, mass, rng.normal(size=PEOPLE), everybody, ("all",))
    for unit in units:
        pool = invented(pool, unit, pool.asked(unit), rng, year)
    return without_contradictions(pool)


def _weights(frame: pd.DataFrame, file: PartFile) -> Floats:
    return frame[file.weight].to_numpy(float) if file.weight else np.ones(len(frame))


def _codes(frame: pd.DataFrame, pool: Pool, column: str) -> Codes:
    question = pool.question_of(column)
    if question.type == "ranking":
        return frame[column].sub(1).fillna(NONE).to_numpy(np.int16)
    return pd.Categorical(frame[column], categories=question.answers).codes.astype(np.int16)


def _with_unit(
    pool: Pool,
    unit: Unit,
    known: dict[str, Codes],
    is_refiltered: bool,
    year: int,
    rng: np.random.Generator,
) -> tuple[Pool, set[str]]:
    """Return the pool with a unit's answers, and which columns are not as the wave has them."""
    if not known:
        everybody = pool.answering(
            {column: np.full(len(pool), NONE, dtype=np.int16) for column in unit.columns}
        )
        return invented(everybody, unit, pool.asked(unit), rng, year), set(unit.columns)
    new = [column for column in unit.columns if column not in known]
    if unit.question.type == "ranking":
        whole = ranked_anew(list(known.values()), len(new), rng)
        pool = pool.answering(dict(zip([*known, *new], whole, strict=True)))
    else:
        pool = pool.answering(known)
        if new:
            answering = np.any([codes != NONE for codes in known.values()], axis=0)
            part = Unit(unit.name, unit.question, tuple(new), unit.base, unit.lost_as)
            pool = invented(pool, part, answering, rng, year)
    if not is_refiltered:
        return pool, set(new)
    # Who is asked hangs on answers that were invented: some are asked now, others no longer.
    asked = pool.asked(unit)
    answered = np.any([pool.codes[column] != NONE for column in unit.columns], axis=0)
    pool = pool.answering(
        {column: np.where(asked, pool.codes[column], NONE) for column in unit.columns}
    )
    return filled(pool, unit, asked & ~answered, rng), set(unit.columns)


def _brought_to(
    pool: Pool, unit: Unit, from_year: int, year: int, rng: np.random.Generator
) -> Pool:
    """Return the pool in which nobody gives an answer that is no more, and some give a new one.

    A new option gets half the share that it had if all were chosen alike, from all others.
    """
    now, then = unit.options_in(year), unit.options_in(from_year)
    if unit.question.type == "ranking" or now == then:
        return pool
    for column in unit.columns:
        everybody = np.ones(len(pool), dtype=bool)
        shares = pool.shares(column, everybody)
        new = [at for at in now if at not in then and shares[at] == 0]
        kept = [at for at in now if at not in new]
        if not shares.any():
            continue
        target = np.zeros(len(shares))
        fresh = 0.5 * len(new) / len(now) if kept else 1.0
        target[kept] = scaled(shares[kept], 1 - fresh)
        target[new] = fresh / max(len(new), 1)
        pool = retargeted(pool, column, everybody, target, rng)
    return pool
