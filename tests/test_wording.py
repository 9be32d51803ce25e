"""Shares in words agree with the words that the published commentary chose for them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wavebook import wording


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0.73, "nearly three-quarters"),
        (0.29, "nearly a third"),
        (0.39, "two-fifths"),
        (0.20, "a fifth"),
        (0.667, "two-thirds"),
        (0.25, "a quarter"),
        (0.64, "nearly two-thirds"),
        (0.36, "just over a third"),
    ],
)
def test_the_source_would_have_said_it_so(share: float, words: str) -> None:
    assert wording.words(share) == words


@given(st.floats(0, 1))
def test_every_share_has_words(share: float) -> None:
    assert wording.words(share)


@pytest.mark.parametrize("share", [-0.01, 1.01, float("nan")])
def test_what_is_no_share_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        wording.words(share)


@pytest.mark.parametrize(
    ("share", "printed"),
    [(0.285, "29%"), (0.0, "0%"), (1.0, "100%"), (0.995, "over 99%"), (0.001, "under 1%")],
)
def test_percentages_round_half_up_and_never_claim_all_or_none(share: float, printed: str) -> None:
    assert wording.percent(share) == printed


@pytest.mark.parametrize(
    ("rank", "said"), [(1, "first"), (10, "tenth"), (11, "11th"), (21, "21st"), (112, "112th")]
)
def test_ranks_are_ordinals(rank: int, said: str) -> None:
    assert wording.ordinal(rank) == said


@pytest.mark.parametrize(
    ("rank", "said"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (13, "13th"),
     (21, "21st"), (112, "112th")],
)  # fmt: skip
def test_the_teens_end_in_th(rank: int, said: str) -> None:
    assert wording.nth(rank) == said


@pytest.mark.parametrize(("count", "said"), [(0, "none"), (9, "nine"), (11, "11"), (1092, "1,092")])
def test_small_numbers_are_words(count: int, said: str) -> None:
    assert wording.number(count) == said


@pytest.mark.parametrize(
    ("names", "said"),
    [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")],
)
def test_lists_read_as_a_sentence(names: list[str], said: str) -> None:
    assert wording.join(names) == said
