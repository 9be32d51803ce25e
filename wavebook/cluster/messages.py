"""What travels between the client, a worker, and the process that builds for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:  # a worker has other things to do than to import libraries
    from pathlib import Path

    from wavebook.run import Parameters
    from wavebook.told import Engine


@dataclass(frozen=True, slots=True)
class Errand:
    """An edition to build, as the client asks a worker.

    Attributes
    ----------
    run
        The client's run, which has a place on each worker that works for it.
    digest
        The engine that must build it.
    engine
        What counts the respondents; by the wave's size if None.
    """

    run: str
    digest: str
    parameters: Parameters
    engine: Engine | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an edition went on a worker, as it tells the client.

    Attributes
    ----------
    state
        ``built``, with the archive; ``failed`` (the user's mistake) or ``broken`` (ours), with what
        is wrong.
    """

    state: Literal["built", "failed", "broken"]
    worker: str
    archive: bytes = b""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """An edition to build into a folder, as a worker tells its builder."""

    parameters: Parameters
    engine: Engine | None
    out: Path


@dataclass(frozen=True, slots=True)
class Message:
    """What a builder says.

    Attributes
    ----------
    kind
        ``engine``, with its digest, comes first. ``step`` has the step's state after it. ``built``,
        ``failed`` or ``broken`` end an order.
    """

    kind: Literal["engine", "step", "built", "failed", "broken"]
    text: str = ""
    state: str = ""
