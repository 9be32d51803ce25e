"""Whether the answers of two years can be compared: what the instrument knows of time.

A value is comparable where its question, row and group were asked in both years and none of them
changed in between; where the same answers could be given, as an answer more or less moves the
shares of all others (the same holds for a list that was ranked); and where the people asked are
told by answers that are comparable in their turn. Rows of a matrix do not touch each other, nor do
those of a multiple question; where they do, as in "choose three", the question says `changed`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from wavebook import expression, wording
from wavebook.evidence import Cell
from wavebook.instrument import Instrument, Item, Question
from wavebook.lifetime import Lifetime

Years = tuple[int, int]


def why_not_comparable(instrument: Instrument, cell: Cell, one: int, other: int) -> str:
    """Return why a value cannot be compared between two years; nothing where it can.

    Parameters
    ----------
    cell
        The value: its question and row, option or net, and group.
    one, other
        The years, in any order.

    Returns
    -------
    str
        A phrase such as ``not asked in 2010``, ``did not exist in 2010`` or ``changed in 2024: a
        middle answer was added``; empty where the value is comparable.

    Raises
    ------
    WavebookError
        If there is no such question.
    """
    years = (min(one, other), max(one, other))
    obstacles = _Obstacles(instrument, years)
    return next(obstacles.of_cell(cell), "")


class _Obstacles:
    """What stands between the answers of two years, the weightiest first."""

    def __init__(self, instrument: Instrument, years: Years) -> None:
        self.instrument = instrument
        self.years = years
        self._seen: set[tuple[str, str]] = set()  # bases may rest on one another

    def of_cell(self, cell: Cell) -> Iterator[str]:
        yield from self.of_answers(cell.question, cell.row)
        for condition in filter(None, cell.group.split(" & ")):
            column = condition.partition("=")[0]
            if column in self.instrument.columns:
                for reason in self.of_answers(*self.instrument.columns[column]):
                    yield f"the groups differ: {reason}"

    def of_answers(self, name: str, row: str) -> Iterator[str]:
        """Yield why the answers to a question, or to a row of it, are not comparable."""
        if (name, row) in self._seen:
            return
        self._seen.add((name, row))
        question = self.instrument.question(name)
        yield from self._of_one(question, "not asked")
        if row in question.rows:
            yield from self._of_one(question.rows[row], "did not exist")
        if question.type in ("single", "matrix"):
            answers = {**question.options, **question.count}
            yield from self._of_list(answers, "the answers offered differ")
        if question.type == "ranking":
            yield from self._of_list(question.rows, "the list that was ranked differs")
        if question.source:
            yield from self._of_source(question)
        yield from self._of_base(question, row)

    def _of_one(self, one: Lifetime, absent: str) -> Iterator[str]:
        yield from (f"{absent} in {year}" for year in self.years if not one.existed_in(year))
        for change in one.breaks_between(*self.years):
            told = f"changed in {change.since}: {change.reason}"
            yield told if change.reason else f"the wording changed in {change.since}"

    def _of_list(self, items: Mapping[str, Item], told: str) -> Iterator[str]:
        """Yield why answers that are chosen from a list do not mean the same."""
        earlier, later = self.years
        differences = [
            f"‘{item.label}’ "
            + (f"was added in {item.since}" if item.existed_in(later) else f"ended in {item.until}")
            for item in items.values()
            if item.existed_in(earlier) != item.existed_in(later)
        ] + [
            f"the wording of ‘{item.label}’ changed in {change.since}"
            for item in items.values()
            for change in item.breaks_between(earlier, later)
        ]
        if differences:
            yield f"{told}: {wording.join(differences)}"

    def _of_source(self, question: Question) -> Iterator[str]:
        source = self.instrument.question(question.source or "")
        rows = {row: source.rows[row] for row in question.from_rows or source.rows}
        yield from self._of_list(rows, "the answers that it counts differ")
        for row, item in rows.items():
            if all(map(item.existed_in, self.years)):
                yield from self.of_answers(question.source or "", row)

    def _of_base(self, question: Question, row: str) -> Iterator[str]:
        if not question.base:
            return
        for column in expression.parse(question.base.replace("{row}", row)).columns:
            if column not in self.instrument.columns:  # a question as a whole has no {row}
                continue
            for reason in self.of_answers(*self.instrument.columns[column]):
                yield f"the people asked differ: {reason}"
