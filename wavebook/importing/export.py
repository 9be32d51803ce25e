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
        Row (in a text file, line) of the first respondent in the source, counting from 1.
    """

    name: str
    kind: str
    frame: pd.DataFrame
    labels: Mapping[str, str]
    value_labels: Mapping[str, Mapping[str, str]]
    missing: Mapping[str, Mapping[str, str]]
    notes: tuple[str, ...]
    first_row: int
