"""Reviewers can tell an intact edition from a damaged one, and what changed between two."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.conftest import wavebook
from wavebook.review import differences


@pytest.fixture
def site(allotments: Path) -> Path:
    assert wavebook("publish", "2030", cwd=allotments).returncode == 0
    return allotments / "site"


def test_an_edition_as_published_is_intact(site: Path) -> None:
    done = wavebook("verify", "2030-r1", cwd=site.parent)
    assert (done.returncode, done.stdout) == (0, "Edition 2030-r1 is intact.\n")


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda path: path.write_text("x"), "2030-r1/statements.json: changed since"),
        (lambda path: path.unlink(), "2030-r1/statements.json: missing"),
        (lambda path: path.with_name("more").write_text(""), "2030-r1/more: added since"),
    ],
)
def test_damage_is_named(site: Path, damage: object, said: str) -> None:
    assert callable(damage)
    damage(site / "2030-r1" / "statements.json")
    done = wavebook("verify", "2030-r1", cwd=site.parent)
    assert done.returncode == 1
    assert done.stderr.startswith(said)


def test_an_edition_that_is_not_there_is_named(allotments: Path) -> None:
    done = wavebook("verify", "2030-r9", cwd=allotments)
    assert done.returncode == 1
    assert "2030-r9: there is no such edition" in done.stderr


def test_an_edition_that_is_called_like_another_is_not_intact(site: Path) -> None:
    (site / "2030-r1").rename(site / "2031-r5")
    done = wavebook("verify", "2031-r5", cwd=site.parent)
    assert done.returncode == 1
    assert "found the edition '2030-r1'; expected '2031-r5'" in done.stderr


def test_a_copy_of_an_edition_is_told_by_its_own_name(site: Path) -> None:
    (site / "2030-r1").rename(site / "downloaded")
    done = wavebook("verify", "site/downloaded", cwd=site.parent)
    assert (done.returncode, done.stdout) == (0, "Edition 2030-r1 is intact.\n")


def test_an_edition_without_its_tables_is_told_what_is_missing(site: Path) -> None:
    shutil.rmtree(site / "2030-r1" / "tables")
    done = wavebook("verify", "2030-r1", cwd=site.parent)
    assert "2030-r1/tables/growing.csv: missing" in done.stderr
    done = wavebook("diff", "2030-r1", "2030-r1", cwd=site.parent)
    assert done.returncode == 1
    assert "2030-r1/tables: missing" in done.stderr


def test_a_build_is_no_edition_that_could_be_verified(site: Path) -> None:
    (site / "2030-r1" / "manifest.json").unlink()
    done = wavebook("verify", "2030-r1", cwd=site.parent)
    assert done.returncode == 1
    assert "2030-r1: a build, or an edition without its manifest.json" in done.stderr


@pytest.mark.parametrize(
    ("content", "told"), [("", "the file is empty"), ("question\n", "no column 'row' (question)")]
)
def test_tables_without_a_header_are_no_tables(site: Path, content: str, told: str) -> None:
    (site / "2030-r1" / "tables" / "growing.csv").write_text(content)
    done = wavebook("diff", "2030-r1", "2030-r1", cwd=site.parent)
    assert done.returncode == 1
    assert told in done.stderr


def test_an_edition_has_no_difference_from_itself(site: Path) -> None:
    assert wavebook("diff", "2030-r1", "2030-r1", cwd=site.parent).returncode == 0


def test_a_changed_answer_is_told_value_by_value(site: Path) -> None:
    data = site.parent / "data/waves/2030/post.csv"
    data.write_text(data.read_text().replace("p3,north,some", "p3,north,none_at_all"))
    assert wavebook("publish", "2030", cwd=site.parent).returncode == 0
    done = wavebook("diff", "2030-r1", "2030-r2", cwd=site.parent)
    assert done.returncode == 1
    # Of eight holders seven grew beans; one fewer does now.
    assert "growing: grows/beans/grown/share: value 0.875 → 0.75" in done.stdout


@pytest.mark.parametrize(
    ("column", "old", "new"),
    [
        ("stated_high", "0.9", "0.85"),  # of which the page prints 80–90% and 80–85%
        ("base_assumed", "", "yes"),
        ("reliability", "sound", "low"),
        ("then", "0.5", "0.7"),
        ("verdict", "up", "no clear change"),
    ],
)
def test_what_else_is_printed_of_a_value_is_told_where_it_differs(
    tmp_path: Path, column: str, old: str, new: str
) -> None:
    header = "finding,question,row,option,group,measure,value,low,high,base,status"
    row = "growing,grows,beans,grown,,share,0.83,0.8,0.86,90,stated"
    for name, told in (("one", old), ("other", new)):
        tables = tmp_path / name / "tables"
        tables.mkdir(parents=True)
        (tables / "growing.csv").write_text(f"{header},{column}\n{row},{told}\n")
    found = list(differences(tmp_path / "one", tmp_path / "other"))
    assert found == [f"growing: grows/beans/grown/share: {column} {old or '–'} → {new}"]


def test_what_two_builds_report_is_told_before_their_values(allotments: Path) -> None:
    for folder, options in (
        ("all", []),
        ("north", ["--where", "site == 'north'", "--level", ".9"]),
    ):
        done = wavebook("build", "2030", "--out", folder, *options, cwd=allotments)
        assert done.returncode == 0, done.stderr
    done = wavebook("diff", "all", "north", cwd=allotments)
    assert done.returncode == 1
    first = done.stdout.splitlines()[:2]
    assert first == ["where: None → \"site == 'north'\"", "level: 0.95 → 0.9"]


@pytest.mark.parametrize("damaged", ['{"cells": ["x"]}', "[]", '{"cells": [{"id": []}]}', "x"])
def test_what_a_damaged_notebook_reports_is_not_told(tmp_path: Path, damaged: str) -> None:
    for folder in ("notebooks", "tables"):
        (tmp_path / folder).mkdir()
    (tmp_path / "notebooks" / "01-growing.ipynb").write_text(damaged)
    assert list(differences(tmp_path, tmp_path)) == []
