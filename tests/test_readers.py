"""Exports are read as a careful person would read them."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.awkward import (
    ANSWERS,
    EXPORTS,
    binary_workbook,
    cells,
    changed_workbook,
    opendocument,
    read_text,
    spss,
    stata,
    workbook,
)
from wavebook.importing import read_export

R = shutil.which("Rscript")


# The corpus


@pytest.mark.parametrize("name", ANSWERS)
def test_a_file_is_read_as_a_careful_person_would(name: str) -> None:
    export = read_export(EXPORTS / name, name=name)
    assert cells(export) == ANSWERS[name]["columns"]
    notes = " ".join(export.notes)
    assert [told for told in ANSWERS[name].get("told", []) if told not in notes] == []


def test_every_file_of_the_corpus_has_its_answer_or_its_test() -> None:
    others = {"answers.yml", "protected.xlsx", "limesurvey-labels.csv", "limesurvey-vv.csv"}
    there = {path.name for path in EXPORTS.iterdir() if path.suffix not in ("", ".lss")}
    assert there - others == set(ANSWERS)


@pytest.mark.parametrize("name", ANSWERS)
def test_every_cell_is_text_or_missing(name: str) -> None:
    frame = read_export(EXPORTS / name).frame
    assert {str(dtype) for dtype in frame.dtypes} == {"str"}
    assert frame.columns.is_unique
    assert list(frame.index) == list(range(len(frame)))


@pytest.mark.parametrize("name", ANSWERS)
def test_what_is_told_of_columns_is_told_of_columns_there_are(name: str) -> None:
    structure = EXPORTS / "limesurvey.lss" if name.startswith("limesurvey") else None
    export = read_export(EXPORTS / name, structure=structure)
    for told in (export.labels, export.value_labels, export.missing):
        assert set(told) <= set(export.frame)


# Text files


def test_a_row_is_named_as_a_spreadsheet_shows_it() -> None:
    export = read_export(EXPORTS / "blank-row.csv")
    assert [export.row(0), export.row(1)] == [2, 4]


def test_rows_below_two_header_rows_and_a_title_are_counted_from_the_top_of_the_file() -> None:
    assert read_export(EXPORTS / "two-header-rows.csv").row(0) == 3
    assert read_export(EXPORTS / "title-above.csv").row(1) == 6


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("windows-1251", "id;город;оценка\n1;Москва;хорошо\n2;Казань;плохо\n"),
        ("windows-1253", "id;πόλη\n1;Αθήνα\n2;Θεσσαλονίκη\n"),
        ("windows-1254", "id;şehir\n1;İstanbul\n2;Diyarbakır\n"),
        ("windows-1257", "id;miestas\n1;Šiauliai\n2;Klaipėda\n3;Panevėžys\n"),
        ("iso-8859-2", "id;miasto;ocena\n1;Łódź;źle\n2;Gdańsk;świetnie\n3;Śląsk;dość\n"),
        ("latin-1", "id;svar\n1;På väg, naïvt\n2;Ærø\n3;¿Qué? ¡Sí!\n"),
        ("utf-32", "id;svar\n1;på\n"),
        ("utf-16-be", "id;answer\n1;yes\n"),
    ],
)
def test_common_encodings_are_found_out(tmp_path: Path, encoding: str, text: str) -> None:
    export = read_text(tmp_path, text.encode(encoding))
    lines = [line.split(";") for line in text.splitlines()]
    assert list(export.frame) == lines[0]
    assert export.frame.to_numpy().tolist() == lines[1:]


def test_a_forced_encoding_wins_over_a_guess(tmp_path: Path) -> None:
    export = read_text(tmp_path, "id,note\n1,\xb2\n".encode("latin-1"), encoding="iso-8859-5")
    assert export.frame["note"][0] == "В"
    assert "Encoding iso-8859-5, as told." in export.notes


def test_a_separator_may_be_named_in_words(tmp_path: Path) -> None:
    export = read_text(tmp_path, "a;b,c\n1;2,3\n", separator="semicolon")
    assert cells(export) == {"a": ["1"], "b,c": ["2,3"]}


def test_the_separator_that_cuts_rows_evenly_wins_over_a_frequent_one(tmp_path: Path) -> None:
    export = read_text(tmp_path, "id;why\n1;a, b, c, d\n2;e\n3;f, g\n")
    assert list(export.frame) == ["id", "why"]


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (["0,5", "1,25"], ["0.5", "1.25"]),
        (["1,05", "2"], ["1.05", "2"]),
        (["-3,1", "4"], ["-3.1", "4"]),
        (["1.234,5", "17,25"], ["1234.5", "17.25"]),
        (["1,0", "2,0"], ["1", "2"]),
        (["1,5", "about 2"], ["1,5", "about 2"]),
        (["1,2,3", "4"], ["1,2,3", "4"]),
    ],
)
def test_decimal_commas_are_read_where_a_column_can_be_nothing_but_numbers(
    tmp_path: Path, given: list[str], read: list[str]
) -> None:
    rows = "\n".join(f"{i};{cell}" for i, cell in enumerate(given))
    assert cells(read_text(tmp_path, f"id;x\n{rows}\n"))["x"] == read


@pytest.mark.parametrize(
    ("below", "left_out"),
    [
        ("Total,,2,4\n", "(Total)"),
        ("Source: Agency plc 2031,,,\n", "(Source: Agency plc 2031)"),
        (",,,\nTotal:,,,4\nBased on all holders,,,\n", "(Total:, Based on all holders)"),
    ],
)
def test_totals_and_notes_below_a_table_are_no_respondents(
    tmp_path: Path, below: str, left_out: str
) -> None:
    export = read_text(tmp_path, f"id,a,b,w\nx,1,1,2\ny,2,1,2\n{below}")
    assert list(export.frame["id"]) == ["x", "y"]
    assert f"Left out what stands below the table {left_out}." in export.notes


@pytest.mark.parametrize("last", ["z,,,", "total,3,1,2", "Ann Lee,1,,"])
def test_a_respondent_in_the_last_row_stays_one(tmp_path: Path, last: str) -> None:
    export = read_text(tmp_path, f"id,a,b,w\nx,1,1,2\ny,2,1,2\n{last}\n")
    assert len(export.frame) == 3


def test_below_two_columns_nobody_is_taken_for_a_note(tmp_path: Path) -> None:
    export = read_text(tmp_path, "id,a\nAnn Gray,1\nBob Hill,1\nAnn Lee,\n")
    assert len(export.frame) == 3


def test_quoted_commas_are_no_decimals_where_commas_separate_columns(tmp_path: Path) -> None:
    assert cells(read_text(tmp_path, 'id,x\n1,"0,5"\n2,"3,1"\n'))["x"] == ["0,5", "3,1"]


def test_serial_days_are_left_alone_where_the_name_is_of_no_date(tmp_path: Path) -> None:
    text = "candidate,update,date of birth\n46082,46082,46082\n46083,46083,46083\n"
    assert cells(read_text(tmp_path, text)) == {
        "candidate": ["46082", "46083"],
        "update": ["46082", "46083"],
        "date of birth": ["2026-03-01", "2026-03-02"],
    }


def test_dates_that_a_spreadsheet_made_of_codes_are_told(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "a.xlsx",
        Data=[["id", "visits"], [1, "never"], [2, date(2026, 3, 1)], [3, "more"], [4, "daily"]],
    )
    notes = " ".join(read_export(path).notes)
    assert "Dates stand among other answers ('2026-03-01' in 'visits'): did a spread" in notes
    shown = read_text(tmp_path, "id,visits\n1,never\n2,01-Mar\n3,more\n")
    assert "Dates stand among other answers ('01-Mar' in 'visits')" in " ".join(shown.notes)


def test_letters_are_the_same_however_their_accents_are_written(tmp_path: Path) -> None:
    export = read_text(tmp_path, "id,cafe\u0301\n1,Ko\u0308ln\u200b\n")
    assert cells(export) == {"id": ["1"], "café": ["Köln"]}


@settings(max_examples=60, deadline=None)
@given(
    table=st.integers(2, 5).flatmap(
        lambda width: st.lists(
            st.lists(
                st.text(st.characters(codec="ascii", exclude_characters="\0\r"), max_size=12),
                min_size=width,
                max_size=width,
            ),
            min_size=1,
            max_size=6,
        )
    ),
    separator=st.sampled_from(",;\t|"),
)
def test_what_pandas_writes_comes_back(table: list[list[str]], separator: str) -> None:
    """Law: text that needs no tidying is the same after writing and reading."""
    words = [[f"ä{cell}ж" for cell in row] for row in table]
    frame = pd.DataFrame(words, columns=[f"q{i}" for i in range(len(words[0]))])
    with TemporaryFile() as path:
        frame.to_csv(path, index=False, sep=separator)
        read = read_export(path, separator=separator).frame
    assert read.to_numpy().tolist() == words


class TemporaryFile:
    """A path for one example of Hypothesis."""

    def __enter__(self) -> Path:
        self.folder = tempfile.TemporaryDirectory()
        return Path(self.folder.name) / "answers.csv"

    def __exit__(self, *_: object) -> None:
        self.folder.cleanup()


@pytest.mark.parametrize("columns", [4_000])
def test_four_thousand_columns_are_read_in_seconds(tmp_path: Path, columns: int) -> None:
    names = [f"q{i}" for i in range(columns)]
    rows = [",".join(names), *[",".join("12345"[i % 5] for i in range(columns))] * 100]
    start = time.monotonic()
    export = read_text(tmp_path, "\n".join(rows))
    assert time.monotonic() - start < 10
    assert export.frame.shape == (100, columns)
    assert f"100 respondents, {columns:,} columns." in export.notes


# Workbooks


def test_cells_of_a_workbook_are_the_text_that_a_person_sees(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "a.xlsx",
        Data=[
            ["id", "code", "weight", "flag", "day", "at", "took", "text"],
            [1, 2.0, 0.1 + 0.2, True, date(2026, 3, 1), datetime(2026, 3, 1, 9, 30), None, " a "],
            [2, -9, 1.25, False, date(2026, 3, 2), datetime(2026, 3, 2), timedelta(hours=30), "b"],
            [3, 3, 2, None, None, None, time_of_day(9, 30), ""],
        ],
    )
    assert cells(read_export(path)) == {
        "id": ["1", "2", "3"],
        "code": ["2", "-9", "3"],
        "weight": ["0.3", "1.25", "2"],
        "flag": ["TRUE", "FALSE", None],
        "day": ["2026-03-01", "2026-03-02", None],
        "at": ["2026-03-01T09:30:00", "2026-03-02T00:00:00", None],
        "took": [None, "30:00:00", "09:30:00"],
        "text": ["a", "b", None],
    }


def test_merged_header_cells_name_every_column_under_them(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "a.xlsx",
        Data=[
            ["id", "Satisfied with", None, "Uses", None],
            [None, "plot", "water", "shed", "compost"],
            [1, 4, 5, "yes", "no"],
            [2, 3, 1, "no", "no"],
        ],
    )

    def merge(sheet: Any) -> None:
        for place in ("A1:A2", "B1:C1", "D1:E1"):
            sheet.merge_cells(place)

    export = read_export(changed_workbook(path, merge))
    names = ["Satisfied with[plot]", "Satisfied with[water]", "Uses[shed]", "Uses[compost]"]
    assert list(export.frame) == ["id", *names]
    assert (len(export.frame), export.row(0)) == (2, 3)


def test_a_name_merged_over_two_columns_takes_no_respondent_for_a_header(tmp_path: Path) -> None:
    rows = [["id", "visits", None, "age"], [1, "often", "June", 30], [2, "never", None, 40]]
    path = workbook(tmp_path / "a.xlsx", Data=rows)
    export = read_export(changed_workbook(path, lambda sheet: sheet.merge_cells("B1:C1")))
    assert cells(export) == {
        "id": ["1", "2"],
        "visits": ["often", "never"],
        "column_3": ["June", None],
        "age": ["30", "40"],
    }


def test_a_column_without_a_name_takes_no_respondent_for_a_header(tmp_path: Path) -> None:
    export = read_text(tmp_path, "id,visits,,age\n1,often,June,\n2,never,May,40\n3,never,May,41\n")
    assert cells(export)["id"] == ["1", "2", "3"]


def test_a_merged_title_is_no_header(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "a.xlsx", Data=[["Allotments 2026"], ["id", "q1", "q2"], [1, "yes", "no"]]
    )
    export = read_export(changed_workbook(path, lambda sheet: sheet.merge_cells("A1:C1")))
    assert cells(export) == {"id": ["1"], "q1": ["yes"], "q2": ["no"]}


def test_a_sheet_is_chosen_by_name(tmp_path: Path) -> None:
    rows = {n: [["id", "wave"], [1, n], [2, n]] for n in ("First", "Second")}
    path = workbook(tmp_path / "a.xlsx", **rows)
    assert cells(read_export(path, sheet="Second"))["wave"] == ["Second", "Second"]


def test_the_first_sheet_with_a_table_is_read_and_the_others_are_named(tmp_path: Path) -> None:
    table = [["id", "q1"], [1, 2], [2, 3]]
    path = workbook(tmp_path / "a.xlsx", Cover=[["Survey"]], Data=table, Codes=table)
    assert "Sheet 'Data'; not read: (Cover, Codes)." in read_export(path).notes


def test_a_table_that_begins_further_in_keeps_the_sheet_s_row_numbers(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", Data=[[], [], [None, "id", "q1"], [None, 1, 2]])
    export = read_export(path)
    assert cells(export) == {"id": ["1"], "q1": ["2"]}
    assert export.row(0) == 4


def test_formatted_cells_without_answers_are_no_rows(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", Data=[["id", "q1"], [1, 2]])

    def format_to_the_bottom(sheet: Any) -> None:
        sheet.cell(row=1_048_576, column=16_384).number_format = "0.00"

    assert len(read_export(changed_workbook(path, format_to_the_bottom)).frame) == 1


def with_cell(path: Path, cell: bytes) -> Path:
    """Put a cell in the place of B3 into the first sheet's XML."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    members[sheet] = re.sub(rb'<c r="B3".*?</c>', cell, members[sheet])
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def with_error(sheet: Any) -> None:
    sheet["B3"] = "#REF!"
    sheet["B3"].data_type = "e"


def test_an_error_of_a_workbook_is_no_empty_cell(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", Data=[["id", "q1"], [1, 2], [2, None]])
    export = read_export(changed_workbook(path, with_error))
    assert cells(export)["q1"] == ["2", "#REF!"]
    assert "Cells without a value (#REF!): 1, the first in row 3." in export.notes


def test_a_formula_without_its_value_is_no_empty_cell(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", Data=[["id", "q1"], [1, 2], [2, "=1+1"]])
    assert cells(read_export(path))["q1"] == ["2", "#NOT CALCULATED"]


def test_a_last_row_of_formulas_without_values_is_not_left_out(tmp_path: Path) -> None:
    rows = [["id", "q1"], ["a", 2], ["=A2", "=B2"]]
    found = cells(read_export(workbook(tmp_path / "a.xlsx", Data=rows)))
    assert found == {"id": ["a", "#NOT CALCULATED"], "q1": ["2", "#NOT CALCULATED"]}


def test_a_formula_whose_value_is_no_text_is_an_empty_cell(tmp_path: Path) -> None:
    cell = b'<c r="B3" t="str"><f>IF(A3,"","")</f><v></v></c>'  # as Excel saves it
    path = workbook(tmp_path / "a.xlsx", Data=[["id", "q1"], [1, 2], [2, "=1"]])
    assert cells(read_export(with_cell(path, cell)))["q1"] == ["2", None]


def test_rows_that_a_sheet_hides_are_told(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", Data=[["id", "q1"], [1, 2], [2, 3], [3, 4]])

    def hide(sheet: Any) -> None:
        for row in (3, 4, 9):  # in the last is nothing
            sheet.row_dimensions[row].hidden = True

    export = read_export(changed_workbook(path, hide))
    assert "Rows that the sheet hides are read like others (3, 4)." in export.notes


def test_only_the_sheet_that_is_read_is_looked_at_for_errors(tmp_path: Path) -> None:
    table = [["id", "q1"], [1, 2], [2, None]]
    path = changed_workbook(workbook(tmp_path / "a.xlsx", First=table, Second=table), with_error)
    assert cells(read_export(path, sheet="Second"))["q1"] == ["2", None]


def test_a_binary_workbook_is_read(tmp_path: Path) -> None:
    path = binary_workbook(tmp_path / "a.xlsb", [["id", "q1"], [1.0, "yes"], [2.0, 2.5]])
    assert cells(read_export(path)) == {"id": ["1", "2"], "q1": ["yes", "2.5"]}


def test_an_open_document_is_read(tmp_path: Path) -> None:
    path = opendocument(tmp_path / "a.ods", [["id", "q1"], ["1", "yes"], ["2", "1,5"]])
    assert cells(read_export(path)) == {"id": ["1", "2"], "q1": ["yes", "1,5"]}


# SPSS and Stata


@pytest.mark.parametrize("suffix", [".sav", ".zsav"])
def test_spss_keeps_codes_and_tells_what_they_mean(tmp_path: Path, suffix: str) -> None:
    path = spss(
        tmp_path / f"a{suffix}",
        {"id": [1.0, 2.0, 3.0], "q1": [1.0, -9.0, np.nan], "why": ["near ", "", "Köln"]},
        column_labels={"q1": "How satisfied\nare you? "},
        variable_value_labels={"q1": {1: "Very ", 2: "Not", -9: "Refused"}},
    )
    export = read_export(path)
    assert cells(export) == {
        "id": ["1", "2", "3"],
        "q1": ["1", "-9", None],
        "why": ["near", None, "Köln"],
    }
    assert export.labels == {"q1": "How satisfied are you?"}
    assert export.value_labels == {"q1": {"1": "Very", "2": "Not", "-9": "Refused"}}
    assert (export.kind, export.row(0)) == ("SPSS", 1)


def test_spss_missing_values_and_ranges_are_told_with_their_labels(tmp_path: Path) -> None:
    path = spss(
        tmp_path / "a.sav",
        {"one": [1.0, -9.0], "range": [95.0, 3.0], "text": ["ZZ", "a"], "none": [-9.0, 1.0]},
        variable_value_labels={"one": {-9: "Refused", 1: "Yes"}, "range": {99: "Don't know"}},
        missing_ranges={"one": [-9], "range": [{"lo": 90, "hi": 99}], "text": ["ZZ"]},
    )
    assert read_export(path).missing == {
        "one": {"-9": "Refused"},
        "range": {"99": "Don't know", "95": ""},
        "text": {"ZZ": ""},
    }


def test_spss_dates_and_times_are_iso(tmp_path: Path) -> None:
    path = spss(
        tmp_path / "a.sav",
        {
            "day": [date(2026, 3, 1), date(1899, 12, 31)],
            "at": [datetime(2026, 3, 1, 9, 30), datetime(2026, 3, 1)],
            "took": [time_of_day(0, 12, 5), time_of_day(23, 59, 59)],
        },
    )
    assert cells(read_export(path)) == {
        "day": ["2026-03-01", "1899-12-31"],
        "at": ["2026-03-01T09:30:00", "2026-03-01"],
        "took": ["00:12:05", "23:59:59"],
    }


def test_stata_letters_are_codes_declared_missing(tmp_path: Path) -> None:
    path = stata(
        tmp_path / "a.dta",
        {"id": [1, 2, 3], "q1": [1, "a", 2], "letter": ["a", "b", ""]},
        missing_user_values={"q1": ["a", "b"]},
        variable_value_labels={"q1": {1: "Yes", 2: "No", "a": "Refused", "b": "Not asked"}},
    )
    export = read_export(path)
    assert cells(export) == {
        "id": ["1", "2", "3"],
        "q1": ["1", ".a", "2"],
        "letter": ["a", "b", None],
    }
    assert export.missing == {"q1": {".a": "Refused", ".b": "Not asked"}}
    assert export.value_labels["q1"][".a"] == "Refused"


def test_stata_dates_months_and_short_floats_are_what_was_meant(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "day": pd.to_datetime(["2026-03-01"]),
            "at": pd.to_datetime(["2026-03-01 09:30"]),
            "month": pd.to_datetime(["2026-03-01"]),
            "weight": np.array([0.1], dtype="float32"),
        }
    )
    path = tmp_path / "a.dta"
    # pandas' own writer, which is none of the reader's relatives
    frame.to_stata(path, write_index=False, convert_dates={"day": "td", "at": "tc", "month": "tm"})
    assert cells(read_export(path)) == {
        "day": ["2026-03-01"],
        "at": ["2026-03-01T09:30:00"],
        "month": ["2026-03"],
        "weight": ["0.1"],
    }


def test_names_of_variables_may_have_spaces_and_accents(tmp_path: Path) -> None:
    path = stata(tmp_path / "a.dta", {"é_1": [1], "x": [2]})
    assert list(read_export(path).frame) == ["é_1", "x"]


# Parquet


def test_parquet_values_are_text(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pl.DataFrame(
        {
            "id": [1, 2],
            "rank": [1.0, None],
            "weight": [0.87, 2.0],
            "day": [date(2026, 3, 1), None],
            "at": [datetime(2026, 3, 1, 9, 30), None],
            "flag": [True, False],
            "kind": pl.Series(["a ", ""], dtype=pl.Categorical),
            "tools": [["shed", "water"], []],
        }
    ).write_parquet(path)
    assert cells(read_export(path)) == {
        "id": ["1", "2"],
        "rank": ["1", None],
        "weight": ["0.87", "2"],
        "day": ["2026-03-01", None],
        "at": ["2026-03-01T09:30:00", None],
        "flag": ["TRUE", "FALSE"],
        "kind": ["a", None],
        "tools": ["shed, water", None],
    }


def test_row_names_of_pandas_are_no_column(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pd.DataFrame({"q1": ["a", "b"]}, index=[7, 9]).to_parquet(path)
    assert cells(read_export(path)) == {"q1": ["a", "b"]}


# What a file is, whatever its name


def test_text_under_a_workbook_s_name_is_read_as_text(tmp_path: Path) -> None:
    export = read_text(tmp_path, "id\tq1\n1\tyes\n", "export.xls")
    assert cells(export) == {"id": ["1"], "q1": ["yes"]}
    assert "Named .xls, but its content is text: read as that." in export.notes


def test_a_workbook_under_a_text_file_s_name_is_read_as_a_workbook(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", Data=[["id", "q1"], [1, 2]]).rename(tmp_path / "a.csv")
    export = read_export(path)
    assert export.kind == "Excel"
    assert "Named .csv, but its content is an Excel workbook: read as that." in export.notes


# Real data


def test_a_household_survey_that_svy_ships_is_read_as_polars_reads_it(tmp_path: Path) -> None:
    path = Path(str(files("svy") / "datasets" / "_bundled" / "hld_sample_wb_2023.parquet"))
    theirs, ours = pl.read_parquet(path), read_export(path).frame
    assert list(ours) == theirs.columns
    for name in ("geo1", "urbrur", "water", "quint_nat"):
        counts = dict(theirs[name].drop_nulls().value_counts().iter_rows())
        assert ours[name].value_counts().to_dict() == counts
    for name in ("hhweight", "share_food", "hhsize"):
        assert pd.to_numeric(ours[name]).sum() == pytest.approx(theirs[name].sum())
    # and as the same survey sent as the other files that an agency sends
    frame = theirs.to_pandas()
    frame.to_csv(tmp_path / "a.csv", sep=";", decimal=",", encoding="utf-16", index=False)
    frame.to_stata(tmp_path / "a.dta", write_index=False)
    columns = ["hid", "geo1", "rooms", "water", "hhweight"]
    for other in ("a.csv", "a.dta"):
        pd.testing.assert_frame_equal(read_export(tmp_path / other).frame[columns], ours[columns])


@pytest.mark.skipif(R is None, reason="needs R and its package foreign")
def test_a_study_of_1958_that_r_ships_is_read_as_r_reads_it(tmp_path: Path) -> None:
    script = f"""
        path <- system.file("files", "electric.sav", package = "foreign")
        read <- foreign::read.spss(path, use.value.labels = FALSE, use.missings = FALSE,
                                   to.data.frame = TRUE, trim_values = TRUE)
        write.csv(read, "{tmp_path}/r.csv", row.names = FALSE, na = "")
        cat(path)
    """
    done = subprocess.run([R or "", "-e", script], capture_output=True, text=True, check=True)
    ours = read_export(Path(done.stdout.strip())).frame
    assert ours.shape == (240, 13)
    theirs = read_export(tmp_path / "r.csv").frame
    pd.testing.assert_frame_equal(ours, theirs)


def test_help_loads_no_reader() -> None:
    code = "import sys, wavebook.cli; print(sorted({'pyreadstat', 'pandas'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
