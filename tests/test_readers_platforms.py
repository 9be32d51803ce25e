"""What LimeSurvey and Qualtrics write is known as theirs, with all that they say of it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from tests.awkward import ANSWERS, EXPORTS, cells, read_text, workbook
from wavebook.importing import read_export

LABELS = {
    "G01Q01": "How satisfied are you with your plot?",
    "G01Q02[SQ001]": "How often do you… [water]",
    "G01Q03[SQ002]": "What would you use? [Compost]",
    "G01Q03[other]": "What would you use? [Other]",
    "G01Q04[2]": "Rank what matters to you. [Rank 2]",
    "G01Q06[SQ001][2]": "How are these? [Paths] [Scale 2]",
}
VALUE_LABELS = {
    "G01Q01": {"AO01": "Very satisfied", "AO02": "Not satisfied", "-oth-": "Other"},
    "G01Q02[SQ001]": {"AO01": "Every week", "AO02": "Now and then", "AO03": "Never"},
    "G01Q03[SQ002]": {"Y": "Yes", "N": "No"},
    "G01Q04[2]": {"AO01": "Harvest", "AO02": "Quiet", "AO03": "Company"},
    "G01Q06[SQ001][1]": {"A1": "Good", "A2": "Bad"},
    "G01Q06[SQ001][2]": {"B1": "Can wait", "B2": "Urgent"},
}
SHOWN_TO_ALL = ("G01Q01", "G01Q02[SQ001]", "G01Q04[1]", "G01Q06[SQ001][1]", "G01Q06[SQ001][2]")


@pytest.mark.parametrize("structure", ["limesurvey.lss", "limesurvey-old.lss"])
@pytest.mark.parametrize(
    "name", ["limesurvey-codes.csv", "limesurvey-labels.csv", "limesurvey-vv.csv"]
)
def test_a_limesurvey_structure_gives_codes_and_texts_to_every_form_of_export(
    name: str, structure: str
) -> None:
    export = read_export(EXPORTS / name, structure=EXPORTS / structure)
    assert export.kind == "LimeSurvey"
    expected = ANSWERS["limesurvey-codes.csv"]["columns"]
    assert list(export.frame) == list(expected)
    assert {c: cells(export)[c][:2] for c in SHOWN_TO_ALL} == {
        c: expected[c][:2] for c in SHOWN_TO_ALL
    }
    assert {c: export.labels[c] for c in LABELS} == LABELS
    assert {c: export.value_labels[c] for c in VALUE_LABELS} == VALUE_LABELS


def test_limesurvey_s_own_word_for_not_shown_is_declared_missing() -> None:
    export = read_export(EXPORTS / "limesurvey-labels.csv", structure=EXPORTS / "limesurvey.lss")
    ticks = ("G01Q03[SQ001]", "G01Q03[SQ002]")
    assert export.missing == {tick: {"N/A": "not shown"} for tick in ticks}
    assert cells(export)["G01Q03[SQ001]"] == ["Y", "N", "N/A"]


def test_a_vv_export_tells_not_shown_from_not_ticked() -> None:
    export = read_export(EXPORTS / "limesurvey-vv.csv")
    assert cells(export)["G01Q03_SQ001"] == ["Y", None, "{question_not_shown}"]
    assert export.missing["G01Q03_SQ001"] == {"{question_not_shown}": "not shown"}


def test_a_vv_export_has_its_line_ends_and_marks_back() -> None:
    export = read_export(EXPORTS / "limesurvey-vv.csv")
    assert export.frame["G01Q05"][0] == '"Near home", she said.\n{Water}\ttoo'
    assert cells(export)["submitdate"][2] is None
    assert export.row(0) == 3


def test_a_vv_export_serves_as_a_structure() -> None:
    export = read_export(EXPORTS / "limesurvey-codes.csv", structure=EXPORTS / "limesurvey-vv.csv")
    assert list(export.frame) == list(ANSWERS["limesurvey-codes.csv"]["columns"])
    assert export.labels["G01Q03[other]"] == "What would you use?"
    assert export.labels["G01Q06[SQ001][2]"] == "How are these?"


def test_labels_in_another_language_of_the_survey_are_known(tmp_path: Path) -> None:
    text = "id,submitdate,lastpage,startlanguage,G01Q01\n1,2026-03-02,3,de,Sehr zufrieden\n"
    export = read_text(tmp_path, text, structure=EXPORTS / "limesurvey.lss")
    assert export.frame["G01Q01"][0] == "AO01"
    assert export.value_labels["G01Q01"]["AO02"] == "Nicht zufrieden"


def lss(path: Path, questions: str, rows: str = "") -> Path:
    """Write a structure: a line a question or row: its id, parent, type, code, other, scale."""

    def table(name: str, records: list[dict[str, str]]) -> str:
        body = "".join(
            f"<row>{''.join(f'<{key}>{text}</{key}>' for key, text in record.items())}</row>"
            for record in records
        )
        return f"<{name}><rows>{body}</rows></{name}>"

    keys = ("qid", "parent_qid", "type", "title", "other", "scale_id")
    asked = [dict(zip(keys, line.split(), strict=True)) for line in questions.splitlines()]
    below = [dict(zip(keys, line.split(), strict=True)) for line in rows.splitlines()]
    texts = [{"qid": one["qid"], "question": f"text {one['title']}"} for one in (*asked, *below)]
    own = {"sid": "9", "gid": "5"}
    path.write_text(
        "<document><LimeSurveyDocType>Survey</LimeSurveyDocType>"
        + table("questions", [one | own for one in asked])
        + table("subquestions", [one | own for one in below])
        + table("question_l10ns", texts)
        + "</document>"
    )
    return path


@pytest.mark.parametrize(
    ("question", "rows", "columns"),
    [
        # As LimeSurvey's createFieldMap and getFieldCode name them
        ("1 0 Y Q1 N 0", "", ["Q1"]),
        ("1 0 O Q1 N 0", "", ["Q1", "Q1[comment]"]),
        ("1 0 ! Q1 Y 0", "", ["Q1", "Q1[other]"]),
        ("1 0 K Q1 N 0", "2 1 T SQ1 N 0", ["Q1[SQ1]"]),
        (
            "1 0 P Q1 Y 0",
            "2 1 T SQ1 N 0",
            ["Q1[SQ1]", "Q1[SQ1comment]", "Q1[other]", "Q1[othercomment]"],
        ),
        (
            "1 0 : Q1 N 0",
            "2 1 T A N 0\n3 1 T B N 0\n4 1 T X N 1\n5 1 T Y N 1",
            ["Q1[A_X]", "Q1[A_Y]", "Q1[B_X]", "Q1[B_Y]"],
        ),
    ],
)
def test_every_type_of_limesurvey_question_has_its_columns(
    tmp_path: Path, question: str, rows: str, columns: list[str]
) -> None:
    structure = lss(tmp_path / "a.lss", question, rows)
    names = ",".join(f'"{name}"' for name in columns)
    text = f"id,submitdate,lastpage,{names}\n1,2026-03-02,3{',x' * len(columns)}\n"
    export = read_text(tmp_path, text, structure=structure)
    assert list(export.labels) == columns
    assert all(label.startswith("text Q1") for label in export.labels.values())


def test_the_database_s_names_of_columns_are_known(tmp_path: Path) -> None:
    structure = lss(tmp_path / "a.lss", "1 0 K Q1 N 0", "2 1 T SQ1 N 0")
    text = "id,submitdate,lastpage,9X5X1SQ1\n1,2026-03-02,3,4\n"
    export = read_text(tmp_path, text, structure=structure)
    assert (list(export.frame)[-1], export.labels) == ("Q1[SQ1]", {"Q1[SQ1]": "text Q1 [text SQ1]"})


def test_answers_that_a_structure_does_not_know_are_told(tmp_path: Path) -> None:
    text = "id,submitdate,lastpage,startlanguage,G01Q01\n1,2026-03-02,3,en,AO01\n2,,,en,AO09\n"
    export = read_text(tmp_path, text, structure=EXPORTS / "limesurvey.lss")
    assert "Answers that the structure does not know: G01Q01 ('AO09')." in export.notes


def test_limesurvey_headings_of_codes_and_texts_are_parted(tmp_path: Path) -> None:
    text = (
        '"id. Response ID","submitdate. Date submitted","lastpage. Last page",'
        '"Q1[SQ001]. How often? [water]"\n"1","2026-03-02","3","AO01"\n'
    )
    export = read_text(tmp_path, text)
    assert list(export.frame) == ["id", "submitdate", "lastpage", "Q1[SQ001]"]
    assert export.labels["Q1[SQ001]"] == "How often? [water]"


def test_a_limesurvey_workbook_is_known_as_one(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "a.xlsx",
        Sheet1=[["id", "submitdate", "lastpage", "G01Q01"], [1, "2026-03-02", 3, "AO01"]],
    )
    export = read_export(path, structure=EXPORTS / "limesurvey.lss")
    assert (export.kind, export.labels) == ("LimeSurvey", {"G01Q01": LABELS["G01Q01"]})


def test_qualtrics_texts_are_labels() -> None:
    export = read_export(EXPORTS / "qualtrics-text.csv")
    assert (export.kind, export.row(0)) == ("Qualtrics", 4)
    assert export.labels["Q2_1"] == "How often do you… - water"
    assert export.labels["Q3_5_TEXT"].endswith("Something else: (please say) - Text")


def test_a_qualtrics_workbook_has_two_header_rows(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "a.xlsx",
        Sheet0=[
            ["StartDate", "EndDate", "ResponseId", "Q1"],
            ["Start Date", "End Date", "Response ID", "How satisfied are you?"],
            [datetime(2026, 3, 2, 9), datetime(2026, 3, 2, 10), "R_1", "Very"],
        ],
    )
    export = read_export(path)
    assert (export.kind, export.labels["Q1"]) == ("Qualtrics", "How satisfied are you?")
    assert cells(export)["Q1"] == ["Very"]


def test_a_qualtrics_export_of_before_2018_has_two_header_rows(tmp_path: Path) -> None:
    text = "V1,V2,V8,Q1,\nResponseID,ResponseSet,StartDate,How satisfied?,\nR_1,Set,2017-07-18,2,\n"
    export = read_text(tmp_path, text)
    assert cells(export) == {"V1": ["R_1"], "V2": ["Set"], "V8": ["2017-07-18"], "Q1": ["2"]}
    assert export.labels == {
        "V1": "ResponseID",
        "V2": "ResponseSet",
        "V8": "StartDate",
        "Q1": "How satisfied?",
    }
