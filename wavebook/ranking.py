"""Mean ranks, competition ranks with ties, and how sure a rank is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wavebook import wording
from wavebook.asked import Asked, domains, expanded, group_names
from wavebook.design import WEIGHT, Design
from wavebook.domains import SHARES, shares_in
from wavebook.engines import Source
from wavebook.estimates import Estimates
from wavebook.held import as_number
from wavebook.intervals import holm, interval_of, two_sided_p
from wavebook.means import mean
from wavebook.scores import score_covariance
from wavebook.sums import answer_sums, number_sums
from wavebook.where import Where, as_expr

Floats = NDArray[np.float64]


def mean_rank(
    frame: Any,
    question: str,
    *,
    by: str | Sequence[str] | None = None,
    design: Design | None = None,
    level: float = 0.95,
    where: Where | None = None,
    total: str | None = None,
) -> pd.DataFrame:
    """Return the mean rank of each row of a ranking question; 1 is first.

    Parameters
    ----------
    frame, by, design, level, where, total
        As for `wavebook.estimate.share`.
    question
        The question, for its columns ``<question>__<row>`` of ranks, or one such column.

    Returns
    -------
    pandas.DataFrame
        The `by` columns, ``row``, ``mean_rank``, ``se``, ``low``, ``high``, ``base`` (those who
        ranked the row), ``effective_base``, ``deff``, ``df``; rows in the frame's order.
    """
    table = mean(frame, question, by=by, design=design, level=level, where=where, total=total)
    table = table.rename(columns={"mean": "mean_rank"}).drop(columns="question")
    groups = list(group_names(by))
    return table[[*groups, "row", *(c for c in table.columns if c not in (*groups, "row"))]]


def rank_table(
    frame: Any,
    question: str,
    *,
    by: str | Sequence[str] | None = None,
    design: Design | None = None,
    level: float = 0.95,
    where: Where | None = None,
    top: int = 3,
    digits: int = 2,
) -> pd.DataFrame:
    """Return the rows of a ranking question in order, with what is sure of each rank.

    A rank is sure as far as differences are: of all pairs of rows, those whose mean ranks differ
    after Holm's adjustment are in a known order. ``rank_low`` is 1 plus the rows surely before,
    ``rank_high`` the number of rows less those surely after; together the ranges of all rows hold
    at the confidence level.

    Parameters
    ----------
    frame, by, design, level, where
        As for `wavebook.estimate.share`.
    question
        The question, for its columns ``<question>__<row>`` of ranks 1, 2, ….
    top
        How many of the first places ``top`` counts.
    digits
        Mean ranks that agree to so many decimals are tied.

    Returns
    -------
    pandas.DataFrame
        The `by` columns, ``row``, ``rank`` (text: ``4``, ``5=``), ``mean_rank``, ``se``, ``low``,
        ``high``, ``base``, ``effective_base``, ``rank_low``, ``rank_high``, ``first``,
        ``first_low``, ``first_high`` (share ranking it first), ``top``, ``top_low``, ``top_high``
        (among the first `top`), and ``statement`` in words; best first within each group. A row
        that nobody ranked is left out.

    References
    ----------
    Mogstad, Romano, Shaikh and Wilhelm (2024), Inference for ranks, *Review of Economic Studies*
    91, 476–518: ranges of ranks from simultaneous tests of all pairs.
    """
    groups = list(group_names(by))
    means = mean_rank(frame, question, by=by, design=design, level=level, where=where)
    places = _places(
        frame, question, groups=groups, design=design, level=level, where=where, top=top
    )
    table = means.merge(places, on=[*groups, "row"], how="left", sort=False)
    condition = as_expr(where, Source.of(frame).schema)
    parts = []
    split = table.groupby(groups, sort=False) if groups else [((), table)]
    for key, one in split:
        narrowed = _narrowed(condition, dict(zip(groups, key, strict=True)))
        part = one[one["base"] > 0].sort_values("mean_rank", kind="stable", ignore_index=True)
        part["rank"] = competition_ranks(part["mean_rank"], digits=digits)
        part["rank_low"], part["rank_high"] = _rank_ranges(
            frame, question, part, design=design, level=level, where=narrowed
        )
        parts.append(part)
    if not parts:
        return table
    table = pd.concat(parts, ignore_index=True)
    table["statement"] = [
        rank_statement(*values, level=level)
        for values in zip(table["rank"], table["rank_low"], table["rank_high"], strict=True)
    ]
    order = ["row", "rank", "mean_rank", "se", "low", "high", "base", "effective_base"]
    order += ["rank_low", "rank_high", "first", "first_low", "first_high"]
    return table[[*groups, *order, "top", "top_low", "top_high", "statement"]]


def competition_ranks(
    values: Iterable[float], *, digits: int = 2, highest_first: bool = False
) -> list[str]:
    """Return ranks as printed: equal values share the best rank, marked ``=``.

    Parameters
    ----------
    values
        One number an item.
    digits
        Values that agree to so many decimals are equal.
    highest_first
        Whether the highest value is first, as for shares; the lowest is, as for mean ranks, if not.

    Examples
    --------
    >>> competition_ranks([2.0, 3.5, 3.5, 4.0])
    ['1', '2=', '2=', '4']
    """
    rounded = np.round(np.asarray(list(values), dtype=np.float64), digits)
    keyed = -rounded if highest_first else rounded
    ranks = []
    for value in keyed:
        if np.isnan(value):
            ranks.append("")
            continue
        tied = "=" if (keyed == value).sum() > 1 else ""
        ranks.append(f"{1 + int((keyed < value).sum())}{tied}")
    return ranks


def rank_statement(rank: str, low: int, high: int, *, level: float = 0.95) -> str:
    """Return in words how sure a rank is.

    Examples
    --------
    >>> rank_statement("5=", 4, 7)
    'joint 5th; between 4th and 7th with 95% confidence'
    """
    place = wording.place(rank) if rank else "not ranked"
    sure = f"with {wording.level(level)} confidence"
    if low == high:
        return f"{place}, {sure}"
    return f"{place}; between {wording.nth(low)} and {wording.nth(high)} {sure}"


def _places(
    frame: Any,
    question: str,
    *,
    groups: Sequence[str],
    design: Design | None,
    level: float,
    where: Where | None,
    top: int,
) -> pd.DataFrame:
    """Return for each row the shares ranking it first and among the first `top`."""
    asked = list(expanded(frame, [Asked(question)]))
    cells = answer_sums(frame, [one.column for one in asked], by=groups, design=design, where=where)
    first, among = ("1",), tuple(str(place) for place in range(1, top + 1))
    records: list[dict[str, Any]] = []
    groups_of = domains(cells, groups, None)
    for position, one in enumerate(asked):
        codes = cells.codes(position)
        lines = {code: (code,) for code in codes} | {"first": first, "top": among}
        for key, rows in groups_of(position):
            found = dict(zip(SHARES, shares_in(cells, rows, lines), strict=True))
            low, high = interval_of(found, level)
            record = dict(zip(groups, key, strict=True)) | {"row": one.row}
            for name, at in (("first", -2), ("top", -1)):
                record |= {
                    name: found["share"][at],
                    f"{name}_low": low[at],
                    f"{name}_high": high[at],
                }
            records.append(record)
    ends = ("", "_low", "_high")
    columns = [*groups, "row", *(f"{name}{end}" for name in ("first", "top") for end in ends)]
    return pd.DataFrame(records, columns=columns)


def _rank_ranges(
    frame: Any,
    question: str,
    table: pd.DataFrame,
    *,
    design: Design | None,
    level: float,
    where: Where | None,
) -> tuple[list[int], list[int]]:
    """Return the first and the last rank that each row may have."""
    columns = [f"{question}__{row}" if row else question for row in table["row"]]
    design = design or Design()
    cells = number_sums(frame, columns, design=design, where=where)
    source = Source.of(frame)
    means = table["mean_rank"].to_numpy(np.float64)
    totals = [cells.sums["w"][cells.of_question(at)].sum() for at in range(len(columns))]
    scores = {
        f"__z{at}": (as_number(column, source.schema[column]) - m) * nw.col(WEIGHT) / total
        for at, (column, m, total) in enumerate(zip(columns, means, totals, strict=True))
    }
    covariance = score_covariance(
        source,
        scores,
        sample=cells.sample,
        design=design,
        where=as_expr(where, source.schema),
        columns=columns,
    )
    pairs = np.triu_indices(len(columns), 1)
    difference = means[pairs[1]] - means[pairs[0]]
    own = np.diag(covariance)
    variance = own[pairs[0]] + own[pairs[1]] - 2 * covariance[pairs]
    df = float(np.min(table["df"])) if len(table) else np.nan
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(difference == 0, 0.0, difference / np.sqrt(np.maximum(variance, 0)))
    sure = holm(two_sided_p(t, np.full(len(t), df))) < 1 - level
    before = np.zeros((len(columns), len(columns)), dtype=bool)
    before[pairs] = sure & (difference > 0)
    before[pairs[1], pairs[0]] = sure & (difference < 0)
    low = 1 + before.sum(axis=0)
    high = len(columns) - before.sum(axis=1)
    return [int(rank) for rank in low], [int(rank) for rank in high]


def _narrowed(where: nw.Expr | None, key: dict[str, Any]) -> nw.Expr | None:
    """Return a domain within one group."""
    for name, value in key.items():
        same = nw.col(name) == value
        where = same if where is None else where & same
    return where


def with_ranks(estimates: Estimates) -> Estimates:
    """Return the estimates with their competition rank; values that tie share it: ``5=``.

    What is suppressed has no rank, and is not among those that others are ranked against.
    """
    smallest_first = any(e.cell.measure == "mean_rank" for e in estimates)
    keys = [round(e.value if smallest_first else -e.value, 9) for e in estimates]
    places = [sum(other < key for other in keys) + 1 for key in keys]
    return Estimates(
        tuple(
            replace(
                e,
                rank="" if e.is_missing else f"{place}{'=' if keys.count(key) > 1 else ''}",
            )
            for e, place, key in zip(estimates, places, keys, strict=True)
        ),
        estimates.absent,
    )
