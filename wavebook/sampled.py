"""What must hold of the columns that say how a part was sampled."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from wavebook.design import Design, read_sample
from wavebook.engines import Source
from wavebook.errors import Problem, WavebookError
from wavebook.schema import Rule

Cells = pd.Series  # a column as text, missing where a cell is empty


def column_rules(design: Design) -> dict[str, list[Rule]]:
    """Return the rules of each column that a design names."""
    rules = {column: _NUMBERS for column in (design.weight, design.fpc) if column}
    for column, role in ((design.strata, "stratum"), (design.cluster, "cluster")):
        if column:
            rules[column] = [Rule(f"no-{role}", is_there, f"a respondent needs a {role}", role)]
    return rules


def rules_across(design: Design) -> Iterator[Rule]:
    """Yield the rules that take several columns of a design."""
    strata, cluster, fpc = design.strata, design.cluster, design.fpc
    if strata and cluster:
        yield Rule(
            "cluster-in-two-strata",
            lambda frame: _as_first(frame[strata], frame[cluster]),
            "cluster and stratum {found}: in earlier rows the cluster is in another stratum",
            "each cluster in one stratum",
            column=strata,
            cells=(cluster, strata),
        )
    if fpc:
        yield Rule(
            "population-varies",
            lambda frame: _as_first(_numbers(frame[fpc]), frame[strata] if strata else None),
            "{found}: in earlier rows of the stratum stands another population size",
            "one size a stratum",
            column=fpc,
            cells=(fpc,),
        )


def sample_problems(file: str, frame: pd.DataFrame, design: Design) -> Iterator[Problem]:
    """Yield what only the whole sample shows, where each cell of its columns is sound."""
    numbers = {column: _numbers(frame[column]) for column in (design.weight, design.fpc) if column}
    columns = frame[list(dict.fromkeys(design.columns))].assign(**numbers)
    try:
        sample = read_sample(Source.of(columns), design)
    except WavebookError as error:
        yield Problem(file, str(error), found=str(error), rule="design")
        return
    if sample.lonely.any() and design.lonely == "fail":
        alone = ", ".join(str(stratum) for stratum in sample.strata[sample.lonely])
        yield Problem(
            file,
            f"strata: {alone}: one sampled unit only, from which no variance can be estimated; "
            "merge strata, or say under 'lonely' in wave.yml what such a stratum does",
            column=design.strata,
            found=alone,
            expected="two or more sampled units a stratum",
            rule="lonely-stratum",
        )


def is_there(cells: Cells[Any]) -> Cells[Any]:
    """Return where a cell holds more than blanks."""
    return cells.notna() & (cells.str.strip() != "")


def _numbers(cells: Cells[Any]) -> Cells[Any]:
    return pd.to_numeric(cells, errors="coerce").astype(float)


def _as_first(cells: Cells[Any], group: Cells[Any] | None) -> Cells[Any]:
    """Return whether a row has what the first row of its group has; an empty cell is told apart."""
    groups = cells.notna() if group is None else group
    first = cells.groupby(groups).transform("first")
    return cells.isna() | first.isna() | (cells == first)


_NUMBER = "a number of 0 or more, such as 1.5"
_NUMBERS = [
    Rule("no-number", lambda cells: _numbers(cells).notna(), "{found} is not a number", _NUMBER),
    Rule("negative-number", lambda cells: ~(_numbers(cells) < 0), "{found} is below 0", _NUMBER),
    Rule("infinite-number", lambda c: ~np.isinf(_numbers(c)), "{found} is not finite", _NUMBER),
]
