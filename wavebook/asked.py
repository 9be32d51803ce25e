"""Which columns a table is made of: questions and their rows, codes that count, groups, totals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wavebook.cells import Cells
from wavebook.engines import Source
from wavebook.errors import WavebookError, listing, nearest


@dataclass(frozen=True, slots=True)
class Asked:
    """A column of answers and which of its codes count.

    Parameters
    ----------
    column
        ``<question>`` or ``<question>__<row>``.
    options
        The options, in the order wanted; one that nobody chose has the share 0. Without it, every
        code found is an option.
    nets
        Options counted as one, ``{"familiar": ["very", "somewhat"]}``; each is a further line.
    count
        Codes that are no options and yet count in the base, such as ``dont_know``; each is a line.
    missing
        Codes that are out of the base, such as ``not_asked``, ``not_applicable``, ``refused``. An
        empty cell always is.
    """

    column: str
    options: Sequence[str] | None = None
    nets: Mapping[str, Sequence[str]] = field(default_factory=dict)
    count: Sequence[str] = ()
    missing: Sequence[str] = ()

    @property
    def question(self) -> str:
        """The question's code."""
        return self.column.partition("__")[0]

    @property
    def row(self) -> str:
        """The row's code, or nothing."""
        return self.column.partition("__")[2]

    def lines(self, found: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Return what to estimate, as ``{line: its codes}``.

        Raises
        ------
        WavebookError
            If a code found is neither an option nor counted nor missing, or a net has a code that
            is no option.
        """
        ignored = {"", *self.missing}
        codes = sorted(set(found) - ignored)
        if self.options is None:
            known = [*(c for c in codes if c not in self.count), *self.count]
        else:
            known = list(dict.fromkeys([*self.options, *self.count]))
            for code in codes:
                if code not in known:
                    raise WavebookError(
                        f"{self.column}: found '{code}', which is not an option "
                        f"{listing(known)}{nearest(code, known)}"
                    )
        for name, members in self.nets.items():
            for code in members:
                if self.options is not None and code not in known:
                    raise WavebookError(f"{self.column}: net '{name}': '{code}' is not an option")
        return {code: (code,) for code in known} | {k: tuple(v) for k, v in self.nets.items()}


def group_names(by: str | Sequence[str] | None) -> tuple[str, ...]:
    """Return the group columns that `by` means.

    Raises
    ------
    WavebookError
        If one has the name of a column of the result.
    """
    names = () if by is None else (by,) if isinstance(by, str) else tuple(by)
    for name in names:
        if name in _RESULTS or names.count(name) > 1:
            raise WavebookError(
                f"by: '{name}' is a column of the result, or given twice; rename it"
            )
    return names


def expanded(frame: Any, questions: Sequence[str | Asked]) -> Iterator[Asked]:
    """Yield each column of each question."""
    pandas = isinstance(frame, pd.DataFrame)
    known = list(frame.columns) if pandas else Source.of(frame).schema.names()
    for one in questions:
        asked = Asked(one) if isinstance(one, str) else one
        rows = [name for name in known if name.startswith(f"{asked.column}__")]
        if asked.column in known or not rows:
            yield asked
            continue
        for column in rows:
            yield replace(asked, column=column)


_RESULTS = frozenset(
    ("question", "row", "option", "share", "mean", "mean_rank", "rank", "se", "low", "high", "base",
     "count", "effective_base", "deff", "df", "kish")
)  # fmt: skip
Domain = tuple[tuple[Any, ...], NDArray[np.intp]]


def domains(
    cells: Cells, groups: Sequence[str], total: str | None
) -> Callable[[int], Iterator[Domain]]:
    """Return a function that yields each group of a question with its rows of `cells`.

    Groups come in order, totals last. A group's key has a value for each of `groups`, `total` where
    it takes in all. Rows whose group is missing are in totals only.
    """
    kept = [tuple(groups)]
    if total is not None:
        kept += [c for size in reversed(range(len(groups))) for c in combinations(groups, size)]
    coded = [_coded(cells, columns) for columns in kept]

    def of_question(position: int) -> Iterator[Domain]:
        rows = cells.of_question(position)
        if not len(rows) and not groups:
            yield (), rows  # an empty domain is told as such
        for columns, (codes, sizes) in zip(kept, coded, strict=True):
            inside = codes[rows]
            for code in np.unique(inside[inside >= 0]):
                places = np.unravel_index(code, sizes) if columns else ()
                values = (cells.groups[c][1][at] for c, at in zip(columns, places, strict=True))
                named = dict(zip(columns, values, strict=True))
                yield tuple(named.get(group, total) for group in groups), rows[inside == code]

    return of_question


def _coded(cells: Cells, columns: Sequence[str]) -> tuple[NDArray[np.intp], tuple[int, ...]]:
    """Return a number for each cell's groups, in their order, −1 for none; and how many each has.

    `numpy.unravel_index` tells the groups of a number.
    """
    codes = np.zeros(len(cells), dtype=np.intp)
    known = np.ones(len(cells), dtype=bool)
    sizes = []
    for column in columns:
        code, labels = cells.groups[column]
        known &= code >= 0
        if "" in labels:
            known &= code != labels.index("")
        codes = codes * max(len(labels), 1) + code
        sizes.append(max(len(labels), 1))
    return np.where(known, codes, -1), tuple(sizes)
