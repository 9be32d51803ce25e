"""The language of placeholders: how a value is said, and which no prose can quote."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

from jinja2 import DictLoader, Environment, StrictUndefined, Undefined, UndefinedError
from jinja2.utils import missing

from wavebook import wording
from wavebook.errors import WavebookError, nearest, short
from wavebook.estimates import Estimate, Estimates
from wavebook.untold import NO_ANSWERS

# Stands for an untold value until all is rendered; characters that no text uses.
MARK = re.compile("\ue000([^\ue001]*)\ue001")

# What of an estimate tells its value, or is made of it.
TELLING = frozenset(
    ("value", "low", "high", "se", "stated", "rank", "count", "percent", "text", "words", "margin",
     "interval", "certainty")
)  # fmt: skip
BASES = frozenset(("base", "effective_base", "base_text", "certainty"))
NOT_PRINTED = (Estimate, Estimates, float, type(None), list, tuple, dict, set)

_QUOTES: ContextVar[list[Estimate] | None] = ContextVar("quotes", default=None)


@contextmanager
def quoting() -> Iterator[list[Estimate]]:
    """Collect the estimates that are quoted meanwhile."""
    quotes: list[Estimate] = []
    token = _QUOTES.set(quotes)
    try:
        yield quotes
    finally:
        _QUOTES.reset(token)


class UntoldError(WavebookError):
    """What prose cannot quote of this wave or slice; the message says why.

    Unlike a mistake of the author's it is no error: the paragraph is left out, with the reason.
    """


def quotable(value: Any) -> Any:
    """Return a value that prose may quote.

    Raises
    ------
    UntoldError
        If this wave or slice has no such value, or it is suppressed, or made of what is.
    WavebookError
        If it is an assumed value: nothing that nobody stated or measured is told as a fact.
    """
    if isinstance(value, Undefined):
        # What Jinja makes of the least or the largest of nothing.
        raise UntoldError(NO_ANSWERS) if _is_of_nothing(value) else UndefinedError(str(value))
    if isinstance(value, Estimate):
        if (quotes := _QUOTES.get()) is not None:
            quotes.append(value)
        if value.untold:
            raise UntoldError(value.untold)
        if value.is_missing:
            raise UntoldError(NO_ANSWERS)
        _refuse_assumed(value)
    if isinstance(value, float) and math.isnan(value):
        raise UntoldError(NO_ANSWERS)
    return value


def _refuse_assumed(value: Estimate) -> None:
    if value.status == "assumed" and not (value.untold or value.is_missing):
        _refuse(value)


def _refuse_piece(value: Any, name: Any) -> None:
    """Refuse what is asked of an estimate by its name, if nobody stated or measured that."""
    if isinstance(value, Estimate):
        if name in TELLING:
            _refuse_assumed(value)
        if name in BASES and value.is_base_assumed:
            _refuse(value, "the base of ")


def _refuse(value: Estimate, what: str = "") -> None:
    where = "/".join(part for part in value.cell if part)
    raise WavebookError(f"{what}{where} is assumed: prose never quotes an assumed value")


def _is_of_nothing(value: Undefined) -> bool:
    return str(getattr(value, "_undefined_hint", "")).startswith("No aggregated item")


class _Unknown(StrictUndefined):
    """A name that nothing has; the error says which was meant, not of which class it is none."""

    @property
    def _undefined_message(self) -> str:
        of, name = self._undefined_obj, self._undefined_name
        if self._undefined_hint or of is missing or not isinstance(name, str):
            return str(super()._undefined_message)
        known = map(str, of) if isinstance(of, Mapping) else dir(of)
        names = [one for one in known if not one.startswith("_")]
        return f"there is no '{name}' in what stands before it{nearest(name, names)}"


def _pct(value: Estimate | float) -> str:
    value = quotable(value)
    return value.percent if isinstance(value, Estimate) else wording.percent(value)


def _words(value: Estimate | float) -> str:
    value = quotable(value)
    return value.words if isinstance(value, Estimate) else wording.words(value)


def _interval(value: Estimate) -> str:
    return str(quotable(value).interval)


def _level(value: Estimate) -> str:
    return value.interval_name


def _odds(value: Estimate) -> str:
    return wording.odds(value.level)


def _rank(value: Estimate) -> str:
    quotable(value)
    place = value.rank or str(int(value.value))
    return (
        f"joint {wording.ordinal(int(place[:-1]))}"
        if place.endswith("=")
        else wording.ordinal(int(place))
    )


def _label(value: Estimate) -> str:
    return wording.literal(value.label)


def _base(value: Estimate) -> str:
    if value.is_missing:
        quotable(value)
    _refuse_piece(value, "base")
    return f"{value.base:,}"


def _count(value: Estimate | int) -> str:
    value = quotable(value)
    return f"{int(value.value if isinstance(value, Estimate) else value):,}"


def _int(value: Any) -> int:
    # Jinja's own makes nought of what is no number.
    return int(quotable(value))


def _number(value: Any) -> str:
    return wording.number(quotable(value))


def _points(value: float) -> str:
    return str(wording.round_half_up(abs(quotable(value)) * 100))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _month(text: str) -> str:
    """``2009-12`` as December 2009."""
    return dt.date(int(text[:4]), int(text[5:7]), 1).strftime("%B %Y")


def _period(fieldwork: Any) -> str:
    """When fieldwork was: ``between May 2030 and June 2030``, or ``in May 2030``."""
    first, last = _month(fieldwork.start), _month(fieldwork.end)
    return f"in {first}" if first == last else f"between {first} and {last}"


def _printed(value: Any) -> Any:
    """Return what is printed of a placeholder that has no filter: words and whole numbers.

    Raises
    ------
    WavebookError
        For anything that only a filter can say, and that would stand there as Python writes it.
    """
    if isinstance(value, float) and value.is_integer():
        return value
    if isinstance(value, NOT_PRINTED):
        shown = "an estimate" if isinstance(value, Estimate) else short(repr(value))
        raise WavebookError(f"a placeholder prints {shown}: end it with a filter, such as | pct")
    return value


class _Language(Environment):
    """Jinja, in which an assumed value cannot be had piece by piece either."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return what ``obj.attribute`` is in a placeholder."""
        _refuse_piece(obj, attribute)
        return super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Return what ``obj[argument]`` is, or an attribute that a filter asks for by its name."""
        _refuse_piece(obj, argument)
        return super().getitem(obj, argument)


@cache
def language() -> Environment:
    """Return the Jinja environment that commentary and chapters share."""
    environment = _Language(
        loader=DictLoader({}),
        undefined=_Unknown,
        autoescape=False,
        keep_trailing_newline=True,
        finalize=_printed,
    )
    filters: dict[str, Callable[..., Any]] = {
        "pct": _pct,
        "words": _words,
        "interval": _interval,
        "level": _level,
        "odds": _odds,
        "rank": _rank,
        "label": _label,
        "base": _base,
        "count": _count,
        "number": _number,
        "int": _int,
        "ordinal": wording.ordinal,
        "points": _points,
        "capital": _capital,
        "inner": wording.inner,
        "listed": wording.join,
        "month": _month,
        "period": _period,
    }
    made = {name: _marking(name, show) for name, show in filters.items()}
    environment.filters.update(made)
    return environment


def _marking(name: str, made: Callable[..., Any]) -> Callable[..., Any]:
    """Return a filter that leaves a mark where a value cannot be told, and passes marks on.

    What it cannot be used for is refused in words that need no Python.
    """

    def marked(value: Any, *arguments: Any) -> Any:
        if isinstance(value, str) and MARK.search(value):
            return value
        try:
            return made(value, *arguments)
        except UntoldError as reason:
            return f"\ue000{reason}\ue001"
        except (AttributeError, TypeError, ValueError):
            if isinstance(value, Undefined):
                raise
            shown = "nothing" if value is None else short(repr(value))
            raise WavebookError(f"'{name}' cannot be made of {shown}") from None

    return marked
