"""A broken instrument is refused with every problem named."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import ROOT
from wavebook.errors import WavebookError
from wavebook.instrument import Item, Question, read_instrument

SOUND = """
title: T
parts: {post: {label: Post}}
questions:
  one: {type: single, part: post, label: One, options: {a: A, b: B}}
"""


def problems(tmp_path: Path, text: str) -> str:
    path = tmp_path / "instrument.yml"
    path.write_text(text)
    with pytest.raises(WavebookError) as refused:
        read_instrument(path)
    return str(refused.value)


def test_a_sound_one_is_read(tmp_path: Path) -> None:
    path = tmp_path / "instrument.yml"
    path.write_text(SOUND)
    assert list(read_instrument(path).columns) == ["one"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("type: single", "type: singel", "questions.one.type"),
        ("part: post", "part: phone", "questions.one.part: 'phone' is not a part (post)"),
        ("{a: A, b: B}", "{a: A}", "questions.one: a single question needs two or more options"),
        ("{a: A, b: B}", "{A: A, b: B}", "a code is lower-case ASCII words"),
        ("label: One", "lable: One", "questions.one.lable"),
        ("b: B}}", "b: B}, base: two == 'x'}", "questions.one.base: 'two' is not a column"),
        ("b: B}}", "b: B}, base: one == 'c'}", "'c' is not an answer to one (a, b)"),
        (
            "b: B}}",
            "b: B}, nets: {n: {label: N, options: [a, c]}}}",
            "nets.n: 'c' is not an option",
        ),
        (
            "{a: A, b: B}",
            "{a: A, b: A}",
            "questions.one: options.b: 'A' is what a is called already",
        ),
        ("b: B}}", "b: {label: B, since: 2011, until: 2009}}}", "until 2009 is before since 2011"),
        ("  one:", "  one: {}\n  one:", "'one' stands here twice"),
        ("label: One,", "label: One, since: 2011, until: 2009,", "until 2009 is before since 2011"),
        (
            "b: B}}",
            "b: {label: B, until: 2011, former: [{until: 2014, label: Bee}]}}}",
            "questions.one.options.b: former: 2014 is not within until 2011",
        ),
        (
            "label: One,",
            "label: One, since: 2006, until: 2020, changed: [2024],",
            "questions.one: changed: 2024 is not within 2006–2020",
        ),
        ("label: One,", "label: One, changed: [2024, 2012],", "changed: 2012 stands after 2024"),
        ("label: One,", "label: One, changed: [{since: 2024, why: x}],", "changed.0.why"),
        ("label: One,", "label: One, former: [{until: 2014}],", "questions.one.former.0.label"),
    ],
)
def test_a_mistake_is_named_where_it_is(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in SOUND
    assert said in problems(tmp_path, SOUND.replace(old, new))


def test_what_was_never_asked_together_may_have_one_label(tmp_path: Path) -> None:
    options = "{a: {label: A, until: 2010}, b: {label: A, since: 2011}, c: C}"
    path = tmp_path / "instrument.yml"
    path.write_text(SOUND.replace("{a: A, b: B}", options))
    assert list(read_instrument(path).columns) == ["one"]


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    text = SOUND + "  two: {type: matrix, part: post, label: Two, options: {a: A, b: B}}\n"
    text = text.replace("type: single", "type: singel")
    assert len(problems(tmp_path, text).splitlines()) == 2


def test_the_survey_asks_only_about_roles_of_its_year() -> None:
    rows = read_instrument(ROOT / "data/instrument.yml").question("role_status").rows
    assert not rows["sle"].existed_in(2010)
    assert rows["sip"].existed_in(2010)
    assert not rows["sip"].existed_in(2012)


RENAMED = Item(
    label="Plot",
    short="Plot",
    former=[
        {"until": 1999, "label": "Garden"},
        {"until": 2014, "label": "Allotment", "short": "A"},
    ],
)


@pytest.mark.parametrize(
    ("year", "label"), [(1990, "Garden"), (1999, "Garden"), (2000, "Allotment"), (2015, "Plot")]
)
def test_an_item_is_called_what_it_was_called_then(year: int, label: str) -> None:
    assert RENAMED.label_in(year) == label


def test_a_former_name_has_its_own_short_form() -> None:
    assert [RENAMED.chart_label_in(year) for year in (1999, 2014, 2015)] == ["Garden", "A", "Plot"]


def test_an_option_is_called_what_it_was_called_then() -> None:
    asked = Question(
        type="single", part="post", label="Q", options={"a": RENAMED, "b": {"label": "B"}}
    )
    assert (asked.label_of("a"), asked.label_of("a", 2014)) == ("Plot", "Allotment")


def test_a_break_parts_the_years_before_from_those_after() -> None:
    item = Item(label="B", changed=[2012, {"since": 2024, "reason": "a new scale"}])
    assert not item.breaks_between(2012, 2023)
    assert [b.since for b in item.breaks_between(2011, 2024)] == [2012, 2024]
