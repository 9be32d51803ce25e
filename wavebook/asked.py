"""Which columns a table is made of: questions and their rows, codes that count, groups, totals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, product
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wavebook.engines import Source
from wavebook.errors import WavebookError, listing, nearest
from wavebook.sums import Cells


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
    coded = [_coded(cells, columns, groups, total) for columns in kept]

    def of_question(position: int) -> Iterator[Domain]:
        rows = cells.of_question(position)
        for keys, codes in coded:
            inside = codes[rows]
            if not len(rows) and not groups:
                yield keys[0], rows  # an empty domain is told as such
            for code in np.unique(inside[inside >= 0]):
                yield keys[code], rows[inside == code]

    return of_question


def _coded(
    cells: Cells, columns: Sequence[str], groups: Sequence[str], total: str | None
) -> tuple[list[tuple[Any, ...]], NDArray[np.intp]]:
    """Return the groups that columns make, sorted, and the position of each row's; −1 for none."""
    codes = np.zeros(len(cells.table), dtype=np.intp)
    if not columns:
        return [tuple(total for _ in groups)], codes
    known = np.ones(len(codes), dtype=bool)
    values = []
    for column in columns:
        code, found = pd.factorize(cells.table[column], sort=True)
        known &= (code >= 0) & (cells.table[column] != "").to_numpy(bool, na_value=False)
        codes = codes * max(len(found), 1) + code
        values.append(list(found))
    keys = [
        tuple(dict(zip(columns, key, strict=True)).get(group, total) for group in groups)
        for key in product(*values)
    ]
    return keys, np.where(known, codes, -1)
