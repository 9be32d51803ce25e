from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests import oracles
from wavebook.design import Design
from wavebook.errors import WavebookError
from wavebook.estimate import share


def respondents(**columns: list[object]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "q": ["a", "b", "a", "b"],
            "w": [1.0, 2.0, 1.0, 2.0],
            "s": ["x", "x", "y", "y"],
            "c": ["x1", "x2", "y1", "y2"],
            "n": [9, 9, 8, 8],
        }
        | columns
    )


def refused(design: Design, match: str, **columns: list[object]) -> None:
    with pytest.raises(WavebookError, match=match):
        share(respondents(**columns), "q", design=design)


def test_an_unknown_column_is_named():
    refused(Design(weight="weigth"), "design: no column 'weigth'")


def test_a_negative_weight_is_told():
    refused(Design("w"), "weight 'w': found -1; expected no weight below 0", w=[1, -1, 1, 1])


def test_a_missing_weight_is_counted():
    refused(Design("w"), "weight 'w': 1 row has no weight", w=[1, np.nan, 1, 1])


def test_an_infinite_weight_is_told():
    refused(Design("w"), "weight 'w': found an infinite weight", w=[1, np.inf, 1, 1])


def test_weights_that_sum_to_0_are_told():
    refused(Design("w"), "weight 'w': the weights sum to 0", w=[0, 0, 0, 0])


def test_a_weight_of_text_is_told():
    refused(Design("w"), "weight 'w': expected numbers, found String", w=["1", "2", "3", "4"])


def test_a_missing_stratum_is_counted():
    refused(Design(strata="s"), "strata 's': 2 rows have none", s=["x", "x", None, ""])


def test_a_missing_cluster_is_counted():
    refused(Design(cluster="c"), "cluster 'c': 1 row has none", c=["x1", "x2", None, "y2"])


def test_a_cluster_in_two_strata_is_named_with_both():
    refused(
        Design(strata="s", cluster="c"),
        "cluster 'c': k is in the strata x and y",
        c=["k", "x2", "k", "y2"],
    )


def test_a_population_smaller_than_the_sample_is_told_with_its_stratum():
    refused(
        Design(strata="s", fpc="n"),
        "fpc 'n', stratum y: a population of 1 units is smaller than the sample of 2",
        n=[9, 9, 1, 1],
    )


def test_two_population_sizes_in_a_stratum_are_told():
    refused(Design(strata="s", fpc="n"), "stratum x: found 8 and 9", n=[8, 9, 5, 5])


def test_a_missing_population_size_is_counted():
    refused(Design(strata="s", fpc="n"), "fpc 'n': 1 row has none", n=[9, 9, 8, np.nan])


def test_a_sample_without_rows_is_told():
    with pytest.raises(WavebookError, match="the sample has no rows"):
        share(respondents().iloc[:0], "q")


def test_an_unknown_rule_for_lonely_strata_is_told():
    with pytest.raises(WavebookError, match="'drop' is not one of"):
        Design(lonely="drop")  # type: ignore[arg-type]


def test_a_lonely_stratum_fails_with_its_name():
    refused(Design(strata="s"), "strata: y: one sampled unit only", s=["x", "x", "x", "y"])


def test_a_stratum_with_one_of_one_unit_is_a_census_and_not_lonely():
    frame = respondents(s=["x", "x", "x", "y"], n=[9, 9, 9, 1])
    assert share(frame, "q", design=Design(strata="s", fpc="n"))["se"].gt(0).all()


# R, survey 4.1.1, on the sample `lonely` by clusters: what the four rules make of one share.
@pytest.mark.parametrize("rule", ["adjust", "average", "remove", "certainty"])
def test_lonely_strata_do_as_in_r(rule):
    lines = oracles.values("shares")
    lines = lines[(lines["sample"] == "lonely") & (lines["lonely"] == rule)]
    line = lines[(lines["cluster"] != "") & (lines["domain"] == "all")].iloc[0]
    design = Design("weight", "stratum", "cluster", lonely=rule)
    ours = share(oracles.sample("lonely"), "answer", design=design, missing=["refused"])
    se = ours.set_index("option")["se"][line["option"]]
    assert se == pytest.approx(line["se"], rel=1e-8)
