"""Weights that make a sample's margins those of its population: raking, with trimming."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wavebook.errors import WavebookError, listing, nearest

Margins = Mapping[str, Mapping[str, float]]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Raked:
    """The outcome of raking.

    Attributes
    ----------
    weights
        A weight for each row, index and order as in the data.
    report
        A line for each category of each margin: ``margin, category, base, before, target, after``;
        the last three are shares of the weighted total, 0–1.
    converged
        Whether every margin is met to `error` within the tolerance.
    rounds
        Passes over all margins.
    error
        The largest distance of a share from its target, 0–1.
    trimmed
        Rows whose weight lies on a bound.
    efficiency
        ``(Σw)² / (n Σw²)``, 0–1: the effective sample as a share of the rows (Kish).
    """

    weights: pd.Series[float]
    report: pd.DataFrame
    converged: bool
    rounds: int
    error: float
    trimmed: int
    efficiency: float

    @property
    def summary(self) -> str:
        """What happened, in a line."""
        state = "converged" if self.converged else "did not converge"
        return (
            f"raking {state} in {self.rounds} rounds; largest distance from a target "
            f"{self.error:.2g}; {self.trimmed} weights trimmed; efficiency {self.efficiency:.0%}"
        )


def rake(
    data: pd.DataFrame,
    margins: Margins,
    *,
    weight: str | None = None,
    trim: tuple[float, float] | None = None,
    tolerance: float = 1e-8,
    most_rounds: int = 500,
) -> Raked:
    """Return weights under which each margin has its population shares.

    Parameters
    ----------
    data
        The respondents.
    margins
        For each column the share or the number of people in each category, such as
        ``{"region": {"north": 0.4, "south": 0.6}}``. Only proportions within a margin count.
    weight
        Column of weights to start from, such as inverse selection probabilities; 1 each unless
        given. Their sum is kept.
    trim
        Smallest and largest weight allowed, in units of the mean weight, e.g. ``(0.3, 3)``.
        Trimming is part of each round, so that other weights take up what it takes away.
    tolerance
        Largest distance of a share from its target that counts as met.
    most_rounds
        Rounds after which to stop, converged or not.

    Returns
    -------
    Raked
        Check `Raked.converged`: margins that contradict each other, or bounds that are too tight,
        leave it false.

    Raises
    ------
    WavebookError
        For no margins, an unknown column, a respondent without a category or in one without a
        target, a target without respondents, a target that is not a positive number, or bad
        starting weights.

    References
    ----------
    Deming and Stephan (1940), On a least squares adjustment of a sampled frequency table when the
    expected marginal totals are known, *Annals of Mathematical Statistics* 11, 427–444.
    Kish (1992), Weighting for unequal Pi, *Journal of Official Statistics* 8, 183–200.
    Kalton and Flores-Cervantes (2003), Weighting methods, *Journal of Official Statistics* 19,
    81–97, for trimming within the rounds.

    Examples
    --------
    >>> people = pd.DataFrame({"region": ["north", "north", "north", "south"]})
    >>> raked = rake(people, {"region": {"north": 0.5, "south": 0.5}})
    >>> [round(float(w), 3) for w in raked.weights]
    [0.667, 0.667, 0.667, 2.0]
    >>> raked.converged
    True
    """
    if not margins:
        raise WavebookError("margins: found none; expected a column with its population shares")
    start = _start(data, weight)
    coded = {column: _coded(data, column, targets) for column, targets in margins.items()}
    total = start.sum()
    bounds = _bounds(trim, total / len(start))
    weights, rounds, error = start, 0, np.inf
    while rounds < most_rounds and error > tolerance:
        rounds += 1
        for position, targets in coded.values():
            sums = np.bincount(position, weights, len(targets))
            if not (sums > 0).all():
                raise WavebookError("margins: a category's weights sum to 0")
            weights = weights * (targets * total / sums)[position]
        if bounds is not None:
            weights = np.clip(weights, *bounds)
        error = max(_distance(weights, *one) for one in coded.values())
    trimmed = 0
    if bounds is not None:
        trimmed = int(np.isin(weights, bounds).sum())
    return Raked(
        weights=pd.Series(weights, index=data.index, name="weight"),
        report=_report(margins, coded, start, weights),
        converged=bool(error <= tolerance),
        rounds=rounds,
        error=float(error),
        trimmed=trimmed,
        efficiency=efficiency(weights),
    )


def efficiency(weights: Any) -> float:
    """Return ``(Σw)² / (n Σw²)``, the share of the sample's size that the weights leave (Kish)."""
    w = np.asarray(weights, dtype=np.float64)
    return float(w.sum() ** 2 / (len(w) * (w * w).sum()))


def _start(data: pd.DataFrame, weight: str | None) -> Floats:
    if data.empty:
        raise WavebookError("the sample has no rows")
    if weight is None:
        return np.ones(len(data))
    if weight not in data:
        raise WavebookError(f"weight: no column '{weight}'{nearest(weight, data.columns)}")
    try:
        start = data[weight].to_numpy(np.float64)
    except ValueError:
        raise WavebookError(f"weight '{weight}': expected numbers") from None
    bad = ~(np.isfinite(start) & (start > 0))
    if bad.any():
        raise WavebookError(
            f"weight '{weight}', row {int(np.flatnonzero(bad)[0]) + 1}: found "
            f"{start[bad][0]:g}; expected a number above 0"
        )
    return start


def _coded(
    data: pd.DataFrame, column: str, targets: Mapping[str, float]
) -> tuple[NDArray[np.intp], Floats]:
    """Return the position of each respondent's category, and the categories' target shares."""
    if column not in data:
        raise WavebookError(f"margins: no column '{column}'{nearest(column, data.columns)}")
    label = f"margins.{column}"
    for category, target in targets.items():
        if not (np.isfinite(target) and target > 0):
            raise WavebookError(f"{label}.{category}: found {target:g}; expected a number above 0")
    answers = data[column]
    if empty := int((answers.isna() | (answers.astype(str) == "")).sum()):
        raise WavebookError(f"{label}: {empty} respondents have no category; expected one each")
    categories = pd.Index([str(category) for category in targets])
    position = categories.get_indexer(pd.Index(answers.astype(str)))
    if (position < 0).any():
        found = str(answers.iloc[int(np.flatnonzero(position < 0)[0])])
        raise WavebookError(
            f"{label}: respondents in '{found}' have no target {listing(categories)}"
        )
    counts = np.bincount(position, minlength=len(categories))
    if (counts == 0).any():
        raise WavebookError(f"{label}.{categories[counts == 0][0]}: no respondent is in it")
    shares = np.array([float(target) for target in targets.values()])
    return position, shares / shares.sum()


def _bounds(trim: tuple[float, float] | None, mean: float) -> tuple[float, float] | None:
    if trim is None:
        return None
    low, high = trim
    if not 0 <= low < 1 < high:
        raise WavebookError(
            f"trim: found {low:g} and {high:g}; expected one below 1 and one above, in mean weights"
        )
    return low * mean, high * mean


def _distance(weights: Floats, position: NDArray[np.intp], targets: Floats) -> float:
    shares = np.bincount(position, weights, len(targets)) / weights.sum()
    return float(np.abs(shares - targets).max())


def _report(
    margins: Margins,
    coded: Mapping[str, tuple[NDArray[np.intp], Floats]],
    start: Floats,
    weights: Floats,
) -> pd.DataFrame:
    parts = []
    for column, (position, targets) in coded.items():
        size = len(targets)
        parts.append(
            pd.DataFrame(
                {
                    "margin": column,
                    "category": [str(category) for category in margins[column]],
                    "base": np.bincount(position, minlength=size),
                    "before": np.bincount(position, start, size) / start.sum(),
                    "target": targets,
                    "after": np.bincount(position, weights, size) / weights.sum(),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)
