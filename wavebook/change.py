"""Differences between waves and between groups of one wave, and what may be said of them.

Waves are independent samples: variances add. Groups of one wave share clusters and strata, so
their difference takes the covariance along. A verdict rests on p-values after Holm's adjustment
across the table.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wavebook.asked import Asked, domains
from wavebook.cells import Cells
from wavebook.design import Design
from wavebook.errors import WavebookError, listing
from wavebook.intervals import holm, t_quantile, two_sided_p, wald_interval
from wavebook.sums import answer_sums
from wavebook.variance import design_covariance
from wavebook.where import Where

Verdict = Literal["up", "down", "no clear change"]
Floats = NDArray[np.float64]
Positions = NDArray[np.intp]

_MEASURES = ("share", "mean", "mean_rank")


def between_waves(
    now: pd.DataFrame, then: pd.DataFrame, *, level: float = 0.95, adjust: bool = True
) -> pd.DataFrame:
    """Return what changed between two independent samples.

    Parameters
    ----------
    now, then
        Tables of `wavebook.estimate.share`, ``tabulate``, ``mean`` or ``mean_rank``, the same for
        both waves, made at confidence `level`.
    level
        Confidence level.
    adjust
        Whether the verdicts allow for the number of differences in the table (Holm).

    Returns
    -------
    pandas.DataFrame
        A line for each line in both tables: its keys (question, row, groups, option), the measure
        as ``now`` and ``then``, ``change`` (now − then), ``se``, ``low``, ``high``, ``df`` (Welch
        and Satterthwaite), ``p``, ``p_adjusted``, ``verdict``.

    Raises
    ------
    WavebookError
        If a table has no measure, or the tables have not the same keys.

    Notes
    -----
    A share of 0 or 1 has a standard error of 0, which is no certainty: there the reach of its
    interval over the t quantile stands in.

    Examples
    --------
    >>> line = {"option": ["yes"], "se": [0.02], "low": 0, "high": 0, "df": [400]}
    >>> now, then = pd.DataFrame(line | {"share": 0.6}), pd.DataFrame(line | {"share": 0.5})
    >>> columns = ["option", "share", "se", "low", "high", "df"]
    >>> between_waves(now[columns], then[columns])["verdict"].item()
    'up'
    """
    measure = _measure(now)
    keys = list(now.columns[: now.columns.get_loc(measure)])
    if measure not in then or list(then.columns[: then.columns.get_loc(measure)]) != keys:
        raise WavebookError(
            f"change: the tables differ: {listing([*keys, measure])} now, "
            f"{listing(then.columns)} then"
        )
    both = now.merge(then, on=keys, suffixes=("_now", "_then"))
    se_now, se_then = (_error(both, measure, end, level) for end in ("_now", "_then"))
    table = both[keys].assign(now=both[f"{measure}_now"], then=both[f"{measure}_then"])
    variance = se_now**2 + se_then**2
    with np.errstate(divide="ignore", invalid="ignore"):
        df = variance**2 / (se_now**4 / both["df_now"] + se_then**4 / both["df_then"])
    df = np.where(variance > 0, df, both["df_now"] + both["df_then"])
    change = (table["now"] - table["then"]).to_numpy(np.float64)
    return _judged(table, change, np.sqrt(variance), df, level=level, adjust=adjust)


def between_groups(
    frame: Any,
    question: str,
    by: str,
    *,
    measure: Literal["share", "mean"] = "share",
    against: Any = None,
    total: str | None = None,
    design: Design | None = None,
    level: float = 0.95,
    adjust: bool = True,
    where: Where | None = None,
    options: Sequence[str] | None = None,
    nets: Mapping[str, Sequence[str]] | None = None,
    count: Sequence[str] = (),
    missing: Sequence[str] = (),
) -> pd.DataFrame:
    """Return the differences between groups of one wave, with their covariance.

    Parameters
    ----------
    frame, question, design, level, where, options, nets, count, missing
        As for `wavebook.estimate.share`.
    by
        The column of groups.
    measure
        ``share`` of each option, or ``mean`` of the answers as numbers.
    against
        A group that all others are compared with; all pairs unless given.
    total
        Label of a further group, everybody in the base, that others may be compared with.
    adjust
        Whether the verdicts allow for the number of differences in the table (Holm).

    Returns
    -------
    pandas.DataFrame
        A line for each pair and option: ``option`` (for shares), ``group``, ``against``,
        ``change`` (group − against), ``se``, ``low``, ``high``, ``df`` (units minus strata that the
        two reach), ``p``, ``p_adjusted``, ``verdict``: ``up`` where `group` is higher.

    Raises
    ------
    WavebookError
        As for ``share``; or if `against` is no group.

    References
    ----------
    R's ``svyby(covmat = TRUE)`` with ``svycontrast``.
    """
    asked = Asked(question, options, nets or {}, tuple(count), tuple(missing))
    cells = answer_sums(frame, [question], by=[by], design=design, where=where)
    codes = cells.codes(0)
    groups = {key[0]: rows for key, rows in domains(cells, [by], total)(0)}
    pairs = _pairs(list(groups), against, by)
    if measure == "mean":
        lines = {"": _numbers(question, [code for code in codes if code not in asked.missing])}
    else:
        lines = {line: dict.fromkeys(m, 1.0) for line, m in asked.lines(codes).items()}
    known = {code for values in lines.values() for code in values}
    records, changes, errors, dfs = [], [], [], []
    for option, values in lines.items():
        for group, other in pairs:
            change, variance, df = _difference(cells, (groups[group], groups[other]), values, known)
            records.append({"option": option, "group": group, "against": other})
            changes.append(change)
            errors.append(np.sqrt(variance))
            dfs.append(df)
    table = pd.DataFrame(records, columns=["option", "group", "against"])
    if measure == "mean":
        table = table.drop(columns="option")
    return _judged(
        table, np.array(changes), np.array(errors), np.array(dfs), level=level, adjust=adjust
    )


def verdict(change: float, p: float, level: float = 0.95) -> Verdict:
    """Return ``up`` or ``down`` where the p-value is below ``1 - level``."""
    if np.isnan(p) or p >= 1 - level or change == 0:
        return "no clear change"
    return "up" if change > 0 else "down"


def _judged(
    table: pd.DataFrame,
    change: Floats,
    se: Floats,
    df: Floats,
    *,
    level: float,
    adjust: bool,
) -> pd.DataFrame:
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(change == 0, 0.0, change / se)
    p = two_sided_p(t, df)
    adjusted = holm(p) if adjust else p
    low, high = wald_interval(change, se, df, level)
    verdicts = [verdict(c, a, level) for c, a in zip(change, adjusted, strict=True)]
    return table.assign(
        change=change, se=se, low=low, high=high, df=df, p=p, p_adjusted=adjusted, verdict=verdicts
    )


def _measure(table: pd.DataFrame) -> str:
    for measure in _MEASURES:
        if measure in table:
            return measure
    raise WavebookError(f"change: found {listing(table.columns)}; expected one of {_MEASURES}")


def _error(both: pd.DataFrame, measure: str, end: str, level: float) -> Floats:
    """Return standard errors, those of shares of 0 and 1 from their intervals."""
    se = both[f"se{end}"].to_numpy(np.float64)
    if measure != "share":
        return se
    share = both[f"share{end}"].to_numpy(np.float64)
    reach = (both[f"high{end}"] - both[f"low{end}"]).to_numpy(np.float64)
    at_end = ((share <= 0) | (share >= 1)) & (se == 0)
    quantile = t_quantile((1 + level) / 2, both[f"df{end}"])
    return np.where(at_end, reach / quantile, se)


def _pairs(groups: list[Any], against: Any, by: str) -> list[tuple[Any, Any]]:
    if against is None:
        return [(later, earlier) for earlier, later in combinations(groups, 2)]
    if against not in groups:
        raise WavebookError(f"{by}: '{against}' is not a group {listing(map(str, groups))}")
    return [(group, against) for group in groups if group != against]


def _numbers(question: str, codes: Iterable[str]) -> dict[str, float]:
    try:
        return {code: float(code) for code in codes}
    except ValueError as error:
        raise WavebookError(f"{question}: expected numbers: {error}") from None


def _difference(
    cells: Cells, groups: tuple[Positions, Positions], values: Mapping[str, float], known: set[str]
) -> tuple[float, float, float]:
    """Return the difference of two domains' means of a code's value, its variance and its df."""
    w, w2, n = (cells.sums[name] for name in ("w", "w2", "n"))
    counted = np.array([code in known for code in cells.answer])
    y = np.array([values.get(code, 0.0) for code in cells.answer])
    score = np.zeros(len(cells))  # of one unit of weight, in each cell
    means = []
    for sign, rows in zip((1.0, -1.0), groups, strict=True):
        inside = rows[counted[rows]]
        total = w[inside].sum()
        if not total > 0:
            return np.nan, np.nan, 0.0
        means.append(float((w[inside] * y[inside]).sum() / total))
        score[inside] += sign * (y[inside] - means[-1]) / total
    reached = np.union1d(*groups)
    reached = reached[counted[reached]]
    units, unit = np.unique(cells.unit[reached], return_inverse=True)
    of_unit = cells.sample.cluster_stratum[units]
    present, stratum = np.unique(of_unit, return_inverse=True)
    z = np.bincount(unit, (w * score)[reached], len(units)).astype(np.float64)
    total_z = np.bincount(stratum, z, len(present)).astype(np.float64)
    if cells.sample.clusters is not None:
        square = np.bincount(stratum, z * z, len(present)).astype(np.float64)
        df = len(units) - len(present)
    else:
        square = np.bincount(unit, (w2 * score**2)[reached], len(units)).astype(np.float64)
        df = int(n[reached].sum()) - len(present)
    covariance = design_covariance(cells.sample, present, total_z[:, None], square[:, None, None])
    return means[0] - means[1], float(covariance[0, 0]), float(df)
