"""What a plain command line has started before it is read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from wavebook import ahead


@pytest.fixture
def started(allotments: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The waves whose books are about to be set, in a project that was built long ago."""
    waves: list[str] = []
    monkeypatch.chdir(allotments)
    monkeypatch.setattr(ahead, "start_press", lambda project, wave, **_: waves.append(wave))
    built = allotments / "_build" / "2030" / "statements.json"
    built.parent.mkdir(parents=True)
    built.write_text("{}")
    for path in allotments.rglob("*"):
        os.utime(path, (1, 1))
    return waves


def test_a_chapter_that_was_saved_has_the_press_started(started: list[str]) -> None:
    Path("book/method.md").touch()
    ahead.start_as_asked(["build", "2030"])
    assert started == ["2030"]


@pytest.mark.parametrize(
    "saved", [[], ["notebooks/01-growing.ipynb"], ["book/method.md", "data/waves/2030/post.csv"]]
)
def test_nothing_is_started_where_there_is_nothing_to_set_or_more_to_do_before(
    started: list[str], saved: list[str]
) -> None:
    for name in saved:
        Path(name).touch()
    ahead.start_as_asked(["build", "2030"])
    assert started == []


@pytest.mark.parametrize(
    "arguments",
    [[], ["build"], ["check", "2030"], ["build", "none"], ["build", "--help"], ["build", "../2030"],
     ["build", "2030", "--explain"]],
)  # fmt: skip
def test_whatever_else_is_asked_is_left_to_who_reads_it(
    started: list[str], arguments: list[str]
) -> None:
    Path("book/method.md").touch()
    ahead.start_as_asked(arguments)
    assert started == []


def test_outside_of_a_project_nothing_is_started(
    started: list[str], tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    ahead.start_as_asked(["build", "2030"])
    assert started == []
