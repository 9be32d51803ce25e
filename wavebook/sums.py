"""The only pass over respondents: sums by stratum, cluster, group and answer, on any engine.

A share's estimate and its variance need, for each (stratum, cluster, group, answer), only the
number of respondents n, Σw and Σw². Everything after that is arithmetic on a small table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
from narwhals.exceptions import ColumnNotFoundError
from numpy.typing import NDArray

from wavebook.design import (
    CLUSTER,
    STRATUM,
    WEIGHT,
    Design,
    Frame,
    Sample,
    read_sample,
    require_columns,
    to_pandas,
    with_design,
)
from wavebook.errors import WavebookError
from wavebook.expression import Condition, parse

Where = str | Condition | nw.Expr

QUESTION, ANSWER = "__question", "__answer"


@dataclass(frozen=True, slots=True)
class Cells:
    """Sums of one pass, a row for each (question, stratum, cluster, group, answer).

    Attributes
    ----------
    table
        `by` columns, ``__question`` (position), ``__answer`` (text or number), ``n``, and the sums
        ``w w2``, or for numbers ``w wx wxx w2 w2x w2xx``.
    stratum, unit
        Of each row: positions of its stratum, and of its cluster (of its stratum where respondents
        are the units).
    sample
        The whole design.
    by
        The group columns.
    """

    table: pd.DataFrame
    stratum: NDArray[np.intp]
    unit: NDArray[np.intp]
    sample: Sample
    by: tuple[str, ...]

    def of_question(self, position: int) -> NDArray[np.intp]:
        """Return the positions of a question's rows."""
        return np.flatnonzero(self.table[QUESTION].to_numpy() == position)

    def codes(self, position: int) -> list[str]:
        """Return the answers found to a question, sorted, empty ones left out."""
        found = self.table[ANSWER].to_numpy()[self.of_question(position)]
        return sorted(set(found) - {""})


def answer_sums(
    data: Any,
    questions: Sequence[str],
    *,
    by: Sequence[str] = (),
    design: Design | None = None,
    where: Where | None = None,
) -> Cells:
    """Return n, Σw and Σw² of each answer of each question.

    Parameters
    ----------
    data
        Any frame that narwhals reads: pandas, DuckDB relation, Dask, Polars, Arrow.
    questions
        Columns of answers.
    by
        Columns of groups.
    design
        How the whole of `data` was sampled.
    where
        A condition that marks a domain of the sample; the other rows stay in the design.

    Raises
    ------
    WavebookError
        For an unknown column, a condition that is none, or a design that does not fit.
    """
    frame, sample, rows = _open(data, questions, by, design, where)
    keys = _keys(design, by)
    schema = rows.collect_schema()
    texts = [key for key in keys if schema[key] == nw.String]
    if isinstance(rows, nw.DataFrame) and len(questions) > 1 and texts:
        # In memory, text keys are encoded once here instead of in each question's group-by.
        rows = rows.with_columns(nw.col(*texts).cast(nw.Categorical))
    kept = [nw.col(key).cast(nw.String) if key in texts else nw.col(key) for key in keys]
    sums = [nw.len().alias("n")]
    names = ["n"]
    if design is not None and design.weight is not None:
        rows = rows.with_columns((nw.col(WEIGHT) * nw.col(WEIGHT)).alias("w2"))
        sums += [nw.col(WEIGHT).sum().alias("w"), nw.col("w2").sum()]
        names += ["w", "w2"]
    parts = []
    for position, question in enumerate(questions):
        part = rows.group_by(*keys, question).agg(*sums)
        answer = nw.col(question).cast(nw.String).alias(ANSWER)
        parts.append(part.select(*kept, answer, *names, **_mark(position)))
    table = _together(parts)
    table = table[table[ANSWER].notna()].reset_index(drop=True)
    table[ANSWER] = _codes(table, [frame.collect_schema()[name] for name in questions])
    for name in ("w", "w2"):
        if name not in names:
            table[name] = table["n"].astype(float)  # without weights each counts 1
    return _cells(table, sample, tuple(by))


def number_sums(
    data: Any,
    questions: Sequence[str],
    *,
    by: Sequence[str] = (),
    design: Design | None = None,
    where: Where | None = None,
) -> Cells:
    """Return n, Σw, Σwx, Σwx², Σw², Σw²x and Σw²x² of each column of numbers.

    Parameters and errors are those of `answer_sums`; a column of text that holds something else
    than numbers is an error too.
    """
    frame, sample, rows = _open(data, questions, by, design, where)
    keys = _keys(design, by)
    w, x = nw.col(WEIGHT), nw.col(ANSWER)
    names = ["w", "wx", "wxx", "w2", "w2x", "w2xx"]
    parts = []
    for position, question in enumerate(questions):
        part = rows.with_columns(as_number(frame, question).alias(ANSWER))
        part = part.filter(~x.is_null() & ~x.is_nan())
        part = part.with_columns(
            w=w, wx=w * x, wxx=w * x * x, w2=w * w, w2x=w * w * x, w2xx=w * w * x * x
        )
        part = part.group_by(*keys).agg(nw.len().alias("n"), *[nw.col(n).sum() for n in names])
        parts.append(part.select(*keys, "n", *names, **_mark(position)))
    try:
        table = _together(parts)
    except (ValueError, TypeError) as error:
        raise WavebookError(f"{', '.join(questions)}: expected numbers: {error}") from None
    return _cells(table, sample, tuple(by))


def as_expr(where: Where, frame: Frame | None = None) -> nw.Expr:
    """Return a condition as a narwhals expression; with `frame`, check its columns first.

    Raises
    ------
    WavebookError
        If it is no condition, or names an unknown column.
    """
    condition = parse(where) if isinstance(where, str) else where
    if isinstance(condition, nw.Expr):
        return condition
    if frame is not None:
        require_columns(frame, condition.columns, f"where '{condition.text}'")
    return condition.expr()


def domain_of(frame: Frame, where: Where | None) -> Frame:
    """Return the rows of a frame that meet a condition.

    Raises
    ------
    WavebookError
        As for `as_expr`.
    """
    if where is None:
        return frame
    try:
        return frame.filter(as_expr(where, frame))
    except ColumnNotFoundError as error:
        raise WavebookError(f"where: {error}") from None


def as_number(frame: Frame, column: str) -> nw.Expr:
    """Return a column as numbers, whatever its type; empty cells are missing."""
    dtype = frame.collect_schema()[column]
    number = nw.col(column)
    if dtype in (nw.String, nw.Categorical, nw.Object, nw.Enum):
        number = number.cast(nw.String)
        number = nw.when(number != "").then(number)
    return number.cast(nw.Float64)


def _open(
    data: Any,
    questions: Sequence[str],
    by: Sequence[str],
    design: Design | None,
    where: Where | None,
) -> tuple[Frame, Sample, Frame]:
    """Return the frame, the design of the whole, and the domain's rows under fixed names."""
    frame: Frame = nw.from_native(data)
    design = design or Design()
    require_columns(frame, tuple(questions), "question")
    require_columns(frame, tuple(by), "by")
    sample = read_sample(frame, design)
    keep = tuple(dict.fromkeys([*by, *questions]))
    rows = with_design(domain_of(frame, where), design, keep)
    if by:
        rows = rows.with_columns(**{_group(at): nw.col(name) for at, name in enumerate(by)})
    if design.weight is not None:
        rows = rows.filter(nw.col(WEIGHT) > 0)  # others are in the design, but in no base
    return frame, sample, rows


def _keys(design: Design | None, by: Sequence[str]) -> list[str]:
    clustered = design is not None and design.cluster is not None
    groups = [_group(at) for at in range(len(by))]
    return [STRATUM, *([CLUSTER] if clustered else []), *groups]


def _group(at: int) -> str:
    """Return the name under which a group column is counted: it may be a question as well."""
    return f"__by{at}"


def _mark(position: int) -> dict[str, nw.Expr]:
    return {QUESTION: nw.lit(position, nw.Int64)}


def _together(parts: Sequence[Frame]) -> pd.DataFrame:
    """Return all parts as one pandas frame, in one query where the engine is lazy."""
    if isinstance(parts[0], nw.DataFrame):
        return pd.concat([to_pandas(part) for part in parts], ignore_index=True)
    lazy = [part for part in parts if isinstance(part, nw.LazyFrame)]
    return to_pandas(nw.concat(lazy, how="vertical"))


def _codes(table: pd.DataFrame, dtypes: Sequence[Any]) -> pd.Series[str]:
    """Return answers as the codes people write: 1 and not 1.0, true and not True."""
    codes = table[ANSWER].astype(object)
    for position, dtype in enumerate(dtypes):
        rows = table[QUESTION] == position
        if dtype.is_float():
            codes[rows] = codes[rows].str.removesuffix(".0")
        elif dtype == nw.Boolean:
            codes[rows] = codes[rows].str.lower()
    return codes


def _cells(table: pd.DataFrame, sample: Sample, by: tuple[str, ...]) -> Cells:
    stratum = sample.strata.get_indexer(pd.Index(table[STRATUM]))
    unit = stratum
    if sample.clusters is not None:
        unit = sample.clusters.get_indexer(pd.Index(table[CLUSTER]))
    table = table.rename(columns={_group(at): name for at, name in enumerate(by)})
    return Cells(table, stratum, unit, sample, by)
