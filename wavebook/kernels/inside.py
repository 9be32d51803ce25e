"""A notebook run in one process, kernel and all: for many runs of notebooks that are known to run.

An ordinary kernel is asked for each cell through sockets, by a client that waits beside it; what
the two need to find each other takes longer than most cells. Here papermill, its client and
IPython's shell share a process, which is forked for the one notebook and ends with it. The shell is
that of an ordinary kernel, and so is all it sends.

What only an ordinary kernel can do is left to one: a notebook that asks for input, talks to
widgets, ends its kernel, or has another program print, is refused with `NotHereError`.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NoReturn

import comm
import nbformat
from ipykernel.compiler import XCachingCompiler
from ipykernel.zmqshell import ZMQInteractiveShell
from jupyter_client.session import Session
from nbclient.exceptions import CellExecutionError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine
from papermill.execute import raise_for_execution_errors, remove_error_markers
from papermill.iorw import load_notebook_node
from papermill.parameterize import parameterize_notebook

from wavebook.kernels.kernelapp import simple_options

# What a cell may send; a kernel that runs elsewhere is asked whatever needs an answer.
SENT = frozenset(
    ("stream", "display_data", "update_display_data", "execute_result", "clear_output", "error")
)


class NotHereError(Exception):
    """A notebook must be run by an ordinary kernel, for the reason given."""


class Outbox(Session):
    """Where the shell's messages go: nowhere, until somebody takes them.

    Attributes
    ----------
    refusal
        Why only an ordinary kernel can run the notebook; empty if there is no reason so far.
    """

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self.refusal = ""
        self._sent: list[dict[str, Any]] = []

    def send(  # type: ignore[override]  # nothing more than that is asked for
        self, stream: Any, message: Any, content: Any = None, *_: Any, **__: Any
    ) -> dict[str, Any]:
        """Keep a message, given whole or by its kind and content."""
        whole = message if isinstance(message, dict) else self.msg(message, content)
        if whole["msg_type"] not in SENT:
            self.refuse(f"it sends {whole['msg_type']}")
        self._sent.append(whole)
        return dict(whole)

    def refuse(self, why: str) -> NoReturn:
        """Leave the notebook to an ordinary kernel, even if it takes no notice of the exception."""
        self.refusal = why
        raise NotHereError(why)

    def taken(self) -> list[dict[str, Any]]:
        """Return what was sent since the last time, as it would have arrived."""
        sent, self._sent = self._sent, []
        arrived = ({**one, "content": self.unpack(self.pack(one["content"]))} for one in sent)
        return [one | {"parent_header": {}} for one in arrived]


class Printed(io.StringIO):
    """Standard output or error of a cell: sent as ipykernel sends it, when something follows."""

    encoding = "UTF-8"

    def __init__(self, name: str, outbox: Outbox) -> None:
        super().__init__()
        self._name, self._outbox = name, outbox

    def flush(self) -> None:
        """Send what was printed."""
        if text := self.getvalue():
            self.seek(0)
            self.truncate()
            self._outbox.send(None, "stream", {"name": self._name, "text": text})


class NoKernel:
    """What stands where a shell knows its kernel."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    def __getattr__(self, name: str) -> NoReturn:
        self._outbox.refuse(f"it asks the kernel for {name}")


class Inside(PapermillNotebookClient):  # type: ignore[misc]  # papermill has no types
    """Papermill's client, with the shell where it has a kernel's address."""

    def execute(self, **_: Any) -> Any:
        """Run the notebook's cells, as papermill does, and return it."""
        self.reset_execution_trackers()
        self.outbox = Outbox()
        self.shell = shell_of(self.extra_arguments, self.outbox)
        self.papermill_execute_cells()
        return self.nb

    def execute_cell(self, cell: Any, cell_index: int, *_: Any, **__: Any) -> Any:
        """Run a cell and put into it what it sends.

        Raises
        ------
        CellExecutionError
            If it raises.
        NotHereError
            If an ordinary kernel must run it.
        """
        if cell.cell_type != "code" or not cell.source.strip():
            return cell
        cell.outputs = []
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
            raise NotHereError(f"cell {cell_index} ends its kernel")
        if isinstance(raised, EOFError):  # it may have asked for input, of which there is none
            raise NotHereError(f"cell {cell_index}: {raised}")
        if self.outbox.refusal:
            raise NotHereError(f"cell {cell_index}: {self.outbox.refusal}")
        sent = self.outbox.taken()
        for message in sent:
            self.process_message(message, cell, cell_index)
        if raised and "raises-exception" not in cell.metadata.get("tags", ()):
            told = [one["content"] for one in sent if one["msg_type"] == "error"]
            raise CellExecutionError.from_cell_and_msg(cell, told[-1] if told else {})
        return cell


class InsideEngine(Engine):  # type: ignore[misc]  # as above
    """The papermill engine that runs a notebook in the process that it is in."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **options: Any) -> None:
        """Run papermill's notebook; of the options, `extra_arguments` are those of a kernel."""
        Inside(nb_man, extra_arguments=list(options["extra_arguments"])).execute()


def execute(notebook: Path, parameters: Mapping[str, Any], arguments: Sequence[str]) -> Any:
    """Run a notebook in this process and return it, as `papermill.execute_notebook` would.

    That would make text of the notebook once more, for a file that nobody wants.

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
    """
    loaded = load_notebook_node(str(notebook))
    if parameters:
        loaded = parameterize_notebook(
            loaded, dict(parameters), kernel_name="python3", language="python"
        )
    executed = InsideEngine.execute_notebook(
        remove_error_markers(loaded), "python3", progress_bar=False, extra_arguments=arguments
    )
    raise_for_execution_errors(executed, None)
    return executed


def shell_of(arguments: Sequence[str], outbox: Outbox) -> Any:
    """Return the shell of an ordinary kernel, without a kernel: what it sends goes to the outbox.

    Parameters
    ----------
    arguments
        Those of the kernel: options, and extensions to load.
    """
    if problem := own_settings():
        raise NotHereError(problem)
    config = simple_options(["-f", "", *arguments])
    if config is None:
        raise NotHereError(f"it starts with {' '.join(arguments)}")
    # A widget would be told that all is well, and nothing would be sent.
    comm.create_comm = lambda *_, **__: outbox.refuse("it talks to a widget")
    config.HistoryManager.enabled = False  # nobody asks what was run, and it starts a thread
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    shell: Any = ZMQInteractiveShell.instance(
        config=config, compiler_class=XCachingCompiler, kernel=NoKernel(outbox)
    )
    for sender in (shell.displayhook, shell.display_pub):
        sender.session, sender.pub_socket = outbox, None
    if extension := config.IPKernelApp.get("extra_extensions"):
        shell.extension_manager.load_extension(str(extension))
    return shell


def own_settings() -> str:
    """Return what a user has told all kernels to do as they start; nothing otherwise."""
    home = Path(os.environ.get("IPYTHONDIR") or "~/.ipython").expanduser() / "profile_default"
    named = [home / "ipython_config.py", home / "ipython_kernel_config.py"]
    found = [path.name for path in (*named, *home.glob("startup/*.*py")) if path.exists()]
    return ", ".join([*found, *(["PYTHONSTARTUP"] if "PYTHONSTARTUP" in os.environ else [])])


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


nbformat.validate(nbformat.v4.new_notebook())  # the validator is compiled once, before any fork
