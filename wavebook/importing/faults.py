"""Cells in which a spreadsheet shows that it has no value: no answer, and never an empty cell."""

from __future__ import annotations

from typing import Any

import pandas as pd

NOT_CALCULATED = "#NOT CALCULATED"  # our own word for a formula that was saved without a value
ERRORS = ("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!")
FAULTS = frozenset((*ERRORS, NOT_CALCULATED))


def fault(found: str, sheet: str) -> str:
    """Return what is wrong with such a cell, for a line that names its row and column.

    Parameters
    ----------
    sheet
        Where it stands; nothing for a file without sheets.
    """
    where = f" in sheet '{sheet}'" if sheet else ""
    if found == NOT_CALCULATED:
        return (
            f"a formula without its value{where}; expected the value: let the spreadsheet "
            "calculate it, and save the file anew"
        )
    return f"{{found}} is an error of the spreadsheet{where}; expected a value or an empty cell"


def without_faults(cells: pd.Series[Any]) -> pd.Series[Any]:
    """Return the cells that say something."""
    return cells[~cells.isin(FAULTS)]
