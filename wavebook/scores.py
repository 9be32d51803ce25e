"""A second pass over respondents: the joint covariance of several estimates, from their scores.

A score is what a respondent adds to an estimate's linearised error (see `wavebook.variance`).
Estimates from different columns or overlapping domains covary; products of scores say how much.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import narwhals as nw
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wavebook.design import CLUSTER, STRATUM, WEIGHT, Design, Frame, Sample, to_pandas, with_design
from wavebook.variance import design_covariance

Floats = NDArray[np.float64]


def score_covariance(
    frame: Frame,
    scores: Mapping[str, nw.Expr],
    *,
    sample: Sample,
    design: Design,
    keep: Sequence[str],
) -> Floats:
    """Return the covariance matrix of estimates whose scores are given.

    Parameters
    ----------
    frame
        The respondents of the domain; those outside it have scores of 0 and may be left out.
    scores
        Of each estimate, the respondent's score as an expression over the columns `keep` and
        ``__weight``; missing scores are 0.
    sample, design
        The whole design.
    keep
        The columns that the scores read.

    Returns
    -------
    ndarray
        Shape (estimates, estimates), in the order of `scores`.
    """
    names = list(scores)
    columns = with_design(frame, design, tuple(dict.fromkeys(keep)))
    columns = columns.filter(nw.col(WEIGHT) > 0)
    columns = columns.with_columns(
        **{name: score.cast(nw.Float64).fill_null(0.0) for name, score in scores.items()}
    )
    if sample.clusters is not None:
        keys = [STRATUM, CLUSTER]
        table = to_pandas(columns.group_by(*keys).agg(*[nw.col(name).sum() for name in names]))
        stratum = sample.strata.get_indexer(pd.Index(table[STRATUM]))
        present, place = np.unique(stratum, return_inverse=True)
        z = table[names].to_numpy(np.float64)
        total = np.zeros((len(present), len(names)))
        np.add.at(total, place, z)
        cross = np.zeros((len(present), len(names), len(names)))
        for at in range(len(present)):
            inside = z[place == at]
            cross[at] = inside.T @ inside
        return design_covariance(sample, present, total, cross)
    products = {
        f"__{i}_{j}": nw.col(a) * nw.col(b)
        for i, a in enumerate(names)
        for j, b in enumerate(names[: i + 1])
    }
    summed = [nw.col(name).sum() for name in (*names, *products)]
    grouped = columns.with_columns(**products).group_by(STRATUM).agg(*summed)
    table = to_pandas(grouped)
    present = sample.strata.get_indexer(pd.Index(table[STRATUM]))
    total = table[names].to_numpy(np.float64)
    cross = np.zeros((len(table), len(names), len(names)))
    for i in range(len(names)):
        for j in range(i + 1):
            cross[:, i, j] = cross[:, j, i] = table[f"__{i}_{j}"].to_numpy(np.float64)
    return design_covariance(sample, present, total, cross)
