"""Practice waves: sound, the same each time, and drawn from a truth that is written beside them."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from tests.conftest import ALLOTMENTS, Done, wavebook
from tests.test_faults import change, refuse
from tests.test_wiring import REFUSING, field, instrument, with_refusals
from wavebook.design import Design
from wavebook.estimate import share
from wavebook.finding import finding
from wavebook.instrument import read_instrument
from wavebook.project import Project
from wavebook.simulate.like import pool_of
from wavebook.simulate.pool import NONE, Pool
from wavebook.simulate.sample import sampled
from wavebook.simulate.shifts import read_shifts, shifted
from wavebook.simulate.truth import COLUMNS, TRUTH

DEMO = Path("data/waves/demo")
COUNCILS = [f"council_{at}" for at in range(150)]
NOTICE = "Simulated data: these respondents were generated for practice."


def simulate(project: Path, *options: str, size: int = 400) -> Done:
    """Make a practice wave as a user does."""
    arguments = ("--wave", "demo", "--respondents", str(size), *options)
    done = wavebook("simulate", *arguments, cwd=project)
    assert done.returncode == 0, done.stderr
    return done


def like(project: Path, *options: str, size: int = 400) -> pd.DataFrame:
    simulate(project, "--like", "2030", *options, size=size)
    return pd.read_csv(DEMO / "post.csv", dtype=str)


def everybody_says_why(allotments: Path) -> None:
    """Let p7, who did not say why there are no roses, name the price: two and two."""
    change(allotments / "data/waves/2030/post.csv", "p7,south,some,none_at_all,2,1,3,",
           "p7,south,some,none_at_all,2,1,3,price")  # fmt: skip


def truth(question: str, row: str = "", option: str = "") -> float:
    """Return a value of the population."""
    texts = dict.fromkeys(COLUMNS[:-1], str)
    known = pd.read_csv(DEMO / TRUTH, dtype=texts, keep_default_na=False)
    known = known.set_index(["question", "row", "option"])
    return float(known.loc[(question, row, option), "value"])


def recorded() -> list[dict[str, float]]:
    shifts: list[dict[str, float]] = yaml.safe_load((DEMO / "simulated.yml").read_text())["shifts"]
    return shifts


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


# The same, and sound


def test_the_same_seed_makes_the_same_bytes(allotments: Path) -> None:
    like(allotments, "--seed", "7", "--shift", "site=north:+0.1")
    first = files(DEMO)
    like(allotments, "--seed", "7", "--shift", "site=north:+0.1", "--replace")
    assert files(DEMO) == first


def test_another_seed_makes_another_wave(allotments: Path) -> None:
    first = like(allotments, "--seed", "7")
    second = like(allotments, "--seed", "8", "--replace")
    assert not first.equals(second)


def test_a_shift_changes_no_other_answer(allotments: Path) -> None:
    first = like(allotments)
    second = like(allotments, "--shift", "grows__beans=plenty:+0.1", "--replace")
    pd.testing.assert_frame_equal(
        first.drop(columns="grows__beans"), second.drop(columns="grows__beans")
    )


def council(allotments: Path) -> None:
    """Ask which of 150 councils a plot belongs to: 2030 did not."""
    path = allotments / "data" / "instrument.yml"
    told = yaml.safe_load(path.read_text())
    options = {code: code.replace("_", " ").title() for code in COUNCILS}
    told["questions"]["council"] = {
        "type": "single", "part": "post", "label": "Council", "options": options
    }  # fmt: skip
    path.write_text(yaml.safe_dump(told, sort_keys=False))


def impossible(allotments: Path) -> None:
    """Declare that nobody in the north grows plenty of beans."""
    path = allotments / "data" / "instrument.yml"
    told = yaml.safe_load(path.read_text())
    where = "site == 'north' and grows__beans == 'plenty'"
    told["impossible"] = [{"where": where, "because": "It is too cold"}]
    path.write_text(yaml.safe_dump(told, sort_keys=False))


@pytest.mark.parametrize(
    "options", [("--like", "2030"), (), ("--like", "2030", "--missing", "0.3")], ids=str
)
def test_the_check_finds_nothing_wrong(allotments: Path, options: tuple[str, ...]) -> None:
    instrument(grows=REFUSING)
    council(allotments)
    simulate(allotments, *options)
    assert wavebook("check", "demo", cwd=allotments).returncode == 0


def test_nobody_is_invented_whose_answers_exclude_each_other(allotments: Path) -> None:
    impossible(allotments)
    simulate(allotments)
    done = wavebook("check", "demo", cwd=allotments)
    assert done.returncode == 0, done.stderr


def test_a_shift_to_answers_that_exclude_each_other_is_refused(allotments: Path) -> None:
    impossible(allotments)
    rows = allotments / "data" / "waves" / "2030" / "post.csv"
    rows.write_text(rows.read_text().replace("north,plenty", "north,some"))
    told = refuse(
        allotments, "simulate", "--wave", "demo", "--like", "2030", "--respondents", "20",
        "--shift", "grows__beans=plenty:+0.2",
    )  # fmt: skip
    assert "'site == 'north' and grows__beans == 'plenty'' would be so, and cannot be: It" in told


@pytest.mark.parametrize("size", [10, 11, 39])
def test_a_tiny_wave_is_sound_and_can_be_estimated_from(allotments: Path, size: int) -> None:
    rows = like(allotments, size=size)
    assert wavebook("check", "demo", cwd=allotments).returncode == 0
    assert len(rows) == size
    assert finding("growing", wave="demo").shares("grows")


def test_a_large_wave_is_written_as_parquet_and_is_sound(allotments: Path) -> None:
    simulate(allotments, "--like", "2030", size=100_000)
    assert wavebook("check", "demo", cwd=allotments).returncode == 0
    assert len(pd.read_parquet(DEMO / "post.parquet", columns=["site"])) == 100_000


@pytest.mark.parametrize("engine", ["duckdb", "dask"])
def test_a_large_wave_is_counted_alike_on_every_engine(
    allotments: Path, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulate(allotments, "--like", "2030", size=100_000)
    one = finding("growing", wave="demo")
    expected = [one.shares("grows"), one.ranks("joy")]
    monkeypatch.setenv("WAVEBOOK_ENGINE", engine)
    other = finding("growing", wave="demo")
    for ours, theirs in zip(expected, [other.shares("grows"), other.ranks("joy")], strict=True):
        assert [e.value for e in ours] == pytest.approx([e.value for e in theirs])


def test_a_wave_made_like_a_practice_wave_is_one_more(allotments: Path) -> None:
    like(allotments)
    done = wavebook("simulate", "--wave", "next", "--like", "demo", cwd=allotments)
    assert done.returncode == 0, done.stderr
    assert wavebook("check", "next", cwd=allotments).returncode == 0
    assert yaml.safe_load(Path("data/waves/next/wave.yml").read_text())["year"] == 2032


# Truth and estimates


def test_every_estimate_is_within_four_standard_errors_of_the_truth(allotments: Path) -> None:
    council(allotments)
    like(allotments, "--shift", "grows__beans=grown:-0.2", "--missing", "0.1", size=3000)
    found = finding("growing", wave="demo")
    estimates = [
        e for name in ("site", "grows", "why_none", "gardener") for e in found.shares(name)
    ] + [e for e in found.ranks("joy") if e.cell.measure == "mean_rank"]
    assert len(estimates) == 2 + 8 + 2 + 1 + 3
    for e in estimates:
        aim = truth(e.cell.question, e.cell.row, e.cell.option)
        assert e.se
        assert abs(e.value - aim) < 4 * e.se, e.cell


def test_intervals_hold_the_truth_as_often_as_they_say(allotments: Path) -> None:
    pool = pool_of(Project(allotments).instrument, "post", 2031, np.random.default_rng(1))
    sample = sampled(pool, 120, 0.05)
    aim = pool.shares("grows__beans", np.ones(len(pool), dtype=bool))[0]
    design = Design("weight", "stratum", "cluster")
    held = 0
    for seed in range(60):
        drawn = pd.concat([t.to_pandas() for t in sample.chunks(np.random.default_rng(seed))])
        plenty = share(drawn, "grows__beans", design=design).set_index("option").loc["plenty"]
        held += plenty["low"] <= aim <= plenty["high"]
    assert held >= 50  # of 60 at 95%: 57, less four standard errors of 1.7


def test_weights_give_each_stratum_its_share_of_the_population(allotments: Path) -> None:
    rows = like(allotments, "--shift", "site=north:+0.3")
    weight = rows["weight"].astype(float)
    north = rows["stratum"] == "north"
    assert weight[north].sum() / weight.sum() == pytest.approx(0.8, abs=1e-5)
    assert weight.mean() == pytest.approx(1, abs=1e-5)


def test_small_strata_are_sampled_more_densely(allotments: Path) -> None:
    rows = like(allotments, "--shift", "site=north:+0.3")
    # In proportion to square roots: √0.8 : √0.2 is 2 : 1.
    assert (rows["stratum"] == "north").mean() == pytest.approx(2 / 3, abs=0.01)


def test_clusters_are_nested_in_strata_and_two_or_more_in_each(allotments: Path) -> None:
    rows = like(allotments)
    of = rows.groupby("cluster")["stratum"].nunique()
    assert (of == 1).all()
    assert (rows.groupby("stratum")["cluster"].nunique() >= 2).all()


def test_people_of_a_cluster_are_alike(allotments: Path) -> None:
    simulate(allotments, "--missing", "0", size=20_000)
    design = Design("weight", "stratum", "cluster")
    rows = pd.read_csv(DEMO / "post.csv")
    found = share(rows, "grows__beans", design=design)
    size = len(rows) / rows["cluster"].nunique()
    # Kish: the variance grows by 1 + (m − 1)ρ, with ρ = 1/50.
    unclustered = share(rows, "grows__beans", design=Design("weight", "stratum"))
    growth = (found["se"] / unclustered["se"]) ** 2
    assert growth.mean() == pytest.approx(1 + (size - 1) / 50, rel=0.15)


# Missing answers


def rate(gone: pd.Series[bool], expected: float) -> bool:
    """Whether a share of lost answers is within four standard errors of what it should be."""
    return abs(gone.mean() - expected) < 4 * np.sqrt(expected * (1 - expected) / len(gone))


def test_answers_are_lost_at_the_rate_asked_for(allotments: Path) -> None:
    rows = like(allotments, "--missing", "0.2", size=4000)
    assert rate(rows["site"].isna(), 0.2)
    assert rate(rows["joy__eating"].isna(), 0.2)


def test_a_ranking_is_lost_as_a_whole(allotments: Path) -> None:
    rows = like(allotments, "--missing", "0.2")
    gone = rows.filter(like="joy__").isna()
    assert (gone.all(axis=1) == gone.any(axis=1)).all()


def test_who_does_not_answer_a_filter_is_not_asked_what_it_leads_to(allotments: Path) -> None:
    everybody_says_why(allotments)
    rows = like(allotments, "--missing", "0.2", size=4000)
    asked = rows["grows__roses"] == "none_at_all"
    assert rows.loc[~asked, "why_none"].isna().all()
    assert rate(rows.loc[asked, "why_none"].isna(), 0.2)


def test_nothing_is_lost_without_missing(allotments: Path) -> None:
    everybody_says_why(allotments)
    rows = like(allotments, "--missing", "0")
    assert rows["site"].notna().all()
    assert rows["why_none"].notna().equals(rows["grows__roses"] == "none_at_all")


def test_half_of_the_lost_say_so_where_there_are_codes(allotments: Path) -> None:
    instrument(grows=REFUSING)
    rows = like(allotments, "--missing", "0.4", size=4000)
    said = rows["grows__beans"].isin(["refused", "not_applicable"])
    assert rate(said, 0.2)
    assert rate(rows["grows__beans"].isna(), 0.2)


def test_what_the_earlier_wave_did_not_know_is_kept(allotments: Path) -> None:
    instrument(grows=REFUSING)
    field(with_refusals())
    like(allotments)
    assert truth("grows", "beans", "dont_know") == pytest.approx(24 / 104)


def test_an_invented_wave_has_some_who_do_not_know(allotments: Path) -> None:
    instrument(grows=REFUSING)
    simulate(allotments)
    assert 0 < truth("grows", "beans", "dont_know") < 0.1


# Known changes


def test_a_share_goes_up_by_what_was_asked_and_the_others_in_proportion(allotments: Path) -> None:
    like(allotments, "--shift", "grows__beans=some:+0.15")
    # 2030: plenty 5/8, some 2/8, none 1/8.
    assert truth("grows", "beans", "some") == pytest.approx(0.40, abs=1e-9)
    assert truth("grows", "beans", "plenty") == pytest.approx(0.60 * 5 / 6, abs=1e-9)
    assert truth("grows", "beans", "none_at_all") == pytest.approx(0.60 * 1 / 6, abs=1e-9)


def test_the_change_is_told_and_recorded(allotments: Path) -> None:
    text = "grows__beans=some:+0.15"
    done = simulate(allotments, "--like", "2030", "--shift", text)
    assert f"{text}: from 0.2500 to 0.4000 in the population" in done.stdout
    assert recorded() == [{"shift": text, "before": 0.25, "after": 0.4}]


def test_a_net_is_shifted_with_its_options_in_proportion(allotments: Path) -> None:
    like(allotments, "--shift", "grows__beans=grown:-0.35")
    assert truth("grows", "beans", "grown") == pytest.approx(0.525, abs=1e-9)
    assert truth("grows", "beans", "plenty") == pytest.approx(0.525 * 5 / 7, abs=1e-9)


def test_two_options_of_a_question_are_shifted_together(allotments: Path) -> None:
    like(allotments, "--shift", "grows__beans=plenty:-0.2", "--shift", "grows__beans=some:+0.05")
    assert truth("grows", "beans", "plenty") == pytest.approx(0.425, abs=1e-9)
    assert truth("grows", "beans", "some") == pytest.approx(0.30, abs=1e-9)


def test_a_group_is_shifted_and_no_one_else(allotments: Path) -> None:
    # Of four in the north one grows some roses, none plenty; of four in the south, two and one.
    like(allotments, "--shift", "grows__roses=some:+0.25 where site == 'north'")
    assert recorded()[0]["after"] == pytest.approx(0.5)
    assert truth("grows", "roses", "some") == pytest.approx((0.5 + 0.5) / 2, abs=1e-9)
    assert truth("grows", "roses", "plenty") == pytest.approx(1 / 8, abs=1e-9)


def test_a_filter_and_what_it_leads_to_both_end_where_they_should(allotments: Path) -> None:
    everybody_says_why(allotments)
    like(
        allotments,
        "--shift", "why_none=thorns:-0.25",
        "--shift", "grows__roses=none_at_all:+0.3",
    )  # fmt: skip
    assert truth("grows", "roses", "none_at_all") == pytest.approx(0.8, abs=1e-9)
    assert truth("why_none", "", "thorns") == pytest.approx(0.25, abs=1e-9)
    assert wavebook("check", "demo", cwd=allotments).returncode == 0


def test_a_mean_rank_moves_by_trading_places(allotments: Path) -> None:
    # 2030: digging 17/8, eating 11/8, talking 20/8 on average.
    like(allotments, "--shift", "joy__talking:-0.75")
    assert truth("joy", "talking") == pytest.approx(1.75, abs=1e-9)
    total = sum(truth("joy", row) for row in ("digging", "eating", "talking"))
    assert total == pytest.approx(1 + 2 + 3, abs=1e-9)
    assert wavebook("check", "demo", cwd=allotments).returncode == 0


def test_two_rows_of_a_ranking_move_at_once(allotments: Path) -> None:
    like(allotments, "--shift", "joy__talking:-0.3", "--shift", "joy__digging:-0.1")
    changes = [one["after"] - one["before"] for one in recorded()]
    assert changes == pytest.approx([-0.3, -0.1], abs=1e-8)


def sample_pool(seed: int) -> Pool:
    known = read_instrument(ALLOTMENTS / "data" / "instrument.yml")
    return pool_of(known, "post", 2031, np.random.default_rng(seed))


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 5),
    option=st.sampled_from(["plenty", "some", "none_at_all", "grown"]),
    to=st.floats(0, 1),
)
def test_any_share_can_be_reached_exactly_and_filters_hold(
    seed: int, option: str, to: float
) -> None:
    pool = sample_pool(seed)
    probe = f"grows__roses={option}:+0.0"
    (now,) = read_shifts([probe], pool.instrument)
    text = f"grows__roses={option}:{to - now.value(pool):+.15f}"
    after, (done,) = shifted(
        pool, read_shifts([text], pool.instrument), np.random.default_rng(seed)
    )
    assert done.after == pytest.approx(to, abs=1e-9)
    assert after.mass.sum() == pytest.approx(1, abs=1e-9)
    (why,) = (unit for unit in after.units if unit.name == "why_none")
    assert ((after.codes["why_none"] != NONE) == after.asked(why)).all()


# Another year


def years(**changes: dict[str, object]) -> None:
    """Give roses' row, or an option, the years in which it existed."""
    path = Path("data/instrument.yml")
    told = yaml.safe_load(path.read_text())
    told["questions"]["grows"]["rows"] |= changes.get("rows", {})
    told["questions"]["joy"]["rows"] |= changes.get("joys", {})
    told["questions"]["grows"]["options"] |= changes.get("options", {})
    path.write_text(yaml.safe_dump(told, sort_keys=False))


def test_a_row_that_is_no_more_is_left_out_with_what_it_led_to(allotments: Path) -> None:
    years(rows={"roses": {"label": "Roses", "until": 2030}})
    rows = like(allotments)
    assert "grows__roses" not in rows
    assert "why_none" not in rows
    assert wavebook("check", "demo", cwd=allotments).returncode == 0


def test_a_new_row_is_answered(allotments: Path) -> None:
    years(rows={"leeks": {"label": "Leeks", "since": 2031}})
    rows = like(allotments, "--missing", "0")
    assert rows["grows__leeks"].isin(["plenty", "some", "none_at_all"]).all()


def test_ranks_close_up_where_rows_come_and_go(allotments: Path) -> None:
    years(
        joys={
            "digging": {"label": "Digging", "until": 2030},
            "bees": {"label": "Bees", "since": 2031},
            "tea": {"label": "Tea", "since": 2031},
        }
    )
    rows = like(allotments, "--missing", "0")
    ranks = rows.filter(like="joy__").astype(int)
    assert set(ranks) == {"joy__eating", "joy__talking", "joy__bees", "joy__tea"}
    assert (np.sort(ranks, axis=1) == [1, 2, 3, 4]).all()


def test_an_option_that_is_no_more_is_not_chosen_and_a_new_one_is(allotments: Path) -> None:
    years(
        options={
            "some": {"label": "Some", "until": 2030},
            "a_few": {"label": "A few", "since": 2031},
        }
    )
    like(allotments)
    assert truth("grows", "beans", "some") == 0
    # Half of what it had if plenty, none and itself were chosen alike.
    assert truth("grows", "beans", "a_few") == pytest.approx(1 / 6)


def test_a_new_question_s_groups_differ_by_their_members(allotments: Path) -> None:
    council(allotments)
    rows = like(allotments, size=20_000)
    assert set(rows["council"].dropna()) == set(COUNCILS)


def test_the_year_follows_that_of_the_wave_it_is_like(allotments: Path) -> None:
    like(allotments)
    about = yaml.safe_load((DEMO / "wave.yml").read_text())
    assert about["year"] == 2031
    assert about["fieldwork"] == {"start": "2031-03", "end": "2031-04"}
    assert about["status"] == "simulated"


# Parts


def online(allotments: Path) -> None:
    """Add a second part, which 2030 did not have."""
    path = allotments / "data" / "instrument.yml"
    told = yaml.safe_load(path.read_text())
    told["parts"]["web"] = {"label": "Web survey"}
    told["questions"]["age"] = {
        "type": "single", "part": "web", "label": "Age", "options": {"old": "Old", "young": "Young"}
    }  # fmt: skip
    path.write_text(yaml.safe_dump(told, sort_keys=False))


def sizes() -> dict[str, int]:
    parts = yaml.safe_load((DEMO / "wave.yml").read_text())["parts"]
    return {part: about["respondents"] for part, about in parts.items()}


def test_parts_share_the_respondents_in_proportion(allotments: Path) -> None:
    online(allotments)
    simulate(allotments, "--parts", "post=300,web")
    first = sizes()
    wavebook("simulate", "--wave", "demo", "--like", "demo", "--respondents", "40", cwd=allotments)
    done = wavebook(
        "simulate", "--wave", "next", "--like", "demo", "--respondents", "40", cwd=allotments
    )
    assert done.returncode == 0, done.stderr
    second = yaml.safe_load(Path("data/waves/next/wave.yml").read_text())["parts"]
    assert first == {"post": 300, "web": 100}
    assert {p: about["respondents"] for p, about in second.items()} == {"post": 29, "web": 11}


def test_only_the_parts_asked_for_are_made(allotments: Path) -> None:
    online(allotments)
    simulate(allotments, "--parts", "web")
    assert sizes() == {"web": 400}


# On every page


def test_every_page_and_every_page_of_the_pdf_says_that_it_is_simulated(allotments: Path) -> None:
    like(allotments)
    done = wavebook("build", "demo", cwd=allotments)
    assert done.returncode == 0, done.stderr
    built = allotments / "_build" / "demo"
    pages = [p for p in (built / "html").rglob("*.html") if "_static" not in p.parts]
    assert len(pages) >= 4
    for page in pages:
        text = page.read_text()
        assert NOTICE in text, page
        assert re.search(r"<title>[^<]*\(simulated data\)</title>", text), page
    cover, *others = (page.extract_text() for page in PdfReader(built / "report.pdf").pages)
    assert "Simulated data: these respondents" in cover
    assert all("Simulated data: nothing here is a finding" in text for text in others)


def test_every_value_of_its_tables_is_marked(allotments: Path) -> None:
    like(allotments)
    found = finding("growing", wave="demo")
    assert {e.status for e in (*found.shares("grows"), *found.ranks("joy"))} == {"simulated"}


# Refusals

PROBLEMS = {
    "unknown column": ("grows__beens=some:+0.1", "not a column; did you mean 'grows__beans'?"),
    "unknown option": ("grows__beans=lots:+0.1", "'lots' is not an option of grows__beans (plenty"),
    "nearest option": ("grows__beans=plent:+0.1", "did you mean 'plenty'?"),
    "no option": ("grows__beans:+0.1", "an option is wanted"),
    "a whole question": ("grows=some:+0.1", "has a column for each row: name one (grows__beans"),
    "derived": ("gardener=yes:+0.1", "gardener is derived: shift what it is derived from"),
    "no sign": ("grows__beans=some:0.1", "'0.1' is not a change: expected a sign and a number"),
    "per cent": ("grows__beans=some:+10%", "'+10%' is not a change"),
    "no number": ("grows__beans=some:+lots", "'+lots' is not a change"),
    "no change": ("grows__beans=some", "expected COLUMN=OPTION:+0.10"),
    "nothing": ("", "expected COLUMN=OPTION:+0.10"),
    "above 1": ("grows__beans=some:+0.8", "from 0.2500 to 1.0500 is not possible"),
    "below 0": ("grows__beans=some:-0.3", "expected a change from -0.2500 to +0.7500"),
    "ranks have no options": ("joy__eating=1:+0.1", "holds ranks and no options"),
    "beyond the first": ("joy__eating:-0.8", "from 1.3750 to 0.5750 is not possible"),
    "condition": ("site=north:+0.1 where grows__beans == 'lots'", "'lots' is not an answer"),
    "no condition": ("site=north:+0.1 where nowhere", "is not a condition"),
    "nobody": ("why_none=price:+0.1 where grows__roses == 'some'", "nobody answers why_none"),
}


@pytest.mark.parametrize(("shift", "said"), PROBLEMS.values(), ids=PROBLEMS)
def test_a_shift_that_cannot_be_is_told_and_nothing_written(
    allotments: Path, shift: str, said: str
) -> None:
    told = refuse(
        allotments, "simulate", "--wave", "demo", "--like", "2030", "--shift", shift,
        "--respondents", "20",
    )  # fmt: skip
    assert said in told
    assert told.startswith(f"--shift '{shift}'")


BOTH = {
    "together": (
        ("grows__beans=some:+0.5", "grows__beans=none_at_all:+0.6"),
        "add up to a share of 1.4750",
    ),
    "net and option": (("grows__beans=some:+0.1", "grows__beans=grown:+0.1"), "same option"),
    "twice": (("site=north:+0.1", "site=north:+0.2"), "says again what 'site=north:+0.1'"),
    "overlapping": (
        ("grows__beans=some:+0.5 where site == 'south'", "grows__beans=some:-0.2"),
        "other shifts of the same answers keep it at",
    ),
}


@pytest.mark.parametrize(("shifts", "said"), BOTH.values(), ids=BOTH)
def test_shifts_that_contradict_each_other_are_refused(
    allotments: Path, shifts: tuple[str, str], said: str
) -> None:
    options = [word for shift in shifts for word in ("--shift", shift)]
    told = refuse(allotments, "simulate", "--wave", "demo", "--like", "2030", *options,
                  "--respondents", "20")  # fmt: skip
    assert said in told


REFUSED = {
    "wave id": (("--wave", "../x"), "is not a wave id"),
    "there already": (("--wave", "2030"), "data/waves/2030: there is such a wave, and it is not"),
    "like nothing": (("--wave", "demo", "--like", "2031"), "there is no such wave (2030)"),
    "too few": (("--wave", "demo", "--respondents", "9"), "9 is not between 10 and 10,000,000"),
    "too many": (("--wave", "demo", "--respondents", "10000001"), "is not between"),
    "part": (("--wave", "demo", "--parts", "pots"), "'pots' is not a part (post); did you mean"),
    "part's size": (("--wave", "demo", "--parts", "post=lots"), "expected parts with their"),
    "part twice": (("--wave", "demo", "--parts", "post,post"), "'post' stands here twice"),
    "sum": (
        ("--wave", "demo", "--parts", "post=20", "--respondents", "30"),
        "20 respondents in (post) leave 10 of 30 for no other part",
    ),
}


@pytest.mark.parametrize(("options", "said"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_simulated_is_told_and_nothing_written(
    allotments: Path, options: tuple[str, ...], said: str
) -> None:
    assert said in refuse(allotments, "simulate", *options)


def test_a_practice_wave_is_replaced_only_when_told_to(allotments: Path) -> None:
    like(allotments)
    said = refuse(allotments, "simulate", "--wave", "demo", "--like", "2030")
    assert "there is such a wave: --replace makes it anew" in said


def test_a_wave_that_is_not_simulated_is_never_replaced(allotments: Path) -> None:
    said = refuse(allotments, "simulate", "--wave", "2030", "--like", "2030", "--replace")
    assert "it is not simulated" in said


def test_nothing_is_left_of_a_wave_that_could_not_be_written(
    allotments: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_csv", full)
    said = refuse(allotments, "simulate", "--wave", "demo")
    assert "data/waves/demo: cannot be written: No space left on device" in said


def test_without_a_wave_to_follow_the_year_must_be_given(allotments: Path) -> None:
    (allotments / "data/waves/2030/wave.yml").unlink()
    assert "--year: there is no wave" in refuse(allotments, "simulate", "--wave", "demo")


def test_rows_of_real_people_are_told_to_be_theirs(allotments: Path) -> None:
    done = simulate(allotments, "--like", "2030")
    assert "real answers to wave 2030: keep them as safe as those" in done.stdout


def test_who_invents_all_answers_is_told_of_nobody(allotments: Path) -> None:
    assert "real answers" not in simulate(allotments).stdout
