"""Why something is made again, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wavebook.reads import ALL

MOST = 3  # reasons that are told; more are counted


def changed_source(
    before: Sequence[Sequence[str]], cells: Sequence[Sequence[str]]
) -> Iterator[str]:
    """Yield which cells of a notebook are not what they were.

    Parameters
    ----------
    before
        Id and digest of each cell as it was.
    cells
        The same, as it is.
    """
    then = dict(enumerate(before, start=1))
    if len({one[0] for one in before}) == len(before) and all(one[0] for one in before):
        known = {one[0]: one[1] for one in before}
        now = [one[0] for one in cells]
        yield from (f"cell {at} is new" for at, one in enumerate(now, start=1) if one not in known)
        gone = [at for at, one in then.items() if one[0] not in now]
        yield from (f"cell {at} is gone" for at in gone)
        for at, (name, digest) in enumerate(cells, start=1):
            if name in known and known[name] != digest:
                yield f"cell {at} was edited"
        kept = [one[0] for one in before if one[0] in now]
        if kept != [one for one in now if one in known]:
            yield "cells were moved"
    elif [one[1] for one in before] != [one[1] for one in cells]:
        yield "its cells were edited"


WORDS = {
    "column": "column {column} of {part}, wave {wave}, {happened}",
    "has": "column {column} of {part}, wave {wave}, {happened}",
    "rows": "the rows of {part}, wave {wave}, have changed",
    "size": "the number of rows of {part}, wave {wave}, has changed",
    "question": "question {name} of the instrument {happened}",
    "part": "part {name} of the instrument {happened}",
    "code": "column {name} of the instrument {happened}",
    "wave": "data/waves/{name}/wave.yml {happened}",
    "folder": "there are other files in {name}/",
    "data": "a file in {name}/ has changed, and it may read any of them",
    "module": "the engine's {name} {happened}",
    "engine": "the engine's {name} {happened}",
    "version": "{name} is {now}, and was {before}",
    "environment": "the environment's {name} {happened}",
    "python": "Python is {now}, and was {before}",
    "file": "{name} {happened}",
}


def changed_thing(thing: str, before: str | None, now: str | None) -> str:
    """Return in words that something which a notebook reads is not what it was."""
    kind, _, name = thing.partition(":")
    if kind == "instrument" or name == ALL:
        return "the instrument has changed"
    happened = "is new" if before is None else "is gone" if now is None else "has changed"
    wave, part, column = (*name.split("/", 2), "", "")[:3]
    return WORDS[kind].format(
        name=name,
        wave=wave,
        part="any part" if part == ALL else part,
        column=column,
        happened=happened,
        now=now,
        before=before,
    )


def listed(reasons: Sequence[str]) -> str:
    """Return reasons in one line, the first few of them."""
    told = list(dict.fromkeys(reasons))
    more = f"; and {len(told) - MOST} more" if len(told) > MOST else ""
    return "; ".join(told[:MOST]) + more
