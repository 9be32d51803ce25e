"""Editions built by a Dask cluster: the project goes there, finished builds come back."""

from __future__ import annotations

import hashlib
import io
import tempfile
import uuid
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wavebook.book import SOURCE_PARTS
from wavebook.build import Report
from wavebook.cluster import pack, place
from wavebook.cluster.flow import Flow
from wavebook.cluster.join import engine_digest, joined
from wavebook.cluster.messages import Errand, Outcome
from wavebook.edition import MADE_BY
from wavebook.editions import Builder, Job
from wavebook.errors import WavebookError
from wavebook.folders import replace_folder, workshop, writable
from wavebook.inputs import shared_files
from wavebook.project import Project
from wavebook.told import Engine

if TYPE_CHECKING:
    from distributed import Client, Future

PIECE = 8 * 2**20  # bytes of the project's archive that travel at a time
RETRIES = 3  # where the process that builds dies; Dask's own number for workers that do


def building_on(
    address: str,
    project: Project,
    *,
    engine: Engine | None = None,
    report: Report = lambda step, state: None,
) -> Builder:
    """Return what builds commentaries on a Dask cluster, each as `wavebook.edition.build` does.

    Workers need this version of wavebook and nothing else. They are sent the project, without the
    waves that no job needs, and keep nothing of it afterwards. Each commentary is written here
    once, as soon as it is finished, wherever and however often it was built.

    The builder raises `WavebookError` if the cluster is of no use, or a commentary fails: of each
    that did, the job's name and what is wrong. No further one is begun then; those under way are
    finished.

    Parameters
    ----------
    address
        The scheduler's, such as ``tcp://192.0.2.1:8786``.
    engine
        What counts the respondents; by the wave's size unless given.
    report
        Told of the steps of a single job, else of the jobs.
    """

    def build(jobs: Sequence[Job]) -> Iterator[Job]:
        waves = dict.fromkeys(wave for job in jobs for wave in job.parameters.waves)
        files = needed(project, waves)
        for job in jobs:
            writable(job.out.parent)
        with joined(address, MADE_BY) as client, workshop(project) as work:
            archive = work / "project.zip"
            pack.pack(project.root, files, archive)
            flow: Flow[Job] = Flow(client, address, "wavebook-build")
            yield from Run(flow, Sent(client, archive), work, report).build(jobs, engine)

    return build


def needed(project: Project, waves: Iterable[str]) -> list[Path]:
    """Return the files that builds of some waves read, and no other: answers are confidential.

    Raises
    ------
    WavebookError
        If there is no such wave.
    """
    folders = [project.root / "notebooks", *(project.wave_folder(wave) for wave in waves)]
    folders += [project.root / name for name in SOURCE_PARTS]
    found = set(shared_files(project))
    for path in folders:
        found |= set(_visible(path) if path.is_dir() else [path])
    return sorted(path for path in found if path.is_file())


def _visible(folder: Path) -> Iterator[Path]:
    """Yield a folder's files, but none that editors and notebooks hide there."""
    for path in folder.rglob("*"):
        if not any(part.startswith(".") for part in path.relative_to(folder).parts):
            yield path


class Sent:
    """The project's archive on its way to the workers that ask for it.

    It is read from disk and sent in pieces, so its size matters to no one's memory.
    """

    def __init__(self, client: Client, archive: Path) -> None:
        self.run = f"wavebook-{uuid.uuid4().hex[:16]}"
        self._client = client
        self._archive = archive
        with archive.open("rb") as file:
            self._digest = hashlib.file_digest(file, "sha256").hexdigest()
        self._is_over = False

    def to(self, worker: str) -> None:
        """Send a worker the project.

        Raises
        ------
        WavebookError
            If it cannot take it; if it has died, its tasks go to another.
        """
        size = self._archive.stat().st_size
        with self._archive.open("rb") as file:
            for offset in range(0, size, PIECE):
                if self._is_over:
                    return
                digest = self._digest if offset + PIECE >= size else None
                piece = file.read(PIECE)
                try:
                    self._client.run(
                        place.receive, self.run, offset, piece, digest, workers=[worker]
                    )
                except (OSError, KeyError) as error:
                    if worker not in self._client.nthreads():
                        return
                    raise WavebookError(
                        f"worker {worker}: cannot take the project: {error}"
                    ) from None

    def end(self) -> None:
        """Send no more, and leave nothing on the workers, not even what they are doing."""
        self._is_over = True
        if self._client.status == "running":
            self._client.run(place.leave, self.run, on_error="ignore")


class Run:
    """Jobs on their way to the cluster and back."""

    def __init__(self, flow: Flow[Job], sent: Sent, work: Path, report: Report) -> None:
        self._flow = flow
        self._sent = sent
        self._work = work
        self._report = report
        self._errors: list[str] = []
        self._told: dict[tuple[str, str], None] = {}
        self._sender = ThreadPoolExecutor(1)

    def build(self, jobs: Sequence[Job], engine: Engine | None) -> Iterator[Job]:
        """Build every job, as many at a time as the cluster has threads; yield each when done."""
        self._is_many = len(jobs) > 1
        self._flow.client.subscribe_topic(self._sent.run, self._hear)
        waiting = deque(jobs)
        try:
            while self._flow or (waiting and not self._errors):
                while waiting and not self._errors and len(self._flow) < self._flow.threads:
                    self._start(waiting.popleft(), engine)
                job, future = self._flow.wait()
                if self._take(job, future):
                    yield job
        finally:
            self._flow.client.unsubscribe_topic(self._sent.run)
            self._flow.cancel()
            self._sender.shutdown(wait=False, cancel_futures=True)
            self._sent.end()
        if self._errors:
            raise WavebookError("\n".join(self._errors))

    def _start(self, job: Job, engine: Engine | None) -> None:
        if self._is_many:
            self._tell(job.name, "running")
        errand = Errand(self._sent.run, engine_digest(), job.parameters, engine)
        self._flow.start(job, place.build_here, errand, retries=RETRIES)

    def _take(self, job: Job, future: Future[Any]) -> bool:
        """Write a finished commentary, or note its errors; return which."""
        try:
            outcome: Outcome = self._flow.result(future)
        except (place.BuilderLostError, WavebookError) as error:
            self._note(job, str(error))
            return False
        if outcome.state == "broken":
            raise RuntimeError(f"{job.name}, on worker {outcome.worker}:\n{outcome.text}")
        if outcome.state == "failed":
            self._note(job, outcome.text)
            return False
        with tempfile.TemporaryDirectory(dir=self._work) as folder:
            pack.unpack(io.BytesIO(outcome.archive), Path(folder) / "out")
            replace_folder(Path(folder) / "out", job.out)
        # News of its last steps may still be on their way.
        begun = [step for step, state in list(self._told) if state == "running"]
        for step in [job.name] if self._is_many else begun:
            self._tell(step, "done")
        return True

    def _note(self, job: Job, text: str) -> None:
        lines = text.splitlines()
        self._errors += [f"{job.name}: {line}" for line in lines] if self._is_many else lines

    def _hear(self, event: tuple[float, dict[str, str]]) -> None:
        """Send a worker the project, or tell of a single job's step."""
        _, told = event
        if worker := told.get("needs"):
            self._sender.submit(self._send, worker)
        elif not self._is_many:
            self._tell(told["step"], told["state"])

    def _send(self, worker: str) -> None:
        try:
            self._sent.to(worker)
        except Exception as error:
            self._flow.fail(error)

    def _tell(self, step: str, state: str) -> None:
        """Report a step once, though a lost worker's successor repeats it."""
        if (step, state) not in self._told:
            self._told[step, state] = None
            self._report(step, state)
