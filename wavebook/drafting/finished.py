"""Columns that tell finished interviews from tests, previews and those that broke off."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from wavebook.drafting.columns import Column
from wavebook.drafting.draft import Line
from wavebook.drafting.likeness import squeezed, words
from wavebook.drafting.yaml_text import flow

ANY = '"*"'  # takes every row in which something stands
MOST_CANDIDATES = 3

_OF = (
    r"(?:q\d*|interviews?|int|ivw|respon(?:se|dent)s?|resp|surveys?|records?|cases?|calls?|final|"
    r"current|completion|complete|questionnaire|fieldwork|data|system|the|of)*"
)
NAME = re.compile(
    rf"{_OF}(?:status|disposition|outcome)(?:code)?{_OF}|dispcode|(?:is)?(?:completed?|finished)"
)
WHOLE = re.compile(
    r"(?:(?:fully|full|interview|survey|status) )?complete[ds]?(?: interviews?)?|finished|"
    r"ip address"
)
TRIAL = re.compile(
    r"(?:survey )?previews?|(?:survey )?tests?(?: (?:interview|case|record)s?)?|spam"
)
BROKEN_OFF = re.compile(
    r"partial\w*(?: complete[ds]?| interviews?)?|incompletes?|screen\w*(?: outs?)?|terminate\w*|"
    r"(?:over )?quota\w*(?: full)?|br[eo]a?k\w* ?off|drop\w* ?outs?|not (?:completed?|finished)|"
    r"started|in progress|suspended|abandoned|disqualified|refused"
)
# What platforms write for a finished interview where it says nothing by itself.
OF_PLATFORM = {
    "finished": re.compile(r"true|1|yes"),
    "completed": re.compile(r"true|1|yes"),
    "status": re.compile(r"0"),
}
DAY = re.compile(r"\d+[/.-]\d+")


def undecided(columns: Sequence[Column]) -> Iterator[Line]:
    """Yield a gap for each column that tells interviews apart.

    A test or a preview would be counted as a respondent, so it is not assumed which ones count.
    """
    for column in columns:
        held = _held(column)
        if len(held) > 1 and (_is_named(column) or _says_so(column)):
            told = ", ".join(f"{said}: {count:,}" for said, count in held.items())
            yield Line(column.name, None, "gap", told, (*_candidates(column), ANY))


def _held(column: Column) -> Mapping[str, int]:
    """Return what stands in the rows and in how many of them; empty cells are told as well.

    Nothing, if there is too much for a status: of a date alone it counts whether there is one.
    """
    empty = {"empty": column.rows - column.filled} if column.filled < column.rows else {}
    if squeezed(column.name) == "submitdate":
        return {"filled": column.filled, **empty} if column.filled else {}
    if column.is_open or any(DAY.match(value) for value in column.counts):
        return {}
    said = {
        value if column.values[value] == value else f"{value} ({column.values[value]})": count
        for value, count in column.counts.items()
    }
    return {**said, **empty}


def _is_named(column: Column) -> bool:
    names = (squeezed(column.name), squeezed(column.text))
    return "submitdate" in names or any(NAME.fullmatch(name) for name in names)


def _says_so(column: Column) -> bool:
    said = [" ".join(words(column.values[value])) for value in column.counts]
    is_whole = any(WHOLE.fullmatch(text) for text in said)
    is_trial = any(TRIAL.fullmatch(text) for text in said)
    return is_trial or (is_whole and any(BROKEN_OFF.fullmatch(text) for text in said))


def _candidates(column: Column) -> tuple[str, ...]:
    """Return the values that may be those of finished interviews, as YAML."""
    if squeezed(column.name) == "submitdate":
        return ()
    platform = OF_PLATFORM.get(squeezed(column.name))
    said = {value: " ".join(words(column.values[value])) for value in column.counts}
    whole = [
        value
        for value, text in said.items()
        if WHOLE.fullmatch(text) or (platform and platform.fullmatch(text))
    ]
    if whole:
        return (flow(whole),)
    return tuple(
        flow([value])
        for value in list(said)[:MOST_CANDIDATES]
        if not (TRIAL.fullmatch(said[value]) or BROKEN_OFF.fullmatch(said[value]))
    )
