"""A base that nobody stated is told as assumed wherever it stands, and no prose quotes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.two_waves import grown
from wavebook import charts
from wavebook.commentary import render
from wavebook.csv_file import read_rows
from wavebook.errors import WavebookError
from wavebook.estimates import Estimates
from wavebook.evidence import read_assumed_bases
from wavebook.exports import _packed, unpacked
from wavebook.figure import Figure, status_note
from wavebook.finding import Finding, finding
from wavebook.reads import listen
from wavebook.table import shares_table

ASSUMED = grown(80, 20, status="stated", is_base_assumed=True)


@pytest.fixture(scope="module")
def familiarity() -> Finding:
    return finding("familiarity", wave="2010")


def test_a_base_on_the_list_of_what_was_assumed_is_assumed(familiarity: Finding) -> None:
    listed = {
        row["row"]
        for row in read_rows(ROOT / "data/waves/2010/assumed.csv", "assumed.csv")
        if (row["question"], row["group"], row["measure"]) == ("familiarity", "", "base")
    }
    found = familiarity.shares("familiarity")
    assert {e.cell.row for e in found if e.is_base_assumed} == listed


def test_everybody_who_was_interviewed_is_a_base_that_is_known(familiarity: Finding) -> None:
    assert not familiarity.shares("any_role")["yes"].is_base_assumed


def test_a_list_that_is_not_there_is_noted_for_what_is_kept(tmp_path: Path) -> None:
    seen: set[str] = set()
    listen(seen)
    try:
        found = read_assumed_bases(tmp_path / "assumed.csv", "data/waves/2010/assumed.csv")
    finally:
        listen(None)
    assert (found, seen) == (frozenset(), {"file:data/waves/2010/assumed.csv"})


def test_how_many_answered_any_of_several_rows_is_assumed() -> None:
    staying = finding("retention", wave="2010").shares("staying")["yes"]
    assert (staying.status, staying.is_base_assumed) == ("stated", True)


@pytest.mark.parametrize(
    "text",
    ["{{ x | base }}", "{{ x.base }}", "{{ [x] | map(attribute='base') | min }}",
     "{{ x.base_text }}", "{{ x.certainty }}"],
)  # fmt: skip
def test_no_prose_quotes_it(text: str) -> None:
    with pytest.raises(WavebookError, match="the base of grows/beans/yes/share is assumed"):
        render(text, {"x": ASSUMED})


def test_its_share_may_be_quoted() -> None:
    assert render("{{ x | pct }}", {"x": ASSUMED}) == "80%"


def test_a_table_marks_it_and_says_what_the_mark_means() -> None:
    table = shares_table("T", Estimates((ASSUMED,)), heading="Plant", finding="x")
    assert table.rows[0][-1] == "100†"
    assert any(note.startswith("† Assumed") for note in table.notes)
    assert table.records[0]["base_assumed"] == "yes"


def test_the_note_under_a_chart_says_it() -> None:
    assert status_note(Estimates((ASSUMED,))) == "† How many answered is assumed."


def test_a_range_of_bases_of_which_one_is_assumed_is_marked(familiarity: Finding) -> None:
    familiar = familiarity.shares("familiarity").only(option="familiar")
    figure = familiarity.figure("2", "T", charts.bars(familiar), familiar)
    assert isinstance(figure, Figure)
    bases = [e.base for e in familiar]
    assert f"({min(bases):,} to {max(bases):,}†)" in figure.note


def test_a_headline_says_it() -> None:
    assert ASSUMED.certainty.endswith("; a base of 100, assumed)")


def test_chapters_know_it() -> None:
    assert unpacked(_packed(ASSUMED)).is_base_assumed
