"""Conclusions as checks: what a paragraph says, held against the data of the wave at hand.

A notebook makes a statement of checks, ``f.statement("most-grow-beans", above(beans, 0.5))``, and a
paragraph that rests on it names it: ``%%commentary most-grow-beans``. Where the statement does not
hold, the paragraph is not printed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Literal, get_args

from wavebook import wording
from wavebook.errors import WavebookError
from wavebook.estimates import ASSUMED, Estimate, Estimates

Outcome = Literal["holds", "fails", "not asked"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
HOLDS, FAILS, NOT_ASKED = OUTCOMES
LOWER_IS_BETTER = ("mean_rank", "rank")
NOT_STATED = "nobody stated it of a part of the respondents"
WIDTH = 11  # of the outcomes, in lines for people
MOST = 2  # checks of one statement that are told in full
TOO_FEW = "too few answered"


@dataclass(frozen=True)
class Check:
    """One comparison of values, and how it came out.

    Attributes
    ----------
    outcome
        It ``fails`` where the values themselves say otherwise, whatever their intervals; of what
        was not asked, or is suppressed, nothing is told.
    found, expected
        For people: ``Beans 73%`` and ``more than 50%``.
    is_clear
        Whether the intervals leave no doubt: with other people asked, it would have come out alike.
        Never for places, which have none.
    """

    outcome: Outcome
    found: str
    expected: str
    is_clear: bool = False


@dataclass(frozen=True)
class Statement:
    """A conclusion: what it says, and what came of its checks."""

    name: str
    says: str
    outcome: Outcome
    found: str
    expected: str
    is_clear: bool

    def as_dict(self) -> dict[str, Any]:
        """Return what is noted of it beside a paragraph: plain data."""
        return {
            "says": self.says,
            "outcome": self.outcome,
            "found": self.found,
            "expected": self.expected,
            "clear": self.is_clear,
        }

    @classmethod
    def of(cls, name: str, noted: Mapping[str, Any]) -> Statement:
        """Return a statement of what `as_dict` has noted of it."""
        told = {key: noted[key] for key in ("says", "outcome", "found", "expected")}
        return cls(name, **told, is_clear=noted["clear"])

    @property
    def why_left_out(self) -> str:
        """Why a paragraph that rests on it is not printed; empty where it is."""
        match self.outcome:
            case "holds":
                return ""
            case "fails":
                return f"it does not hold that {self.says} ({self.found}; expected {self.expected})"
        return f"whether {self.says} cannot be told: {self.found}"


def statement(name: str, checks: Sequence[Check], says: str = "") -> Statement:
    """Return what comes of several checks, all of which have to hold.

    Parameters
    ----------
    says
        The conclusion in words, to follow "that"; the name with spaces, unless given.
    """
    checks = checks or (Check(NOT_ASKED, "not asked", "answers"),)  # one for each of no values
    outcome = next(
        (one for one in (FAILS, NOT_ASKED) if any(check.outcome == one for check in checks)), HOLDS
    )
    told = [check for check in checks if check.outcome == outcome]
    return Statement(
        name,
        says or name.replace("-", " "),
        outcome,
        _first(check.found for check in told),
        _first(check.expected for check in told),
        outcome == HOLDS and all(check.is_clear for check in checks),
    )


def _first(told: Iterable[str]) -> str:
    """Return the first of several things told, each once."""
    known = list(dict.fromkeys(told))
    more = [f"{len(known) - MOST} more"] if len(known) > MOST else []
    return "; ".join([*known[:MOST], *more])


def line(listed: Mapping[str, Any]) -> str:
    """Return what `wavebook.results.listed_statements` tells of a statement as a line for people.

    Examples
    --------
    >>> line({"statement": "a-b", "finding": "x", "outcome": "fails", "found": "c 4%",
    ...       "expected": "more than 5%", "clear": False})
    'fails      x: a-b: c 4%; expected more than 5%'
    """
    if listed["outcome"] is None:
        return f"not checked  {listed['finding']}: {listed['statement']}"
    told = f"{listed['outcome']:<{WIDTH}}{listed['finding']}: {listed['statement']}: "
    told += f"{listed['found']}; expected {listed['expected']}"
    return told if listed["clear"] or listed["outcome"] != HOLDS else f"{told} (not clearly)"


# Checks of one value


def above(value: Estimate, bound: float) -> Check:
    """Check that a share, place or mean is above a bound."""
    return _of_one(value, f"more than {_said(value, bound)}", lambda low, high: low > bound)


def below(value: Estimate, bound: float) -> Check:
    """Check that a share, place or mean is below a bound."""
    return _of_one(value, f"less than {_said(value, bound)}", lambda low, high: high < bound)


def between(value: Estimate, least: float, most: float) -> Check:
    """Check that a share, place or mean lies between two bounds, themselves included."""
    told = f"{_said(value, least)} to {_said(value, most)}"
    return _of_one(value, told, lambda low, high: least <= low and high <= most)


def _of_one(value: Estimate, expected: str, holds: Callable[[float, float], bool]) -> Check:
    if reason := _untold((value,)):
        return Check(NOT_ASKED, reason, expected)
    bounds = value.bounds
    return Check(
        HOLDS if holds(value.value, value.value) else FAILS,
        _said_of(value),
        expected,
        bounds is not None and holds(*bounds),
    )


# Checks of several


def exceeds(first: Estimate, second: Estimate, *others: Estimate) -> Check:
    """Check that each value is larger than the next; of places and mean ranks, better.

    What a reader would see as the same number, such as 39.9% and 40.1%, is not larger.
    """
    values = (first, second, *others)
    expected = " over ".join(map(_name, values))
    if reason := _untold(values):
        return Check(NOT_ASKED, reason, expected)
    holds = all(_is_better(one, other) for one, other in pairwise(values))
    clear = all(_is_clearly_better(one, other) for one, other in pairwise(values))
    found = ", ".join(map(_said_of, values))
    return Check(HOLDS if holds else FAILS, found, expected, clear)


def leading(values: Estimates, *codes: str) -> Check:
    """Check that some rows, options or groups, in any order, come before all others."""
    return _apart(values, codes, "first", lambda chosen, others: (chosen, others))


def trailing(values: Estimates, *codes: str) -> Check:
    """Check that some rows, options or groups, in any order, come after all others."""
    return _apart(values, codes, "last", lambda chosen, others: (others, chosen))


def _apart(
    values: Estimates,
    codes: Sequence[str],
    where: str,
    in_order: Callable[[list[Estimate], list[Estimate]], tuple[list[Estimate], list[Estimate]]],
) -> Check:
    if not codes:
        raise WavebookError(f"name what comes {where}")
    group, values = _of_one_group(values)
    chosen = [values[code] for code in codes]
    others = [e for e in values if e not in chosen]
    expected = f"{wording.join(list(map(_name, chosen)), 'and')} {where}"
    if reason := _untold((*chosen, *others)) or ("" if others else "there is nothing else"):
        return Check(NOT_ASKED, reason, expected)
    better, worse = in_order(chosen, others)
    # What ties with them, as far as a reader can see, is not behind them.
    holds = all(_is_better(one, other) for one in better for other in worse)
    clear = all(_is_clearly_better(one, other) for one in better for other in worse)
    order = sorted(values, key=_score, reverse=where == "first")
    names = [_said_of(e) for at, e in enumerate(order) if at <= len(chosen) or e in chosen]
    found = group + ", ".join(names)
    return Check(HOLDS if holds else FAILS, found, expected, clear)


def _of_one_group(values: Estimates) -> tuple[str, Estimates]:
    """Return a group that all values are of, to be told once before them, and them without it."""
    groups = {e.group_label for e in values}
    if len(groups) > 1 or groups <= {""} or not all(e.short or e.label for e in values):
        return "", values
    return f"{groups.pop()}: ", values.each(lambda e: replace(e, group_label=""))


def same(first: Iterable[str], second: Iterable[str], what: str) -> Check:
    """Check that two sets of codes are the same.

    Parameters
    ----------
    what
        What they are, for people: ``the ten skills of both roles``.
    """
    ours, theirs = set(first), set(second)
    if not (ours and theirs):
        return Check(NOT_ASKED, "not asked", f"{what} are the same")
    apart = sorted(ours ^ theirs)
    found = f"apart: {', '.join(apart)}" if apart else "the same"
    return Check(FAILS if apart else HOLDS, found, f"{what} are the same")


def at_least(found: int, least: int, what: str) -> Check:
    """Check that there are so many of something, none of which is taken for not asked.

    Parameters
    ----------
    what
        What is counted, in the plural.
    """
    expected = f"{least} {what} at least"
    if not found:
        return Check(NOT_ASKED, "not asked", expected)
    return Check(HOLDS if found >= least else FAILS, f"{found} {what}", expected)


# What they have in common


def _untold(values: Iterable[Estimate]) -> str:
    """Return why nothing can be told of some values; empty where it can."""
    for e in values:
        if e.is_suppressed:
            return TOO_FEW
        if e.is_missing:
            return e.untold or "not asked"
    return ""


def _score(value: Estimate) -> float:
    return -value.value if value.cell.measure in LOWER_IS_BETTER else value.value


def _is_better(one: Estimate, other: Estimate) -> bool:
    return _score(one) > _score(other) and _printed(one) != _printed(other)


def _printed(value: Estimate) -> float:
    """Return a value to the digits that are printed of it."""
    digits = {"share": 100, "mean_rank": 10}.get(value.cell.measure, 1)
    return wording.round_half_up(value.value * digits)


def _is_clearly_better(one: Estimate, other: Estimate) -> bool:
    ours, theirs = one.bounds, other.bounds
    if ours is None or theirs is None:
        return False
    return ours[1] < theirs[0] if one.cell.measure in LOWER_IS_BETTER else ours[0] > theirs[1]


def _said_of(value: Estimate) -> str:
    mark = ASSUMED if value.status == "assumed" else ""
    return f"{_name(value)} {value.text}{mark}"


def _said(value: Estimate, bound: float) -> str:
    return f"{round(100 * bound, 1):g}%" if value.cell.measure == "share" else f"{bound:g}"


def _name(value: Estimate) -> str:
    """Return what a value is called among those that it is compared with."""
    names = (value.group_label, value.short or value.label)
    return " · ".join(dict.fromkeys(filter(None, names))) or "the value"
