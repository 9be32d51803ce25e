"""The arithmetic of one domain: sums in, estimate, standard error, base and design effect out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wavebook.cells import Cells
from wavebook.variance import design_variance

SHARES = ("share", "se", "base", "count", "effective_base", "deff", "df", "kish")
NUMBERS = ("mean", "se", "base", "effective_base", "deff", "df")
Floats = NDArray[np.float64]
Positions = NDArray[np.intp]
Estimates = tuple[Floats, ...]
Columns = dict[str, Any]  # a table: what stands in each column, by its name, a value a line


def shares_in(cells: Cells, rows: Positions, lines: Mapping[str, Sequence[str]]) -> Estimates:
    """Return the estimates of each line in a domain, in the order of `SHARES`.

    Parameters
    ----------
    cells, rows
        The sums, and which of their rows make up the domain.
    lines
        What to estimate, as ``{line: codes}``. Codes of no line are out of the base.
    """
    codes = list(dict.fromkeys(code for members in lines.values() for code in members))
    code_of = {code: position for position, code in enumerate(codes)}
    answer = np.array([code_of.get(code, -1) for code in cells.answer[rows]])
    rows = rows[answer >= 0]
    answer = answer[answer >= 0].astype(np.intp)
    belongs = np.array([[float(c in members) for members in lines.values()] for c in codes])
    if not len(rows):
        return _nothing(len(lines), len(SHARES))

    units, unit, present, stratum = _placed(cells, rows)
    place, size = unit * len(codes) + answer, units * len(codes)
    w, w2, n = (
        np.bincount(place, cells.sums[name][rows], size)
        .astype(np.float64)
        .reshape(units, len(codes))
        for name in ("w", "w2", "n")
    )
    n = n.sum(axis=0)
    total, base = w.sum(), n.sum()
    chosen = w @ belongs
    count = n @ belongs
    # Sums of several codes round: nobody and everybody are exactly 0 and 1.
    p = np.where(count == 0, 0.0, np.where(count == base, 1.0, chosen.sum(axis=0) / total))
    z = (chosen - np.outer(w.sum(axis=1), p)) / total
    if cells.sample.clusters is not None:
        z_sum, z_square = _by_stratum(z, stratum), _by_stratum(z * z, stratum)
    else:
        # One respondent gives one answer, so Σz² of respondents follows from Σw² by answer.
        z_sum = z
        z_square = ((w2 @ belongs) * (1 - 2 * p) + np.outer(w2.sum(axis=1), p * p)) / total**2
    variance = design_variance(cells.sample, present, z_sum, z_square)
    variance = np.where((p > 0) & (p < 1), variance, 0.0)
    kish = total**2 / w2.sum()
    df = (units if cells.sample.clusters is not None else base) - len(present)
    with np.errstate(divide="ignore", invalid="ignore"):
        deff = np.where((p > 0) & (p < 1), variance / (p * (1 - p) / (base - 1)), np.nan)
        effective = np.where(np.isnan(deff), min(kish, base), base / deff)
    wide = np.ones(len(lines))
    return p, np.sqrt(variance), base * wide, count, effective, deff, df * wide, kish * wide


def mean_in(cells: Cells, rows: Positions) -> tuple[float, ...]:
    """Return the mean of a domain and its companions, in the order of `NUMBERS`."""
    if not len(rows):
        return (np.nan, np.nan, 0.0, np.nan, np.nan, 0.0)
    units, unit, present, stratum = _placed(cells, rows)
    sums = {
        name: np.bincount(unit, cells.sums[name][rows], units)
        for name in ("n", "w", "wx", "wxx", "w2", "w2x", "w2xx")
    }
    base, total = sums["n"].sum(), sums["w"].sum()
    m = sums["wx"].sum() / total
    z = (sums["wx"] - m * sums["w"]) / total
    if cells.sample.clusters is not None:
        z_sum = _by_stratum(z[:, None], stratum)
        z_square = _by_stratum(z[:, None] ** 2, stratum)
    else:
        z_sum = z[:, None]
        z_square = (sums["w2xx"] - 2 * m * sums["w2x"] + m * m * sums["w2"])[:, None] / total**2
    variance = float(design_variance(cells.sample, present, z_sum, z_square)[0])
    spread = (sums["wxx"].sum() - 2 * m * sums["wx"].sum() + m * m * total) / total
    df = (units if cells.sample.clusters is not None else base) - len(present)
    with np.errstate(divide="ignore", invalid="ignore"):
        deff = float(np.float64(variance) / (spread / (base - 1))) if spread > 0 else np.nan
        kish = min(base, total**2 / sums["w2"].sum())
        effective = kish if np.isnan(deff) else float(base / np.float64(deff))
    return float(m), float(np.sqrt(variance)), float(base), float(effective), deff, float(df)


def _placed(cells: Cells, rows: Positions) -> tuple[int, Positions, Positions, Positions]:
    """Return how many units a domain has, the unit of each row, its strata, each unit's stratum."""
    named, unit = np.unique(cells.unit[rows], return_inverse=True)
    present, stratum = np.unique(cells.sample.cluster_stratum[named], return_inverse=True)
    return len(named), unit, present, stratum


def _by_stratum(values: Floats, stratum: Positions) -> Floats:
    sums = np.zeros((int(stratum.max()) + 1, values.shape[1]))
    np.add.at(sums, stratum, values)
    return sums


def _nothing(lines: int, columns: int) -> Estimates:
    names = dict.fromkeys(SHARES[:columns], np.nan) | dict.fromkeys(("base", "count", "df"), 0.0)
    return tuple(np.full(lines, names[name]) for name in SHARES[:columns])
