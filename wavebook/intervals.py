"""Confidence intervals for shares and means from a design-based standard error.

Three intervals for a share: *logit*, symmetric on the logit scale and never outside 0–1; *beta*,
the exact binomial interval of Clopper and Pearson at the effective sample size, after Korn and
Graubard; and *wald*, the plain symmetric one. ``auto`` takes beta where the base is below 30, or
where fewer than 5 respondents gave the answer, or fewer than 5 gave another; logit elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wavebook.errors import WavebookError
from wavebook.special import betaincinv, expit, logit, stdtr, stdtrit

Method = Literal["auto", "logit", "beta", "wald"]
Floats = NDArray[np.float64]

SMALL_BASE = 30
FEW_ANSWERS = 5


def t_quantile(probability: float, df: ArrayLike) -> Floats:
    """Return quantiles of Student's t; NaN where `df` is below 1.

    Parameters
    ----------
    probability
        Between 0 and 1.
    df
        Degrees of freedom: sampled units minus strata.
    """
    df = np.asarray(df, dtype=np.float64)
    return np.where(df >= 1, stdtrit(np.maximum(df, 1.0), probability), np.nan)


def two_sided_p(t: ArrayLike, df: ArrayLike) -> Floats:
    """Return the two-sided p-value of a t statistic; NaN where `df` is below 1."""
    df = np.asarray(df, dtype=np.float64)
    tail: Floats = 2 * stdtr(np.maximum(df, 1.0), -np.abs(np.asarray(t, dtype=np.float64)))
    return np.where(df >= 1, tail, np.nan)


def wald_interval(
    estimate: ArrayLike, se: ArrayLike, df: ArrayLike, level: float = 0.95
) -> tuple[Floats, Floats]:
    """Return ``estimate ± t se``, for means and differences.

    Returns
    -------
    tuple
        Lower and upper limits, in the units of `estimate`.
    """
    middle = np.asarray(estimate, dtype=np.float64)
    reach = t_quantile((1 + _checked(level)) / 2, df) * np.asarray(se, dtype=np.float64)
    return middle - reach, middle + reach


def logit_interval(
    share: ArrayLike, se: ArrayLike, df: ArrayLike, level: float = 0.95
) -> tuple[Floats, Floats]:
    """Return the interval that is symmetric on the logit scale.

    Parameters
    ----------
    share, se
        Estimates and their standard errors on the 0–1 scale.
    df
        Degrees of freedom of the design in the domain.
    level
        Confidence level, e.g. 0.95.

    Returns
    -------
    tuple
        Lower and upper limits; NaN where the share is 0 or 1, whose logit is not finite.

    References
    ----------
    Korn and Graubard (1999), *Analysis of Health Surveys*, section 2.6; R's ``svyciprop`` with
    ``method = "logit"`` or ``"xlogit"``.
    """
    p = np.asarray(share, dtype=np.float64)
    inside = (p > 0) & (p < 1)
    p = np.where(inside, p, np.nan)
    reach = t_quantile((1 + _checked(level)) / 2, df) * np.asarray(se) / (p * (1 - p))
    return expit(logit(p) - reach), expit(logit(p) + reach)


def beta_interval(
    share: ArrayLike,
    se: ArrayLike,
    df: ArrayLike,
    level: float = 0.95,
    *,
    base: ArrayLike,
    at_ends: ArrayLike | None = None,
) -> tuple[Floats, Floats]:
    """Return the Korn–Graubard interval.

    Parameters
    ----------
    share, se
        Estimates and their standard errors, 0–1, both ends included.
    df
        Degrees of freedom of the design in the domain.
    level
        Confidence level.
    base
        Respondents in the domain.
    at_ends
        Effective sample size for shares of 0 and 1, where ``p (1 - p) / se²`` has no value; `base`
        unless given.

    Returns
    -------
    tuple
        Lower and upper limits; the share itself where it has no variance, as in a census.

    References
    ----------
    Korn and Graubard (1998), Confidence intervals for proportions with small expected number of
    positive counts estimated from survey data, *Survey Methodology* 24, 193–201; R's ``svyciprop``
    with ``method = "beta"``.
    """
    p, n = np.asarray(share, dtype=np.float64), np.asarray(base, dtype=np.float64)
    tail = (1 - _checked(level)) / 2
    variance = np.asarray(se, dtype=np.float64) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        size = p * (1 - p) / variance
    size = np.where((p > 0) & (p < 1), size, n if at_ends is None else at_ends)
    size = size * (t_quantile(tail, n - 1) / t_quantile(tail, df)) ** 2
    yes, no = size * p, size * (1 - p)
    known = np.isfinite(size)
    low = np.where(yes > 0, _beta_quantile(yes, no + 1, tail), 0.0)
    high = np.where(no > 0, _beta_quantile(yes + 1, no, 1 - tail), 1.0)
    census = np.isposinf(size)  # no variance at all: the share is known
    low = np.where(known, low, np.where(census, p, np.nan))
    return low, np.where(known, high, np.where(census, p, np.nan))


def share_interval(
    share: ArrayLike,
    se: ArrayLike,
    *,
    base: ArrayLike,
    count: ArrayLike,
    df: ArrayLike,
    level: float = 0.95,
    method: Method = "auto",
    at_ends: ArrayLike | None = None,
) -> tuple[Floats, Floats]:
    """Return the interval of each share by the method asked for; see this module's first lines.

    Parameters
    ----------
    share, se
        Estimates and standard errors, 0–1.
    base, count
        Respondents in the domain, and those of them who gave the answer.
    df
        Degrees of freedom.
    level
        Confidence level.
    method
        ``auto``, ``logit``, ``beta`` or ``wald``.
    at_ends
        As for `beta_interval`.

    Raises
    ------
    WavebookError
        If `method` or `level` is none.
    """
    if method == "wald":
        return wald_interval(share, se, df, level)
    if method not in ("auto", "logit", "beta"):
        raise WavebookError(f"interval: '{method}' is not one of (auto, logit, beta, wald)")
    by_logit = logit_interval(share, se, df, level)
    if method == "logit":
        return by_logit
    by_beta = beta_interval(share, se, df, level, base=base, at_ends=at_ends)
    if method == "beta":
        return by_beta
    n, chosen = np.asarray(base), np.asarray(count)
    exact = (n < SMALL_BASE) | (chosen < FEW_ANSWERS) | (n - chosen < FEW_ANSWERS)
    p = np.asarray(share, dtype=np.float64)
    exact = exact | (p <= 0) | (p >= 1)
    low, high = (np.where(exact, b, a) for a, b in zip(by_logit, by_beta, strict=True))
    return low, high


def interval_of(
    found: Mapping[str, Floats], level: float, method: Method = "auto"
) -> tuple[Floats, Floats]:
    """Return the intervals of shares with their companions, by the names in `domains.SHARES`."""
    return share_interval(
        found["share"],
        found["se"],
        base=found["base"],
        count=found["count"],
        df=found["df"],
        level=level,
        method=method,
        at_ends=np.minimum(found["kish"], found["base"]),
    )


def holm(p_values: ArrayLike) -> Floats:
    """Return p-values adjusted for the number of tests, after Holm.

    Parameters
    ----------
    p_values
        One a test; NaN stays NaN and counts as no test.

    References
    ----------
    Holm (1979), A simple sequentially rejective multiple test procedure, *Scandinavian Journal of
    Statistics* 6, 65–70; R's ``p.adjust(method = "holm")``.
    """
    p = np.asarray(p_values, dtype=np.float64)
    adjusted = np.full(p.shape, np.nan)
    order = np.argsort(p)
    order = order[~np.isnan(p[order])]
    steps = p[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted


def _checked(level: float) -> float:
    if not 0 < level < 1:
        raise WavebookError(f"level: found {level:g}; expected a number between 0 and 1, as 0.95")
    return level


def _beta_quantile(a: Floats, b: Floats, probability: float) -> Floats:
    usable = (a > 0) & (b > 0) & np.isfinite(a) & np.isfinite(b)
    quantile: Floats = betaincinv(np.where(usable, a, 1.0), np.where(usable, b, 1.0), probability)
    return quantile
