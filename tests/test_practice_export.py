"""A practice wave as an agency delivers it: the answers of the wave, in another language."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyreadstat
import pytest
import yaml

from tests.conftest import Done, wavebook
from tests.exports import TOOLS, extend, second_part

SAV = "practice.sav"


def simulate(project: Path, *options: str, size: int = 300) -> Done:
    """Simulate a wave like 2030, whose answers are taken to be nobody's: only such are exported."""
    about = project / "data" / "waves" / "2030" / "wave.yml"
    told = about.read_text().replace("status: simulated\n", "")
    about.write_text(f"status: simulated\n{told}")
    recipe = ("--wave", "demo", "--like", "2030", "--respondents", str(size), "--year", "2031")
    return wavebook("simulate", *recipe, *options, cwd=project)


def exported(project: Path, *options: str) -> tuple[pd.DataFrame, pyreadstat.metadata_container]:
    done = simulate(project, "--export", SAV, *options)
    assert done.returncode == 0, done.stderr
    frame, meta = pyreadstat.read_sav(project / SAV, user_missing=True)
    return frame, meta


def brought_in(project: Path) -> pd.DataFrame:
    """Map the file and add it as a wave, without looking at anything but the dates."""
    assert wavebook("map", SAV, "--wave", "2031", cwd=project).returncode == 0
    mapping = project / "mapping.yml"
    mapping.write_text(mapping.read_text().replace("???", "2031-03"))
    done = wavebook("add", SAV, "--wave", "2031", "--mapping", "mapping.yml", cwd=project)
    assert done.returncode == 0, done.stderr
    return pd.read_csv(project / "data/waves/2031/post.csv", dtype=str)


def answers(project: Path, frame: pd.DataFrame) -> pd.DataFrame:
    told = yaml.safe_load((project / "data/waves/demo/wave.yml").read_text())["parts"]["post"]
    design = ["respondent", *(told[key] for key in ("weight", "strata", "cluster"))]
    return frame.drop(columns=[c for c in (*design, "strata") if c in frame])


def test_what_comes_back_are_the_answers_of_the_wave(allotments: Path) -> None:
    extend(allotments, tools=TOOLS)
    assert simulate(allotments).returncode == 0
    wave = pd.read_csv(allotments / "data/waves/demo/post.csv", dtype=str)
    exported(allotments)
    back = brought_in(allotments)
    pd.testing.assert_frame_equal(answers(allotments, back), answers(allotments, wave))


def test_the_design_comes_back(allotments: Path) -> None:
    assert simulate(allotments).returncode == 0
    wave = pd.read_csv(allotments / "data/waves/demo/post.csv")
    exported(allotments)
    back = brought_in(allotments)
    assert back["weight"].astype(float).tolist() == wave["weight"].tolist()
    assert back["strata"].tolist() == wave["stratum"].tolist()
    assert back["cluster"].tolist() == wave["cluster"].tolist()


def test_the_wave_that_is_made_of_it_is_simulated(allotments: Path) -> None:
    exported(allotments)
    brought_in(allotments)
    about = yaml.safe_load((allotments / "data/waves/2031/wave.yml").read_text())
    assert about["status"] == "simulated"


def test_columns_have_other_names_than_ours(allotments: Path) -> None:
    frame, _ = exported(allotments)
    assert list(frame)[:5] == ["SERIAL", "Q1", "Q2_1", "Q2_2", "Q3_1"]


def test_answers_are_numbers_with_labels(allotments: Path) -> None:
    _, meta = exported(allotments)
    assert meta.column_names_to_labels["Q1"] == "Site"
    assert meta.variable_value_labels["Q1"] == {1: "North", 2: "South", -9: "No answer"}


def test_who_was_asked_and_did_not_answer_is_told_from_who_was_not_asked(
    allotments: Path,
) -> None:
    # Why there are no roses is asked of those who grow none (code 3), the others' cells are empty.
    frame, _ = exported(allotments, "--missing", "0.3")
    asked = frame["Q2_2"] == 3
    assert frame.loc[~asked, "Q4"].isna().all()
    assert frame.loc[asked, "Q4"].notna().all()
    assert (frame.loc[asked, "Q4"] == -9).any()


def test_the_parts_stand_in_one_file_and_are_told_apart(allotments: Path) -> None:
    second_part(allotments)
    done = wavebook("simulate", "--wave", "demo", "--respondents", "60", "--export", SAV,
                    cwd=allotments)  # fmt: skip
    assert done.returncode == 0, done.stderr
    frame, meta = pyreadstat.read_sav(allotments / SAV)
    assert meta.variable_value_labels["MODE"] == {1: "Postal survey", 2: "Web survey"}
    assert frame["MODE"].value_counts().to_dict() == {1: 30, 2: 30}
    assert frame["SERIAL"].is_unique


def test_no_wave_is_written(allotments: Path) -> None:
    exported(allotments)
    assert not (allotments / "data/waves/demo").exists()


@pytest.mark.parametrize("name", ["practice.csv", "no/such/folder.sav"])
def test_where_it_cannot_be_written_is_told(allotments: Path, name: str) -> None:
    done = simulate(allotments, "--export", name)
    assert done.returncode == 1
    assert name in done.stderr
    assert "Traceback" not in done.stderr


def test_too_many_for_such_a_file_are_refused(allotments: Path) -> None:
    done = simulate(allotments, "--export", SAV, size=100_001)
    assert done.returncode == 1
    assert "100,000 respondents at most" in done.stderr
    assert not (allotments / SAV).exists()


def test_real_people_s_answers_are_not_exported_as_nobody_s(allotments: Path) -> None:
    recipe = ("--wave", "demo", "--like", "2030", "--respondents", "300")
    done = wavebook("simulate", *recipe, "--export", SAV, cwd=allotments)
    assert done.returncode == 1
    assert "--export: the rows would be real answers to wave 2030" in done.stderr
    assert not (allotments / SAV).exists()
