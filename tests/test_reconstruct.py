"""The respondents of 2010 against every published claim, and against what is likely of people.

The claims are checked with arithmetic of this file's own on the stored CSV files: neither the
reconstruction nor the project's estimators take part.
"""

from __future__ import annotations

import csv
import shutil
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
import yaml

from wavebook.project import Project
from wavebook.reconstruct.respondents import write_reconstruction

ROOT = Path(__file__).resolve().parents[1]
WAVE = ROOT / "data" / "waves" / "2010"
FILES = ("telephone.csv", "online.csv", "assumed.csv")
QUESTIONS = yaml.safe_load((ROOT / "data" / "instrument.yml").read_text(encoding="utf-8"))[
    "questions"
]
ABOUT = yaml.safe_load((WAVE / "wave.yml").read_text(encoding="utf-8"))
with (ROOT / "data" / "published" / "2010.csv").open(encoding="utf-8", newline="") as _file:
    CLAIMS = list(csv.DictReader(_file))


@cache
def respondents(part: str) -> pd.DataFrame:
    return pd.read_csv(WAVE / f"{part}.csv", dtype=str, keep_default_na=False)


def columns(question: str, frame: pd.DataFrame) -> dict[str, str]:
    rows = QUESTIONS[question].get("rows") or {}
    return {row: c for row in rows if (c := f"{question}__{row}") in frame}


def in_group(frame: pd.DataFrame, group: str) -> pd.DataFrame:
    for condition in filter(None, group.split("&")):
        column, answer = condition.split("=")
        frame = frame[frame[column.strip()] == answer.strip()]
    return frame


def asked(frame: pd.DataFrame, question: str, row: str) -> pd.DataFrame:
    base = QUESTIONS[question].get("base", "").replace("{row}", row)
    return frame.query(base) if base else frame


def answers(frame: pd.DataFrame, question: str, row: str) -> pd.Series:
    """Who was asked and answered; for a question of many columns, whoever filled in any."""
    about = QUESTIONS[question]
    if about["type"] == "derived":
        source = columns(about["from"], frame)
        used = frame[[source[r] for r in about.get("from_rows", source) if r in source]]
        hits = used.isin(about["from_options"]).sum(axis=1) >= about.get("at_least", 1)
        return hits.map({True: "yes", False: "no"})[(used != "").any(axis=1)]
    frame = asked(frame, question, row)
    if about["type"] == "single":
        found = frame[question]
    elif row:
        found = frame[columns(question, frame)[row]]
    else:
        filled = (frame[list(columns(question, frame).values())] != "").any(axis=1)
        return filled[filled].map({True: "answered"})
    return found[found != ""]


def ranks(frame: pd.DataFrame, question: str) -> tuple[dict[str, int], dict[str, float]]:
    """Each row's competition rank, and what it is ranked by (less is better)."""
    frame = asked(frame, question, "")
    by = {}
    for row, column in columns(question, frame).items():
        given = frame.loc[frame[column] != "", column]
        if QUESTIONS[question]["type"] == "ranking":
            by[row] = sum(int(rank) for rank in given) / len(given)
        else:
            by[row] = -float((given == "yes").sum())
    return {row: 1 + sum(other < mine for other in by.values()) for row, mine in by.items()}, by


def value(claim: dict[str, str], row: str, group: str) -> float:
    question, measure = claim["question"], claim["measure"]
    if claim["part"] == "interviews":
        return ABOUT["interviews"]
    frame = in_group(respondents(claim["part"]), group)
    if not question:
        return len(frame)
    if measure == "rows":
        return len(columns(question, frame))
    if measure in ("rank", "mean_rank"):
        return ranks(frame, question)[measure == "mean_rank"][row]
    given = answers(frame, question, row)
    net = QUESTIONS[question].get("nets", {}).get(claim["option"], {"options": [claim["option"]]})
    count = given.isin(net["options"]).sum()
    return {"base": len(given), "count": count, "share": count / max(len(given), 1)}[measure]


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim["id"])
def test_the_respondents_bear_out_what_was_published(claim: dict[str, str]) -> None:
    found = value(claim, claim["row"], claim["group"])
    if claim["relation"] == "=":
        assert float(claim["low"]) <= found <= float(claim["high"])
    else:
        than = value(
            claim, claim["than_row"] or claim["row"], claim["than_group"] or claim["group"]
        )
        # A comparison that a reader was told of is no matter of one or two people.
        clear = 0.02 if claim["measure"] == "share" else 0.25
        assert found - than >= clear if claim["relation"] == ">" else than - found >= clear
    if claim["measure"] == "rank" and claim["value"]:
        _, by = ranks(in_group(respondents(claim["part"]), claim["group"]), claim["question"])
        shared = sum(other == by[claim["row"]] for other in by.values()) > 1
        assert shared == claim["value"].endswith("=")


def width(claim: dict[str, str]) -> float:
    return float(claim["high"]) - float(claim["low"])


def told_in_words() -> list[dict[str, str]]:
    """Ranges of shares, without those for which another claim on the cell is tighter."""
    cell = ("question", "row", "option", "group", "measure")
    shares = [c for c in CLAIMS if c["measure"] == "share" and c["relation"] == "="]
    return [
        one
        for one in shares
        if not one["value"]
        and all(width(one) <= width(c) for c in shares if all(c[k] == one[k] for k in cell))
    ]


@pytest.mark.parametrize("claim", told_in_words(), ids=lambda claim: claim["id"])
def test_a_share_told_in_words_lies_inside_its_range(claim: dict[str, str]) -> None:
    edge = width(claim) / 5
    found = value(claim, claim["row"], claim["group"])
    assert float(claim["low"]) + edge <= found <= float(claim["high"]) - edge


# The files


@pytest.mark.parametrize("part", ["telephone", "online"])
def test_columns_stand_in_the_order_of_the_questionnaire(part: str) -> None:
    expected = ["respondent"]
    for name, question in QUESTIONS.items():
        if question["part"] != part or question["type"] == "derived":
            continue
        rows = question.get("rows")
        existed = [r for r, i in (rows or {}).items() if (i.get("since") or 0) <= ABOUT["year"]]
        expected += [f"{name}__{row}" for row in existed] if rows else [name]
    assert list(respondents(part)) == expected
    ids = [f"{part[0]}{n:04d}" for n in range(1, ABOUT["parts"][part]["respondents"] + 1)]
    assert list(respondents(part)["respondent"]) == ids


@pytest.mark.parametrize("name", FILES)
def test_the_files_are_plain(name: str) -> None:
    text = (WAVE / name).read_bytes()
    assert b"\r" not in text
    assert text.endswith(b"\n")
    assert text.decode("ascii")


@pytest.mark.parametrize("name", [n for n, q in QUESTIONS.items() if q.get("base")])
def test_nobody_answers_a_question_that_was_not_asked(name: str) -> None:
    frame = respondents(QUESTIONS[name]["part"])
    filled = columns(name, frame) or {"": name}
    for row, column in filled.items():
        outside = frame.index.difference(asked(frame, name, row).index)
        assert set(frame.loc[outside, column]) <= {""}


@pytest.mark.parametrize(
    "name", [n for n, q in QUESTIONS.items() if q["type"] not in ("derived", "ranking", "multiple")]
)
def test_everybody_who_is_asked_answers(name: str) -> None:
    frame = respondents(QUESTIONS[name]["part"])
    for row, column in (columns(name, frame) or {"": name}).items():
        given = asked(frame, name, row)[column]
        assert set(given) <= set(QUESTIONS[name]["options"])


@pytest.mark.parametrize("row", ["sip", "consultant_head", "executive_head", "lle", "nle"])
def test_who_holds_or_held_a_role_is_not_asked_about_familiarity_with_it(row: str) -> None:
    frame = respondents("telephone")
    held = frame[f"role_status__{row}"] != "never"
    assert held.any()
    assert (frame.loc[held, f"familiarity__{row}"] == "").all()


@pytest.mark.parametrize("name", [n for n, q in QUESTIONS.items() if q["type"] == "ranking"])
def test_every_ranking_is_complete(name: str) -> None:
    frame = respondents("online")[list(columns(name, respondents("online")).values())]
    filled = frame[(frame != "").any(axis=1)]
    places = [str(place) for place in range(1, frame.shape[1] + 1)]
    assert len(filled) > 30
    assert all(sorted(person) == sorted(places) for person in filled.to_numpy())


@pytest.mark.parametrize("name", [n for n, q in QUESTIONS.items() if q["type"] == "multiple"])
def test_who_gives_reasons_gives_at_least_one(name: str) -> None:
    frame = respondents(QUESTIONS[name]["part"])
    frame = frame[list(columns(name, frame).values())]
    filled = frame[(frame != "").any(axis=1)]
    assert set(filled.to_numpy().ravel()) == {"yes", "no"}
    chosen = (filled == "yes").sum(axis=1)
    assert chosen.min() >= 1
    if name == "support":
        assert set(chosen) == {3}


@pytest.mark.parametrize(
    ("role", "both"), [("executive_head", 31), ("nle", 20), ("lle", 38)]
)  # 530 + 518 - 1017, 452 + 589 - 1021, 609 + 409 - 980
def test_the_overlap_of_figure_6_is_not_very_interested(role: str, both: int) -> None:
    frame = respondents("telephone")
    further = frame[f"deterrent_{role}__other"] != ""
    against = frame[f"objection_{role}__other"] != ""
    assert (further & against).sum() == both
    assert set(frame.loc[further & against, f"interest__{role}"]) == {"not_very"}
    assert (further | against).equals(frame[f"interest__{role}"] != "")


def test_current_leaders_online_hold_roles_and_potential_ones_want_them() -> None:
    frame = respondents("online")
    roles = frame[[c for c in frame if c.startswith("online_role__")]]
    current = frame["system_leader"] == "current"
    assert current.sum() == 216
    assert not (roles[~current] == "current").to_numpy().any()
    assert (roles[~current] == "interested").any(axis=1).all()
    assert (roles[current] == "current").any(axis=1).mean() > 0.9


# How one person's answers hang together


def as_numbers(frame: pd.DataFrame, question: str) -> pd.DataFrame:
    places = {option: -i for i, option in enumerate(QUESTIONS[question]["options"])}
    rows = columns(question, frame)
    return frame[list(rows.values())].set_axis(list(rows), axis=1).apply(lambda c: c.map(places))


@pytest.mark.parametrize("role", ["professional_partner", "lle", "nle", "executive_head"])
def test_interest_rises_with_familiarity(role: str) -> None:
    frame = respondents("telephone")
    frame = frame[(frame[f"interest__{role}"] != "") & (frame[f"familiarity__{role}"] != "")]
    keen = frame[f"interest__{role}"].isin(["very", "interested"])
    shares = keen.groupby(frame[f"familiarity__{role}"]).mean()
    assert shares["very"] > shares["somewhat"] > shares["not_very"] > shares["not_at_all"]


@pytest.mark.parametrize("question", ["familiarity", "college", "confidence"])
def test_who_says_much_of_one_row_says_much_of_the_others(question: str) -> None:
    numbers = as_numbers(respondents(QUESTIONS[question]["part"]), question)
    together = numbers.corr().to_numpy()
    assert together.min() > 0.1  # all in one direction
    assert together[together < 0.999].max() < 0.9  # and nobody a copy of themselves


def test_support_and_training_are_wanted_by_the_same_people_and_not_by_those_who_had_enough() -> (
    None
):
    numbers = as_numbers(respondents("online"), "experience").corr()
    assert numbers.loc["more_support", "more_training"] > 0.25
    assert numbers.loc["more_training", "enough_training"] < -0.25


def test_roles_are_held_together_more_often_than_by_chance() -> None:
    frame = respondents("telephone")
    current = frame[[c for c in frame if c.startswith("role_status__")]] == "current"
    assert current["role_status__nle"][current["role_status__executive_head"]].mean() > 2 * (
        current["role_status__nle"].mean()
    )


# What is assumed


@cache
def assumed() -> pd.DataFrame:
    frame = pd.read_csv(WAVE / "assumed.csv", dtype=str, keep_default_na=False)
    return frame.set_index(["question", "row", "option", "group", "measure"])["value"].astype(float)


def test_assumed_cells_are_listed_once_with_the_value_that_comes_out() -> None:
    assert assumed().index.is_unique
    parts = {name: question["part"] for name, question in QUESTIONS.items()}
    sample = assumed()[assumed().index.get_level_values("measure") != "rank"].iloc[::7]
    for (question, row, option, group, measure), stored in sample.items():
        claim = {
            "part": parts[question],
            "question": question,
            "measure": measure,
            "option": option,
        }
        assert value(claim, row, group) == pytest.approx(stored, abs=1e-6)


def test_nothing_stated_is_called_assumed() -> None:
    ranges = {"rank", "mean_rank"}  # "not among the first ten" does not state a rank
    for c in CLAIMS:
        if c["relation"] == "=" and not (c["measure"] in ranges and c["low"] != c["high"]):
            cell = (c["question"], c["row"], c["option"], c["group"], c["measure"])
            assert cell not in assumed().index, c["id"]


@pytest.mark.parametrize(
    ("cell", "is_assumed"),
    [
        (("role_status", "professional_partner", "current", "", "share"), False),  # 375 of 1,092
        (("role_status", "professional_partner", "past", "", "share"), False),  # a half less those
        (("role_status", "informal", "current", "", "share"), True),
        (("familiarity", "nle", "familiar", "", "share"), False),
        (("familiarity", "nle", "very", "", "share"), True),
        (("familiarity", "sip", "not_at_all", "", "share"), True),
        (("familiarity", "professional_partner", "familiar", "", "share"), True),
        (("interest", "nle", "keen", "phase=secondary", "share"), False),
        (("interest", "nle", "keen", "phase=other", "share"), True),
        (("phase", "", "primary", "", "share"), True),
        (("system_leader", "", "current", "", "share"), False),  # 216 of 405, give or take one
        (("motivation", "finance", "", "", "rank"), False),
        (("motivation", "own_school", "", "", "mean_rank"), True),
        (("skills_nle", "culture", "", "", "rank"), False),
        (("skills_nle", "policy", "", "", "rank"), True),
        (("support", "mentor", "yes", "", "share"), False),
        (("support", "conferences", "yes", "", "share"), True),
        (("support", "conferences", "yes", "", "rank"), False),
        (("retention", "nle", "staying", "", "share"), True),
        (("college", "networks", "useful", "", "share"), False),
    ],
)
def test_a_cell_is_assumed_if_neither_a_claim_nor_arithmetic_on_claims_gives_it(
    cell: tuple[str, ...], is_assumed: bool
) -> None:
    assert (cell in assumed().index) == is_assumed


# Making it again


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT / "data", root / "data")
    for name in FILES:
        (root / "data" / "waves" / "2010" / name).unlink()
    return root


def test_regenerating_gives_identical_bytes(copy: Path) -> None:
    summary = write_reconstruction(Project(copy), "2010")
    assert f"{len(CLAIMS)} claims met" in summary
    for name in FILES:
        made = (copy / "data" / "waves" / "2010" / name).read_bytes()
        assert made == (WAVE / name).read_bytes(), name
