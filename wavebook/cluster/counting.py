"""Respondents counted by a Dask cluster: their answers travel block by block, sums come back."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from wavebook.cluster.flow import Flow
from wavebook.cluster.join import connect, engine_digest, joined, other_engine
from wavebook.engines import Frame, Partitioned, counted
from wavebook.errors import WavebookError
from wavebook.rows import MISSING, as_text
from wavebook.told import CLUSTER, for_kernels

if TYPE_CHECKING:
    from distributed import Client

CELLS = 2_000_000  # answers in a block: a few megabytes as they travel, compressed
FEWEST_ROWS, MOST_ROWS = 1_000, 500_000
MOST_BLOCKS = 64  # on their way at a time, however large the cluster
AHEAD = 2  # blocks for each thread: one that it counts, one that waits for it

Prepare = Callable[[pd.DataFrame], pd.DataFrame]

_clients: dict[str, Client] = {}
_lock = threading.Lock()


@contextmanager
def counting_on(address: str | None) -> Iterator[None]:
    """Let the kernels that start meanwhile count on a cluster, where `address` is one.

    Raises
    ------
    WavebookError
        If the cluster is of no use: see `wavebook.cluster.join.connect`.
    """
    if address is None:
        yield
        return
    with joined(address):
        pass
    with for_kernels(CLUSTER, address):
        yield


@dataclass(frozen=True)
class Blocks(Partitioned):
    """A file's rows, which the workers of a cluster count without seeing the file.

    The client reads the columns that a count needs, a block at a time, and sends each block with
    its task. So a block that was with a worker that dies is counted by another, the scheduler and
    the client hold no more than a few blocks, and workers keep nothing.

    Attributes
    ----------
    address
        The cluster's scheduler.
    file
        The rows, by columns.
    meta
        The columns and their types, without rows.
    prepare
        What makes answers of a block's text.
    made_of
        The columns of the file that a column is made of, where it is not just one of them.
    """

    address: str
    file: pq.ParquetFile
    meta: pd.DataFrame
    prepare: Prepare = field(default=lambda frame: frame)
    made_of: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, path: Path, address: str) -> Blocks:
        """Return the rows of a CSV or Parquet file that has been checked."""
        file = pq.ParquetFile(path if path.suffix == ".parquet" else _by_column(path))
        empty = file.schema_arrow.empty_table().to_pandas(ignore_metadata=True)
        return cls(address, file, as_text(empty))

    def __len__(self) -> int:
        return int(self.file.metadata.num_rows)

    @property
    def columns(self) -> pd.Index[str]:
        """The names of the columns."""
        return self.meta.columns

    def prepared(self, prepare: Prepare, made_of: Mapping[str, Sequence[str]]) -> Self:
        """Return the same rows with something made of their text; see `Partitioned`."""
        return replace(self, meta=prepare(self.meta), prepare=prepare, made_of=made_of)

    def tables(
        self, count: Callable[[Frame], Frame], columns: Iterable[str] | None
    ) -> list[pd.DataFrame]:
        """Return what `count` makes of each block, in the blocks' order.

        Raises
        ------
        WavebookError
            If the cluster cannot do it.
        """
        flow: Flow[int] = Flow(_client(self.address), self.address, "wavebook-count")
        most = min(AHEAD * flow.threads, MOST_BLOCKS)
        found: dict[int, pd.DataFrame] = {}

        def take() -> None:
            at, future = flow.wait()
            found[at] = flow.result(future)

        try:
            for at, block in enumerate(self._blocks(columns)):
                if len(flow) == most:
                    take()
                flow.start(at, count_block, block, self.prepare, count, engine_digest())
            while flow:
                take()
        finally:
            flow.cancel()
        return [found[at] for at in sorted(found)]

    def _blocks(self, columns: Iterable[str] | None) -> Iterator[bytes]:
        """Yield blocks of the columns that some columns are made of, at least one of no rows."""
        wanted = list(self.columns if columns is None else columns) or list(self.columns[:1])
        there = set(self.file.schema_arrow.names)
        read = [
            name
            for name in dict.fromkeys(n for w in wanted for n in self.made_of.get(w, (w,)))
            if name in there
        ]
        rows = min(max(CELLS // len(read), FEWEST_ROWS), MOST_ROWS)
        if not len(self):
            empty = self.file.schema_arrow.empty_table().select(read)
            yield _packed(empty.schema, [])
        for batch in self.file.iter_batches(rows, columns=read):
            yield _packed(batch.schema, [batch])


def count_block(
    block: bytes, prepare: Prepare, count: Callable[[Frame], Frame], digest: str
) -> pd.DataFrame:
    """Return what `count` makes of a block: the task.

    Raises
    ------
    WavebookError
        If the client's engine is not this one.
    """
    if digest != engine_digest():
        from distributed import get_worker  # noqa: PLC0415  # the worker has it

        raise WavebookError(other_engine(f"worker {get_worker().address}"))
    with pa.ipc.open_stream(block) as stream:
        text = as_text(stream.read_all().to_pandas(ignore_metadata=True))
    return counted(count, prepare(text))


def _packed(schema: pa.Schema, batches: Sequence[pa.RecordBatch]) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(
        sink, schema.remove_metadata(), options=pa.ipc.IpcWriteOptions(compression="zstd")
    ) as stream:
        for batch in batches:
            stream.write_batch(batch.replace_schema_metadata(None))
    return bytes(sink.getvalue())


def _by_column(path: Path) -> Any:
    """Return a CSV file's text as a Parquet file that has no name, and is gone when it is closed.

    A count reads a few of many columns; reading all of a CSV file for each would take longer than
    counting.
    """
    file = tempfile.TemporaryFile()  # noqa: SIM115  # open as long as it is read from
    names = list(pd.read_csv(path, dtype=str, nrows=0, **MISSING).columns)
    schema = pa.schema([(name, pa.string()) for name in names])
    rows = min(max(CELLS // len(names), FEWEST_ROWS), MOST_ROWS)
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for chunk in pd.read_csv(path, dtype=str, chunksize=rows, **MISSING):
            writer.write_table(pa.Table.from_pandas(chunk, schema, preserve_index=False))
    file.seek(0)
    return file


def _client(address: str) -> Client:
    """Return this process's connection to a cluster."""
    with _lock:
        client = _clients.get(address)
        if client is None or client.status != "running":
            client = _clients[address] = connect(address)
        return client
