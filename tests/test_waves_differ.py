"""A wave that asked less, or is cut to a slice, says what it cannot tell and tells the rest."""

from __future__ import annotations

from pathlib import Path

import altair as alt
import pandas as pd
import pytest

from tests.test_wiring import SAMPLED, WAVE, field, instrument, plot_holders
from wavebook import charts, commentary
from wavebook.design import Design
from wavebook.errors import WavebookError
from wavebook.estimate import share
from wavebook.estimates import Estimates
from wavebook.finding import Finding, finding
from wavebook.untold import LeftOut

NO_ROSES = "*Left out here: the survey of 2030 did not ask about ‘Roses’.*"


def without(*columns: str) -> Finding:
    field(plot_holders().drop(columns=list(columns)))
    return finding("growing", wave="2030")


@pytest.fixture
def beans_only(allotments: Path) -> Finding:
    return without("grows__roses")


def test_a_row_that_was_not_asked_is_in_no_list(beans_only: Finding) -> None:
    assert {e.cell.row for e in beans_only.shares("grows")} == {"beans"}


def test_a_row_that_was_not_asked_is_found_by_its_code(beans_only: Finding) -> None:
    assert beans_only.shares("grows", options=["plenty"])["roses"].text == "–"


def test_a_paragraph_about_what_was_not_asked_says_so(beans_only: Finding) -> None:
    grown = beans_only.shares("grows", options=["grown"])
    assert commentary.render("Roses: {{ g.roses | pct }}.", {"g": grown}) == NO_ROSES


def test_a_headline_that_was_not_asked_says_so(beans_only: Finding) -> None:
    made = beans_only.headline(beans_only.shares("grows", options=["grown"])["roses"], "grow roses")
    assert made._repr_mimebundle_()["text/plain"] == NO_ROSES


def test_a_table_names_what_was_not_asked(beans_only: Finding) -> None:
    made = beans_only.table("What is grown", beans_only.shares("grows"), heading="Plant")
    assert made.notes[-1] == "Not asked in 2030: Roses."


def test_a_figure_names_what_was_not_asked(beans_only: Finding) -> None:
    grown = beans_only.shares("grows", options=["grown"])
    made = beans_only.figure("1", "What is grown", charts.bars(grown), grown)
    assert made.note.endswith("Not asked in 2030: Roses.")


def test_what_did_not_exist_then_is_not_missed(allotments: Path) -> None:
    kale = {"label": "Kale", "since": 2031}
    instrument(grows={"rows": {"beans": "Beans", "roses": "Roses", "kale": kale}})
    found = finding("growing", wave="2030")
    assert "kale" in {e.cell.row for e in found.shares("grows").absent}
    assert found.table("Grown", found.shares("grows"), heading="Plant").notes == ()


def test_an_option_that_did_not_exist_then_is_no_answer(allotments: Path) -> None:
    heaps = {"label": "Heaps", "since": 2031}
    options = {"heaps": heaps, "plenty": "Plenty", "some": "Some", "none_at_all": "None"}
    instrument(grows={"options": options})
    found = finding("growing", wave="2030").shares("grows", rows=["beans"])
    assert "heaps" not in {e.cell.option for e in found}
    assert found["heaps"].untold == "‘Heaps’ was no answer in 2030"


def test_names_are_those_of_the_year(allotments: Path) -> None:
    runner = {"label": "Runner beans", "former": [{"until": 2030, "label": "Beans"}]}
    instrument(grows={"rows": {"beans": runner, "roses": "Roses"}})
    assert (
        finding("growing", wave="2030").shares("grows", options=["some"])["beans"].label == "Beans"
    )


CHARTS = {
    "bars": charts.bars,
    "groups": charts.groups,
    "grouped": charts.grouped,
    "ranks": charts.ranks,
    "scale": lambda shares: charts.scale(shares, shares),
}


@pytest.mark.parametrize("draw", CHARTS.values(), ids=CHARTS)
def test_a_figure_of_nothing_asked_is_left_out(allotments: Path, draw) -> None:
    found = without("grows__roses", "grows__beans")
    nothing = found.shares("grows")
    chart: alt.LayerChart = draw(nothing)
    assert isinstance(found.figure("1", "What is grown", chart, nothing), LeftOut)


def test_a_table_of_nothing_asked_is_left_out(allotments: Path) -> None:
    found = without("grows__roses", "grows__beans")
    made = found.table("What is grown", found.shares("grows"), heading="Plant")
    assert "did not ask about ‘What is grown’" in made._repr_mimebundle_()["text/plain"]


@pytest.mark.parametrize("pick", ["highest", "lowest"])
def test_the_most_of_nothing_is_nothing(allotments: Path, pick: str) -> None:
    found = without("grows__roses", "grows__beans").shares("grows")
    assert getattr(found.known, pick).is_missing


def test_a_ranking_that_was_not_asked_has_no_ranks(allotments: Path) -> None:
    ranks = without("grows__roses").ranks("joy")
    assert len(ranks) == 0
    assert (
        ranks.only(measure="rank")["eating"].untold == "the survey of 2030 did not ask about ‘Joys’"
    )


def test_a_group_that_was_not_asked_about_leaves_its_values_out(allotments: Path) -> None:
    found = without("site").shares("grows", rows=["beans"], options=["some"], by="site")
    assert found["site=north"].untold == "the survey of 2030 did not ask about ‘Site’"


@pytest.mark.parametrize("text", ["{{ (1 - x.value) | points }}", "{{ x.value | int | number }}"])
def test_arithmetic_with_what_was_not_asked_is_left_out(beans_only: Finding, text: str) -> None:
    roses = beans_only.shares("grows", options=["some"])["roses"]
    assert commentary.render(text, {"x": roses}).startswith("*Left out here")


def test_a_mistake_is_still_a_mistake(beans_only: Finding) -> None:
    beans = beans_only.shares("grows", options=["some"])["beans"]
    with pytest.raises(WavebookError, match="commentary"):
        commentary.render("{{ x.nothing }}", {"x": beans})


def test_an_item_of_a_list_is_left_out_by_itself(beans_only: Finding) -> None:
    grown = beans_only.shares("grows", options=["grown"])
    text = "- {{ g.beans | label }}\n- {{ g.roses | pct }}\n\nEnd."
    assert commentary.render(text, {"g": grown}) == f"- Beans\n- {NO_ROSES}\n\nEnd."


def test_a_cell_of_a_table_is_left_empty(beans_only: Finding) -> None:
    grown = beans_only.shares("grows", options=["grown"])
    text = "* - Roses\n  - {{ g.roses | pct }}\n* - Beans\n  - {{ g.beans | label }}"
    told = "* - Roses\n  - –\n* - Beans\n  - Beans"
    assert commentary.render(text, {"g": grown}) == told


# Slices


def sliced(where: str = "site == 'north'") -> tuple[pd.DataFrame, Finding]:
    frame = plot_holders()
    # In two towns nobody is from the north, and in the third not in every street.
    frame["site"] = frame["street"].isin(["a0", "a1", "a2"]).map({True: "north", False: "south"})
    field(frame, disclosure={"suppress": 1, "flag": 1}, **SAMPLED)
    return frame, finding("growing", wave="2030", where=where)


def test_a_slice_is_a_domain_of_the_whole_design(allotments: Path) -> None:
    frame, north = sliced()
    design = Design("weight", "town", "street")
    right = share(frame, "grows__beans", by="site", design=design).set_index(["site", "option"])
    for e in north.shares("grows", rows=["beans"], options=["plenty", "some"]):
        line = right.loc[("north", e.cell.option)]
        assert (e.value, e.se, e.low, e.high) == pytest.approx(
            tuple(line[["share", "se", "low", "high"]]), rel=1e-9
        )


def test_a_slice_of_too_few_rows_would_have_another_interval(allotments: Path) -> None:
    frame, north = sliced()
    cut = frame[frame["site"] == "north"]
    alone = share(cut, "grows__beans", design=Design("weight", "town", "street"))
    ours = north.shares("grows", rows=["beans"])["some"]
    assert ours.se != pytest.approx(alone.set_index("option").loc["some", "se"], rel=1e-9)


def test_titles_say_which_slice(allotments: Path) -> None:
    _, north = sliced()
    grown = north.shares("grows", options=["grown"])
    assert north.table("What is grown", grown, heading="Plant").title == (
        "What is grown (Site: North)"
    )


def test_a_base_says_which_slice(allotments: Path) -> None:
    _, north = sliced()
    grown = north.shares("grows", options=["grown"])
    made = north.figure("1", "What is grown", charts.bars(grown), grown)
    assert "Only: Site: North." in made.note


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("site in ['north', 'south']", "Site: North or South"),
        ("site != 'north'", "Site: not North"),
        ("not site == 'north'", "not (Site: North)"),
        ("grows__beans == 'some' and site == 'north'", "What is grown, Beans: Some; Site: North"),
        ("site == 'north' or joy__eating <= 2", "Site: North, or Joys, Eating: at most 2"),
    ],
)
def test_a_condition_is_told_in_words(allotments: Path, where: str, words: str) -> None:
    assert finding("growing", wave="2030").wave.instrument.in_words(where) == words


def test_a_slice_of_a_reconstruction_is_not_quoted(allotments: Path) -> None:
    path = WAVE / "wave.yml"
    path.write_text(path.read_text() + "status: reconstruction\n")
    north = finding("growing", wave="2030", where="site == 'north'").shares("grows", rows=["beans"])
    assert commentary.render("{{ x | pct }}", {"x": north["some"]}) == (
        "*Left out here: what is known of 2030 does not reach down to this slice.*"
    )


def test_other_groups_of_a_slice_are_absent(allotments: Path) -> None:
    _, north = sliced()
    found: Estimates = north.shares("grows", rows=["beans"], options=["some"], by="site")
    assert found["site=south"].is_missing
    assert [e.cell.group for e in found] == ["site=north"]
