"""Rows that are held: what is worked out of them once serves every estimate after it."""

from __future__ import annotations

import duckdb
import narwhals as nw
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wavebook import tally
from wavebook.beside import Beside
from wavebook.design import Design
from wavebook.errors import WavebookError
from wavebook.estimate import mean, share, tabulate
from wavebook.expression import parse
from wavebook.held import Held

ANSWERS = st.sampled_from(["yes", "no", "unsure", None])
SITES = st.sampled_from(["north", "south", "east", None])
PEOPLE = st.lists(st.tuples(ANSWERS, SITES, st.integers(0, 3)), min_size=1, max_size=40)


def frame_of(people: list[tuple[str | None, str | None, int]]) -> pd.DataFrame:
    frame = pd.DataFrame(people, columns=["q", "site", "w"]).astype({"q": "str", "site": "str"})
    return frame.assign(w=frame["w"] + 0.5)


@given(PEOPLE, st.sampled_from([None, "site == 'north'", "site != 'north'", "q in ['yes', 'no']"]))
def test_an_estimate_is_the_same_however_often_it_is_asked_for(people, where) -> None:
    frame = frame_of(people)
    held = Held(frame)
    options = {"by": "site", "design": Design(weight="w", lonely="adjust"), "where": where}
    alone = share(frame, "q", **options)
    mean(held, "w", by="site", design=Design(lonely="adjust"), where=where)
    for _ in range(2):
        pd.testing.assert_frame_equal(share(held, "q", **options), alone)


@given(PEOPLE, st.integers(1, 100))
def test_how_many_columns_are_counted_in_one_go_changes_no_number(people, together: int) -> None:
    frame = frame_of(people).assign(r=lambda data: data["q"].where(data["w"] > 1), s="yes", t=None)
    frame["t"] = frame["t"].astype("str")
    options = {"by": "site", "design": Design(weight="w", lonely="adjust")}
    questions = ["q", "r", "s", "t"]
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(tally, "TOGETHER", together)
        parted = tabulate(Held(frame), questions, **options)
    pd.testing.assert_frame_equal(parted, tabulate(Held(frame), questions, **options))
    alone = [share(frame, question, **options) for question in ("q", "r", "s")]
    for one, question in zip(alone, ("q", "r", "s"), strict=True):
        same = parted[parted["question"] == question]
        np.testing.assert_array_equal(same["base"], one["base"])
        np.testing.assert_allclose(same["share"], one["share"])


def test_what_is_done_to_a_frame_later_is_not_done_to_the_rows_held() -> None:
    frame = frame_of([("yes", "north", 1), ("no", "south", 1)])
    held = Held(frame)
    frame["q"] = "yes"
    frame.loc[0, "site"] = "south"
    assert share(held, "q")["base"].tolist() == [2, 2]
    assert held.frame["site"].tolist() == ["north", "south"]


def test_what_is_worked_out_is_worked_out_once() -> None:
    held = Held(frame_of([("yes", "north", 1)]))
    assert held.answers("q")[0] is held.answers("q")[0]
    assert held.inside("site == 'north'") is held.inside(parse("site == 'north'"))


def test_conditions_that_cannot_be_told_apart_are_not_taken_for_each_other() -> None:
    held = Held(frame_of([("yes", "north", 1), ("no", "south", 1)]))
    assert held.inside(nw.col("site") == "north").tolist() == [0]
    assert held.inside(nw.col("site") == "south").tolist() == [1]


@given(
    PEOPLE,
    st.sampled_from(
        [
            "site == 'north'", "site == 'nowhere'", "w == 1.5", "q == 'yes' and site == 'north'",
            "(q == 'yes' or w > 1) and site == 'north'", "site == 'north' or q == 'yes'",
            "not q == 'yes' and site == 'south'", "site == 'north' and w == 1.5",
        ]
    ),
)  # fmt: skip
def test_a_condition_picks_the_rows_that_a_dataframe_library_picks(people, where: str) -> None:
    frame = frame_of(people)
    rows = nw.from_native(frame.assign(at=range(len(frame)))).filter(parse(where).expr())
    assert Held(frame).inside(where).tolist() == rows["at"].to_list()


def test_an_answer_that_is_missing_is_none() -> None:
    codes, texts = Held(frame_of([("yes", "north", 1), (None, "north", 1)])).answers("q")
    assert codes.tolist() == [0, -1]
    assert texts.tolist() == ["yes"]


def test_numbers_are_read_from_text() -> None:
    held = Held(pd.DataFrame({"q": ["2", "", "10"]}))
    np.testing.assert_array_equal(held.numbers("q"), [2, np.nan, 10])


def test_an_unknown_column_is_told() -> None:
    held = Held(frame_of([("yes", "north", 1)]))
    with pytest.raises(WavebookError, match="no column 'sight'; did you mean 'site'"):
        held.inside("sight == 'north'")


# What other slices would tell

WHERE = "site == 'north'"


def hidden(frame: object, people: pd.DataFrame, groups: list[str]) -> list[bool]:
    design = Design(lonely="adjust")
    table = tabulate(people, ["q"], by=groups or None, where=WHERE, total="all", design=design)
    beside = Beside(parse(WHERE))
    told = {"answers": {"q": ("yes", "no")}, "groups": groups, "total": "all", "minimum": 5}
    return beside.hides(frame, table, **told).tolist()


@given(PEOPLE, st.sampled_from([[], ["g"]]), st.randoms(use_true_random=False))
def test_no_order_of_rows_decides_what_is_hidden(people, groups, random) -> None:
    frame = frame_of(people).assign(g=["a", "b"] * 20 if len(people) == 40 else "a")
    order = list(range(len(frame)))
    random.shuffle(order)
    assert hidden(frame, frame, groups) == hidden(frame.iloc[order], frame, groups)


@given(PEOPLE)
def test_no_engine_decides_what_is_hidden(people) -> None:
    frame = frame_of(people)
    assert hidden(frame, frame, []) == hidden(duckdb.from_df(frame), frame, [])


def test_the_smallest_of_the_others_hides_the_one_that_is_too_small() -> None:
    people = [("yes", "north", 1)] * 6 + [("yes", "south", 1)] * 3 + [("yes", "east", 1)] * 9
    frame = frame_of(people)
    assert hidden(frame, frame, []) == [True]
    assert hidden(frame, frame.assign(site=frame["site"].replace({"north": "east"})), []) == []
