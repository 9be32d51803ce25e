"""A table of changes says in words what it marks, and its records hold every number."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.two_waves import LABELS, changes, grown, hidden, instrument, place, ranked
from wavebook.change_table import CHANGE_COLUMNS, change_records, changes_table
from wavebook.comparison import Changes
from wavebook.estimates import Estimate, Estimates
from wavebook.table import Table


def shown(made: Changes) -> Table:
    return changes_table("What is grown", made, heading="Plant")


def only_row(made: Changes) -> tuple[str, ...]:
    (row,) = shown(made).rows
    return row


def test_columns_name_the_waves_and_the_unit() -> None:
    made = changes({"beans": (5, 5)}, {"beans": (5, 5)})
    assert [column.label for column in shown(made).columns] == [
        "Plant", "2010", "2026", "Change (points)", "95% interval of the change", "Verdict",
    ]  # fmt: skip


def test_a_row_holds_both_values_the_change_and_its_verdict() -> None:
    made = changes({"beans": (448, 352)}, {"beans": (480, 520)})
    assert only_row(made) == ("Runner bean", "48%", "56%", "+8", "+3 to +13", "up")


def test_mean_ranks_say_which_way_is_up() -> None:
    made = changes(Estimates((ranked(1.8),)), Estimates((ranked(2.4),)))
    assert only_row(made)[3:] == ("−0.6", "−0.7 to −0.5", "ranked higher")
    assert shown(made).columns[3].label == "Change"


@pytest.mark.parametrize(("was", "moved"), [(3, "2 up"), (1, "same")])
def test_places_move_without_a_verdict(was: int, moved: str) -> None:
    table = shown(changes(Estimates((place(1, tied=True),)), Estimates((place(was),))))
    assert table.rows == (("Runner bean", str(was), "1=", moved),)
    assert [column.label for column in table.columns] == ["Plant", "2010", "2026", "Change"]


def test_a_value_without_a_counterpart_says_why() -> None:
    assert only_row(changes({"beans": (5, 5)}, {})) == (
        "Runner bean", "–", "50%", "not compared: not asked in 2010",
    )  # fmt: skip


def test_what_only_the_earlier_wave_asked_stands_below() -> None:
    made = changes({"beans": (5, 5)}, {"beans": (5, 5), "kale": (2, 8)})
    assert shown(made).rows[-1] == (
        "Kale", "20%", "–", "–", "–", "not compared: not asked in 2026",
    )  # fmt: skip


def test_a_suppressed_value_has_only_a_star() -> None:
    then = Estimates((grown(37, 63),))
    made = changes(Estimates((hidden(),)), then)
    assert only_row(made)[1:] == ("–", "*", "not compared: too few answered in 2026")
    assert "37" not in str(change_records(made, "growing"))


def test_a_change_that_does_not_fit_the_rounded_values_is_explained() -> None:
    apart = changes({"beans": (556, 444)}, {"beans": (484, 516)})  # 55.6 − 48.4 is 7.2
    assert only_row(apart)[1:4] == ("48%", "56%", "+7")
    assert any("rounded values" in note for note in shown(apart).notes)
    fitting = changes({"beans": (56, 44)}, {"beans": (48, 52)})
    assert not any("rounded values" in note for note in shown(fitting).notes)


@pytest.mark.parametrize(
    ("now", "then", "told"),
    [((501, 499), (500, 500), "0"), ((300_600, 299_400), (298_200, 301_800), "+0.4")],
)
def test_only_a_clear_change_is_told_more_finely_than_to_a_point(
    now: tuple[int, int], then: tuple[int, int], told: str
) -> None:
    assert only_row(changes({"beans": now}, {"beans": then}))[3] == told


def test_a_former_name_is_told() -> None:
    former = {"label": "Runner bean", "former": [{"until": 2014, "label": "Pole bean"}]}
    made = changes(
        {"beans": (5, 5)}, {"beans": (5, 5)}, asked=instrument(LABELS | {"beans": former})
    )
    assert "In 2010 ‘Runner bean’ was called ‘Pole bean’." in shown(made).notes


def test_a_reconstruction_is_told() -> None:
    made = changes({"beans": (5, 5)}, {"beans": (5, 5)}, then_is="reconstruction")
    assert shown(made).notes[-1] == (
        "The values for 2010 are a reconstruction of what was published."
    )


def test_a_mark_that_no_cell_has_is_not_explained() -> None:
    of_2010 = grown(5, 5, status="stated", is_base_assumed=True)  # changes print no bases
    made = changes(Estimates((grown(5, 5),)), Estimates((of_2010,)), then_is="reconstruction")
    assert not any("†" in text for text in (*only_row(made), *shown(made).notes))


def test_a_row_is_named_by_what_tells_it_from_the_others() -> None:
    beans = grown(5, 5).cell
    north, south = (
        grown(5, 5, cell=beans._replace(group=f"site={site.lower()}"), group_label=site)
        for site in ("North", "South")
    )
    one, both = Estimates((north,)), Estimates((north, south))
    assert list(changes(one, one).names.values()) == ["Runner bean"]
    assert list(changes(both, both).names.values()) == ["North", "South"]


def test_records_hold_the_change_beside_the_value() -> None:
    # R: t.test(rep(c(1, 0), c(448, 352)), rep(c(1, 0), c(480, 520)))
    (record,) = change_records(changes({"beans": (448, 352)}, {"beans": (480, 520)}), "growing")
    assert (record["value"], record["then"], record["change"]) == (0.56, 0.48, 0.08)
    assert (record["change_low"], record["change_high"], record["p_adjusted"]) == pytest.approx(
        (0.03365925264072, 0.1263407473593, 0.0007253019222308)
    )
    assert (record["compared_with"], record["verdict"]) == ("2010", "up")
    assert record["not_comparable"] is None


def test_records_of_a_range_hold_its_bounds_and_no_figure() -> None:
    then = Estimates((grown(425, 75, status="stated", stated=(0.8, 0.9)),))
    (record,) = change_records(changes(Estimates((grown(760, 40),)), then), "growing")
    assert (record["then"], record["change"]) == (None, None)
    assert (record["then_stated_low"], record["then_stated_high"]) == (0.8, 0.9)
    assert record["verdict"] == "up"


def test_records_of_what_is_not_compared_hold_the_reason_and_nothing_else() -> None:
    (record,) = change_records(changes({"beans": (5, 5)}, {}), "growing")
    told = {name: record[name] for name in CHANGE_COLUMNS if record[name] is not None}
    assert told == {"compared_with": "2010", "not_comparable": "not asked in 2010"}


def test_what_ended_is_told_apart_by_its_group() -> None:
    def of(group: str, row: str) -> Estimate:
        made = grown(50, 50, row, group_label=group.title())
        return replace(made, cell=made.cell._replace(group=f"site={group}"))

    both = ("north", "south")
    now = Estimates(tuple(of(group, "beans") for group in both))
    then = Estimates(tuple(of(group, row) for row in ("beans", "kale") for group in both))
    table = changes_table("T", changes(now, then), heading="Plant")
    assert [row[0] for row in table.rows] == [
        "Runner bean, North", "Runner bean, South", "Kale, North", "Kale, South",
    ]  # fmt: skip


def test_an_assumed_base_is_told_of_without_a_mark_that_stands_nowhere() -> None:
    made = changes(Estimates((grown(56, 44),)), Estimates((grown(48, 52, is_base_assumed=True),)))
    notes = shown(made).notes
    assert "How many answered is assumed for some of the values" in " ".join(notes)
    assert not any(note.startswith("†") for note in notes)
