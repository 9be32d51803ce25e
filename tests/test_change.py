from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests import oracles
from wavebook.change import between_groups, between_waves, verdict
from wavebook.errors import WavebookError
from wavebook.estimate import mean, share

CASES = oracles.cases("contrasts")


@pytest.mark.parametrize("case", CASES, ids=oracles.label)
def test_differences_between_groups_are_those_of_svycontrast(case):
    name, design, question, lines = case
    sample, first = oracles.sample(name), lines.iloc[0]
    ours = between_groups(
        sample,
        question,
        first["by"],
        measure="share" if first["option"] else "mean",
        against=first["from"],
        design=design,
        missing=["refused"],
    )
    ours = ours[ours["group"] == first["to"]]
    if first["option"]:
        ours = ours.set_index("option").loc[lines["option"]]
    np.testing.assert_allclose(ours["change"], lines["change"], rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(ours["se"], lines["se"], rtol=1e-8, atol=1e-10)


def wave(yes: int, no: int) -> pd.DataFrame:
    return share(pd.DataFrame({"q": ["yes"] * yes + ["no"] * no}), "q", options=["yes", "no"])


def test_variances_of_independent_waves_add():
    change = between_waves(wave(60, 40), wave(50, 50))
    # p (1 − p) / (n − 1) of each wave.
    expected = np.sqrt(0.24 / 99 + 0.25 / 99)
    np.testing.assert_allclose(change["se"], expected, rtol=1e-12)


def test_a_change_has_the_p_value_and_interval_of_welch_s_test():
    # R: t.test(rep(c(1, 0), c(60, 40)), rep(c(1, 0), c(50, 100)))
    change = between_waves(wave(60, 40), wave(50, 100)).iloc[0]
    assert change["df"] == pytest.approx(206.381835556, rel=1e-8)
    assert change["p"] == pytest.approx(3.08649092289e-05, rel=1e-8)
    assert (change["low"], change["high"]) == pytest.approx(
        (0.143297913696, 0.390035419638), rel=1e-9
    )


def test_a_change_is_now_less_then():
    assert between_waves(wave(60, 40), wave(50, 50))["change"].round(9).tolist() == [0.1, -0.1]


def test_clear_changes_are_up_and_down():
    assert between_waves(wave(80, 20), wave(40, 60))["verdict"].tolist() == ["up", "down"]


def test_a_difference_within_sampling_error_is_no_clear_change():
    assert set(between_waves(wave(52, 48), wave(50, 50))["verdict"]) == {"no clear change"}


def test_many_comparisons_raise_the_bar():
    one = between_waves(wave(60, 40), wave(45, 55), adjust=False)
    both = between_waves(wave(60, 40), wave(45, 55))
    np.testing.assert_allclose(both["p_adjusted"], 2 * one["p"], rtol=1e-12)


def test_all_of_nine_against_none_of_eight_is_no_certainty():
    change = between_waves(wave(9, 0), wave(0, 8)).iloc[0]
    assert change["se"] > 0.1


@pytest.mark.parametrize("turned", [False, True], ids=["to", "from"])
def test_a_change_to_or_from_all_is_as_sure_as_an_exact_interval_of_all(turned):
    waves = [wave(9, 0), wave(5, 5)]
    change = between_waves(*(reversed(waves) if turned else waves)).iloc[0]
    # Clopper and Pearson at 9 of 9 end at 0.025^(1/9) and 1; R: qt(0.975, 8) = 2.306004135;
    # p (1 − p) / (n − 1) of the other wave.
    expected = np.hypot((1 - 0.025 ** (1 / 9)) / 2.306004135204166, np.sqrt(0.25 / 9))
    assert change["se"] == pytest.approx(expected)


def test_means_change_too():
    now, then = (mean(pd.DataFrame({"x": values}), "x") for values in ([1, 2, 3, 4], [3, 4, 5, 6]))
    change = between_waves(now, then).iloc[0]
    # R: t.test(1:4, 3:6): t = -2.1909, df = 6, p = 0.07098765
    assert change["p"] == pytest.approx(0.070987654321, rel=1e-9)


def test_tables_of_different_shape_are_refused():
    other = wave(5, 5).rename(columns={"option": "answer"})
    with pytest.raises(WavebookError, match="the tables differ"):
        between_waves(wave(5, 5), other)


def test_a_table_without_a_measure_is_refused():
    with pytest.raises(WavebookError, match="expected one of"):
        between_waves(pd.DataFrame({"a": [1]}), wave(5, 5))


GROUPS = pd.DataFrame({"q": ["yes", "no"] * 30, "g": ["x", "y", "z"] * 20})


def test_without_a_reference_all_pairs_are_compared():
    table = between_groups(GROUPS, "q", "g", options=["yes"], count=["no"])
    pairs = set(zip(table["group"], table["against"], strict=True))
    assert pairs == {("y", "x"), ("z", "x"), ("z", "y")}


def test_an_unknown_reference_is_told():
    with pytest.raises(WavebookError, match="g: 'w' is not a group"):
        between_groups(GROUPS, "q", "g", against="w")


def test_groups_can_be_compared_with_everybody():
    frame = pd.DataFrame({"q": ["yes"] * 3 + ["no"], "g": ["x", "x", "y", "y"]})
    table = between_groups(frame, "q", "g", against="all", total="all").set_index(
        ["group", "option"]
    )
    assert table["change"]["x", "yes"] == 0.25


@pytest.mark.parametrize(
    ("change", "p", "said"),
    [
        (0.1, 0.049, "up"),
        (-0.1, 0.001, "down"),
        (0.1, 0.051, "no clear change"),
        (0.1, float("nan"), "no clear change"),
        (0.0, 0.0, "no clear change"),
    ],
)
def test_a_verdict_follows_the_p_value(change, p, said):
    assert verdict(change, p) == said
