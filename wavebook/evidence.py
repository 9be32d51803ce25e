"""What a published report states of a wave: values, ranges, orders, and where it states them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Literal, NamedTuple, cast

from wavebook.csv_file import read_rows
from wavebook.errors import Problem, WavebookError, listing
from wavebook.reads import note

ValueStatus = Literal["stated", "derived", "assumed", "measured", "simulated"]
ASSUMED_FILE = "assumed.csv"  # in a reconstruction's folder: what nobody stated
MEASURES = ("share", "count", "base", "rank", "mean_rank", "rows")
RELATIONS = ("=", "<", ">")

# Half a per cent: how finely a share printed as a whole per cent is known. A wider range is one
# that only words state ("over eight in ten"); no single figure may be quoted for it.
PRINTED_PRECISION = 0.005


class Cell(NamedTuple):
    """The address of a value in any table."""

    question: str
    row: str = ""
    option: str = ""
    group: str = ""
    measure: str = "share"


@dataclass(frozen=True)
class Claim:
    """One quantity that the source states, or that two stated quantities imply.

    `low` and `high` bound the value where `relation` is ``=``; otherwise the value is compared
    with the cell in which `than_row` and `than_group` replace row and group.
    """

    id: str
    section: str
    figure: str
    finding: str
    part: str
    question: str
    row: str
    option: str
    group: str
    measure: str
    relation: str
    value: str
    low: float | None
    high: float | None
    than_row: str
    than_group: str
    status: ValueStatus
    wording: str
    reading: str

    @property
    def cell(self) -> Cell:
        """The value that is stated."""
        return Cell(self.question, self.row, self.option, self.group, self.measure)

    @property
    def than(self) -> Cell:
        """The value that it is compared with."""
        return self.cell._replace(
            row=self.than_row or self.row, group=self.than_group or self.group
        )

    @property
    def is_range(self) -> bool:
        """Whether words state bounds rather than a figure."""
        if self.low is None or self.high is None:
            return False
        return self.high - self.low > (2.001 * PRINTED_PRECISION if self.measure == "share" else 0)


@dataclass(frozen=True)
class Evidence:
    """All claims about a wave."""

    claims: tuple[Claim, ...]

    @cached_property
    def _values(self) -> Mapping[Cell, Claim]:
        """The narrowest claim that gives a cell a value."""
        found: dict[Cell, Claim] = {}
        for claim in self.claims:
            if claim.relation != "=" or claim.low is None or claim.high is None:
                continue
            other = found.get(claim.cell)
            if other is None or claim.high - claim.low < (other.high or 0) - (other.low or 0):
                found[claim.cell] = claim
        return found

    def about(self, cell: Cell) -> Claim | None:
        """Return the claim that gives a cell its value, if any does."""
        return self._values.get(cell)


def read_assumed_bases(path: Path, name: str) -> frozenset[Cell]:
    """Return the bases that a reconstruction had to assume; none where it keeps no list.

    Parameters
    ----------
    name
        The file, as the user would name it.
    """
    if not path.exists():
        note("file", name)  # that it is not there yet, which no opening of it tells
        return frozenset()
    rows = read_rows(path, name, (*Cell._fields, "value"))
    cells = (Cell(*(row[key] for key in Cell._fields)) for row in rows if row["measure"] == "base")
    return frozenset(cells)


def read_evidence(path: Path, name: str) -> Evidence:
    """Return the evidence in a CSV file.

    Raises
    ------
    WavebookError
        With every problem in the file: columns, numbers, measures, ids that stand twice.
    """
    expected = tuple(field.name for field in fields(Claim))
    records = read_rows(path, name, expected)
    problems: list[Problem] = []
    claims: dict[str, Claim] = {}
    for row, record in enumerate(records, start=1):
        for column, allowed in (
            ("measure", MEASURES),
            ("relation", RELATIONS),
            ("status", ("stated", "derived")),
        ):
            if record[column] not in allowed:
                found = f"'{record[column]}' is not one of {listing(allowed)}"
                problems.append(Problem(name, found, row, column))
        bounds: dict[str, float | None] = {}
        for column in ("low", "high"):
            try:
                bounds[column] = float(record[column]) if record[column] else None
            except ValueError:
                problems.append(Problem(name, f"'{record[column]}' is not a number", row, column))
                bounds[column] = None
        if record["id"] in claims:
            problems.append(
                Problem(name, f"'{record['id']}' stands in an earlier row too", row, "id")
            )
        claims[record["id"]] = Claim(
            **{
                **{key: record[key] for key in expected if key not in ("low", "high", "status")},
                "status": cast(ValueStatus, record["status"]),
                **bounds,
            }  # type: ignore[arg-type]  # the columns were compared with the fields above
        )
    if problems:
        raise WavebookError.of(problems)
    return Evidence(tuple(claims.values()))
