"""``wavebook weight``: margins in wave.yml become a column of weights."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests.conftest import Done, wavebook
from tests.test_wiring import field, plot_holders
from wavebook.finding import finding

POST = Path("data/waves/2030/post.csv")


def lopsided() -> pd.DataFrame:
    """Return 120 holders, 90 of them in the north."""
    return plot_holders().assign(site=["north"] * 90 + ["south"] * 30)


EVEN = {"margins": {"site": {"north": 0.5, "south": 0.5}}, "weight": "weight"}


def unweighted(**about: object) -> None:
    """Field the lopsided sample before it has weights."""
    field(lopsided().drop(columns="weight"), **about)


def weight(project: Path, *options: str) -> Done:
    return wavebook("weight", "2030", *options, cwd=project)


def test_the_weights_meet_the_margins(allotments: Path) -> None:
    unweighted(**EVEN)
    assert weight(allotments).returncode == 0
    written = pd.read_csv(POST)
    north = written.loc[written["site"] == "north", "weight"]
    assert north.sum() / written["weight"].sum() == pytest.approx(0.5, abs=1e-5)


def test_a_report_uses_them(allotments: Path) -> None:
    unweighted(**EVEN)
    weight(allotments)
    found = finding("growing", wave="2030").shares("site")
    assert found["north"].value == pytest.approx(0.5, abs=1e-5)


def test_the_answers_stay_as_they_are(allotments: Path) -> None:
    unweighted(**EVEN)
    before = pd.read_csv(POST, dtype=str)
    weight(allotments)
    pd.testing.assert_frame_equal(pd.read_csv(POST, dtype=str).drop(columns="weight"), before)


def test_it_tells_how_the_margins_were_met_and_what_it_costs(allotments: Path) -> None:
    unweighted(**EVEN)
    said = weight(allotments).stdout
    # (Σw)² / (n Σw²) with 90 weights of 2/3 and 30 of 2: 120² / (120 · 160) = 75%
    assert "raking converged" in said
    assert "efficiency 75%" in said
    assert "75.0%  50.0% 50.0%" in said


def test_weighting_twice_is_weighting_once(allotments: Path) -> None:
    unweighted(**EVEN)
    weight(allotments)
    once = POST.read_bytes()
    weight(allotments)
    assert POST.read_bytes() == once


def test_with_a_folder_the_wave_is_left_alone(allotments: Path) -> None:
    unweighted(**EVEN)
    before = POST.read_bytes()
    assert weight(allotments, "--out", "weighted").returncode == 0
    assert POST.read_bytes() == before
    assert pd.read_csv("weighted/post.csv")["weight"].max() == pytest.approx(2.0)


def test_a_parquet_file_is_weighted_too(allotments: Path) -> None:
    field(lopsided(), "post.parquet", **EVEN)
    assert weight(allotments).returncode == 0
    assert wavebook("check", "2030", cwd=allotments).returncode == 0
    written = pd.read_parquet(POST.with_suffix(".parquet"))
    assert written["weight"].astype(float).max() == pytest.approx(2.0)


REFUSED = {
    "no margins": ({"weight": "weight"}, "wave.yml: no part has margins"),
    "no place": ({"margins": EVEN["margins"]}, "margins need a column for the weights"),
    "unknown column": (
        EVEN | {"margins": {"sight": {"north": 1}}},
        "wave.yml, parts.post.margins.sight: there is no such column",
    ),
    "no target": (
        EVEN | {"margins": {"site": {"north": 1}}},
        "wave.yml, parts.post.margins.site: 'south' has no share",
    ),
    "a share of nobody": (
        EVEN | {"margins": {"site": {"north": 0.4, "south": 0.4, "est": 0.2}}},
        "wave.yml, parts.post.margins.site.est: nobody is in it",
    ),
    "not a whole": (
        EVEN | {"margins": {"site": {"north": 0.5, "south": 0.6}}},
        "wave.yml, parts.post.margins.site: the shares add up to 1.1; expected 1",
    ),
    "more than rounding": (
        EVEN | {"margins": {"site": {"north": 0.5, "south": 0.52}}},
        "wave.yml, parts.post.margins.site: the shares add up to 1.02; expected 1",
    ),
    "too tight": (EVEN | {"trim": [0.9, 1.1]}, "raking did not converge"),
    "no bounds": (EVEN | {"trim": [2, 3]}, "trim: found 2 and 3"),
}


@pytest.mark.parametrize(("about", "said"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_weighted_is_told_and_nothing_written(
    allotments: Path, about: dict[str, object], said: str
) -> None:
    unweighted(**about)
    before = POST.read_bytes()
    done = weight(allotments)
    assert done.returncode == 1
    assert said in done.stderr
    assert POST.read_bytes() == before


@pytest.mark.parametrize("south", [0.49, 0.51])
def test_shares_that_are_rounded_need_not_add_up(allotments: Path, south: float) -> None:
    unweighted(**EVEN | {"margins": {"site": {"north": 0.5, "south": south}}})
    assert weight(allotments).returncode == 0


def test_every_problem_with_margins_is_named_at_once(allotments: Path) -> None:
    unweighted(**EVEN | {"margins": {"site": {"north": 0.5, "soth": 0.5}, "sight": {"a": 1}}})
    answers = pd.read_csv(POST, dtype=str)
    answers.loc[[2, 4], "site"] = None
    answers.to_csv(POST, index=False)
    about, site = "data/waves/2030/wave.yml, parts.post.margins", "data/waves/2030/post.csv"
    assert weight(allotments).stderr.splitlines() == [
        f"{about}.sight: there is no such column; did you mean 'site'?",
        f"{about}.site.soth: nobody is in it; did you mean 'south'?",
        f"{about}.site: 'south' has no share, and 30 respondents are in it",
        f"{site}, row 3, site: empty; to be weighted by site, each respondent needs a category "
        "(also in row 5)",
    ]
