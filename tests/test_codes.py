"""What a cell of an export is told by: the closest wording, and nothing that says two things."""

from __future__ import annotations

import pytest

from wavebook.importing.codes import Codebook, loosely, split


@pytest.mark.parametrize(
    ("text", "seen"), [("+1", "1"), ("-01", "-1"), ("1,0", "1"), ("1,5", "1,5"), ("1.50", "1.50")]
)
def test_a_whole_number_is_the_same_however_it_is_written(text: str, seen: str) -> None:
    assert loosely(text) == seen


def test_a_shared_code_as_it_is_written_comes_before_another_that_is_nearly_so() -> None:
    book = Codebook({"n": "no"}, shared={"N": "refused"})
    assert book.answer("N") == ("refused", "shared")


def test_what_is_nearly_two_codes_is_neither() -> None:
    assert Codebook({"a": "apples", "A": "pears"}).answer("a ") == (None, "unknown")


def test_what_is_nearly_two_codes_of_one_answer_is_that() -> None:
    assert Codebook({"a": "apples", "A": "apples"}).answer("a ") == ("apples", "loose")


def test_a_choice_that_is_a_whole_cell_is_not_cut_into_others() -> None:
    known = {"Rake", "Spade", "Rake, Spade"}
    assert split("Rake, Spade", ",", known.__contains__) == ["Rake, Spade"]
