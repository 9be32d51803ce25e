"""The cells of a reconstruction that nobody stated and nothing stated implies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd

from wavebook import expression
from wavebook.csv_file import read_rows
from wavebook.errors import Problem, quoted
from wavebook.evidence import Cell, Claim, Evidence
from wavebook.instrument import Instrument, Question
from wavebook.reconstruct.cells import Sheet
from wavebook.reconstruct.claims import (
    derived_answers,
    group_text,
    mean_ranks,
    members,
    options_of,
    parse_group,
    standing,
)
from wavebook.reconstruct.quotas import span

IMPLIED = 0.031
"""A share that the evidence leaves at most three points is implied: as much as a plain fraction."""

COLUMNS = (*Cell._fields, "value")


def assumed_problems(path: Path, name: str) -> Iterator[Problem]:
    """Yield what is wrong with the list of a wave's assumed cells.

    Parameters
    ----------
    name
        The file, as the user would name it.

    Raises
    ------
    WavebookError
        If it is no table of such cells.
    """
    for number, row in enumerate(read_rows(path, name, COLUMNS), start=1):
        try:
            is_sound = not (row["measure"] == "share" and not 0 <= float(row["value"]) <= 1)
        except ValueError:
            is_sound = False
        if not is_sound:
            expected = "a share from 0 to 1" if row["measure"] == "share" else "a number"
            message = f"{quoted(row['value'])}; expected {expected}"
            yield Problem(name, message, number, "value", found=row["value"], expected=expected,
                          rule="assumed-value")  # fmt: skip


def assumed_cells(
    frames: Mapping[str, pd.DataFrame],
    sheets: Mapping[str, Sheet],
    instrument: Instrument,
    claims: Sequence[Claim],
) -> pd.DataFrame:
    """Return each assumed cell with its value: overall, and in the groups that are told apart."""
    evidence = Evidence(tuple(claims))
    found = []
    for part, frame in frames.items():
        for group in _groups(part, claims, instrument, frame):
            inside = frame[members(frame, group)]
            text = group_text(group)
            for name, question in instrument.of_part(part):
                if name in group or not any(_columns(name, question, frame, instrument)):
                    continue
                for row, option, measure, value in _values(name, question, inside, instrument):
                    cell = Cell(name, row, option, text, measure)
                    if _is_known(cell, evidence, sheets, instrument, frame):
                        continue
                    found.append((*cell, round(value, 6)))
    return pd.DataFrame(found, columns=list(COLUMNS))


def _groups(
    part: str, claims: Sequence[Claim], instrument: Instrument, frame: pd.DataFrame
) -> list[dict[str, str]]:
    """Return everybody, each answer to a grouping question, and what claims combine."""
    stated = [parse_group(t) for c in claims if c.part == part for t in (c.group, c.than_group)]
    columns = list(dict.fromkeys(column for group in stated for column in group))
    single = [
        {column: answer}
        for column in frame
        if column in columns
        for answer in instrument.questions[instrument.columns[column][0]].answers
    ]
    combined = {group_text(group): group for group in stated if len(group) > 1}
    return [{}, *single, *(combined[text] for text in sorted(combined))]


def _columns(
    name: str, question: Question, frame: pd.DataFrame, instrument: Instrument
) -> list[str]:
    if question.type == "derived":
        source = str(question.source)
        return [c for c in instrument.questions[source].columns(source) if c in frame]
    return [c for c in question.columns(name) if c in frame]


def _values(
    name: str, question: Question, frame: pd.DataFrame, instrument: Instrument
) -> Iterator[tuple[str, str, str, float]]:
    """Yield row, option, measure and value of each cell of a question."""
    if question.type == "derived":
        answers = derived_answers(frame, question, instrument)
        if base := int(answers.notna().sum()):
            yield "", "yes", "share", float((answers == "yes").sum() / base)
        return
    columns = {c: row for c, row in question.columns(name).items() if c in frame}
    if question.type in ("ranking", "multiple"):
        base = int(frame[list(columns)].notna().any(axis=1).sum())
        yield "", "", "base", float(base)
        if base:
            places = standing(frame, name, question)
            means = mean_ranks(frame, name, question) if question.type == "ranking" else None
            for column, row in columns.items():
                if means is not None:
                    yield row, "", "mean_rank", float(means[row])
                    yield row, "", "rank", float(places[row])
                else:
                    yield row, "yes", "share", float((frame[column] == "yes").sum() / base)
                    yield row, "yes", "rank", float(places[row])
        return
    for column, row in columns.items():
        base = int(frame[column].notna().sum())
        yield row, "", "base", float(base)
        if base:
            for option in (*question.options, *question.nets):
                chosen = frame[column].isin(options_of(question, option))
                yield row, option, "share", float(chosen.sum() / base)


def _is_known(
    cell: Cell,
    evidence: Evidence,
    sheets: Mapping[str, Sheet],
    instrument: Instrument,
    frame: pd.DataFrame,
) -> bool:
    """Whether a cell is stated, or what is stated leaves it hardly any room."""
    claim = evidence.about(cell)
    if claim is not None:
        # A range of ranks ("not among the first ten") does not tell the rank.
        return cell.measure == "share" or not claim.is_range
    if cell.measure == "base":
        return _is_known_base(cell, evidence, sheets, instrument, frame)
    if cell.measure != "share" or cell.question not in sheets:
        return False
    sheet = sheets[cell.question]
    return _room(sheet, cell.row, cell.option, parse_group(cell.group)) <= IMPLIED


def _room(sheet: Sheet, row: str, option: str, group: Mapping[str, str]) -> float:
    """Return how far apart the least and the most are that the evidence lets a share be."""
    if any(not group.keys() <= one.keys() for one in sheet.strata):
        return 1.0
    cells, base = sheet.cells(row, option, group)
    low, high = span(len(sheet.index), sheet.limits, cells)
    return (high - low) / base if base else 1.0


def _is_known_base(
    cell: Cell,
    evidence: Evidence,
    sheets: Mapping[str, Sheet],
    instrument: Instrument,
    frame: pd.DataFrame,
) -> bool:
    if cell.group:
        return False
    question = instrument.questions[cell.question]
    if evidence.about(cell._replace(row="")) is not None or not question.base:
        return True
    mentions = expression.parse(question.base.replace("{row}", cell.row)).mentions
    if len(mentions) != 1 or " not " in question.base or "!=" in question.base:
        return False
    column, answers = mentions[0]
    name, row = instrument.columns[column]
    if name not in sheets:
        return False
    sheet = sheets[name]
    cells: dict[int, float] = {}
    for answer in answers:
        more, _ = sheet.cells(row, answer, {})
        cells.update(more)
    low, high = span(len(sheet.index), sheet.limits, cells)
    return (high - low) / len(frame) <= IMPLIED
