"""The same estimates from pandas, DuckDB over Parquet, Dask over Parquet, and Polars."""

from __future__ import annotations

import dask.dataframe as dd
import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest
from distributed import Client, LocalCluster

from tests import oracles
from tests.conftest import ROOT
from wavebook.asking import Asking
from wavebook.change import between_groups
from wavebook.design import Design
from wavebook.errors import WavebookError
from wavebook.estimate import Asked, mean, rank_table, share, tabulate
from wavebook.project import Project
from wavebook.told import Engine
from wavebook.wave import open_wave

DESIGNS = [
    Design(),
    Design("weight", "stratum"),
    Design("weight", "stratum", "cluster", "clusters"),
]


@pytest.fixture(scope="module")
def wave() -> pd.DataFrame:
    wave = oracles.sample("generated").copy()
    rng = np.random.default_rng(3)
    ranks = np.array([rng.permutation(3) + 1.0 for _ in range(len(wave))])
    ranks[::17] = np.nan
    for at, row in enumerate("xyz"):
        wave[f"rank__{row}"] = ranks[:, at]
        wave[f"scale__{row}"] = rng.choice(["1", "2", "3", None], len(wave))
    return wave


@pytest.fixture(scope="module", params=["duckdb", "dask", "polars", "pyarrow"])
def other(request, wave, tmp_path_factory):
    """The same wave on another engine, written to and read from Parquet."""
    path = tmp_path_factory.mktemp("wave") / "wave.parquet"
    wave.to_parquet(path, row_group_size=50)
    if request.param == "duckdb":
        return duckdb.connect().read_parquet(str(path))
    if request.param == "dask":
        return dd.from_pandas(pd.read_parquet(path), npartitions=4)
    return pl.scan_parquet(path) if request.param == "polars" else pl.read_parquet(path).to_arrow()


def same(ours: pd.DataFrame, theirs: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(ours, theirs, rtol=1e-9, atol=1e-12, check_dtype=False)


@pytest.mark.parametrize("design", DESIGNS, ids=lambda d: "-".join(d.columns) or "simple")
def test_shares_agree(wave, other, design):
    asked = {"by": "domain", "design": design, "total": "all", "missing": ["refused"]}
    same(share(wave, "answer", **asked), share(other, "answer", **asked))


@pytest.mark.parametrize("design", DESIGNS, ids=lambda d: "-".join(d.columns) or "simple")
def test_means_agree(wave, other, design):
    asked = {"by": "domain", "design": design, "total": "all"}
    same(mean(wave, "number", **asked), mean(other, "number", **asked))


def test_domains_by_condition_agree(wave, other):
    asked = {"design": DESIGNS[2], "where": "domain in ['a', 'c'] and stratum != 's2'"}
    same(share(wave, "answer", **asked), share(other, "answer", **asked))


def test_a_finding_s_questions_agree_in_one_table(wave, other):
    questions = [Asked("scale", options=["1", "2", "3"], nets={"low": ["1", "2"]}), "answer"]
    asked = {"by": ["domain", "stratum"], "design": DESIGNS[1], "total": "all"}
    same(tabulate(wave, questions, **asked), tabulate(other, questions, **asked))


@pytest.mark.parametrize("design", DESIGNS, ids=lambda d: "-".join(d.columns) or "simple")
def test_rank_tables_agree(wave, other, design):
    same(rank_table(wave, "rank", design=design), rank_table(other, "rank", design=design))


def test_differences_between_groups_agree(wave, other):
    asked = {"design": DESIGNS[2], "total": "all"}
    same(
        between_groups(wave, "answer", "domain", **asked),
        between_groups(other, "answer", "domain", **asked),
    )


@pytest.mark.parametrize("engine", ["duckdb", "dask"])
def test_every_question_of_a_wave_agrees(engine: Engine) -> None:
    project = Project(ROOT)
    ours, theirs = (
        Asking(project, open_wave(project, "2010", one), None, 0.95) for one in ("pandas", engine)
    )
    for name, question in project.instrument.questions.items():
        ask = "ranks" if question.type == "ranking" else "shares"
        assert getattr(ours, ask)(name) == getattr(theirs, ask)(name), name


def test_a_bad_design_is_told_on_each_engine(other):
    with pytest.raises(WavebookError, match=r"cluster 'people_all': .* is in the strata"):
        share(other, "answer", design=Design(strata="stratum", cluster="people_all"))


def test_a_dask_frame_is_counted_on_a_cluster_by_its_address(wave):
    with (
        LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster.scheduler_address),
    ):
        frame = dd.from_pandas(wave, npartitions=3)
        same(
            share(wave, "answer", by="domain", design=DESIGNS[2], where="stratum != 's1'"),
            share(frame, "answer", by="domain", design=DESIGNS[2], where="stratum != 's1'"),
        )
