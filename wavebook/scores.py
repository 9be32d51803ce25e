"""A second pass over respondents: the joint covariance of several estimates, from their scores.

A score is what a respondent adds to an estimate's linearised error (see `wavebook.variance`).
Estimates from different columns or overlapping domains covary; products of scores say how much.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import narwhals as nw
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wavebook.design import CLUSTER, STRATUM, WEIGHT, Design, Sample, with_design
from wavebook.engines import Frame, Source
from wavebook.variance import design_covariance

Floats = NDArray[np.float64]


def score_covariance(
    source: Source,
    scores: Mapping[str, nw.Expr],
    *,
    sample: Sample,
    design: Design,
    where: nw.Expr | None,
    columns: Sequence[str],
) -> Floats:
    """Return the covariance matrix of estimates whose scores are given.

    Parameters
    ----------
    source
        The respondents.
    scores
        Of each estimate, the respondent's score as an expression over `columns` and ``__weight``;
        missing scores are 0.
    sample, design
        The whole design.
    where
        The domain, outside which scores are 0.
    columns
        The columns that the scores read.

    Returns
    -------
    ndarray
        Shape (estimates, estimates), in the order of `scores`.
    """
    names = list(scores)
    clustered = sample.clusters is not None
    summed = names if clustered else [*names, *(name for name, _, _ in _products(names))]
    count = partial(_sum_scores, scores=scores, design=design, where=where, columns=columns)
    table = source.table(count, dict.fromkeys(summed, "sum"))
    stratum = sample.strata.get_indexer(pd.Index(table[STRATUM]))
    present, place = np.unique(stratum, return_inverse=True)
    z = table[names].to_numpy(np.float64)
    total = np.zeros((len(present), len(names)))
    np.add.at(total, place, z)
    cross = np.zeros((len(present), len(names), len(names)))
    if clustered:
        for at in range(len(present)):
            inside = z[place == at]
            cross[at] = inside.T @ inside
    else:
        for name, i, j in _products(names):
            cross[place, i, j] = cross[place, j, i] = table[name].to_numpy(np.float64)
    return design_covariance(sample, present, total, cross)


def _products(names: Sequence[str]) -> list[tuple[str, int, int]]:
    return [(f"__{i}_{j}", i, j) for i in range(len(names)) for j in range(i + 1)]


def _sum_scores(
    frame: Frame,
    scores: Mapping[str, nw.Expr],
    design: Design,
    where: nw.Expr | None,
    columns: Sequence[str],
) -> Frame:
    domain: Frame = frame if where is None else frame.filter(where)
    rows = with_design(domain, design, tuple(dict.fromkeys(columns)))
    rows = rows.filter(nw.col(WEIGHT) > 0)
    rows = rows.with_columns(
        **{name: score.cast(nw.Float64).fill_null(0.0) for name, score in scores.items()}
    )
    names = list(scores)
    if design.cluster is not None:
        return rows.group_by(STRATUM, CLUSTER).agg(*[nw.col(name).sum() for name in names])
    products = {name: nw.col(names[i]) * nw.col(names[j]) for name, i, j in _products(names)}
    summed = [nw.col(name).sum() for name in (*names, *products)]
    counted: Frame = rows.with_columns(**products).group_by(STRATUM).agg(*summed)
    return counted
