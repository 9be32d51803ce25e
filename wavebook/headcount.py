"""How many answered a question in each group and part of a slice's whole, on any engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wavebook.cells import group_name
from wavebook.engines import Frame, Source
from wavebook.expression import Condition
from wavebook.held import Held
from wavebook.where import as_expr, columns_of

Values = NDArray[Any]
_PART = "__part"


@dataclass(frozen=True)
class Counted:
    """Who is counted: who gave an answer that counts, by groups.

    Attributes
    ----------
    column, answers
        The question's column, and the answers that count in its base; None for all.
    groups
        Columns of groups.
    weight
        The column of weights, if there are any: who has the weight 0 is in no base.
    """

    column: str
    answers: tuple[str, ...] | None
    groups: tuple[str, ...]
    weight: str | None = None


def headcount(
    source: Source, counted: Counted, step: Condition, whole: Condition | None
) -> tuple[NDArray[np.int64], list[list[Any]]]:
    """Return how many answered in each group and part, and what these are called.

    Parameters
    ----------
    step
        What picks a slice from the whole. Its parts are the answers to its question, or else who
        meets it and who does not.
    whole
        The condition that picks those who are counted; None for everybody.

    Returns
    -------
    ndarray, list
        An axis for each of the groups and, last, one for the parts; and the labels of their places,
        sorted: where two groups are as small, no engine's order decides which of them is hidden.
        Last among them is None, if there is anybody without a group.
    """
    if source.held is not None:
        *values, people = _in_memory(source.held, counted, step, whole)
    else:
        *values, people = _elsewhere(source, counted, step, whole)
    coded = [_labelled(one) for one in values]
    cells = np.zeros([len(found) for _, found in coded], dtype=np.int64)
    np.add.at(cells, tuple(codes for codes, _ in coded), people)
    return cells, [found for _, found in coded]


def met(step: Condition, parts: Sequence[Any]) -> NDArray[np.bool_]:
    """Return which parts `step` picks, by the labels that `headcount` gives them."""
    return np.array([step.is_met_by(one) if step.answered else one for one in parts], dtype=bool)


def _labelled(values: Values) -> tuple[NDArray[np.intp], list[Any]]:
    """Return the position of each value among all, sorted; None, the last, stands for no value."""
    codes, found = pd.factorize(values, sort=True)
    labels = [*found, *([None] if (codes < 0).any() else [])]
    return np.where(codes < 0, len(found), codes), labels


def _in_memory(
    rows: Held, counted: Counted, step: Condition, whole: Condition | None
) -> list[Values]:
    """Count the rows of each group and part that have an answer, in memory."""
    at = rows.inside(whole)
    codes, texts = rows.answers(counted.column)
    counts = [counted.answers is None or text in counted.answers for text in texts]
    at = at[np.array([*counts, False])[codes[at]]]  # the last stands for no answer, −1
    if counted.weight is not None:
        at = at[rows.numbers(counted.weight)[at] > 0]
    cut = [rows.keys(name)[at] for name in counted.groups]
    if step.answered:
        cut.append(rows.keys(step.answered)[at])
    else:
        meets = np.zeros(len(rows), dtype=np.intp)
        meets[rows.inside(step)] = 1
        cut.append(meets[at])
    line = np.zeros(len(at), dtype=np.intp)
    for code in cut:
        line = line * (int(code.max(initial=0)) + 1) + code
    _, first, people = np.unique(line, return_index=True, return_counts=True)
    names = [*counted.groups, *([step.answered] if step.answered else [])]
    values = [rows.frame[name].to_numpy(object)[at[first]] for name in names]
    return [*values, *([] if step.answered else [cut[-1][first].astype(bool)]), people]


def _elsewhere(
    source: Source, counted: Counted, step: Condition, whole: Condition | None
) -> list[Values]:
    """Count the rows of each group and part that have an answer, wherever they are."""
    told = nw.col(counted.column)
    kept = ~told.is_null() if counted.answers is None else told.is_in(list(counted.answers))
    inside = as_expr(whole, source.schema)
    kept = kept if inside is None else kept & inside
    kept = kept if counted.weight is None else kept & (nw.col(counted.weight) > 0)
    cut = {group_name(at): nw.col(name) for at, name in enumerate(counted.groups)}
    cut[_PART] = nw.col(step.answered) if step.answered else step.expr()
    read = [counted.column, *counted.groups, *step.columns, *(columns_of(whole) or ())]
    read += [counted.weight] if counted.weight else []
    table = source.table(partial(_people, cut=cut, kept=kept), {"people": "sum"}, read)
    return [*(table[name].to_numpy(object) for name in cut), table["people"].to_numpy(np.int64)]


def _people(frame: Frame, cut: dict[str, nw.Expr], kept: nw.Expr) -> Frame:
    """Count rows in each group."""
    return frame.filter(kept).with_columns(**cut).group_by(*cut).agg(nw.len().alias("people"))
