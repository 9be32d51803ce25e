"""For reviewers: is an edition as it was published, and which values differ between two."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from wavebook.csv_file import read_rows
from wavebook.edition import MANIFEST
from wavebook.errors import WavebookError, visible
from wavebook.evidence import Cell
from wavebook.project import Project

TABLES = "tables"
COMPARED = ("value", "low", "high", "base", "status")
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

    Raises
    ------
    WavebookError
        If a table of theirs is damaged.
    """
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
                    for column, old, new in zip(COMPARED, then[cell], now[cell], strict=True)
                    if old != new
                )
                yield f"{where}: {', '.join(changes)}"


def _values(edition: Path) -> Values:
    found: Values = {}
    tables = edition / TABLES
    if not tables.is_dir():
        raise WavebookError(f"{tables}: missing; expected the tables of the findings")
    for path in sorted(tables.glob("*.csv")):
        found[path.stem] = {
            Cell(*(row[key] for key in Cell._fields)): tuple(row[c] for c in COMPARED)
            for row in read_rows(path, str(path), needed=(*Cell._fields, *COMPARED))
        }
    return found
