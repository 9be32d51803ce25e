"""Answers are compared between years only where the instrument says that they can be."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from wavebook.comparability import RowsAsked, why_not_comparable
from wavebook.evidence import Cell
from wavebook.instrument import Instrument

ASKED = """
title: T
parts: {post: {label: Post}}
questions:
  site: {type: single, part: post, label: Site, options: {north: North, south: South}}
  grows:
    type: matrix
    part: post
    label: Grows
    rows: {beans: Beans, roses: Roses, kale: {label: Kale, since: 2011}}
    options: {plenty: Plenty, some: Some, none_at_all: None}
    nets: {grown: {label: Grown, options: [plenty, some]}}
  joy: {type: ranking, part: post, label: Joy, rows: {eating: Eating, talking: Talking}}
  tools: {type: multiple, part: post, label: Tools, rows: {spade: Spade, hoe: Hoe}}
  likes:
    type: matrix
    part: post
    label: Likes
    rows: {beans: Beans, roses: Roses}
    options: {much: Much, little: Little}
    base: grows__{row} == 'none_at_all'
  gardener: {type: derived, part: post, label: Gardens, from: grows, from_options: [plenty]}
  rosarian:
    {type: derived, part: post, label: R, from: grows, from_rows: [roses], from_options: [plenty]}
"""


def asked(**questions: dict[str, Any]) -> Instrument:
    told = yaml.safe_load(ASKED)
    for name, changes in questions.items():
        told["questions"][name] |= changes
    return Instrument.model_validate(told)


def why(cell: Cell, one: int = 2010, other: int = 2026, **questions: dict[str, Any]) -> str:
    return why_not_comparable(asked(**questions), cell, one, other)


BEANS = Cell("grows", "beans", "plenty")
NORTH = {"north": "North"}
SCALE = {"plenty": "Plenty", "some": "Some", "none_at_all": "None"}


@pytest.mark.parametrize(
    "cell",
    [
        BEANS,
        Cell("grows", "beans", "grown"),
        Cell("grows", "beans", "plenty", "site=north"),
        Cell("site", "", "north"),
        Cell("joy", "eating", measure="mean_rank"),
        Cell("tools", "hoe", "yes"),
        Cell("likes", "roses", "much"),
        Cell("rosarian", "", "yes"),
        Cell("grows", measure="rows"),
        Cell("likes", measure="rows"),
        Cell("grows", "beans", "plenty", "region=10"),
    ],
    ids=str,
)
def test_what_stayed_the_same_is_comparable(cell: Cell) -> None:
    assert why(cell) == ""


@pytest.mark.parametrize(
    ("cell", "changes", "said"),
    [
        (BEANS, {"grows": {"since": 2012}}, "not asked in 2010"),
        (BEANS, {"grows": {"until": 2012}}, "not asked in 2026"),
        (Cell("grows", "kale", "plenty"), {}, "did not exist in 2010"),
        (BEANS, {"grows": {"changed": [2024]}}, "the wording changed in 2024"),
        (
            BEANS,
            {"grows": {"changed": [{"since": 2024, "reason": "a middle answer was added"}]}},
            "changed in 2024: a middle answer was added",
        ),
        (
            Cell("tools", "hoe", "yes"),
            {"tools": {"rows": {"hoe": {"label": "Hoe", "changed": [2020]}}}},
            "the wording changed in 2020",
        ),
        (
            Cell("site", "", "north"),
            {"site": {"options": NORTH | {"east": {"label": "East", "since": 2011}}}},
            "the answers offered differ: ‘East’ was added in 2011",
        ),
        (
            Cell("grows", "beans", "grown"),
            {"grows": {"options": SCALE | {"lots": {"label": "Lots", "until": 2020}}}},
            "the answers offered differ: ‘Lots’ ended in 2020",
        ),
        (
            BEANS,
            {"grows": {"count": {"unsure": {"label": "Not sure", "since": 2026}}}},
            "the answers offered differ: ‘Not sure’ was added in 2026",
        ),
        (
            BEANS,
            {"grows": {"options": SCALE | {"some": {"label": "A few", "changed": [2015]}}}},
            "the answers offered differ: the wording of ‘A few’ changed in 2015",
        ),
        (
            Cell("joy", "eating", measure="mean_rank"),
            {"joy": {"rows": {"eating": "E", "rain": {"label": "Rain", "since": 2020}}}},
            "the list that was ranked differs: ‘Rain’ was added in 2020",
        ),
        (
            Cell("gardener", "", "yes"),
            {},
            "the answers counted differ: ‘Kale’ was added in 2011",
        ),
        (
            Cell("rosarian", "", "yes"),
            {"grows": {"changed": [2024]}},
            "the wording changed in 2024",
        ),
        (
            Cell("likes", "beans", "much"),
            {"grows": {"changed": [2024]}},
            "the people asked differ: the wording changed in 2024",
        ),
        (
            BEANS._replace(group="site=north & joy__eating=1"),
            {"site": {"changed": [2024]}},
            "the groups differ: the wording changed in 2024",
        ),
    ],
)
def test_what_differs_is_named(cell: Cell, changes: dict[str, Any], said: str) -> None:
    assert why(cell, **changes) == said


def test_an_added_row_leaves_the_others_comparable() -> None:
    rows = {"spade": "Spade", "hoe": "Hoe", "rake": {"label": "Rake", "since": 2020}}
    assert why(Cell("tools", "hoe", "yes"), tools={"rows": rows}) == ""


def test_a_renamed_item_is_the_same_item() -> None:
    former = {"label": "Beans", "former": [{"until": 2014, "label": "Pulses"}]}
    assert why(BEANS, grows={"rows": {"beans": former}}) == ""


def test_the_year_of_a_new_wording_is_comparable_with_later_ones() -> None:
    assert why(BEANS, 2024, 2026, grows={"changed": [2024]}) == ""


def test_the_year_of_a_new_wording_is_not_comparable_with_earlier_ones() -> None:
    assert why(BEANS, 2010, 2024, grows={"changed": [2024]}) == "the wording changed in 2024"


def test_an_option_that_neither_year_offered_does_not_matter() -> None:
    once = {"label": "Lots", "since": 2012, "until": 2014}
    assert why(BEANS, grows={"options": SCALE | {"lots": once}}) == ""


def test_the_order_of_the_years_does_not_matter() -> None:
    assert why(Cell("grows", "kale", "plenty"), 2026, 2010) == "did not exist in 2010"


def test_bases_that_rest_on_one_another_come_to_an_end() -> None:
    changes = {"site": {"base": "site == 'north' or joy__eating == 1"}}
    assert why(Cell("site", "", "north"), **changes) == ""


# What a wave left out, and whom it is asked of


def rows(**told: set[str]) -> RowsAsked:
    """Return what a wave asked: all rows of a question but where it is told otherwise."""
    return lambda question: told.get(question, set(asked().questions[question].rows))


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        (Cell("gardener", "", "yes"), "the answers counted differ"),
        (Cell("joy", "eating", measure="mean_rank"), "the list that was ranked differs"),
    ],
)
def test_a_list_of_which_a_wave_left_out_a_row_is_another(cell: Cell, told: str) -> None:
    short = rows(grows={"beans", "kale"}, joy={"eating"})
    label = "Roses" if cell.question == "gardener" else "Talking"
    for waves, year in (((rows(), short), 2026), ((short, rows()), 2012)):
        reason = why_not_comparable(asked(), cell, 2012, 2026, asked=waves)
        assert reason == f"{told}: ‘{label}’ was not asked in {year}"
        turned = why_not_comparable(asked(), cell, 2026, 2012, asked=(waves[1], waves[0]))
        assert turned == reason


def test_what_waves_were_asked_hides_no_answer_that_was_added() -> None:
    changed = asked(site={"options": NORTH | {"east": {"label": "East", "since": 2011}}})
    cell = Cell("site", "", "north")
    assert why_not_comparable(changed, cell, 2010, 2026, asked=(rows(), rows())) == (
        "the answers offered differ: ‘East’ was added in 2011"
    )


def test_a_row_that_neither_wave_asked_is_in_no_list() -> None:
    short = rows(grows={"beans"})  # kale, which there has been since 2011, is not asked either
    cell = Cell("gardener", "", "yes")
    assert not why_not_comparable(asked(), cell, 2010, 2026, asked=(short, short))


def test_rows_of_a_matrix_that_a_wave_left_out_do_not_touch_the_others() -> None:
    assert not why_not_comparable(asked(), BEANS, 2010, 2026, asked=(rows(), rows(grows={"beans"})))


def test_people_are_picked_by_answers_that_can_be_compared() -> None:
    changed = asked(site={"changed": [2015]})
    where = "site == 'north' and grows__beans == 'plenty'"
    assert why_not_comparable(changed, Cell("tools", "spade"), 2010, 2026, where=where) == (
        "the people picked differ: the wording changed in 2015"
    )
    assert not why_not_comparable(asked(), Cell("tools", "spade"), 2010, 2026, where=where)
