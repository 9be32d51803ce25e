"""A part's rows, read on the engine that is to count them, with the columns made from answers."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Any

import narwhals as nw
import pandas as pd

from wavebook.csv_file import not_utf8
from wavebook.engines import Partitioned
from wavebook.errors import WavebookError
from wavebook.instrument import Instrument, Question
from wavebook.regular import check_regular
from wavebook.told import CLUSTER, Engine

MISSING: Any = {"keep_default_na": False, "na_values": [""]}  # how CSV says that


def read_text(path: Path, name: str) -> pd.DataFrame:
    """Return a CSV or Parquet file as text, missing where a cell is empty.

    Raises
    ------
    WavebookError
        If it can't be read.
    """
    check_regular(path, name)
    try:
        if path.suffix == ".parquet":
            frame = pd.read_parquet(path)
            # An index that has a name is a column that pandas has put aside.
            frame = frame.reset_index(drop=all(name is None for name in frame.index.names))
            frame.columns = frame.columns.map(str)
            return as_text(frame)
        rows: pd.DataFrame = pd.read_csv(path, dtype=str, **MISSING)
        return rows
    except FileNotFoundError:
        raise WavebookError(f"{name}: there is no such file") from None
    except pd.errors.EmptyDataError:
        raise WavebookError(f"{name}: the file is empty") from None
    except UnicodeDecodeError:
        raise WavebookError(f"{name}, {not_utf8(path)}") from None
    except IsADirectoryError:
        raise WavebookError(f"{name}: found a folder; expected a file") from None
    except (OSError, ValueError, NotImplementedError) as error:
        told = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise WavebookError(f"{name}: cannot be read: {told}") from None


def count_rows(path: Path) -> int:
    """Return how many respondents a file that has been checked holds."""
    if path.suffix == ".parquet":
        from pyarrow.parquet import ParquetFile  # noqa: PLC0415

        return int(ParquetFile(path).metadata.num_rows)
    return len(pd.read_csv(path, usecols=[0], dtype=str))


def as_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame as text, missing where a cell is empty.

    Ranks with gaps are often written as 1.0, 2.0: the text that people read is 1, 2.
    """
    text = frame.convert_dtypes().astype("string")
    return text.astype("str").mask(text.isna() | (text == ""))


def open_rows(path: Path, engine: Engine) -> Any:
    """Return a file that has been checked as a frame of an engine, nothing of it read yet.

    With the engine ``dask``, rows are counted by the cluster whose address is set, or else here.
    """
    is_parquet = path.suffix == ".parquet"
    if engine == "duckdb":
        import duckdb  # noqa: PLC0415  # each engine takes its time, and a report needs one

        rows = duckdb.connect()
        if is_parquet:
            return rows.read_parquet(str(path))
        return rows.read_csv(str(path), header=True, all_varchar=True, sep=",")
    import dask  # noqa: PLC0415

    if address := os.environ.get(CLUSTER) or dask.config.get("scheduler-address", None):
        from wavebook.cluster.counting import Blocks  # noqa: PLC0415

        return Blocks.of(path, address)
    import dask.dataframe as dd  # noqa: PLC0415

    if is_parquet:
        return dd.read_parquet(str(path))
    return dd.read_csv(str(path), dtype=str, **MISSING)


def typed(data: Any, part: str, numbers: tuple[str, ...], instrument: Instrument) -> Any:
    """Return ranks and weights as numbers, answers as text, derived questions as new columns.

    Parameters
    ----------
    data
        The rows on any engine.
    numbers
        Columns of the sample design that hold numbers.
    """
    if type(data).__module__.partition(".")[0] == "dask":
        # Dask would try this on made-up text, which is no weight and no rank.
        meta = typed(data._meta, part, numbers, instrument)
        return data.map_partitions(typed, part, numbers, instrument, meta=meta)
    if isinstance(data, Partitioned):
        make = partial(typed, part=part, numbers=numbers, instrument=instrument)
        of_part = dict(instrument.of_part(part))
        made_of = {n: _sources(q, instrument) for n, q in of_part.items() if q.type == "derived"}
        return data.prepared(make, made_of)
    frame = nw.from_native(data)
    schema = frame.collect_schema()
    made: dict[str, nw.Expr] = {
        column: nw.col(column).cast(nw.Float64) for column in numbers if column in schema
    }
    for name, question in instrument.of_part(part):
        wanted = nw.Float64 if question.type == "ranking" else nw.String
        for column in question.columns(name):
            if column in schema and schema[column] != wanted:  # asking for what is there takes time
                made[column] = nw.col(column).cast(wanted)
    made_of = frame.with_columns(**made) if made else frame  # a lazy frame refuses none
    return with_derived(made_of.to_native(), part, instrument)


def with_derived(data: Any, part: str, instrument: Instrument) -> Any:
    """Return rows with a column for each question that is derived from columns that are there."""
    frame = nw.from_native(data)
    schema = frame.collect_schema()
    derived = {
        name: expression
        for name, question in instrument.of_part(part)
        if question.type == "derived"
        and (expression := _derived(question, instrument, schema)) is not None
    }
    return (frame.with_columns(**derived) if derived else frame).to_native()


def _derived(question: Question, instrument: Instrument, schema: nw.Schema) -> nw.Expr | None:
    """Return whether enough rows were answered so; missing for who answered none of them."""
    asked = instrument.questions[question.source or ""]
    columns = [column for column in _sources(question, instrument) if column in schema]
    if not columns:
        return None
    # Who refused every row is out of the base, as who was not asked is.
    inside = (*asked.choices, *asked.count)
    answered = nw.any_horizontal(
        *[_among(column, inside) for column in columns], ignore_nulls=False
    )
    enough = nw.sum_horizontal(
        *[_among(column, question.from_options).cast(nw.Int64) for column in columns]
    )
    told = nw.when(enough >= question.at_least).then(nw.lit("yes")).otherwise(nw.lit("no"))
    return nw.when(answered).then(told)


def _sources(question: Question, instrument: Instrument) -> list[str]:
    """Return the columns that a derived question is made of."""
    source = question.source or ""
    rows = question.from_rows or tuple(instrument.questions[source].rows)
    return [f"{source}__{row}" for row in rows]


def _among(column: str, codes: Any) -> nw.Expr:
    return nw.col(column).is_in(list(codes)).fill_null(value=False)
