"""What is wrong with a wave that is not in its place yet, told of the export's rows and columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from wavebook.check import RESPONDENT, Answers
from wavebook.errors import Problem
from wavebook.importing.translate import Translation
from wavebook.instrument import Instrument, read_yaml
from wavebook.project import Project
from wavebook.rows import read_text
from wavebook.wavefile import PartFile, WaveFile


def staged_problems(
    project: Project, folder: Path, made: Mapping[str, Translation]
) -> list[Problem]:
    """Return the problems of the translation, then those of the rows as they were written.

    Parameters
    ----------
    folder
        The wave on the stage.
    """
    about = WaveFile.model_validate(read_yaml(folder / "wave.yml", "wave.yml"))
    problems = [problem for one in made.values() for problem in one.ledger.problems]
    for part, one in made.items():
        found = list(_checked(folder, part, about.parts[part], project.instrument))
        problems += _grouped(_of_export(one, found))
    return problems


def _checked(folder: Path, part: str, file: PartFile, instrument: Instrument) -> Iterator[Problem]:
    frame = read_text(folder / file.file, file.file)
    return Answers(
        file.file, frame, instrument, part, file.design_columns, file.numbers, file.respondents
    ).problems()


def _of_export(made: Translation, problems: list[Problem]) -> Iterator[Problem]:
    """Yield problems of our rows where the export has them, but for what has been said of it."""
    ledger = made.ledger
    said = {problem.column for problem in ledger.problems}
    for problem in problems:
        ours = [] if problem.column is None else problem.column.split(", ")
        names = [
            source
            for column in ours
            for name in _columns(column, made)
            for source in ledger.columns.get(name, name).split(", ")
        ]
        if said & set(names):
            continue
        row = None if problem.row is None else ledger.source_row(problem.row - 1)
        shown = ", ".join(dict.fromkeys(names))
        if problem.column not in (None, RESPONDENT, shown):
            shown += f" ({problem.column})"
        yield replace(problem, file=ledger.export.name, row=row, column=shown or None)


def _columns(column: str, made: Translation) -> list[str]:
    """Return our columns that a problem is about: ``joy__*`` are all columns of a question."""
    if not column.endswith("__*"):
        return [column]
    return [name for name in made.frame.columns if name.startswith(column.removesuffix("*"))]


def _grouped(problems: Iterator[Problem]) -> Iterator[Problem]:
    """Yield problems that differ in their row alone as one, at the first of the rows."""
    rows: dict[Problem, list[int]] = {}
    for problem in problems:
        rows.setdefault(replace(problem, row=None), []).append(problem.row or 0)
    for problem, found in rows.items():
        many = f" ({len(found):,} rows, the first of them here)" if len(found) > 1 else ""
        yield replace(problem, row=found[0] or None, message=problem.message + many)
