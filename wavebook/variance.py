"""Taylor-linearised variances of weighted means from sums by stratum and sampled unit.

An estimate Ŷ/N̂ has the score z = w (y − Ŷ/N̂) / N̂ for a respondent in the domain and 0 outside.
With n sampled units in a stratum, of a share f not sampled, its variance is
``Σ_strata f n/(n−1) Σ_units (z_unit − z̄)²`` (first-stage units taken as drawn with replacement but
for f). That needs Σz and Σz² of the stratum's units, zeros of units outside the domain included.
Source: Lumley (2010), *Complex Surveys*, section 2 and appendix; R's ``svyrecvar``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wavebook.design import Sample
from wavebook.errors import WavebookError

Floats = NDArray[np.float64]
Positions = NDArray[np.intp]

_ROUNDING = 1e-13  # a spread this small beside its two terms is their rounding error


def design_variance(sample: Sample, present: Positions, total: Floats, square: Floats) -> Floats:
    """Return the variance of each estimate.

    Parameters
    ----------
    sample
        The whole design.
    present
        Positions of the strata that the domain reaches, shape (strata,).
    total
        Σz over the units of each of these strata, shape (strata, estimates).
    square
        Σz² likewise.

    Raises
    ------
    WavebookError
        If the domain reaches a stratum with one sampled unit and the design says ``fail``.
    """
    return np.maximum(_over_strata(sample, present, square, total * total), 0.0)


def design_covariance(sample: Sample, present: Positions, total: Floats, cross: Floats) -> Floats:
    """Return the covariance matrix of several estimates.

    Parameters
    ----------
    sample, present, total
        As for `design_variance`.
    cross
        Σ z_j z_k over the units of each stratum, shape (strata, estimates, estimates).

    Returns
    -------
    ndarray
        Shape (estimates, estimates).
    """
    return _over_strata(sample, present, cross, total[:, :, None] * total[:, None, :])


def _over_strata(sample: Sample, present: Positions, inner: Floats, outer: Floats) -> Floats:
    """Return ``Σ_strata scale (inner − outer / n)`` with lonely strata as the design says."""
    shape = (-1,) + (1,) * (inner.ndim - 1)
    units, scale = sample.units[present].reshape(shape), sample.scale[present].reshape(shape)
    lonely = sample.lonely[present]
    spread = inner - outer / units
    spread = np.where(np.abs(spread) < _ROUNDING * np.abs(inner), 0.0, spread)
    if not lonely.any():
        return np.asarray((scale * spread).sum(axis=0))
    if sample.rule == "fail":
        names = ", ".join(str(name) for name in sample.strata[present[lonely]])
        raise WavebookError(
            f"strata: {names}: one sampled unit only, from which no variance can be estimated; "
            "merge strata, or set lonely to adjust, average, remove or certainty"
        )
    alone = lonely.reshape(shape)
    if sample.rule == "adjust":
        spread = np.where(alone, inner, spread)
    else:
        spread = np.where(alone, 0.0, spread)
    variance = np.asarray((scale * spread).sum(axis=0))
    if sample.rule == "average":
        kept = int((~lonely).sum())
        variance = variance * (len(present) / kept) if kept else variance * np.nan
    return variance
