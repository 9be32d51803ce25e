"""What is wrong with a wave that is not in its place yet, told of the export's rows and columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from wavebook.check import RESPONDENT
from wavebook.errors import Problem
from wavebook.importing.translate import Translation
from wavebook.inspection import inspect_path
from wavebook.project import Project
from wavebook.yaml_file import read_yaml


def staged_problems(
    project: Project, folder: Path, made: Mapping[str, Translation], shown: str
) -> list[Problem]:
    """Return the problems of the translation, then those of the rows as they were written.

    Parameters
    ----------
    folder
        The wave on the stage.
    shown
        Where the wave is to stand, as the user would name it.
    """
    files = read_yaml(folder / "wave.yml", shown)["parts"]
    parts = {project.relative(folder / files[part]["file"]): one for part, one in made.items()}
    problems = [problem for one in made.values() for problem in one.ledger.problems]
    staged = project.relative(folder)
    for problem in inspect_path(project, folder).found:
        if problem.file in parts:
            problems += _of_export(parts[problem.file], problem)
        else:
            problems.append(replace(problem, file=problem.file.replace(staged, shown)))
    return problems


def _of_export(made: Translation, problem: Problem) -> Iterator[Problem]:
    """Yield a problem of our rows where the export has it, unless that has been said of it."""
    ledger = made.ledger
    ours = [] if problem.column is None else problem.column.split(", ")
    names = [
        source
        for column in ours
        for name in _columns(column, made)
        for source in ledger.columns.get(name, name).split(", ")
    ]
    if {said.column for said in ledger.problems} & set(names):
        return
    rows = tuple(ledger.source_row(row - 1) for row in problem.rows)
    row = None if problem.row is None else ledger.source_row(problem.row - 1)
    shown = ", ".join(dict.fromkeys(names))
    if problem.column not in (None, RESPONDENT, shown):
        shown = f"{shown} ({problem.column})" if shown else str(problem.column)
    yield replace(problem, file=ledger.export.name, row=row, rows=rows, column=shown or None)


def _columns(column: str, made: Translation) -> list[str]:
    """Return our columns that a problem is about: ``joy__*`` are all columns of a question."""
    if not column.endswith("__*"):
        return [column]
    return [name for name in made.frame.columns if name.startswith(column.removesuffix("*"))]
