"""What an executed notebook holds: tables, values for the chapters, statements, its title."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wavebook import vega
from wavebook.errors import WavebookError
from wavebook.estimates import Estimate
from wavebook.exports import FIRST_TITLE, HEADLINE, METADATA, TITLE, VALUES_MIME, unpacked
from wavebook.notebook_file import INJECTED, heading_in
from wavebook.project import finding_of
from wavebook.records import CHANGE_COLUMNS, TABLE_COLUMNS, USUAL
from wavebook.table import MIME as TABLE_MIME

OF_A_CHECK = ("outcome", "found", "expected", "clear")
DEFAULT_WAVE = re.compile(r"""^wave\s*=\s*["'](.*)["']""", re.MULTILINE)


@dataclass(frozen=True)
class Result:
    """One finding as its notebook left it.

    Attributes
    ----------
    document
        The notebook's path without ending, from the book's root: the name Sphinx knows it by.
    values
        What the notebook exported, by name; ``headline`` and ``sentence`` among them.
    records
        The rows of its tables, as in ``tables/<finding>.csv``.
    statements
        Names of statements with the number of the cell that rests on them.
    written_for
        The wave that the notebook's prose was written for.
    checked
        What came of each statement that was checked, by its name: a
        `wavebook.statements.Statement` as plain data.
    first_title
        The title that gave way to this one; empty where none did.
    """

    id: str
    document: str
    title: str
    values: dict[str, Any]
    records: tuple[dict[str, Any], ...]
    statements: tuple[tuple[str, int], ...]
    written_for: str = ""
    checked: dict[str, dict[str, Any]] = field(default_factory=dict)
    first_title: str = ""

    @property
    def headline(self) -> Estimate | None:
        """The finding in one number."""
        return self.values.get(HEADLINE)

    @property
    def sentence(self) -> str:
        """What the headline's number is the share of."""
        return str(self.values.get("sentence", ""))

    @property
    def change(self) -> str:
        """What changed in the headline's number since an earlier wave; empty for none."""
        return str(self.values.get("change", ""))

    def __getattr__(self, name: str) -> Any:
        # A placeholder says {{ growing.beans }}.
        values = self.__dict__.get("values", {})  # there are none yet while it is unpickled
        if name in values:
            return values[name]
        raise AttributeError(f"{self.__dict__.get('id')} exports no '{name}'")


def read_result(path: Path, root: Path) -> Result:
    """Return what an executed notebook holds.

    Parameters
    ----------
    path
        The notebook.
    root
        The folder from which the book names its documents.

    Raises
    ------
    WavebookError
        If a table in it says that it is another finding's, or two figures have the same number, or
        there are two headlines.
    """
    notebook = json.loads(path.read_text(encoding="utf-8"))
    values: dict[str, Any] = {}
    records: list[dict[str, Any]] = []
    statements: list[tuple[str, int]] = []
    checked: dict[str, dict[str, Any]] = {}
    shown: dict[str, int] = {}
    place = path.relative_to(root).as_posix()
    # Their author counts cells without the one that papermill has put there, near the top.
    own = sum(cell.get("id") == INJECTED for cell in notebook["cells"])
    for number, output in _outputs(notebook):
        data, metadata = output.get("data", {}), output.get("metadata", {})
        if VALUES_MIME in data:
            exported = data[VALUES_MIME]
            values.update({name: unpacked(value) for name, value in exported["values"].items()})
            values |= {key: exported[key] for key in ("sentence", "change") if key in exported}
        for once in _shown_once(data):
            if once in shown:
                raise WavebookError(
                    f"{place}, cell {number - own}: {once} stands in cell {shown[once]} too"
                )
            shown[once] = number - own
        if TABLE_MIME in data:
            records += data[TABLE_MIME]["records"]
        noted = metadata.get(METADATA, {})
        statements += [(name, number) for name in noted.get("statements", ())]
        checked |= noted.get("checked", {})
    called = {record["finding"] for record in records} - {finding_of(path)}
    if called:
        raise WavebookError(
            f"{place}: a table of the finding '{min(called)}'; "
            f"expected '{finding_of(path)}', as the file is called"
        )
    return Result(
        finding_of(path),
        path.relative_to(root).with_suffix("").as_posix(),
        title_of(notebook),
        values,
        tuple(records),
        tuple(statements),
        _written_for(notebook),
        checked,
        _first_title(notebook),
    )


def _shown_once(data: dict[str, Any]) -> Iterator[str]:
    """Yield what an output is, if a notebook has it once: a headline, the figure of a number."""
    chart = data.get(vega.MIME, {})
    if number := chart.get("usermeta", {}).get("wavebook", {}).get("number"):
        yield f"figure {number}"
    if HEADLINE in data.get(VALUES_MIME, {}).get("values", {}):
        yield "a headline"
    if TITLE in data.get(VALUES_MIME, {}):
        yield "another title"


def _written_for(notebook: dict[str, Any]) -> str:
    """Return the wave of a notebook's own parameters: the one its author had in mind."""
    for cell in notebook["cells"]:
        if "parameters" in cell["metadata"].get("tags", ()):
            default = DEFAULT_WAVE.search("".join(cell["source"]))
            return default[1] if default else ""
    return ""


def title_of(notebook: dict[str, Any]) -> str:
    """Return a notebook's first heading."""
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown" and (found := heading_in("".join(cell["source"]))):
            return found["title"].strip()
    return ""


def _first_title(notebook: dict[str, Any]) -> str:
    """Return the title in whose place another was put."""
    noted = (cell["metadata"].get(METADATA, {}) for cell in notebook["cells"])
    return next((str(told[FIRST_TITLE]) for told in noted if FIRST_TITLE in told), "")


def _outputs(notebook: dict[str, Any]) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, cell in enumerate(notebook["cells"], start=1):
        for output in cell.get("outputs", ()):
            yield number, output


def table_csv(result: Result) -> str:
    """Return ``tables/<finding>.csv``; a value that several tables show stands in it once."""
    unique: dict[tuple[Any, ...], dict[str, Any]] = {}
    for record in result.records:
        unique.setdefault(tuple(record[c] for c in TABLE_COLUMNS[2:7]), record)
    text = io.StringIO()
    compared = any(CHANGE_COLUMNS[0] in record for record in unique.values())
    columns = TABLE_COLUMNS + (CHANGE_COLUMNS if compared else ())
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(USUAL | record for record in unique.values())
    return text.getvalue()


def listed_statements(results: Sequence[Result]) -> list[dict[str, Any]]:
    """Return each statement with its finding, the cells that rest on it, and what came of it.

    ``{"statement", "finding", "cells", "outcome", "found", "expected", "clear"}``; the last four
    are null for a statement that no check was made for.
    """
    cells: dict[tuple[str, str], list[int]] = {}
    checked: dict[tuple[str, str], dict[str, Any]] = {}
    for result in results:
        for name, cell in result.statements:
            cells.setdefault((result.id, name), []).append(cell)
            checked[result.id, name] = result.checked.get(name, dict.fromkeys(OF_A_CHECK))
    return [
        {"statement": name, "finding": finding, "cells": numbers, **checked[finding, name]}
        for (finding, name), numbers in cells.items()
    ]


def statements_json(results: Sequence[Result]) -> str:
    """Return ``statements.json``: a list of what `listed_statements` tells of each statement."""
    return f"{json.dumps(listed_statements(results), indent=2, ensure_ascii=False)}\n"
