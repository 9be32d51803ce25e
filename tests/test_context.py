"""What the five documents state: each number with its place, and the arithmetic between them."""

from __future__ import annotations

import csv
import json
import re
from itertools import chain
from pathlib import Path

import altair as alt
import pytest
from altair.utils.schemapi import validate_jsonschema

from tests.conftest import ROOT
from wavebook import wording
from wavebook.context import Context, Quantities, Quantity, read_quantities
from wavebook.errors import WavebookError
from wavebook.project import Project
from wavebook.vega import MIME

PROJECT = Project(ROOT)
CONTEXT = Context(PROJECT)
FOLDER = ROOT / "data" / "context"


def rows(name: str) -> list[dict[str, str]]:
    return CONTEXT.rows(name)


def header(path: Path) -> list[str]:
    return next(csv.reader(path.open(encoding="utf-8")))


FILES = [path for path in sorted(FOLDER.glob("*.csv")) if "wording" in header(path)]
ALL = [(path.name, q) for path in FILES for q in CONTEXT.quantities(path.name)]
BIBLIOGRAPHY = set(
    re.findall(r"^@\w+\{(\w+),", (ROOT / "book/references.bib").read_text(), flags=re.MULTILINE)
)
each = pytest.mark.parametrize(("file", "quantity"), ALL, ids=lambda v: getattr(v, "id", v))


@each
def test_a_quantity_names_a_document_of_the_bibliography(file: str, quantity: Quantity) -> None:
    assert quantity.document in BIBLIOGRAPHY & set(CONTEXT.documents)


@each
def test_a_quantity_says_where_it_stands(file: str, quantity: Quantity) -> None:
    assert quantity.where
    assert quantity.wording


@each
def test_a_wording_is_a_short_quotation(file: str, quantity: Quantity) -> None:
    assert len(quantity.wording.split()) < 9


WORDS = {
    **{word: n for n, word in enumerate(wording.SMALL)},
    **{word: n for n, word in enumerate(wording.ORDINALS) if word},
    "fifteen": 15, "twenty": 20, "doubling": 2, "third": 3,
}  # fmt: skip


def numbers(text: str) -> set[float]:
    """Return the numbers that a quotation holds, in figures or in words."""
    found = {float(n.replace(",", "")) for n in re.findall(r"\d[\d,]*(?:\.\d+)?", text)}
    found |= {float(WORDS[w]) for w in re.findall(r"[a-z]+", text.lower()) if w in WORDS}
    scaled = {n / 100 for n in found} | {n * 1e6 for n in found if "million" in text}
    if "out of 10" in text:
        scaled |= {n / 10 for n in found}
    if "pm" in text:
        scaled |= {n + 12 for n in found}
    if "/0" in text:  # a school year, 2006/07, ends in the second
        scaled |= {n + 1 for n in found}
    return found | scaled | ({1 / 3} if "a third" in text else set())


COUNTED = {"evaluations", "suggestions", "others_leading"}  # items listed, not numbered


@each
def test_a_stated_number_is_in_the_words_that_state_it(file: str, quantity: Quantity) -> None:
    if quantity.status == "stated" and quantity.id not in COUNTED:
        assert any(abs(quantity.value - n) < 1e-6 for n in numbers(quantity.wording))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_sums_and_ratios_within_a_file_come_out(path: Path) -> None:
    assert list(CONTEXT.quantities(path.name).problems()) == []


NLE = CONTEXT.quantities("nle.csv")


def test_the_rounds_add_up_to_the_total_of_early_2009() -> None:
    assert 68 + 60 + NLE["rounds_3_4"].value == NLE["total_2009"].value == 200


def test_the_target_is_its_two_phases() -> None:
    assert NLE["target_2012"].value == 300 + 200


def test_a_wrong_sum_is_reported_with_its_row(tmp_path: Path) -> None:
    text = (
        (FOLDER / "nle.csv")
        .read_text(encoding="utf-8")
        .replace('October 2006",rounds,68,68,68', 'October 2006",rounds,69,69,69')
    )
    path = tmp_path / "nle.csv"
    path.write_text(text, encoding="utf-8")
    problems = [str(p) for p in read_quantities(path, "nle.csv").problems()]
    assert any("round_1 + round_2 gives 129 to 129, not 128 to 128" in p for p in problems)


def test_a_value_that_is_no_number_is_reported_with_its_column(tmp_path: Path) -> None:
    text = (FOLDER / "time.csv").read_text(encoding="utf-8").replace(",30,30,30,", ",thirty,30,30,")
    path = tmp_path / "time.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(WavebookError, match=r"time.csv, row 1, value: 'thirty' is not a number"):
        read_quantities(path, "time.csv")


def test_an_unknown_quantity_is_named_with_its_neighbour() -> None:
    with pytest.raises(WavebookError, match="did you mean 'primary_good'"):
        NLE["primary_godo"]


def test_a_file_outside_the_context_is_not_read() -> None:
    with pytest.raises(WavebookError, match="there is no such file"):
        CONTEXT.quantities("../published/2010.csv")


@pytest.mark.parametrize(
    ("file", "name", "shown"),
    [
        ("nle.csv", "primary_english", "nearly 1,500"),
        ("nle.csv", "executive", "nearly a third"),
        ("nle.csv", "supporting", "nearly 90%"),
        ("white_paper.csv", "collaboration_fund", "£35 million"),
        ("practice_cases.csv", "closes", "6pm"),
        ("nle.csv", "target_year", "2012"),
    ],
)
def test_a_quantity_is_shown_with_its_unit_and_hedge(file: str, name: str, shown: str) -> None:
    assert str(CONTEXT.quantities(file)[name]) == shown


FINDINGS = set(CONTEXT.findings)
MEASURES = {row["measure"] for row in rows("agenda.csv")}


def test_the_ties_of_policy_join_known_measures_and_findings() -> None:
    ties = {(row["measure"], row["finding"]) for row in rows("policy.csv")}
    assert {m for m, _ in ties} <= MEASURES
    assert {f for _, f in ties} == FINDINGS


def test_no_tie_of_policy_stands_twice() -> None:
    ties = [(row["measure"], row["finding"]) for row in rows("policy.csv")]
    assert len(ties) == len(set(ties))


def test_the_three_roles_of_table_1_have_purpose_and_time() -> None:
    badged = {r["role"]: r for r in rows("roles.csv") if r["table_1"]}
    assert set(badged) == {"professional_partner", "lle", "nle"}
    assert all(r["purpose"] and r["commitment"] for r in badged.values())


def test_every_role_that_the_survey_asks_about_is_described() -> None:
    held = set(CONTEXT.project.instrument.question("role_status").rows) - {"informal"}
    assert held <= {row["role"] for row in rows("roles.csv")}


def test_the_english_model_has_four_levels_and_dimmocks_seven_roles() -> None:
    models = rows("models.csv")
    assert sorted(m["english"] for m in models if m["english"]) == ["1", "2", "3", "4"]
    assert sorted(m["dimmock"] for m in models if m["dimmock"]) == list("1234567")


def test_the_timeline_runs_from_1988_to_2012() -> None:
    years = [int(row["year"]) for row in rows("timeline.csv")]
    assert (years[0], years[-1], years) == (1988, 2012, sorted(years))


def test_an_event_is_dated_by_a_document_or_marked_as_public_record() -> None:
    for row in rows("timeline.csv"):
        assert row["date_status"] in ("stated", "record")
        assert row["date_status"] == "record" or row["date_document"] in BIBLIOGRAPHY


RING = (ROOT / "book" / "images" / "ring.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize("part", rows("ring.csv"), ids=lambda part: part["part"])
def test_a_part_of_the_ring_is_a_named_link_in_the_drawing(part: dict[str, str]) -> None:
    assert f'<a href="#ring-{part["part"]}" aria-label="{part["label"]}">' in RING


def test_the_ring_is_read_from_the_inside_out() -> None:
    order = re.findall(r'href="#ring-(\w+)"', RING)
    assert order == [part["part"] for part in rows("ring.csv")]


def test_the_parts_of_the_ring_lead_to_findings_that_there_are() -> None:
    assert {f for part in rows("ring.csv") for f in part["findings"].split()} <= FINDINGS


@pytest.mark.parametrize("path", sorted((ROOT / "book/images").glob("*.svg")), ids=lambda p: p.name)
def test_a_drawing_has_a_title_and_a_description(path: Path) -> None:
    svg = path.read_text(encoding="utf-8")
    assert re.search(r"<title>.+</title>\s*<desc>.{80,}</desc>", svg)


def test_a_range_derived_from_ranges_keeps_both_ends() -> None:
    def quantity(name: str, low: float, high: float, derivation: str = "") -> Quantity:
        status = "derived" if derivation else "stated"
        return Quantity(
            name, "", "", low, low, high, "count", "about", derivation, "", "", status, "", ""
        )

    total, part = quantity("total", 145, 155), quantity("part", 18, 22)
    rest = quantity("rest", 123, 137, "total - part")
    assert list(Quantities("", (total, part, rest)).problems()) == []


@pytest.mark.parametrize(
    "path",
    [*PROJECT.notebooks, *(path for path in PROJECT.chapters if path.stem != "roles")],
    ids=lambda path: path.stem,
)
def test_the_charts_of_the_book_are_valid(path: Path) -> None:
    outputs = chain.from_iterable(
        cell.get("outputs", ()) for cell in json.loads(path.read_bytes())["cells"]
    )
    specs = [output["data"][MIME] for output in outputs if MIME in output.get("data", {})]
    schema = alt.load_schema()
    assert specs
    for spec in specs:
        validate_jsonschema(spec, schema, schema)
