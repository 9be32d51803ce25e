"""The way to a Dask cluster, and the proof that it runs the engine that runs here."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import socket
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wavebook.errors import WavebookError
from wavebook.reads import silence, unnoted

if TYPE_CHECKING:
    from distributed import Client

PATIENCE = 10.0  # seconds a scheduler may take to answer, and a first worker to appear
# What must be the same for tasks and results to be understood, and for numbers to be the same.
SPOKEN = ("python", "dask", "distributed", "cloudpickle", "msgpack")
COUNTED_BY = ("pandas", "numpy", "narwhals", "pyarrow")


@contextmanager
def joined(address: str, packages: Sequence[str] = ()) -> Iterator[Client]:
    """Lend a connection to a cluster; see `connect`.

    What Dask's loop says of a call that is broken off the moment it is made is not told: the call
    has no result then that could be cancelled, which it takes for an error.
    """
    client = connect(address, packages)
    loop_log = logging.getLogger("tornado.application")
    level = loop_log.level
    loop_log.setLevel(logging.CRITICAL)
    try:
        yield client
    finally:
        client.close()
        loop_log.setLevel(level)


def connect(address: str, packages: Sequence[str] = ()) -> Client:
    """Return a connection to a cluster whose scheduler and workers are fit to work for us.

    Parameters
    ----------
    address
        The scheduler's, such as ``tcp://192.0.2.1:8786``.
    packages
        Libraries whose versions must be the same on every worker, besides `SPOKEN` and
        `COUNTED_BY`.

    Raises
    ------
    WavebookError
        If nobody answers, it is no scheduler, there are no workers, or some of them have another
        version of the engine or of a library: one line for each.
    """
    # Half a second that only who counts or builds elsewhere has to wait.
    from distributed import Client  # noqa: PLC0415
    from distributed.utils import LoopRunner  # noqa: PLC0415

    # What it would say there is said by our errors, and would end up in notebooks' outputs.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    # That a notebook's respondents are counted elsewhere is no reading of the network.
    with unnoted(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of versions, which are compared below
        _find_scheduler(address)
        runner = LoopRunner()
        runner.start()
        runner.loop.add_callback(silence)
        try:
            client = Client(address, timeout=PATIENCE, set_as_default=False, loop=runner.loop)
        except (OSError, ValueError, TimeoutError) as error:
            raise _unreachable(address, error) from None
        finally:
            runner.stop()  # the client's use of it remains
        try:
            _wait_for_workers(client, address)
            _compare(client, address, packages)
        except BaseException:
            client.close()
            raise
    return client


@cache
def engine_digest() -> str:
    """Return one digest of every file of the engine, as it was when this process first asked.

    A worker that has been running since before an update goes on with the code it has, and its
    digest says so.
    """
    root = Path(__file__).parents[1]
    told = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root)
        hidden = any(part.startswith((".", "__pycache__")) for part in name.parts)
        if path.is_file() and not hidden:
            told.update(f"{name.as_posix()}\0".encode())
            told.update(hashlib.sha256(path.read_bytes()).digest())
    return told.hexdigest()


# Steps


def _find_scheduler(address: str) -> None:
    """Make sure that a scheduler is there, without the minute and the noise of Dask's own ways."""
    from distributed.comm.addressing import parse_address, parse_host_port  # noqa: PLC0415
    from distributed.comm.registry import get_backend  # noqa: PLC0415

    try:
        scheme, location = parse_address(address)
        get_backend(scheme)
        if scheme in ("tcp", "tls"):
            place = parse_host_port(location)
            socket.create_connection(place, timeout=PATIENCE).close()
    except (ValueError, OverflowError) as error:
        raise WavebookError(
            f"cluster '{address}': not an address such as tcp://192.0.2.1:8786: {error}"
        ) from None
    except OSError as error:
        raise _unreachable(address, error.strerror or error) from None
    try:
        # In a thread: in a notebook this one has an event loop already.
        with ThreadPoolExecutor(1, initializer=silence) as thread:
            kind = thread.submit(asyncio.run, _ask_what_it_is(address)).result()
    except Exception as error:  # whatever a stranger at that port may cause
        raise _unreachable(address, f"no Dask scheduler answers: {error}") from None
    if kind != "Scheduler":
        raise WavebookError(f"cluster {address}: expected a scheduler, found a {kind.lower()}")


async def _ask_what_it_is(address: str) -> str:
    from distributed.core import rpc  # noqa: PLC0415
    from distributed.security import Security  # noqa: PLC0415

    secured = Security().get_connection_args("client")
    async with asyncio.timeout(PATIENCE):
        async with rpc(address, timeout=PATIENCE, connection_args=secured) as scheduler:
            told: dict[str, Any] = await scheduler.identity()
            return str(told["type"])


def _unreachable(address: str, why: object) -> WavebookError:
    return WavebookError(f"cluster {address}: cannot be reached: {str(why).splitlines()[0]}")


def _wait_for_workers(client: Client, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError:
        raise WavebookError(
            f"cluster {address}: there are no workers: start some with `dask worker {address}`"
        ) from None


def _compare(client: Client, address: str, packages: Sequence[str]) -> None:
    """Make sure that versions and engine are the same everywhere."""
    versions: Any = client.get_versions(packages=[*COUNTED_BY, *packages])
    here = versions["client"]["packages"]
    members = {"the scheduler": (versions["scheduler"], SPOKEN)} | {
        f"worker {worker}": (told, (*SPOKEN, *COUNTED_BY, *packages))
        for worker, told in sorted(versions["workers"].items())
    }
    problems = [
        f"{member} has {_version(name, told['packages'].get(name))}, expected "
        f"{_version(name, here[name])} as here"
        for member, (told, names) in members.items()
        for name in names
        if told["packages"].get(name) != here[name]
    ]
    if not problems:  # else what comes next may not even be understood
        problems = _other_engines(client)
    if problems:
        raise WavebookError("\n".join(f"cluster {address}: {problem}" for problem in problems))


def _version(package: str, version: str | None) -> str:
    if version is None:
        return f"no {package}"
    return f"{package} {'.'.join(version.split('.')[:3]) if package == 'python' else version}"


def _other_engines(client: Client) -> list[str]:
    """Return who has another engine than this one, or none."""
    try:  # the scheduler reads the tasks it passes on
        told: dict[str, Any] = {"the scheduler": client.run_on_scheduler(engine_digest)}
    except Exception as error:
        told = {"the scheduler": error}
    found = client.run(engine_digest, on_error="return")
    told |= {f"worker {worker}": answer for worker, answer in sorted(found.items())}
    return [
        other_engine(member, answer) for member, answer in told.items() if answer != engine_digest()
    ]


def other_engine(member: str, answer: object = "") -> str:
    """Return what is wrong with a member's engine, by what it answered when asked for it."""
    if isinstance(answer, ModuleNotFoundError):
        return f"{member} does not have this version of wavebook ({answer}): install it there"
    if isinstance(answer, Exception):
        return f"{member} does not answer: {type(answer).__name__}: {answer}"
    return f"{member} runs another version of wavebook: install this one there and restart it"
