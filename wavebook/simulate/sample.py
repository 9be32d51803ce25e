"""A sample from a population: unequal strata, clusters, weights, answers that are lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from wavebook.simulate.invent import drawn
from wavebook.simulate.pool import NONE, Codes, Floats, Marks, Pool, Positions
from wavebook.simulate.units import Unit

CHUNK = 200_000  # respondents at a time
STRATA = 12  # a question with more answers makes no strata
STRATUM_LEAST = 4  # respondents: two clusters of two
CLUSTER = 10  # respondents, until there are as many clusters as fieldwork ever has
CLUSTERS_MOST = 500  # a stratum
# A cluster's members are drawn from so many people: one over it is the intra-cluster correlation.
NEIGHBOURS = 50


@dataclass(frozen=True)
class Names:
    """The columns of a part's file that are no questions."""

    respondent: str = "respondent"
    weight: str = "weight"
    strata: str = "stratum"
    cluster: str = "cluster"

    @classmethod
    def beside(cls, columns: frozenset[str]) -> Names:
        """Return names that no question has."""

        def free(name: str) -> str:
            return name if name not in columns else free(f"{name}_")

        return cls(weight=free("weight"), strata=free("stratum"), cluster=free("cluster"))


@dataclass(frozen=True)
class Sample:
    """How many people of a population are sampled, and what share of answers is lost.

    Strata are sampled in proportion to the square root of their size (Bankier 1988), so that small
    ones can be told of; the weight is the inverse of the chance to be sampled, 1 on average. In
    a stratum, clusters of people who are more alike than others are drawn, then their members.
    """

    pool: Pool
    size: int
    missing: float
    names: Names

    @cached_property
    def sizes(self) -> Positions:
        """How many are sampled in each stratum."""
        return allocated(np.sqrt(self.population), self.size, STRATUM_LEAST)

    @cached_property
    def population(self) -> Floats:
        """Each stratum's share of the population."""
        pool = self.pool
        return np.bincount(pool.stratum, pool.mass, len(pool.strata)).astype(np.float64)

    @cached_property
    def weights(self) -> Floats:
        """The weight of a respondent of each stratum."""
        weights: Floats = self.population * self.size / self.sizes
        return weights

    def chunks(self, rng: np.random.Generator) -> Iterator[pa.Table]:
        """Yield the respondents, some at a time, so that memory does not grow with their number."""
        first_cluster = 0
        start = 0
        for stratum, size in enumerate(map(int, self.sizes)):
            people = np.flatnonzero(self.pool.stratum == stratum)
            clusters = int(np.clip(size // CLUSTER, 2, CLUSTERS_MOST))
            found = drawn(self.pool.mass[people], clusters * NEIGHBOURS, rng)
            neighbours = people[found].reshape(clusters, NEIGHBOURS)
            for begin in range(0, size, CHUNK):
                place = np.arange(begin, min(begin + CHUNK, size))
                cluster = place * clusters // size
                person = neighbours[cluster, rng.integers(NEIGHBOURS, size=len(place))]
                design = {
                    self.names.respondent: _numbered("s", start + place + 1, self.size),
                    self.names.strata: _constant(self.pool.strata[stratum], len(place)),
                    self.names.cluster: _numbered("c", first_cluster + cluster + 1, self.size),
                    self.names.weight: pa.array(
                        np.full(len(place), self.weights[stratum].round(6))
                    ),
                }
                yield pa.table(design | self._answers(person, rng))
            first_cluster += clusters
            start += size

    def _answers(self, person: Positions, rng: np.random.Generator) -> dict[str, pa.Array]:
        """Return the answers of people of the pool as columns, without those that are lost."""
        lost, alone = self._lost(len(person), rng)
        columns: dict[str, pa.Array] = {}
        for unit in self.pool.units:
            missing = len(unit.question.missing)
            first = len(unit.question.answers) - missing
            # Half of those who do not respond say so, where there are codes for that.
            said = rng.integers(-missing, missing, size=len(person)) if missing else None
            for column in unit.columns:
                codes = self.pool.codes[column][person]
                gone = lost[unit.lost_as] & (codes != NONE)
                codes[gone] = NONE
                if said is not None:
                    told = gone & alone[unit.lost_as] & (said >= 0)
                    codes[told] = first + said[told]
                columns[column] = _column(codes, unit)
        return {c: columns[c] for c in self.pool.instrument.columns if c in columns}

    def _lost(
        self, size: int, rng: np.random.Generator
    ) -> tuple[dict[str, Marks], dict[str, Marks]]:
        """Return who loses the answers to each unit, and who of them by not responding to it.

        Who does not respond to a filter is not asked what it leads to, even where another filter
        leads there too: so that losing an answer tells nothing of what the answer was.
        """
        own = {name: rng.random(size) < self.missing for name in self._filters}
        lost, alone = {}, {}
        for name, filters in self._filters.items():
            through = np.zeros(size, dtype=bool)
            for other in filters:
                through |= own[other]
            lost[name], alone[name] = own[name] | through, ~through
        return lost, alone

    @cached_property
    def _filters(self) -> dict[str, tuple[str, ...]]:
        """What each answer is lost with, and what else it is lost through, however far back."""
        of_column = {column: unit for unit in self.pool.units for column in unit.columns}
        found: dict[str, set[str]] = {}
        for unit in self.pool.units:
            direct = {of_column[column].lost_as for column in unit.filters}
            found.setdefault(unit.lost_as, set()).update(direct)
        for _ in found:  # a chain is no longer than there are names
            for filters in found.values():
                filters |= {further for name in filters for further in found[name]}
        return {name: tuple(sorted(filters - {name})) for name, filters in found.items()}


def sampled(pool: Pool, size: int, missing: float) -> Sample:
    """Return a sample of a population, in strata where it is large enough for them."""
    pool = stratified(pool)
    if size < STRATUM_LEAST * len(pool.strata):
        pool = replace(pool, stratum=np.zeros(len(pool), dtype=np.intp), strata=("all",))
    return Sample(pool, size, missing, Names.beside(frozenset(pool.instrument.columns)))


def allocated(measure: Floats, size: int, least: int) -> Positions:
    """Return whole numbers that add up to a size: so many for all, the rest by a measure."""
    exact = measure / measure.sum() * (size - least * len(measure))
    sizes = np.floor(exact).astype(np.intp)
    largest = np.argsort(sizes - exact, kind="stable")
    sizes[largest[: size - least * len(measure) - sizes.sum()]] += 1
    whole: Positions = sizes + least
    return whole


def stratified(pool: Pool) -> Pool:
    """Return a pool in strata: the answers to the first question that everybody answered.

    A pool that has strata keeps them; without such a question there is one stratum.
    """
    if len(pool.strata) > 1:
        return pool
    for unit in pool.units:
        column = unit.columns[0]
        if unit.question.type != "single" or not pool.counted(column).all():
            continue
        stratum, found = pd.factorize(pool.codes[column], sort=True)
        if 2 <= len(found) <= STRATA:
            names = tuple(unit.question.answers[at] for at in found)
            return replace(pool, stratum=stratum, strata=names)
    return pool


def _column(codes: Codes, unit: Unit) -> pa.Array:
    if unit.question.type == "ranking":
        return pa.array(codes + 1, mask=codes == NONE)
    answers = pa.array(unit.question.answers)
    return pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes == NONE), answers)


def _numbered(prefix: str, numbers: Positions, most: int) -> pa.Array:
    """Return names such as ``s0042``, as long as the largest of them needs."""
    padded = pc.utf8_lpad(pc.cast(pa.array(numbers), pa.string()), len(str(most)), "0")
    return pc.binary_join_element_wise(prefix, padded, "")


def _constant(text: str, size: int) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(size, np.int16)), pa.array([text]))
