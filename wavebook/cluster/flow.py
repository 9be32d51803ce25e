"""Tasks under way on a cluster: few at a time, each result taken once, lost workers replaced."""

from __future__ import annotations

import pickle
import time
import uuid
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from wavebook.cluster.join import other_engine
from wavebook.errors import WavebookError

if TYPE_CHECKING:
    from distributed import Client, Future

About = TypeVar("About")

LOOK = 1.0  # seconds between two looks at whether anybody is left to work
LONELINESS = 60.0  # seconds without any worker until we give up


def perform(work: bytes) -> Any:
    """Call a pickled function with its pickled arguments: the task.

    Dask would unpickle them in the scheduler too, and in a worker's event loop: neither has time
    for what we import, nor does the scheduler need it.
    """
    function, arguments = pickle.loads(work)
    return function(*arguments)


class Flow(Generic[About]):
    """Tasks that a cluster is working on, and what each is about.

    Parameters
    ----------
    client
        The connection.
    address
        The cluster, as the user named it.
    name
        What the tasks are called on the cluster's dashboard.
    """

    def __init__(self, client: Client, address: str, name: str) -> None:
        self.client = client
        self.address = address
        self._name = f"{name}-{uuid.uuid4().hex[:12]}"
        self._started = 0
        self._tasks: dict[Future[Any], About] = {}
        self._ended: SimpleQueue[Future[Any] | Exception] = SimpleQueue()

    def __len__(self) -> int:
        return len(self._tasks)

    @property
    def threads(self) -> int:
        """How many tasks the cluster can work on at this moment, at least one."""
        threads: dict[str, int] = self.client.nthreads()
        return max(1, sum(threads.values()))

    def start(
        self, about: About, function: Callable[..., Any], *arguments: Any, retries: int = 0
    ) -> None:
        """Have a function called on some worker, and again on another if it raises an exception.

        No worker is asked for by name: when all workers are gone, Dask does not give such a task
        to a new one, not even where any other would do as well.
        """
        import cloudpickle  # noqa: PLC0415  # it comes with Dask

        self._started += 1
        key = f"{self._name}-{self._started}"
        work = cloudpickle.dumps((function, arguments))
        future = self.client.submit(perform, work, key=key, pure=False, retries=retries)
        self._tasks[future] = about
        future.add_done_callback(self._ended.put)

    def fail(self, error: Exception) -> None:
        """Let whoever waits for a task have an error instead."""
        self._ended.put(error)

    def wait(self) -> tuple[About, Future[Any]]:
        """Wait until a task has ended, and return it; it is forgotten here.

        Raises
        ------
        WavebookError
            If the scheduler is lost, or there has been no worker for `LONELINESS`.
        Exception
            See `fail`.
        """
        alone_since: float | None = None
        while True:
            try:
                ended = self._ended.get(timeout=LOOK)
            except Empty:
                alone_since = self._alone_since(alone_since)
                continue
            if isinstance(ended, Exception):
                raise ended
            return self._tasks.pop(ended), ended

    def result(self, future: Future[Any]) -> Any:
        """Return what a task returned, and let the cluster forget it.

        Raises
        ------
        WavebookError
            If the workers that tried it died, the scheduler is lost, or the worker's engine is
            not ours.
        Exception
            What the function raised.
        """
        from distributed import CancelledError  # noqa: PLC0415
        from distributed.scheduler import KilledWorker  # noqa: PLC0415

        try:
            return future.result()
        except CancelledError:
            raise self._lost() from None
        except KilledWorker as error:
            raise WavebookError(
                f"cluster {self.address}: {error.allowed_failures + 1} workers died at it, the "
                f"last {error.last_worker.address}; their logs may say why (memory?)"
            ) from None
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] == "wavebook":
                raise WavebookError(
                    f"cluster {self.address}: {other_engine('a new worker', error)}"
                ) from None
            raise
        finally:
            future.release()

    def cancel(self) -> None:
        """Have nothing more done."""
        if self._tasks and self.client.status == "running":
            self.client.cancel(list(self._tasks))
        self._tasks.clear()

    def _alone_since(self, before: float | None) -> float | None:
        """Return since when there has been no worker; None if there is one."""
        if self.client.status != "running":
            raise self._lost()
        now = time.monotonic()
        if self.client.nthreads():
            return None
        since = now if before is None else before
        if now - since > LONELINESS:
            raise WavebookError(
                f"cluster {self.address}: all its workers are gone; start some with "
                f"`dask worker {self.address}`"
            )
        return since

    def _lost(self) -> WavebookError:
        return WavebookError(f"cluster {self.address}: the scheduler is gone")
