"""A report's numbers rest on its wave's own design, missing codes and thresholds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from tests.conftest import wavebook
from wavebook.design import Design
from wavebook.errors import WavebookError
from wavebook.estimate import share
from wavebook.finding import finding

WAVE = Path("data/waves/2030")
DESIGNED = {"weight", "town", "street"}
CODES = ("plenty", "some", "none_at_all")


def plot_holders(size: int = 120) -> pd.DataFrame:
    """Return a weighted, stratified, clustered sample of allotment holders."""
    rng = np.random.default_rng(7)
    town = np.repeat(["a", "b", "c"], size // 3)
    return pd.DataFrame(
        {
            "respondent": [f"p{at}" for at in range(size)],
            "site": rng.choice(["north", "south"], size),
            "grows__beans": rng.choice(CODES, size, p=[0.5, 0.3, 0.2]),
            "grows__roses": rng.choice(CODES, size, p=[0.2, 0.3, 0.5]),
            "weight": rng.uniform(0.5, 2.0, size).round(3),
            "town": town,
            "street": [f"{t}{at % 8}" for at, t in enumerate(town)],
        }
    )


def field(frame: pd.DataFrame, name: str = "post.csv", **about: Any) -> None:
    """Make the answers those of wave 2030, sampled as `about` says."""
    path = WAVE / name
    of_wave = {key: about.pop(key) for key in ("disclosure", "status") if key in about}
    frame = frame.drop(
        columns=DESIGNED - {v for v in about.values() if isinstance(v, str)}, errors="ignore"
    )
    frame.to_parquet(path) if path.suffix == ".parquet" else frame.to_csv(path, index=False)
    told = yaml.safe_load((WAVE / "wave.yml").read_text())
    told |= {"parts": {"post": {"file": name, "respondents": len(frame), **about}}, **of_wave}
    (WAVE / "wave.yml").write_text(yaml.safe_dump(told))


def instrument(**questions: dict[str, object]) -> None:
    """Change questions of the instrument."""
    path = Path("data/instrument.yml")
    told = yaml.safe_load(path.read_text())
    for name, changes in questions.items():
        told["questions"][name] |= changes
    path.write_text(yaml.safe_dump(told, sort_keys=False))


def table(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "tables" / "growing.csv").set_index(["row", "option"])


SAMPLED = {"weight": "weight", "strata": "town", "cluster": "street"}


def test_a_build_s_tables_are_those_of_the_wave_s_design(allotments: Path) -> None:
    frame = plot_holders()
    field(frame, **SAMPLED)
    done = wavebook("build", "2030", cwd=allotments)
    assert done.returncode == 0, done.stderr
    made = table(allotments / "_build" / "2030").loc["beans"].loc[list(CODES)]
    right = share(frame, "grows__beans", design=Design("weight", "town", "street"))
    right = right.set_index("option").loc[list(CODES)]
    for ours, theirs in {"value": "share", "se": "se", "low": "low", "high": "high"}.items():
        np.testing.assert_allclose(made[ours], right[theirs], rtol=1e-8)


def lonely() -> pd.DataFrame:
    return pd.concat([plot_holders(), plot_holders(3).iloc[:1].assign(respondent="x", town="z")])


def test_a_stratum_with_one_person_stops_a_report_by_name(allotments: Path) -> None:
    field(lonely(), strata="town")
    with pytest.raises(WavebookError, match="strata: z: one sampled unit"):
        finding("growing", wave="2030").shares("grows")


def test_a_part_says_what_its_lonely_strata_do(allotments: Path) -> None:
    field(lonely(), strata="town", lonely="adjust")
    found = finding("growing", wave="2030").shares("grows", rows=["beans"], options=["some"])
    right = share(lonely(), "grows__beans", design=Design(strata="town", lonely="adjust"))
    right = right.set_index("option")
    assert found.values[0].se == pytest.approx(right.loc["some", "se"], rel=1e-9)


def test_a_rule_for_lonely_strata_that_is_none_is_refused(allotments: Path) -> None:
    field(plot_holders(), strata="town", lonely="shrug")
    done = wavebook("check", "2030", cwd=allotments)
    assert done.returncode == 1
    assert "parts.post.lonely" in done.stderr


REFUSING = {
    "missing": {"refused": "Would not say", "not_applicable": "Has no bed for it"},
    "count": {"dont_know": "Don't know"},
}


def with_refusals() -> pd.DataFrame:
    """Return 120 holders, of whom 10 refused, 6 had no bed and 24 did not know about beans."""
    frame = plot_holders()
    frame["grows__beans"] = (
        ["refused"] * 10
        + ["not_applicable"] * 6
        + ["dont_know"] * 24
        + ["plenty"] * 50
        + ["some"] * 30
    )
    return frame


@pytest.fixture
def refusing(allotments: Path) -> Path:
    instrument(grows=REFUSING)
    field(with_refusals())
    return allotments


@pytest.mark.parametrize(
    ("option", "value"),
    [("plenty", 50 / 104), ("grown", 80 / 104), ("dont_know", 24 / 104), ("none_at_all", 0)],
)
def test_who_refused_is_out_of_the_base_and_who_did_not_know_is_in(
    refusing: Path, option: str, value: float
) -> None:
    found = finding("growing", wave="2030").shares("grows", rows=["beans"], options=[option])
    assert (found.values[0].value, found.values[0].base) == (pytest.approx(value), 104)


def test_a_finding_s_base_leaves_out_who_refused(refusing: Path) -> None:
    assert finding("growing", wave="2030").base("grows", "beans") == 104


def test_a_code_that_counts_has_its_label(refusing: Path) -> None:
    found = finding("growing", wave="2030").shares("grows", rows=["beans"])
    assert found["dont_know"].option_label == "Don't know"


def test_nobody_is_in_the_group_of_those_who_refused(refusing: Path) -> None:
    instrument(site={"missing": {"refused": "Would not say"}})
    frame = with_refusals()
    frame.loc[:40, "site"] = "refused"
    field(frame)
    found = finding("growing", wave="2030").shares("grows", by="site")
    assert {e.group_label for e in found} == {"North", "South"}


def test_who_refused_all_rows_is_out_of_what_is_derived_from_them(refusing: Path) -> None:
    frame = with_refusals().assign(grows__roses="refused")
    field(frame)
    found = finding("growing", wave="2030").shares("gardener")
    assert found.values[0].base == 120 - 10 - 6


def test_a_missing_code_that_is_an_option_too_is_refused(allotments: Path) -> None:
    instrument(grows={"missing": {"some": "Some"}})
    done = wavebook("check", "2030", cwd=allotments)
    assert "missing.some: an answer has that code already" in done.stderr


def test_a_code_that_is_not_declared_is_still_located(allotments: Path) -> None:
    field(with_refusals())
    done = wavebook("check", "2030", cwd=allotments)
    assert "row 1, grows__beans: 'refused' is not an option" in done.stderr
