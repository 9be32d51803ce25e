"""One question as a table of counts to be filled: cells, what limits them, what is preferred."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf

import numpy as np
from numpy.typing import NDArray

from wavebook.errors import WavebookError
from wavebook.evidence import Claim
from wavebook.instrument import Question
from wavebook.reconstruct.assumptions import Guess, Shares
from wavebook.reconstruct.claims import bounds, options_of, parse_group
from wavebook.reconstruct.people import People
from wavebook.reconstruct.quotas import Cells, ContradictionError, Limit, nearest_counts
from wavebook.reconstruct.rankings import Place, positions

Key = tuple[str, int, str]
"""Row, stratum, option."""


@dataclass
class Sheet:
    """The counts of one question that is no ranking.

    Attributes
    ----------
    strata
        The groups that claims or assumptions tell apart.
    stratum
        Each person's stratum.
    answered
        For each row: who answers it.
    index
        The number of each cell.
    limits
        What the evidence says, and that options add up.
    """

    name: str
    question: Question
    strata: list[dict[str, str]]
    stratum: NDArray[np.int64]
    answered: dict[str, NDArray[np.bool_]]
    index: dict[Key, int] = field(default_factory=dict)
    limits: list[Limit] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        name: str,
        people: People,
        answered: dict[str, NDArray[np.bool_]],
        claims: Sequence[Claim],
        guess: Guess,
    ) -> Sheet:
        """Return a question's cells with everything that the claims say about them."""
        question = people.instrument.questions[name]
        own = [c for c in claims if c.question == name]
        columns = guess.group_columns()
        for claim in own:
            columns |= {*parse_group(claim.group), *parse_group(claim.than_group)}
        strata, stratum = people.strata(sorted(columns - {name}))
        sheet = cls(name, question, strata, stratum, answered)
        for row in answered:
            for s in range(len(strata)):
                for option in sheet.options:
                    sheet.index[row, s, option] = len(sheet.index)
        sheet.limits = [*sheet._totals(), *sheet._claimed(own, guess)]
        sheet.limits += sheet._group_sizes(claims)
        return sheet

    @property
    def options(self) -> tuple[str, ...]:
        """The answers that are counted."""
        return ("yes",) if self.question.type == "multiple" else tuple(self.question.options)

    def size(self, row: str, stratum: int) -> int:
        """Return how many people of a stratum answer a row."""
        return int((self.answered[row] & (self.stratum == stratum)).sum())

    def inside(self, group: Mapping[str, str]) -> list[int]:
        """Return the strata that make up a group."""
        return [s for s, one in enumerate(self.strata) if group.items() <= one.items()]

    def sources(self, row: str) -> list[str]:
        """Return the claims that limit a row."""
        numbers = {cell for (r, _, _), cell in self.index.items() if r == row}
        about = [
            limit.source for limit in self.limits if limit.source and numbers & limit.cells.keys()
        ]
        return list(dict.fromkeys(about))

    def cells(self, row: str, option: str, group: Mapping[str, str]) -> tuple[Cells, int]:
        """Return the cells that a share counts, and its base."""
        strata = self.inside(group)
        options = options_of(self.question, option)
        cells = {self.index[row, s, o]: 1.0 for s in strata for o in options}
        return cells, sum(self.size(row, s) for s in strata)

    def _totals(self) -> Iterator[Limit]:
        for row in self.answered:
            for s in range(len(self.strata)):
                n = self.size(row, s)
                if self.question.type == "multiple":
                    yield Limit({self.index[row, s, "yes"]: 1.0}, 0, n)
                else:
                    yield Limit({self.index[row, s, o]: 1.0 for o in self.options}, n, n)

    def _claimed(self, own: Sequence[Claim], guess: Guess) -> Iterator[Limit]:
        for claim in own:
            if claim.measure not in ("share", "count"):
                continue
            cells, base = self.cells(claim.row, claim.option, parse_group(claim.group))
            if claim.relation == "=":
                low, high = bounds(claim)
                unit = base if claim.measure == "share" else 1
                aim = unit * float(claim.value) if claim.value else None
                # A person more or less than a bound that is no whole number keeps within it.
                yield Limit(cells, unit * low, unit * high, claim.id, aim)
                continue
            than = parse_group(claim.than.group)
            others, other_base = self.cells(claim.than.row, claim.option, than)
            sign = 1.0 if claim.relation == ">" else -1.0
            # Shares are compared in people of the larger base; half a person is a clear excess.
            largest = max(base, other_base, 1)
            difference = {c: sign * largest / max(base, 1) for c in cells}
            for cell in others:
                difference[cell] = difference.get(cell, 0.0) - sign * largest / max(other_base, 1)
            yield Limit(difference, 0.5, inf, claim.id)
        if self.question.type == "multiple":
            yield from self._ranks(own, guess)

    def _ranks(self, own: Sequence[Claim], guess: Guess) -> Iterator[Limit]:
        ranks = [c for c in own if c.measure == "rank" and c.relation == "="]
        for text in dict.fromkeys(c.group for c in ranks):
            group = parse_group(text)
            claims = [c for c in ranks if c.group == text]
            places = places_of(claims)
            rows = list(self.answered)
            order = sorted(rows, key=lambda r: -guess.preference(r).shares.get("yes", 0.0))
            ranked = positions(rows, places, order)
            place = {row: i for i, tie in enumerate(ranked) for row in tie}
            for claim in claims:
                here, _ = self.cells(claim.row, "yes", group)
                for row in rows:
                    if row == claim.row:
                        continue
                    there, _ = self.cells(row, "yes", group)
                    ahead = place[claim.row] - place[row]
                    sign = 1.0 if ahead <= 0 else -1.0
                    both = {**dict.fromkeys(here, sign), **dict.fromkeys(there, -sign)}
                    low, high = (1.0, inf) if ahead else (0.0, 0.0)
                    yield Limit(both, low, high, claim.id)

    def _group_sizes(self, claims: Sequence[Claim]) -> Iterator[Limit]:
        """Yield how large groups must be for the bases that claims count in them."""
        if self.question.type != "single":
            return
        for claim in claims:
            group = parse_group(claim.group)
            if claim.measure == "base" and claim.relation == "=" and set(group) == {self.name}:
                cells, _ = self.cells("", group[self.name], {})
                yield Limit(cells, bounds(claim)[0], inf, claim.id)

    def preferred(self, guess: Guess) -> NDArray[np.float64]:
        """Return the preferred count of each cell, NaN where nothing is preferred."""
        wish = np.full(len(self.index), np.nan)
        for row in self.answered:
            preference = guess.preference(row)
            for s, stratum in enumerate(self.strata):
                shares = self._shares(preference.shares, preference.groups, stratum)
                for option, share in shares.items():
                    wish[self.index[row, s, option]] = share * self.size(row, s)
        return wish

    def _shares(
        self, overall: Shares, groups: Mapping[str, Shares], stratum: Mapping[str, str]
    ) -> Shares:
        fitting = [g for g in groups if parse_group(g).items() <= stratum.items()]
        closest = max(fitting, key=lambda g: len(parse_group(g)), default=None)
        shares = overall if closest is None else groups[closest]
        left = [option for option in self.options if option not in shares]
        if self.question.type != "multiple" and len(left) == 1:
            return {**shares, left[0]: max(0.0, 1 - sum(shares.values()))}
        if self.question.type != "multiple" and abs(sum(shares.values()) - 1) < 1e-9:
            return {**shares, **dict.fromkeys(left, 0.0)}
        return shares

    def counts(self, guess: Guess, name: str, totals: Sequence[Limit] = ()) -> NDArray[np.int64]:
        """Return how many people give each answer.

        Parameters
        ----------
        guess
            What the author prefers.
        name
            The author's file, for errors.
        totals
            Further limits that the author sets, such as three answers a person.

        Raises
        ------
        WavebookError
            If an assumption contradicts a claim; both are named.
        ContradictionError
            If claims contradict each other.
        """
        nothing = np.full(len(self.index), np.nan)
        nearest_counts(nothing, self.limits)  # claims that contradict each other stop here
        wish = self.preferred(guess)
        for limit in self.limits:
            cells = np.array(list(limit.cells), dtype=np.int64)
            if limit.source and not np.isnan(wish[cells]).any() and not limit.allows(wish, 1.0):
                raise WavebookError(f"{name}: {self._quarrel(limit, wish)}")
        try:
            return nearest_counts(wish, [*_aimed(self.limits, wish), *totals])
        except ContradictionError as error:
            with_what = ", ".join(error.sources) or "what else is assumed there"
            raise WavebookError(
                f"{name}: questions.{self.name}.joint: cannot hold with {with_what}"
            ) from None

    def _quarrel(self, limit: Limit, wish: NDArray[np.float64]) -> str:
        rows = {key[0] for key, cell in self.index.items() if cell in limit.cells}
        options = {key[2] for key, cell in self.index.items() if cell in limit.cells}
        total = sum(weight * wish[cell] for cell, weight in limit.cells.items())
        where = ".".join(
            ["questions", self.name, *(["rows", *sorted(rows)] if rows != {""} else [])]
        )
        if limit.low == 0.5:
            return f"{where}: the shares of {', '.join(sorted(options))} contradict {limit.source}"
        return (
            f"{where}: {total:.1f} people with {', '.join(sorted(options))} are assumed, but "
            f"{limit.source} allows {limit.low:.1f} to {limit.high:.1f}"
        )


def _aimed(limits: Sequence[Limit], wish: NDArray[np.float64]) -> Iterator[Limit]:
    """Yield the limits, with the middle as the target of a range about which nobody has a wish.

    Of several claims on the same cells the narrowest counts: "48 per cent" aims, not the "less
    than half" beside it.
    """
    narrowest: dict[frozenset[int], float] = {}
    for limit in limits:
        key = frozenset(limit.cells)
        if limit.source:
            width = limit.high - limit.low
            narrowest[key] = min(width, narrowest.get(key, inf))
    for limit in limits:
        is_range = bool(limit.source) and -inf < limit.low and limit.high < inf
        is_open = limit.target is None and bool(np.isnan(wish[list(limit.cells)]).any())
        if is_range and is_open and limit.high - limit.low == narrowest[frozenset(limit.cells)]:
            yield replace(limit, target=(limit.low + limit.high) / 2)
        else:
            yield limit


def places_of(claims: Sequence[Claim]) -> dict[str, list[Place]]:
    """Return what claims say of rows' ranks."""
    places: dict[str, list[Place]] = {}
    for claim in claims:
        low, high = bounds(claim)
        tied = claim.value.endswith("=")
        places.setdefault(claim.row, []).append(
            Place(int(low), int(min(high, 1e6)), tied, claim.id)
        )
    return places
