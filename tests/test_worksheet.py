"""A worksheet as a fillable PDF: a field for each question, named, tagged, the same every time."""

from __future__ import annotations

import io
from itertools import pairwise
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from tests.conftest import ROOT
from wavebook.errors import WavebookError
from wavebook.worksheet import read_questions
from wavebook.worksheet_pdf import fillable_pdf

QUESTIONS = read_questions(ROOT / "data" / "context" / "practice.csv", "practice.csv")
ASKED = [(q.title, q.id, q.question, q.hint) for q in QUESTIONS]


@pytest.fixture(scope="module")
def made() -> bytes:
    return fillable_pdf("Questions", ASKED)


@pytest.fixture
def pdf(made: bytes) -> pikepdf.Pdf:
    return pikepdf.open(io.BytesIO(made))


def fields(pdf: pikepdf.Pdf) -> list[Any]:
    return list(pdf.Root.AcroForm.Fields)  # type: ignore[call-overload]


def test_every_question_has_a_field(pdf: pikepdf.Pdf) -> None:
    assert [str(field.T) for field in fields(pdf)] == [q.id for q in QUESTIONS]


def test_a_field_is_named_by_its_question_for_assistive_technology(pdf: pikepdf.Pdf) -> None:
    assert [str(field.TU) for field in fields(pdf)] == [q.question for q in QUESTIONS]


def test_a_field_takes_several_lines(pdf: pikepdf.Pdf) -> None:
    assert all(int(field.Ff) & 1 << 12 for field in fields(pdf))


def test_a_field_lies_on_its_page(pdf: pikepdf.Pdf) -> None:
    for field in fields(pdf):
        left, bottom, right, top = (float(side) for side in field.Rect)
        assert 0 < left < right < 595.3
        assert 0 < bottom < top < 841.9


def test_fields_of_a_page_do_not_overlap(pdf: pikepdf.Pdf) -> None:
    for page in pdf.pages:
        boxes = sorted((float(a.Rect[1]), float(a.Rect[3])) for a in page.get("/Annots", []))
        assert all(low[1] < high[0] for low, high in pairwise(boxes))


def test_the_structure_tree_holds_every_field(pdf: pikepdf.Pdf) -> None:
    nums = list(pdf.Root.StructTreeRoot.ParentTree.Nums)  # type: ignore[call-overload]
    tagged = {int(key): element for key, element in zip(nums[::2], nums[1::2], strict=True)}
    for field in fields(pdf):
        element = tagged[int(field.StructParent)]
        assert (str(element.S), element.K.Obj.T) == ("/Form", field.T)


def test_the_document_is_named_and_has_a_language(pdf: pikepdf.Pdf) -> None:
    with pdf.open_metadata() as metadata:
        assert metadata["dc:title"] == "Questions"
    assert str(pdf.Root.Lang).startswith("en")


def test_equal_worksheets_are_equal_files(made: bytes) -> None:
    assert fillable_pdf("Questions", ASKED) == made


def test_words_with_marks_of_the_typesetter_are_printed_as_they_are() -> None:
    made = fillable_pdf("#title", [("a *b*", "one", 'Why "$x$" \\ #pagebreak()?', "<label>")])
    pdf = pikepdf.open(io.BytesIO(made))
    (field,) = fields(pdf)
    assert str(field.TU) == 'Why "$x$" \\ #pagebreak()?'


def test_a_question_that_stands_twice_is_reported_with_its_row(tmp_path: Path) -> None:
    path = tmp_path / "q.csv"
    path.write_text(
        "theme,title,id,question,hint\na,A,one,Why?,\na,A,one,How?,\n", encoding="utf-8"
    )
    with pytest.raises(WavebookError, match=r"q.csv, row 2, id: 'one' stands in an earlier row"):
        read_questions(path, "q.csv")
