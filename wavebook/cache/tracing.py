"""In a kernel of a build: what its notebook reads, written to a file after each cell.

An IPython extension, which a build loads into every kernel it starts (`arguments`). What the engine
knows the meaning of arrives through `wavebook.reads`: columns, questions. Everything else that a
notebook may read shows in Python's audit events: files, folders. Where these tell of something that
no list of files can stand for (another program, the network, a file that the notebook writes), the
record says so, and the result is not kept.
"""

from __future__ import annotations

import ast
import json
import os
import site
import sys
import sysconfig
import tempfile
from contextlib import suppress
from functools import cache, lru_cache, partial, wraps
from itertools import takewhile
from operator import ne
from pathlib import Path
from types import FrameType
from typing import Any

from wavebook import reads

ENGINE = f"{Path(__file__).parents[1]}{os.sep}"
SYSTEM = ("/proc/", "/sys/", "/dev/", "/etc/", "/usr/")
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGES = frozenset(("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink"))
BEYOND = {
    "subprocess.Popen": "it starts other programs",
    "os.system": "it starts other programs",
    "os.exec": "it starts other programs",
    "os.posix_spawn": "it starts other programs",
    "os.spawn": "it starts other programs",
    "os.fork": "it starts other processes",
    "os.forkpty": "it starts other processes",
    "pty.spawn": "it starts other programs",
    "socket.connect": "it uses the network",
    "urllib.Request": "it uses the network",
    "sqlite3.connect": "it uses a database",
}
HEARD = CHANGES | BEYOND.keys() | {"open", "import", "os.listdir", "os.scandir"}
# Libraries that open files without Python, and so without an event, and pandas' ways to them.
NATIVE = frozenset(
    ("duckdb", "polars", "pyarrow", "pyreadstat", "python_calamine", "dask", "h5py", "tables",
     "netCDF4", "fastparquet", "lxml")
)  # fmt: skip
READERS = frozenset(("read_parquet", "read_spss", "read_hdf"))
UNSEEN = "?"
STANDARD = (f"{sysconfig.get_path('stdlib')}{os.sep}", "<frozen ")
IMPORTER = "<frozen importlib._bootstrap_external>"


def arguments(record: Path, root: Path) -> list[str]:
    """Return what a kernel is started with so that it writes its record to a file."""
    return [
        f"--IPKernelApp.extra_extensions={__name__}",
        f"--Trace.record={record}",
        f"--Trace.root={root}",
    ]


def load_ipython_extension(shell: Any) -> None:
    """Begin to listen; IPython calls this before the first cell."""
    told = shell.config.Trace
    trace = Trace(Path(str(told.record)), Path(str(told.root)))
    reads.listen(trace.read)
    sys.addaudithook(trace.hear)
    os.stat = _seen_by(trace)
    type(os.environ).__getitem__ = _asked_by(trace)  # type: ignore[method-assign]
    shell.events.register("post_run_cell", lambda result: trace.after(shell, result))


def _seen_by(trace: Trace) -> Any:
    """Return `os.stat` that lets a trace know of what is looked at: Python has no event for it."""
    stat = os.stat

    @wraps(stat)
    def seen(path: Any, *arguments: Any, **options: Any) -> os.stat_result:
        is_path = isinstance(path, (str, bytes, os.PathLike))
        if reads.is_heard() and is_path and _is_authors(sys._getframe(1)):
            trace.look(os.fspath(path))
        return stat(path, *arguments, **options)

    return seen


def _asked_by(trace: Trace) -> Any:
    """Return how a variable of the environment is asked for, with a trace that knows of it."""
    ask: Any = type(os.environ).__getitem__

    @wraps(ask)
    def asked(variables: Any, name: Any) -> Any:
        is_known = variables is os.environ and isinstance(name, str)
        if reads.is_heard() and is_known and _is_authors(sys._getframe(1)):
            trace.read.add(f"environment:{name}")
        return ask(variables, name)

    return asked


def _is_authors(asks: FrameType) -> bool:
    """Whether an author's code asks, if by way of Python's own; the engine tells what it reads."""
    while asks.f_back and asks.f_code.co_filename.startswith(STANDARD):
        asks = asks.f_back
    return not asks.f_code.co_filename.startswith(_foreign_places())


class Trace:
    """What one kernel's notebook has read so far.

    Attributes
    ----------
    read
        Kinds and names, as `wavebook.reads.note` makes them.
    beyond
        Why the result cannot be kept; empty if it can.
    """

    def __init__(self, record: Path, root: Path) -> None:
        self.record = record
        self.root = f"{root}{os.sep}"
        self.read: set[str] = set()
        self.beyond: set[str] = set()
        self.modules: set[str] = set()
        self.packages: set[str] = set(_packages)
        self._told: tuple[int, ...] = ()  # how much has been written
        self._written: set[str] = set()
        self._seen = _seen  # the last module that was looked at
        self._before = frozenset(_loaded_since(_seen))
        self._foreign = _foreign_places()
        # Asked for now: within an event no lock may be taken that its cause may hold.
        self._temporary = tempfile.gettempdir() + os.sep

    # What Python tells

    def hear(self, event: str, args: tuple[Any, ...]) -> None:
        """Take note of an audit event."""
        if event not in HEARD:
            return
        if event == "open":
            if reads.is_heard() and isinstance(args[0], (str, bytes, os.PathLike)):
                self._open(os.fspath(args[0]), args[1], args[2])
        elif event == "import":
            self._import(str(args[0]))
        elif event in ("os.listdir", "os.scandir"):
            if reads.is_heard() and sys._getframe(1).f_code.co_filename != IMPORTER:
                self._list(args[0])
        elif event in CHANGES:
            self._change(args[0])
        elif event in BEYOND and reads.is_heard():
            self.beyond.add(BEYOND[event])

    def _open(self, name: str | bytes, mode: str | None, flags: int) -> None:
        path = os.path.abspath(os.fsdecode(name))  # noqa: PTH100 - it must not look at the file
        if path.startswith(ENGINE) and not path.endswith((".py", ".pyc")):
            self.read.add(f"engine:{path.removeprefix(ENGINE)}")
        if self._is_foreign(path):
            return
        writes = bool(flags & WRITING) if mode is None else bool(set(mode) & set("wax+"))
        if writes:
            self._written.add(path)
            self._change(path)
        elif path not in self._written and not path.endswith(".pyc"):
            self.read.add(f"file:{path}")

    def _import(self, module: str) -> None:
        """Note where a module of an author's own would be found, whether it is or not."""
        if "." in module or module in sys.stdlib_module_names or not reads.is_heard():
            return
        for folder in sys.path:
            place = os.path.abspath(folder or ".")  # noqa: PTH100 - as above
            if f"{place}{os.sep}".startswith(self.root) and not self._is_foreign(place + os.sep):
                inside = (f"{module}.py", os.path.join(module, "__init__.py"))  # noqa: PTH118
                self.read |= {f"file:{os.path.join(place, name)}" for name in inside}  # noqa: PTH118

    def look(self, name: str | bytes) -> None:
        """Take note of a file of the project whose size, or being there, a notebook asks for."""
        path = os.path.abspath(os.fsdecode(name))  # noqa: PTH100 - as above
        if path.startswith(self.root) and path not in self._written and not self._is_foreign(path):
            self.read.add(f"file:{path}")

    def _list(self, name: Any) -> None:
        if name is None or isinstance(name, (str, bytes, os.PathLike)):
            path = os.path.abspath(os.fsdecode(name or "."))  # noqa: PTH100 - as above
            if not self._is_foreign(path):
                self.read.add(f"folder:{path}")

    def _change(self, name: Any) -> None:
        if not reads.is_heard() or not isinstance(name, (str, bytes, os.PathLike)):
            return
        path = os.path.abspath(os.fsdecode(name))  # noqa: PTH100 - as above
        if not self._is_foreign(path) and not self._is_temporary(path):
            self.beyond.add(f"it writes {path}")

    def _is_foreign(self, path: str) -> bool:
        """Whether a path is Python's, a package's, the engine's, the system's, or somebody's own.

        That is in a hidden folder: of the project, as that of the cache, or of a home.
        """
        if path.startswith(self._foreign) or "__pycache__" in path:
            return True
        if path.startswith(self.root):
            return "/." in path.rpartition(os.sep)[0].removeprefix(self.root[:-1])
        return path.startswith(SYSTEM) or "/." in path

    def _is_temporary(self, path: str) -> bool:
        inside = f"{path}{os.sep}"  # `tempfile` opens the folder itself, in its own way
        return inside.startswith(self._temporary) and not inside.startswith(self.root)

    # What IPython tells

    def after(self, shell: Any, result: Any) -> None:
        """Note what a cell imports, and write the record if it says more than before."""
        with reads.unnoted():
            source = getattr(result.info, "transformed_cell", None)  # is not there in old versions
            if source is None:
                source = shell.transform_cell(getattr(result.info, "raw_cell", "") or "")
            self.modules |= imported(str(source))
            self._look_at_modules()
            found = {
                "read": self.read,
                "modules": self.modules,
                "packages": self.packages,
                "beyond": self.beyond,
            }
            size = tuple(map(len, found.values()))  # nothing is ever taken out again
            if size != self._told:
                told = {name: sorted(things) for name, things in found.items()}
                # Whoever is killed meanwhile leaves no JSON, which is no record.
                self.record.write_text(json.dumps(told), encoding="utf-8")
                self._told = size

    def _look_at_modules(self) -> None:
        """Note what has been loaded since the last time: packages, and an author's own modules."""
        new = _loaded_since(self._seen)
        for name in new:
            self._seen = new[0]
            top, inside, _ = name.partition(".")
            file = getattr(sys.modules.get(name), "__file__", None)
            if is_ours(name):
                self.modules |= {name} - self._before
            elif (
                file
                and not file.startswith(self._foreign)
                and name != "__main__"
                and not self._is_foreign(file)
            ):
                self.read.add(f"file:{file}")
                with suppress(OSError, UnicodeDecodeError):
                    self.modules |= imported(Path(file).read_text(encoding="utf-8"))
            elif not inside and top not in sys.stdlib_module_names:
                self.packages.add(top)


# What `look_ahead` has seen: the last module, and the packages there are.
_seen: str | None = None
_packages: set[str] = set()


def look_ahead() -> None:
    """Note the packages that are loaded, once for the traces of all processes forked later.

    The engine's modules are seen as well: those that are loaded before a notebook runs say nothing
    of it. Where there are modules of an author's own, all are left to the traces.
    """
    global _seen  # noqa: PLW0603  # it is known to the processes that are forked from this one
    foreign = _foreign_places()
    new = _loaded_since(_seen)
    for name in new:
        top, inside, _ = name.partition(".")
        file = getattr(sys.modules[name], "__file__", None)
        if name != "__main__" and file and not file.startswith(foreign):
            return
        if not (inside or is_ours(name) or top in sys.stdlib_module_names):
            _packages.add(top)
    _seen = new[0] if new else _seen


def _loaded_since(module: str | None) -> list[str]:
    """Return the names of the modules that were loaded after one, the last first; None: of all.

    The others are not touched: to look at thousands of names is to copy the memory that a fork
    shares.
    """
    return list(takewhile(partial(ne, module), reversed(sys.modules)))


@lru_cache(1024)
def imported(source: str) -> frozenset[str]:
    """Return what matters of a piece of code's imports.

    That is the engine's modules, ``*`` for any of them where the code does not tell; and `UNSEEN`
    where it names something that reads files without Python's knowledge.
    """
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return frozenset((reads.ALL,))
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Import(names):
                found |= {alias.name for alias in names}
            case ast.ImportFrom(str(module), names, 0):
                found |= {module, *(f"{module}.{alias.name}" for alias in names)}
            case ast.Name(name) | ast.Attribute(attr=name) if name in READERS:
                found.add(UNSEEN)
            case ast.Name(name) if name in ("__import__", "exec", "eval"):
                found.add(reads.ALL)
    tops = {name.partition(".")[0] for name in found}
    if tops & {"importlib", "runpy", "imp"}:
        found.add(reads.ALL)
    if tops & NATIVE:
        found.add(UNSEEN)
    return frozenset(name for name in found if is_ours(name) or name in (UNSEEN, reads.ALL))


def is_ours(module: str) -> bool:
    """Return whether a module is the engine's."""
    return module.partition(".")[0] == "wavebook"


@cache
def _foreign_places() -> tuple[str, ...]:
    kinds = ("stdlib", "platstdlib", "purelib", "platlib")
    paths = {sysconfig.get_paths()[kind] for kind in kinds} | set(site.getsitepackages())
    with suppress(AttributeError):
        paths.add(site.getusersitepackages())
    return (ENGINE, *(path + os.sep for path in paths))
