"""Whether a data file has the columns it should have, and no others."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

import pandas as pd

from wavebook.errors import Problem, nearest
from wavebook.schema import Rule, failures

MOST_HINTS = 20  # for so many unknown names the one that was meant is guessed; guessing takes time
_UNNAMED = re.compile(r"Unnamed: \d+")
_REPEATED = re.compile(r"(.+)\.\d+")


def problems(
    file: str,
    columns: Sequence[str],
    *,
    known: Collection[str],
    derived: Collection[str],
    needed: Mapping[str, str],
) -> Iterator[Problem]:
    """Yield what is wrong with the first line of a data file.

    Parameters
    ----------
    columns
        The names that stand there.
    known
        Those that may.
    derived
        Those of `known` that are computed from other columns.
    needed
        Those that must, each with the end of the sentence that says it is not there.
    """
    if len(columns) == 1 and (mark := re.search(r"[;\t|]", columns[0])):
        told = {"\t": "tabs"}.get(mark[0], f"'{mark[0]}'")
        yield Problem(
            file,
            f"the columns are separated by {told}; expected commas",
            found=told,
            expected="commas",
            rule="separator",
        )
        return
    # What pandas makes of a name that stands there twice, and of none.
    repeated = {
        name: match[1]
        for name in columns
        if name not in known and (match := _REPEATED.fullmatch(name)) and match[1] in columns
    }
    unnamed = [name for name in columns if _UNNAMED.fullmatch(name)]
    rules = [
        Rule("unnamed-column", lambda c: ~c.isin(unnamed), "column {number} has no name", "a name"),
        Rule("repeated-column", lambda c: ~c.isin(repeated), _REPEATS, "each column once"),
        Rule("derived-column", lambda c: ~c.isin(derived), _DERIVED, "no such column"),
        Rule("unknown-column", lambda c: c.isin([*known, *unnamed, *repeated]), _UNKNOWN, _KNOWN),
    ]
    for failure in failures(_names(columns), {"column": rules}):
        rule = failure.rule
        for at, number in enumerate(failure.places):
            name = columns[number]
            message = rule.message.replace("{number}", str(number + 1))
            if rule.name == "unknown-column" and at < MOST_HINTS:
                message += nearest(name, known)
            yield Problem(
                file,
                message,
                column=repeated.get(name, name),
                found=name,
                expected=rule.expected,
                rule=rule.name,
            )
    rule = Rule("missing-column", lambda c: c.isin(columns), "there is no column '{name}'")
    for failure in failures(_names(needed), {"column": [rule]}):
        for number in failure.places:
            name = list(needed)[number]
            message = rule.message.replace("{name}", name) + needed[name]
            yield Problem(file, message, expected=f"a column '{name}'", rule=rule.name)


def _names(names: Collection[str]) -> pd.DataFrame:
    return pd.DataFrame({"column": pd.Series(list(names), dtype="str")})


_REPEATS = "stands in the header twice"
_DERIVED = "derived from other answers: leave it out"
_UNKNOWN = "the instrument has no such column"
_KNOWN = "a column of the instrument, or of the sample design in wave.yml"
