"""An export of a survey platform as read: text in cells, and what the source says about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Export:
    """One file of answers in the form that all sources are brought to.

    Attributes
    ----------
    name
        The file, as the user would name it.
    kind
        What wrote it: CSV, Excel, SPSS, Stata, Parquet, LimeSurvey or Qualtrics.
    frame
        A row a respondent; every cell text without surrounding spaces, missing where it is empty;
        column names are unique. Whole numbers have no decimals, dates are in ISO form.
    labels
        The question's text by column, where the source has one.
    value_labels
        What a code in the frame stands for, by column, where the source says so.
    missing
        The codes that the source itself declares missing, with their labels or nothing, by column.
        The frame keeps these codes.
    notes
        What was detected and assumed in reading, a sentence each, for the author.
    first_row
        Row of the first respondent in the source, counting from 1, as a spreadsheet shows it.
    blank_rows
        Rows of the source that are empty and left out.
    title
        What the source calls itself, where it does.
    sheet
        Which sheet of a workbook it is.
    commas
        Columns whose decimal commas were read as points.
    """

    name: str
    kind: str
    frame: pd.DataFrame
    labels: Mapping[str, str]
    value_labels: Mapping[str, Mapping[str, str]]
    missing: Mapping[str, Mapping[str, str]]
    notes: tuple[str, ...]
    first_row: int
    blank_rows: tuple[int, ...] = ()
    title: str = ""
    sheet: str = ""
    commas: tuple[str, ...] = ()

    def row(self, index: int) -> int:
        """Return the row of the source in which a respondent stands, for error messages."""
        row = self.first_row + index
        for blank in self.blank_rows:  # in ascending order
            row += blank <= row
        return row
