"""The only pass over respondents: sums by stratum, cluster, group and answer, on any engine.

A share's estimate and its variance need, for each (stratum, cluster, group, answer), only the
number of respondents n, Σw and Σw². Everything after that is arithmetic on a small table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import narwhals as nw
from narwhals.exceptions import ColumnNotFoundError, InvalidOperationError

from wavebook.cells import MOMENTS, Cells, group_name
from wavebook.design import CLUSTER, STRATUM, WEIGHT, Design, Sample, read_sample, with_design
from wavebook.engines import Frame, Source
from wavebook.errors import WavebookError
from wavebook.held import Held, as_number
from wavebook.reads import columns_of
from wavebook.tally import ANSWER, QUESTION, Counted, Rows
from wavebook.where import Where, as_expr
from wavebook.where import columns_of as columns_in


@dataclass(frozen=True, slots=True)
class Count:
    """What to count: columns, groups, the design, and the domain.

    Attributes
    ----------
    questions, by
        Columns of answers and of groups.
    design
        The design of the whole sample.
    where
        The domain, or None for all.
    schema
        The types of the columns.
    """

    questions: tuple[str, ...]
    by: tuple[str, ...]
    design: Design
    where: Where | None
    schema: nw.Schema

    @property
    def keys(self) -> list[str]:
        """The columns to sum by: a group column may be a question as well."""
        clustered = self.design.cluster is not None
        groups = [group_name(at) for at in range(len(self.by))]
        return [STRATUM, *([CLUSTER] if clustered else []), *groups]

    def in_memory(self, held: Held) -> Rows:
        """Return the domain's rows where they are in memory: there is a quicker way to count."""
        groups = {group_name(at): column for at, column in enumerate(self.by)}
        return Rows.of(held, self.where, groups, self.design)

    def rows(self, frame: Frame) -> Frame:
        """Return the domain's rows: questions, and design and groups under fixed names."""
        inside = as_expr(self.where, self.schema)
        domain: Frame = frame if inside is None else frame.filter(inside)
        keep = tuple(dict.fromkeys([*self.by, *self.questions]))
        rows = with_design(domain, self.design, keep)
        if self.by:
            rows = rows.with_columns(**{group_name(at): nw.col(c) for at, c in enumerate(self.by)})
        if self.design.weight is not None:
            rows = rows.filter(nw.col(WEIGHT) > 0)  # others are in the design, but in no base
        return rows


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
    weighted = design is not None and design.weight is not None
    combine = dict.fromkeys(("n", "w", "w2") if weighted else ("n",), "sum")
    source, sample, task, columns = _prepared(data, questions, by, design, where)
    return _cells(source, sample, task, columns, combine, _count_answers, Rows.answers)


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
    source, sample, task, columns = _prepared(data, questions, by, design, where)
    combine = dict.fromkeys(("n", *MOMENTS), "sum")
    try:
        return _cells(source, sample, task, columns, combine, _count_numbers, Rows.numbers)
    except (ValueError, TypeError, InvalidOperationError) as error:
        raise WavebookError(f"{', '.join(questions)}: expected numbers: {error}") from None


def _count_answers(task: Count, frame: Frame) -> Frame:
    if frame.implementation.is_pandas():  # a part of a Dask frame
        here = task.in_memory(Held(frame.to_native()))
        return nw.from_native(here.table(here.answers(task.questions)))
    rows = task.rows(frame)
    keys = task.keys
    weighted = task.design.weight is not None
    sums, names = [nw.len().alias("n")], ["n"]
    if weighted:
        rows = rows.with_columns((nw.col(WEIGHT) * nw.col(WEIGHT)).alias("w2"))
        sums += [nw.col(WEIGHT).sum().alias("w"), nw.col("w2").sum()]
        names += ["w", "w2"]
    parts = []
    for position, question in enumerate(task.questions):
        part = rows.group_by(*keys, question).agg(*sums)
        answer = nw.col(question).cast(nw.String).alias(ANSWER)
        parts.append(part.select(*keys, answer, *names, **_mark(position)))
    return _together(parts)


def _count_numbers(task: Count, frame: Frame) -> Frame:
    if frame.implementation.is_pandas():
        here = task.in_memory(Held(frame.to_native()))
        return nw.from_native(here.table(here.numbers(task.questions)))
    rows = task.rows(frame)
    keys = task.keys
    w, x = nw.col(WEIGHT), nw.col(ANSWER)
    sums = [nw.len().alias("n"), *[nw.col(name).sum() for name in MOMENTS]]
    products = {
        "w": w, "wx": w * x, "wxx": w * x * x, "w2": w * w, "w2x": w * w * x, "w2xx": w * w * x * x
    }  # fmt: skip
    parts = []
    for position, question in enumerate(task.questions):
        part = rows.with_columns(as_number(question, task.schema[question]).alias(ANSWER))
        part = part.filter(~x.is_null() & ~x.is_nan())
        part = part.with_columns(**products)
        part = part.group_by(*keys).agg(*sums)
        parts.append(part.select(*keys, "n", *MOMENTS, **_mark(position)))
    return _together(parts)


def _prepared(
    data: Any,
    questions: Sequence[str],
    by: Sequence[str],
    design: Design | None,
    where: Where | None,
) -> tuple[Source, Sample, Count, tuple[str, ...] | None]:
    """Return the rows, their design, what to count, and the columns that takes (None: any)."""
    source = Source.of(data)
    design = design or Design()
    source.require(questions, "question")
    source.require(by, "by")
    as_expr(where, source.schema)  # a condition that is none is told of first
    sample = read_sample(source, design)
    task = Count(tuple(questions), tuple(by), design, where, source.schema)
    read = columns_in(where)
    columns = None if read is None else (*questions, *by, *design.columns, *read)
    columns_of(data, columns)
    return source, sample, task, columns


def _cells(
    source: Source,
    sample: Sample,
    task: Count,
    columns: tuple[str, ...] | None,
    combine: Mapping[str, str],
    count: Callable[[Count, Frame], Frame],
    count_here: Callable[[Rows, Sequence[str]], Counted],
) -> Cells:
    """Return the sums that are to be counted, in memory or on the source's engine."""
    try:
        if source.held is not None:
            here = task.in_memory(source.held)
            return Cells.of_rows(here, count_here(here, task.questions), sample, task.questions)
        table = source.table(partial(count, task), combine, columns)
    except ColumnNotFoundError as error:
        raise WavebookError(f"where: {error}") from None
    return Cells.of_table(table, sample, task.questions, task.by, task.schema)


def _mark(position: int) -> dict[str, nw.Expr]:
    return {QUESTION: nw.lit(position, nw.Int64)}


def _together(parts: Sequence[Frame]) -> Frame:
    """Return all parts as one, in one query where the engine is lazy."""
    lazy = [part for part in parts if isinstance(part, nw.LazyFrame)]
    if lazy:
        return nw.concat(lazy, how="vertical")
    return nw.concat([part for part in parts if isinstance(part, nw.DataFrame)], how="vertical")
