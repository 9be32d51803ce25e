"""Who answers a question, where the evidence counts fewer people than were asked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from wavebook import expression
from wavebook.evidence import Claim
from wavebook.reconstruct.claims import bounds, parse_group
from wavebook.reconstruct.people import People
from wavebook.reconstruct.quotas import ContradictionError, Limit, nearest_counts


def who_answers(
    name: str, rows: Sequence[str], people: People, claims: Sequence[Claim]
) -> dict[str, NDArray[np.bool_]]:
    """Return for each row who answers it.

    Everybody who is asked does, unless a claimed base is smaller; then those do who lean to it
    most (the question's ``answering`` in the assumptions).

    Raises
    ------
    ContradictionError
        If a claimed base cannot be had from those who are asked.
    """
    question = people.instrument.questions[name]
    bases = [c for c in claims if c.question == name and c.measure == "base" and c.relation == "="]
    for pair in people.assumptions.together:
        if name in pair:
            return dict.fromkeys(rows, _one_of_two(name, pair, people, claims))
    if question.type in ("ranking", "multiple"):
        # One question with one answer in many columns: whoever answers fills in all of them.
        return dict.fromkeys(rows, _chosen(name, "", people, bases, claims))
    return {
        row: _chosen(name, row, people, [c for c in bases if c.row == row], claims) for row in rows
    }


def _bases_of(pair: Sequence[str], claims: Sequence[Claim]) -> dict[str, Claim]:
    """Return the claimed overall base of each of two questions."""
    return {
        c.question: c
        for c in claims
        if c.question in pair and c.measure == "base" and c.relation == "=" and not c.group
    }


def _chosen(
    name: str, row: str, people: People, bases: Sequence[Claim], claims: Sequence[Claim]
) -> NDArray[np.bool_]:
    asked = people.asked(people.instrument.questions[name], row)
    if not bases:
        return asked
    column = f"{name}__{row}" if row else name
    score = people.score(f"answering:{column}", row, people.assumptions.about(name).answering)
    strata, stratum = people.strata(
        sorted({column for claim in bases for column in parse_group(claim.group)})
    )
    sizes = np.array([(asked & (stratum == s)).sum() for s in range(len(strata))], dtype=float)
    limits = [Limit({s: 1.0}, 0, float(size)) for s, size in enumerate(sizes)]
    for claim in bases:
        group = parse_group(claim.group)
        inside = {s: 1.0 for s, one in enumerate(strata) if group.items() <= one.items()}
        limits.append(Limit(inside, *bounds(claim), claim.id))
    try:
        numbers = nearest_counts(sizes, limits)
    except ContradictionError as error:
        about = _about_base(name, row, people, claims)
        raise ContradictionError([*error.sources, *about]) from None
    chosen = np.zeros(len(asked), dtype=bool)
    for s, number in enumerate(numbers):
        here = np.flatnonzero(asked & (stratum == s))
        chosen[here[np.argsort(-score[here], kind="stable")[:number]]] = True
    return chosen


def _one_of_two(
    name: str, pair: tuple[str, str], people: People, claims: Sequence[Claim]
) -> NDArray[np.bool_]:
    """Return who answers a question, where everybody answers it or its partner.

    Of those who are asked both, the ones who lean to the first most answer it and the ones who
    lean to it least answer the second; whoever is needed in both stands in the middle.
    """
    questions = people.instrument.questions
    wanted = _bases_of(pair, claims)
    asked = {one: people.asked(questions[one], "") for one in pair}
    shared = asked[pair[0]] & asked[pair[1]]
    both = np.flatnonzero(shared)
    needed = {}
    for one in pair:
        alone = int((asked[one] & ~shared).sum())
        claimed = int(bounds(wanted[one])[0]) if one in wanted else alone + len(both)
        needed[one] = claimed - alone
    enough = needed[pair[0]] + needed[pair[1]] >= len(both)
    if not enough or any(not 0 <= number <= len(both) for number in needed.values()):
        about = _about_base(name, "", people, claims)
        raise ContradictionError([*(claim.id for claim in wanted.values()), *about])
    score = people.score(f"answering:{pair[0]}", "", people.assumptions.about(pair[0]).answering)
    ordered = both[np.argsort(-score[both], kind="stable")]
    number = needed[name]
    chosen = asked[name] & ~shared
    chosen[ordered[:number] if name == pair[0] else ordered[len(ordered) - number :]] = True
    return chosen


def _about_base(name: str, row: str, people: People, claims: Sequence[Claim]) -> list[str]:
    """Return the claims that decide how many people are asked."""
    question = people.instrument.questions[name]
    if not question.base:
        return []
    columns = expression.parse(question.base.replace("{row}", row)).columns
    places = [people.instrument.columns[column] for column in columns]
    return [
        c.id
        for c in claims
        if (c.question, c.row) in places and c.measure in ("share", "count", "base")
        if c.relation == "=" and not c.group
    ]
