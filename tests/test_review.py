"""Reviewers can tell an intact edition from a damaged one, and what changed between two."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import wavebook


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
