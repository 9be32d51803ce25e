"""A broken instrument is refused with every problem named."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import ROOT
from wavebook.errors import WavebookError
from wavebook.instrument import read_instrument

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
        ("b: B}}", "b: {label: B, since: 2011, until: 2009}}}", "until 2009 is before since 2011"),
        ("  one:", "  one: {}\n  one:", "'one' stands here twice"),
    ],
)
def test_a_mistake_is_named_where_it_is(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in SOUND
    assert said in problems(tmp_path, SOUND.replace(old, new))


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    text = SOUND + "  two: {type: matrix, part: post, label: Two, options: {a: A, b: B}}\n"
    text = text.replace("type: single", "type: singel")
    assert len(problems(tmp_path, text).splitlines()) == 2


def test_the_survey_asks_only_about_roles_of_its_year() -> None:
    rows = read_instrument(ROOT / "data/instrument.yml").question("role_status").rows
    assert not rows["sle"].existed_in(2010)
    assert rows["sip"].existed_in(2010)
    assert not rows["sip"].existed_in(2012)
