"""Prose with placeholders: what it prints, what it refuses."""

from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace

import pytest

from tests.two_waves import grown
from wavebook.commentary import render, statement_names
from wavebook.errors import WavebookError
from wavebook.estimates import Estimate
from wavebook.evidence import Cell
from wavebook.intervals import logit_interval
from wavebook.wording import percent_range

MEASURED = Estimate(Cell("q", "r", "yes"), 0.384, 0.35, 0.42, 1017, "measured", "Runner bean")


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("{{ x | pct }}", "38%"),
        ("{{ x | words }}", "nearly two-fifths"),
        ("{{ x | interval }}", "35–42%"),
        ("{{ x | base }}", "1,017"),
        ("{{ x | label | inner }}", "runner bean"),
        ("{{ x | words | capital }}", "Nearly two-fifths"),
    ],
)
def test_a_placeholder_prints_a_value(text: str, printed: str) -> None:
    assert render(text, {"x": MEASURED}) == printed


@pytest.mark.parametrize(
    ("end", "told"),
    [("2030-06-02", "between May 2030 and June 2030"), ("2030-05", "in May 2030")],
)
def test_fieldwork_is_told_by_its_months(end: str, told: str) -> None:
    fieldwork = SimpleNamespace(start="2030-05-11", end=end)
    assert render("{{ x | period }}", {"x": fieldwork}) == told


@pytest.mark.parametrize("filter_", ["pct", "words", "interval", "count", "rank"])
def test_prose_never_quotes_an_assumed_value(filter_: str) -> None:
    with pytest.raises(WavebookError, match="prose never quotes an assumed value"):
        render(f"{{{{ x | {filter_} }}}}", {"x": replace(MEASURED, status="assumed")})


@pytest.mark.parametrize(
    "placeholder",
    [
        "{{ (100 * x.value) | points }}",
        "{{ x['value'] | pct }}",
        "{{ [x] | map(attribute='percent') | first }}",
        "{{ x.interval }}",
        "{% if x.value > 0.5 %}Most{% endif %}",
    ],
)
def test_an_assumed_value_cannot_be_had_piece_by_piece(placeholder: str) -> None:
    with pytest.raises(WavebookError, match="prose never quotes an assumed value"):
        render(placeholder, {"x": replace(MEASURED, status="assumed")})


@pytest.mark.parametrize(
    "piece",
    ["value", "low", "high", "se", "stated", "rank", "count", "percent", "text", "words", "margin",
     "interval", "certainty"],
)  # fmt: skip
def test_no_piece_that_tells_an_assumed_value_can_be_had(piece: str) -> None:
    with pytest.raises(WavebookError, match="prose never quotes an assumed value"):
        render(f"{{% if x.{piece} %}}Some{{% endif %}}", {"x": replace(MEASURED, status="assumed")})


@pytest.mark.parametrize(
    ("text", "printed"), [("{{ (-0.084) | points }}", "8"), ("{{ 38.6 | round }}", "39.0")]
)
def test_a_number_of_the_author_s_making_is_printed(text: str, printed: str) -> None:
    assert render(text, {}) == printed


def test_what_an_assumed_value_is_about_can_be_told() -> None:
    assert render("{{ x.label }}", {"x": replace(MEASURED, status="assumed")}) == MEASURED.label


def test_a_value_that_words_state_is_printed_as_their_range() -> None:
    told = replace(MEASURED, value=0.84, stated=(0.8, 0.9), status="stated")
    assert render("{{ x | pct }}", {"x": told}) == "80–90%"


def test_the_interval_of_a_range_reaches_from_that_of_its_least_to_that_of_its_most() -> None:
    told = grown(154, 25, stated=(0.8, 0.9), status="stated")
    ends = [logit_interval(p, math.sqrt(p * (1 - p) / 178), 178) for p in (0.8, 0.9)]
    expected = percent_range(float(ends[0][0]), float(ends[1][1]))
    assert render("{{ x | interval }}", {"x": told}) == expected


def test_the_interval_of_a_range_up_to_all_ends_there() -> None:
    told = replace(MEASURED, value=0.97, low=0.94, high=0.98, stated=(0.95, 1.0), status="stated")
    assert render("{{ x | interval }}", {"x": told}).endswith("–100%")


@pytest.mark.parametrize(
    "text", ["{{ y }}", "{{ x.nothing }}", "{{ x | }}", "{% if %}", "{{ 1 / 0 }}"]
)
def test_a_mistake_in_a_placeholder_is_an_error_of_the_author(text: str) -> None:
    with pytest.raises(WavebookError, match="commentary"):
        render(text, {"x": MEASURED})


@pytest.mark.parametrize(
    ("label", "markdown"),
    [
        ("{{ 7 + 7 }}", "{{ 7 + 7 }}"),
        ("Fewer than <5", r"Fewer than \<5"),
        ("<img src=x>", r"\<img src=x\>"),
        ("*all* of R&D", r"\*all\* of R\&D"),
        ("a $5 [note] `x`", r"a \$5 \[note\] \`x\`"),
        ("Carrots, peas (dried) – 100%", "Carrots, peas (dried) – 100%"),
    ],
)
def test_markup_in_a_label_stays_text(label: str, markdown: str) -> None:
    assert render("{{ x | label }}", {"x": replace(MEASURED, label=label)}) == markdown


def test_statement_names_are_parsed_in_order() -> None:
    assert statement_names(" most-known least-known ") == ("most-known", "least-known")


@pytest.mark.parametrize("line", ["Most-known", "a_b", "a a", "a--b", "a;b"])
def test_a_malformed_statement_name_is_refused(line: str) -> None:
    with pytest.raises(WavebookError):
        statement_names(line)
