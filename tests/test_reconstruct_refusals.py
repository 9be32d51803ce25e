"""What a reconstruction refuses, and how: in a survey that has nothing to do with schools."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import fields
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest

from tests.conftest import wavebook
from wavebook.cache.checks import check_once
from wavebook.cache.store import Store
from wavebook.errors import WavebookError
from wavebook.evidence import Claim
from wavebook.project import Project
from wavebook.reconstruct.respondents import main

INSTRUMENT = """
title: Bakers
parts: {shop: {label: In the shop}}
questions:
  town: {type: single, part: shop, label: Town, options: {big: Big, small: Small}}
  bakes:
    type: matrix
    part: shop
    label: Bakes
    rows: {bread: Bread, cake: Cake}
    options: {daily: Daily, sometimes: Sometimes, never: Never}
    nets: {ever: {label: Ever, options: [daily, sometimes]}}
  anything:
    {type: derived, part: shop, label: Bakes, from: bakes, from_options: [daily, sometimes]}
  why:
    type: multiple
    part: shop
    label: Why no cake
    rows: {time: Time, skill: Skill, other: Other}
    base: bakes__cake == 'never'
  flour: {type: ranking, part: shop, label: Flours, rows: {wheat: W, rye: R, spelt: S, oat: O}}
"""
ASSUMPTIONS = """
seed: 1
traits: [zeal]
questions:
  town: {shares: {big: 0.4}}
  bakes:
    loadings: {zeal: 0.5}
    rows: {bread: {daily: 0.3, sometimes: 0.3}, cake: {daily: 0.2, sometimes: 0.3}}
  why:
    joint: [{options: ['yes'], at_least: 1, share: 1}]
    rows: {time: 0.6, skill: 0.4, other: 0.2}
  flour: {means: [1.6, 2.2, 2.8, 3.4], order: {all: [rye, spelt, oat]}}
"""
HEADER = [field.name for field in fields(Claim)]


def claim(name: str, **given: str) -> dict[str, str]:
    plain = {"part": "shop", "relation": "=", "status": "stated", "measure": "share"}
    return {**dict.fromkeys(HEADER, ""), "id": name, **plain, **given}


WHEAT_FIRST = claim(
    "wheat", question="flour", row="wheat", measure="rank", value="1", low="1", high="1"
)


@pytest.fixture
def bakers(tmp_path: Path) -> Path:
    folder = tmp_path / "data" / "waves" / "2020"
    folder.mkdir(parents=True)
    (tmp_path / "data" / "instrument.yml").write_text(INSTRUMENT)
    (folder / "assumptions.yml").write_text(ASSUMPTIONS)
    (folder / "wave.yml").write_text(
        "id: '2020'\ntitle: Bakers\nyear: 2020\nstatus: reconstruction\nevidence: claims.csv\n"
        "fieldwork: {start: 2020-01, end: 2020-02}\n"
        "parts: {shop: {file: shop.csv, respondents: 200}}\n"
    )
    return tmp_path


def write_claims(root: Path, *claims: dict[str, str]) -> None:
    with (root / "claims.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, HEADER)
        writer.writeheader()
        writer.writerows(claims)


def run(root: Path, *claims: dict[str, str]) -> tuple[int, str, str]:
    """Return exit status, standard output and standard error; what is not caught fails the test."""
    write_claims(root, *claims)
    with chdir(root), redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
        status = main(["2020"])
    return status, out.getvalue(), err.getvalue()


def refusal(root: Path, *claims: dict[str, str]) -> str:
    status, out, err = run(root, *claims)
    assert (status, out) == (1, "")
    assert not list((root / "data" / "waves" / "2020").glob("*.csv*"))
    return err


def test_the_command_says_what_is_wrong_without_a_traceback(bakers: Path) -> None:
    write_claims(bakers, {**WHEAT_FIRST, "value": "1="})
    command = [sys.executable, "-m", "wavebook.reconstruct", "2020"]
    done = subprocess.run(command, cwd=bakers, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == "claims.csv: these cannot hold at once: wheat\n"


def test_another_survey_needs_no_other_engine(bakers: Path) -> None:
    ever = claim("ever", question="bakes", row="bread", option="ever", low="0.695", high="0.705")
    (bakers / "data/waves/2020/assumptions.yml").write_text(
        ASSUMPTIONS.replace("bread: {daily: 0.3, sometimes: 0.3}", "bread: {daily: 0.3}")
    )
    status, out, err = run(bakers, WHEAT_FIRST, ever)
    assert status == 0, err
    assert "2 claims met" in out
    shop = pd.read_csv(bakers / "data/waves/2020/shop.csv", keep_default_na=False)
    assert len(shop) == 200
    assert (shop["bakes__bread"] != "never").sum() == 140
    assert (shop["why__time"] != "").equals(shop["bakes__cake"] == "never")
    means = shop[["flour__wheat", "flour__rye", "flour__spelt", "flour__oat"]].mean()
    assert list(means) == [1.6, 2.2, 2.8, 3.4]


def test_two_claims_on_one_cell_that_exclude_each_other_are_named(bakers: Path) -> None:
    error = refusal(
        bakers,
        claim("few", question="bakes", row="cake", option="ever", low="0.1", high="0.2"),
        claim("fine", question="bakes", row="bread", option="ever", low="0.5", high="0.7"),
        claim("many", question="bakes", row="cake", option="daily", low="0.3", high="0.4"),
    )
    assert "claims.csv" in error
    assert "few" in error
    assert "many" in error
    assert "fine" not in error


def test_a_comparison_that_ranges_exclude_is_named_with_them(bakers: Path) -> None:
    error = refusal(
        bakers,
        claim("low_bread", question="bakes", row="bread", option="ever", low="0.1", high="0.3"),
        claim("high_cake", question="bakes", row="cake", option="ever", low="0.5", high="0.6"),
        claim(
            "bread_above",
            question="bakes",
            row="bread",
            option="ever",
            relation=">",
            than_row="cake",
        ),
    )
    assert all(name in error for name in ("low_bread", "high_cake", "bread_above"))


def test_two_rows_on_one_rank_are_named(bakers: Path) -> None:
    error = refusal(bakers, WHEAT_FIRST, {**WHEAT_FIRST, "id": "rye_too", "row": "rye"})
    assert "wheat" in error
    assert "rye_too" in error


def test_a_tie_of_one_row_is_named(bakers: Path) -> None:
    assert "wheat" in refusal(bakers, {**WHEAT_FIRST, "value": "1="})


def test_a_claim_on_several_rows_that_one_row_rules_out_is_named_with_it(bakers: Path) -> None:
    error = refusal(
        bakers,
        claim("bread", question="bakes", row="bread", option="ever", low="0.5", high="0.6"),
        claim("hardly_any", question="anything", option="yes", low="0.1", high="0.2"),
    )
    assert "hardly_any" in error
    assert "bread" in error


def test_a_base_that_nobody_is_left_for_is_named_with_what_decides_it(bakers: Path) -> None:
    error = refusal(
        bakers,
        claim("no_cake", question="bakes", row="cake", option="never", low="0.4", high="0.5"),
        claim("all_gave_reasons", question="why", measure="base", low="150", high="150"),
    )
    assert "no_cake" in error
    assert "all_gave_reasons" in error


def test_an_assumption_against_a_claim_is_named_with_it(bakers: Path) -> None:
    error = refusal(
        bakers, claim("ever", question="bakes", row="cake", option="ever", low="0.8", high="0.9")
    )
    assert "assumptions.yml: questions.bakes.rows.cake" in error
    assert "ever" in error


def test_an_assumed_place_for_a_row_with_a_stated_rank_is_refused(bakers: Path) -> None:
    error = refusal(bakers, {**WHEAT_FIRST, "row": "rye", "id": "rye_first"})
    assert "questions.flour.order: 'rye'" in error
    assert "rye_first" in error


def test_a_mistake_in_the_assumptions_is_named_with_its_place(bakers: Path) -> None:
    (bakers / "data/waves/2020/assumptions.yml").write_text(
        ASSUMPTIONS.replace("skill: 0.4", "skil: 0.4").replace("big: 0.4", "huge: 0.4")
    )
    error = refusal(bakers)
    assert "questions.why.rows.skil" in error
    assert "'huge' is not" in error


def test_a_loading_on_a_later_question_is_refused(bakers: Path) -> None:
    (bakers / "data/waves/2020/assumptions.yml").write_text(
        ASSUMPTIONS.replace("{zeal: 0.5}", "{zeal: 0.5, why: 0.1}")
    )
    assert "questions.bakes.loadings: 'why' is neither a trait nor asked earlier" in refusal(bakers)


def test_a_part_of_another_size_than_claimed_is_named(bakers: Path) -> None:
    error = refusal(bakers, claim("sample", measure="base", low="190", high="190"))
    assert "sample: shop has 190 people, but the wave counts 200" in error


def test_claims_on_two_questions_that_share_out_everybody_must_add_up(bakers: Path) -> None:
    text = INSTRUMENT.replace(
        "  flour:",
        """  why_not:
    type: multiple
    part: shop
    label: Why cake
    rows: {joy: Joy, money: Money}
    base: bakes__cake in ['sometimes', 'never']
  flour:""",
    )
    (bakers / "data/instrument.yml").write_text(text)
    path = bakers / "data/waves/2020/assumptions.yml"
    path.write_text(
        ASSUMPTIONS.replace("questions:", "together: [[why, why_not]]\nquestions:")
        + "  why_not: {rows: {joy: 0.7, money: 0.6}}\n"
    )
    # 100 never bake cake and are asked both, 60 sometimes do and are asked the second only.
    first = claim("first", question="why", measure="base", low="70", high="70")
    second = claim("second", question="why_not", measure="base", low="95", high="95")
    status, _, err = run(bakers, first, second)
    assert status == 0, err
    shop = pd.read_csv(bakers / "data/waves/2020/shop.csv", keep_default_na=False)
    why, why_not = shop["why__time"] != "", shop["why_not__joy"] != ""
    assert (why.sum(), why_not.sum(), (why & why_not).sum()) == (70, 95, 70 + 95 - 160)
    for path in (bakers / "data" / "waves" / "2020").glob("*.csv"):
        path.unlink()
    error = refusal(bakers, first, {**second, "low": "80", "high": "80"})  # ten with no answer
    assert "first" in error
    assert "second" in error


def test_a_claim_on_an_unknown_row_is_refused(bakers: Path) -> None:
    assert "'crumpet' is not a row of bakes" in refusal(
        bakers, claim("c", question="bakes", row="crumpet", option="daily", low="0", high="1")
    )


def test_failing_leaves_the_old_files(bakers: Path) -> None:
    assert run(bakers, WHEAT_FIRST)[0] == 0
    folder = bakers / "data" / "waves" / "2020"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert run(bakers, {**WHEAT_FIRST, "value": "1="})[0] == 1
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_file_that_cannot_be_written_spoils_no_other(bakers: Path) -> None:
    folder = bakers / "data" / "waves" / "2020"
    (folder / "assumed.csv").mkdir()  # the last to be written
    status, _, err = run(bakers, WHEAT_FIRST)
    assert status == 1
    assert "a folder stands where a file belongs" in err
    assert {p.name for p in folder.iterdir()} == {"wave.yml", "assumptions.yml", "assumed.csv"}


def test_a_full_disk_is_named_and_spoils_nothing(bakers: Path) -> None:
    write_claims(bakers, WHEAT_FIRST)
    before = {path.name for path in (bakers / "data/waves/2020").iterdir()}
    # A limit on the size of files stands in for the disk; unlike rights it binds root as well.
    limited = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n"
    limited += "from wavebook.reconstruct.respondents import main; sys.exit(main(['2020']))"
    command = [sys.executable, "-c", limited]
    done = subprocess.run(command, cwd=bakers, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "cannot be written: File too large" in done.stderr
    assert {path.name for path in (bakers / "data/waves/2020").iterdir()} == before


def test_a_measured_wave_is_never_overwritten(bakers: Path) -> None:
    path = bakers / "data" / "waves" / "2020" / "wave.yml"
    path.write_text(path.read_text().replace("reconstruction", "measured"))
    assert "not a reconstruction" in refusal(bakers)


def test_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "usage" in capsys.readouterr().err


# Afterwards: a check holds the respondents against what was published


def check(root: Path) -> tuple[int, list[dict[str, str]]]:
    done = wavebook("check", "2020", "--format", "json", cwd=root)
    found = json.loads(done.stdout)["problems"]
    return done.returncode, [one for one in found if one["severity"] == "error"]


def test_a_reconstruction_that_bears_out_what_was_published_is_sound(bakers: Path) -> None:
    assert run(bakers, WHEAT_FIRST)[0] == 0
    assert check(bakers) == (0, [])


def shop_of(root: Path) -> pd.DataFrame:
    return pd.read_csv(root / "data/waves/2020/shop.csv", dtype=str, keep_default_na=False)


def test_a_check_finds_what_respondents_no_longer_bear_out(bakers: Path) -> None:
    assert run(bakers, WHEAT_FIRST)[0] == 0
    swapped = {"flour__wheat": "flour__oat", "flour__oat": "flour__wheat"}
    shop_of(bakers).rename(columns=swapped).to_csv(bakers / "data/waves/2020/shop.csv", index=False)
    status, (error,) = check(bakers)
    assert status == 1
    assert (error["rule"], error["file"]) == ("claim-unmet", "claims.csv")
    assert (error["column"], error["found"], error["expected"]) == ("wheat", "4.0000", "1 to 1")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "the file is empty; expected question, row, option, group, measure, value"),
        ("question,value\n", "expected the columns question, row, option, group, measure, value"),
        ("{columns}\nflour,oat,4,,share,1.5\n", "'1.5'; expected a share from 0 to 1"),
        ("{columns}\nflour,oat,4,,share,half\n", "'half'; expected a share from 0 to 1"),
    ],
)
def test_a_check_looks_at_what_is_said_to_be_assumed(bakers: Path, content: str, told: str) -> None:
    assert run(bakers, WHEAT_FIRST)[0] == 0
    path = bakers / "data/waves/2020/assumed.csv"
    path.write_text(content.format(columns="question,row,option,group,measure,value"))
    status, (error,) = check(bakers)
    assert status == 1
    assert (error["file"], error["message"]) == ("data/waves/2020/assumed.csv", told)


def test_a_check_finds_figures_about_what_was_not_asked(bakers: Path) -> None:
    town = claim("towns", question="town", option="big", low="0.4", high="0.4")
    assert run(bakers, town)[0] == 0
    shop_of(bakers).drop(columns="town").to_csv(bakers / "data/waves/2020/shop.csv", index=False)
    _, (error,) = check(bakers)
    assert (error["column"], error["found"]) == ("towns", "no answers to 'town'")


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"question": "bake"}, "no question 'bake'; did you mean 'bakes'?"),
        ({"measure": "shares"}, "'shares' is not one of"),
    ],
)
def test_a_check_reads_what_was_published(bakers: Path, told: dict[str, str], said: str) -> None:
    assert run(bakers, WHEAT_FIRST)[0] == 0
    write_claims(bakers, claim("first", **told))
    status, (error,) = check(bakers)
    assert (status, error["file"]) == (1, "claims.csv")
    assert said in error["message"]


def test_a_wave_is_checked_again_when_what_was_published_of_it_changes(bakers: Path) -> None:
    assert run(bakers, WHEAT_FIRST)[0] == 0
    store = Store(bakers / ".cache", 2**20)
    assert check_once(Project(bakers), "2020", store).respondents == {"shop": 200}
    write_claims(bakers, claim("first", question="bake"))
    with pytest.raises(WavebookError, match="no question 'bake'"):
        check_once(Project(bakers), "2020", store)
