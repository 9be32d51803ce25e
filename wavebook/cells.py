"""What one pass over respondents leaves: sums by question, stratum, cluster, group and answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import narwhals as nw
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wavebook.design import CLUSTER, STRATUM, Sample
from wavebook.held import Held
from wavebook.tally import ANSWER, FIRST, QUESTION, Counted, Rows

MOMENTS = ("w", "wx", "wxx", "w2", "w2x", "w2xx")
Floats = NDArray[np.float64]
Positions = NDArray[np.intp]


def group_name(at: int) -> str:
    """Return the fixed name of a group column: one may be a question or a stratum as well."""
    return f"__by{at}"


@dataclass(frozen=True, slots=True)
class Cells:
    """Sums of one pass, one of each for every (question, stratum, cluster, group, answer).

    Attributes
    ----------
    question
        Of each cell: the position of its question.
    answer
        The answer as text; None in cells of numbers.
    groups
        By `by` column, the position of each cell's group among that column's, sorted, and those;
        −1 for none.
    sums
        ``n``, ``w`` and ``w2``; for numbers ``wx wxx w2x w2xx`` as well.
    stratum, unit
        Positions of each cell's stratum, and of its cluster (of its stratum where respondents are
        the units).
    sample
        The whole design.
    """

    question: Positions
    answer: NDArray[np.object_]
    groups: Mapping[str, tuple[Positions, Sequence[Any]]]
    sums: Mapping[str, Floats]
    stratum: Positions
    unit: Positions
    sample: Sample

    @classmethod
    def of_rows(
        cls, rows: Rows, counted: Counted, sample: Sample, questions: Sequence[str]
    ) -> Self:
        """Return what was counted of rows in memory."""
        at, held = counted[FIRST], rows.held
        stratum = np.zeros(len(at), dtype=np.intp)
        if column := rows.keys.get(STRATUM):
            stratum = _places(held, column, sample.strata)[at]
        unit = stratum
        if (column := rows.keys.get(CLUSTER)) and sample.clusters is not None:
            unit = _places(held, column, sample.clusters)[at]
        by = [name for key, name in rows.keys.items() if key not in (STRATUM, CLUSTER)]
        groups = {name: held.labels(name) for name in by}
        return cls(
            counted[QUESTION],
            _codes(counted.get(ANSWER), counted[QUESTION], questions, held.schema),
            {name: (codes[at], labels) for name, (codes, labels) in groups.items()},
            _sums(counted),
            stratum,
            unit,
            sample,
        )

    @classmethod
    def of_table(
        cls,
        table: pd.DataFrame,
        sample: Sample,
        questions: Sequence[str],
        by: Sequence[str],
        schema: nw.Schema,
    ) -> Self:
        """Return what was counted elsewhere: a column for each key under its fixed name, and sum.

        Parameters
        ----------
        schema
            The types of the questions' columns.
        """
        if ANSWER in table:
            table = table[table[ANSWER].notna()]
        stratum = sample.strata.get_indexer(pd.Index(table[STRATUM]))
        unit = stratum
        if sample.clusters is not None:
            unit = sample.clusters.get_indexer(pd.Index(table[CLUSTER]))
        question = table[QUESTION].to_numpy(np.intp)
        answer = table[ANSWER].to_numpy(object) if ANSWER in table else None
        groups: dict[str, tuple[Positions, list[Any]]] = {}
        for at, name in enumerate(by):
            codes, labels = pd.factorize(table[group_name(at)], sort=True)
            groups[name] = (codes, list(labels))
        return cls(
            question,
            _codes(answer, question, questions, schema),
            groups,
            _sums({name: table[name].to_numpy() for name in table}),
            stratum,
            unit,
            sample,
        )

    def __len__(self) -> int:
        return len(self.question)

    def of_question(self, position: int) -> Positions:
        """Return the positions of a question's cells."""
        return np.flatnonzero(self.question == position)

    def codes(self, position: int) -> list[str]:
        """Return the answers found to a question, sorted, empty ones left out."""
        return sorted(set(self.answer[self.of_question(position)]) - {""})


def _places(held: Held, column: str, names: pd.Index[Any]) -> Positions:
    """Return the position of each row's value among the names of strata or clusters."""
    return held.once(
        ("places", column), lambda: names.get_indexer(pd.Index(held.frame[column])).astype(np.intp)
    )


def _sums(counted: Mapping[Any, NDArray[Any]]) -> dict[str, Floats]:
    """Return the sums among what was counted; without weights each respondent counts 1."""
    names = [name for name in ("n", *MOMENTS) if name in counted]
    sums = {name: np.asarray(counted[name], dtype=np.float64) for name in names}
    return sums if "w" in sums else sums | {"w": sums["n"], "w2": sums["n"]}


def _codes(
    answer: NDArray[np.object_] | None,
    question: Positions,
    questions: Sequence[str],
    schema: nw.Schema,
) -> NDArray[np.object_]:
    """Return answers as the codes people write: 1 and not 1.0, true and not True."""
    if answer is None:
        return np.full(len(question), None, dtype=object)
    for position, name in enumerate(questions):
        dtype, of_question = schema[name], question == position
        if dtype.is_float():
            answer[of_question] = [code.removesuffix(".0") for code in answer[of_question]]
        elif dtype == nw.Boolean:
            answer[of_question] = [code.lower() for code in answer[of_question]]
    return answer
