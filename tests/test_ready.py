"""A wave that was read beforehand is handed out while its files are what they were."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from wavebook import ready
from wavebook.project import Project
from wavebook.wave import Wave

WAVE = Path("data/waves/2030")


@pytest.fixture
def project(allotments: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setattr(ready, "_ready", {})
    ready.prepare(str(allotments), "2030")
    return Project(allotments)


def test_a_wave_is_read_once(project: Project) -> None:
    found = ready.ready_wave(project, "2030")
    assert isinstance(found, Wave)
    assert ready.ready_wave(project, "2030") is found


@pytest.mark.parametrize(
    "file", [WAVE / "post.csv", WAVE / "wave.yml", Path("data/instrument.yml")]
)
def test_no_wave_is_older_than_its_files(project: Project, file: Path) -> None:
    file.write_text(file.read_text() + "\n")
    assert ready.ready_wave(project, "2030") is None


@pytest.mark.parametrize("age", [0, 3600])
def test_a_file_that_takes_its_old_time_back_is_not_taken_for_the_old_one(
    allotments: Path, monkeypatch: pytest.MonkeyPatch, age: int
) -> None:
    monkeypatch.setattr(ready, "_ready", {})
    file, long_ago = WAVE / "post.csv", time.time() - age
    for path in (*WAVE.iterdir(), Path("data/instrument.yml")):
        os.utime(path, (long_ago, long_ago))
    ready.prepare(str(allotments), "2030")
    file.write_text(file.read_text().replace("p1,north", "p1,south"))
    os.utime(file, (long_ago, long_ago))
    assert ready.ready_wave(Project(allotments), "2030") is None


def test_files_whose_times_tell_that_they_are_old_are_not_read_again(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in (*WAVE.iterdir(), Path("data/instrument.yml")):
        os.utime(path, (0, 0))
    ready._ready.clear()
    ready.prepare(str(project.root), "2030")
    monkeypatch.setattr(ready, "_digest", lambda *_: pytest.fail("a file was read"))
    assert ready.ready_wave(project, "2030") is not None


def test_a_changed_wave_is_read_again(project: Project) -> None:
    before = ready.ready_wave(project, "2030")
    (WAVE / "post.csv").write_text((WAVE / "post.csv").read_text().replace("p1,north", "p1,south"))
    ready.prepare(str(project.root), "2030")
    after = ready.ready_wave(project, "2030")
    assert after is not None and after is not before
    assert after.frames["post"]["site"].iloc[0] == "south"


def test_what_cannot_be_read_is_left_to_the_notebook(project: Project) -> None:
    (WAVE / "wave.yml").write_text("[")
    ready.prepare(str(project.root), "2030", "2031", "../x")
    assert ready.ready_wave(project, "2030") is None
