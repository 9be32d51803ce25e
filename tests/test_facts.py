"""What chapters may say of a wave: what its file says, and how many people there are."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from wavebook.cache.store import Store
from wavebook.errors import WavebookError
from wavebook.facts import facts_of
from wavebook.project import Project

WAVE = "data/waves/2030/wave.yml"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "cache", limit=1_000_000)


def edit(project: Path, old: str, new: str, file: str = WAVE) -> None:
    text = (project / file).read_text()
    assert old in text
    (project / file).write_text(text.replace(old, new))


def test_facts_go_by_the_names_of_the_file(allotments: Path) -> None:
    wave = facts_of(Project(allotments), "2030")
    assert (wave.id, wave.year, wave.fieldwork.start) == ("2030", 2030, "2030-03")


def test_years_are_those_of_the_fieldwork(allotments: Path) -> None:
    edit(allotments, "end: 2030-04", "end: 2031-04")
    assert facts_of(Project(allotments), "2030").years == [2030, 2031]


def test_what_the_file_does_not_say_is_none(allotments: Path) -> None:
    assert facts_of(Project(allotments), "2030").provenance is None


def test_respondents_are_counted_where_the_file_does_not_say(
    allotments: Path, store: Store
) -> None:
    edit(allotments, ", respondents: 8", "")
    rows = (allotments / "data/waves/2030/post.csv").read_text().splitlines()
    for _ in range(2):  # from the file, then from the cache
        wave = facts_of(Project(allotments), "2030", store)
        assert wave.parts["post"].respondents == len(rows) - 1


def test_a_part_that_the_wave_does_not_have_cannot_be_quoted(allotments: Path) -> None:
    edit(
        allotments,
        "parts:\n",
        "parts:\n  visit: {label: A visit, short: visit}\n",
        "data/instrument.yml",
    )
    wave = facts_of(Project(allotments), "2030")
    assert wave.present == ["post"]
    assert wave.parts["visit"].respondents.untold == "the survey of 2030 had no visit part"


def test_columns_of_the_sample_design_are_told(allotments: Path) -> None:
    edit(allotments, "respondents: 8", "respondents: 8, weight: weight, strata: site")
    assert facts_of(Project(allotments), "2030").parts["post"].design_columns == ["weight", "site"]


def test_an_edited_file_is_read_again(allotments: Path, store: Store) -> None:
    facts_of(Project(allotments), "2030", store)
    edit(allotments, "of allotment holders", "of gardeners")
    assert facts_of(Project(allotments), "2030", store).title == "The 2030 survey of gardeners"


def test_a_mistake_in_the_file_has_its_place(allotments: Path, store: Store) -> None:
    edit(allotments, "year: 2030", "year: soon")
    with pytest.raises(WavebookError, match=r"^data/waves/2030/wave\.yml, year: found 'soon'"):
        facts_of(Project(allotments), "2030", store)


def test_facts_that_are_kept_are_told_without_what_validates_them(
    allotments: Path, store: Store
) -> None:
    facts_of(Project(allotments), "2030", store)
    program = (
        "import sys; from pathlib import Path; from wavebook.cache.store import Store\n"
        "from wavebook.facts import facts_of; from wavebook.project import Project\n"
        "store = Store(Path(sys.argv[1]), limit=1_000_000)\n"
        "print(facts_of(Project(Path.cwd()), '2030', store).title)\n"
        "assert 'pydantic' not in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(store.folder.parent)],
        cwd=allotments,
        env=os.environ,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "The 2030 survey of allotment holders\n"


def test_facts_of_a_file_that_is_saved_meanwhile_are_not_kept(
    allotments: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (allotments / WAVE).read_text()

    def saving(make: object) -> str:
        edit(allotments, "of allotment holders", "of gardeners")
        return make()  # type: ignore[operator]

    with monkeypatch.context() as patch:
        patch.setattr("wavebook.forks.apart", saving)
        facts_of(Project(allotments), "2030", store)
    (allotments / WAVE).write_text(before)
    assert facts_of(Project(allotments), "2030", store).title.endswith("allotment holders")
