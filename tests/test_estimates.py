"""Values that belong together: which comes first, what its rank is, which a code names."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.two_waves import grown, hidden, place
from wavebook.errors import WavebookError
from wavebook.estimates import Estimate, Estimates
from wavebook.ranking import with_ranks

BEANS, ROSES = grown(80, 20), grown(50, 50, "roses")


def rows(values: object) -> list[str]:
    assert isinstance(values, Estimates | tuple)
    return [e.cell.row for e in values]


def in_group(at: int, row: str, group: str) -> Estimate:
    made = place(at, row)
    return replace(made, cell=made.cell._replace(group=group))


def test_a_row_without_a_place_in_a_group_counts_there_as_one_beyond_the_last() -> None:
    # Roses are first and, of three places, fourth; beans are second and second.
    places = (in_group(1, "roses", "a"), in_group(2, "beans", "a"), in_group(2, "beans", "b"))
    assert rows(Estimates(places).best_first(3)) == ["beans", "beans", "roses"]


def test_what_is_hidden_comes_last() -> None:
    assert rows(Estimates((hidden("kale"), ROSES, BEANS)).ranked) == ["beans", "roses", "kale"]


def test_what_is_hidden_has_no_rank_and_takes_none() -> None:
    made = with_ranks(Estimates((hidden("kale"), ROSES, BEANS)))
    assert [e.rank for e in made] == ["", "2", "1"]


def test_sums_that_differ_by_rounding_alone_are_tied() -> None:
    values = (grown(3, 7, value=0.1 + 0.2), grown(3, 7, "roses", value=0.3), BEANS)
    assert [e.rank for e in with_ranks(Estimates(values))] == ["2=", "2=", "1"]


def test_a_code_of_two_values_names_neither() -> None:
    groups = (in_group(1, "roses", "a"), in_group(2, "roses", "b"))
    with pytest.raises(WavebookError, match="'roses' names 2 values"):
        Estimates(groups)["roses"]


def test_words_for_a_range_name_its_middle_where_its_inside_is_all_that() -> None:
    # 38.5% to 41.5% are "two-fifths"; 38.4% alone is nearly that.
    assert grown(40, 60, stated=(0.384, 0.415)).words == "two-fifths"


def test_words_for_a_range_name_both_ends_where_its_inside_is_more() -> None:
    assert grown(40, 60, stated=(0.2, 0.5)).words == "between a fifth and half"
