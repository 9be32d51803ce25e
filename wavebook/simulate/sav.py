"""A practice wave as an agency would deliver it: one SPSS file, in the agency's own language."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
import pyarrow as pa

from wavebook.errors import WavebookError
from wavebook.instrument import Question
from wavebook.notices import SIMULATED
from wavebook.project import Project
from wavebook.rows import typed
from wavebook.simulate.practice import Simulated, drawn, random_of
from wavebook.simulate.recipe import Recipe
from wavebook.simulate.sample import Sample
from wavebook.simulate.units import Unit

MOST = 100_000  # respondents: the file is made in memory
NO_ANSWER = -9
RESPONDENT, MODE, STRATUM, CLUSTER, WEIGHT = "SERIAL", "MODE", "STRATUM", "PSU", "WEIGHT"


def export(project: Project, recipe: Recipe, path: Path) -> Simulated:
    """Write a practice wave as one file that `wavebook map` and `wavebook add` can read.

    Columns are called Q1, Q2_1, …, answers are numbers with labels, and who was asked and did not
    answer has the code -9, as files from the field have it. All parts stand in it, told apart by
    the variable ``MODE``. The answers are those that the recipe would have as a wave.

    Parameters
    ----------
    path
        Where to; replaced as a whole if it is there.

    Raises
    ------
    WavebookError
        If the recipe asks for what cannot be, the file cannot be written, or it would carry real
        people's answers on as nobody's: a wave keeps a note of where they are from, a file cannot.
    """
    if path.suffix.lower() not in (".sav", ".zsav"):
        raise WavebookError(f"--export {path}: expected a name that ends in .sav or .zsav")
    plan = drawn(project, recipe)
    if plan.is_personal:
        raise WavebookError(
            f"--export: the rows would be real answers to wave {recipe.like}, in a file that says "
            "they are nobody's; make a wave of them, or leave out --like"
        )
    if sum(plan.sizes.values()) > MOST:
        raise WavebookError(f"--export: an SPSS file is made for {MOST:,} respondents at most")
    file = _Variables(plan.year)
    frames = []
    for number, (part, sample) in enumerate(plan.samples.items(), start=1):
        told = project.instrument.parts[part]
        file.values.setdefault(MODE, {})[number] = (told.short or told.label).capitalize()
        answers = pa.concat_tables(sample.chunks(random_of(recipe, part, "sample")))
        frames.append(file.part(number, answers.to_pandas(), sample))
    file.labels |= {RESPONDENT: "Serial number", MODE: "Mode of interview"}
    if len(frames) == 1:
        frames = [frames[0].drop(columns=MODE)]
    _write(pd.concat(frames, ignore_index=True), file, path)
    return Simulated(path, plan.sizes, plan.shifted, is_personal=False)


@dataclass
class _Variables:
    """The variables of the file so far, and what it says of them."""

    year: int
    labels: dict[str, str | None] = field(default_factory=dict)
    values: dict[str, dict[int | float, str]] = field(default_factory=dict)
    questions: dict[str, int] = field(default_factory=dict)

    def part(self, number: int, frame: pd.DataFrame, sample: Sample) -> pd.DataFrame:
        """Return a part's rows in the file's language."""
        names = sample.names
        text = frame.drop(columns=[names.strata, names.cluster, names.weight])
        text = text.astype("str").where(text.notna())
        known = nw.from_native(typed(text, sample.pool.part, (), sample.pool.instrument))
        serials = f"{number}" + frame[names.respondent].astype("str").str[1:]
        made: dict[str, Any] = {RESPONDENT: serials, MODE: float(number)}
        of_column = {column: unit for unit in sample.pool.units for column in unit.columns}
        for column in (c for c in sample.pool.instrument.columns if c in of_column):
            unit = of_column[column]
            name = self._named(column, unit)
            answers = _numbers(frame[column], unit.question)
            asked = np.ones(len(frame), dtype=bool)
            if unit.base is not None:
                asked = known.select(met=unit.base.expr())["met"].to_numpy().astype(bool)
            made[name] = answers.mask(answers.isna() & asked, NO_ANSWER)
        made |= {
            STRATUM: frame[names.strata].astype(object),
            CLUSTER: frame[names.cluster].astype(object),
            WEIGHT: frame[names.weight].astype(float),
        }
        return pd.DataFrame(made)

    def _named(self, column: str, unit: Unit) -> str:
        """Return the variable that a column becomes, once its labels are known."""
        question, row = unit.question, column.partition("__")[2]
        number = self.questions.setdefault(unit.name, len(self.questions) + 1)
        text = question.text or question.label_in(self.year)
        name = f"Q{number}"
        if row:
            name = f"Q{number}_{list(question.rows).index(row) + 1}"
            text = f"{question.rows[row].label_in(self.year)} - {text}"
        self.labels[name] = text
        self.values[name] = _value_labels(question, self.year) | {NO_ANSWER: "No answer"}
        return name


def _codes(question: Question) -> dict[str, int]:
    """Return the number that stands for each answer: a choice is 1 or 0, all else counts from 1."""
    if question.type == "ranking":
        return {answer: int(answer) for answer in question.answers}
    if question.type == "multiple":
        others = [answer for answer in question.answers if answer not in ("yes", "no")]
        return {"no": 0, "yes": 1} | {answer: n for n, answer in enumerate(others, start=2)}
    return {answer: n for n, answer in enumerate(question.answers, start=1)}


def _value_labels(question: Question, year: int) -> dict[int | float, str]:
    if question.type == "ranking":
        return {}
    ticks = {"yes": "Selected", "no": "Not selected"} if question.type == "multiple" else {}
    return {
        number: ticks.get(answer) or question.label_of(answer, year)
        for answer, number in _codes(question).items()
    }


def _numbers(answers: pd.Series[Any], question: Question) -> pd.Series[float]:
    if question.type == "ranking":
        return answers.astype(float)
    return answers.astype(object).map(_codes(question)).astype(float)


def _write(frame: pd.DataFrame, file: _Variables, path: Path) -> None:
    import pyreadstat  # noqa: PLC0415  # brings much that a wave does not need

    partial = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        pyreadstat.write_sav(
            frame,
            partial,
            file_label=SIMULATED,
            column_labels=file.labels,
            variable_value_labels=file.values,
            missing_ranges={name: [NO_ANSWER] for name in file.values if name != MODE},
            row_compress=True,
        )
        partial.replace(path)
    except (OSError, pyreadstat.PyreadstatError) as error:
        raise WavebookError(f"{path}: cannot be written: {error}") from None
    finally:
        partial.unlink(missing_ok=True)
