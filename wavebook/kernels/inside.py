"""A notebook run in one process, kernel and all: for many runs of notebooks that are known to run.

An ordinary kernel is asked for each cell through sockets, by a client that waits beside it; what
the two need to find each other takes longer than most cells. Here nbclient's client and IPython's
shell share a process, which is forked for the one notebook and ends with it. The shell is that of
an ordinary kernel (`wavebook.kernels.shell`), and so is all it sends.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from itertools import starmap
from pathlib import Path
from typing import Any

import nbclient.client
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import output_from_msg
from papermill.execute import raise_for_execution_errors, remove_error_markers
from papermill.iorw import load_notebook_node
from papermill.translators import translate_parameters
from papermill.utils import find_first_tagged_cell_index

from wavebook.kernels.shell import NotHereError, Outbox, Printed, shell_of
from wavebook.notebook_file import INJECTED, check_shape

JSON = re.compile(r"application/(.*\+)?json")


class Inside(NotebookClient):
    """nbclient's client, with the shell where it has a kernel's address."""

    def __init__(self, notebook: NotebookNode, shell: Any, outbox: Outbox) -> None:
        super().__init__(notebook)
        self.shell, self.outbox = shell, outbox

    def run(self) -> None:
        """Run the notebook's cells up to the first that raises, as papermill does.

        Raises
        ------
        NotHereError
            If an ordinary kernel must run it.
        """
        for index, cell in enumerate(self.nb.cells):
            if cell.cell_type == "code" and not self._is_run(cell, index):
                cell.metadata["papermill"] = {"exception": True}  # by which papermill knows it
                break

    def _is_run(self, cell: NotebookNode, index: int) -> bool:
        """Run a cell, put into it what it sends, and return whether the next is to be run."""
        if not cell.source.strip():
            return True
        self.clear_before_next_output = False
        cell.execution_count = self.shell.execution_count
        with (
            redirect_stdout(Printed("stdout", self.outbox)) as out,
            redirect_stderr(Printed("stderr", self.outbox)) as err,
            nothing_else_prints(),
        ):
            done = self.shell.run_cell(cell.source, store_history=True)
            out.flush()
            err.flush()
        raised = done.error_before_exec or done.error_in_exec
        if self.shell.exit_now or not isinstance(raised, Exception | None):
            raise NotHereError(f"cell {index} ends its kernel")
        if isinstance(raised, EOFError):  # it may have asked for input, of which there is none
            raise NotHereError(f"cell {index}: {raised}")
        if self.outbox.refusal:
            raise NotHereError(f"cell {index}: {self.outbox.refusal}")
        for message in self.outbox.taken():
            self.process_message(message, cell, index)
        return not raised or "raises-exception" in cell.metadata.get("tags", ())


def execute(notebook: Path, parameters: Mapping[str, Any], arguments: Sequence[str]) -> Any:
    """Run a notebook in this process and return it, as `papermill.execute_notebook` would.

    That would make text of the notebook once more, for a file that nobody wants, and note when each
    cell begins and ends.

    Parameters
    ----------
    arguments
        Those of a kernel.

    Raises
    ------
    NotHereError
        If an ordinary kernel must run it.
    PapermillExecutionError
        If a cell raises.
    WavebookError
        If the file is no notebook.
    """
    nbclient.client.output_from_msg = output_of  # type: ignore[attr-defined]
    loaded = _loaded(notebook)
    if parameters:
        _inject(loaded, parameters)
    loaded = remove_error_markers(loaded)
    for cell in loaded.cells:
        if cell.cell_type == "code":
            cell.execution_count, cell.outputs = None, []
    outbox = Outbox()
    Inside(loaded, shell_of(arguments, outbox), outbox).run()
    raise_for_execution_errors(loaded, None)
    return loaded


def output_of(message: Mapping[str, Any]) -> Any:
    """Return a message as an output of a notebook, as nbformat does.

    It would look through its schema for each, at the cost of all else that is done with an output.
    What cannot be wrong is not looked up there.
    """
    kind, content = message["msg_type"], message["content"]
    names: tuple[str, ...]
    match content:
        case {"data": dict(data), "metadata": dict()} if all(starmap(_is_shown, data.items())):
            names = ("data", "metadata", "execution_count")
        case {"name": "stdout" | "stderr", "text": str()}:
            names = ("name", "text")
        case _:
            return output_from_msg(message)
    output = NotebookNode(output_type=kind)
    dict.update(output, {name: content[name] for name in names if name in content})
    return output


def _is_shown(kind: str, value: object) -> bool:
    """Return whether a value is what nbformat expects of a kind: anything if that is JSON."""
    return isinstance(value, str) or JSON.fullmatch(kind) is not None


# Notebooks that were read before the process was forked that runs them, and what was read.
_read: dict[Path, tuple[bytes, Any]] = {}


def read_ahead(notebook: str) -> None:
    """Read a notebook for the processes that are going to be forked from this one."""
    path = Path(notebook)
    content = path.read_bytes()
    if path not in _read or _read[path][0] != content:
        check_shape(path)
        _read[path] = content, load_notebook_node(notebook)


def _loaded(path: Path) -> Any:
    """Return a notebook, which only this process will change."""
    content, notebook = _read.pop(path, (None, None))
    if content is not None and path.read_bytes() == content:
        return notebook
    check_shape(path)
    return load_notebook_node(str(path))


def _inject(notebook: NotebookNode, parameters: Mapping[str, Any]) -> None:
    """Put a cell with parameters where papermill does, which validates it."""
    given = translate_parameters("python3", "python", dict(parameters), "Parameters")
    cell = NotebookNode(
        id=INJECTED, cell_type="code", execution_count=None, source=given, outputs=[],
        metadata=NotebookNode(tags=[INJECTED]),
    )  # fmt: skip
    earlier = find_first_tagged_cell_index(notebook, INJECTED)
    if earlier >= 0:
        notebook.cells[earlier] = cell
    else:
        notebook.cells.insert(find_first_tagged_cell_index(notebook, "parameters") + 1, cell)


@contextmanager
def nothing_else_prints() -> Iterator[None]:
    """Refuse what is written past Python, to the process's own standard output and error."""
    caught = os.memfd_create("printed")
    kept = [(number, os.dup(number)) for number in (1, 2)]
    for number, _ in kept:
        os.dup2(caught, number)
    try:
        yield
        if os.fstat(caught).st_size:
            raise NotHereError("something prints that is not Python")
    finally:
        for number, copy in kept:
            os.dup2(copy, number)
            os.close(copy)
        os.close(caught)
