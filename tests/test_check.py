"""A check names every problem at once, where it is, what was found and what was expected."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pandera.config import CONFIG

from tests.conftest import ALLOTMENTS, ROOT, Done, wavebook
from tests.test_wiring import field, plot_holders
from wavebook.check import Answers
from wavebook.errors import Problem
from wavebook.instrument import Instrument, read_instrument
from wavebook.rows import read_text

WAVE = Path("data/waves/2030")
POST = "data/waves/2030/post.csv"
QUOTES = "'"


def run(*arguments: str) -> Done:
    return wavebook("check", *arguments, cwd=Path.cwd())


def checked(*arguments: str) -> dict[str, Any]:
    """Check and return what the JSON says."""
    done = run(*(arguments or ("2030",)), "--format", "json")
    assert done.returncode in (0, 1), done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["sound"] == (done.returncode == 0)
    return found


def told(severity: str | None = None, *arguments: str) -> list[dict[str, Any]]:
    problems: list[dict[str, Any]] = checked(*arguments)["problems"]
    return [one for one in problems if severity in (None, one["severity"])]


def rules(severity: str, *arguments: str) -> list[str]:
    return [one["rule"] for one in told(severity, *arguments)]


def change(old: str, new: str, path: str = POST) -> None:
    text = Path(path).read_text()
    assert old in text
    Path(path).write_text(text.replace(old, new, 1))


def change_instrument(old: str, new: str) -> None:
    change(old, new, "data/instrument.yml")


def with_questions(**questions: dict[str, object]) -> None:
    path = Path("data/instrument.yml")
    about = yaml.safe_load(path.read_text())
    about["questions"] |= questions
    path.write_text(yaml.safe_dump(about, sort_keys=False))


# Errors


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("p3,north,some", "p3,north,sum", ("unknown-option", 3, "grows__beans", "sum")),
        ("p4,", "p3,", ("repeated-id", 4, "respondent", "p3")),
        ("p4,", ",", ("no-id", 4, "respondent", None)),
        ("p4,", "  ,", ("no-id", 4, "respondent", "  ")),
        (
            "some,1,2,3,\n",
            "some,1,2,3,thorns\n",
            ("outside-base", 1, "why_none", "thorns"),
        ),
        ("some,1,2,3,", "some,1,1,3,", ("broken-ranking", 1, "joy__*", "1, 1, 3")),
        ("some,1,2,3,", "some,1,,3,", ("broken-ranking", 1, "joy__*", "1, nothing, 3")),
        ("some,1,2,3,", "some,1,4,3,", ("unknown-option", 1, "joy__eating", "4")),
        ("why_none", "why_nine", ("unknown-column", None, "why_nine", "why_nine")),
        ("why_none", "site", ("repeated-column", None, "site", "site.1")),
        ("why_none", "", ("unnamed-column", None, "Unnamed: 7", "Unnamed: 7")),
        ("why_none", "gardener", ("derived-column", None, "gardener", "gardener")),
        ("respondent", "who", ("missing-column", None, None, None)),
    ],
)
def test_an_error_is_told_with_its_place_and_what_was_found(
    allotments: Path, old: str, new: str, expected: tuple[object, ...]
) -> None:
    change(old, new)
    found = [(e["rule"], e["row"], e["column"], e["found"]) for e in told("error")]
    assert expected in found
    assert all(one["file"] == POST and one["expected"] for one in told("error"))


@pytest.mark.parametrize(
    ("weight", "rule"),
    [
        ("", "no-number"),
        ("much", "no-number"),
        ("1,5", "no-number"),
        ("-1", "negative-number"),
        ("inf", "infinite-number"),
        ("1e400", "infinite-number"),
    ],
)
def test_a_weight_that_weighs_nothing_is_located(allotments: Path, weight: str, rule: str) -> None:
    frame = plot_holders().assign(weight=lambda f: f["weight"].astype(str))
    frame.loc[6, "weight"] = weight
    field(frame, weight="weight")
    (error,) = told("error")
    assert (error["rule"], error["row"], error["column"]) == (rule, 7, "weight")


def test_a_column_that_wave_yml_names_must_be_there(allotments: Path) -> None:
    field(plot_holders().drop(columns="weight"), weight="weight")
    assert "there is no column 'weight', which wave.yml names" in run("2030").stderr


def test_a_cluster_in_two_strata_is_located(allotments: Path) -> None:
    frame = plot_holders()
    frame.loc[100, "street"] = frame.loc[0, "street"]
    field(frame, strata="town", cluster="street")
    (error,) = told("error")
    assert (error["rule"], error["row"]) == ("cluster-in-two-strata", 101)
    assert error["found"] == "a0, c"


def test_a_population_that_varies_within_a_stratum_is_located(allotments: Path) -> None:
    frame = plot_holders().assign(size=500)
    frame.loc[2, "size"] = 501
    field(frame, strata="town", fpc="size")
    (error,) = told("error")
    assert (error["rule"], error["row"], error["column"]) == ("population-varies", 3, "size")


def test_a_population_smaller_than_its_sample_is_an_error(allotments: Path) -> None:
    field(plot_holders().assign(size=5), strata="town", fpc="size")
    assert "smaller than the sample" in run("2030").stderr


def test_a_lonely_stratum_is_named_before_a_report_fails_on_it(allotments: Path) -> None:
    frame = plot_holders()
    frame.loc[0, "town"] = "z"
    field(frame, strata="town")
    assert "strata: z: one sampled unit only" in run("2030").stderr
    field(frame, strata="town", lonely="adjust")
    assert told("error") == []


def test_a_stratum_that_is_a_question_is_checked_as_one(allotments: Path) -> None:
    field(plot_holders().assign(site=["nroth", *plot_holders()["site"][1:]]), strata="site")
    assert "unknown-option" in rules("error")


def test_an_answer_that_cannot_be_read_is_told_once(allotments: Path) -> None:
    change("p2,north,plenty,none_at_all", "p2,north,plenty,none")
    assert rules("error") == ["unknown-option"]


def test_a_base_that_the_file_cannot_tell_is_an_error(allotments: Path) -> None:
    frame = pd.read_csv(POST, dtype=str).drop(columns="grows__roses")
    frame.to_csv(POST, index=False)
    assert "its base needs a column 'grows__roses'" in run("2030").stderr


@pytest.mark.parametrize(
    ("base", "row"), [("gardener == 'yes'", 4), ("joy__digging == 1 or joy__digging == 2", 3)]
)
def test_a_base_may_rest_on_derived_answers_and_ranks(
    allotments: Path, base: str, row: int
) -> None:
    change_instrument("grows__roses == 'none_at_all'", base)
    outside = [one["row"] for one in told("error") if one["rule"] == "outside-base"]
    assert outside == [row] if row == 4 else row in outside


def test_a_rank_in_quotes_is_no_rank(allotments: Path) -> None:
    change_instrument("grows__roses == 'none_at_all'", "joy__digging == '1'")
    assert "joy__digging holds ranks, which are numbers: leave out the quotes" in run("2030").stderr


def test_derived_answers_can_exclude_others(allotments: Path) -> None:
    impossible(where="gardener == 'no' and site == 'north'", because="The north grows something")
    assert [(one["row"], one["found"]) for one in told("error")] == [(4, "no, north")]


def test_one_column_may_have_two_roles_in_the_design(allotments: Path) -> None:
    field(plot_holders(), strata="town", cluster="town", lonely="remove")
    assert told("error") == []


def test_a_wave_that_is_no_wave_is_told_in_json_too(allotments: Path) -> None:
    (WAVE / "wave.yml").write_text("id: [2030\n")
    (error,) = told("error")
    assert error["file"] == "data/waves/2030/wave.yml"
    assert "not YAML" in error["message"]


def test_a_broken_instrument_is_told_in_json_too(allotments: Path) -> None:
    change_instrument("grows__roses ==", "grows__rose ==")
    (error,) = told("error")
    assert error["file"] == "data/instrument.yml"
    assert error["column"] == "questions.why_none.base"


def test_pandera_switched_off_makes_no_wave_sound(
    allotments: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CONFIG, "validation_enabled", False)
    change("p3,north,some", "p3,north,sum")
    assert rules("error") == ["unknown-option"]


# Years


@pytest.mark.parametrize(
    ("span", "expected"),
    [("since: 2031", ["option-of-other-years"] * 4), ("since: 2030", []), ("until: 2031", [])],
)
def test_an_option_of_other_years_is_an_error(
    allotments: Path, span: str, expected: list[str]
) -> None:
    change_instrument("south: South", f"south: {{label: South, {span}}}")
    assert rules("error") == expected


def test_answers_about_what_was_not_asked_that_year_are_a_warning(allotments: Path) -> None:
    change_instrument("roses: Roses", "roses: {label: Roses, until: 2025}")
    (warning,) = told("warning")
    assert (warning["rule"], warning["column"]) == ("asked-in-other-years", "grows__roses")
    assert "until 2025" in warning["message"]


def test_a_wave_fielded_over_new_year_is_of_both_years(allotments: Path) -> None:
    change_instrument("roses: Roses", "roses: {label: Roses, until: 2029}")
    change("start: 2030-03", "start: 2029-12", f"{WAVE}/wave.yml")
    assert told("warning") == []


# Impossible answers


@pytest.mark.parametrize("end", ["2029-12", "'2030-02-28'"])
def test_fieldwork_ends_after_it_begins(allotments: Path, end: str) -> None:
    change("end: 2030-04", f"end: {end}", "data/waves/2030/wave.yml")
    (error,) = told("error")
    assert (error["file"], error["column"]) == ("data/waves/2030/wave.yml", "fieldwork")
    assert error["message"] == f"end {end.strip(QUOTES)} is before start 2030-03"


def test_a_wave_is_of_the_year_in_which_it_was_fielded(allotments: Path) -> None:
    change("year: 2030", "year: 2008", "data/waves/2030/wave.yml")
    (error,) = told("error")
    assert error["message"] == "year 2008 is not that of the fieldwork, 2030-03 to 2030-04"


def impossible(**rule: str) -> None:
    path = Path("data/instrument.yml")
    about = yaml.safe_load(path.read_text()) | {"impossible": [rule]}
    path.write_text(yaml.safe_dump(about, sort_keys=False))


def test_answers_that_exclude_each_other_are_located_and_explained(allotments: Path) -> None:
    impossible(
        where="site == 'south' and grows__roses == 'some'", because="Nothing flowers in the south"
    )
    errors = told("error")
    assert [one["row"] for one in errors] == [6, 8]
    assert {one["column"] for one in errors} == {"site, grows__roses"}
    assert {one["found"] for one in errors} == {"south, some"}
    assert "Nothing flowers in the south" in errors[0]["message"]


def test_an_exclusion_can_hold_for_every_row_of_a_question(allotments: Path) -> None:
    impossible(
        where="site == 'north' and grows__{row} == 'none_at_all'", because="The north has all"
    )
    found = [(one["row"], one["column"]) for one in told("error")]
    assert found == [
        (4, "site, grows__beans"),
        (2, "site, grows__roses"),
        (3, "site, grows__roses"),
        (4, "site, grows__roses"),
    ]


def test_an_exclusion_can_be_a_warning(allotments: Path) -> None:
    impossible(where="site == 'south'", because="The south is closed", severity="warning")
    assert rules("error") == []
    assert rules("warning") == ["impossible"] * 4


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("site = 'north'", "is not a condition"),
        ("sites == 'north'", "'sites' is not a column; did you mean 'site'?"),
        ("site == 'nrth'", "'nrth' is not an answer to site"),
        ("grows__{row} == 'some' and joy__{row} == 1", "have no row in common"),
    ],
)
def test_an_exclusion_with_a_mistake_is_refused(allotments: Path, where: str, said: str) -> None:
    impossible(where=where, because="It cannot be")
    done = run("2030")
    assert done.returncode == 1
    assert "data/instrument.yml, impossible.0.where: " in done.stderr
    assert said in done.stderr


def test_an_exclusion_across_parts_is_refused(allotments: Path) -> None:
    change_instrument("post: ", "web: {label: Web}\n  post: ")
    with_questions(
        fence={"type": "single", "part": "web", "label": "F", "options": {"a": "A", "b": "B"}}
    )
    impossible(where="fence == 'a' and site == 'north'", because="It cannot be")
    assert "is about the parts post and web" in run("2030").stderr


def test_a_potential_system_leader_holds_no_role() -> None:
    instrument = read_instrument(ROOT / "data/instrument.yml")
    frame = read_text(ROOT / "data/waves/2010/online.csv", "online.csv")
    assert list(Answers("online.csv", frame, instrument, "online").problems()) == []
    row = int(np.flatnonzero(frame["system_leader"] == "potential")[0])
    frame.loc[row, ["online_role__executive_head"]] = "current"
    (problem,) = Answers("online.csv", frame, instrument, "online").problems()
    assert (problem.rule, problem.row) == ("impossible", row + 1)


# Whole files


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n",
        b"respondent",
        b"respondent,site\n",
        b"\xef\xbb\xbfrespondent,site\np1,north\n",
        b"\x00\x01\x02",
        b"PK\x03\x04rubbish",
        b"respondent,site\np1,\xe9\n",
        b'respondent,site\np1,"north\n',
        b"respondent,site\np1,north,south\n",
        b"respondent,site\np1\n",
        b"respondent,site\np1,north\x00\n",
        b"respondent;site\np1;north\n",
        b"respondent,respondent\np1,p1\n",
        b",,,\n,,,\n",
        b"<html><body>Please log in</body></html>",
    ],
)
def test_no_file_makes_a_traceback(allotments: Path, content: bytes) -> None:
    Path(POST).write_bytes(content)
    done = run("2030")
    assert done.returncode == 1
    assert POST in done.stderr
    assert checked()["counts"]["error"] >= 1


def test_rows_that_are_cut_off_or_too_long_are_located(allotments: Path) -> None:
    change("p3,north,some,none_at_all,3,1,2,price", "p3,north,some")
    change("p5,south,plenty,plenty,1,2,3,", "p5,south,plenty,plenty,1,2,3,,,")
    found = [(one["row"], one["found"], one["expected"]) for one in told("error")]
    assert found == [(3, "3 cells", "8 cells"), (5, "10 cells", "8 cells")]


def test_a_line_break_within_quotes_is_no_cut_off_row(allotments: Path) -> None:
    change("p3,north,some,none_at_all,3,1,2,price", 'p3,north,some,none_at_all,3,1,2,"a\nb"')
    (error,) = told("error")
    assert (error["rule"], error["row"], error["found"]) == ("unknown-option", 3, "a\nb")


def test_four_thousand_columns_are_told_briefly_and_fully(allotments: Path) -> None:
    frame = pd.read_csv(POST, dtype=str)
    extra = pd.DataFrame({f"q{n}": ["x"] * 8 for n in range(4000)})
    pd.concat([frame, extra], axis=1).to_csv(POST, index=False)
    done = run("2030")
    assert len(done.stderr.splitlines()) < 60
    assert rules("error") == ["unknown-column"] * 4000


def test_parquet_of_any_type_is_checked(allotments: Path) -> None:
    frame = pd.DataFrame(
        {
            "respondent": [1, 2, 3],
            "site": [True, False, None],
            "grows__beans": pd.to_datetime(["2030-01-01"] * 3),
            "grows__roses": [1.5, 2.5, None],
            "joy__digging": pd.Categorical(["1", "2", "3"]),
        }
    )
    field(frame, "post.parquet")
    errors = {one["column"] for one in told("error")}
    assert {"site", "grows__beans", "grows__roses"} <= errors


def test_a_column_that_pandas_put_aside_as_an_index_is_there(allotments: Path) -> None:
    frame = pd.read_csv(POST, dtype=str)
    change("post.csv", "post.parquet", f"{WAVE}/wave.yml")
    for index in (["respondent"], ["respondent", "site"]):
        frame.set_index(index).to_parquet(WAVE / "post.parquet")
        assert told("error") == []
    frame.set_index(pd.Index(range(20, 28))).to_parquet(WAVE / "post.parquet")
    assert told("error") == []


def test_columns_with_numbers_for_names_are_unknown_columns(allotments: Path) -> None:
    change("post.csv", "post.parquet", f"{WAVE}/wave.yml")
    pd.read_csv(POST, dtype=str).set_axis(range(8), axis=1).to_parquet(WAVE / "post.parquet")
    assert ("unknown-column", "7") in [(one["rule"], one["column"]) for one in told("error")]


def test_an_empty_wave_is_not_sound_by_having_no_rows(allotments: Path) -> None:
    header = Path(POST).read_text().splitlines()[0]
    Path(POST).write_text(header + "\n")
    assert rules("error") == ["row-count"]


# Laws

ALLOTMENT: Instrument = read_instrument(ALLOTMENTS / "data" / "instrument.yml")
GROWN = ["plenty", "some", "none_at_all"]


@st.composite
def sound_answers(draw: st.DrawFn) -> pd.DataFrame:
    """Return any answers that the questionnaire allows, left out ones included."""
    size = draw(st.integers(1, 8))
    lines = []
    for number in range(size):
        ranks = draw(st.permutations(["1", "2", "3"]) | st.just([None] * 3))
        roses = draw(st.sampled_from([*GROWN, None]))
        why = draw(st.sampled_from(["thorns", "price", None])) if roses == "none_at_all" else None
        lines.append(
            {
                "respondent": f"p{number}",
                "site": draw(st.sampled_from(["north", "south", None])),
                "grows__beans": draw(st.sampled_from([*GROWN, None])),
                "grows__roses": roses,
                **{
                    f"joy__{row}": rank
                    for row, rank in zip(["digging", "eating", "talking"], ranks, strict=True)
                },
                "why_none": why,
            }
        )
    return pd.DataFrame(lines, dtype="str")


def errors(frame: pd.DataFrame) -> list[Problem]:
    return list(Answers("post.csv", frame, ALLOTMENT, "post").problems())


@settings(max_examples=40, deadline=None)
@given(sound_answers())
def test_what_the_questionnaire_allows_is_sound(frame: pd.DataFrame) -> None:
    assert errors(frame) == []


@settings(max_examples=40, deadline=None)
@given(sound_answers(), st.data())
def test_any_cell_that_is_spoilt_is_found_where_it_is(
    frame: pd.DataFrame, data: st.DataObject
) -> None:
    column = data.draw(st.sampled_from(list(frame.columns[1:])))
    row = data.draw(st.integers(0, len(frame) - 1))
    question = ALLOTMENT.questions[column.partition("__")[0]]
    text = st.text(st.characters(codec="utf-8"), min_size=1)
    value = data.draw(text.filter(lambda t: t not in question.answers))
    frame.loc[row, column] = value
    found = {(problem.row, problem.column, problem.found) for problem in errors(frame)}
    assert found == {(row + 1, column, value)}


@settings(max_examples=20, deadline=None)
@given(sound_answers(), st.data())
def test_any_respondent_entered_twice_is_found(frame: pd.DataFrame, data: st.DataObject) -> None:
    row = data.draw(st.integers(0, len(frame) - 1))
    both = pd.concat([frame, frame.iloc[[row]]], ignore_index=True)
    (problem,) = errors(both)
    assert (problem.rule, problem.row, problem.found) == ("repeated-id", len(both), f"p{row}")
