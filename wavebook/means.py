"""Means of columns of numbers with design-based intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from wavebook.asked import Asked, domains, expanded, group_names
from wavebook.cells import Cells
from wavebook.design import Design
from wavebook.domains import NUMBERS, Columns, mean_in
from wavebook.intervals import wald_interval
from wavebook.sums import number_sums
from wavebook.where import Where


def mean(
    frame: Any,
    question: str | Sequence[str],
    *,
    by: str | Sequence[str] | None = None,
    design: Design | None = None,
    level: float = 0.95,
    where: Where | None = None,
    total: str | None = None,
) -> pd.DataFrame:
    """Return the mean of a column of numbers, or of several.

    Parameters are those of `share`; a missing number is out of the base.

    Returns
    -------
    pandas.DataFrame
        ``question`` and ``row``, the `by` columns, ``mean``, ``se``, ``low``, ``high`` in the units
        of the column, ``base``, ``effective_base``, ``deff``, ``df``. The interval is
        ``mean ± t se``.
    """
    groups = group_names(by)
    asked = list(expanded(frame, [question] if isinstance(question, str) else question))
    cells = number_sums(frame, [one.column for one in asked], by=groups, design=design, where=where)
    return pd.DataFrame(columns_of_means(cells, asked, total=total, level=level))


def columns_of_means(
    cells: Cells, questions: Sequence[Asked], *, total: str | None, level: float
) -> Columns:
    """Return what `mean` makes of the sums of some columns, by the names of its columns."""
    groups = tuple(cells.groups)
    groups_of = domains(cells, groups, total)
    keys: list[tuple[Any, ...]] = []
    means: list[tuple[float, ...]] = []
    for position, one in enumerate(questions):
        for key, rows in groups_of(position):
            keys.append((one.question, one.row, *key))
            means.append(mean_in(cells, rows))
    found = dict(zip(NUMBERS, np.array(means).reshape(-1, len(NUMBERS)).T, strict=True))
    found["low"], found["high"] = wald_interval(found["mean"], found["se"], found["df"], level)
    found |= {name: found[name].astype(int) for name in ("base", "df")}
    names = ["question", "row", *groups]
    named = {name: [key[at] for key in keys] for at, name in enumerate(names)}
    order = ["mean", "se", "low", "high", "base", "effective_base", "deff", "df"]
    return named | {name: found[name] for name in order}
