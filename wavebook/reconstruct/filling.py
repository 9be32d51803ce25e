"""One question's answers: counts become people's answers, and several rows agree at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wavebook.errors import WavebookError
from wavebook.evidence import Claim
from wavebook.instrument import Instrument
from wavebook.reconstruct.assumptions import Assumptions, Guess
from wavebook.reconstruct.cells import Sheet, places_of
from wavebook.reconstruct.claims import bounds, parse_group
from wavebook.reconstruct.patterns import OutOfReachError, Pattern, rearranged
from wavebook.reconstruct.people import People, generator
from wavebook.reconstruct.quotas import ContradictionError, Limit, span
from wavebook.reconstruct.rankings import positions, rank_sums, rankings


@dataclass(frozen=True)
class Source:
    """What a reconstruction is made from, and what its files are called in errors."""

    instrument: Instrument
    claims: Sequence[Claim]
    assumptions: Assumptions
    evidence_name: str = "evidence"
    assumptions_name: str = "assumptions"

    def told(self, ids: Sequence[str]) -> str:
        """Return claims by id and wording."""
        wording = {claim.id: claim.wording for claim in self.claims}
        return "; ".join(f"{i} ({wording[i]})" if wording.get(i) else i for i in ids)

    def contradiction(self, ids: Sequence[str]) -> WavebookError:
        """Return the error that names claims which cannot hold at once."""
        named = self.told(tuple(dict.fromkeys(ids)))
        return WavebookError(f"{self.evidence_name}: these cannot hold at once: {named}")


def answers_to(sheet: Sheet, people: People, source: Source) -> pd.DataFrame:
    """Return the columns of a question that is no ranking."""
    guess = source.assumptions.about(sheet.name)
    rows = list(sheet.answered)
    patterns = _patterns(sheet, people, source, guess)
    counts = sheet.counts(guess, source.assumptions_name, _answers_a_person(sheet, guess))
    answers = sheet.question.answers
    codes = np.full((len(people.frame), len(rows)), -1, dtype=np.int64)
    scores = np.zeros(codes.shape)
    for k, row in enumerate(rows):
        column = f"{sheet.name}__{row}" if row else sheet.name
        scores[:, k] = people.score(
            column, row, {**guess.loadings, **guess.preference(row).loadings}
        )
        for s in range(len(sheet.strata)):
            here = np.flatnonzero(sheet.answered[row] & (sheet.stratum == s))
            here = here[np.argsort(-scores[here, k], kind="stable")]
            given = [counts[sheet.index[row, s, o]] for o in sheet.options]
            if sheet.question.type == "multiple":
                given.append(len(here) - given[0])
            codes[here, k] = np.repeat(np.arange(len(given)), given)
    rng = generator(source.assumptions.seed, f"exchange:{sheet.name}")
    try:
        codes = rearranged(codes, sheet.stratum, scores, patterns, rng)
    except OutOfReachError as error:
        raise WavebookError(
            f"{source.evidence_name}: {source.told(error.sources)} cannot be met with what "
            f"{source.assumptions_name}, questions.{sheet.name}, assumes of its rows"
        ) from None
    columns = {
        (f"{sheet.name}__{row}" if row else sheet.name): [
            answers[code] if code >= 0 else None for code in codes[:, k]
        ]
        for k, row in enumerate(rows)
    }
    return pd.DataFrame(columns, index=people.frame.index, dtype=object)


def _answers_a_person(sheet: Sheet, guess: Guess) -> list[Limit]:
    """Return what the joint assumptions of a multiple question imply for its total.

    If everybody gives at least three answers and nobody four, there are three a person.
    """
    if sheet.question.type != "multiple":
        return []
    cells = dict.fromkeys(sheet.index.values(), 1.0)
    n = int(np.any(list(sheet.answered.values()), axis=0).sum())
    least = max((j.at_least for j in guess.joint if j.share == 1), default=0)
    most = min((j.at_least - 1 for j in guess.joint if j.share == 0), default=len(sheet.answered))
    return [Limit(cells, n * least, n * most)]


def _patterns(sheet: Sheet, people: People, source: Source, guess: Guess) -> list[Pattern]:
    """Return what claims on derived questions, and joint assumptions, say of several rows."""
    answers = list(sheet.question.answers)
    rows = list(sheet.answered)
    patterns = []
    for name, derived in source.instrument.questions.items():
        if derived.type != "derived" or derived.source != sheet.name:
            continue
        columns = tuple(k for k, row in enumerate(rows) if row in (derived.from_rows or rows))
        options = tuple(answers.index(o) for o in derived.from_options)
        base = np.any([sheet.answered[rows[k]] for k in columns], axis=0)
        claims = [
            c
            for c in source.claims
            if c.question == name and c.relation == "=" and c.option == "yes"
            if c.measure in ("share", "count")
        ]
        for group in dict.fromkeys(claim.group for claim in claims):
            members = base & people.belonging(parse_group(group))
            about = [c for c in claims if c.group == group]
            low, high = _aim(about, int(members.sum()))
            # The narrowest of several claims on one share is what the others follow from.
            tightest = min(about, key=lambda c: bounds(c)[1] - bounds(c)[0]).id
            pattern = Pattern(columns, options, derived.at_least, members, low, high, tightest)
            _refuse_impossible(pattern, about, sheet)
            patterns.append(pattern)
    for joint in guess.joint:
        columns = tuple(k for k, row in enumerate(rows) if row in (joint.rows or rows))
        options = tuple(answers.index(o) for o in joint.options)
        members = np.any([sheet.answered[rows[k]] for k in columns], axis=0)
        members &= people.belonging(parse_group(joint.group))
        n = round(joint.share * int(members.sum()))
        name = f"questions.{sheet.name}.joint"
        patterns.append(Pattern(columns, options, joint.at_least, members, n, n, name))
    return patterns


def _aim(claims: Sequence[Claim], n: int) -> tuple[int, int]:
    """Return the least and most people to aim at: a stated value, or well inside a range."""
    units = [n if claim.measure == "share" else 1 for claim in claims]
    limits = [bounds(claim) for claim in claims]
    low = max(ceil(unit * low - 1e-9) for unit, (low, _) in zip(units, limits, strict=True))
    high = min(floor(unit * high + 1e-9) for unit, (_, high) in zip(units, limits, strict=True))
    if low > high:
        raise ContradictionError([claim.id for claim in claims])
    values = [unit * float(c.value) for unit, c in zip(units, claims, strict=True) if c.value]
    if values:
        aim = min(max(round(values[0]), low), high)
        return aim, aim
    third = (high - low) // 3
    return low + third, high - third


def _refuse_impossible(pattern: Pattern, claims: Sequence[Claim], sheet: Sheet) -> None:
    """Raise where claims on single rows rule out one on several, whatever is assumed.

    People with an answer in at least k rows are no fewer than one row has (k = 1), and k times
    as many are no more than all rows have together.
    """
    if not pattern.members.all():
        return
    rows = list(sheet.answered)
    most = 0.0
    for k in pattern.columns:
        row = rows[k]
        cells: dict[int, float] = {}
        for code in pattern.options:
            option = sheet.question.answers[code]
            if option in sheet.options:
                cells.update(sheet.cells(row, option, {})[0])
        least_here, most_here = span(len(sheet.index), sheet.limits, cells)
        most += most_here
        if pattern.at_least == 1 and least_here > pattern.high + 1e-6:
            raise ContradictionError([*(c.id for c in claims), *sheet.sources(row)])
    if most < pattern.at_least * pattern.low - 1e-6:
        about = [source for k in pattern.columns for source in sheet.sources(rows[k])]
        raise ContradictionError([*(c.id for c in claims), *about])


def rankings_of(
    name: str, rows: Sequence[str], answered: NDArray[np.bool_], people: People, source: Source
) -> pd.DataFrame:
    """Return the columns of a ranking."""
    guess = source.assumptions.about(name)
    claims = [c for c in source.claims if c.question == name]
    ranks = [c for c in claims if c.measure == "rank" and c.relation == "="]
    columns = {column for c in claims for column in parse_group(c.group)} | guess.group_columns()
    strata, stratum = people.strata(sorted(columns))
    means = guess.means_of(len(rows)) or [float(place) for place in range(1, len(rows) + 1)]
    codes = np.full((len(people.frame), len(rows)), -1, dtype=np.int64)
    shared = guess.taste or name
    taste = np.stack(
        [
            0.8 * people.noise(f"taste:{shared}:{row}") + 0.6 * people.noise(f"{name}:{row}")
            for row in rows
        ],
        axis=1,
    )
    for s, group in enumerate(strata):
        here = np.flatnonzero(answered & (stratum == s))
        about = [c for c in ranks if parse_group(c.group).items() <= group.items()]
        order = _order(guess, group)
        groups = positions(rows, places_of(about), order)
        _check_order(order, about, name, source)
        sums = rank_sums(groups, means, len(here))
        target = np.array([sums[row] for row in rows], dtype=np.int64)
        codes[here] = rankings(target, taste[here] * len(rows) * 0.28)
    columns_filled = {
        f"{name}__{row}": [str(c) if c > 0 else None for c in codes[:, k]]
        for k, row in enumerate(rows)
    }
    return pd.DataFrame(columns_filled, index=people.frame.index, dtype=object)


def _order(guess: Guess, group: Mapping[str, str]) -> tuple[str, ...]:
    for text, order in guess.order.items():
        if text != "all" and parse_group(text).items() <= group.items():
            return order
    return guess.order.get("all", ())


def _check_order(order: Sequence[str], claims: Sequence[Claim], name: str, source: Source) -> None:
    pinned = {c.row: c.id for c in claims if bounds(c)[0] == bounds(c)[1]}
    for row in order:
        if row in pinned:
            raise WavebookError(
                f"{source.assumptions_name}: questions.{name}.order: '{row}' is assumed to have "
                f"a place, but {pinned[row]} states it"
            )
