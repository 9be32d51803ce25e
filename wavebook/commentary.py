"""Prose with numbers in it: the ``%%commentary`` cell magic, and texts with placeholders.

A cell that starts with ``%%commentary name other-name`` holds Markdown with Jinja placeholders over
the notebook's variables, and shows Markdown. The names are the statements that the paragraph rests
on. The same placeholders work in the book's chapters, over what the notebooks exported.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from jinja2 import (
    FileSystemBytecodeCache,
    Template,
    TemplateError,
    TemplateSyntaxError,
    meta,
)

from wavebook.errors import WavebookError, nearest
from wavebook.estimates import Estimate, Estimates
from wavebook.exports import METADATA, noted
from wavebook.notebook_file import PLACEHOLDER
from wavebook.placeholders import MARK, UntoldError, language, quoting
from wavebook.untold import NO_ANSWERS, left_out
from wavebook.wording import literal

if TYPE_CHECKING:
    from wavebook.statements import Statement

STATEMENT = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
FENCE = re.compile(r"\s*(:::|```|~~~|:[\w-]+:|#)")
CELL = re.compile(r"\s+(\* )?- |\s*\* - ")  # of a list-table
ITEM = re.compile(r"\s*([*+-]|\d+[.)])\s+")
ALONE, TEXT = "alone", "text"


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


def checked(names: Sequence[str], statements: Mapping[str, Statement]) -> tuple[Statement, ...]:
    """Return the statements of some names.

    Raises
    ------
    WavebookError
        If one is not among those that were checked.
    """
    for name in names:
        if name not in statements:
            raise WavebookError(
                f"no cell above has checked the statement '{name}'{nearest(name, statements)}"
            )
    return tuple(statements[name] for name in names)


MAGIC = "commentary"  # the cell magic


def namespace() -> dict[str, Any]:
    """Return the variables of the notebook that runs; none where none does."""
    from IPython import get_ipython  # noqa: PLC0415  # only a notebook needs it

    shell = get_ipython()
    return {} if shell is None else shell.user_ns


def register(
    changed: Callable[[Estimates], str] = lambda quoted: "",
    statements: Mapping[str, Statement] = MappingProxyType({}),
) -> None:
    """Make ``%%commentary`` known to the notebook that runs, if one does.

    Parameters
    ----------
    changed
        Tells what changed in some values since an earlier wave: what a paragraph quotes is followed
        by that.
    statements
        The statements that were checked by the time the paragraph runs; one that rests on any that
        does not hold is left out. Where there are any, each that is named has to be among them.
    """
    from IPython import get_ipython  # noqa: PLC0415  # only a notebook needs it

    shell = get_ipython()
    if shell is None:
        return

    def commentary(line: str, cell: str) -> None:
        from IPython.display import publish_display_data  # noqa: PLC0415

        names = statement_names(line)
        rests_on = checked(names, statements) if statements else ()
        reasons = [why for one in rests_on if (why := one.why_left_out)]
        with quoting() as quotes:
            try:
                text = left_out(reasons) if reasons else render(cell, shell.user_ns).strip()
            except UntoldError as reason:
                text = left_out([str(reason)])
        if left := PLACEHOLDER.search(text):
            raise WavebookError(f"'{left[0]}' is left as it stands: take {{% raw %}} out")
        quoted = Estimates(tuple({e.cell: e for e in quotes if e.is_known}.values()))
        text = "\n\n".join(filter(None, (text, literal(changed(quoted)))))
        publish_display_data(  # type: ignore[no-untyped-call]
            {"text/markdown": text, "text/plain": text},
            metadata={METADATA: noted(rests_on) | {"statements": list(names)}},
        )

    shell.register_magic_function(commentary, magic_kind="cell")
