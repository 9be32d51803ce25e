"""Small bases: which cells of a table must not be shown, and which need a warning.

A cell whose base is under `minimum` is suppressed. Where a table also shows a total, what is
suppressed could be had by subtraction; so within each total at least two groups are suppressed, and
together they hold at least `minimum` respondents. If no group is left to join them, the total goes.
Who is in the total and in none of the groups, having not said which, is no group: nobody outside
knows who they are. But as they are not shown either, they help to hide a group that is. Nothing in
the result tells the first kind from the second.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wavebook.errors import WavebookError, listing

Reliability = Literal["sound", "low", "suppressed", "absent"]
SHOWN = frozenset((
    "share", "mean", "mean_rank", "value", "se", "low", "high", "base", "effective_base", "count",
    "deff", "df", "first", "first_low", "first_high", "top", "top_low", "top_high", "rank",
    "rank_low", "rank_high", "statement",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Thresholds:
    """How small a base may be.

    Parameters
    ----------
    minimum
        Respondents; below it a cell is suppressed.
    flag_below
        Respondents; below it a cell is shown as unreliable.
    """

    minimum: int = 10
    flag_below: int = 30

    def __post_init__(self) -> None:
        if not 0 <= self.minimum <= self.flag_below:
            raise WavebookError(
                f"disclosure: expected 0 ≤ minimum ≤ flag_below, found {self.minimum} and "
                f"{self.flag_below}"
            )


def protect(
    table: pd.DataFrame,
    *,
    groups: Sequence[str] = (),
    total: str | None = None,
    thresholds: Thresholds | None = None,
    also: NDArray[np.bool_] | None = None,
) -> pd.DataFrame:
    """Return a copy of a table of estimates without the cells that would give people away.

    For frames as `wavebook.estimate` returns them; a finding's own tables are made safe already.

    Parameters
    ----------
    table
        A line for each group and option, with a column ``base``; as `wavebook.estimate` makes them.
    groups
        The group columns.
    total
        The label that marks totals in `groups`; without it the table has none.
    thresholds
        10 and 30 unless given.
    also
        Lines that must not be shown for another reason, nor be had by subtraction.

    Returns
    -------
    pandas.DataFrame
        The table with a column ``reliability`` (``sound``, ``low``, ``suppressed``). In suppressed
        lines every number is missing, the base too.

    Raises
    ------
    WavebookError
        If the table has no column ``base``, or not those in `groups`.

    Examples
    --------
    >>> table = pd.DataFrame({"g": ["a", "b", "c"], "share": [0.1, 0.2, 0.3], "base": [9, 20, 40]})
    >>> protect(table, groups=["g"])["reliability"].tolist()
    ['suppressed', 'low', 'sound']
    """
    for column in ("base", *groups):
        if column not in table:
            raise WavebookError(f"disclosure: no column '{column}' {listing(table.columns)}")
    base = table["base"].to_numpy(np.float64, na_value=np.nan)
    asked = [column for column in ("question", "row") if column in table]
    columns = {name: table[name].to_numpy(object) for name in (*asked, *groups)} | {"base": base}
    reliability = judged(columns, groups=groups, total=total, thresholds=thresholds, also=also)
    hidden = reliability == "suppressed"
    shown: dict[str, Any] = {}
    for column in table.columns.intersection(list(SHOWN)):
        values = table[column]
        if pd.api.types.is_integer_dtype(values.dtype):
            values = values.astype("Int64")
        shown[column] = values.mask(hidden) if hidden.any() else values
    return pd.DataFrame({**table, **shown, "reliability": reliability})


def judged(
    table: Mapping[Any, Any],
    *,
    groups: Sequence[Hashable] = (),
    total: str | None = None,
    thresholds: Thresholds | None = None,
    also: NDArray[np.bool_] | None = None,
) -> NDArray[np.object_]:
    """Return for each line of a table, given by its columns, how reliable it is.

    Parameters are those of `protect`.
    """
    thresholds = thresholds or Thresholds()
    hidden = suppressed(table, groups=groups, total=total, minimum=thresholds.minimum, also=also)
    low = np.asarray(table["base"], dtype=np.float64) < thresholds.flag_below
    return np.where(hidden, "suppressed", np.where(low, "low", "sound")).astype(object)


def suppressed(
    table: Mapping[Any, Any],
    *,
    groups: Sequence[Hashable] = (),
    total: str | None = None,
    minimum: int = 10,
    also: NDArray[np.bool_] | None = None,
    known: NDArray[np.bool_] | None = None,
) -> NDArray[np.bool_]:
    """Return which lines of a table, given by its columns, must not be shown.

    Parameters are those of `protect`, and which lines are `known` from elsewhere: others are
    suppressed before them. Complementary lines are among the result. A group is suppressed with all
    its options: they share the base. With several group columns each row, column and margin of the
    table is protected in turn, until nothing changes.
    """
    base = np.nan_to_num(np.asarray(table["base"], dtype=np.float64))
    hidden: NDArray[np.bool_] = base < minimum
    hidden = hidden if also is None else hidden | also
    if total is None or not groups:
        return hidden
    asked = [column for column in ("question", "row") if column in table]
    # Labels may be of several types; a code for each keeps comparisons simple.
    coded = {name: _objects(table[name]) for name in [*asked, *groups]}
    codes = {name: pd.factorize(label, use_na_sentinel=False)[0] for name, label in coded.items()}
    cells, first = _distinct([codes[name] for name in (*asked, *groups)])
    size = np.zeros(len(first))
    np.maximum.at(size, cells, base)
    closed = np.zeros(len(first), dtype=bool)
    np.logical_or.at(closed, cells, hidden)
    places = np.column_stack([codes[name][first] for name in (*asked, *groups)])
    totals = {
        len(asked) + at: int(codes[group][label == total].max(initial=_NONE))
        for at, (group, label) in enumerate((group, coded[group]) for group in groups)
    }
    places, size = _with_ungrouped(places, size, totals)
    free = np.arange(len(size)) >= len(closed)  # who is in no group is not shown anyway
    closed = np.concatenate([closed, np.zeros(free.sum(), dtype=bool)])
    families = [
        (members[size[members] > 0], whole)  # nobody is neither hidden nor hides another
        for axis, total_of in totals.items()
        for members, whole in _families(places, axis, total_of)
    ]
    useless = np.zeros(len(size), dtype=bool)
    if known is not None:
        useless[cells[known]] = True
    for members, _ in families:
        useless[members] |= len(members) == 1
    changed = True
    while changed:
        changed = False
        for members, whole in families:
            changed |= _close(closed, size, useless, free, members, whole, minimum)
    return hidden | closed[cells]


_NONE, _UNGROUPED = -1, -2  # codes of no label


def _objects(values: Any) -> NDArray[np.object_]:
    found = np.empty(len(values), dtype=object)
    found[:] = values
    return found


def _distinct(codes: Sequence[NDArray[np.intp]]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return for each line which of the distinct ones it is, and where each comes first."""
    together = np.zeros(len(codes[0]), dtype=np.intp)
    for code in codes:
        together = pd.factorize(together * (int(code.max(initial=0)) + 1) + code)[0]
    return together, np.unique(together, return_index=True)[1]


def _with_ungrouped(
    places: NDArray[np.intp], size: NDArray[np.float64], totals: Mapping[int, int]
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return the cells of a table and, after them, those of who is in totals but in no group.

    Parameters
    ----------
    places
        A line for each cell, a column for each axis of the table.
    totals
        By the axis of each grouping, the code of its total.
    """
    for axis, total in totals.items():
        families = list(_families(places, axis, total))
        rest = np.array([size[whole] - size[members].sum() for members, whole in families])
        found = np.flatnonzero(rest > 0)
        if len(found):
            ungrouped = places[[families[at][1] for at in found]]
            ungrouped[:, axis] = _UNGROUPED
            places = np.concatenate([places, ungrouped])
            size = np.concatenate([size, rest[found]])
    return places, size


def _families(
    places: NDArray[np.intp], axis: int, total: int
) -> Iterator[tuple[NDArray[np.intp], int]]:
    """Yield each set of cells that adds up along an axis to a total, with that total."""
    fixed = np.delete(places, axis, axis=1) - _UNGROUPED  # no code below 0
    line = _distinct(list(fixed.T))[0] if fixed.size else np.zeros(len(places), dtype=np.intp)
    is_total = places[:, axis] == total
    ordered = np.argsort(line, kind="stable")
    ends = np.flatnonzero(np.diff(line[ordered])) + 1
    for inside in np.split(ordered, ends):
        wholes, members = inside[is_total[inside]], inside[~is_total[inside]]
        if len(wholes) == 1 and len(members):
            yield members, int(wholes[0])


def _close(
    closed: NDArray[np.bool_],
    size: NDArray[np.float64],
    useless: NDArray[np.bool_],
    free: NDArray[np.bool_],
    members: NDArray[np.intp],
    whole: int,
    minimum: int,
) -> bool:
    """Close further cells of one family until subtraction tells nothing; return whether any.

    A total that is closed for another family's sake is what its members must not add up to. It is
    `useless` to close a cell that is known from elsewhere, or alone in a total: others go first.
    `free` cells are hidden, and need no hiding.
    """
    if not closed[whole] and not closed[members].any():
        return False
    changed = False
    least = 1 if closed[whole] else 2
    while True:
        is_hidden = closed[members] | free[members]
        if is_hidden.sum() >= least and size[members[is_hidden]].sum() >= minimum:
            return changed
        open_ones = members[~is_hidden]
        if not len(open_ones):
            changed |= not closed[whole]
            closed[whole] = True
            return changed
        closed[open_ones[np.lexsort((size[open_ones], useless[open_ones]))[0]]] = True
        changed = True
