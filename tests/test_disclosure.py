from __future__ import annotations

import pandas as pd
import pytest

from wavebook.disclosure import Thresholds, protect, suppressed
from wavebook.errors import WavebookError


def table(**bases: int) -> pd.DataFrame:
    """A line for each group, as ``share`` makes them."""
    return pd.DataFrame(
        {
            "g": list(bases),
            "option": "yes",
            "share": 0.25,
            "low": 0.1,
            "high": 0.5,
            "base": list(bases.values()),
            "count": [base // 4 for base in bases.values()],
        }
    )


def hidden(frame: pd.DataFrame, *groups: str, total: str | None = None) -> list[str]:
    lines = suppressed(frame, groups=groups, total=total)
    return ["/".join(line) for line in frame.loc[lines, list(groups)].to_numpy()]


def test_a_base_under_10_is_suppressed_and_one_of_10_is_not():
    assert hidden(table(a=9, b=10), "g") == ["a"]


def test_a_base_that_is_missing_is_none_of_10():
    frame = table(a=20, b=50)
    frame["base"] = frame["base"].astype("Int64").mask(frame["g"] == "a")
    assert protect(frame, groups=["g"])["reliability"].tolist() == ["suppressed", "sound"]


def test_a_base_under_30_is_flagged():
    protected = protect(table(a=29, b=30), groups=["g"])
    assert protected["reliability"].tolist() == ["low", "sound"]


def test_nothing_of_a_suppressed_line_is_left():
    line = protect(table(a=9, b=50), groups=["g"]).iloc[0]
    assert line[["share", "low", "high", "base", "count"]].isna().all()


def test_the_table_given_is_left_as_it_was():
    frame = table(a=9, b=50)
    protect(frame, groups=["g"])
    assert frame.equals(table(a=9, b=50))


def test_the_smallest_other_group_goes_too_where_a_total_would_tell():
    assert hidden(table(a=4, b=60, c=25, all=89), "g", total="all") == ["a", "c"]


def test_without_a_total_nothing_more_is_suppressed():
    assert hidden(table(a=4, b=60, c=25), "g") == ["a"]


def test_two_small_groups_that_together_are_still_small_take_a_third_along():
    # The total less c and d would tell of 7 people.
    assert hidden(table(a=3, b=4, c=40, d=50, all=97), "g", total="all") == ["a", "b", "c"]


def test_two_small_groups_of_10_together_are_enough():
    assert hidden(table(a=5, b=5, c=40, all=50), "g", total="all") == ["a", "b"]


@pytest.mark.parametrize("nowhere", [1, 4, 10])
def test_who_is_in_no_group_takes_nobody_along(nowhere: int):
    assert hidden(table(a=40, b=50, all=90 + nowhere), "g", total="all") == []


def test_many_in_no_group_hide_a_small_group_by_themselves():
    assert hidden(table(a=4, b=60, all=84), "g", total="all") == ["a"]


def test_a_few_in_no_group_do_not_hide_a_small_group_by_themselves():
    assert hidden(table(a=4, b=50, c=60, all=117), "g", total="all") == ["a", "b"]


def test_a_group_of_nobody_takes_nobody_along():
    assert hidden(table(a=0, b=40, c=50, all=90), "g", total="all") == ["a"]


def test_a_suppressed_group_loses_all_its_options():
    frame = pd.concat([table(a=4, b=40), table(a=4, b=40).assign(option="no")])
    protected = protect(frame.reset_index(drop=True), groups=["g"])
    assert protected.loc[protected["g"] == "a", "share"].isna().all()


def test_each_row_and_column_of_two_groupings_is_protected():
    cells = {"ax": 4, "ay": 30, "az": 50, "bx": 60, "by": 70, "bz": 80}
    lines = [(k[0], k[1], n) for k, n in cells.items()]
    lines += [("a", "all", 84), ("b", "all", 210)]
    lines += [("all", "x", 64), ("all", "y", 100), ("all", "z", 130), ("all", "all", 294)]
    frame = pd.DataFrame(lines, columns=["g", "h", "base"])
    # a/x is small; a/y and b/x keep its row and column from telling, b/y those of these two.
    assert hidden(frame, "g", "h", total="all") == ["a/x", "a/y", "b/x", "b/y"]


def crossed(**cells: int) -> pd.DataFrame:
    """Return a table of two groupings with its totals: ``ax=4`` are 4 in the groups a and x."""
    frame = pd.DataFrame([(*name, n) for name, n in cells.items()], columns=["g", "h", "base"])
    for group in ("g", "h"):
        totals = frame.groupby([c for c in ("g", "h") if c != group], as_index=False)["base"].sum()
        frame = pd.concat([frame, totals.assign(**{group: "all"})], ignore_index=True)
    return frame


def test_groups_do_not_add_up_to_a_total_that_is_hidden_for_another_s_sake():
    # b's total hides a's; c and d hide what a has in x and y, so nothing in b was hidden by that.
    cells = {"ax": 2, "ay": 2, "bx": 15, "by": 15, "cx": 10, "cy": 30, "dx": 30, "dy": 10}
    found = hidden(crossed(**cells), "g", "h", total="all")
    assert "b/all" in found
    assert {"b/x", "b/y"} & set(found)


def test_the_total_of_one_group_goes_with_it():
    # Only a can hide b's 4 in x, and everybody in a is in x.
    found = hidden(crossed(ax=20, bx=4, by=50), "g", "h", total="all")
    assert {"a/x", "a/all"} <= set(found)


def test_a_group_that_is_alone_in_a_total_hides_no_other_while_one_is_not():
    found = hidden(crossed(ax=20, bx=4, by=60, cx=30, cy=60), "g", "h", total="all")
    assert "c/x" in found
    assert "a/all" not in found


def closed(frame: pd.DataFrame, *, also: str = "", known: str = "") -> list[str]:
    """Return the groups that are not shown where some are hidden, or known, from elsewhere."""
    where = {
        name: frame["g"].isin(of.split()).to_numpy(bool)
        for name, of in (("also", also), ("known", known))
    }
    return list(frame["g"][suppressed(frame, groups=["g"], total="all", **where)])


def test_what_is_hidden_for_another_reason_is_not_had_by_subtraction_either():
    assert closed(table(a=30, b=40, c=50, all=120), also="a") == ["a", "b"]


def test_where_the_total_is_hidden_a_group_of_many_needs_no_other_beside_it():
    assert closed(table(a=30, b=40, c=50, all=120), also="a all") == ["a", "all"]


def test_the_total_goes_where_no_group_is_left():
    assert closed(table(a=20, all=20), also="a") == ["a", "all"]


def test_what_is_known_from_elsewhere_hides_nothing():
    assert closed(table(a=4, b=40, c=50, all=94), known="b") == ["a", "c"]


def test_questions_are_protected_each_on_its_own():
    frame = pd.concat([table(a=4, b=40, c=50, all=94), table(a=40, b=40, c=50, all=130)])
    frame["question"] = ["p"] * 4 + ["q"] * 4
    lines = suppressed(frame.reset_index(drop=True), groups=["g"], total="all")
    assert lines.tolist() == [True, True, False, False] + [False] * 4


def test_thresholds_can_be_set():
    protected = protect(table(a=9, b=50), groups=["g"], thresholds=Thresholds(5, 10))
    assert protected["reliability"].tolist() == ["low", "sound"]


def test_a_flag_below_the_minimum_is_refused():
    with pytest.raises(WavebookError, match="found 10 and 5"):
        Thresholds(10, 5)


def test_an_unknown_group_column_is_told():
    with pytest.raises(WavebookError, match="no column 'region'"):
        protect(table(a=9), groups=["region"])
