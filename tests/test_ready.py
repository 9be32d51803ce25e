"""A wave that was read beforehand is handed out while its files are what they were."""

from __future__ import annotations

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
