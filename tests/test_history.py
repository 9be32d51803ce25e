"""A finding beside earlier waves: in its headline, its paragraphs, its tables and their files."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
import yaml

from tests.conftest import wavebook
from wavebook import charts
from wavebook.change import between_waves
from wavebook.errors import WavebookError
from wavebook.estimate import share
from wavebook.estimates import Estimates
from wavebook.figure import Figure
from wavebook.finding import Finding, finding

PEOPLE = 400


def frame(plenty: float, roses: float = 0.5) -> pd.DataFrame:
    """Return holders of whom these shares grow plenty of beans and some roses."""
    at = np.arange(PEOPLE)
    return pd.DataFrame(
        {
            "respondent": [f"p{n}" for n in at],
            "site": np.where(at % 2, "north", "south"),
            "grows__beans": np.where(at < plenty * PEOPLE, "plenty", "some"),
            "grows__roses": np.where(at < roses * PEOPLE, "some", "none_at_all"),
            "joy__digging": np.where(at % 4, 1, 2),
            "joy__eating": np.where(at % 4, 2, 1),
            "joy__talking": 3,
        }
    )


def field(year: int, answers: pd.DataFrame, **about: object) -> None:
    folder = Path(f"data/waves/{year}")
    folder.mkdir(exist_ok=True)
    told = yaml.safe_load(Path("data/waves/2030/wave.yml").read_text())
    told |= {
        "id": str(year),
        "year": year,
        "title": f"The {year} survey",
        "fieldwork": {"start": f"{year}-03", "end": f"{year}-04"},
        "parts": {"post": {"file": "post.csv"}},
        **about,
    }
    answers.to_csv(folder / "post.csv", index=False)
    (folder / "wave.yml").write_text(yaml.safe_dump(told))


@pytest.fixture
def grown(allotments: Path) -> Finding:
    field(2020, frame(0.5))
    field(2030, frame(0.8))
    return finding("growing", wave="2030", compare="2020")


def test_a_clear_change_is_told(grown: Finding) -> None:
    beans = grown.shares("grows", rows=["beans"], options=["plenty"])
    assert "rose by 30 percentage points, from 50% to 80%" in grown.changed(beans)


def test_no_change_is_called_one(grown: Finding) -> None:
    roses = grown.shares("grows", rows=["roses"], options=["some"])
    assert "no clear change" in grown.changed(roses)


def test_the_interval_is_that_of_two_independent_samples(grown: Finding) -> None:
    now, then = (share(frame(plenty), "grows__beans") for plenty in (0.8, 0.5))
    right = between_waves(now, then).set_index("option").loc["plenty"]
    assert grown.history is not None
    (ours,) = grown.history.changes(grown.shares("grows", rows=["beans"], options=["plenty"]))
    assert (ours.low, ours.high) == pytest.approx((right["low"], right["high"]), rel=1e-2)


def test_a_verdict_is_the_same_wherever_it_is_told(grown: Finding) -> None:
    assert grown.history is not None
    alone = grown.history.changes(grown.shares("grows", rows=["beans"], options=["plenty"]))
    among = grown.history.changes(grown.shares("grows")).only(row="beans", option="plenty")
    assert [c.p_adjusted for c in alone] == [c.p_adjusted for c in among]


def test_ranks_are_compared(grown: Finding) -> None:
    assert "mean ranks show no clear change" in grown.changed(grown.ranks("joy"))


def test_groups_are_compared(grown: Finding) -> None:
    north = grown.shares("grows", rows=["beans"], options=["plenty"], by="site")
    assert "‘North’" in grown.changed(north)


def test_without_an_earlier_wave_nothing_is_told(allotments: Path) -> None:
    found = finding("growing", wave="2030")
    assert found.changed(found.shares("grows")) == ""


def test_three_waves_make_a_trend(allotments: Path) -> None:
    for year, plenty in ((2010, 0.2), (2020, 0.5), (2030, 0.8)):
        field(year, frame(plenty))
    found = finding("growing", wave="2030", compare="2020,2010")
    beans = found.shares("grows", rows=["beans"], options=["plenty"])
    told = found.changed(beans)
    assert "rose by 60 percentage points, from 20% to 80%" in told
    assert "rose between 2010 and 2020 (20% to 50%) and rose between 2020 and 2030" in told


@pytest.mark.parametrize(("compare", "is_told"), [("2020", True), ("2020,2010", False)])
def test_how_bars_are_read_is_not_told_of_lines(
    allotments: Path, compare: str, is_told: bool
) -> None:
    for year, plenty in ((2010, 0.5), (2020, 0.5), (2030, 0.8)):
        field(year, frame(plenty))
    found = finding("growing", wave="2030", compare=compare)
    shown = found.shares("grows", options=["plenty"])
    made = found.figure("1", "T", charts.bars(shown), shown, reading="A mark is a net.")
    assert isinstance(made, Figure)
    assert ("A mark is a net." in made.note) is is_told


def test_a_row_that_is_new_is_told_as_not_compared(allotments: Path) -> None:
    field(2020, frame(0.5).drop(columns="grows__roses"))
    field(2030, frame(0.8))
    found = finding("growing", wave="2030", compare="2020")
    told = found.changed(found.shares("grows", options=["some"]))
    assert "‘Roses’ (not asked in 2020)" in told


def test_a_count_of_more_rows_than_before_is_not_compared(allotments: Path) -> None:
    field(2020, frame(0.5).drop(columns="grows__roses"))
    field(2030, frame(0.5))
    found = finding("growing", wave="2030", compare="2020")
    told = found.changed(found.shares("gardener"))
    assert "the answers counted differ: ‘Roses’ was not asked in 2020" in told


def test_a_comparison_with_a_reconstruction_says_so(allotments: Path) -> None:
    evidence = "data/published.csv"
    shutil.copy(Path(__file__).parents[1] / "data" / "published" / "2010.csv", evidence)
    header = Path(evidence).read_text().splitlines()[0]
    Path(evidence).write_text(header + "\n")
    field(2020, frame(0.5), status="reconstruction", evidence=evidence)
    field(2030, frame(0.8))
    found = finding("growing", wave="2030", compare="2020")
    beans: Estimates = found.shares("grows", rows=["beans"], options=["plenty"])
    assert "not published in 2020" in found.changed(beans)


@pytest.mark.parametrize(
    ("compare", "message"),
    [
        ("2030", "--compare 2030: a wave cannot be compared with itself"),
        ("2040", "--compare 2040: found a wave of 2040-03; expected one before 2030-03"),
        ("1999", "data/waves/1999: there is no such wave"),
    ],
)
def test_what_cannot_be_compared_is_refused(allotments: Path, compare: str, message: str) -> None:
    field(2040, frame(0.5))
    with pytest.raises(WavebookError, match=message):
        finding("growing", wave="2030", compare=compare)


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A built commentary of 2030 beside 2020."""
    project = tmp_path_factory.mktemp("compared") / "allotments"
    shutil.copytree(Path(__file__).parent / "samples" / "allotments", project)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project)
        field(2020, frame(0.5))
        field(2030, frame(0.8))
    done = wavebook("build", "2030", "--compare", "2020", "--out", "built", cwd=project)
    assert done.returncode == 0, done.stderr
    return project / "built"


def rows(built: Path) -> dict[tuple[str, str], dict[str, str]]:
    with (built / "tables" / "growing.csv").open(encoding="utf-8") as file:
        return {(row["row"], row["option"]): row for row in csv.DictReader(file)}


def test_a_table_s_file_holds_the_change(compared: Path) -> None:
    beans = rows(compared)["beans", "plenty"]
    assert (beans["compared_with"], beans["verdict"]) == ("2020", "up")
    assert float(beans["change"]) == pytest.approx(0.3)


def test_every_value_of_a_table_s_file_is_compared(compared: Path) -> None:
    assert {row["compared_with"] for row in rows(compared).values()} == {"2020"}


def test_a_page_shows_the_table_of_changes(compared: Path) -> None:
    page = (compared / "html" / "notebooks" / "01-growing.html").read_text()
    assert "What is grown: changes since 2020" in page


def test_a_paragraph_is_followed_by_what_changed_in_what_it_quotes(compared: Path) -> None:
    notebook = nbformat.read(compared / "notebooks" / "01-growing.ipynb", as_version=4)
    (told,) = (
        output["data"]["text/markdown"]
        for cell in notebook.cells
        if cell.source.startswith("%%commentary")
        for output in cell.outputs
    )
    assert "\n\nCompared with 2020, " in told


def test_a_headline_is_followed_by_what_changed_in_it(compared: Path) -> None:
    page = (compared / "html" / "notebooks" / "01-growing.html").read_text()
    assert 'class="wavebook-change"' in page


def test_changes_stand_in_the_order_of_the_table_above(allotments: Path) -> None:
    field(2020, frame(0.5))
    field(2030, frame(0.4, roses=0.8))
    found = finding("growing", wave="2030", compare="2020")
    shown = found.shares("grows", rows=["beans", "roses"], options=["some"])
    for sort in (True, False):
        made = found.table("What is grown", shown, heading="Plant", sort=sort)
        assert made.changes is not None
        assert [row[0] for row in made.changes.rows] == [row[0] for row in made.rows]
    assert [row[0] for row in made.rows][::-1] == [
        row[0] for row in found.table("What is grown", shown, heading="Plant", sort=True).rows
    ]
