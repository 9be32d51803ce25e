"""A frame's rows as a chart holds them: plain values, as Altair makes them in ten times the time.

Altair goes through a frame column by column with pandas, to be ready for any type. The frames that
charts are drawn from hold words, numbers and truth values; any other frame is left to Altair.
"""

from __future__ import annotations

import math
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

NAME = "wavebook"
MOST_ROWS = 5_000  # beyond that, Altair explains why it is too much
PLAIN = (str, bool, int, float, type(None))


def rows_of(data: Any) -> Any:
    """Return a chart's data as Vega-Lite takes it.

    Examples
    --------
    >>> rows_of(pd.DataFrame({"name": ["beans", None], "share": [0.5, math.nan]}))
    {'values': [{'name': 'beans', 'share': 0.5}, {'name': None, 'share': None}]}
    """
    if isinstance(data, pd.DataFrame) and all(isinstance(name, str) for name in data.columns):
        columns = {name: _plain(column) for name, column in data.items()}
        if None not in columns.values() and len(data) <= MOST_ROWS:
            rows = zip(*columns.values(), strict=True)
            return {"values": [dict(zip(columns, row, strict=True)) for row in rows]}
    return alt.default_data_transformer(data)


def _plain(column: pd.Series[Any]) -> list[Any] | None:
    """Return a column's values, None where one is missing; no list if it holds something else."""
    values = column.tolist()
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "biu":
        return values
    if isinstance(column.dtype, np.dtype) and column.dtype.kind == "f":
        return [value if math.isfinite(value) else None for value in values]
    if isinstance(column.dtype, pd.StringDtype):
        return [value if isinstance(value, str) else None for value in values]
    if column.dtype == object and all(type(value) in PLAIN for value in values):
        return [None if pd.isna(value) else value for value in values]
    return None


alt.data_transformers.register(NAME, rows_of)
