"""How a wave was sampled: weights, strata, clusters and population sizes, checked before use."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, get_args

import narwhals as nw
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wavebook.engines import Frame, Source
from wavebook.errors import WavebookError, listing
from wavebook.wavefile import Lonely

STRATUM, CLUSTER, WEIGHT = "__stratum", "__cluster", "__weight"
_FPC = "__fpc"
_CENSUS = 1e-7  # below this sampled-out fraction R's survey takes a stratum as a census too


@dataclass(frozen=True, slots=True)
class Design:
    """A sample design as names of columns; without any, a simple random sample.

    Parameters
    ----------
    weight
        Column of sampling weights: numbers, none negative, not all zero.
    strata
        Column of first-stage strata.
    cluster
        Column of first-stage sampling units. Without it each respondent is a unit. A cluster lies
        in one stratum.
    fpc
        Column with the population size of the respondent's stratum in sampling units: clusters
        where there are any, otherwise people. Constant within a stratum.
    lonely
        What a stratum with a single sampled unit does to the variance, as in R's
        ``options(survey.lonely.psu)``: ``fail`` with its name; ``adjust`` measures the unit from
        the mean of all strata; ``average`` gives it the mean variance of the others; ``remove`` and
        ``certainty`` leave it out. A stratum whose every unit is sampled is never lonely.

    Examples
    --------
    >>> Design(weight="weight", strata="region").columns
    ('weight', 'region')
    """

    weight: str | None = None
    strata: str | None = None
    cluster: str | None = None
    fpc: str | None = None
    lonely: Lonely = "fail"

    def __post_init__(self) -> None:
        if self.lonely not in get_args(Lonely):
            raise WavebookError(
                f"design: lonely: '{self.lonely}' is not one of {listing(get_args(Lonely))}"
            )

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the design names."""
        named = (self.weight, self.strata, self.cluster, self.fpc)
        return tuple(name for name in named if name is not None)


@dataclass(frozen=True, slots=True)
class Sample:
    """What the whole sample says of each stratum, whichever domain is estimated.

    Attributes
    ----------
    strata
        The strata's names, sorted.
    units
        Sampled units of each stratum: clusters, or respondents without clusters.
    scale
        ``f n / (n - 1)`` of each stratum, where n is `units` and f the share of the population's
        units that was not sampled; plain f where n is 1.
    clusters
        The clusters' names, sorted, and the stratum of each (its position in `strata`); None
        without clusters.
    lonely
        Whether the stratum has one sampled unit of several.
    rule
        What lonely strata do.
    """

    strata: pd.Index[Any]
    units: NDArray[np.float64]
    scale: NDArray[np.float64]
    clusters: pd.Index[Any] | None
    cluster_stratum: NDArray[np.intp]
    lonely: NDArray[np.bool_]
    rule: Lonely


def with_design(frame: Frame, design: Design, keep: tuple[str, ...] = ()) -> Frame:
    """Return the frame's columns `keep` beside the design's under fixed names."""
    fixed = {
        STRATUM: nw.lit(0, nw.Int64) if design.strata is None else nw.col(design.strata),
        WEIGHT: nw.lit(1.0, nw.Float64)
        if design.weight is None
        else nw.col(design.weight).cast(nw.Float64),
    }
    if design.cluster is not None:
        fixed[CLUSTER] = nw.col(design.cluster)
    if design.fpc is not None:
        fixed[_FPC] = nw.col(design.fpc).cast(nw.Float64)
    added = frame.with_columns(**fixed)
    return added.select(*keep, *fixed)


def read_sample(source: Source, design: Design) -> Sample:
    """Return the design of the whole sample, or say what is wrong with it.

    One pass over the design's columns, and one for good over rows that are held.

    Raises
    ------
    WavebookError
        For an unknown column, a weight that is missing, negative, infinite or not a number, weights
        that sum to zero, a missing stratum or cluster, a cluster in two strata, an fpc that is
        missing, varies within a stratum or is smaller than the sample, and a sample without rows.
    """
    if source.held is not None:
        return source.held.once(("sample", design), lambda: _read_sample(source, design))
    return _read_sample(source, design)


def _read_sample(source: Source, design: Design) -> Sample:
    source.require(design.columns, "design")
    for role, column in (("weight", design.weight), ("fpc", design.fpc)):
        if column is not None and not source.schema[column].is_numeric():
            raise WavebookError(
                f"{role} '{column}': expected numbers, found {source.schema[column]}"
            )
    combine = {"rows": "sum", "unweighted": "sum", "total": "sum", "smallest": "min"}
    if design.fpc is not None:
        combine |= {"no_fpc": "sum", "fpc": "min", "fpc_most": "max"}
    frame = None if source.in_parts or design.columns else nw.from_native(source.data)
    if isinstance(frame, nw.DataFrame):  # a simple sample in memory: there is nothing to add up
        table = pd.DataFrame({STRATUM: 0, "rows": len(frame)}, index=range(min(len(frame), 1)))
    else:
        count = partial(_count_units, design=design)
        table = source.table(count, combine, design.columns or None)
    _check_weights(table, design)
    _check_keys(table, design)
    keys = [STRATUM] if design.cluster is None else [STRATUM, CLUSTER]
    return _sample(table.sort_values(keys, ignore_index=True), design)


def _count_units(frame: Frame, design: Design) -> Frame:
    """Count rows and check weights and population sizes, by stratum and cluster."""
    columns = with_design(frame, design)
    columns = columns.with_columns(unweighted=_absent(WEIGHT))
    sums = [
        nw.len().alias("rows"),
        nw.col("unweighted").sum(),
        nw.col(WEIGHT).sum().alias("total"),
        nw.col(WEIGHT).min().alias("smallest"),
    ]
    if design.fpc is not None:
        columns = columns.with_columns(no_fpc=_absent(_FPC))
        sums += [nw.col("no_fpc").sum(), nw.col(_FPC).min().alias("fpc")]
        sums.append(nw.col(_FPC).max().alias("fpc_most"))
    keys = [STRATUM] if design.cluster is None else [STRATUM, CLUSTER]
    counted: Frame = columns.group_by(*keys).agg(*sums)
    return counted


def _absent(column: str) -> nw.Expr:
    return (nw.col(column).is_null() | nw.col(column).is_nan()).cast(nw.Int64)


def _check_weights(table: pd.DataFrame, design: Design) -> None:
    if table.empty:
        raise WavebookError("the sample has no rows")
    if design.weight is None:
        return
    label = f"weight '{design.weight}'"
    if unweighted := int(table["unweighted"].sum()):
        raise WavebookError(f"{label}: {_rows(unweighted)} no weight; expected a number in each")
    if (table["smallest"] < 0).any():
        raise WavebookError(
            f"{label}: found {table['smallest'].min():g}; expected no weight below 0"
        )
    if np.isinf(table["total"]).any():
        raise WavebookError(f"{label}: found an infinite weight; expected finite numbers")
    if not table["total"].sum() > 0:
        raise WavebookError(f"{label}: the weights sum to 0; expected some above 0")


def _check_keys(table: pd.DataFrame, design: Design) -> None:
    for key, role, name in (
        (STRATUM, "strata", design.strata),
        (CLUSTER, "cluster", design.cluster),
    ):
        if name is None:
            continue
        without = table[key].isna() | (table[key].astype(str) == "")
        if without.any():
            count = int(table.loc[without, "rows"].sum())
            raise WavebookError(f"{role} '{name}': {_rows(count)} none; expected one in each")
    if design.cluster is None:
        return
    twice = table[table.duplicated(CLUSTER, keep=False)]
    if not twice.empty:
        cluster = twice[CLUSTER].iloc[0]
        strata = sorted(str(s) for s in twice.loc[twice[CLUSTER] == cluster, STRATUM])
        raise WavebookError(
            f"cluster '{design.cluster}': {cluster} is in the strata {' and '.join(strata)}; "
            "expected each cluster in one stratum"
        )


def _sample(table: pd.DataFrame, design: Design) -> Sample:
    position, strata = pd.factorize(table[STRATUM], sort=True)
    clustered = design.cluster is not None
    counted = np.ones(len(table)) if clustered else table["rows"].to_numpy(np.float64)
    units = np.bincount(position, counted, len(strata)).astype(np.float64)
    unsampled = np.ones(len(strata))
    if design.fpc is not None:
        unsampled = _unsampled(table, design, strata, units)
    spread = np.where(units > 1, units / np.maximum(units - 1, 1), 1.0)
    return Sample(
        strata=pd.Index(strata),
        units=units,
        scale=unsampled * spread,
        clusters=pd.Index(table[CLUSTER]) if clustered else None,
        cluster_stratum=position if clustered else np.arange(len(strata)),
        lonely=(units == 1) & (unsampled >= _CENSUS),
        rule=design.lonely,
    )


def _unsampled(
    table: pd.DataFrame, design: Design, strata: Any, units: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the share of each stratum's units that is not in the sample."""
    label = f"fpc '{design.fpc}'"
    if missing := int(table["no_fpc"].sum()):
        raise WavebookError(f"{label}: {_rows(missing)} none; expected a population size in each")
    bounds = table.groupby(STRATUM, sort=True).agg(low=("fpc", "min"), high=("fpc_most", "max"))
    for stratum, (low, high), sampled in zip(
        strata, bounds.to_numpy(np.float64), units, strict=True
    ):
        where = f"{label}, stratum {stratum}" if design.strata is not None else label
        if low != high:
            raise WavebookError(f"{where}: found {low:g} and {high:g}; expected one size a stratum")
        if low < sampled:
            raise WavebookError(
                f"{where}: a population of {low:g} units is smaller than the sample of {sampled:g}"
            )
    size = bounds["low"].to_numpy(np.float64)
    remaining: NDArray[np.float64] = np.where(np.isinf(size), 1.0, 1.0 - units / size)
    return remaining


def _rows(count: int) -> str:
    return "1 row has" if count == 1 else f"{count} rows have"
