"""Exchanging answers until patterns hold, without changing how many give each."""

from __future__ import annotations

import numpy as np
import pytest

from wavebook.reconstruct.patterns import OutOfReachError, Pattern, rearranged

EVERYBODY = np.ones(100, dtype=bool)
STRATA = np.repeat([0, 1], 50)
SCORES = np.random.default_rng(1).standard_normal((100, 3))


def answers() -> np.ndarray:
    """Forty of 100 hold the first answer in each of three columns, the very same forty."""
    codes = np.ones((100, 3), dtype=np.int64)
    codes[::5], codes[1::5] = 0, 0
    return codes


@pytest.mark.parametrize("wanted", [40, 73, 100])
def test_so_many_people_give_it_somewhere_and_each_column_keeps_its_counts(wanted: int) -> None:
    pattern = Pattern((0, 1, 2), (0,), 1, EVERYBODY, wanted, wanted, "any")
    made = rearranged(answers(), STRATA, SCORES, [pattern], np.random.default_rng(2))
    assert (made == 0).any(axis=1).sum() == wanted
    for stratum in (0, 1):
        assert ((made == 0)[stratum == STRATA].sum(axis=0) == 20).all()


def test_exactly_one_answer_a_person() -> None:
    codes = answers()
    codes[40:60] = 1
    codes[40:60, 0] = [0] * 20  # 52, 32 and 32 answers: sixteen more than there are people
    exact = int((codes == 0).sum()) - 100
    patterns = [
        Pattern((0, 1, 2), (0,), 1, EVERYBODY, 100, 100, "one"),
        Pattern((0, 1, 2), (0,), 2, EVERYBODY, exact, exact, "two"),
    ]
    made = rearranged(
        codes, np.zeros(100, dtype=np.int64), SCORES, patterns, np.random.default_rng(3)
    )
    assert set((made == 0).sum(axis=1)) == {1, 2}


def test_who_was_not_asked_stays_unasked() -> None:
    codes = answers()
    codes[:30, 1] = -1
    pattern = Pattern((0, 1, 2), (0,), 1, EVERYBODY, 70, 70, "any")
    made = rearranged(codes, STRATA, SCORES, [pattern], np.random.default_rng(4))
    assert ((made == -1) == (codes == -1)).all()


def test_a_pattern_out_of_reach_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wavebook.reconstruct.patterns.STEPS", 200)
    fine = Pattern((0, 1, 2), (0,), 1, EVERYBODY, 0, 100, "fine")
    narrow = Pattern((0, 1, 2), (0,), 1, EVERYBODY, 10, 20, "fewer_than_one_column_has")
    with pytest.raises(OutOfReachError) as caught:
        rearranged(answers(), STRATA, SCORES, [fine, narrow], np.random.default_rng(5))
    assert caught.value.sources == ("fewer_than_one_column_has",)
