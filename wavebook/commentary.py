"""Prose with numbers in it: the ``%%commentary`` cell magic and the language of its placeholders.

A cell that starts with ``%%commentary name other-name`` holds Markdown with Jinja placeholders over
the notebook's variables, and shows Markdown. The names are the statements that the paragraph rests
on. The same placeholders work in the book's chapters, over what the notebooks exported.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from jinja2 import (
    DictLoader,
    Environment,
    FileSystemBytecodeCache,
    StrictUndefined,
    Template,
    TemplateError,
    TemplateSyntaxError,
    Undefined,
    UndefinedError,
    meta,
)
from jinja2.utils import missing

from wavebook import wording
from wavebook.errors import WavebookError, nearest, short
from wavebook.estimates import Estimate, Estimates
from wavebook.exports import METADATA
from wavebook.untold import NO_ANSWERS, left_out

STATEMENT = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
# Stands for an untold value until all is rendered; characters that no text uses.
MARK = re.compile("\ue000([^\ue001]*)\ue001")
FENCE = re.compile(r"\s*(:::|```|~~~|:[\w-]+:|#)")
CELL = re.compile(r"\s+(\* )?- |\s*\* - ")  # of a list-table
ITEM = re.compile(r"\s*([*+-]|\d+[.)])\s+")
ALONE, TEXT = "alone", "text"


_QUOTES: ContextVar[list[Estimate] | None] = ContextVar("quotes", default=None)


@contextmanager
def _quoting() -> Iterator[list[Estimate]]:
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
        if value.status == "assumed":
            where = "/".join(part for part in value.cell if part)
            raise WavebookError(f"{where} is assumed: prose never quotes an assumed value")
    if isinstance(value, float) and math.isnan(value):
        raise UntoldError(NO_ANSWERS)
    return value


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
    if value.is_missing:
        quotable(value)
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
        loader=DictLoader({}),
        undefined=_Unknown,
        autoescape=False,
        keep_trailing_newline=True,
    )
    filters: dict[str, Callable[..., Any]] = {
        "pct": _pct,
        "words": _words,
        "interval": _interval,
        "level": _level,
        "rank": _rank,
        "label": _label,
        "base": _base,
        "count": _count,
        "number": _number,
        "int": _int,
        "ordinal": wording.ordinal,
        "points": _points,
        "capital": _capital,
        "inner": _inner,
        "listed": wording.join,
        "month": _month,
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


def keep_compiled(folder: Path) -> None:
    """Keep texts that have a name as Jinja compiles them, for this process and others."""
    folder.mkdir(parents=True, exist_ok=True)
    language().bytecode_cache = FileSystemBytecodeCache(str(folder))


@lru_cache(maxsize=1024)
def compiled(text: str) -> Template:
    """Return a text as Jinja compiles it.

    Raises
    ------
    TemplateSyntaxError
        If a placeholder has a mistake.
    """
    return language().from_string(text)


def _template(text: str, name: str) -> Template:
    texts: Any = language().loader
    if not name:
        return compiled(text)
    texts.mapping[name] = text
    return language().get_template(name)


def render(text: str, values: Mapping[str, Any], name: str = "") -> str:
    """Return Markdown with its placeholders filled.

    A paragraph, list item or cell of a table that quotes what this wave or slice cannot tell is
    left out; a line says why.

    Parameters
    ----------
    name
        Of a text that is rendered again and again, whatever it says then; see `keep_compiled`.

    Raises
    ------
    WavebookError
        If a placeholder has a mistake, names nothing, or quotes an assumed value; with the line.
    """
    try:
        return told(_template(text, name).render(values))
    except TemplateSyntaxError as error:
        raise WavebookError(f"commentary, line {error.lineno}: {error.message}") from None
    except UntoldError:
        raise
    except WavebookError as error:
        if _lacks_answers(text, values, nought=False):
            raise UntoldError(NO_ANSWERS) from None
        raise WavebookError(f"{error}{_line_of(error)}") from None
    except (
        TemplateError,
        AttributeError,
        TypeError,
        ValueError,
        LookupError,
        ArithmeticError,
        RecursionError,
    ) as error:
        if _lacks_answers(text, values, nought=isinstance(error, ArithmeticError)):
            raise UntoldError(NO_ANSWERS) from None
        message = getattr(error, "message", None) or f"{type(error).__name__}: {error}"
        raise WavebookError(f"commentary: {message}{_line_of(error)}") from None


def told(text: str) -> str:
    """Return Markdown without the paragraphs, items and cells in which an untold value stands."""
    if not MARK.search(text):
        return text
    blocks: list[list[str]] = []
    for line in text.split("\n"):
        stands_alone = not line.strip() or FENCE.match(line)
        if stands_alone or ITEM.match(line) or not blocks or blocks[-1][0] == ALONE:
            blocks.append([ALONE if stands_alone else TEXT])
        blocks[-1].append(line)
    lines: list[str] = []
    for _, *block in blocks:
        reasons = MARK.findall("\n".join(block))
        if not reasons:
            lines += block
        elif cell := CELL.match(block[0]):
            lines.append(f"{cell[0]}–")
        else:
            start = ITEM.match(block[0])
            lines.append(f"{start[0] if start else ''}{left_out(reasons)}")
    return "\n".join(lines)


def _lacks_answers(text: str, values: Mapping[str, Any], *, nought: bool) -> bool:
    """Whether a template is about values some of which this wave or slice does not have.

    Nobody who gave an answer is a lack too where the template divides by how many did.
    """

    def lacking(value: Any) -> bool:
        match value:
            case Estimate():
                return value.is_missing or bool(value.untold) or (nought and not value.value)
            case Estimates():
                return not len(value) or any(map(lacking, value))
            case float():
                return math.isnan(value)
            case Mapping():
                return not value or any(map(lacking, value.values()))
            case list() | tuple() | set() | frozenset():
                return not value or any(map(lacking, value))
        return False

    names = meta.find_undeclared_variables(language().parse(text))
    return any(lacking(values.get(name)) for name in names)


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


MAGIC = "commentary"  # the cell magic


def register(changed: Callable[[Estimates], str] = lambda quoted: "") -> None:
    """Make ``%%commentary`` known to the notebook that runs, if one does.

    Parameters
    ----------
    changed
        Tells what changed in some values since an earlier wave: what a paragraph quotes is followed
        by that.
    """
    from IPython import get_ipython  # noqa: PLC0415  # only a notebook needs it

    shell = get_ipython()
    if shell is None:
        return

    def commentary(line: str, cell: str) -> None:
        from IPython.display import publish_display_data  # noqa: PLC0415

        names = statement_names(line)
        with _quoting() as quotes:
            try:
                text = render(cell, shell.user_ns).strip()
            except UntoldError as reason:
                text = left_out([str(reason)])
        quoted = Estimates(tuple({e.cell: e for e in quotes if e.is_known}.values()))
        text = "\n\n".join(filter(None, (text, changed(quoted))))
        publish_display_data(  # type: ignore[no-untyped-call]
            {"text/markdown": text, "text/plain": text},
            metadata={METADATA: {"statements": list(names)}},
        )

    shell.register_magic_function(commentary, magic_kind="cell")
