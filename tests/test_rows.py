"""One report from each engine: pandas, DuckDB and Dask, over CSV and Parquet."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest

from tests.conftest import wavebook
from tests.test_wiring import SAMPLED, field, plot_holders
from wavebook.finding import finding
from wavebook.records import records
from wavebook.told import VARIABLE, chosen_engine, engine_for_kernels

DERIVED = ["gardener", "grows", "joy"]


def ranked() -> pd.DataFrame:
    """Return holders who put three joys in order; one in seven did not."""
    frame = plot_holders()
    for at, row in enumerate(("digging", "eating", "talking")):
        ranks = [None if person % 7 == 0 else (person + at) % 3 + 1 for person in range(len(frame))]
        frame[f"joy__{row}"] = pd.array(ranks, dtype="Int64")
    frame.loc[::11, ["grows__beans", "grows__roses"]] = None
    return frame


def answers(question: str, engine: str, **asked: object) -> pd.DataFrame:
    with engine_for_kernels(engine):
        found = finding("growing", wave="2030", **asked)
    by = {"by": "site"}
    made = found.ranks(question, **by) if question == "joy" else found.shares(question, **by)
    return pd.DataFrame(records(made, "growing"))


def same(ours: pd.DataFrame, theirs: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(ours, theirs, rtol=1e-9, atol=1e-12, check_dtype=False)


@pytest.mark.parametrize("question", DERIVED)
@pytest.mark.parametrize("name", ["post.csv", "post.parquet"])
@pytest.mark.parametrize("engine", ["duckdb", "dask"])
def test_a_finding_s_values_agree(allotments: Path, engine: str, name: str, question: str) -> None:
    field(ranked(), **SAMPLED)
    right = answers(question, "pandas")
    field(ranked(), name, **SAMPLED)
    same(answers(question, engine), right)


@pytest.mark.parametrize("engine", ["duckdb", "dask"])
def test_a_slice_agrees(allotments: Path, engine: str) -> None:
    field(ranked(), **SAMPLED)
    asked = {"where": "grows__roses in ['some', 'plenty']"}
    same(answers("grows", engine, **asked), answers("grows", "pandas", **asked))


def test_parquet_is_read_by_pandas_as_csv_is(allotments: Path) -> None:
    field(ranked(), **SAMPLED)
    right = answers("joy", "pandas")
    field(ranked(), "post.parquet", **SAMPLED)
    same(answers("joy", "pandas"), right)


@pytest.mark.parametrize("engine", ["duckdb", "dask"])
def test_a_build_s_tables_agree(allotments: Path, engine: str) -> None:
    field(ranked(), "post.parquet", **SAMPLED)
    tables = {}
    for one in ("pandas", engine):
        done = wavebook("build", "2030", "--engine", one, "--out", one, cwd=allotments)
        assert done.returncode == 0, done.stderr
        tables[one] = pd.read_csv(allotments / one / "tables" / "growing.csv")
    same(tables[engine], tables["pandas"])


def test_a_kernel_uses_the_engine_that_the_build_was_given(allotments: Path) -> None:
    field(ranked(), "post.parquet")
    with engine_for_kernels("duckdb"):
        frame = finding("growing", wave="2030").wave.frames["post"]
    assert type(frame).__module__.startswith(("duckdb", "_duckdb"))


def test_the_environment_is_left_as_it_was() -> None:
    with engine_for_kernels("dask"):
        assert os.environ[VARIABLE] == "dask"
    assert VARIABLE not in os.environ


def test_an_engine_that_is_none_is_refused(allotments: Path) -> None:
    done = wavebook("build", "2030", "--engine", "abacus", cwd=allotments)
    assert done.returncode == 1
    assert "engine: 'abacus' is not one of (pandas, duckdb, dask)" in done.stderr


def test_without_a_wish_no_engine_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert chosen_engine() is None


def test_ranks_written_as_decimals_are_ranks(allotments: Path) -> None:
    frame = ranked()
    ranks = [column for column in frame if column.startswith("joy__")]
    field(frame.astype(dict.fromkeys(ranks, float)), "post.parquet")
    done = wavebook("check", "2030", cwd=allotments)
    assert done.returncode == 0, done.stderr


def test_a_damaged_parquet_file_is_named(allotments: Path) -> None:
    field(ranked(), "post.parquet")
    (allotments / "data/waves/2030/post.parquet").write_bytes(b"PAR1")
    done = wavebook("check", "2030", cwd=allotments)
    assert done.returncode == 1
    assert "data/waves/2030/post.parquet: " in done.stderr


def test_an_answer_in_parquet_that_is_no_option_is_located(allotments: Path) -> None:
    field(ranked().assign(site="moon"), "post.parquet")
    done = wavebook("check", "2030", cwd=allotments)
    assert "row 1, site: 'moon' is not an option" in done.stderr
