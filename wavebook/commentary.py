"""Prose with numbers in it: the ``%%commentary`` cell magic and the language of its placeholders.

A cell that starts with ``%%commentary name other-name`` holds Markdown with Jinja placeholders over
the notebook's variables, and shows Markdown. The names are the statements that the paragraph rests
on. The same placeholders work in the book's chapters, over what the notebooks exported.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from jinja2 import Environment, StrictUndefined, TemplateError, TemplateSyntaxError

from wavebook import wording
from wavebook.errors import WavebookError
from wavebook.estimates import Estimate

STATEMENT = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
METADATA = "wavebook"


def quotable(value: Any) -> Any:
    """Return a value that prose may quote.

    Raises
    ------
    WavebookError
        If it is an assumed value: nothing that nobody stated or measured is told as a fact. If it
        is suppressed, or a number made of what is: nothing is told of so few people.
    """
    if isinstance(value, Estimate) and value.is_suppressed:
        where = "/".join(part for part in value.cell if part)
        raise WavebookError(f"{where} is suppressed: too few answered to quote it")
    if isinstance(value, float) and math.isnan(value):
        raise WavebookError("a number that rests on a suppressed value cannot be quoted")
    if isinstance(value, Estimate) and value.status == "assumed":
        where = "/".join(part for part in value.cell if part)
        raise WavebookError(f"{where} is assumed: prose never quotes an assumed value")
    return value


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


def _rank(value: Estimate) -> str:
    quotable(value)
    place = value.rank or str(int(value.value))
    return (
        f"joint {wording.ordinal(int(place[:-1]))}"
        if place.endswith("=")
        else wording.ordinal(int(place))
    )


def _label(value: Estimate) -> str:
    return value.label


def _base(value: Estimate) -> str:
    if value.is_suppressed:
        quotable(value)
    return f"{value.base:,}"


def _count(value: Estimate | int) -> str:
    quotable(value)
    return f"{int(value.value if isinstance(value, Estimate) else value):,}"


def _points(value: float) -> str:
    return str(wording.round_half_up(abs(quotable(value)) * 100))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _inner(text: str) -> str:
    """Return a label for inside a sentence: its first letter small, but for abbreviations."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def _month(text: str) -> str:
    """``2009-12`` as December 2009."""
    return dt.date(int(text[:4]), int(text[5:7]), 1).strftime("%B %Y")


@cache
def language() -> Environment:
    """Return the Jinja environment that commentary and chapters share."""
    environment = Environment(
        undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True
    )
    environment.filters.update(
        pct=_pct,
        words=_words,
        interval=_interval,
        level=_level,
        rank=_rank,
        label=_label,
        base=_base,
        count=_count,
        number=wording.number,
        ordinal=wording.ordinal,
        points=_points,
        capital=_capital,
        inner=_inner,
        listed=wording.join,
        month=_month,
    )
    return environment


def render(text: str, values: Mapping[str, Any]) -> str:
    """Return Markdown with its placeholders filled.

    Raises
    ------
    WavebookError
        If a placeholder has a mistake, names nothing, or quotes an assumed value; with the line.
    """
    try:
        return language().from_string(text).render(values)
    except TemplateSyntaxError as error:
        raise WavebookError(f"commentary, line {error.lineno}: {error.message}") from None
    except (TemplateError, TypeError, ValueError, LookupError, ArithmeticError) as error:
        message = getattr(error, "message", None) or f"{type(error).__name__}: {error}"
        raise WavebookError(f"commentary: {message}{_line_of(error)}") from None


def _line_of(error: Exception) -> str:
    trace = error.__traceback__
    line = None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return f" (line {line})" if line else ""


def statement_names(line: str) -> tuple[str, ...]:
    """Return the statement names on a cell's first line.

    Raises
    ------
    WavebookError
        If a name is not lower-case words joined by hyphens, or stands there twice.
    """
    names = tuple(line.split())
    for name in names:
        if not STATEMENT.fullmatch(name):
            raise WavebookError(f"'{name}' is not a statement's name: lower-case words joined by -")
    if len(set(names)) < len(names):
        raise WavebookError(f"a statement stands twice on one line: {line}")
    return names


def register() -> None:
    """Make ``%%commentary`` known to the notebook that runs, if one does."""
    from IPython import get_ipython  # noqa: PLC0415  # only a notebook needs it

    shell = get_ipython()
    if shell is None:
        return

    def commentary(line: str, cell: str) -> None:
        from IPython.display import publish_display_data  # noqa: PLC0415

        names = statement_names(line)
        text = render(cell, shell.user_ns).strip()
        publish_display_data(  # type: ignore[no-untyped-call]
            {"text/markdown": text, "text/plain": text},
            metadata={METADATA: {"statements": list(names)}},
        )

    shell.register_magic_function(commentary, magic_kind="cell")
