"""Means of columns of numbers with design-based intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from wavebook.asked import domains, expanded, group_names
from wavebook.design import Design
from wavebook.domains import NUMBERS, mean_in
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
    records = []
    groups_of = domains(cells, groups, total)
    for position, one in enumerate(asked):
        for key, rows in groups_of(position):
            records.append((one.question, one.row, *key, *mean_in(cells, rows)))
    table = pd.DataFrame(records, columns=["question", "row", *groups, *NUMBERS])
    table = table.astype({"base": int, "df": int})
    table["low"], table["high"] = wald_interval(table["mean"], table["se"], table["df"], level)
    order = ["question", "row", *groups, "mean", "se", "low", "high", "base"]
    return table[[*order, "effective_base", "deff", "df"]]
