"""The shell of an ordinary kernel without a kernel: what it sends is kept until somebody takes it.

What only an ordinary kernel can do is left to one: a notebook that asks for input, talks to
widgets, ends its kernel, or has another program print, is refused with `NotHereError`.
"""

from __future__ import annotations

import atexit
import io
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NoReturn

import comm
from ipykernel.compiler import XCachingCompiler
from ipykernel.zmqshell import ZMQInteractiveShell
from IPython.paths import get_ipython_dir
from jupyter_client.session import Session
from traitlets.config import Config

from wavebook.kernels.kernelapp import simple_options

MOST_CELLS = 1_000  # that are remembered
# What a cell may send; a kernel that runs elsewhere is asked whatever needs an answer.
SENT = frozenset(
    ("stream", "display_data", "update_display_data", "execute_result", "clear_output", "error")
)
# What a notebook's processes may be told that changes nothing about a shell as it is made.
OF_NO_SHELL = frozenset(("IPKernelApp", "Trace"))


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


# Shells made before the process was forked in which one is used, by the environment they heed.
_made: dict[str | None, Any] = {}


def prepare() -> None:
    """Make the shell of the processes that are going to be forked from this one."""
    if environment() in _made or own_settings():
        return
    main, variables = sys.modules["__main__"], dict(os.environ)
    with tempfile.TemporaryDirectory() as folder:  # nobody's settings, and nothing is left of it
        shell = _new_shell(Config(), Outbox(), ipython_dir=folder)
    sys.modules["__main__"] = main
    os.environ.clear()
    os.environ.update(variables)
    atexit.unregister(shell.atexit_operations)
    manager = shell.input_transformer_manager
    manager.transform_cell = _remembered(manager)
    _made[environment()] = shell


def look_at(cell: str) -> str:
    """Return a cell as Python, which those who are forked from this process need not work out."""
    shell = _made.get(environment())
    return str(shell.transform_cell(cell)) if shell else cell


def _remembered(manager: Any) -> Callable[[str], str]:
    """Return what makes Python of cells, each once, unless somebody changes how that is done."""
    plain = manager.transform_cell

    @lru_cache(MOST_CELLS)
    def transform(cell: str, *_: object) -> str:
        return str(plain(cell))

    def transform_cell(cell: str) -> str:
        steps = (manager.cleanup_transforms, manager.line_transforms, manager.token_transformers)
        return transform(cell, *map(tuple, steps))

    return transform_cell


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
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    shell = _made.get(environment()) if set(config) <= OF_NO_SHELL else None
    shell = _taken_on(shell, config) if shell else _new_shell(config, outbox)
    for one in type(shell)._walk_mro():
        one._instance = shell  # as its `instance` does
    shell.kernel = NoKernel(outbox)
    for sender in (shell.displayhook, shell.display_pub):
        sender.session, sender.pub_socket = outbox, None
    if extension := config.IPKernelApp.get("extra_extensions"):
        shell.extension_manager.load_extension(str(extension))
    return shell


def _new_shell(config: Config, outbox: Outbox, **options: Any) -> Any:
    config.HistoryManager.enabled = False  # nobody asks what was run, and it starts a thread
    return ZMQInteractiveShell(  # type: ignore[no-untyped-call]
        config=config, compiler_class=XCachingCompiler, kernel=NoKernel(outbox), **options
    )


def _taken_on(shell: Any, config: Config) -> Any:
    """Return a shell that was made elsewhere, as if it had been made here."""
    shell.config.merge(config)
    shell.ipython_dir = get_ipython_dir()
    shell.init_profile_dir(None)
    shell.init_environment()
    shell.starting_dir = str(Path.cwd())
    shell.history_manager.reset(new_session=False)  # which remembers the folder
    shell.init_sys_modules()
    atexit.register(shell.atexit_operations)
    return shell


def environment() -> str | None:
    """Return what a shell heeds of the environment when it is made."""
    return os.environ.get("VIRTUAL_ENV")


def own_settings() -> str:
    """Return what a user has told all kernels to do as they start; nothing otherwise."""
    home = Path(os.environ.get("IPYTHONDIR") or "~/.ipython").expanduser() / "profile_default"
    named = [home / "ipython_config.py", home / "ipython_kernel_config.py"]
    found = [path.name for path in (*named, *home.glob("startup/*.*py")) if path.exists()]
    return ", ".join([*found, *(["PYTHONSTARTUP"] if "PYTHONSTARTUP" in os.environ else [])])
