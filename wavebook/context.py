"""What documents state about the world around a survey: quantities, tables, and links to findings.

The chapters around the findings draw on files under ``data/context/``. A file with a column
``value`` holds quantities, each with where it is stated; any other file holds rows of words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, cast

from wavebook import commentary, wording
from wavebook.csv_file import read_rows
from wavebook.errors import Problem, WavebookError, listing, nearest
from wavebook.project import Project
from wavebook.table import Column, Table

Unit = Literal["count", "share", "year", "years", "days", "weeks", "hours", "clock", "pounds"]
UNITS: tuple[Unit, ...] = (
    "count", "share", "year", "years", "days", "weeks", "hours", "clock", "pounds",
)  # fmt: skip
STATUSES = ("stated", "derived")
TERM = re.compile(r"\s*([+/-]?)\s*([a-z0-9_]+)")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number that a document states, or that stated numbers imply.

    Attributes
    ----------
    value, low, high
        The number, and the bounds that the document's words leave it ("nearly 1,500").
    hedge
        The word that has to stand before the number: nearly, about, at most.
    derivation
        Sum, difference or ratio of other quantities of the file that gives this one.
    document, where
        Key of the document in the bibliography, and the place in it.
    wording
        The few words of the document that state it.
    reading
        How they were read, where that is not plain.
    """

    id: str
    what: str
    group: str
    value: float
    low: float
    high: float
    unit: Unit
    hedge: str
    derivation: str
    document: str
    where: str
    status: str
    wording: str
    reading: str

    @property
    def figure(self) -> str:
        """The number as a reader expects it: 1,500, 60%, a third, £35 million, 8am."""
        match self.unit:
            case "share":
                is_whole = abs(self.value * 100 - round(self.value * 100)) < 1e-6
                return wording.percent(self.value) if is_whole else wording.words(self.value)
            case "pounds":
                return f"£{self.value / 1e6:g} million"
            case "year":
                return f"{self.value:.0f}"
            case "clock":
                return f"{(self.value - 1) % 12 + 1:.0f}{'am' if self.value < 12 else 'pm'}"
            case _:
                return f"{self.value:,.0f}"

    @property
    def number(self) -> str:
        """The number in words up to ten, with its hedge."""
        return self._hedged(wording.number(round(self.value)))

    @property
    def words(self) -> str:
        """A share in words: nearly a third."""
        return wording.words((self.low + self.high) / 2)

    @property
    def is_range(self) -> bool:
        """Whether the document's words leave the number open between two bounds."""
        return self.low < self.high

    def _hedged(self, text: str) -> str:
        return f"{self.hedge} {text}".strip()

    def __str__(self) -> str:
        return self._hedged(self.figure)


@dataclass(frozen=True)
class Quantities:
    """The quantities of one file; ``growth.round_1`` is one of them."""

    name: str
    values: tuple[Quantity, ...]

    def __iter__(self) -> Iterator[Quantity]:
        return iter(self.values)

    def __len__(self) -> int:
        return len(self.values)

    @cached_property
    def _by_id(self) -> Mapping[str, Quantity]:
        return {quantity.id: quantity for quantity in self.values}

    def __getitem__(self, name: str) -> Quantity:
        if name not in self._by_id:
            raise WavebookError(f"{self.name}: no quantity '{name}'{nearest(name, self._by_id)}")
        return self._by_id[name]

    def __getattr__(self, name: str) -> Quantity:
        if name.startswith("_") or name not in self._by_id:
            raise AttributeError(f"{self.name} has no quantity '{name}'")
        return self._by_id[name]

    def only(self, *groups: str) -> Quantities:
        """Return the quantities of some groups."""
        return Quantities(self.name, tuple(q for q in self.values if q.group in groups))

    def among(self, *names: str) -> Quantities:
        """Return some quantities, in the order given."""
        return Quantities(self.name, tuple(self[name] for name in names))

    def problems(self) -> Iterator[Problem]:
        """Yield what the file contradicts itself in: each derivation against what it gives."""
        for row, quantity in enumerate(self.values, start=1):
            if not quantity.low <= quantity.value <= quantity.high and quantity.hedge == "":
                yield Problem(self.name, f"{quantity.value} is not within its bounds", row, "value")
            if quantity.status == "derived" and not quantity.derivation:
                yield Problem(self.name, "a derived quantity needs a derivation", row, "derivation")
            if not quantity.derivation:
                continue
            try:
                low, high = self._derived(quantity.derivation)
            except WavebookError as error:
                yield Problem(self.name, str(error), row, "derivation")
                continue
            if not (_near(low, quantity.low) and _near(high, quantity.high)):
                found = f"{quantity.derivation} gives {low:g} to {high:g}"
                expected = f"{quantity.low:g} to {quantity.high:g}"
                yield Problem(self.name, f"{found}, not {expected}", row, "derivation")

    def _derived(self, derivation: str) -> tuple[float, float]:
        """Return the bounds of a sum, difference or ratio of quantities."""
        low = high = 0.0
        end = 0
        for term in TERM.finditer(derivation):
            if term.start() != end:
                break
            end = term.end()
            sign, name = term.groups()
            number = float(name) if name.isdigit() else None
            least = self[name].low if number is None else number
            most = self[name].high if number is None else number
            if sign == "-":
                low, high = low - most, high - least
            elif sign == "/":
                low, high = low / most, high / least
            else:
                low, high = low + least, high + most
        if end != len(derivation):
            raise WavebookError(f"'{derivation}' is not a sum, difference or ratio")
        return low, high

    def table(
        self, title: str, documents: Mapping[str, str], *, heading: str = "Quantity"
    ) -> Table:
        """Return the quantities as a table that says where each of them stands."""
        sources = dict.fromkeys(documents.get(q.document, q.document) for q in self.values)
        notes = [f"Source: {next(iter(sources))}."] if len(sources) == 1 else []
        if any(q.status == "derived" for q in self.values):
            notes.append("‡ Derived: other stated figures imply it.")
        return Table(
            title,
            (Column(heading, "text"), Column("Figure"), Column("Stated in", "text")),
            tuple(
                (
                    q.what,
                    f"{q}{'‡' if q.status == 'derived' else ''}",
                    q.where if len(sources) == 1 else f"{documents[q.document]}: {q.where}",
                )
                for q in self.values
            ),
            tuple(notes),
        )


@dataclass(frozen=True)
class Context:
    """The files under ``data/context`` of a project."""

    project: Project

    @property
    def folder(self) -> Path:
        """Where the files are."""
        return self.project.root / "data" / "context"

    def quantities(self, name: str) -> Quantities:
        """Return the quantities of a file, e.g. ``budget.csv``."""
        return read_quantities(self._path(name), f"data/context/{name}")

    def rows(self, name: str) -> list[dict[str, str]]:
        """Return the rows of a file of words."""
        return read_rows(self._path(name), f"data/context/{name}")

    def _path(self, name: str) -> Path:
        path = (self.folder / name).resolve()
        if not path.is_relative_to(self.folder) or not path.is_file():
            known = sorted(file.name for file in self.folder.glob("*.csv"))
            raise WavebookError(f"data/context/{name}: there is no such file {listing(known)}")
        return path

    @cached_property
    def documents(self) -> Mapping[str, str]:
        """How the documents are cited in a note, by their keys in the bibliography."""
        return {row["document"]: row["short"] for row in self.rows("documents.csv")}

    def source(self, *quantities: Quantities | Quantity) -> str:
        """Return the note under a chart: which documents, and where in them."""
        places: dict[str, dict[str, None]] = {}
        for given in quantities:
            for q in [given] if isinstance(given, Quantity) else given:
                places.setdefault(self.documents.get(q.document, q.document), {})[q.where] = None
        return (
            "Source: "
            + "; ".join(f"{name}: {_merged(where)}" for name, where in places.items())
            + "."
        )

    @cached_property
    def findings(self) -> Mapping[str, tuple[int, str]]:
        """Number and path from the root of each finding, by its id."""
        found = {}
        for path in self.project.notebooks:
            number, _, name = path.stem.partition("-")
            place = f"{path.parent.name}/{path.name}"
            found[name.replace("-", "_")] = (int(number), place)
        return found

    def link(self, finding: str, text: str = "", *, up: str = "../") -> str:
        """Return a link to a finding in Markdown; its bare text where the book leaves it out."""
        number, path = self.findings.get(finding, (0, ""))
        words = text or (f"finding {number}" if number else finding.replace("_", " "))
        return f"[{words}]({up}{path})" if path else words

    def links(self, findings: Sequence[str] | str, *, up: str = "../") -> str:
        """Return links to several findings as a list in a sentence."""
        names = findings.split() if isinstance(findings, str) else findings
        return wording.join([self.link(name, up=up) for name in names])


def context() -> Context:
    """Open the context of the project at hand; the first line of a chapter that draws on it."""
    commentary.register()
    return Context(Project.find())


def chapter_values(found: Context, up: str) -> dict[str, Any]:
    """Return what the placeholders of a chapter, so far below the root, can name of the context."""
    return {
        "quantities": found.quantities,
        "link": lambda finding, text="": found.link(finding, text, up=up),
        "links": lambda findings: found.links(findings, up=up),
    }


def read_quantities(path: Path, name: str) -> Quantities:
    """Return the quantities in a CSV file.

    Raises
    ------
    WavebookError
        With every problem in the file: columns, numbers, units, statuses, ids that stand twice.
    """
    expected = tuple(field.name for field in fields(Quantity))
    records = read_rows(path, name, expected)
    problems: list[Problem] = []
    found: dict[str, Quantity] = {}
    for row, record in enumerate(records, start=1):
        for column, allowed in (("unit", UNITS), ("status", STATUSES)):
            if record[column] not in allowed:
                text = f"'{record[column]}' is not one of {listing(allowed)}"
                problems.append(Problem(name, text, row, column))
        numbers: dict[str, float] = {}
        for column in ("value", "low", "high"):
            try:
                numbers[column] = float(record[column])
            except ValueError:
                problems.append(Problem(name, f"'{record[column]}' is not a number", row, column))
                numbers[column] = 0.0
        if record["id"] in found:
            problems.append(
                Problem(name, f"'{record['id']}' stands in an earlier row too", row, "id")
            )
        words = {
            key: record[key] for key in expected if key not in ("value", "low", "high", "unit")
        }
        given: dict[str, Any] = {**words, **numbers, "unit": cast(Unit, record["unit"])}
        found[record["id"]] = Quantity(**given)
    if problems:
        raise WavebookError.of(problems)
    return Quantities(name, tuple(found.values()))


def _near(one: float, other: float) -> bool:
    return abs(one - other) <= 1e-9 * max(1.0, abs(one))


def _merged(places: Mapping[str, None]) -> str:
    """Return places as a list in which a beginning that they share is not said twice."""
    shown: list[str] = []
    head = ""
    for place in places:
        start, _, rest = place.rpartition(", ")
        shown.append(rest if start and start == head else place)
        head = start
    return ", ".join(shown)
