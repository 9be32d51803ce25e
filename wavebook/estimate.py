"""Shares, nets and means with design-based intervals, from sums that any dataframe engine can make.

Every function takes any frame that narwhals reads (pandas, a DuckDB relation over Parquet, Dask,
Polars) and returns a small pandas frame. A group or a `where` is a *domain* of the whole design:
its estimate keeps every stratum and cluster of the sample in the variance, as R's ``svyby`` and
``subset`` do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from wavebook.asked import Asked, domains, expanded, group_names
from wavebook.cells import Cells
from wavebook.design import Design
from wavebook.domains import SHARES, Columns, Estimates, shares_in
from wavebook.intervals import Method, interval_of
from wavebook.means import mean
from wavebook.ranking import mean_rank, rank_table
from wavebook.sums import answer_sums
from wavebook.where import Where

__all__ = [
    "Asked", "columns_of_shares", "mean", "mean_rank", "net", "rank_table", "share", "tabulate",
]  # fmt: skip


def share(
    frame: Any,
    question: str,
    *,
    by: str | Sequence[str] | None = None,
    design: Design | None = None,
    level: float = 0.95,
    where: Where | None = None,
    options: Sequence[str] | None = None,
    nets: Mapping[str, Sequence[str]] | None = None,
    count: Sequence[str] = (),
    missing: Sequence[str] = (),
    total: str | None = None,
    method: Method = "auto",
) -> pd.DataFrame:
    """Return the share of each option among those in the base.

    Parameters
    ----------
    frame
        The respondents, one a row.
    question
        The column of answers.
    by
        Columns of groups. Respondents without a group are in no group, but in the total.
    design
        How the whole frame was sampled; a simple random sample unless given.
    level
        Confidence level.
    where
        A condition, as text (see `wavebook.expression`) or a narwhals expression: the domain to
        report. It never shrinks the design: do not filter the frame instead.
    options, nets, count, missing
        As in `Asked`.
    total
        Label for totals over each of `by`; no totals unless given.
    method
        Kind of interval; ``auto`` is documented in `wavebook.intervals`.

    Returns
    -------
    pandas.DataFrame
        A line for each group and option: the `by` columns, ``option``, ``share``, ``se``, ``low``
        and ``high`` (0–1), ``base`` and ``count`` (respondents asked and choosing; a weight of 0
        does not count), ``effective_base`` (the simple random sample with this standard error; at
        shares of 0 and 1 Kish's (Σw)²/Σw²), ``deff`` (its design effect, with replacement) and
        ``df`` (units minus strata in the domain). An empty domain has base 0 and shares NaN.

    Raises
    ------
    WavebookError
        For unknown columns or codes, or a design that does not fit the frame.

    Examples
    --------
    >>> answers = pd.DataFrame({"q": ["yes", "yes", "no", "yes"]})
    >>> share(answers, "q")[["option", "share", "base"]]
      option  share  base
    0     no   0.25     4
    1    yes   0.75     4
    """
    asked = Asked(question, options, nets or {}, tuple(count), tuple(missing))
    table = tabulate(
        frame, [asked], by=by, design=design, level=level, where=where, total=total, method=method
    )
    return table.drop(columns=["question", "row"])


def net(
    frame: Any,
    question: str,
    options: Sequence[str],
    *,
    label: str = "net",
    by: str | Sequence[str] | None = None,
    design: Design | None = None,
    level: float = 0.95,
    where: Where | None = None,
    missing: Sequence[str] = (),
    total: str | None = None,
    method: Method = "auto",
) -> pd.DataFrame:
    """Return the share who chose one of several options, as `share` does, as the option `label`."""
    table = share(
        frame,
        question,
        by=by,
        design=design,
        level=level,
        where=where,
        nets={f"net:{label}": tuple(options)},
        missing=missing,
        total=total,
        method=method,
    )
    table = table[table["option"] == f"net:{label}"].reset_index(drop=True)
    return table.assign(option=label)


def tabulate(
    frame: Any,
    questions: Sequence[str | Asked],
    *,
    by: str | Sequence[str] | None = None,
    design: Design | None = None,
    level: float = 0.95,
    where: Where | None = None,
    total: str | None = None,
    method: Method = "auto",
) -> pd.DataFrame:
    """Return the shares of many questions, in as few passes as the engine allows.

    Parameters
    ----------
    frame, by, design, level, where, total, method
        As for `share`.
    questions
        Columns, or `Asked` with a column's options. The name of a question with rows
        (``grows`` for ``grows__beans``, ``grows__roses``, …) stands for all its rows; in
        `Asked` too.

    Returns
    -------
    pandas.DataFrame
        As `share`, with the columns ``question`` and ``row`` first.
    """
    groups = group_names(by)
    asked = list(expanded(frame, questions))
    cells = answer_sums(frame, [one.column for one in asked], by=groups, design=design, where=where)
    return pd.DataFrame(columns_of_shares(cells, asked, total=total, level=level, method=method))


def columns_of_shares(
    cells: Cells,
    questions: Sequence[Asked],
    *,
    total: str | None,
    level: float,
    method: Method = "auto",
) -> Columns:
    """Return what `tabulate` makes of the sums of some columns, by the names of its columns.

    A frame takes longer to make than most of what it is made of.
    """
    groups = tuple(cells.groups)
    groups_of = domains(cells, groups, total)
    keys: list[tuple[Any, ...]] = []
    parts: list[Estimates] = []
    for position, one in enumerate(questions):
        lines = one.lines(cells.codes(position))
        for key, rows in groups_of(position):
            keys += [(one.question, one.row, *key, line) for line in lines]
            parts.append(shares_in(cells, rows, lines))
    found = {
        name: np.concatenate([part[at] for part in parts]) if parts else np.zeros(0)
        for at, name in enumerate(SHARES)
    }
    found["low"], found["high"] = interval_of(found, level, method)
    found |= {name: found[name].astype(int) for name in ("base", "count", "df")}
    names = ["question", "row", *groups, "option"]
    named = {name: [key[at] for key in keys] for at, name in enumerate(names)}
    order = ["share", "se", "low", "high", "base", "effective_base", "count", "deff", "df"]
    return named | {name: found[name] for name in order}
