"""What changed between two waves as a table, and as columns of ``tables/<finding>.csv``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from wavebook.change_prose import reconstruction_note
from wavebook.comparison import Changes, told_apart
from wavebook.differences import Change
from wavebook.records import CHANGE_COLUMNS, records
from wavebook.table import Column, Table, marked, notes_for
from wavebook.wording import points, quoted, round_half_up

NOTHING = "–"
VALUES = 3  # columns: the name, the value then, the value now


def changes_table(
    title: str, changes: Changes, *, heading: str, finding: str = "", figure: str = ""
) -> Table:
    """Return changes as a table: each value then and now, the change, its interval, its verdict.

    Parameters
    ----------
    heading
        What the rows are, e.g. ``Plant``.
    finding, figure
        What the values belong to in ``tables/<finding>.csv``.
    """
    measures = {change.cell.measure for change in changes}
    interval = next((change.now.interval_name for change in changes), "Interval")
    unit = " (points)" if measures == {"share"} else ""
    columns: tuple[Column, ...] = (
        Column(heading, "text"),
        Column(changes.then_name),
        Column(changes.now_name),
        Column(f"Change{unit}"),
        Column(f"{interval} of the change"),
        Column("Verdict", "text"),
    )
    values = [*changes.estimates, *(ended.then for ended in changes.ended)]
    names = iter(told_apart(values, [e.label for e in values]))
    rows: list[tuple[str, ...]] = [_row(", ".join(next(names)), change) for change in changes]
    for ended in changes.ended:
        then = marked(ended.then, ended.then.text)
        said = f"not compared: {ended.reason}"
        rows.append((", ".join(next(names)), then, NOTHING, NOTHING, NOTHING, said))
    columns, rows = _without_empty(columns, rows)
    return Table(
        title, columns, tuple(rows), notes(changes), tuple(change_records(changes, finding, figure))
    )


def _without_empty(
    columns: tuple[Column, ...], rows: list[tuple[str, ...]]
) -> tuple[tuple[Column, ...], list[tuple[str, ...]]]:
    """Return a table without those columns behind the two values in which nothing stands.

    Places in a ranking have no interval and no verdict; where nothing can be compared there is no
    change.
    """
    told = [
        at for at in range(len(columns)) if at < VALUES or any(row[at] != NOTHING for row in rows)
    ]
    return tuple(columns[at] for at in told), [tuple(row[at] for at in told) for row in rows]


def _row(name: str, change: Change) -> tuple[str, ...]:
    then = marked(change.then, change.then.text) if change.then else NOTHING
    now = marked(change.now, change.now.text)
    return (name, then, now, change.text, change.interval, change.said or NOTHING)


def notes(changes: Changes) -> tuple[str, ...]:
    """Return what a reader of changes must know, besides what the marks of values mean."""
    thens = [change.then for change in changes if change.then]
    ended = [one.then for one in changes.ended]
    told = [*notes_for([*changes.estimates, *thens, *ended], bases=False)]
    if any(_rests_on_assumed_base(change) for change in changes):
        told.append(
            "How many answered is assumed for some of the values; the interval of their change can "
            "be no surer."
        )
    if changes.compared:
        told.append(
            "Up and down are said only of changes that are larger than sampling error explains; "
            "the verdicts allow for how many values are compared."
        )
    if any(_rounds_apart(change) for change in changes):
        told.append("A change may differ by a point from that between the rounded values.")
    told += _renamed(changes)
    if note := reconstruction_note(changes):
        told.append(note)
    return tuple(told)


def _rests_on_assumed_base(change: Change) -> bool:
    """Whether a change has an interval that rests on a base that nobody stated."""
    both = (change.now, change.then)
    return change.low is not None and any(e and e.is_base_assumed for e in both)


def _rounds_apart(change: Change) -> bool:
    """Whether a reader who subtracts what is printed gets another change than is printed."""
    if change.cell.measure != "share" or change.change is None or change.then is None:
        return False
    now, then = (round_half_up(e.value * 100) for e in (change.now, change.then))
    return points((now - then) / 100) != change.text


def _renamed(changes: Changes) -> Sequence[str]:
    names = {
        (change.now.label, change.then.label)
        for change in changes
        if change.then and change.then.label != change.now.label
    }
    return [
        f"In {changes.then_name} {quoted(now)} was called {quoted(then)}."
        for now, then in sorted(names)
    ]


def change_columns(change: Change, compared_with: str) -> dict[str, Any]:
    """Return the columns that a change adds to its value's row of ``tables/<finding>.csv``.

    Parameters
    ----------
    compared_with
        Id of the earlier wave.
    """
    then = change.then
    stated = then.stated if then and then.stated else (None, None)
    known = then is not None and then.stated is None
    columns = (
        compared_with,
        _round(then.value if then and known else None),
        _round(change.change),
        _round(change.low),
        _round(change.high),
        _round(change.p_adjusted),
        change.verdict,
        change.reason or None,
        *stated,
    )
    return dict(zip(CHANGE_COLUMNS, columns, strict=True))


def change_records(changes: Changes, finding: str, figure: str = "") -> list[dict[str, Any]]:
    """Return the rows of ``tables/<finding>.csv``: the later wave's, with what changed."""
    made = records(changes.estimates, finding, figure)
    return [
        row | change_columns(change, changes.then.id)
        for row, change in zip(made, changes, strict=True)
    ]


def _round(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else round(value, 10)
