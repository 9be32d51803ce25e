"""A run's place on a worker: the project as it arrived, and the processes that build in it."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import os
import pickle
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Literal, cast

from wavebook.cluster import pack
from wavebook.cluster.join import other_engine
from wavebook.cluster.messages import Errand, Message, Order, Outcome

# How long a run may leave a worker without work before it is taken for dead: its client was killed.
IDLE = 300.0
END = 10.0  # seconds that a builder may take to end
ARCHIVE, PROJECT = "project.zip", "project"


class BuilderLostError(Exception):
    """The process that was building an edition died; another may finish it."""


class Builder:
    """The worker's end of a process that builds; see `wavebook.cluster.builder`.

    Parameters
    ----------
    folder
        The run's.
    number
        Among the run's builders. Each has a project of its own to work in, so that the next edition
        builds upon what the last one left there.
    """

    def __init__(self, folder: Path, number: int) -> None:
        project = folder / f"{PROJECT}-{number}"
        shutil.copytree(folder / PROJECT, project, copy_function=_link)
        self._process = subprocess.Popen(
            # -P: the folder it starts in is no place to import from.
            [sys.executable, "-P", "-m", "wavebook.cluster.builder", str(folder), str(project)],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C at the worker is the worker's to deal with
        )
        self._orders = cast("IO[bytes]", self._process.stdin)
        self._messages = cast("IO[bytes]", self._process.stdout)
        self._engine = ""
        self._is_gone = False

    def engine(self) -> str:
        """Return the digest of the engine that it has loaded.

        Raises
        ------
        BuilderLostError
            If the process dies.
        """
        if not self._engine:
            self._engine = self._hear().text
        return self._engine

    def build(self, order: Order, report: Callable[[str, str], None]) -> Message:
        """Build an edition and return how it ended.

        Raises
        ------
        BuilderLostError
            If the process dies.
        """
        self._say(order)
        while (message := self._hear()).kind == "step":
            report(message.text, message.state)
        return message

    def _say(self, order: Order) -> None:
        try:
            pickle.dump(order, self._orders)
            self._orders.flush()
        except OSError:
            raise self._lost() from None

    def _hear(self) -> Message:
        try:
            message: Message = pickle.load(self._messages)
        except (EOFError, OSError, ValueError, pickle.UnpicklingError):
            raise self._lost() from None
        return message

    def _lost(self) -> BuilderLostError:
        self.kill()
        status = self._process.returncode
        how = "was killed (out of memory?)" if status < 0 else f"ended with status {status}"
        return BuilderLostError(f"the process that built it {how}")

    def close(self) -> None:
        """End the run: the process, all it has started, and what it was building."""
        with suppress(OSError):  # it is gone
            self._orders.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(END)
        self.kill()

    def kill(self) -> None:
        """End the process, and all it has started, at once."""
        if self._is_gone:
            return
        if hasattr(os, "killpg"):
            with suppress(ProcessLookupError):  # nobody is left
                os.killpg(self._process.pid, signal.SIGKILL)
        else:
            self._process.kill()
        self._process.wait()
        self._is_gone = True


@dataclass
class Place:
    """What a run has on this worker.

    A worker builds as many editions at a time as it has threads, each in a process that goes on to
    the next edition.
    """

    folder: Path
    has_asked: bool = False
    arrived: threading.Event = field(default_factory=threading.Event)
    idle: list[Builder] = field(default_factory=list)
    busy: list[Builder] = field(default_factory=list)
    numbers: Any = field(default_factory=itertools.count)
    is_closed: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)
    timer: threading.Timer | None = None

    def take(self, ask: Callable[[], None]) -> Builder:
        """Return a process that is free, or a new one, once the project is here.

        Parameters
        ----------
        ask
            Asks the client to send the project.
        """
        with self.lock:
            is_first, self.has_asked = not self.has_asked, True
        if is_first:
            ask()
        self.arrived.wait(IDLE)
        with self.lock:
            if not self.arrived.is_set():
                raise BuilderLostError("the project did not arrive")
            if self.is_closed:
                raise BuilderLostError("the run is over")
            self._stop_timer()
            builder = self.idle.pop() if self.idle else self._new()
            self.busy.append(builder)
            return builder

    def give_back(self, builder: Builder, *, is_sound: bool) -> None:
        """Keep a process for the next edition, unless it is no good."""
        if not is_sound:
            builder.kill()
        with self.lock:
            if builder in self.busy:
                self.busy.remove(builder)
                if is_sound:
                    self.idle.append(builder)
            if not self.busy and not self.is_closed:
                self._stop_timer()
                self.timer = threading.Timer(IDLE, self.close)
                self.timer.daemon = True
                self.timer.start()

    def close(self) -> None:
        """End everything and leave nothing behind."""
        with self.lock:
            self.is_closed = True
            self.arrived.set()  # to end the waiting
            self._stop_timer()
            builders = [*self.idle, *self.busy]
            self.idle, self.busy = [], []
        for builder in builders:
            builder.close()
        pack.remove(self.folder)
        with _lock:
            if _places.get(self.folder.name) is self:
                del _places[self.folder.name]

    def _new(self) -> Builder:
        return Builder(self.folder, next(self.numbers))

    def _stop_timer(self) -> None:
        if self.timer:
            self.timer.cancel()


_places: dict[str, Place] = {}
_lock = threading.Lock()


# What clients and the scheduler call


async def receive(
    run: str, offset: int, data: bytes, digest: str | None, dask_worker: Any = None
) -> None:
    """Take a piece of the project's archive; with the last comes its digest, and it is unpacked."""
    folder = Path(dask_worker.local_directory) / run
    folder.mkdir(mode=0o700, exist_ok=True)
    with (folder / ARCHIVE).open("r+b" if offset else "wb") as file:
        file.seek(offset)
        file.write(data)
    if digest is not None:
        await asyncio.to_thread(_open, folder, digest)


def _open(folder: Path, digest: str) -> None:
    archive, arriving = folder / ARCHIVE, folder / f".{PROJECT}"
    with archive.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != digest:
        raise OSError(f"the project arrived damaged: expected {digest}, found {found}")
    pack.unpack(archive, arriving)
    archive.unlink()
    arriving.rename(folder / PROJECT)
    place_at(folder).arrived.set()


async def leave(run: str, dask_worker: Any = None) -> None:
    """End what is left of a run on this worker."""
    place = place_at(Path(dask_worker.local_directory) / run)
    await asyncio.to_thread(place.close)


def _link(origin: str, copy: str) -> None:
    """Let a file have two names: nobody changes the project's files, and they may be large."""
    try:
        os.link(origin, copy)
    except OSError:
        shutil.copyfile(origin, copy)


def place_at(folder: Path) -> Place:
    """Return the place of a run whose folder that is."""
    with _lock:
        return _places.setdefault(folder.name, Place(folder))


def build_here(errand: Errand) -> Outcome:
    """Build an edition on this worker: the task.

    Raises
    ------
    BuilderLostError
        If the process that builds it dies.
    """
    from distributed import get_worker  # noqa: PLC0415  # the worker has it

    worker = get_worker()
    place = place_at(Path(worker.local_directory) / errand.run)
    builder = place.take(lambda: worker.log_event(errand.run, {"needs": worker.address}))
    out = place.folder / f"out-{next(place.numbers)}"
    is_sound = False

    def report(step: str, state: str) -> None:
        worker.log_event(errand.run, {"step": step, "state": state})

    try:
        if builder.engine() != errand.digest:
            text = other_engine(f"worker {worker.address}")
            return Outcome("failed", worker.address, text=text)
        message = builder.build(Order(errand.parameters, errand.engine, out), report)
        is_sound = True
        if message.kind == "built":
            return Outcome("built", worker.address, archive=pack.packed(out))
        state: Literal["failed", "broken"] = "failed" if message.kind == "failed" else "broken"
        return Outcome(state, worker.address, text=message.text)
    finally:
        place.give_back(builder, is_sound=is_sound)
        shutil.rmtree(out, ignore_errors=True)
