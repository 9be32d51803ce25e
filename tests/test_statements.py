"""A conclusion holds, fails, or was not asked; what rests on one that does not hold is left out."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import ROOT, wavebook
from tests.two_waves import grown, hidden, place, ranked
from wavebook.errors import WavebookError
from wavebook.estimates import Estimate, Estimates
from wavebook.finding import Finding, finding
from wavebook.statements import (
    Check,
    above,
    at_least,
    below,
    between,
    exceeds,
    leading,
    line,
    same,
    statement,
    trailing,
)

BEANS, ROSES, KALE = grown(80, 20), grown(50, 50, "roses"), grown(10, 90, "kale")
PLANTS = Estimates((BEANS, ROSES, KALE))
NOT_ASKED = grown(1, 1, "leeks", reliability="absent", value=float("nan"), untold="nobody asked")


# One value


@pytest.mark.parametrize(
    ("check", "outcome", "is_clear"),
    [
        (above(BEANS, 0.5), "holds", True),
        (above(BEANS, 0.75), "holds", False),
        (above(BEANS, 0.8), "fails", False),
        (below(KALE, 0.5), "holds", True),
        (below(KALE, 0.1), "fails", False),
        (between(ROSES, 0.5, 0.5), "holds", False),
        (between(ROSES, 0.3, 0.7), "holds", True),
        (between(ROSES, 0.6, 0.7), "fails", False),
        (below(place(3), 4), "holds", False),
        (above(ranked(3.0), 2), "holds", True),
    ],
)
def test_a_value_is_held_against_bounds(check: Check, outcome: str, is_clear: bool) -> None:
    assert (check.outcome, check.is_clear) == (outcome, is_clear)


def test_a_check_says_what_was_found_and_expected() -> None:
    check = above(BEANS, 0.9)
    assert (check.found, check.expected) == ("Runner bean 80%", "more than 90%")


def test_a_value_that_nobody_stated_is_marked() -> None:
    assert above(grown(80, 20, status="assumed"), 0.5).found == "Runner bean 80%†"


def test_a_range_is_clear_only_as_a_whole() -> None:
    told = grown(800, 200, stated=(0.6, 0.9), status="stated")
    assert above(told, 0.65).outcome == "holds"
    assert not above(told, 0.65).is_clear
    assert above(told, 0.55).is_clear


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (hidden(), "too few answered"),
        (NOT_ASKED, "nobody asked"),
        (replace(NOT_ASKED, untold=""), "not asked"),
    ],
)
@pytest.mark.parametrize("check", [above, below])
def test_of_what_cannot_be_shown_nothing_is_told(
    check: object, value: Estimate, found: str
) -> None:
    made = check(value, 0.5)  # type: ignore[operator]
    assert (made.outcome, made.found) == ("not asked", found)


# Several values


def test_values_stand_in_an_order() -> None:
    assert exceeds(BEANS, ROSES, KALE).outcome == "holds"
    assert exceeds(BEANS, KALE, ROSES).outcome == "fails"
    assert exceeds(BEANS, BEANS).outcome == "fails"
    assert exceeds(BEANS, hidden("roses")).outcome == "not asked"


@pytest.mark.parametrize(
    "check", [exceeds, lambda one, other: leading(Estimates((one, other)), "beans")]
)
def test_what_a_reader_sees_as_the_same_is_no_larger(check: Callable[..., Check]) -> None:
    assert check(grown(401, 599), grown(399, 601, "roses")).outcome == "fails"
    assert check(grown(410, 590), grown(399, 601, "roses")).outcome == "holds"


def test_a_bound_is_told_to_the_decimal_that_it_has() -> None:
    assert above(grown(886, 114), 0.885).expected == "more than 88.5%"


def test_of_ranks_the_smaller_is_the_better() -> None:
    assert exceeds(ranked(1.5), ranked(2.5, "roses")).outcome == "holds"
    assert leading(Estimates((ranked(1.5), ranked(2.5, "roses"))), "beans").outcome == "holds"


@pytest.mark.parametrize(
    ("better", "worse", "is_clear"),
    [
        (BEANS, ROSES, True),
        (grown(55, 45), ROSES, False),
        (ranked(1.5), ranked(1.75, "roses"), True),  # 1.4–1.6 and 1.65–1.85
        (ranked(1.5), ranked(1.65, "roses"), False),  # 1.4–1.6 and 1.55–1.75
    ],
)
def test_an_order_is_clear_where_intervals_do_not_meet(
    better: Estimate, worse: Estimate, is_clear: bool
) -> None:
    check = exceeds(better, worse)
    assert (check.outcome, check.is_clear) == ("holds", is_clear)
    assert leading(Estimates((better, worse)), "beans").is_clear == is_clear


def test_an_order_tells_of_those_and_of_whom_they_are_next_to() -> None:
    assert leading(PLANTS, "beans").found == "Runner bean 80%, Roses 50%"
    assert trailing(PLANTS, "kale").found == "Kale 10%, Roses 50%"


def test_an_order_tells_where_those_stand_that_are_not_there() -> None:
    assert leading(PLANTS, "kale").found == "Runner bean 80%, Roses 50%, Kale 10%"
    assert trailing(PLANTS, "beans").found == "Kale 10%, Roses 50%, Runner bean 80%"


def test_an_order_names_a_group_once() -> None:
    check = leading(PLANTS.named("North"), "kale")
    assert check.found == "North: Runner bean 80%, Roses 50%, Kale 10%"
    assert check.expected == "Kale first"
    apart = PLANTS.only(row="beans").named("North") + PLANTS.only(row="kale").named("South")
    assert leading(apart, "kale").found == "North · Runner bean 80%, South · Kale 10%"


@pytest.mark.parametrize(
    ("codes", "first", "last"),
    [
        (("beans",), "holds", "fails"),
        (("roses",), "fails", "fails"),
        (("kale",), "fails", "holds"),
        (("roses", "beans"), "holds", "fails"),
        (("kale", "roses"), "fails", "holds"),
    ],
)
def test_some_come_before_or_after_all_others(
    codes: tuple[str, ...], first: str, last: str
) -> None:
    assert leading(PLANTS, *codes).outcome == first
    assert trailing(PLANTS, *codes).outcome == last


def test_who_ties_does_not_lead() -> None:
    tied = Estimates((grown(5, 5), grown(5, 5, "roses")))
    assert leading(tied, "beans").outcome == trailing(tied, "beans").outcome == "fails"


def test_an_order_with_a_hidden_value_is_not_told() -> None:
    assert leading(PLANTS + Estimates((hidden("leeks"),)), "beans").outcome == "not asked"


def test_what_stands_alone_does_not_lead() -> None:
    check = leading(Estimates((BEANS,)), "beans")
    assert (check.outcome, check.found) == ("not asked", "there is nothing else")


def test_what_leads_has_to_be_named() -> None:
    with pytest.raises(WavebookError, match="name what comes first"):
        leading(PLANTS)


def test_a_code_that_there_is_not_is_a_mistake() -> None:
    with pytest.raises(WavebookError, match="no value 'bean'"):
        leading(PLANTS, "bean")


@given(st.lists(st.integers(1, 99), min_size=2, max_size=4, unique=True))
def test_what_leads_trails_the_other_way_round(shares: list[int]) -> None:
    rows = ["beans", "roses", "kale", "leeks"]
    values = [grown(n, 100 - n, row) for n, row in zip(shares, rows, strict=False)]
    turned = [grown(100 - n, n, row) for n, row in zip(shares, rows, strict=False)]
    for e in values:
        ahead, behind = (
            leading(Estimates(tuple(values)), e.cell.row),
            trailing(Estimates(tuple(turned)), e.cell.row),
        )
        assert (ahead.outcome, ahead.is_clear) == (behind.outcome, behind.is_clear)


def test_sets_of_codes_are_compared() -> None:
    assert same("ab", "ba", "the letters").outcome == "holds"
    assert same("ab", "bc", "the letters").found == "apart: a, c"
    assert same("", "bc", "the letters").outcome == "not asked"


def test_things_are_counted() -> None:
    assert at_least(3, 3, "plants").outcome == "holds"
    assert at_least(2, 3, "plants").outcome == "fails"
    assert at_least(0, 3, "plants").outcome == "not asked"


# Statements


@pytest.mark.parametrize(
    ("checks", "outcome"),
    [
        ([above(BEANS, 0.5), above(ROSES, 0.4)], "holds"),
        ([above(BEANS, 0.5), above(ROSES, 0.5)], "fails"),
        ([above(hidden(), 0.5), above(BEANS, 0.5)], "not asked"),
        ([above(hidden(), 0.5), above(KALE, 0.5)], "fails"),
        ([], "not asked"),
    ],
)
def test_a_statement_holds_if_all_its_checks_do(checks: list[Check], outcome: str) -> None:
    assert statement("plants", checks).outcome == outcome


def test_a_statement_is_clear_if_all_its_checks_are() -> None:
    clear, unclear = above(BEANS, 0.5), above(ROSES, 0.45)
    assert statement("plants", [clear, clear]).is_clear
    assert not statement("plants", [clear, unclear]).is_clear


def test_a_statement_that_fails_is_never_clear() -> None:
    """40.1% of a million is surely more than 39.9%, but a reader sees the same number."""
    apart = exceeds(grown(401_000, 599_000), grown(399_000, 601_000, "roses"))
    made = statement("beans-lead", [apart])
    assert (made.outcome, made.is_clear) == ("fails", False)


def test_a_statement_tells_of_the_checks_that_decide() -> None:
    made = statement("beans-lead", [above(BEANS, 0.5), above(ROSES, 0.9), above(KALE, 0.9)])
    assert (made.found, made.expected) == ("Roses 50%; Kale 10%", "more than 90%")
    assert made.why_left_out == (
        "it does not hold that beans lead (Roses 50%; Kale 10%; expected more than 90%)"
    )


def test_a_line_tells_the_outcome_first() -> None:
    told = {"statement": "beans-lead", "finding": "growing"}
    made = statement("beans-lead", [above(BEANS, 0.75)]).as_dict()
    assert line(told | made) == (
        "holds      growing: beans-lead: Runner bean 80%; expected more than 75% (not clearly)"
    )
    unchecked = dict.fromkeys(("outcome", "found", "expected", "clear"))
    assert line(told | unchecked) == "not checked  growing: beans-lead"


# In a notebook, and in what comes of it


@pytest.fixture
def growing(allotments: Path) -> Finding:
    return finding("growing", wave="2030")


def test_a_cell_with_a_statement_may_be_run_again(growing: Finding) -> None:
    growing.statement("beans-lead", above(BEANS, 0.9))
    growing.statement("beans-lead", above(BEANS, 0.5))
    assert growing.statements["beans-lead"].outcome == "holds"


@pytest.mark.parametrize("name", ["Beans lead", "beans lead", ""])
def test_a_statement_has_a_name_as_on_a_paragraph(growing: Finding, name: str) -> None:
    with pytest.raises(WavebookError, match="is not a statement's name"):
        growing.statement(name, above(BEANS, 0.5))


def state(project: Path, code: str) -> None:
    """Add a cell before the paragraph that rests on ``beans-lead``."""
    path = project / "notebooks" / "01-growing.ipynb"
    notebook = json.loads(path.read_text())
    values = next(c for c in notebook["cells"] if "f = finding" in "".join(c["source"]))
    source = "from wavebook.statements import *\n" + "".join(values["source"])
    values["source"] = f"{source}\n{code}"
    path.write_text(json.dumps(notebook))


def listed(project: Path, *where: str) -> list[dict[str, object]]:
    done = wavebook("statements", "2030", "--json", *where, cwd=project)
    assert done.returncode == 0, done.stderr
    found: list[dict[str, object]] = json.loads(done.stdout)
    return found


def test_a_paragraph_whose_statement_holds_is_printed(allotments: Path) -> None:
    state(allotments, "f.statement('beans-lead', leading(grown, 'beans'))")
    assert wavebook("build", "2030", cwd=allotments).returncode == 0
    assert (
        "of holders grow them"
        in (allotments / "_build/2030/html/notebooks/01-growing.html").read_text()
    )
    (told,) = json.loads((allotments / "_build/2030/statements.json").read_text())
    assert (told["statement"], told["outcome"]) == ("beans-lead", "holds")


def test_a_paragraph_whose_statement_fails_is_left_out(allotments: Path) -> None:
    state(allotments, "f.statement('beans-lead', trailing(grown, 'beans'), says='beans trail')")
    assert wavebook("build", "2030", cwd=allotments).returncode == 0
    page = (allotments / "_build/2030/html/notebooks/01-growing.html").read_text()
    assert "Left out here: it does not hold that beans trail" in page
    assert "of holders grow them" not in page
    (told,) = json.loads((allotments / "_build/2030/statements.json").read_text())
    assert told["outcome"] == "fails"


def test_the_command_tells_each_statement_in_a_line(allotments: Path) -> None:
    state(allotments, "f.statement('beans-lead', above(grown['beans'], 0.99))")
    done = wavebook("statements", "2030", cwd=allotments)
    assert done.returncode == 0, done.stderr
    (told,) = done.stdout.splitlines()
    assert told.startswith("fails      growing: beans-lead: Beans ")
    assert told.endswith("; expected more than 99%")
    assert not (allotments / "_build" / "2030").exists()


def test_a_statement_without_a_check_is_told_as_such(allotments: Path) -> None:
    assert listed(allotments)[0]["outcome"] is None
    done = wavebook("statements", "2030", cwd=allotments)
    assert done.stdout == "not checked  growing: beans-lead\n"


def test_a_slice_has_outcomes_of_its_own(allotments: Path) -> None:
    state(allotments, "f.statement('beans-lead', above(grown['beans'], 0.5))")
    whole, north = listed(allotments), listed(allotments, "--where", "site == 'north'")
    assert whole[0]["found"] != north[0]["found"]


def test_of_a_part_of_a_reconstruction_nothing_is_known() -> None:
    told = finding("x", wave="2010", where="phase == 'primary'")
    told.statement("most", above(told.shares("any_role")["yes"], 0.5))
    assert told.statements["most"].outcome == "not asked"


@pytest.mark.parametrize("wave", ["2029", "../x"])
def test_a_wave_that_there_is_not_is_refused(allotments: Path, wave: str) -> None:
    done = wavebook("statements", wave, cwd=allotments)
    assert (done.returncode, done.stdout) == (1, "")


# The commentary of 2010


def test_every_statement_of_2010_holds(built: Path) -> None:
    told = json.loads((built / "statements.json").read_text())
    assert Counter(one["outcome"] for one in told) == {"holds": len(told)}


def test_every_statement_that_is_checked_has_a_paragraph(built: Path) -> None:
    told = {
        (one["finding"], one["statement"])
        for one in json.loads((built / "statements.json").read_text())
    }
    stated = set()
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        sources = "\n".join("".join(c["source"]) for c in json.loads(path.read_text())["cells"])
        name = path.stem[3:].replace("-", "_")
        stated |= {(name, part.split('"')[1]) for part in sources.split("f.statement(")[1:]}
    assert stated == told
