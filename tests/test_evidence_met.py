"""The build agrees with everything that the published commentary states."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT
from wavebook.evidence import Cell, Claim, read_evidence

CLAIMS = read_evidence(ROOT / "data/published/2010.csv", "data/published/2010.csv").claims
SIZES = [claim for claim in CLAIMS if not claim.question]
QUANTITIES = [claim for claim in CLAIMS if claim.question]


@cache
def tables(built: Path) -> dict[Cell, dict[str, str]]:
    found: dict[Cell, dict[str, str]] = {}
    for path in sorted((built / "tables").glob("*.csv")):
        with path.open(newline="") as file:
            for row in csv.DictReader(file):
                cell = Cell(*(row[key] for key in Cell._fields))
                found[cell] = row
    return found


def computed(built: Path, cell: Cell) -> float:
    """What the build's tables hold for a cell; a base stands beside any value of its question."""
    if cell.measure == "base":
        bases = {
            int(row["base"])
            for other, row in tables(built).items()
            if (other.question, other.group) == (cell.question, cell.group)
            and cell.row in ("", other.row)
        }
        assert len(bases) == 1, f"{cell}: bases {bases}"
        return bases.pop()
    return float(tables(built)[cell]["value"])


@pytest.mark.parametrize("claim", QUANTITIES, ids=lambda claim: claim.id)
def test_every_stated_quantity_comes_out(built: Path, claim: Claim) -> None:
    value = computed(built, claim.cell)
    if claim.relation == "=":
        assert claim.low is not None
        assert claim.high is not None
        assert claim.low <= value <= claim.high
    else:
        other = computed(built, claim.than)
        assert value < other if claim.relation == "<" else value > other


@pytest.mark.parametrize(
    "claim", [c for c in QUANTITIES if c.measure == "rank" and c.value], ids=lambda claim: claim.id
)
def test_every_rank_has_its_tie_as_printed(built: Path, claim: Claim) -> None:
    assert tables(built)[claim.cell]["rank"] == claim.value


@pytest.mark.parametrize("claim", SIZES, ids=lambda claim: claim.id)
def test_every_sample_has_the_size_stated(claim: Claim) -> None:
    wave = yaml.safe_load((ROOT / "data/waves/2010/wave.yml").read_text())
    if claim.part == "interviews":
        assert wave["interviews"] == claim.low
    else:
        rows = (ROOT / "data/waves/2010" / wave["parts"][claim.part]["file"]).read_text()
        assert len(rows.splitlines()) - 1 == claim.low


def test_what_no_claim_states_is_marked_as_assumed(built: Path) -> None:
    known = {claim.cell for claim in CLAIMS if claim.relation == "="}
    counted = {cell._replace(measure="share") for cell in known if cell.measure == "count"}
    pretended = [
        cell
        for cell, row in tables(built).items()
        if row["status"] != "assumed" and cell not in known | counted
    ]
    assert pretended == []
