"""Whole counts near preferred ones: exact sums, within bounds, conflicts named."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wavebook.reconstruct.quotas import (
    ContradictionError,
    Limit,
    is_feasible,
    nearest_counts,
    smallest_conflict,
    span,
)


@st.composite
def shares_of_people(draw: st.DrawFn) -> tuple[int, list[float]]:
    parts = draw(st.lists(st.integers(1, 100), min_size=2, max_size=8))
    people = draw(st.integers(1, 2000))
    return people, [people * part / sum(parts) for part in parts]


@settings(max_examples=60, deadline=None)
@given(shares_of_people())
def test_counts_add_up_and_no_preference_is_missed_by_a_person(
    given_: tuple[int, list[float]],
) -> None:
    people, wish = given_
    total = Limit(dict.fromkeys(range(len(wish)), 1.0), people, people)
    counts = nearest_counts(np.array(wish), [total])
    assert counts.sum() == people
    assert np.abs(counts - wish).max() < 1 + 1e-6


@settings(max_examples=60, deadline=None)
@given(shares_of_people(), st.data())
def test_bounds_hold_whatever_is_preferred(
    given_: tuple[int, list[float]], data: st.DataObject
) -> None:
    people, wish = given_
    low = data.draw(st.integers(0, people))
    high = data.draw(st.integers(low, people))
    limits = [
        Limit(dict.fromkeys(range(len(wish)), 1.0), people, people),
        Limit({0: 1.0, 1: 1.0}, low, high, "net"),
    ]
    if len(wish) == 2 and not low <= people <= high:
        with pytest.raises(ContradictionError, match="net"):
            nearest_counts(np.array(wish), limits)
        return
    counts = nearest_counts(np.array(wish), limits)
    assert counts.min() >= 0
    assert counts.sum() == people
    assert low <= counts[0] + counts[1] <= high


def test_a_target_pulls_harder_than_preferences() -> None:
    limits = [Limit({0: 1, 1: 1}, 100, 100), Limit({0: 1}, 40, 60, "claim", target=55)]
    assert list(nearest_counts(np.array([42.0, 58.0]), limits)) == [55, 45]


def test_a_preference_of_nobody_is_kept() -> None:
    total = Limit({0: 1, 1: 1, 2: 1}, 10, 10)
    assert list(nearest_counts(np.array([0.0, 4.0, np.nan]), [total])) == [0, 4, 6]


def test_only_the_claims_that_conflict_are_named() -> None:
    limits = [
        Limit({0: 1, 1: 1}, 10, 10),
        Limit({0: 1}, 8, 9, "most"),
        Limit({0: 1}, 0, 9, "harmless"),
        Limit({1: 1}, 5, 6, "half"),
    ]
    assert not is_feasible(2, limits)
    assert smallest_conflict(2, limits) == ["most", "half"]


def test_bounds_between_two_whole_numbers_cannot_hold() -> None:
    # 12.1 to 12.9 of 20 people: no whole person lies between.
    assert not is_feasible(1, [Limit({0: 1}, 12.1, 12.9, "claim")])


def test_the_span_of_a_cell_follows_from_the_others() -> None:
    limits = [Limit({0: 1, 1: 1, 2: 1}, 100, 100), Limit({0: 1, 1: 1}, 95, 97, "net")]
    assert span(3, limits, {2: 1.0}) == pytest.approx((3, 5))
    assert span(3, limits, {0: 1.0}) == pytest.approx((0, 97))
