"""Notebooks run with the parameters of a wave, one kernel each, and errors that name the place."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from wavebook.errors import WavebookError
from wavebook.kernels.warm import DEFAULT_PRELOAD, ENGINE, warm_kernels

Progress = Callable[[str, str], None]  # (notebook's name, "running" or "done")
PRELOAD = (*DEFAULT_PRELOAD, "wavebook.finding")
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


def run_notebooks(
    notebooks: Sequence[Path],
    out: Path,
    parameters: Parameters,
    *,
    progress: Progress = lambda name, state: None,
) -> list[Path]:
    """Run notebooks side by side, as many as there are cores, and return what they became.

    Parameters
    ----------
    notebooks
        The notebooks. Each runs in its own folder, where it finds the project's data, and is
        written to `out` under the name of that folder and its own: ``out/notebooks/01-….ipynb``.

    Raises
    ------
    WavebookError
        If a notebook raises: notebook, cell, line and message of each that did. Notebooks that
        have not started then don't.
    """
    errors: list[str] = []

    def run(notebook: Path) -> Path:
        progress(notebook.stem, "running")
        result = run_notebook(
            notebook, out / notebook.parent.name / notebook.name, parameters.as_dict()
        )
        progress(notebook.stem, "done")
        return result

    with warm_kernels(PRELOAD), ThreadPoolExecutor(max_workers=max(1, os.cpu_count() or 1)) as pool:
        waiting: set[Future[Path]] = {pool.submit(run, notebook) for notebook in notebooks}
        while waiting:
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                if future.cancelled():
                    continue
                error = future.exception()
                if isinstance(error, WavebookError):
                    errors.append(str(error))
                    for other in waiting:
                        other.cancel()
                elif error is not None:
                    raise error
    if errors:
        raise WavebookError("\n".join(sorted(errors)))
    return [out / notebook.parent.name / notebook.name for notebook in notebooks]


def run_notebook(notebook: Path, out: Path, parameters: Mapping[str, Any]) -> Path:
    """Run one notebook and write it with its outputs, and nothing that differs between two runs.

    Raises
    ------
    WavebookError
        If a cell raises, or the file is no notebook.
    """
    import papermill  # noqa: PLC0415  # half a second that only a build needs

    out.parent.mkdir(parents=True, exist_ok=True)
    try:
        papermill.execute_notebook(
            str(notebook),
            str(out),
            parameters=dict(parameters),
            cwd=str(notebook.parent),
            progress_bar=False,
            log_output=False,
            kernel_name="python3",
            engine_name=ENGINE,
        )
    except papermill.PapermillExecutionError as error:
        raise WavebookError(_where(notebook, error)) from None
    except (OSError, ValueError, nbformat.reader.NotJSONError) as error:
        raise WavebookError(
            f"{notebook.parent.name}/{notebook.name}: {str(error).splitlines()[0]}"
        ) from None
    settle(out)
    return out


def _where(notebook: Path, error: Any) -> str:
    """Return one line for an exception in a notebook: the cell as its author counts them."""
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


def settle(path: Path) -> None:
    """Rewrite an executed notebook without times, ids of runs and names of machines."""
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata.pop("papermill", None)
    notebook.metadata["kernelspec"] = dict(KERNEL)
    notebook.metadata["language_info"] = {"name": "python"}
    for cell in notebook.cells:
        for key in ("papermill", "execution"):
            cell.metadata.pop(key, None)
        if "injected-parameters" in cell.metadata.get("tags", ()):
            cell["id"] = "injected-parameters"
    text = nbformat.writes(notebook) + "\n"
    partial = path.with_suffix(".part")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)


def store(notebooks: Sequence[Path]) -> None:
    """Run notebooks with their own defaults and keep the outputs in them, for nbval and readers."""
    with warm_kernels(PRELOAD):
        for notebook in notebooks:
            run_notebook(notebook, notebook, {})


if __name__ == "__main__":
    from wavebook.project import Project

    here = Project.find()
    store((*here.notebooks, *here.chapters))
