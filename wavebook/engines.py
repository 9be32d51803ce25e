"""Where a wave's rows are, and how a sum over them is made there.

One narwhals expression serves pandas, Polars and Arrow frames in memory and DuckDB relations over
files larger than memory. A Dask frame is counted partition by partition with that same code, in
one task each, and the partitions' small tables are added up: sums need no shuffle. So is anything
else that comes in parts (`Partitioned`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import narwhals as nw
import pandas as pd

from wavebook.errors import WavebookError, nearest
from wavebook.held import Held

Frame = nw.DataFrame[Any] | nw.LazyFrame[Any]


class Partitioned(ABC):
    """Rows in parts that are counted one by one, wherever they are.

    Attributes
    ----------
    meta
        The columns and their types, without rows.
    """

    meta: pd.DataFrame

    @abstractmethod
    def prepared(
        self,
        prepare: Callable[[pd.DataFrame], pd.DataFrame],
        made_of: Mapping[str, Sequence[str]],
    ) -> Self:
        """Return the same rows with something made of their text, all columns of it anew.

        Parameters
        ----------
        prepare
            Works on any of the columns, without those that are not there.
        made_of
            The columns that a new one is made of.
        """

    @abstractmethod
    def tables(
        self, count: Callable[[Frame], Frame], columns: Iterable[str] | None
    ) -> list[pd.DataFrame]:
        """Return what `count`, which reads no other columns than those, makes of each part."""


@dataclass(frozen=True, slots=True)
class Source:
    """A frame on some engine.

    Attributes
    ----------
    data
        The engine's own frame.
    schema
        Its columns and their types.
    in_parts
        Whether it is a Dask frame, or otherwise in parts.
    held
        The rows, where a pandas frame holds them.
    """

    data: Any
    schema: nw.Schema
    in_parts: bool
    held: Held | None = None

    @classmethod
    def of(cls, data: Any) -> Source:
        """Return a source for any frame that narwhals reads, a Dask frame, or held rows.

        Raises
        ------
        WavebookError
            If it is none.
        """
        if isinstance(data, (Held, pd.DataFrame)):
            held = data if isinstance(data, Held) else Held(data)
            return cls(held.frame, held.schema, in_parts=False, held=held)
        is_dask = type(data).__module__.partition(".")[0] == "dask"
        if isinstance(data, Partitioned):
            return cls(data, nw.from_native(data.meta).schema, in_parts=True)
        try:
            frame = nw.from_native(data._meta if is_dask else data)
        except (TypeError, AttributeError):
            raise WavebookError(
                f"expected a frame (pandas, DuckDB, Dask, Polars, Arrow), found {type(data)}"
            ) from None
        return cls(data, frame.collect_schema(), in_parts=is_dask)

    def require(self, columns: Iterable[str], role: str) -> None:
        """Check that all columns exist.

        Raises
        ------
        WavebookError
            Naming the first missing one, and the nearest that exists.
        """
        for column in columns:
            if column not in self.schema:
                raise WavebookError(f"{role}: no column '{column}'{nearest(column, self.schema)}")

    def table(
        self,
        count: Callable[[Frame], Frame],
        combine: Mapping[str, str],
        columns: Iterable[str] | None = None,
    ) -> pd.DataFrame:
        """Return what `count` makes of the rows, as a small pandas frame.

        Parameters
        ----------
        count
            A group-by.
        combine
            How each of its results is put together across partitions: ``sum``, ``min``, ``max``.
            All its other columns are keys.
        columns
            The columns that `count` reads; all unless given.
        """
        if isinstance(self.data, Partitioned):
            tables: Sequence[pd.DataFrame] = self.data.tables(count, columns)
        elif self.in_parts:
            tables = self._dask_tables(count, columns)
        else:
            frame: Frame = nw.from_native(self.data)
            if columns is not None:  # whoever filters rows has all columns copied that are there
                frame = frame.select(*dict.fromkeys(columns))
            return to_pandas(count(frame))
        together = pd.concat(tables, ignore_index=True)
        keys = [column for column in together if column not in combine]
        grouped = together.groupby(keys, dropna=False, sort=False, observed=True, as_index=False)
        added: pd.DataFrame = grouped.agg(dict(combine))
        return added

    def _dask_tables(
        self, count: Callable[[Frame], Frame], columns: Iterable[str] | None
    ) -> Sequence[pd.DataFrame]:
        # Half a second that other engines need not wait.
        from dask.base import compute  # noqa: PLC0415
        from dask.delayed import delayed  # noqa: PLC0415

        data = self.data if columns is None else self.data[list(dict.fromkeys(columns))]
        count_part: Any = delayed(counted)
        run: Any = compute
        tables: Sequence[pd.DataFrame] = run(*[count_part(count, p) for p in data.to_delayed()])
        return tables


def to_pandas(frame: Frame) -> pd.DataFrame:
    """Return a small result of any engine as a pandas frame."""
    if isinstance(frame, nw.LazyFrame):
        frame = frame.collect("pandas")
    return frame.to_pandas()


def counted(count: Callable[[Frame], Frame], part: pd.DataFrame) -> pd.DataFrame:
    """Return what `count` makes of a part of the rows."""
    return to_pandas(count(nw.from_native(part)))
