"""Which parts of a survey the exports hold: one file may hold several, and no two the same."""

from __future__ import annotations

from collections.abc import Sequence

from wavebook.drafting.columns import Column
from wavebook.drafting.matching import match_columns
from wavebook.errors import WavebookError, listing
from wavebook.importing.export import Export
from wavebook.instrument import Instrument, Question

ENOUGH = 0.2  # of a part's questions must be found for an export to hold it


def parts_held(
    exports: Sequence[Export],
    columns: Sequence[Sequence[Column]],
    instrument: Instrument,
    parts: Sequence[str],
    year: int | None,
) -> dict[str, int]:
    """Return the parts that the exports hold, each with the number of its export.

    Parameters
    ----------
    columns
        Of each export.
    parts
        The parts that they hold; found out by default.

    Raises
    ------
    WavebookError
        If an export holds no part, or one that another holds.
    """
    wanted = parts or tuple(instrument.parts)
    if len(exports) == 1 and (parts or len(wanted) == 1):
        return dict.fromkeys(wanted, 0)
    questions = {part: asked_of(instrument, part, year) for part in wanted}
    every = {name: q for told in questions.values() for name, q in told.items()}
    worth = []
    for told in columns:
        matching = match_columns(told, every, year)
        worth.append({part: matching.worth(questions[part]) for part in wanted})
    held = {}
    for part in wanted:
        best = max(range(len(exports)), key=lambda at: worth[at][part])
        if parts or worth[best][part] >= max(1.0, ENOUGH * len(questions[part])):
            held[part] = best
    for at, export in enumerate(exports):
        if at not in held.values():
            alike = max(wanted, key=lambda part: worth[at][part])
            if alike in held and worth[at][alike] > 0:
                raise WavebookError(_same_part(export, exports[held[alike]], alike))
            message = f"{export.name}: nothing in it resembles the questions of a part"
            hint = "" if parts else "; say which it holds with --part"
            raise WavebookError(f"{message}{hint} {listing(wanted)}")
    return held


def asked_of(instrument: Instrument, part: str, year: int | None) -> dict[str, Question]:
    """Return the questions of a part that a wave of that year can have asked."""
    return {
        name: question
        for name, question in instrument.of_part(part)
        if question.type != "derived" and (year is None or question.existed_in(year))
    }


def _same_part(export: Export, other: Export, part: str) -> str:
    """Return why a second file of a part is refused, and what to do."""
    return (
        f"{export.name}: it answers the questions of part '{part}', as {other.name} does, and a "
        "part is read from one file; put the rows of both into one, under one header, or leave one "
        "out"
    )
