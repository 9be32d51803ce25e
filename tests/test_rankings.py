"""Rankings with exact rank sums, and the order that claims leave."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wavebook.reconstruct.quotas import ContradictionError
from wavebook.reconstruct.rankings import Place, positions, rank_sums, rankings


@settings(max_examples=40, deadline=None)
@given(
    people=st.integers(30, 200),
    size=st.integers(3, 12),
    tied=st.booleans(),
    seed=st.integers(0, 99),
)
def test_each_person_ranks_all_and_the_sums_are_exact(
    people: int, size: int, tied: bool, seed: int
) -> None:
    groups = [[f"r{i}"] for i in range(size)]
    if tied:
        groups = [["r0", "r1"], *groups[2:]]
    step = 0.6
    means = [(size + 1) / 2 + step * (i - (size - 1) / 2) for i in range(size)]
    sums = rank_sums(groups, means, people)
    target = np.array([sums[f"r{i}"] for i in range(size)])
    taste = np.random.default_rng(seed).standard_normal((people, size)) * size * 0.28
    made = rankings(target, taste)
    assert (np.sort(made, axis=1) == np.arange(1, size + 1)).all()
    assert (made.sum(axis=0) == target).all()
    assert (target[0] == target[1]) == tied


def test_rows_without_a_claim_keep_the_preferred_order_around_those_with_one() -> None:
    places = {"d": [Place(1, 1, False, "d_first")], "a": [Place(3, 3, False, "a_third")]}
    assert positions(["a", "b", "c", "d"], places, ["c", "b"]) == [["d"], ["c"], ["a"], ["b"]]


def test_tied_rows_stand_together() -> None:
    places = {r: [Place(2, 2, True, f"{r}_tied")] for r in ("a", "c")}
    ordered = positions(["a", "b", "c", "d"], places, ["d", "b"])
    assert ordered[0] == ["d"]
    assert sorted(ordered[1]) == ["a", "c"]
    assert ordered[2] == ["b"]


def test_a_range_of_ranks_wins_over_the_preferred_order() -> None:
    places = {"a": [Place(3, 4, False, "a_late")]}
    ordered = positions(["a", "b", "c", "d"], places, ["a", "b", "c", "d"])
    assert ordered.index(["a"]) in (2, 3)


def test_three_rows_for_two_ranks_are_named_and_no_other() -> None:
    places = {r: [Place(1, 2, False, f"{r}_early")] for r in ("a", "b", "c")}
    places["d"] = [Place(4, 4, False, "d_last")]
    with pytest.raises(ContradictionError) as caught:
        positions(["a", "b", "c", "d"], places, [])
    assert caught.value.sources == ("a_early", "b_early", "c_early")
