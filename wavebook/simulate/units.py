"""What a wave of a year asks: columns of answers, each after those that decide who is asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from wavebook.expression import Condition, parse
from wavebook.instrument import Instrument, Question


@dataclass(frozen=True)
class Unit:
    """Columns that are answered together: one of a matrix, all of a ranking or multiple choice.

    Attributes
    ----------
    name
        The question's code.
    base
        Who is asked; None for everybody.
    lost_as
        Units with the same name lose their answers together when somebody does not respond: what is
        derived from several rows would otherwise be derived from some of them.
    """

    name: str
    question: Question
    columns: tuple[str, ...]
    base: Condition | None
    lost_as: str

    @property
    def filters(self) -> frozenset[str]:
        """The columns that decide who is asked."""
        return frozenset(self.base.columns if self.base else ())

    def options_in(self, year: int) -> tuple[int, ...]:
        """Return the positions, among the answers, of what could be answered in a year."""
        question = self.question
        return tuple(
            at
            for at, code in enumerate((*question.choices, *question.count))
            if code not in question.options or question.options[code].existed_in(year)
        )


def units_of(instrument: Instrument, part: str, year: int) -> tuple[Unit, ...]:
    """Return what a part asks in a year, each after the units that decide who is asked.

    A question or row outside its years is left out, and so is what only somebody who answered it
    would have been asked.
    """
    waiting = [unit for unit in _existing(instrument, part, year) if unit.columns]
    known: set[str] = set()
    ordered: list[Unit] = []
    while ready := [unit for unit in waiting if unit.filters <= known]:
        ordered += ready
        known |= {column for unit in ready for column in unit.columns}
        waiting = [unit for unit in waiting if unit not in ready]
    return tuple(ordered)


def _existing(instrument: Instrument, part: str, year: int) -> Iterator[Unit]:
    sources = {question.source for _, question in instrument.of_part(part)}
    for name, question in instrument.of_part(part):
        if question.type == "derived" or not question.existed_in(year):
            continue
        columns = {
            column: row
            for column, row in question.columns(name).items()
            if not row or question.rows[row].existed_in(year)
        }
        together = question.type == "ranking" or (
            question.type == "multiple" and "{row}" not in question.base
        )
        for group in [tuple(columns)] if together else [(column,) for column in columns]:
            base = question.base.replace("{row}", columns[group[0]] if group else "")
            alone = question.type == "matrix" and name not in sources
            yield Unit(
                name,
                question,
                group,
                parse(base) if base else None,
                group[0] if alone else name,
            )
