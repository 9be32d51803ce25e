"""What few people answered is told nowhere: not in a page, the PDF, a notebook or a download."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import altair as alt
import nbformat
import pandas as pd
import pypdf
import pytest

from tests.conftest import wavebook
from tests.test_wiring import CODES, field, instrument, plot_holders
from wavebook import charts, commentary, panels
from wavebook.drawn import chart_svg, untitled
from wavebook.errors import WavebookError
from wavebook.estimate import share
from wavebook.estimates import Estimates
from wavebook.exports import unpacked
from wavebook.figure import Figure, describe
from wavebook.finding import Finding, finding

SITES = {"north": "North", "south": "South", "east": "East"}
SMALL = 7  # in the south; 3 of them grow plenty of beans: 42.857…%


def planted() -> pd.DataFrame:
    """Return 120 holders: 7 in the south, 33 in the east, 80 in the north."""
    frame = plot_holders()
    frame["site"] = ["south"] * SMALL + ["east"] * 33 + ["north"] * 80
    frame["grows__beans"] = (
        ["plenty"] * 3 + ["some"] * 4 + ["plenty"] * 11 + ["some"] * 22 + ["plenty"] * 48
    ) + ["none_at_all"] * 32
    frame["grows__roses"] = "some"
    return frame


@pytest.fixture
def project(allotments: Path) -> Path:
    instrument(site={"options": SITES})
    field(planted(), disclosure={"suppress": 10, "flag": 34})
    return allotments


@pytest.fixture
def growing(project: Path) -> Finding:
    return finding("growing", wave="2030")


def by_site(found: Finding) -> Estimates:
    return found.shares("grows", rows=["beans"], options=["plenty"], by="site")


def test_a_base_under_the_threshold_is_suppressed(growing: Finding) -> None:
    assert by_site(growing)["site=south"].is_suppressed


def test_a_second_group_goes_where_the_total_would_tell_the_first(growing: Finding) -> None:
    assert by_site(growing)["site=east"].is_suppressed


def test_what_is_left_is_told(growing: Finding) -> None:
    assert by_site(growing)["site=north"].percent == "60%"


def test_the_total_is_told(growing: Finding) -> None:
    assert growing.shares("grows", rows=["beans"])["plenty"].base == 120


def test_a_suppressed_value_holds_no_number(growing: Finding) -> None:
    south = by_site(growing)["site=south"]
    assert [south.value, south.base] == [pytest.approx(float("nan"), nan_ok=True), 0]
    assert {south.low, south.high, south.se, south.effective_base, south.count} == {None}


def test_a_base_under_the_second_threshold_is_flagged(project: Path) -> None:
    field(planted(), disclosure={"suppress": 5, "flag": 34})
    found = by_site(finding("growing", wave="2030"))
    assert [e.reliability for e in found] == ["low", "sound", "low"]


def test_a_table_marks_what_it_hides_and_says_why(growing: Finding) -> None:
    table = growing.table("By site", by_site(growing), heading="Site", by="group")
    assert [row[1:] for row in table.rows if row[0] == "South"] == [("*", "–", "*")]
    assert table.notes[-1].startswith("* Not shown")


def test_a_table_marks_what_rests_on_few(project: Path) -> None:
    field(planted(), disclosure={"suppress": 5, "flag": 34})
    found = finding("growing", wave="2030")
    table = found.table("By site", by_site(found), heading="Site", by="group")
    assert [row[1] for row in table.rows] == ["33%§", "60%", "43%§"]
    assert any(note.startswith("§ Few people") for note in table.notes)


def test_a_text_alternative_says_what_is_not_shown(growing: Finding) -> None:
    assert "South not shown" in describe("Bars", "By site", by_site(growing))


def group_bars(shares: Estimates) -> alt.LayerChart:
    return charts.bars(shares, group=True)


@pytest.mark.parametrize("chart", [group_bars, charts.grouped, charts.groups, charts.ranks])
def test_a_chart_draws_no_mark_for_what_is_suppressed(growing: Finding, chart) -> None:
    spec = chart(by_site(growing)).to_dict()
    data = [line for lines in spec["datasets"].values() for line in lines]
    south = [line for line in data if line.get("group_label") == "South" and "text" in line]
    assert [(line["value"], line["solid"], line["base"], line["text"]) for line in south] == [
        (None, None, None, "*")
    ]


@pytest.mark.parametrize("chart", [group_bars, charts.grouped, charts.groups, charts.ranks])
def test_a_figure_has_the_rows_that_altair_makes_of_its_frame(growing: Finding, chart) -> None:
    shown = by_site(growing)
    assert Figure(chart(shown), "", "").spec()["datasets"] == chart(shown).to_dict()["datasets"]


def drawn_scale(shares: Estimates) -> alt.LayerChart | alt.FacetChart:
    return charts.scale(shares.only(option=CODES), shares.only(option="grown"))


def drawn_sections(shares: Estimates) -> alt.LayerChart | alt.FacetChart:
    return panels.sections({"Plants": shares.only(option="plenty")})


def drawn_bars(shares: Estimates) -> alt.LayerChart:
    return charts.bars(shares.only(option="grown"))


@pytest.mark.parametrize("chart", [drawn_scale, drawn_sections, drawn_bars])
def test_what_is_drawn_without_being_validated_is_valid(growing: Finding, chart) -> None:
    chart(growing.shares("grows")).to_dict(validate=True)


def test_a_picture_is_told_by_its_text_alternative_alone(growing: Finding) -> None:
    shares = growing.shares("grows")
    figure = growing.figure("1", "What is grown", drawn_bars(shares), shares)
    svg = chart_svg(untitled(figure.spec()))
    assert "<text" in svg
    assert "aria-label" not in svg


@pytest.mark.parametrize("chart", [drawn_scale, drawn_sections, drawn_bars])
def test_a_chart_of_too_small_a_slice_shows_only_stars(project: Path, chart) -> None:
    found = finding("growing", wave="2030", where="site == 'south'")
    shares = found.shares("grows")
    figure = found.figure("1", "What is grown", chart(shares), shares)
    texts = set(re.findall(r"<text[^>]*>([^<]*)</text>", chart_svg(figure.spec())))
    assert "*" in texts
    assert not [text for text in texts if re.search(r"4[0-9]%|5[1-9]%", text)]
    assert figure.note == (
        "Source: Postal survey, 2030. All holders (*). Only: Site: South. "
        "* Not shown: too few people answered."
    )


FEW = "*Left out here: too few people answered about ‘Beans’.*"


@pytest.mark.parametrize("filtered", ["pct", "words", "interval", "rank", "base", "count"])
def test_prose_leaves_out_what_is_suppressed(growing: Finding, filtered: str) -> None:
    south = {"x": by_site(growing)["site=south"]}
    assert commentary.render(f"It is {{{{ x | {filtered} }}}}.", south) == FEW


def test_prose_leaves_out_a_number_made_of_what_is_suppressed(growing: Finding) -> None:
    values = {"x": by_site(growing)["site=south"], "y": by_site(growing)["site=north"]}
    told = commentary.render("{{ (x.value - y.value) | points }} points", values)
    assert told == "*Left out here: it rests on answers that nobody gave.*"


def test_the_rest_of_the_prose_stays(growing: Finding) -> None:
    shares = {"x": by_site(growing)["site=south"], "y": by_site(growing)["site=north"]}
    text = "North: {{ y | pct }}.\n\nSouth: {{ x | pct }}\nin all.\n\nEnd."
    north = shares["y"].percent
    assert commentary.render(text, shares) == f"North: {north}.\n\n{FEW}\n\nEnd."


def test_a_headline_leaves_out_what_is_suppressed(growing: Finding) -> None:
    made = growing.headline(by_site(growing)["site=south"], "of holders in the south")
    assert made._repr_mimebundle_()["text/plain"] == FEW


def test_what_chapters_get_is_suppressed_too(growing: Finding) -> None:
    bundle = growing.export(sites=by_site(growing))._repr_mimebundle_()
    packed = bundle["application/vnd.wavebook.values+json"]["values"]["sites"]
    assert [e.is_suppressed for e in unpacked(packed)] == [True, False, True]


def test_counts_and_places_of_what_is_suppressed_are_suppressed(growing: Finding) -> None:
    shares = by_site(growing)
    for made in (growing.counts(shares), growing.places(shares)):
        assert [e.text == "*" for e in made] == [True, False, True]


def test_mean_ranks_and_places_in_a_small_group_are_suppressed(project: Path) -> None:
    ranks = {f"joy__{row}": at for at, row in enumerate(("digging", "eating", "talking"), start=1)}
    field(planted().assign(**ranks))
    made = finding("growing", wave="2030").ranks("joy", by="site")
    assert {e.text for e in made.only(group="site=south")} == {"*"}
    assert [e.text for e in made.only(group="site=north")] == ["1.0", "2.0", "3.0", "1", "2", "3"]


def test_how_many_rows_were_asked_is_told_without_a_small_base(project: Path) -> None:
    rows = finding("growing", wave="2030", where="site == 'south'").rows("grows")
    assert (rows.is_suppressed, rows.base) == (True, 0)


def test_a_small_base_is_not_told_by_itself(project: Path) -> None:
    found = finding("growing", wave="2030", where="site == 'south'")
    with pytest.raises(WavebookError, match="too few answered"):
        found.base("grows")


def test_a_reconstruction_hides_nothing(project: Path) -> None:
    field(planted(), status="reconstruction")
    assert by_site(finding("growing", wave="2030"))["site=south"].base == SMALL


def test_thresholds_the_wrong_way_round_are_refused(project: Path) -> None:
    field(planted(), disclosure={"suppress": 10, "flag": 5})
    done = wavebook("check", "2030", cwd=project)
    assert "disclosure: flag 5 is below suppress 10" in done.stderr


# A whole edition


CELLS = """
sites = f.shares("grows", by="site")
plenty = sites.only(row="beans", option="plenty")
beans = sites.only(row="beans")
f.table("By site", beans, heading="Site", by="group", figure="2", also=f.counts(plenty))
---
f.figure("2", "Plenty of beans by site", charts.bars(plenty, group=True), plenty)
---
f.figure("3", "Plenty of beans, by site again", charts.groups(plenty), plenty)
---
f.export(sites=sites)
"""


def built(project: Path) -> dict[str, str]:
    """Build the project with tables and charts by site, and return the text of every file."""
    path = project / "notebooks" / "01-growing.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells += [
        nbformat.v4.new_code_cell(source.strip(), id=f"by-site-{at}")
        for at, source in enumerate(CELLS.split("---"))
    ]
    nbformat.write(notebook, path)
    done = wavebook("build", "2030", cwd=project)
    assert done.returncode == 0, done.stderr
    folder = project / "_build" / "2030"
    texts = {}
    for file in folder.rglob("*"):
        if file.suffix == ".pdf":
            texts[file.name] = "\n".join(p.extract_text() for p in pypdf.PdfReader(file).pages)
        elif file.is_file():
            texts[str(file.relative_to(folder))] = file.read_text("utf-8", errors="ignore")
    return texts


def betraying(texts: dict[str, str]) -> set[str]:
    """Return the kinds of files that hold any number about the holders in the south."""
    lines = share(planted(), "grows__beans", by="site", options=CODES)
    south = lines[(lines["site"] == "south") & (lines["option"] == "plenty")].iloc[0]
    numbers = [f"{south[name]:.8f}"[:-1] for name in ("share", "se", "low", "high")]
    numbers += ["43%"]
    return {
        Path(name).suffix for name, text in texts.items() if any(one in text for one in numbers)
    }


def test_a_whole_edition_tells_nothing_of_a_small_cell(project: Path) -> None:
    texts = built(project)
    assert {".html", ".pdf", ".ipynb", ".csv", ".json"} <= {Path(name).suffix for name in texts}
    assert betraying(texts) == set()
    records = list(csv.DictReader(texts["tables/growing.csv"].splitlines()))
    hidden = [r for r in records if r["group"] in ("site=south", "site=east")]
    assert {r["reliability"] for r in hidden} == {"suppressed"}
    assert {r["status"] for r in hidden} == {"measured"}
    numbers = ("value", "low", "high", "base", "se", "effective_base", "rank")
    assert {r[name] for r in hidden for name in numbers} == {""}


def test_without_protection_the_same_edition_tells_it_everywhere(project: Path) -> None:
    field(planted(), disclosure={"suppress": 0, "flag": 0})
    assert {".html", ".pdf", ".ipynb", ".csv"} <= betraying(built(project))
