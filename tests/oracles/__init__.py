"""Samples and what R's `survey` package says of them; `make.R` writes both."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd

from wavebook.design import Design

HERE = Path(__file__).parent
DESIGN = ["weight", "strata", "cluster", "fpc", "lonely"]


@cache
def sample(name: str) -> pd.DataFrame:
    """Return a sample; text stays text, an empty cell is missing."""
    return pd.read_csv(HERE / f"{name}.csv", dtype={"snum": str, "dnum": str})


@cache
def values(name: str) -> pd.DataFrame:
    """Return reference values."""
    path = HERE / f"{name}.csv"
    if name not in ("shares", "means", "contrasts"):
        return pd.read_csv(path)
    table = pd.read_csv(path, dtype=dict.fromkeys(DESIGN, str))
    texts = [column for column in (*DESIGN, "option") if column in table]
    return table.fillna(dict.fromkeys(texts, ""))


def cases(name: str) -> list[tuple[str, Design, str, pd.DataFrame]]:
    """Return reference values by design and question: (sample, design, question, values)."""
    keys = ["sample", *DESIGN, "question"]
    return [
        (
            key[0],
            Design(*(column or None for column in key[1:5]), lonely=key[5]),
            key[6],
            lines.reset_index(drop=True),
        )
        for key, lines in values(name).groupby(keys, sort=False)
    ]


def label(case: tuple[str, Design, str, pd.DataFrame]) -> str:
    """Return a case's name for pytest."""
    name, design, question, _ = case
    parts = (*design.columns, "" if design.lonely == "fail" else design.lonely)
    return "-".join([name, question, *filter(None, parts)])
