"""What holds for any sample, whatever the numbers."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
import polars as pl
import pytest
import svy
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import oracles
from wavebook.cells import Cells
from wavebook.design import Design
from wavebook.estimate import share
from wavebook.sums import answer_sums
from wavebook.weighting import rake

STRATA = ["s1", "s2", "s3"]
OPTIONS = ["a", "b", "c"]
COMPARED = ["share", "se", "low", "high", "base", "effective_base"]


@st.composite
def samples(draw: st.DrawFn) -> pd.DataFrame:
    """Return a sample of two or more clusters in each stratum."""
    rows = []
    for stratum in STRATA[: draw(st.integers(1, 3))]:
        for cluster in range(draw(st.integers(2, 4))):
            for _ in range(draw(st.integers(1, 4))):
                weight = draw(st.floats(0.1, 10))
                answer = draw(st.sampled_from([*OPTIONS, None]))
                group = draw(st.sampled_from("xy"))
                rows.append((stratum, f"{stratum}{cluster}", weight, answer, group))
    frame = pd.DataFrame(rows, columns=["s", "c", "w", "q", "g"])
    frame.loc[0, "q"] = "a"  # somebody answers
    frame["q"] = frame["q"].astype("str")
    return frame


designs = st.builds(
    Design,
    weight=st.sampled_from([None, "w"]),
    strata=st.sampled_from([None, "s"]),
    cluster=st.just("c"),
)
laws = settings(max_examples=15, deadline=None)


def estimate(frame: pd.DataFrame, design: Design, **arguments: object) -> pd.DataFrame:
    return share(frame, "q", design=design, options=OPTIONS, **arguments)  # type: ignore[arg-type]


def same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    for column in COMPARED:
        np.testing.assert_allclose(one[column], other[column], rtol=1e-7, atol=1e-7, err_msg=column)


@laws
@given(samples(), designs)
def test_shares_of_a_single_question_sum_to_1(frame, design):
    assert estimate(frame, design)["share"].sum() == pytest.approx(1)


@laws
@given(samples(), designs, st.floats(0.01, 100))
def test_scaling_the_weights_changes_nothing(frame, design, factor):
    same(estimate(frame, design), estimate(frame.assign(w=frame["w"] * factor), design))


@laws
@given(samples(), designs, st.randoms(use_true_random=False))
def test_the_order_of_respondents_changes_nothing(frame, design, random):
    order = list(range(len(frame)))
    random.shuffle(order)
    same(estimate(frame, design), estimate(frame.iloc[order], design))


@laws
@given(samples())
def test_a_census_has_no_variance(frame):
    frame = frame.assign(n=frame.groupby("s")["c"].transform("nunique"))
    assert estimate(frame, Design("w", "s", "c", "n"))["se"].tolist() == [0, 0, 0]


def summed(of_files: Iterable[Cells]) -> pd.DataFrame:
    """Return sums with the names of what they are sums of."""
    tables = []
    for cells in of_files:
        keys = {
            "stratum": cells.sample.strata[cells.stratum],
            "cluster": cells.sample.clusters[cells.unit],
            "answer": cells.answer,
        }
        tables.append(pd.DataFrame(keys | dict(cells.sums)).set_index(list(keys)))
    return pd.concat(tables).sort_index()


@laws
@given(samples())
def test_sums_of_strata_kept_in_two_files_are_those_of_the_whole(frame):
    design, first = Design("w", "s", "c"), frame["s"] == "s1"
    files = [frame[part] for part in (first, ~first) if part.any()]
    whole = summed([answer_sums(frame, ["q"], design=design)])
    together = summed(answer_sums(file, ["q"], design=design) for file in files)
    pd.testing.assert_frame_equal(whole, together, rtol=1e-12)


@laws
@given(samples(), designs)
def test_a_domain_is_its_group(frame, design):
    groups = estimate(frame, design, by="g")
    domain = estimate(frame, design, where="g == 'x'")
    if domain["base"].iloc[0]:
        same(groups[groups["g"] == "x"], domain)


@laws
@given(samples(), designs)
def test_an_interval_holds_its_share(frame, design):
    table = estimate(frame, design).dropna(subset=["low", "high"])
    assert (table["low"] <= table["share"] + 1e-12).all()
    assert (table["share"] <= table["high"] + 1e-12).all()


@laws
@given(samples())
def test_raking_to_its_own_margins_leaves_a_sample_as_it_is(frame):
    margins = {name: frame.groupby(name)["w"].sum().to_dict() for name in ("s", "g")}
    raked = rake(frame, margins, weight="w")
    np.testing.assert_allclose(raked.weights, frame["w"], rtol=1e-6)


DESIGNS = [
    Design("weight"),
    Design("weight", "stratum"),
    Design("weight", cluster="cluster"),
    Design("weight", "stratum", "cluster"),
]


@pytest.mark.parametrize("design", DESIGNS, ids=lambda d: "-".join(d.columns))
def test_shares_and_logit_intervals_of_domains_are_those_of_svy(design):
    sample = oracles.sample("generated").dropna(subset=["answer"])
    sample = sample[sample["domain"].isin(["a", "b"])].reset_index(drop=True)
    theirs = (
        svy.Sample(
            pl.from_pandas(sample),
            svy.Design(wgt=design.weight, stratum=design.strata, psu=design.cluster),
        )
        .estimation.prop("answer", by="domain")
        .to_polars()
        .to_pandas()
    )
    ours = share(sample, "answer", by="domain", design=design, method="logit")
    both = ours.merge(theirs, left_on=["domain", "option"], right_on=["domain", "answer"])
    assert len(both) == len(ours)
    columns = [("share", "est"), ("se_x", "se_y"), ("low", "lci"), ("high", "uci")]
    for mine, other in columns:
        np.testing.assert_allclose(both[mine], both[other], rtol=1e-8, err_msg=mine)
