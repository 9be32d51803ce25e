"""A wave cut into slices: which there are, what they hide from each other, how they compare."""

from __future__ import annotations

import csv
import io
import math
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from scipy.stats import t as student_t

from tests.conftest import wavebook
from tests.test_wiring import SAMPLED, field, instrument, plot_holders
from tests.two_waves import place
from wavebook.build import build
from wavebook.editions import SAVED, build_by
from wavebook.errors import WavebookError
from wavebook.finding import Finding, finding
from wavebook.project import Project
from wavebook.results import Result
from wavebook.run import Parameters
from wavebook.slices import Slice, compare_headlines, slices_of
from wavebook.slices_page import slices_csv, slices_page

SITES = {"north": "North", "south": "South", "east": "East", "west": "West"}


def holders(**sizes: int) -> pd.DataFrame:
    """Return so many holders from each site; all grow some beans, every second one roses."""
    sites = [site for site, size in sizes.items() for _ in range(size)]
    size = len(sites)
    return pd.DataFrame(
        {
            "respondent": [f"p{at}" for at in range(size)],
            "site": sites,
            "grows__beans": "some",
            "grows__roses": ["some" if at % 2 else "none_at_all" for at in range(size)],
        }
    )


def opened(frame: pd.DataFrame, where: str | None = None) -> Finding:
    instrument(site={"options": SITES})
    field(frame, disclosure={"suppress": 10, "flag": 10})
    return finding("growing", wave="2030", where=where)


def cut(frame: pd.DataFrame) -> list[Slice]:
    return slices_of(opened(frame), "site")


def test_there_is_a_slice_for_each_answer_given(allotments: Path) -> None:
    made = cut(holders(north=20, south=30, east=40))
    assert [(one.code, one.respondents) for one in made] == [
        ("north", 20),
        ("south", 30),
        ("east", 40),
    ]


def test_ten_people_are_enough_for_a_commentary_where_ten_are_asked_for(allotments: Path) -> None:
    assert [one.respondents for one in cut(holders(north=10, south=30))] == [10, 30]


def test_a_slice_is_told_by_its_condition(allotments: Path) -> None:
    assert cut(holders(north=20, south=30))[0].where == "site == 'north'"


def test_a_slice_of_a_slice_keeps_both_conditions(allotments: Path) -> None:
    found = opened(holders(north=40, south=60), where="grows__roses == 'some'")
    made = slices_of(found, "site")[0]
    assert made.where == "(grows__roses == 'some') and site == 'north'"
    assert made.respondents == 20


def test_too_few_people_have_no_commentary_and_nor_have_those_who_would_tell_them(
    allotments: Path,
) -> None:
    made = {one.code: one.respondents for one in cut(holders(north=5, south=30, east=40))}
    assert made == {"north": None, "south": None, "east": 40}


@pytest.mark.parametrize(
    ("by", "message"),
    [
        ("sight", "--by: no question 'sight'; did you mean 'site'"),
        ("grows", "--by: grows is a matrix question"),
        ("why_none", "--by: wave 2030 did not ask why_none"),
    ],
)
def test_what_makes_no_groups_is_refused(allotments: Path, by: str, message: str) -> None:
    with pytest.raises(WavebookError, match=message):
        slices_of(opened(holders(north=20)), by)


# What one slice hides


def uneven() -> pd.DataFrame:
    """Return holders of four sites; roses were put to 8 in the north, to many elsewhere."""
    frame = holders(north=40, south=30, east=40, west=60)
    frame.loc[frame.index[8:40], "grows__roses"] = None
    return frame


def roses(where: str | None) -> dict[str, bool]:
    found = opened(uneven(), where).shares("grows", options=["some"])
    return {e.cell.row: e.is_suppressed for e in found}


def test_a_small_base_is_hidden_in_its_slice(allotments: Path) -> None:
    assert roses("site == 'north'") == {"beans": False, "roses": True}


def test_another_slice_hides_what_would_tell_it(allotments: Path) -> None:
    """The south is the smallest of the others: without it, total less the rest would be north."""
    assert roses("site == 'south'") == {"beans": False, "roses": True}


@pytest.mark.parametrize("site", ["east", "west"])
def test_the_other_slices_hide_nothing(allotments: Path, site: str) -> None:
    assert roses(f"site == '{site}'") == {"beans": False, "roses": False}


def test_everybody_is_told(allotments: Path) -> None:
    assert roses(None) == {"beans": False, "roses": False}


def test_groups_within_a_slice_are_hidden_too_where_another_slice_would_be_told(
    allotments: Path,
) -> None:
    frame = holders(north=40, south=60, east=90)
    idle = frame.groupby("site").cumcount() < frame["site"].map(
        {"north": 6, "south": 30, "east": 40}
    )
    frame.loc[idle, ["grows__beans", "grows__roses"]] = "none_at_all"
    south = opened(frame, "site == 'south'").shares("grows", rows=["beans"], by="gardener")
    assert south.only(option="some", group="gardener=no").values[0].is_suppressed


def test_who_is_not_picked_is_not_said_not_to_have_been_asked(allotments: Path) -> None:
    north = opened(holders(north=40, south=60), "site == 'north'")
    shares = north.shares("grows", rows=["beans"], options=["some"], by="site")
    assert shares["site=south"].untold.startswith("of those picked here, nobody in ‘South’")


def test_the_page_tells_no_headline_that_there_is_not(allotments: Path) -> None:
    whole = opened(holders(north=40, south=60))
    absent = replace(
        place(1), reliability="absent", value=math.nan, untold="the survey did not ask"
    )
    result = Result("growing", "x", "T", {"headline": absent, "sentence": "of all"}, (), ())
    slices = slices_of(whole, "site")
    compared = compare_headlines(whole, "site", slices, [result])
    page = slices_page(whole, "site", slices, compared, title="T")
    assert "<em>Left out here: the survey did not ask.</em>" in page
    assert "of all" not in page
    assert "This headline is not compared" not in page


def test_the_page_sets_apostrophes_as_the_commentaries_do(allotments: Path) -> None:
    whole = opened(holders(north=40, south=60))
    headline = whole.shares("grows", rows=["beans"], options=["some"])["beans"]
    values = {"headline": headline, "sentence": "of next year's 'beans'"}
    slices = slices_of(whole, "site")
    compared = compare_headlines(
        whole, "site", slices, [Result("growing", "x", "T", values, (), ())]
    )
    page = slices_page(whole, "site", slices, compared, title="T")
    assert "of next year’s ‘beans’." in page


def page_of(whole: Finding) -> str:
    return slices_page(whole, "site", slices_of(whole, "site"), [], title="T")


def test_the_page_of_a_slice_tells_how_many_were_picked_and_did_not_answer(
    allotments: Path,
) -> None:
    frame = holders(north=40, south=60, nowhere=8)
    frame["site"] = frame["site"].replace("nowhere", None)
    page = page_of(opened(frame, where="grows__roses == 'some'"))
    assert "The answers of the 54 people of the Postal survey part who are picked here" in page
    assert "<p>4 gave no answer to it" in page
    assert '<a href="all/html/index.html">Everybody</a></th><td>54</td>' in page


@pytest.mark.parametrize(
    "where",
    [
        "grows__roses != 'plenty'",
        "(grows__beans == 'some') and grows__roses in ['some', 'none_at_all']",
    ],
)
def test_the_page_of_a_slice_that_leaves_out_a_few_does_not_tell_how_many(
    allotments: Path, where: str
) -> None:
    frame = holders(north=40, south=60, east=20)
    frame.loc[[0, 1, 2], "grows__roses"] = "plenty"
    frame.loc[frame["site"] == "east", "grows__beans"] = "plenty"
    page = page_of(opened(frame, where=where))
    assert "The answers of the * people" in page
    assert not {"<td>97</td>", "<td>117</td>"} & set(re.findall("<td>[^<]*</td>", page))


def test_who_has_no_weight_is_not_said_to_have_given_no_answer(allotments: Path) -> None:
    frame = holders(north=40, south=60).assign(weight=[0.0, 0.0, *[1.0] * 98])
    instrument(site={"options": SITES})
    field(frame, weight="weight", disclosure={"suppress": 10, "flag": 10})
    page = page_of(finding("growing", wave="2030"))
    assert "gave no answer" not in page
    assert "<td>38</td>" in page


def test_a_slice_without_a_commentary_is_not_compared(allotments: Path) -> None:
    whole = opened(holders(north=40, south=60, east=4))
    headline = whole.shares("grows", rows=["beans"], options=["some"])["beans"]
    result = Result("growing", "x", "T", {"headline": headline}, (), ())
    slices = slices_of(whole, "site")
    (compared,) = compare_headlines(whole, "site", slices, [result])
    assert [one.code for one in slices if one.respondents is None] == ["north", "east"]
    assert set(compared.values) == {"south"}


def test_no_label_becomes_a_formula_of_a_spreadsheet(allotments: Path) -> None:
    instrument(site={"options": {"north": "=1+2", "south": "South"}})
    field(holders(north=40, south=60))
    whole = finding("growing", wave="2030")
    headline = whole.shares("grows", rows=["beans"], options=["some"])["beans"]
    result = Result("growing", "x", "T", {"headline": headline}, (), ())
    slices = slices_of(whole, "site")
    rows = csv.DictReader(
        io.StringIO(slices_csv(slices, compare_headlines(whole, "site", slices, [result])))
    )
    assert [row["label"] for row in rows] == ["'=1+2", "South"]


# The built commentaries


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = tmp_path_factory.mktemp("by") / "allotments"
    shutil.copytree(Path(__file__).parent / "samples" / "allotments", project)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project)
        opened(holders(north=25, south=35))
    done = wavebook("build", "2030", "--by", "site", "--out", "by", cwd=project)
    assert done.returncode == 0, done.stderr
    return project / "by"


def test_each_slice_is_a_whole_commentary(built: Path) -> None:
    for name in ("all", "north", "south"):
        assert {path.name for path in (built / name).iterdir()} == {
            "html",
            "report.pdf",
            "notebooks",
            "tables",
            "statements.json",
        }


@pytest.mark.parametrize("name", ["all", "north"])
def test_a_slice_is_to_the_byte_what_it_is_when_built_alone(built: Path, name: str) -> None:
    where = [] if name == "all" else ["--where", f"site == '{name}'"]
    alone = built.parent / "_build" / f"alone-{name}"
    done = wavebook("build", "2030", *where, "--out", str(alone), cwd=built.parent)
    assert done.returncode == 0, done.stderr
    assert contents(built / name) == contents(alone)


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_what_slices_share_is_on_disk_once(built: Path) -> None:
    static = Path("html") / "_static" / "vega.js"
    assert (built / "north" / static).samefile(built / "all" / static)


def test_a_slice_says_on_every_page_what_it_is(built: Path) -> None:
    pages = [p for p in (built / "north" / "html").rglob("*.html") if "_static" not in p.parts]
    assert len(pages) > 3
    for page in pages:
        assert "Site: North" in page.read_text(), page


def test_a_slice_has_its_own_numbers(built: Path) -> None:
    table = pd.read_csv(built / "north" / "tables" / "growing.csv")
    assert set(table["base"]) == {25}


def test_a_file_that_comes_meanwhile_is_told(built: Path) -> None:
    told: list[str] = []
    new = built.parent / "data" / "waves" / "2030" / "late.csv"

    def report(step: str, state: str) -> None:
        told.append(step)
        if (step, state) == ("north", "running"):
            new.write_text("site\nnorth\n")

    build_by(Project(built.parent), Parameters("2030"), "site", built.parent / "new", report=report)
    new.unlink()
    assert SAVED in told


def test_a_file_that_is_saved_meanwhile_is_told_and_no_result_is_kept_for_what_it_was(
    built: Path,
) -> None:
    told: list[str] = []

    def report(step: str, state: str) -> None:
        told.append(step)
        if (step, state) == ("north", "running"):
            text = answers.read_text()
            answers.write_text(text.replace("north,some,some", "north,some,none_at_all", 1))

    project, cut = Project(built.parent), Parameters("2030", where="site == 'north'")
    answers = project.root / "data" / "waves" / "2030" / "post.csv"
    before = answers.read_text()
    build_by(project, Parameters("2030"), "site", built.parent / "late", report=report)
    assert SAVED in told
    build(project, cut, built.parent / "kept")
    build(project, cut, built.parent / "afresh", cache=built.parent / "empty")
    answers.write_text(before)
    assert contents(built.parent / "late" / "north") == contents(built.parent / "afresh")
    assert contents(built.parent / "kept") == contents(built.parent / "afresh")
    assert contents(built.parent / "late" / "all") == contents(built / "all")


def test_a_page_leads_to_every_commentary(built: Path) -> None:
    page = (built / "index.html").read_text()
    for name in ("all", "north", "south"):
        assert f'href="{name}/html/index.html"' in page


def test_the_page_explains_no_star_where_it_has_none(built: Path) -> None:
    page = (built / "index.html").read_text()
    assert "<td>*</td>" not in page
    assert "* Not shown" not in page


def test_the_page_s_numbers_are_there_as_a_file(built: Path) -> None:
    table = pd.read_csv(built / "slices.csv")
    assert list(table["group"]) == ["site=north", "site=south"]
    assert list(table["base"]) == [25, 35]


def test_the_page_needs_nothing_from_elsewhere(built: Path) -> None:
    assert "http" not in (built / "index.html").read_text().replace("http://www.w3.org", "")


def test_a_designed_sample_s_slices_stay_domains(allotments: Path) -> None:
    frame = plot_holders()
    field(frame, disclosure={"suppress": 1, "flag": 1}, **SAMPLED)
    north = finding("growing", wave="2030", where="site == 'north'")
    inside = north.shares("grows", rows=["beans"], options=["some"]).values[0]
    whole = finding("growing", wave="2030").shares("grows", rows=["beans"], by="site")
    (beside,) = whole.only(option="some", group="site=north")
    assert (inside.value, inside.low, inside.high) == (beside.value, beside.low, beside.high)


def test_a_verdict_allows_for_how_many_slices_there_are_and_for_nothing_else(
    allotments: Path,
) -> None:
    frame = holders(north=100, south=100)
    plenty = [at % 100 < (51 if site == "north" else 35) for at, site in enumerate(frame["site"])]
    frame["grows__beans"] = ["plenty" if one else "some" for one in plenty]
    whole = opened(frame)
    headline = whole.shares("grows", rows=["beans"], options=["plenty"])["beans"]
    result = Result("growing", "x", "T", {"headline": headline}, (), ())
    (compared,) = compare_headlines(whole, "site", slices_of(whole, "site"), [result])
    # The test of two shares as of one half and half: each slice against all is the same.
    t = 0.16 / math.sqrt((0.51 * 0.49 + 0.35 * 0.65) / 99)
    p = 2 * student_t.sf(t, 198)
    assert 2 * p < 0.05 < 4 * p  # clear among two slices, not among two slices and two answers
    assert compared.verdicts == {"north": "up", "south": "down"}
