from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from tests import oracles
from wavebook.design import Design
from wavebook.errors import WavebookError
from wavebook.estimate import Asked, mean, mean_rank, net, rank_table, share, tabulate
from wavebook.ranking import competition_ranks, rank_statement

SHARES = oracles.cases("shares")
MEANS = oracles.cases("means")


def group_of(lines: pd.DataFrame, sample: pd.DataFrame) -> str:
    domains = set(lines["domain"]) - {"all"}
    fitting = [
        name for name in ("stype", "awards", "domain") if domains <= set(sample.get(name, ()))
    ]
    return fitting[0]


def beside(table: pd.DataFrame, lines: pd.DataFrame, by: str, *keys: str) -> pd.DataFrame:
    """Put our estimates beside R's, which the result holds as ``…_r``."""
    ours = table.rename(columns={by: "group"})
    theirs = lines.rename(columns={"domain": "group"})
    joined = theirs.merge(ours, on=["group", *keys], how="left", suffixes=("_r", ""))
    assert len(joined) == len(lines)
    return joined


def agree(table: pd.DataFrame, *columns: str) -> None:
    for column in columns:
        np.testing.assert_allclose(
            table[column], table[f"{column}_r"], rtol=1e-8, atol=1e-10, err_msg=column
        )


@pytest.mark.parametrize("case", SHARES, ids=oracles.label)
def test_shares_and_standard_errors_are_those_of_r(case):
    name, design, question, lines = case
    sample = oracles.sample(name)
    by = group_of(lines, sample)
    ours = share(sample, question, by=by, design=design, total="all", missing=["refused"])
    agree(beside(ours, lines, by, "option"), "share", "se", "base", "df")


@pytest.mark.parametrize("case", SHARES, ids=oracles.label)
def test_design_effects_are_those_of_r(case):
    name, design, question, lines = case
    sample = oracles.sample(name)
    by = group_of(lines, sample)
    ours = share(sample, question, by=by, design=design, total="all", missing=["refused"])
    table = beside(ours, lines, by, "option")
    agree(table[table["deff_r"].notna()], "deff")


# R counts respondents of weight 0 in the sample size of the beta interval; we do not.
# Its "logit" is fitted by iteration, to about 1e-8; "xlogit" is the same in closed form.
@pytest.mark.parametrize(("method", "in_r"), [("logit", "xlogit"), ("beta", "beta")])
@pytest.mark.parametrize("case", [c for c in SHARES if c[0] != "lonely"], ids=oracles.label)
def test_intervals_are_those_of_svyciprop(case, method, in_r):
    name, design, question, lines = case
    sample = oracles.sample(name)
    by = group_of(lines, sample)
    ours = share(
        sample, question, by=by, design=design, total="all", missing=["refused"], method=method
    )
    table = beside(ours, lines, by, "option")
    table = table[table[f"{in_r}_low"].notna()]
    assert len(table)
    np.testing.assert_allclose(table["low"], table[f"{in_r}_low"], rtol=1e-8)
    np.testing.assert_allclose(table["high"], table[f"{in_r}_high"], rtol=1e-8)


@pytest.mark.parametrize("case", MEANS, ids=oracles.label)
def test_means_are_those_of_r(case):
    name, design, question, lines = case
    sample = oracles.sample(name)
    by = group_of(lines, sample)
    ours = mean(sample, question, by=by, design=design, total="all")
    agree(beside(ours, lines, by), "mean", "se", "df", "deff", "low", "high")


def test_a_share_is_r_s_ratio_of_totals():
    design = Design("weight", "stratum", "cluster", "clusters")
    ours = share(oracles.sample("generated"), "answer", design=design, missing=["refused"])
    ratio = oracles.values("ratio").iloc[0]
    ours = ours.set_index("option").loc["yes"]
    assert ours["share"] == pytest.approx(ratio["share"], rel=1e-10)
    assert ours["se"] == pytest.approx(ratio["se"], rel=1e-8)


def test_strata_that_differ_by_far_more_than_their_members_do_keep_a_standard_error():
    frame = pd.DataFrame({"q": [0, 1, 1000, 1001], "s": ["a", "a", "b", "b"]})
    # Σ (N_h/N)² s_h²/n_h = 2 · (1/2)² · (1/2)/2
    assert mean(frame, "q", design=Design(strata="s"))["se"].item() == pytest.approx(0.125**0.5)


def answers(*codes: str | None, **columns: list[object]) -> pd.DataFrame:
    return pd.DataFrame({"q": list(codes), **columns})


def test_importing_the_estimates_loads_no_engine_that_is_not_used():
    code = (
        "import sys, wavebook.estimate; print({'dask', 'duckdb', 'scipy.stats'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_an_option_that_nobody_chose_has_share_0():
    table = share(answers("a", "a", "b", "a"), "q", options=["a", "b", "c"])
    assert table["share"].tolist() == [0.75, 0.25, 0.0]


def test_options_keep_the_order_given():
    assert share(answers("a", "b"), "q", options=["b", "a"])["option"].tolist() == ["b", "a"]


def test_a_code_that_is_no_option_is_named():
    with pytest.raises(WavebookError, match="q: found 'c', which is not an option"):
        share(answers("a", "c"), "q", options=["a", "b"])


def test_an_unknown_column_is_named_with_the_nearest():
    with pytest.raises(WavebookError, match="no column 'qq'; did you mean 'q'"):
        share(answers("a"), "qq")


def test_an_unknown_column_in_a_condition_is_named():
    with pytest.raises(WavebookError, match="no column 'z'"):
        share(answers("a"), "q", where="z == 'a'")


def test_an_empty_cell_is_out_of_the_base():
    assert share(answers("a", None, "", "b"), "q")["base"].tolist() == [2, 2]


def test_kinds_of_missing_answers_are_out_of_the_base_only_where_said_so():
    frame = answers("a", "a", "b", "dont_know", "refused", "not_asked")
    asked = {"options": ["a", "b"], "count": ["dont_know"], "missing": ["refused", "not_asked"]}
    table = share(frame, "q", **asked).set_index("option")
    assert table["share"].to_dict() == {"a": 0.5, "b": 0.25, "dont_know": 0.25}


def test_a_net_is_the_share_of_its_options_together():
    table = net(answers("a", "a", "b", "c"), "q", ["a", "b"], label="either")
    assert table[["option", "share", "count", "base"]].to_numpy().tolist() == [
        ["either", 0.75, 3, 4]
    ]


def test_a_net_has_the_standard_error_of_r_s_recoded_answer():
    # svymean of an option's complement has the option's standard error.
    lines = oracles.values("shares")
    lines = lines[(lines["sample"] == "apiclus1") & (lines["question"] == "stype")]
    high = lines[(lines["domain"] == "all") & (lines["option"] == "H")].iloc[0]
    design = Design("pw", cluster="dnum")
    either = net(oracles.sample("apiclus1"), "stype", ["E", "M"], design=design).iloc[0]
    assert either["se"] == pytest.approx(high["se"], rel=1e-8)


def test_an_empty_domain_has_base_0_and_no_share():
    table = share(answers("a", "b"), "q", options=["a", "b"], where="q == 'zz'")
    assert table["base"].tolist() == [0, 0]
    assert table["share"].isna().all()


def test_an_empty_domain_has_no_mean():
    table = mean(answers("1", "2"), "q", where="q == 'zz'")
    assert table["base"].tolist() == [0]
    assert table["mean"].isna().all()


def test_a_group_column_with_one_value_gives_that_group():
    table = share(answers("a", "b", g=["x", "x"]), "q", by="g")
    assert table["g"].tolist() == ["x", "x"]


def test_respondents_without_a_group_are_in_the_total_only():
    frame = answers("a", "a", "b", g=["x", None, "x"])
    table = share(frame, "q", by="g", total="all", options=["a", "b"]).set_index(["g", "option"])
    assert table["share"].round(4).to_dict() == {
        ("x", "a"): 0.5,
        ("x", "b"): 0.5,
        ("all", "a"): 0.6667,
        ("all", "b"): 0.3333,
    }


def test_two_group_columns_have_totals_over_each():
    frame = answers("a", "b", "a", "a", g=["x", "x", "y", "y"], h=["u", "v", "u", "v"])
    table = net(frame, "q", ["a"], by=["g", "h"], total="all").set_index(["g", "h"])["share"]
    assert table["all", "u"] == 1.0
    assert table["x", "all"] == 0.5
    assert table["all", "all"] == 0.75


def test_the_interval_of_all_rests_on_the_effective_base_under_unequal_weights():
    frame = answers(*["yes"] * 40, w=[1] * 20 + [3] * 20)
    # Kish: (20 + 60)² / (20 + 180) = 32; Clopper and Pearson at 32 of 32.
    low = share(frame, "q", design=Design(weight="w"))["low"].item()
    assert low == pytest.approx(0.025 ** (1 / 32))


def test_a_respondent_of_weight_0_is_in_no_base():
    frame = answers("a", "b", "a", w=[1.0, 0.0, 3.0])
    assert share(frame, "q", design=Design("w"), options=["a", "b"])["base"].tolist() == [2, 2]


def test_a_simple_random_sample_is_its_own_effective_base():
    table = share(answers(*"aabbb"), "q")
    np.testing.assert_allclose(table["effective_base"], 5)


def test_a_rows_question_stands_for_its_columns():
    frame = pd.DataFrame({"m__x": ["yes", "no"], "m__y": ["yes", "yes"]})
    table = tabulate(frame, [Asked("m", options=["yes", "no"])])
    assert table[["row", "option", "share"]].to_numpy().tolist() == [
        ["x", "yes", 0.5],
        ["x", "no", 0.5],
        ["y", "yes", 1.0],
        ["y", "no", 0.0],
    ]


def test_number_codes_are_named_as_people_write_them():
    frame = pd.DataFrame({"q": [1.0, 2.0, np.nan]})
    assert share(frame, "q")["option"].tolist() == ["1", "2"]


def test_a_mean_of_text_that_is_no_number_is_refused():
    with pytest.raises(WavebookError, match="q: expected numbers"):
        mean(answers("3", "many"), "q")


def ranking() -> pd.DataFrame:
    # 40 people: a before b before c for 38; two rank c, b, a.
    ranks = [(1, 2, 3)] * 38 + [(3, 2, 1)] * 2
    return pd.DataFrame(ranks, columns=["r__a", "r__b", "r__c"])


def test_mean_ranks_are_plain_means():
    table = mean_rank(ranking(), "r").set_index("row")["mean_rank"]
    assert table.to_dict() == {"a": 1.1, "b": 2.0, "c": 2.9}


def test_a_clear_order_leaves_each_rank_one_place():
    table = rank_table(ranking(), "r").set_index("row")
    assert table[["rank_low", "rank_high"]].to_numpy().tolist() == [[1, 1], [2, 2], [3, 3]]


def test_items_that_cannot_be_told_apart_share_a_range_of_ranks():
    ranks = [(1, 2, 3), (2, 1, 3)] * 20 + [(1, 2, 3)]
    table = rank_table(pd.DataFrame(ranks, columns=["r__a", "r__b", "r__c"]), "r")
    assert table[["rank_low", "rank_high"]].to_numpy().tolist() == [[1, 2], [1, 2], [3, 3]]


def test_an_item_that_nobody_ranked_has_no_rank():
    assert rank_table(ranking().assign(r__d=np.nan), "r")["row"].tolist() == ["a", "b", "c"]


def test_ranks_within_a_group_are_the_group_s_own():
    frame = pd.concat([ranking().assign(g="x"), ranking()[::-1].assign(g="y")])
    frame.loc[frame["g"] == "y", ["r__a", "r__c"]] = [3, 1]
    table = rank_table(frame, "r", by="g").set_index(["g", "rank"])["row"]
    assert (table["x", "1"], table["y", "1"]) == ("a", "c")


def test_a_group_column_named_as_a_result_is_refused():
    with pytest.raises(WavebookError, match="by: 'share' is a column of the result"):
        share(answers("a", share=["x"]), "q", by="share")


def test_a_rank_table_counts_first_and_top_places():
    table = rank_table(ranking(), "r", top=2).set_index("row")
    assert table["first"].to_dict() == {"a": 0.95, "b": 0.0, "c": 0.05}
    assert table["top"].to_dict() == {"a": 0.95, "b": 1.0, "c": 0.05}


@pytest.mark.parametrize(("digits", "ranks"), [({}, ["1=", "1="]), ({"digits": 3}, ["1", "2"])])
def test_mean_ranks_that_are_printed_alike_are_tied(digits, ranks):
    # a: (101 + 2 · 100) / 201 = 1.4975; b: 1.5025. Both are 1.50 to two decimals.
    frame = pd.DataFrame([(1, 2)] * 101 + [(2, 1)] * 100, columns=["r__a", "r__b"])
    assert rank_table(frame, "r", **digits)["rank"].tolist() == ranks


def test_equal_values_share_the_better_rank_with_a_sign():
    assert competition_ranks([5.2, 1.0, 3.1, 3.1, 3.104]) == ["5", "1", "2=", "2=", "2="]


def test_shares_rank_from_the_highest():
    assert competition_ranks([0.2, 0.7, 0.5], highest_first=True) == ["3", "1", "2"]


def test_a_sure_rank_is_said_plainly():
    assert rank_statement("1", 1, 1) == "1st, with 95% confidence"


def test_a_rank_is_as_sure_as_was_asked_for():
    assert rank_statement("2=", 1, 3, level=0.975) == (
        "joint 2nd; between 1st and 3rd with 97.5% confidence"
    )
