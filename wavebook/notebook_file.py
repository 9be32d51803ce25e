"""A notebook as its author has saved it: is it one, and which of its cells is which."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

from wavebook.errors import WavebookError
from wavebook.regular import check_regular

# As papermill marks the cell with a notebook's parameters, and the one that it puts behind it.
PARAMETERS, INJECTED = "parameters", "injected-parameters"
ASSIGNED = re.compile(r"^wave\s*=(?!=)", re.MULTILINE)
PLACEHOLDER = re.compile(r"\{\{[^{}]*\|[^{}]*\}\}")  # not every brace is one: there are formulas
STATEMENT = re.compile(r"""^\s*\w+\.statement\(\s*["']([\w-]+)["']""", re.MULTILINE)
# In Markdown: a block of code, in which no line is a heading, or one of the highest level.
HEADING = re.compile(
    r"^(?P<fence>`{3,}|~{3,}).*?^(?P=fence)|^# (?P<title>[^\n]*)", re.MULTILINE | re.DOTALL
)
OPENED = re.compile(r"^(\w+)\s*=\s*finding\(", re.MULTILINE)
MADE = ("figure", "table", "headline", "title")  # by a finding, to be shown
CODE = re.compile(r"(`+).*?\1", re.DOTALL)
CURRENT = 4  # the version of the format; older ones are brought up to date when they are read
WHOLE: dict[str, tuple[type, ...]] = {"metadata": (dict,), "cells": (list,)}
Cell = tuple[str, str, Collection[str]]  # its kind, its text and its tags
CELL: dict[str, tuple[type, ...]] = {
    "cell_type": (str,),
    "source": (str, list),
    "metadata": (dict,),
}


def check_shape(notebook: Path) -> None:
    """Refuse JSON that is no notebook, and cells that would be taken for something else.

    What is no JSON, papermill tells.

    Raises
    ------
    WavebookError
        If it is a pipe; with the first thing that a notebook has and this file has not; or with a
        cell that would let it report another wave than it is asked to, show a placeholder as it
        stands, not show what it makes, or check a statement a second time.
    """
    name = f"{notebook.parent.name}/{notebook.name}"
    check_regular(notebook, name)
    try:
        told = json.loads(notebook.read_bytes())
    except (OSError, ValueError):
        return
    for problem in _problems(told):
        raise WavebookError(f"{name}: not a notebook: {problem}")
    cells = [
        (cell["cell_type"], "".join(cell["source"]), _tags(cell)) for cell in told.get("cells", ())
    ]
    for problem in (*_misread(cells), *_not_shown(cells), *_checked_twice(cells)):
        raise WavebookError(f"{name}, cell {problem}")


def heading_in(text: str) -> re.Match[str] | None:
    r"""Return where a Markdown text has its first ``title``; a notebook's first is its own.

    Examples
    --------
    >>> heading_in("```\n# a comment\n```\n# Beans lead")["title"]
    'Beans lead'
    """
    found = HEADING.finditer(text)
    return next((one for one in found if one["title"] is not None), None)


def number_of(notebook: Path, source: str) -> int | None:
    """Return the number of a cell, as its author counts, by what it says."""
    import nbformat  # noqa: PLC0415  # only what has failed is asked for

    cells = enumerate(nbformat.read(notebook, as_version=CURRENT).cells, start=1)
    return next((number for number, cell in cells if cell.source == source), None)


def _tags(cell: dict[str, Any]) -> Collection[str]:
    tags = cell["metadata"].get("tags", ())
    return tags if isinstance(tags, list) else ()


def _misread(cells: Sequence[Cell]) -> Iterator[str]:
    for number, (kind, source, tags) in enumerate(cells, start=1):
        if kind == "code":
            if ASSIGNED.search(source) and not {PARAMETERS, INJECTED} & {*tags}:
                yield (
                    f"{number}: it gives 'wave' a value, whatever a build asks for: only the cell "
                    f"with the tag '{PARAMETERS}' may"
                )
        elif kind == "markdown" and (left := PLACEHOLDER.search(CODE.sub("", source))):
            yield (
                f"{number}: '{left[0]}' would be printed as it stands: begin the cell with "
                "%%commentary"
            )


def _not_shown(cells: Sequence[Cell]) -> Iterator[str]:
    """Yield what cells make of a finding to be shown and do not show: only a last line is."""
    findings = {name for _, source, _ in cells for name in OPENED.findall(source)}
    for number, (kind, source, _) in enumerate(cells, start=1):
        made_here = any(f"{finding}.{made}(" in source for finding in findings for made in MADE)
        for line in _lines(source)[:-1] if kind == "code" and made_here else ():
            match line:
                case ast.Expr(ast.Call(ast.Attribute(ast.Name(of), made))) if (
                    of in findings and made in MADE
                ):
                    yield (
                        f"{number}, line {line.lineno}: this {made} would not be shown, which only "
                        "a cell's last line is: expected a cell of its own"
                    )


def _lines(source: str) -> Sequence[ast.stmt]:
    try:
        return ast.parse(source).body
    except SyntaxError:  # magics are no Python
        return ()


def _checked_twice(cells: Sequence[Cell]) -> Iterator[str]:
    """Yield statements that two cells check; in one cell there may be two, for two cases."""
    checked: dict[str, int] = {}
    for number, (kind, source, _) in enumerate(cells, start=1):
        for name in STATEMENT.findall(source) if kind == "code" else ():
            first = checked.setdefault(name, number)
            if first != number:
                yield f"{number}: the statement '{name}' is checked in cell {first} already"


def _problems(told: Any) -> Iterator[str]:
    version = told.get("nbformat") if isinstance(told, dict) else None
    if not isinstance(version, int):
        yield "expected a number 'nbformat'"
    elif version >= CURRENT:
        yield from (f"expected '{key}'" for key in _missing(told, WHOLE))
        for number, cell in enumerate(told["cells"], start=1):
            yield from (f"cell {number}: expected '{key}'" for key in _missing(cell, CELL))


def _missing(of: Any, expected: dict[str, tuple[type, ...]]) -> Iterator[str]:
    for key, kinds in expected.items():
        if not (isinstance(of, dict) and isinstance(of.get(key), kinds)):
            yield key
