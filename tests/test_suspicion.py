"""What is possible and yet odd is a warning, and only where it is odd."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.test_check import (
    POST,
    change_instrument,
    rules,
    run,
    told,
    with_questions,
)
from tests.test_wiring import field, plot_holders


def test_warnings_leave_a_wave_sound_unless_they_are_to_count(allotments: Path) -> None:
    change_instrument("roses: Roses", "roses: {label: Roses, until: 2025}")
    done = run("2030")
    assert done.returncode == 0
    assert done.stderr.startswith(f"warning: {POST}, grows__roses: answers to 'Roses'")
    assert "is sound: 8 post (1 warning)" in done.stdout
    strictly = run("2030", "--strict")
    assert strictly.returncode == 1
    assert strictly.stderr.endswith("--strict: expected no warning, found 1\n")


def battery(size: int = 300, rows: int = 6, seed: int = 3) -> pd.DataFrame:
    """Ask for an opinion on several things, answered at random, and return the answers."""
    names = [f"thing_{n}" for n in range(rows)]
    with_questions(
        opinion={
            "type": "matrix",
            "part": "post",
            "label": "Opinion",
            "rows": {name: name.title() for name in names},
            "options": {"good": "Good", "fair": "Fair", "bad": "Bad", "awful": "Awful"},
            "missing": {"refused": "Refused"},
        }
    )
    draw = np.random.default_rng(seed)
    frame = plot_holders(size).drop(columns=["weight", "town", "street"])
    for name in names:
        frame[f"opinion__{name}"] = draw.choice(["good", "fair", "bad", "awful"], size)
    return frame


def opinions(frame: pd.DataFrame) -> list[str]:
    return [column for column in frame if column.startswith("opinion__")]


def test_answers_at_random_raise_no_suspicion(allotments: Path) -> None:
    for seed in range(5):
        field(battery(seed=seed))
        assert told("warning") == []


def test_respondents_who_straight_line_are_located(allotments: Path) -> None:
    frame = battery()
    frame.loc[[9, 19, 29, 39, 49], opinions(frame)] = "bad"
    frame.loc[29, "opinion__thing_2"] = "refused"
    field(frame)
    warnings = told("warning")
    assert [one["row"] for one in warnings] == [10, 20, 30, 40, 50]
    assert {(one["rule"], one["column"]) for one in warnings} == {("straight-line", "opinion__*")}
    assert "'bad' in every row, from 5 respondents" in warnings[0]["message"]


def test_refusing_every_row_is_no_straight_line(allotments: Path) -> None:
    frame = battery()
    frame.loc[[9, 19, 29, 39, 49], opinions(frame)] = "refused"
    field(frame)
    assert "straight-line" not in rules("warning")


def test_an_answer_that_is_common_throughout_is_no_straight_line(allotments: Path) -> None:
    frame = battery()
    frame.loc[:209, opinions(frame)] = "good"  # as who never held any of several offices
    field(frame)
    assert "straight-line" not in rules("warning")


@pytest.mark.parametrize(("lines", "is_told"), [(54, False), (66, True)])
def test_straight_lines_somewhat_more_often_than_by_chance_are_not_told(
    allotments: Path, lines: int, is_told: bool
) -> None:
    frame = battery(7680, rows=4)  # by chance 7680 / 4⁴ = 30 give one answer throughout
    is_straight = (frame[opinions(frame)] == "bad").all(axis=1)
    others = frame.index[~is_straight][: lines - int(is_straight.sum())]
    frame.loc[others, opinions(frame)] = "bad"
    field(frame)
    assert ("straight-line" in rules("warning")) == is_told


def test_a_copied_respondent_is_told_with_the_original(allotments: Path) -> None:
    frame = battery(rows=12)
    frame.loc[77, frame.columns[1:]] = frame.loc[11, frame.columns[1:]]
    field(frame)
    (warning,) = told("warning")
    assert (warning["rule"], warning["row"]) == ("same-answers", 78)
    assert "the respondent in row 12" in warning["found"]


def test_a_file_pasted_twice_is_told_in_one_line(allotments: Path) -> None:
    frame = battery(rows=12)
    again = frame.assign(respondent=lambda f: "again " + f["respondent"])
    field(pd.concat([frame, again], ignore_index=True))
    lines = [x for x in run("2030").stderr.splitlines() if x.startswith("warning")]
    assert len(lines) == 1
    assert [one["row"] for one in told("warning")] == list(range(301, 601))


def test_respondents_without_any_answer_are_located(allotments: Path) -> None:
    frame = battery()
    frame.loc[[4, 8], frame.columns[1:]] = None
    field(frame)
    assert [(o["rule"], o["row"]) for o in told("warning")] == [
        ("no-answers", 5),
        ("no-answers", 9),
    ]


def test_a_question_that_nobody_answered_is_told(allotments: Path) -> None:
    field(plot_holders().assign(site=None))
    found = [(one["rule"], one["column"]) for one in told("warning")]
    assert found == [("nobody-answered", "site")]


def test_a_question_with_nobody_in_its_base_is_told(allotments: Path) -> None:
    frame = plot_holders().assign(why_none=None)
    frame["grows__roses"] = np.where(frame["grows__roses"] == "none_at_all", "some", "plenty")
    field(frame)
    assert ("nobody-asked", "why_none") in [(o["rule"], o["column"]) for o in told("warning")]


@pytest.mark.parametrize(("left", "expected"), [(24, []), (25, ["left-out"])])
def test_a_question_left_out_by_more_than_a_fifth_is_told(
    allotments: Path, left: int, expected: list[str]
) -> None:
    frame = plot_holders()
    frame.loc[: left - 1, "site"] = None
    field(frame)
    assert rules("warning") == expected


def test_people_outside_its_base_have_not_left_a_question_out(allotments: Path) -> None:
    frame = plot_holders()
    frame["why_none"] = np.where(frame["grows__roses"] == "none_at_all", "thorns", None)
    frame.loc[frame.index[frame["why_none"].notna()][::2], "why_none"] = "price"
    field(frame)
    assert told("warning") == []


def test_a_column_in_which_all_say_the_same_is_told(allotments: Path) -> None:
    field(plot_holders().assign(grows__beans="some"))
    (warning,) = told("warning")
    assert (warning["rule"], warning["column"]) == ("all-the-same", "grows__beans")
    assert warning["found"] == "all 120 answers are 'some'"


def test_an_option_that_nobody_chose_is_told(allotments: Path) -> None:
    change_instrument("thorns: Thorns", "moles: Moles, thorns: Thorns")
    change_instrument("grows__roses == 'none_at_all'", "site in ['north', 'south']")
    field(plot_holders().assign(why_none=["thorns", "price"] * 60))
    (warning,) = told("warning")
    assert (warning["rule"], warning["found"]) == ("never-chosen", "nobody chose 'moles', of 120")


@pytest.mark.parametrize(("left", "expected"), [(2, []), (3, ["undecided"])])
def test_who_is_a_no_for_want_of_answers_is_told(
    allotments: Path, left: int, expected: list[str]
) -> None:
    frame = plot_holders(210).drop(columns=["weight", "town", "street"])
    frame["grows__beans"] = "none_at_all"
    frame["grows__roses"] = np.where(frame.index % 2, "none_at_all", "some")
    odd = frame.index[frame.index % 2 == 1]
    frame.loc[odd[:left], "grows__roses"] = None  # they may or may not grow roses
    frame.loc[odd[-1] - 1, "grows__beans"] = None  # who grows roses grows something
    field(frame)
    assert [one for one in rules("warning") if one == "undecided"] == expected


def test_weights_that_cost_half_the_sample_are_told(allotments: Path) -> None:
    # n Σw² / (Σw)² = 120 (100 · 1 + 20 · 100) / (100 + 200)² = 2.8
    field(plot_holders().assign(weight=[1] * 100 + [10] * 20), weight="weight")
    (warning,) = told("warning")
    assert warning["rule"] == "design-effect"
    assert "is 2.8: 120 respondents count as 43" in warning["message"]


def test_weights_far_apart_and_of_nobody_are_told(allotments: Path) -> None:
    field(plot_holders().assign(weight=[0, 0, 0.01] + [1] * 117), weight="weight")
    assert rules("warning") == ["weights-apart", "zero-weight"]


def test_a_question_that_a_wave_does_not_ask_is_a_note(allotments: Path) -> None:
    frame = pd.read_csv(POST, dtype=str).drop(columns=["site", "joy__digging", "why_none"])
    frame.to_csv(POST, index=False)
    notes = [(one["column"], one["found"]) for one in told("note")]
    assert ("site", "not asked: Site") in notes
    assert ("joy__digging", "not asked: Joys, the rows Digging") in notes


def test_a_question_of_other_years_is_not_missed(allotments: Path) -> None:
    with_questions(
        fence={"type": "single", "part": "post", "label": "Fence", "since": 2031,
               "options": {"a": "A", "b": "B"}}
    )  # fmt: skip
    assert told("note") == []


def test_an_unknown_code_throughout_does_not_look_like_no_answers(allotments: Path) -> None:
    field(plot_holders().assign(site="moon"))
    assert rules("warning") == []
