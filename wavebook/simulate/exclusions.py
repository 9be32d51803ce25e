"""People whose answers exclude each other, as the instrument declares: there are none."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from wavebook.errors import WavebookError
from wavebook.expression import parse
from wavebook.simulate.pool import Marks, Pool


def without_contradictions(pool: Pool) -> Pool:
    """Return the pool without those whose invented answers exclude each other.

    Raises
    ------
    WavebookError
        If that is everybody.
    """
    kept = np.ones(len(pool), dtype=bool)
    for condition, _, met in contradictions(pool):
        kept &= ~met
        if not kept.any():
            raise WavebookError(f"impossible: nobody can be invented who is not '{condition}'")
    if kept.all():
        return pool
    return pool.rows(np.flatnonzero(kept), pool.mass[kept] / pool.mass[kept].sum())


def contradictions(pool: Pool) -> Iterator[tuple[str, str, Marks]]:
    """Yield each condition that somebody meets and nobody can, with its reason and who does."""
    columns = pool.instrument.columns
    for rule in pool.instrument.impossible:
        if rule.severity != "error":
            continue
        for condition in map(parse, rule.conditions(columns)):
            if all(column in columns and pool.sources(column) for column in condition.columns):
                met = pool.meeting(condition)
                if met.any():
                    yield condition.text, rule.because, met
