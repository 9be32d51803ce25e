"""The files under ``tables/``: what a reviewer's spreadsheet is told of each value."""

from __future__ import annotations

import csv
import io

import pytest

from tests.two_waves import grown
from wavebook.estimates import Estimates
from wavebook.records import records
from wavebook.results import Result, table_csv


def rows(**changed: object) -> list[dict[str, str]]:
    """Return the rows of a finding with one value."""
    made = records(Estimates((grown(80, 20, **changed),)), "growing")
    text = table_csv(Result("growing", "x", "T", {}, tuple(made), ()))
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize(("given", "told"), [({}, "0.95"), ({"level": 0.9}, "0.9")])
def test_each_interval_has_its_level(given: dict[str, float], told: str) -> None:
    assert [row["level"] for row in rows(**given)] == [told]


@pytest.mark.parametrize(("given", "told"), [({}, "sound"), ({"reliability": "low"}, "low")])
def test_each_value_says_how_reliable_it_is(given: dict[str, str], told: str) -> None:
    assert [row["reliability"] for row in rows(**given)] == [told]


@pytest.mark.parametrize(("given", "told"), [({}, ""), ({"is_base_assumed": True}, "yes")])
def test_each_value_says_whether_its_base_is_assumed(given: dict[str, bool], told: str) -> None:
    assert [row["base_assumed"] for row in rows(**given)] == [told]
