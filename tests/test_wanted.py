"""What a commentary is asked for is looked at before anything long begins."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import wavebook
from tests.exports import second_part
from wavebook.cache.store import chosen_store
from wavebook.errors import WavebookError
from wavebook.project import Project
from wavebook.run import Parameters
from wavebook.wanted import check_publishable, check_slice, check_target, check_wanted


def refused(where: str) -> str:
    """Return what is said of a slice of the wave that the sample project has."""
    project, parameters = Project.find(), Parameters("2030", where=where)
    with pytest.raises(WavebookError) as raised:
        check_wanted(project, parameters)
        check_slice(project, parameters, chosen_store(project.root, None))
    return str(raised.value)


# The folder


def test_a_build_does_not_take_the_place_of_other_files(allotments: Path) -> None:
    done = wavebook("build", "2030", "--out", "data", cwd=allotments)
    assert done.returncode == 1
    assert "data: there is something in this folder that is no build" in done.stderr
    assert (allotments / "data" / "instrument.yml").is_file()


def test_a_build_does_not_take_the_place_of_an_edition(tmp_path: Path) -> None:
    (tmp_path / "html").mkdir()
    for name in ("statements.json", "manifest.json"):
        (tmp_path / name).write_text("{}")
    with pytest.raises(WavebookError, match="a published edition, which never changes"):
        check_target(tmp_path, "site/2030-r1")


@pytest.mark.parametrize("inside", [(), ("html", "statements.json"), ("index.html", "slices.csv")])
def test_a_build_takes_the_place_of_an_earlier_one(tmp_path: Path, inside: tuple[str, ...]) -> None:
    for name in inside:
        (tmp_path / name).touch()
    check_target(tmp_path, "out")


# The slice


def test_a_slice_is_refused_once_and_not_by_every_notebook(allotments: Path) -> None:
    done = wavebook("build", "2030", "--where", "site == 'nroth'", cwd=allotments)
    assert done.returncode == 1
    expected = "'nroth' is not an answer to site (north, south); did you mean 'north'?"
    assert done.stderr.splitlines() == [f"--where: {expected}"]


def test_a_condition_that_is_empty_is_refused(allotments: Path) -> None:
    assert refused(" ") == "--where: found nothing, expected a condition: column == 'answer'"


def test_the_rows_of_a_question_are_named(allotments: Path) -> None:
    told = "grows has a column for each of its rows; name one (grows__beans, grows__roses)"
    assert refused("grows == 'some'") == f"--where: {told}"


def test_a_slice_in_which_nobody_is_is_refused(allotments: Path) -> None:
    where = "site == 'north' and site == 'south'"
    assert refused(where) == f"--where: nobody in wave 2030 answered so: {where}"


def test_a_slice_by_what_was_not_asked_is_refused(allotments: Path) -> None:
    path = allotments / "data" / "waves" / "2030" / "post.csv"
    path.write_text("respondent,grows__beans\np1,some\n")
    wave = path.with_name("wave.yml")
    wave.write_text(wave.read_text().replace("respondents: 8", "respondents: 1"))
    assert refused("site == 'north'") == "--where: wave 2030 did not ask site"


def test_a_slice_across_two_samples_is_refused(allotments: Path) -> None:
    second_part(allotments)
    told = "nobody was asked all of it: ‘Site’ (post) and ‘Shed’ (web)"
    where = "site == 'north' and shed == 'tin'"
    assert refused(where) == f"--where: {told}; expected questions of one part"


# The comparison


def test_a_wave_is_not_compared_with_itself(allotments: Path) -> None:
    done = wavebook("build", "2030", "--compare", "2030", cwd=allotments)
    assert (done.returncode, done.stderr) == (
        1,
        "--compare 2030: a wave cannot be compared with itself\n",
    )


def test_a_level_that_is_none_is_a_usage_error(allotments: Path) -> None:
    done = wavebook("build", "2030", "--level", "95", cwd=allotments)
    assert done.returncode == 2
    assert "95 is not between 0 and 1" in done.stderr


# What is published


def practice(project: Path, *options: str) -> None:
    done = wavebook("simulate", "--wave", "demo", "--respondents", "20", *options, cwd=project)
    assert done.returncode == 0, done.stderr


def test_real_people_s_answers_are_not_published_as_nobody_s(allotments: Path) -> None:
    practice(allotments, "--like", "2030")
    done = wavebook("publish", "demo", cwd=allotments)
    assert done.returncode == 1
    assert done.stderr.startswith(
        "data/waves/demo: a practice wave made of real answers to wave 2030, which is not published"
    )
    assert not (allotments / "site").exists()


def test_a_practice_wave_of_nobody_can_be_published(allotments: Path) -> None:
    practice(allotments)
    check_publishable(Project.find(), Parameters("demo"))
