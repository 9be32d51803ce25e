"""Notebooks run side by side with the parameters of a wave; errors name the place."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wavebook.cache.kept import Kept
from wavebook.cache.tracing import arguments
from wavebook.errors import WavebookError
from wavebook.kernels.block import DEFAULT_PRELOAD, warm_kernels
from wavebook.kernels.running import KernelEndedError, Running
from wavebook.missing import missing
from wavebook.notebook import run_inside, run_notebook, write
from wavebook.told import place_for_ipython

# (notebook's name, what happens to it): "running", then "done"; or "kept" from an earlier run.
Progress = Callable[[str, str], None]
PRELOAD = ("wavebook.kernels.undebugged", *DEFAULT_PRELOAD, "wavebook.finding")
FEW = 2  # notebooks, which ask for less of a wave than it takes to get all of it ready
# Where notebooks are run in forks without a kernel, these hold all that runs them.
PRELOAD_INSIDE = (
    *PRELOAD, "wavebook.exercise", "wavebook.context_charts", "wavebook.notebook",
    "wavebook.kernels.inside", "wavebook.cache.tracing",
)  # fmt: skip


@dataclass(frozen=True)
class Parameters:
    """What a notebook's first cell takes."""

    wave: str
    compare: str | None = None  # ids of earlier waves, joined by commas
    where: str | None = None
    level: float = 0.95

    @property
    def waves(self) -> tuple[str, ...]:
        """The waves that are read: the one that is told of, then those it is compared with."""
        earlier = (self.compare or "").split(",")
        return (self.wave, *(wave.strip() for wave in earlier if wave.strip()))

    def as_dict(self) -> dict[str, Any]:
        """Return the parameters as papermill wants them."""
        return {
            "wave": self.wave,
            "compare": self.compare,
            "where": self.where,
            "level": self.level,
        }


class Beside:
    """What is done beside all else, one thing after another: nobody waits before the block's end.

    There it raises what it raised, unless something else is wrong.
    """

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1)
        self._tasks: list[Future[None]] = []

    def do(self, task: Callable[..., None], *arguments: Any) -> None:
        """Call a function after those that wait already."""
        self._tasks.append(self._pool.submit(task, *arguments))

    def wait(self) -> None:
        """Wait for all that was called, and raise what it raised."""
        for task in self._tasks:
            task.result()

    def __enter__(self) -> Beside:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._pool.shutdown()
        if kind is None:
            self.wait()


def run_notebooks(
    notebooks: Sequence[Path],
    out: Path,
    parameters: Parameters,
    *,
    progress: Progress = lambda name, state: None,
    kept: Kept | None = None,
    finished: Callable[[bytes], None] = lambda notebook: None,
    unless: Future[Any] | None = None,
    inside: bool = False,
    beside: Beside | None = None,
) -> list[Path]:
    """Run notebooks side by side, one more than there are cores, and return what they became.

    Parameters
    ----------
    notebooks
        The notebooks. Each runs in its own folder, where it finds the project's data, and is
        written to `out` under the name of that folder and its own: ``out/notebooks/01-….ipynb``.
    kept
        Results of earlier runs: a notebook that has one which still holds is not run.
    finished
        Is given each notebook that was run, beside the runs of others.
    unless
        What goes on meanwhile; should it raise, that is raised in place of all else.
    inside
        Run each in a fork without a kernel, where that can be: see `wavebook.kernels.inside`.
    beside
        Where results are kept and finished: those of the last notebooks when they are here already.
        Unless given, they are waited for.

    Raises
    ------
    WavebookError
        If a notebook raises: notebook, cell, line and message of each that did so far. Notebooks
        that have not started then don't, and the kernels of those that have are ended.
    """
    results = {notebook: out / notebook.parent.name / notebook.name for notebook in notebooks}
    missing: dict[Path, Path] = {}
    for notebook, result in results.items():
        content = kept.recall(notebook) if kept else None
        if content is None:
            missing[notebook] = result
        else:
            write(result, content)
            progress(notebook.stem, "kept")
    if missing:
        # The longest first, so that none is left running alone: long runs have long notebooks.
        ordered = dict(sorted(missing.items(), key=lambda one: -one[0].stat().st_size))
        with nullcontext(beside) if beside else Beside() as keeper:
            _run_side_by_side(
                ordered, parameters, progress, kept, finished, unless, keeper, inside=inside
            )
    if unless:
        unless.result()
    return list(results.values())


def preload(inside: bool) -> tuple[str, ...]:
    """Return the modules that are loaded before anything is forked that runs a notebook."""
    return PRELOAD_INSIDE if inside else PRELOAD


@contextmanager
def ready_to_run(*, inside: bool = False) -> Iterator[None]:
    """Load what runs notebooks, here and in the process that their kernels are forked from."""
    with warm_kernels(preload(inside)):
        if inside:
            yield
            return
        # Papermill could reach Hadoop with it, for a third of the time that all else takes.
        with missing("pyarrow"):
            import papermill  # noqa: F401, PLC0415
        yield


def _run_side_by_side(
    results: Mapping[Path, Path],
    parameters: Parameters,
    progress: Progress,
    kept: Kept | None,
    finished: Callable[[bytes], None],
    unless: Future[Any] | None,
    keeper: Beside,
    *,
    inside: bool,
) -> None:
    running = Running()
    root, waves = next(iter(results)).parents[1], parameters.waves
    prepare = ("wavebook.ready", "prepare" if len(results) > FEW else "read", str(root), *waves)
    if inside:
        where = parameters.where or ""
        prepare = ("wavebook.exercise", "prepare_many", str(root), where, *waves)
    given = parameters.as_dict()
    # Beside the results, where it is cleared away even if this process is killed.
    folder = next(iter(results.values())).parents[2]
    folder.mkdir(parents=True, exist_ok=True)

    def run(notebook: Path) -> None:
        progress(notebook.stem, "running")
        record = Path(records) / f"{notebook.parent.name}-{notebook.stem}.json"
        trace = arguments(record, kept.root) if kept else []
        content = run_inside(notebook, given, results[notebook], trace, running) if inside else None
        if content is None:
            content = run_notebook(notebook, given, arguments=trace, running=running)
            write(results[notebook], content)
        progress(notebook.stem, "done")
        # What is done with a result keeps no other notebook waiting.
        keeper.do(keep, notebook, content, _read(record))

    def keep(notebook: Path, content: bytes, record: bytes) -> None:
        finished(content)
        if kept:
            kept.keep(notebook, content, record)

    with (
        warm_kernels(preload(inside), prepare),
        tempfile.TemporaryDirectory(prefix=".records-", dir=folder) as records,
        place_for_ipython(Path(records) / "ipython"),
        # One more than there are cores: a kernel that starts or ends leaves its core for a moment.
        ThreadPoolExecutor(max_workers=(os.cpu_count() or 1) + 1) as pool,
    ):
        runs = [pool.submit(run, notebook) for notebook in results]
        try:
            errors = _errors(runs, running, unless)
        except BaseException:  # a mistake of ours, or Ctrl-C: nobody waits for a cell that sleeps
            _stop(runs, running)
            raise
    if errors:
        raise WavebookError("\n".join(sorted(errors)))


def _read(record: Path) -> bytes:
    """Return what a kernel has left, or nothing."""
    try:
        return record.read_bytes()
    except OSError:
        return b""


def _errors(
    runs: Sequence[Future[None]], running: Running, unless: Future[Any] | None
) -> list[str]:
    """Wait for all runs and return what went wrong; the first error ends the others."""
    errors: list[str] = []
    waiting: set[Future[Any]] = {*runs, *([unless] if unless else [])}
    while waiting:
        done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
        for run in done:
            if run is unless:
                run.result()
                continue
            error = None if run.cancelled() else run.exception()
            if error is None or (running.is_stopped and isinstance(error, KernelEndedError)):
                continue
            if not isinstance(error, WavebookError):
                raise error
            errors.append(str(error))
        if errors and not running.is_stopped:
            _stop(runs, running)
    return errors


def _stop(runs: Sequence[Future[None]], running: Running) -> None:
    for run in runs:
        run.cancel()
    running.stop()


def store(notebooks: Sequence[Path]) -> None:
    """Run notebooks with their own defaults and keep the outputs in them, for nbval and readers."""
    with warm_kernels(PRELOAD):
        for notebook in notebooks:
            write(notebook, run_notebook(notebook, {}, to_store=True))


if __name__ == "__main__":
    from wavebook.project import Project

    here = Project.find()
    store((*here.notebooks, *here.chapters))
