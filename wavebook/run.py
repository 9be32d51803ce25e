"""Notebooks run with the parameters of a wave, one kernel each, and errors that name the place."""

from __future__ import annotations

import json
import logging
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wavebook.cache.kept import Kept
from wavebook.cache.tracing import arguments
from wavebook.errors import WavebookError
from wavebook.kernels.block import DEFAULT_PRELOAD, ENGINE, call_warm, warm_kernels
from wavebook.kernels.running import KernelEndedError, Running
from wavebook.missing import missing

if TYPE_CHECKING:
    from nbformat import NotebookNode

# (notebook's name, what happens to it): "running", then "done"; or "kept" from an earlier run.
Progress = Callable[[str, str], None]
PRELOAD = ("wavebook.kernels.undebugged", *DEFAULT_PRELOAD, "wavebook.finding")
# Where notebooks are run in forks without a kernel, these hold all that runs them.
PRELOAD_INSIDE = (*PRELOAD, "wavebook.context_charts", "wavebook.kernels.inside")
INSIDE = "wavebook-inside"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


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

    def __enter__(self) -> Beside:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._pool.shutdown()
        if kind is None:
            for task in self._tasks:
                task.result()


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


@contextmanager
def ready_to_run() -> Iterator[None]:
    """Load what runs notebooks, here and in the process that their kernels are forked from."""
    with warm_kernels(PRELOAD):
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
    root = next(iter(results)).parents[1]
    prepare = ("wavebook.ready", "prepare", str(root), *parameters.waves)

    def run(notebook: Path) -> None:
        progress(notebook.stem, "running")
        record = Path(records) / f"{notebook.parent.name}-{notebook.stem}.json"
        trace = arguments(record, kept.root) if kept else []
        content = None
        if inside:
            content = _run_inside(notebook, parameters, record.with_suffix(".run"), trace, running)
        if content is None:
            content = run_notebook(notebook, parameters.as_dict(), arguments=trace, running=running)
        write(results[notebook], content)
        progress(notebook.stem, "done")
        # What is done with a result keeps no other notebook waiting.
        keeper.do(keep, notebook, content, _read(record))

    def keep(notebook: Path, content: bytes, record: bytes) -> None:
        if kept:
            kept.keep(notebook, content, record)
        finished(content)

    with (
        warm_kernels(PRELOAD_INSIDE if inside else PRELOAD, prepare),
        tempfile.TemporaryDirectory(prefix="wavebook-") as records,
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


def _run_inside(
    notebook: Path,
    parameters: Parameters,
    target: Path,
    arguments: Sequence[str],
    running: Running,
) -> bytes | None:
    """Run a notebook in a fork without a kernel; None if it must be run by an ordinary kernel."""
    given = json.dumps(parameters.as_dict()), str(target), *arguments
    try:
        problem = call_warm(__name__, "run_here", str(notebook), *given, started=running.add)
    except RuntimeError:  # the fork has ended: an ordinary kernel will tell of it
        return None
    return None if problem else target.read_bytes()


def run_here(notebook: str, parameters: str, target: str, *arguments: str) -> str:
    """Run a notebook in this process, which ends with it, and write what it became to a file.

    Returns
    -------
    str
        Why it must be run by an ordinary kernel; empty if it was run.
    """
    from wavebook.kernels.inside import NotHereError  # noqa: PLC0415  # brings papermill

    path = Path(notebook)
    os.chdir(path.parent)
    try:
        content = run_notebook(path, json.loads(parameters), arguments=arguments, engine=INSIDE)
    except (NotHereError, WavebookError) as problem:
        return str(problem) or "it raises"
    Path(target).write_bytes(content)
    return ""


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


def run_notebook(
    notebook: Path,
    parameters: Mapping[str, Any],
    *,
    arguments: Sequence[str] = (),
    running: Running | None = None,
    engine: str = ENGINE,
) -> bytes:
    """Run one notebook and return it with its outputs, and nothing that differs between two runs.

    Parameters
    ----------
    arguments
        Further arguments for its kernel.
    running
        The kernels that are to be ended with this one.
    engine
        The papermill engine that runs it.

    Raises
    ------
    KernelEndedError
        If its kernel is killed.
    WavebookError
        If a cell raises, or the file is no notebook.
    """
    import nbformat  # noqa: PLC0415  # what it takes to run notebooks, some have no need to
    import papermill  # noqa: PLC0415

    logging.getLogger("papermill").addHandler(logging.NullHandler())  # we say it in our own words
    name = f"{notebook.parent.name}/{notebook.name}"
    try:
        executed = papermill.execute_notebook(
            re.sub(r"([{}])", r"\1\1", str(notebook)),  # papermill fills in what is in braces
            None,
            parameters=dict(parameters),
            progress_bar=False,
            log_output=False,
            kernel_name="python3",
            language="python",  # a notebook that somebody else's tool wrote may not say so
            engine_name=engine,
            # papermill would change the folder of this process, which all its threads share.
            resources={"metadata": {"path": str(notebook.parent)}},
            extra_arguments=list(arguments),
            kernel_manager_class=(running or Running()).kernel_manager,
        )
    except papermill.PapermillExecutionError as error:
        raise WavebookError(_where(notebook, error)) from None
    except RuntimeError as error:  # nbclient's and jupyter_client's word for a kernel's death
        raise KernelEndedError(f"{name}: its kernel has ended: {error}") from None
    except (OSError, ValueError, nbformat.reader.NotJSONError) as error:
        raise WavebookError(f"{name}: {str(error).splitlines()[0]}") from None
    return settled(executed)


def _where(notebook: Path, error: Any) -> str:
    """Return one line for an exception in a notebook: the cell as its author counts them."""
    import nbformat  # noqa: PLC0415

    stored = nbformat.read(notebook, as_version=4)
    source = error.source
    cell = next(
        (number for number, cell in enumerate(stored.cells, start=1) if cell.source == source),
        error.cell_index,
    )
    plain = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(error.traceback))
    lines = re.findall(r"Cell In\[\d+\], line (\d+)|-{2,}> ?(\d+) ", plain)
    line = next((first or second for first, second in lines), None)
    place = f"{notebook.parent.name}/{notebook.name}, cell {cell}" + (
        f", line {line}" if line else ""
    )
    message = (error.evalue or "").strip() or error.ename
    name = "" if error.ename == "WavebookError" else f"{error.ename}: "
    return f"{place}: {name}{message}"


def settled(notebook: NotebookNode) -> bytes:
    """Return an executed notebook's text without times, ids of runs and names of machines."""
    from nbformat import v4  # noqa: PLC0415

    notebook.metadata.pop("papermill", None)
    notebook.metadata["kernelspec"] = dict(KERNEL)
    notebook.metadata["language_info"] = {"name": "python"}
    for cell in notebook.cells:
        for key in ("papermill", "execution"):
            cell.metadata.pop(key, None)
        if "injected-parameters" in cell.metadata.get("tags", ()):
            cell["id"] = "injected-parameters"
    # Papermill has had it validated, and `nbformat.writes` would do so again.
    return f"{v4.writes(notebook)}\n".encode()


def _read(record: Path) -> bytes:
    """Return what a kernel has left, or nothing."""
    try:
        return record.read_bytes()
    except OSError:
        return b""


def write(path: Path, content: bytes) -> None:
    """Write a file as a whole: it never holds half of a notebook."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    partial.write_bytes(content)
    partial.replace(path)


def store(notebooks: Sequence[Path]) -> None:
    """Run notebooks with their own defaults and keep the outputs in them, for nbval and readers."""
    with warm_kernels(PRELOAD):
        for notebook in notebooks:
            write(notebook, run_notebook(notebook, {}))


if __name__ == "__main__":
    from wavebook.project import Project

    here = Project.find()
    store((*here.notebooks, *here.chapters))
