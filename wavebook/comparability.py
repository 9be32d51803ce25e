"""Whether the answers of two years can be compared: what the instrument knows of time.

A value is comparable where its question, row and group were asked in both years and none of them
changed in between; where the same answers could be given, as an answer more or less moves the
shares of all others (the same holds for a list that was ranked, or counted); and where the people
asked, or picked, are told by answers that are comparable in their turn. Rows of a matrix do not
touch each other, nor do those of a multiple question; where they do, as in "choose three", the
question says `changed`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from wavebook import expression, wording
from wavebook.evidence import Cell
from wavebook.instrument import Instrument, Item, Question
from wavebook.lifetime import Lifetime

Years = tuple[int, int]
RowsAsked = Callable[[str], Collection[str]]  # of a question, the rows that a wave put to people


def why_not_comparable(
    instrument: Instrument,
    cell: Cell,
    one: int,
    other: int,
    *,
    asked: tuple[RowsAsked, RowsAsked] | None = None,
    where: str | None = None,
) -> str:
    """Return why a value cannot be compared between two years; nothing where it can.

    Parameters
    ----------
    cell
        The value: its question and row, option or net, and group.
    one, other
        The years, in any order.
    asked
        What was asked in each, in their order: a wave may leave out what the instrument has.
    where
        The condition that picks people in both.

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
    if one > other:
        one, other, asked = other, one, asked and (asked[1], asked[0])
    obstacles = _Obstacles(instrument, (one, other), asked)
    return next(obstacles.of_cell(cell, where), "")


class _Obstacles:
    """What stands between the answers of two years, the weightiest first."""

    def __init__(
        self, instrument: Instrument, years: Years, asked: tuple[RowsAsked, RowsAsked] | None
    ) -> None:
        self.instrument = instrument
        self.years = years
        self.asked = asked
        self._seen: set[tuple[str, str]] = set()  # bases may rest on one another

    def of_cell(self, cell: Cell, where: str | None) -> Iterator[str]:
        yield from self.of_answers(cell.question, cell.row)
        groups = [one.partition("=")[0] for one in cell.group.split(" & ") if one]
        picked = expression.parse(where).columns if where else ()
        for columns, told in ((groups, "the groups differ"), (picked, "the people picked differ")):
            for column in columns:
                if column in self.instrument.columns:
                    for reason in self.of_answers(*self.instrument.columns[column]):
                        yield f"{told}: {reason}"

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
            yield from self._of_list(question.rows, "the list that was ranked differs", name)
        if question.source:
            yield from self._of_source(question)
        yield from self._of_base(question, row)

    def _of_one(self, one: Lifetime, absent: str) -> Iterator[str]:
        yield from (f"{absent} in {year}" for year in self.years if not one.existed_in(year))
        for change in one.breaks_between(*self.years):
            told = f"changed in {change.since}: {change.reason}"
            yield told if change.reason else f"the wording changed in {change.since}"

    def _of_list(
        self, items: Mapping[str, Item], told: str, question: str | None = None
    ) -> Iterator[str]:
        """Yield why answers that are chosen from a list do not mean the same.

        Parameters
        ----------
        question
            The question whose rows the list is, if it is one of rows.
        """
        earlier, later = self.years
        differences: list[str] = []
        for row, item in items.items():
            here = [self._is_offered(item, at, question, row) for at in (0, 1)]
            if all(here):
                changes = item.breaks_between(earlier, later)
                differences += [
                    f"the wording of ‘{item.label}’ changed in {change.since}" for change in changes
                ]
            elif any(here):
                differences.append(f"‘{item.label}’ {self._absent(item, here)}")
        if differences:
            yield f"{told}: {wording.join(differences)}"

    def _is_offered(self, item: Item, at: int, question: str | None, row: str) -> bool:
        """Return whether an answer was on a list, as far as anybody tells."""
        asked = self.asked[at](question) if self.asked and question is not None else ()
        return item.existed_in(self.years[at]) and (not asked or row in asked)

    def _absent(self, item: Item, here: Sequence[bool]) -> str:
        """Return what became of an item that is on the list of one of the years."""
        earlier, later = self.years
        if item.existed_in(earlier) and item.existed_in(later):
            return f"was not asked in {self.years[here.index(False)]}"
        return f"was added in {item.since}" if here[1] else f"ended in {item.until}"

    def _of_source(self, question: Question) -> Iterator[str]:
        source = self.instrument.question(question.source or "")
        rows = {row: source.rows[row] for row in question.from_rows or source.rows}
        yield from self._of_list(rows, "the answers counted differ", question.source)
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
