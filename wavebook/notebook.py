"""One notebook run with papermill, in a kernel or in a fork without one; errors name the place."""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wavebook.errors import WavebookError, nearest, short
from wavebook.kernels.block import ENGINE, call_fork
from wavebook.kernels.running import KernelEndedError, Running
from wavebook.notebook_file import check_shape, heading_in, number_of

if TYPE_CHECKING:
    from nbformat import NotebookNode

MAGIC = re.compile(r"%%( *)(\w+)[^\n]*")
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def run_notebook(
    notebook: Path,
    parameters: Mapping[str, Any],
    *,
    arguments: Sequence[str] = (),
    running: Running | None = None,
    to_store: bool = False,
) -> bytes:
    """Run one notebook and return it with its outputs, and nothing that differs between two runs.

    Parameters
    ----------
    arguments
        Further arguments for its kernel.
    running
        The kernels that are to be ended with this one.
    to_store
        Whether it takes the place of the notebook: its title then stays as its author wrote it.

    Raises
    ------
    KernelEndedError
        If its kernel is killed.
    WavebookError
        If a cell raises, or the file is no notebook.
    """
    import papermill  # noqa: PLC0415  # what it takes to run notebooks, some have no need to

    check_shape(notebook)
    with _in_our_words(notebook):
        executed = papermill.execute_notebook(
            re.sub(r"([{}])", r"\1\1", str(notebook)),  # papermill fills in what is in braces
            None,
            parameters=dict(parameters),
            progress_bar=False,
            log_output=False,
            kernel_name="python3",
            language="python",  # a notebook that somebody else's tool wrote may not say so
            engine_name=ENGINE,
            # papermill would change the folder of this process, which all its threads share.
            resources={"metadata": {"path": str(notebook.parent)}},
            extra_arguments=list(arguments),
            kernel_manager_class=(running or Running()).kernel_manager,
        )
    _check_end(notebook, executed)
    if not to_store:
        retitle(executed)
    return settled(executed)


def _check_end(notebook: Path, executed: NotebookNode) -> None:
    """Refuse a notebook that ended itself in the middle: papermill takes that for success."""
    for cell in executed.cells:
        for output in cell.get("outputs", ()):
            if output.output_type == "error" and output.ename == "SystemExit":
                number = number_of(notebook, cell.source) or 0
                raise WavebookError(
                    f"{notebook.parent.name}/{notebook.name}, cell {number}: SystemExit: "
                    "the cells after it were not run"
                )


@contextmanager
def _in_our_words(notebook: Path) -> Iterator[None]:
    """Say what papermill raises of a notebook as people are told of it."""
    import nbformat  # noqa: PLC0415  # as above
    import papermill  # noqa: PLC0415

    logging.getLogger("papermill").addHandler(logging.NullHandler())  # it would tell as well
    name = f"{notebook.parent.name}/{notebook.name}"
    try:
        yield
    except papermill.PapermillExecutionError as error:
        raise WavebookError(_where(notebook, error)) from None
    except nbformat.ValidationError as error:  # of an output
        shown = ", ".join(map(str, error.relative_path))
        raise WavebookError(
            f"{name}: a cell shows what a notebook cannot hold: {shown}: "
            f"{short(repr(error.instance))}"
        ) from None
    except RuntimeError as error:  # nbclient's and jupyter_client's word for a kernel's death
        raise KernelEndedError(f"{name}: its kernel has ended: {error}") from None
    except (OSError, ValueError, nbformat.reader.NotJSONError) as error:
        raise WavebookError(f"{name}: {str(error).splitlines()[0]}") from None


def _where(notebook: Path, error: Any) -> str:
    """Return one line for an exception in a notebook: the cell as its author counts them."""
    cell = number_of(notebook, error.source) or error.cell_index
    plain = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(error.traceback))
    lines = re.findall(r"Cell In\[\d+\], line (\d+)|-{2,}> ?(\d+) ", plain)
    line = next((first or second for first, second in lines), None)
    place = f"{notebook.parent.name}/{notebook.name}, cell {cell}" + (
        f", line {line}" if line else ""
    )
    if error.ename == "CellExecutionError" and (magic := MAGIC.match(error.source)):
        # IPython prints what is wrong with the use of a magic, and raises nothing.
        space, name = magic.groups()
        if space:
            return f"{place}: found '%%{space}{name}'; expected '%%{name}', without a space"
        if not error.source[magic.end() :].strip():
            return f"{place}: %%{name}: expected text below it, found none"
        from wavebook.commentary import MAGIC as OURS  # noqa: PLC0415  # Jinja

        return f"{place}: %%{name} cannot be used so{nearest(name, [OURS])}"
    message = " ".join((error.evalue or "").split()) or "without a message"
    name = "" if error.ename == "WavebookError" else f"{error.ename}: "
    return f"{place}: {name}{message}"


def retitle(notebook: NotebookNode) -> None:
    """Give an executed notebook its other title, if the conclusion in the first does not hold.

    See `wavebook.finding.Finding.title`.
    """
    # What has run it knows these.
    from wavebook.exports import FIRST_TITLE, METADATA, TITLE, VALUES_MIME  # noqa: PLC0415

    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    shown = [output.get("data", {}).get(VALUES_MIME, {}) for output in outputs]
    other = next((values[TITLE] for values in shown if TITLE in values), None)
    if other is None:
        return
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and (first := heading_in(cell.source)):
            cell.metadata[METADATA] = {FIRST_TITLE: first["title"].strip()}
            above, below = cell.source[: first.start()], cell.source[first.end() :]
            cell.source = f"{above}# {other}{below}"
            return


def settled(notebook: NotebookNode) -> bytes:
    """Return an executed notebook's text without times, ids of runs and names of machines."""
    from nbformat.v4 import nbjson, rwbase  # noqa: PLC0415

    notebook.metadata.pop("papermill", None)
    notebook.metadata["kernelspec"] = dict(KERNEL)
    notebook.metadata["language_info"] = {"name": "python"}
    for cell in notebook.cells:
        for key in ("papermill", "execution"):
            cell.metadata.pop(key, None)
        if "injected-parameters" in cell.metadata.get("tags", ()):
            cell["id"] = "injected-parameters"
    # As `nbformat.writes` does, which copies it first, and validates it, of which nothing but a
    # warning can come.
    lines = rwbase.strip_transient(rwbase.split_lines(notebook))
    text = json.dumps(lines, cls=nbjson.BytesEncoder, ensure_ascii=False, indent=1, sort_keys=True)
    return f"{text}\n".encode()


def run_inside(
    notebook: Path,
    parameters: Mapping[str, Any],
    target: Path,
    arguments: Sequence[str],
    running: Running,
) -> bytes | None:
    """Run a notebook in a fork without a kernel; None if it must be run by an ordinary kernel.

    Parameters
    ----------
    target
        The file for the notebook as it was run.

    Raises
    ------
    KernelEndedError
        If all that runs is being ended.
    WavebookError
        As for `run_notebook`.
    """
    from wavebook.kernels.template import NotForkedError  # noqa: PLC0415  # sockets

    given = json.dumps(dict(parameters)), str(target), *arguments
    try:
        told = call_fork(__name__, "run_here", str(notebook), *given, started=running.add)
    except (NotForkedError, RuntimeError) as ended:
        if running.is_stopped:
            raise KernelEndedError(f"{notebook.name}: {ended}") from None
        return None  # if it has ended by itself, an ordinary kernel will tell how
    if told.get("failed"):
        raise WavebookError(told["failed"])
    return None if told else target.read_bytes()


def run_here(notebook: str, parameters: str, target: str, *arguments: str) -> dict[str, str]:
    """Run a notebook in this process, which ends with it, and write what it became to a file.

    Returns
    -------
    dict
        What is wrong with the notebook, as ``failed``, or why it must be run by an ordinary kernel,
        as ``refused``; empty if it was run.
    """
    from wavebook.kernels.inside import execute  # noqa: PLC0415  # brings papermill
    from wavebook.kernels.shell import NotHereError  # noqa: PLC0415  # IPython

    path = Path(notebook)
    os.chdir(path.parent)
    try:
        with _in_our_words(path):
            executed = execute(path, json.loads(parameters), arguments)
        _check_end(path, executed)
        retitle(executed)
        content = settled(executed)
    except (NotHereError, KernelEndedError) as problem:
        return {"refused": str(problem)}
    except WavebookError as problem:
        return {"failed": str(problem)}
    write(Path(target), content)
    return {}


def write(path: Path, content: bytes) -> None:
    """Write a file as a whole: it never holds half of a notebook."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    partial.write_bytes(content)
    partial.replace(path)
