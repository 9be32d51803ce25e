"""What is wrong with a wave that is not in its place yet, told of the export's rows and columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from wavebook.check import RESPONDENT, Answers
from wavebook.errors import Problem
from wavebook.importing.translate import Translation
from wavebook.instrument import read_yaml
from wavebook.project import Project
from wavebook.rows import read_text
from wavebook.wavefile import WaveFile


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
        file = about.parts[part]
        rows = read_text(folder / file.file, file.file)
        answers = Answers(
            file.file,
            rows,
            project.instrument,
            part,
            file.design,
            file.respondents,
            about.years,
        )
        problems += _of_export(one, [p for p in answers.problems() if p.severity == "error"])
    return problems


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
        places = ledger.rows.index[np.asarray(problem.rows, dtype=np.intp) - 1]
        rows = [ledger.export.row(int(place)) for place in places]
        shown = ", ".join(dict.fromkeys(names))
        if problem.column not in (None, RESPONDENT, shown):
            shown += f" ({problem.column})"
        yield replace(problem, file=ledger.export.name, row=row, rows=rows, column=shown or None)


def _columns(column: str, made: Translation) -> list[str]:
    """Return our columns that a problem is about: ``joy__*`` are all columns of a question."""
    if not column.endswith("__*"):
        return [column]
    return [name for name in made.frame.columns if name.startswith(column.removesuffix("*"))]
