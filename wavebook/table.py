"""Tables that a page, a PDF, a screen reader and a spreadsheet can all use."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from wavebook.errors import WavebookError, listing, nearest
from wavebook.estimates import ASSUMED, SUPPRESSED, Estimate, Estimates
from wavebook.records import records

MIME = "application/vnd.wavebook.table+json"
Kind = Literal["text", "number"]

NOTES = {
    "assumed": (
        f"{ASSUMED} Assumed: the source does not state this value; the reconstruction fills it in."
    ),
    "derived": "‡ Derived: two stated values imply it.",
    "range": "A range, such as 80–90%, is what the source's words allow.",
    "low": "§ Few people answered: read with care.",
    "suppressed": (
        f"{SUPPRESSED} Not shown: too few people answered, or the value would tell of so few."
    ),
}


@dataclass(frozen=True)
class Column:
    """A column's heading and whether it holds words or numbers."""

    label: str
    kind: Kind = "number"


@dataclass(frozen=True)
class Table:
    """A table ready to be shown: text in cells, the first column naming each row.

    Attributes
    ----------
    records
        The rows that this table adds to ``tables/<finding>.csv``.
    changes
        A table of what changed in these values since an earlier wave, which stands under it.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    records: tuple[dict[str, Any], ...] = field(default=(), repr=False)
    changes: Table | None = None

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return {MIME: self.as_dict(), "text/html": self.as_html(), "text/plain": self.as_text()}

    def as_dict(self) -> dict[str, Any]:
        """Return the table as plain data."""
        return {
            "title": self.title,
            "columns": [{"label": c.label, "kind": c.kind} for c in self.columns],
            "rows": [list(row) for row in self.rows],
            "notes": list(self.notes),
            "records": list(self.records),
            **({"changes": self.changes.as_dict()} if self.changes else {}),
        }

    def as_html(self) -> str:
        """Return the table for a notebook."""

        def cells(tag: str, row: Iterable[str]) -> str:
            first, *rest = (html.escape(text) for text in row)
            scope = "row" if tag == "td" else "col"
            head = f'<th scope="{scope}">{first}</th>'
            return head + "".join(
                f'<th scope="col">{text}</th>' if tag == "th" else f"<td>{text}</td>"
                for text in rest
            )

        header = cells("th", (c.label for c in self.columns))
        body = "".join(f"<tr>{cells('td', row)}</tr>" for row in self.rows)
        notes = "".join(f"<p><small>{html.escape(note)}</small></p>" for note in self.notes)
        return (
            f"<table><caption>{html.escape(self.title)}</caption>"
            f"<thead><tr>{header}</tr></thead><tbody>{body}</tbody></table>{notes}"
        ) + (self.changes.as_html() if self.changes else "")

    def as_text(self) -> str:
        """Return the table for a terminal."""
        grid = [tuple(c.label for c in self.columns), *self.rows]
        widths = [max(len(row[i]) for row in grid) for i in range(len(self.columns))]
        lines = [
            "  ".join(
                text.ljust(width) if column.kind == "text" else text.rjust(width)
                for text, width, column in zip(row, widths, self.columns, strict=True)
            ).rstrip()
            for row in grid
        ]
        below = ("", self.changes.as_text()) if self.changes else ()
        return "\n".join((self.title, *lines, *self.notes, *below))


def marked(estimate: Estimate, text: str) -> str:
    """Return a value's text with the marks of its status and reliability."""
    if estimate.is_missing:
        return text
    text += "§" if estimate.reliability == "low" else ""
    return text + {"assumed": ASSUMED, "derived": "‡"}.get(estimate.status, "")


def notes_for(estimates: Iterable[Estimate], *, bases: bool = True) -> tuple[str, ...]:
    """Return the notes that a table of these estimates needs.

    Parameters
    ----------
    bases
        Whether the table shows how many answered.
    """
    shown = list(estimates)
    kinds = (
        {e.status for e in shown}
        | {e.reliability for e in shown}
        | ({"range"} if any(e.stated for e in shown) else set())
        | ({"assumed"} if bases and any(e.is_base_assumed for e in shown) else set())
    )
    return tuple(note for kind, note in NOTES.items() if kind in kinds)


def row_name(estimate: Estimate, by: str) -> str:
    """Return what the row of an estimate is called where there is one for each `by`."""
    name = {"option": estimate.option_label, "group": estimate.group_label}.get(by)
    return name or estimate.label


def shares_table(
    title: str,
    estimates: Estimates,
    *,
    heading: str,
    headline: str | None = None,
    finding: str = "",
    figure: str = "",
    by: Literal["row", "option", "group", "question"] = "row",
    columns: Literal["option", "group", "question"] = "option",
    sort: bool = False,
) -> Table:
    """Return values as a table: a row for each `by`, a column for each of `columns`, and the base.

    Parameters
    ----------
    heading
        What the rows are, e.g. ``Role``.
    headline
        Code of the column whose interval is printed beside it; the only column's by default.
    sort
        Whether the rows go by the headline column (else the first), the largest share or the best
        place on top.
    """
    rows: dict[str, dict[str, Estimate]] = {}
    heads: dict[str, str] = {}
    for e in estimates:
        code = getattr(e.cell, columns)
        heads.setdefault(code, e.option_label or e.label if columns == "option" else e.group_label)
        rows.setdefault(getattr(e.cell, by), {})[code] = e
    known = [*heads, *(getattr(e.cell, columns) for e in estimates.absent)]
    if headline is not None and headline not in known:
        raise WavebookError(
            f"headline: no column '{headline}' {listing(dict.fromkeys(known))}"
            f"{nearest(headline, known)}"
        )
    if len(heads) == 1 and headline is None:
        headline = next(iter(heads))
    ordered: Sequence[dict[str, Estimate]] = list(rows.values())
    if sort:
        key = headline if headline is not None else next(iter(heads))
        sign = -1 if estimates.values[0].cell.measure == "share" else 1
        ordered = sorted(
            ordered,
            key=lambda row: (
                sign * row[key].value if key in row and not row[key].is_missing else math.inf
            ),
        )
    shown: list[Column] = [Column(heading, "text")]
    one_base = columns == "option" or len(heads) == 1
    for code, label in heads.items():
        bases = {row[code].base_text for row in ordered if code in row}
        told = f"{label} ({bases.pop()})" if len(bases) == 1 and not one_base else label
        shown.append(Column(told if len(heads) > 1 else "Share"))
        if code == headline:
            shown.append(Column(estimates.values[0].interval_name))
    if one_base:
        shown.append(Column("Base"))
    body = []
    for row in ordered:
        first = next(iter(row.values()))
        cells = [row_name(first, by)]
        for code in heads:
            one = row.get(code)
            cells.append(marked(one, one.text) if one else "–")
            if code == headline:
                cells.append(one.interval if one and one.status != "assumed" else "–")
        if one_base:
            cells.append(first.base_text)
        body.append(tuple(cells))
    return Table(
        title,
        tuple(shown),
        tuple(body),
        notes_for(estimates),
        tuple(records(estimates, finding, figure)),
    )
