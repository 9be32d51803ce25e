"""For reviewers: is an edition as it was published, and which values differ between two."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from wavebook.csv_file import read_rows
from wavebook.edition import MANIFEST
from wavebook.errors import WavebookError, visible
from wavebook.evidence import Cell
from wavebook.notebook_file import INJECTED
from wavebook.project import Project

TABLES, NOTEBOOKS = "tables", "notebooks"
PARAMETER = re.compile(r"^(\w+) = (.*)$", re.MULTILINE)
COMPARED = ("value", "low", "high", "base", "status")
# What else decides what is printed of a value; not every table has all of it.
TOLD_WITH = (
    "stated_low", "stated_high", "base_assumed", "reliability",
    "then", "then_stated_low", "then_stated_high", "verdict",
)  # fmt: skip
Values = dict[str, dict[Cell, tuple[str, ...]]]


def find_edition(project: Project, name: str) -> Path:
    """Return an edition's folder by its name under ``site/``, or a build's or edition's path.

    Raises
    ------
    WavebookError
        If there is neither.
    """
    for path in (Path(name), project.root / "site" / name):
        if name and ((path / MANIFEST).is_file() or (path / TABLES).is_dir()):
            return path.resolve()
    raise WavebookError(
        f"{visible(name) or 'nothing'}: there is no such edition in site/, and no build at this "
        "path"
    )


def differences(one: Path, other: Path) -> Iterator[str]:
    """Yield each value of the tables that is not the same in two editions or builds.

    What they report is told first where that differs: the wave, the slice, the level of confidence.

    Raises
    ------
    WavebookError
        If a table of theirs is damaged.
    """
    asked, asked_then = _parameters(other), _parameters(one)
    for name, value in asked.items():
        if value != asked_then.get(name, value):
            yield f"{name}: {asked_then[name]} → {value}"
    before, after = _values(one), _values(other)
    for finding in sorted(before.keys() | after.keys()):
        then, now = before.get(finding, {}), after.get(finding, {})
        for cell in dict.fromkeys([*then, *now]):
            if then.get(cell) == now.get(cell):
                continue
            where = f"{finding}: {'/'.join(part for part in cell if part)}"
            if cell not in then:
                yield f"{where}: only in {other.name}"
            elif cell not in now:
                yield f"{where}: only in {one.name}"
            else:
                changes = (
                    f"{column} {old or '–'} → {new or '–'}"
                    for column, old, new in zip(
                        (*COMPARED, *TOLD_WITH), then[cell], now[cell], strict=True
                    )
                    if old != new
                )
                yield f"{where}: {', '.join(changes)}"


def _parameters(edition: Path) -> dict[str, str]:
    """Return what the notebooks of an edition were run with, as they say it; nothing of others."""
    for path in sorted((edition / NOTEBOOKS).glob("*.ipynb")):
        with suppress(OSError, ValueError, LookupError, TypeError, AttributeError):
            cells = json.loads(path.read_bytes())["cells"]
            given = ("".join(cell["source"]) for cell in cells if cell.get("id") == INJECTED)
            return dict(PARAMETER.findall(next(given, "")))
    return {}


def _values(edition: Path) -> Values:
    found: Values = {}
    tables = edition / TABLES
    if not tables.is_dir():
        raise WavebookError(f"{tables}: missing; expected the tables of the findings")
    for path in sorted(tables.glob("*.csv")):
        found[path.stem] = {
            Cell(*(row[key] for key in Cell._fields)): (
                *(row[column] for column in COMPARED),
                *(row.get(column, "") for column in TOLD_WITH),
            )
            for row in read_rows(path, str(path), needed=(*Cell._fields, *COMPARED))
        }
    return found
