"""Where an interval lies about another value that its source allows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wavebook.ranges import limit_about

shares = st.floats(0, 1)


@given(limit=shares, value=shares, other=shares)
def test_a_share_s_limits_are_shares(limit: float, value: float, other: float) -> None:
    assert 0 <= limit_about(limit, value, other, is_share=True) <= 1


@given(limit=st.floats(0.001, 0.999), value=st.floats(0.001, 0.999), other=st.floats(0.001, 0.999))
def test_a_limit_stays_on_its_side_of_the_value(limit: float, value: float, other: float) -> None:
    moved = limit_about(limit, value, other, is_share=True)
    if limit <= value:
        assert moved <= other or moved == pytest.approx(other)
    else:
        assert moved >= other or moved == pytest.approx(other)


@given(limit=st.floats(0.001, 0.999), value=st.floats(0.001, 0.999), is_share=st.booleans())
def test_the_limit_about_the_value_itself_stays(limit: float, value: float, is_share: bool) -> None:
    assert limit_about(limit, value, value, is_share=is_share) == pytest.approx(limit)


def test_the_least_share_has_limits_too() -> None:
    assert limit_about(0.1, 0.5, 1e-9, is_share=True) == pytest.approx(0)
