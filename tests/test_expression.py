"""Conditions: a small language, never Python."""

from __future__ import annotations

import narwhals as nw
import pandas as pd
import pytest

from wavebook.errors import WavebookError
from wavebook.expression import parse

FRAME = pd.DataFrame({"site": ["north", "south", None], "age": [30, 50, 70]})


def chosen(text: str) -> list[bool]:
    return nw.from_native(FRAME).select(x=parse(text).expr()).to_native()["x"].tolist()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("site == 'north'", [True, False, False]),
        ("site != 'north'", [False, True, False]),
        ("not site == 'north'", [False, True, True]),
        ("site in ['north', 'south']", [True, True, False]),
        ("site not in ['north']", [False, True, False]),
        ("not site in ['north']", [False, True, True]),
        ("age >= 50 and site == 'south'", [False, True, False]),
        ("age < 40 or age > 60", [True, False, True]),
    ],
)
def test_a_condition_picks_the_right_people(text: str, expected: list[bool]) -> None:
    assert chosen(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "site",
        "site = 'north'",
        "__import__('os').system('x')",
        "site == north",
        "'north' == site",
        "1 < age < 5",
        "site in 'north'",
        "lambda: 1",
        "(" * 500,
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(WavebookError, match="is not a condition"):
        parse(text)


def test_the_columns_of_a_condition_are_known_without_running_it() -> None:
    assert parse("a == '1' or (b in ['2', '3'] and not a == '4')").columns == ("a", "b")


@pytest.mark.parametrize(
    "text",
    ["site == 'north'", "site != 'north'", "not site == 'north'", "site not in ['north']",
     "site in ['north', 'south'] and not site == 'south'", "site == 'north' or site != 'south'",
     "age in [30, 70]"],
)  # fmt: skip
def test_an_answer_meets_a_condition_where_the_person_does(text: str) -> None:
    condition = parse(text)
    answers = FRAME[condition.answered].astype(object)
    met = [condition.is_met_by(None if pd.isna(one) else one) for one in answers]
    assert met == chosen(text)


@pytest.mark.parametrize("text", ["age < 40", "site == 'north' or age == 30"])
def test_an_order_and_two_columns_are_no_list_of_answers(text: str) -> None:
    assert parse(text).answered is None


@pytest.mark.parametrize(
    ("text", "last", "rest"),
    [
        ("site == 'north'", "site == 'north'", None),
        ("site == 'north' and age < 40", "age < 40", "site == 'north'"),
        ("(a == '1' and b == '2') and c == '3'", "c == '3'", "a == '1' and b == '2'"),
        ("c != '1' and b == '2' and c != '3'", "c != '1' and c != '3'", "b == '2'"),
        ("a == '1' or b == '2'", "a == '1' or b == '2'", None),
    ],
)
def test_a_condition_asks_for_one_thing_after_another(
    text: str, last: str, rest: str | None
) -> None:
    step, whole = parse(text).narrowed
    assert (step.text, whole.text if whole else None) == (last, rest)
