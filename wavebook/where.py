"""The condition that marks a domain: as text, parsed, or a narwhals expression."""

from __future__ import annotations

import narwhals as nw

from wavebook.errors import WavebookError, nearest
from wavebook.expression import Condition, parse

Where = str | Condition | nw.Expr


def as_expr(where: Where | None, schema: nw.Schema) -> nw.Expr | None:
    """Return a condition as a narwhals expression.

    Raises
    ------
    WavebookError
        If it is no condition, or names an unknown column.
    """
    condition = parse(where) if isinstance(where, str) else where
    if not isinstance(condition, Condition):
        return condition
    for column in condition.columns:
        if column not in schema:
            raise WavebookError(
                f"where '{condition.text}': no column '{column}'{nearest(column, schema)}"
            )
    return condition.expr()


def columns_of(where: Where | None) -> tuple[str, ...] | None:
    """Return the columns that a condition reads; None where that cannot be told."""
    if isinstance(where, nw.Expr):
        return None
    condition = parse(where) if isinstance(where, str) else where
    return () if condition is None else condition.columns
