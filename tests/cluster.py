"""A Dask cluster of separate processes in separate folders, which tests can have lose workers."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from distributed import Client

from tests.conftest import ROOT

PATIENCE = 120.0  # for a busy machine

# In every process of the cluster, kernels included: what it opens below the client's folder.
WATCH = """
import os, sys
client, seen = os.environ["TEST_CLIENT"], os.environ["TEST_SEEN"]
def watch(event, arguments):
    if event in ("open", "os.listdir", "os.scandir") and arguments[0]:
        try:
            path = os.path.abspath(os.fsdecode(arguments[0]))
        except TypeError:
            return
        if path.startswith(client):
            told = os.open(seen, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            os.write(told, f"{path}\\n".encode())
            os.close(told)
sys.addaudithook(watch)
"""

# In each worker: its number for notebooks that end it, and an end of it where a test asks for one.
PRELOAD = """
import os, signal
from distributed import WorkerPlugin

class Mortal(WorkerPlugin):
    def setup(self, worker):
        self.worker, self.counted = worker, 0

    def transition(self, key, start, finish, **more):
        if finish == "executing" and str(key).startswith("wavebook-count"):
            self.counted += 1
            if self.counted % 3 == 0:  # some of its blocks are done
                die("counting")
        if finish == "memory" and getattr(self.worker.data[key], "state", "") == "built":
            die("finished")

def die(why):
    try:  # of all the workers, one
        os.unlink(os.path.join(os.environ["TEST_DEATHS"], why))
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)

async def dask_setup(worker):
    os.environ["TEST_WORKER"] = str(os.getpid())
    await worker.plugin_add(Mortal(), name="mortal")
"""


@dataclass(frozen=True)
class Cluster:
    """A scheduler and workers.

    Attributes
    ----------
    client
        The only folder of the client's, which nobody of the cluster may open.
    deaths
        A file made here, and taken away as it happens, has a worker killed.
    """

    address: str
    client: Path
    elsewhere: Path
    deaths: Path

    @property
    def seen(self) -> list[str]:
        """What the cluster has opened of the client's."""
        log = self.elsewhere / "seen"
        return log.read_text().splitlines() if log.exists() else []

    @property
    def counted(self) -> int:
        """How many blocks of respondents its workers have counted."""
        with Client(self.address, set_as_default=False) as client:
            counts = client.run(lambda dask_worker: dask_worker.plugins["mortal"].counted)
        return sum(counts.values())

    @property
    def left(self) -> list[Path]:
        """What is left of runs in the workers' folders."""
        return list(self.elsewhere.glob("*/**/wavebook-*"))

    @property
    def builders(self) -> list[psutil.Process]:
        """The processes that build."""
        found = []
        for process in psutil.process_iter(["cmdline"]):
            command = process.info["cmdline"] or []
            if "wavebook.cluster.builder" in command and str(self.elsewhere) in command[-1]:
                found.append(process)
        return found


@contextmanager
def running(client: Path, elsewhere: Path) -> Iterator[Cluster]:
    """Run a scheduler and two workers, one of them with a nanny, none with the client's folders."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    deaths, hooks = elsewhere / "deaths", elsewhere / "hooks"
    deaths.mkdir()
    hooks.mkdir()
    (hooks / "sitecustomize.py").write_text(WATCH)
    (hooks / "mortal.py").write_text(PRELOAD)
    environment = os.environ | {
        "PYTHONPATH": f"{hooks}{os.pathsep}{ROOT}",
        "TEST_CLIENT": str(client),
        "TEST_SEEN": str(elsewhere / "seen"),
        "TEST_DEATHS": str(deaths),
        "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1",
    }
    common = ["--no-dashboard", "--host", "127.0.0.1"]
    # Nothing stays if the tests are killed: workers leave after the scheduler, and it in a while.
    worker = ["worker", address, "--nthreads", "1", "--memory-limit", "0", *common]
    worker += ["--death-timeout", "60"]
    worker += ["--preload", str(hooks / "mortal.py"), "--local-directory", "scratch"]
    commands = {
        "scheduler": ["scheduler", "--port", str(port), "--idle-timeout", "10 minutes", *common],
        "nannied": worker,
        "alone": [*worker, "--no-nanny"],
    }
    processes = []
    for name, command in commands.items():
        folder = elsewhere / name
        folder.mkdir()
        with (folder / "log").open("wb") as log:
            processes.append(
                subprocess.Popen(
                    [sys.executable, "-m", "dask", *command],
                    cwd=folder,
                    env=environment,
                    stdout=log,
                    stderr=log,
                )
            )
    try:
        yield Cluster(address, client, elsewhere, deaths)
    finally:
        for process in reversed(processes):
            process.send_signal(signal.SIGTERM)
        for process in processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(elsewhere, ignore_errors=True)


def until(is_so: Callable[[], object], patience: float = PATIENCE) -> bool:
    """Wait until something is so, and return whether it is."""
    deadline = time.monotonic() + patience
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.05)
    return bool(is_so())
