"""Pandera as the checks use it: whole columns at once, every failure with all its rows.

Pandera's own list of failures holds a line for every cell, made three times over; a column that is
wrong throughout would take longer to report than to check. So each check is asked for one case,
and the rows come from what it answered for the whole column.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wavebook.errors import Severity
from wavebook.missing import missing

if TYPE_CHECKING:
    from pandera.pandas import Check

Test = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Rule:
    """What must hold of a column, or of several columns, and how to say that it does not.

    Attributes
    ----------
    name
        For programs: ``unknown-option``.
    test
        Takes the column, or the frame, and returns for each row, or for all, whether it holds.
    message
        A sentence; ``{found}`` stands for what a cell holds.
    expected
        The sentence's second half alone.
    column
        The column it is reported for, where that is not the one that is tested.
    cells
        The columns whose cells are what was found, likewise.
    known
        Names among which a wrong one may have been meant.
    """

    name: str
    test: Test
    message: str
    expected: str = ""
    severity: Severity = "error"
    column: str = ""
    cells: Sequence[str] = ()
    known: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """A rule that is broken: in which column, and in which rows, counting from 0; None for all."""

    rule: Rule
    column: str
    rows: NDArray[np.intp] | None

    @property
    def places(self) -> list[int]:
        """The rows as a list; none where the whole column breaks the rule."""
        return [] if self.rows is None else [int(row) for row in self.rows]


def failures(
    frame: pd.DataFrame, columns: Mapping[str, Sequence[Rule]], across: Sequence[Rule] = ()
) -> Iterator[Failure]:
    """Yield every broken rule, in the order of `columns`.

    Parameters
    ----------
    frame
        Its index counts rows from 0.
    columns
        The rules of each column of the frame.
    across
        Rules that take the whole frame.
    """
    import pandera.pandas as pa  # noqa: PLC0415
    from pandera.config import ValidationDepth, config_context  # noqa: PLC0415

    schema = pa.DataFrameSchema(
        {
            name: pa.Column(nullable=True, checks=[_check(rule) for rule in rules])
            for name, rules in columns.items()
        },
        checks=[_check(rule) for rule in across],
    )
    # Pandera can be switched off in the environment, which must not make a wave sound. It loads
    # Hypothesis if it can, a quarter of a second, to make up data that nobody asks for here.
    with (
        missing("hypothesis"),
        config_context(
            validation_enabled=True,
            validation_depth=ValidationDepth.SCHEMA_AND_DATA,
            use_narwhals_backend=False,
        ),
    ):
        try:
            # Pandera marks the frame that it has seen; this one is gone when the checks are.
            schema.validate(frame.copy(deep=False), lazy=True, inplace=True)
        except pa.errors.SchemaErrors as caught:
            errors = caught.schema_errors
        else:
            return
    for error in errors:
        if error.reason_code is not pa.errors.SchemaErrorReason.DATAFRAME_CHECK:
            raise error  # a rule that cannot be tested is a mistake of ours
        rules = columns[error.column_name] if error.column_name else across
        rule = rules[error.check_index]
        passed = error.check_output
        rows = None if np.ndim(passed) == 0 else np.flatnonzero(~np.asarray(passed, dtype=bool))
        yield Failure(rule, rule.column or error.column_name or "", rows)


def _check(rule: Rule) -> Check:
    from pandera.pandas import Check  # noqa: PLC0415

    def test(data: Any) -> Any:  # pandera copies all that a check holds, but no function
        return rule.test(data)

    return Check(test, name=rule.name, ignore_na=False, n_failure_cases=1)
