"""Counting on a Dask cluster that is named by its address."""

from __future__ import annotations

from pathlib import Path

import dask
import pytest
from distributed import LocalCluster, get_client

from wavebook.errors import WavebookError
from wavebook.finding import finding


@pytest.fixture
def on_dask(allotments: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAVEBOOK_ENGINE", "dask")


def test_a_finding_is_counted_by_the_workers_at_the_address(on_dask: None) -> None:
    with (
        LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster,
        dask.config.set({"scheduler-address": cluster.scheduler_address}),
    ):
        beans = finding("growing", wave="2030").shares("grows")
        with get_client() as client:
            told = client.scheduler_info()["address"]
    # Seven of the eight holders grow beans.
    assert beans.only(row="beans", option="grown").highest.value == pytest.approx(0.875)
    assert told == cluster.scheduler_address


def test_a_cluster_that_does_not_answer_is_named(
    on_dask: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wavebook.rows.CLUSTER_PATIENCE", "1s")
    with (
        dask.config.set({"scheduler-address": "tcp://127.0.0.1:9"}),
        pytest.raises(WavebookError, match=r"cluster tcp://127\.0\.0\.1:9: cannot be reached"),
    ):
        finding("growing", wave="2030").shares("grows")
