"""Editions and large tabulations on a Dask cluster that shares nothing with this machine."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from distributed import Client, LocalCluster

from tests.cluster import PATIENCE, Cluster, running, until
from tests.conftest import ALLOTMENTS, ROOT, wavebook
from tests.test_rows import answers, ranked, same
from tests.test_wiring import SAMPLED, field
from wavebook.cache.kept import Kept
from wavebook.cache.store import chosen_store
from wavebook.cluster import builds, counting, join
from wavebook.cluster import flow as flows
from wavebook.cluster.builds import building_on
from wavebook.cluster.counting import counting_on
from wavebook.cluster.flow import Flow
from wavebook.cluster.messages import Outcome
from wavebook.editions import Job
from wavebook.errors import WavebookError
from wavebook.finding import finding
from wavebook.kernels.warm import warm_kernels
from wavebook.project import Project
from wavebook.run import PRELOAD, Parameters, run_notebooks
from wavebook.told import CLUSTER, VARIABLE, engine_for_kernels

# The first time, this cell ends the worker that reports the whole wave, and the process that builds
# a slice of it, as a system out of memory does.
DEADLY = """
import os, psutil
worker = os.environ.get("TEST_WORKER")
flag = os.path.join(os.environ.get("TEST_DEATHS", ""), "worker" if where is None else "builder")
if worker and os.path.exists(flag):
    os.unlink(flag)
    template = psutil.Process(os.getppid())
    (psutil.Process(int(worker)) if where is None else template.parent()).kill()
"""
ENDLESS = """
import pathlib, time
pathlib.Path("running").touch()
time.sleep(600)
"""
CONNECT = """
import sys
from wavebook.cluster.join import connect
from wavebook.editions import Job
from wavebook.errors import WavebookError
try:
    connect(sys.argv[1])
except WavebookError as error:
    sys.exit(str(error))
"""
COMMAND = "import sys; sys.argv[0] = 'wavebook'; from wavebook.cli import main; main()"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    client, elsewhere = (tmp_path_factory.mktemp(name) for name in ("client", "elsewhere"))
    with running(client, elsewhere) as cluster:
        with Client(cluster.address, set_as_default=False) as waiting:
            waiting.wait_for_workers(2, timeout=PATIENCE)
        yield cluster


@pytest.fixture
def project(
    cluster: Cluster, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A project in a folder that the cluster must not open."""
    folder = cluster.client / request.node.name
    shutil.copytree(ALLOTMENTS, folder)
    monkeypatch.chdir(folder)
    return folder


def with_cell(project: Path, source: str) -> None:
    """Put a cell behind the parameters of the project's notebook."""
    path = project / "notebooks" / "01-growing.ipynb"
    notebook = json.loads(path.read_text())
    cell = dict(notebook["cells"][2], id="cell-extra", source=source)
    notebook["cells"].insert(2, cell)
    path.write_text(json.dumps(notebook))


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


# Editions


@pytest.fixture(scope="module")
def editions(cluster: Cluster) -> tuple[Path, str]:
    """Commentaries by site, whose builds were cut short, and what was said meanwhile."""
    project = cluster.client / "editions"
    shutil.copytree(ALLOTMENTS, project)
    with_cell(project, DEADLY)
    (cluster.deaths / "worker").touch()
    (cluster.deaths / "builder").touch()
    asked = ("build", "2030", "--by", "site", "--out", "out", "--cluster", cluster.address)
    done = wavebook(*asked, cwd=project)
    assert done.returncode == 0, done.stderr
    return project, done.stderr


def test_a_worker_and_a_builder_have_died(cluster: Cluster, editions: tuple[Path, str]) -> None:
    assert list(cluster.deaths.iterdir()) == []


def test_an_edition_is_the_one_that_this_machine_builds(editions: tuple[Path, str]) -> None:
    project, _ = editions
    done = wavebook("build", "2030", cwd=project)
    assert done.returncode == 0, done.stderr
    assert files(project / "out" / "all") == files(project / "_build" / "2030")


def test_a_slice_is_a_slice_there_too(editions: tuple[Path, str]) -> None:
    table = pd.read_csv(editions[0] / "out" / "north" / "tables" / "growing.csv")
    # Four of the eight have their plot in the north.
    assert set(table["base"]) == {4}


def test_every_edition_is_written_and_nothing_else(editions: tuple[Path, str]) -> None:
    found = sorted(path.name for path in (editions[0] / "out").iterdir())
    assert found == ["all", "index.html", "north", "slices.csv", "south"]


def test_every_edition_is_done_once(editions: tuple[Path, str]) -> None:
    told = ["  done: all", "  done: north", "  done: south"]
    assert sorted(editions[1].splitlines()) == told


def test_a_result_that_is_lost_with_its_worker_comes_once(cluster: Cluster) -> None:
    (cluster.deaths / "finished").touch()
    with Client(cluster.address, set_as_default=False) as client:
        flow: Flow[str] = Flow(client, cluster.address, "test")
        flow.start("one", Outcome, "built", "nobody")
        about, future = flow.wait()
        assert (about, flow.result(future), len(flow)) == ("one", Outcome("built", "nobody"), 0)
    assert not (cluster.deaths / "finished").exists()


def test_nobody_there_opens_anything_of_the_client(
    cluster: Cluster, editions: tuple[Path, str]
) -> None:
    assert cluster.seen == []


def test_what_they_open_is_seen(cluster: Cluster) -> None:
    with Client(cluster.address, set_as_default=False) as client:
        client.submit(os.listdir, str(cluster.client)).result()
    assert cluster.seen == [str(cluster.client)]
    (cluster.elsewhere / "seen").unlink()


def test_nothing_stays_there(cluster: Cluster, editions: tuple[Path, str]) -> None:
    assert until(lambda: not cluster.left and not cluster.builders, 20), (
        cluster.left,
        cluster.builders,
    )


def test_the_errors_of_an_edition_bear_its_name(cluster: Cluster, project: Path) -> None:
    out = project / "out"
    jobs = [Job(name, Parameters("2030", where=f"{name} == 3"), out) for name in ("moon", "sun")]
    with pytest.raises(WavebookError) as caught:
        list(building_on(cluster.address, Project(project))(jobs))
    lines = str(caught.value).splitlines()
    assert lines[0].startswith("moon: notebooks/01-growing.ipynb, cell 3, line 4: --where: 'moon'")
    assert not out.exists()
    assert until(lambda: not cluster.left and not cluster.builders, 20), (
        cluster.left,
        cluster.builders,
    )


def test_ctrl_c_ends_the_build_there(cluster: Cluster, project: Path) -> None:
    with_cell(project, ENDLESS)
    command = [sys.executable, "-c", COMMAND, "build", "2030", "--cluster", cluster.address]
    client = subprocess.Popen(
        command,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert until(lambda: list(cluster.elsewhere.glob("*/**/notebooks/running")))
    kernels = [child for builder in cluster.builders for child in builder.children(recursive=True)]
    client.send_signal(signal.SIGINT)
    _, told = client.communicate(timeout=PATIENCE)
    assert client.returncode == 130
    assert "Traceback" not in told
    assert until(lambda: not cluster.left and not cluster.builders, 20), (
        cluster.left,
        cluster.builders,
    )
    assert kernels
    assert until(lambda: not any(kernel.is_running() for kernel in kernels))
    assert not (project / "_build" / "2030").exists()


def test_what_a_call_leaves_behind_that_is_broken_off_is_not_told(
    cluster: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    handled = threading.Event()
    with join.joined(cluster.address) as client:
        client.loop.add_callback(lambda: {}["future"])
        client.loop.add_callback(handled.set)
        assert handled.wait(PATIENCE)
    assert not caplog.records


# The cluster


@pytest.mark.parametrize("address", ["nonsense", "tcp://127.0.0.1", "http://127.0.0.1:1", ""])
def test_an_address_that_is_none_is_told(allotments: Path, address: str) -> None:
    done = wavebook("build", "2030", "--cluster", address, cwd=allotments)
    assert done.returncode == 1
    assert done.stderr.startswith(f"cluster '{address}': not an address such as tcp://")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("engine", ["pandas", "dask"])
def test_a_cluster_that_is_not_there_is_told(allotments: Path, engine: str) -> None:
    asked = ("--engine", engine, "--cluster", "tcp://127.0.0.1:9")
    done = wavebook("build", "2030", *asked, cwd=allotments)
    told = "cluster tcp://127.0.0.1:9: cannot be reached: Connection refused\n"
    assert (done.returncode, done.stderr) == (1, told)


def test_a_port_where_nobody_speaks_dask_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(join, "PATIENCE", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        address = f"tcp://127.0.0.1:{mute.getsockname()[1]}"
        with pytest.raises(WavebookError, match="no Dask scheduler answers"):
            join.connect(address)


def test_a_worker_s_address_is_told(cluster: Cluster) -> None:
    with Client(cluster.address, set_as_default=False) as client:
        worker = next(iter(client.nthreads()))
    with pytest.raises(WavebookError, match="expected a scheduler, found a worker"):
        join.connect(worker)


def test_a_cluster_without_workers_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(join, "PATIENCE", 2.0)
    with (
        LocalCluster(n_workers=0, dashboard_address=":0") as idle,
        pytest.raises(WavebookError, match=r"there are no workers: start some with `dask worker"),
    ):
        join.connect(idle.scheduler_address)


def test_another_engine_is_told_for_each_member(cluster: Cluster, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "wavebook", tmp_path / "wavebook")
    with (tmp_path / "wavebook" / "wording.py").open("a") as module:
        module.write("# Another version.\n")
    done = subprocess.run(
        [sys.executable, "-c", CONNECT, cluster.address],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    with Client(cluster.address, set_as_default=False) as client:
        members = ["the scheduler", *(f"worker {one}" for one in sorted(client.nthreads()))]
    assert done.stderr.splitlines() == [
        f"cluster {cluster.address}: {member} runs another version of wavebook: "
        "install this one there and restart it"
        for member in members
    ]


def test_another_version_of_a_library_is_told(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = pd.__version__
    monkeypatch.setattr("distributed.versions._version_cached", {"pandas": "1.0"}.get, raising=True)
    with pytest.raises(WavebookError, match=f"has pandas {known}, expected pandas 1.0 as here"):
        join.connect(cluster.address)


def test_a_worker_that_comes_with_another_engine_does_not_build(
    cluster: Cluster, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(builds, "engine_digest", lambda: "another")
    job = Job("2030", Parameters("2030"), project / "out")
    with pytest.raises(WavebookError, match=r"worker tcp://\S+ runs another version of wavebook"):
        list(building_on(cluster.address, Project(project))([job]))


def test_work_that_kills_every_worker_is_given_up(cluster: Cluster) -> None:
    with Client(cluster.address, set_as_default=False) as client:
        flow: Flow[str] = Flow(client, cluster.address, "test")
        flow.start("one", os.abort)
        _, future = flow.wait()
        with pytest.raises(WavebookError, match=r"2 workers died at it, the last tcp://"):
            flow.result(future)


def test_waiting_ends_where_no_worker_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flows, "LONELINESS", 0.5)
    with (
        LocalCluster(n_workers=0, dashboard_address=":0") as idle,
        Client(idle.scheduler_address, set_as_default=False) as client,
    ):
        flow: Flow[str] = Flow(client, idle.scheduler_address, "test")
        flow.start("one", len, "two")
        with pytest.raises(WavebookError, match="all its workers are gone"):
            flow.wait()


def test_waiting_ends_where_the_scheduler_is_gone() -> None:
    with (
        LocalCluster(n_workers=0, dashboard_address=":0") as idle,
        Client(idle.scheduler_address, set_as_default=False, timeout=2) as client,
    ):
        flow: Flow[str] = Flow(client, idle.scheduler_address, "test")
        flow.start("one", len, "two")
        idle.close()
        with pytest.raises(WavebookError, match="the scheduler is gone"):
            flow.result(flow.wait()[1])


# Counting


@pytest.fixture
def small_blocks(
    cluster: Cluster, project: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Count on the cluster, a few people at a time."""
    monkeypatch.setattr(counting, "CELLS", 1)
    monkeypatch.setattr(counting, "FEWEST_ROWS", 25)
    monkeypatch.setenv(CLUSTER, cluster.address)
    monkeypatch.setenv(VARIABLE, "dask")
    yield
    for client in counting._clients.values():
        client.close()


@pytest.mark.parametrize("question", ["grows", "gardener", "joy"])
@pytest.mark.parametrize("name", ["post.csv", "post.parquet"])
def test_the_numbers_are_those_of_pandas(small_blocks: None, name: str, question: str) -> None:
    field(ranked(), name, **SAMPLED)
    same(answers(question, "dask"), answers(question, "pandas"))


def test_a_slice_hides_the_same(small_blocks: None) -> None:
    field(ranked(), disclosure={"suppress": 15, "flag": 30})
    asked = {"where": "grows__roses == 'plenty'"}
    here, there = (answers("grows", engine, **asked) for engine in ("pandas", "dask"))
    assert here["value"].isna().any()
    same(there, here)


def test_the_numbers_are_the_same_if_a_worker_dies(cluster: Cluster, small_blocks: None) -> None:
    field(ranked(), **SAMPLED)
    (cluster.deaths / "counting").touch()
    same(answers("grows", "dask"), answers("grows", "pandas"))
    assert not (cluster.deaths / "counting").exists()


@pytest.mark.parametrize("name", ["post.csv", "post.parquet"])
def test_workers_count_without_the_file(small_blocks: None, project: Path, name: str) -> None:
    frame = ranked()
    field(frame, name)
    asked = finding("growing", wave="2030")
    (project / "data" / "waves" / "2030" / name).unlink()
    assert asked.shares("grows").values[0].base == frame["grows__beans"].count()


def test_a_worker_that_comes_with_another_engine_does_not_count(
    small_blocks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "engine_digest", lambda: "another")
    with pytest.raises(WavebookError, match=r"worker tcp://\S+ runs another version of wavebook"):
        finding("growing", wave="2030").shares("grows")


def test_a_notebook_is_the_same_wherever_its_respondents_are_counted(
    cluster: Cluster, project: Path
) -> None:
    notebooks = Project(project).notebooks
    told: list[str] = []
    before = cluster.counted
    with warm_kernels(PRELOAD):
        with engine_for_kernels("pandas"):
            (here,) = run_notebooks(notebooks, project / "here", Parameters("2030"))
        with counting_on(cluster.address), engine_for_kernels("dask"):
            for _ in range(2):
                store = chosen_store(project, project / "kept")
                kept = Kept(project, store, {}, "dask", explain=told.append)
                (there,) = run_notebooks(
                    notebooks, project / "there", Parameters("2030"), kept=kept
                )
    assert there.read_bytes() == here.read_bytes()
    assert cluster.counted > before
    assert told[-1] == "01-growing: not run: nothing that it reads has changed"
