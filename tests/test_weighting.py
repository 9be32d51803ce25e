from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
import svy

from tests import oracles
from wavebook.errors import WavebookError
from wavebook.weighting import efficiency, rake

MARGINS = {
    "stratum": {"s1": 100, "s2": 150, "s3": 200, "s4": 250, "s5": 300},
    "domain": {"a": 450, "b": 400, "c": 150},
}


def people(**columns: list[object]) -> pd.DataFrame:
    return pd.DataFrame({"g": ["x", "x", "x", "y"], "h": ["u", "v", "u", "v"]} | columns)


def shares(raked, column: str, frame: pd.DataFrame) -> dict[str, float]:
    sums = raked.weights.groupby(frame[column]).sum()
    return (sums / sums.sum()).round(6).to_dict()


def test_raked_weights_are_those_of_r():
    sample = oracles.values("raked")
    raked = rake(sample, MARGINS, weight="weight", tolerance=1e-13)
    theirs = sample["raked"] / sample["raked"].sum()
    np.testing.assert_allclose(raked.weights / raked.weights.sum(), theirs, rtol=1e-8)


def test_raked_weights_are_those_of_svy():
    sample = oracles.values("raked").drop(columns="raked")
    theirs = (
        svy.Sample(pl.from_pandas(sample), svy.Design(wgt="weight"))
        .weighting.rake(controls=MARGINS, tol=1e-12, max_iter=1000)
        .data["rk_wgt"]
        .to_numpy()
    )
    raked = rake(sample, MARGINS, weight="weight", tolerance=1e-13)
    ours = raked.weights / raked.weights.sum()
    np.testing.assert_allclose(ours, theirs / theirs.sum(), rtol=1e-8)


def test_each_margin_has_its_target_share():
    frame = people()
    raked = rake(frame, {"g": {"x": 0.6, "y": 0.4}, "h": {"u": 0.3, "v": 0.7}})
    assert shares(raked, "g", frame) == {"x": 0.6, "y": 0.4}
    assert shares(raked, "h", frame) == {"u": 0.3, "v": 0.7}


def test_the_sum_of_the_starting_weights_is_kept():
    raked = rake(people(w=[1.0, 2, 3, 4]), {"g": {"x": 1, "y": 1}}, weight="w")
    assert raked.weights.sum() == pytest.approx(10)


def test_the_report_shows_each_category_before_and_after():
    line = rake(people(), {"g": {"x": 50, "y": 50}}).report.iloc[1]
    assert line[["margin", "category", "base", "before", "target"]].tolist() == [
        "g", "y", 1, 0.25, 0.5,
    ]  # fmt: skip
    assert line["after"] == pytest.approx(0.5)


def test_efficiency_is_kish_s():
    # Weights 1, 1, 1, 3: 36 / (4 × 12).
    assert efficiency([1, 1, 1, 3]) == 0.75


def test_trimmed_weights_stay_within_bounds_and_meet_the_margins():
    sample = oracles.values("raked")
    raked = rake(sample, MARGINS, weight="weight", trim=(0.3, 3.0), most_rounds=5000)
    in_means = raked.weights / (sample["weight"].sum() / len(sample))
    assert raked.converged
    assert in_means.between(0.3 - 1e-9, 3 + 1e-9).all()


def test_trimmed_weights_are_counted():
    frame = pd.DataFrame({"g": ["x"] * 6 + ["y"] * 4, "w": [1.0] * 5 + [9.0] + [1.0] * 4})
    raked = rake(frame, {"g": {"x": 0.6, "y": 0.4}}, weight="w", trim=(0.1, 2.0))
    assert raked.trimmed == 1


def test_bounds_too_tight_for_the_margins_are_reported():
    raked = rake(people(), {"g": {"x": 0.1, "y": 0.9}}, trim=(0.5, 1.5), most_rounds=50)
    assert not raked.converged


def test_margins_that_contradict_each_other_are_reported():
    frame = pd.DataFrame({"g": ["x", "x", "y"], "h": ["u", "u", "v"]})
    raked = rake(frame, {"g": {"x": 1, "y": 1}, "h": {"u": 3, "v": 1}}, most_rounds=50)
    assert raked.summary.startswith("raking did not converge in 50 rounds")


def refused(match: str, margins: dict[str, dict[str, float]], **arguments: object) -> None:
    with pytest.raises(WavebookError, match=match):
        rake(people(w=[1.0, 2, 0, 4]), margins, **arguments)  # type: ignore[arg-type]


def test_no_margins_are_refused():
    refused("margins: found none", {})


def test_an_unknown_margin_is_told():
    refused("margins: no column 'region'", {"region": {"x": 1}})


def test_a_category_without_a_target_is_told():
    refused("margins.g: respondents in 'y' have no target", {"g": {"x": 1}})


def test_a_target_without_respondents_is_told():
    refused("margins.g.z: no respondent is in it", {"g": {"x": 1, "y": 1, "z": 1}})


def test_a_target_of_0_is_told():
    refused("margins.g.y: found 0; expected a number above 0", {"g": {"x": 1, "y": 0}})


def test_a_starting_weight_of_0_is_told_with_its_row():
    refused("weight 'w', row 3: found 0", {"g": {"x": 1, "y": 1}}, weight="w")


def test_bounds_that_exclude_the_mean_are_refused():
    refused("trim: found 1.5 and 3", {"g": {"x": 1, "y": 1}}, trim=(1.5, 3.0))


def test_a_respondent_without_a_category_is_counted():
    with pytest.raises(WavebookError, match=r"margins\.g: 1 respondents have no category"):
        rake(people(g=["x", None, "x", "y"]), {"g": {"x": 1, "y": 1}})
