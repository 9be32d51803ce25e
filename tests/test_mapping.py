"""A mapping that cannot be right is refused whole, each mistake with its place in the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, wavebook
from tests.exports import MAPPING, TOOLS, add, extend, mapping, of_part, only, second_part
from tests.test_faults import snapshot
from wavebook.importing.mapping_file import read_mapping
from wavebook.project import Project


def refused(project: Path, told: dict[str, Any] | str, *arguments: str, **more: Any) -> str:
    """Add with a mapping that must be refused, and return what was said."""
    done = add(project, told, *arguments, **more)
    assert done.returncode == 1, done.stdout
    assert "Traceback" not in done.stderr
    assert not (project / "data/waves/2031").exists()
    return done.stderr


def question(name: str, **told: Any) -> dict[str, Any]:
    return mapping(**{name: told})


AT = "mapping.yml, parts.post.questions"
MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "unknown part": (
        {**MAPPING, "parts": {"pots": MAPPING["parts"]["post"]}},
        "mapping.yml, parts.pots: 'pots' is not a part (post); did you mean 'post'?",
    ),
    "unknown question": (
        question("sight", column="Q1"),
        f"{AT}.sight: there is no such question; did you mean 'site'?",
    ),
    "unknown row": (
        question("grows", columns={"beens": "Q2_1"}),
        f"{AT}.grows.columns.beens: 'beens' is not a row (beans, roses); did you mean 'beans'?",
    ),
    "unknown option": (
        question("site", column="Q1", codes={"1": "nroth"}),
        f"{AT}.site.codes.1: 'nroth' is not an answer (north, south, not asked); "
        "did you mean 'north'?",
    ),
    "unknown option of one column": (
        question("grows", columns={"beans": {"column": "Q2_1", "codes": {"1": "lots"}}}),
        f"{AT}.grows.columns.beans.codes.1: 'lots' is not an answer",
    ),
    "unknown rank": (
        question("joy", columns={"digging": "Q3_1"}, codes={"first": "4"}),
        f"{AT}.joy.codes.first: '4' is not an answer (1, 2, 3, not asked)",
    ),
    "unknown row on a place": (
        question("joy", places=["Q3_1"], codes={"1": "diging"}),
        f"{AT}.joy.codes.1: 'diging' is not a row",
    ),
    "derived question": (
        question("gardener", column="Q1"),
        f"{AT}.gardener: derived from grows, never mapped",
    ),
    "one column for a matrix": (
        question("grows", column="Q2_1"),
        f"{AT}.grows: found column, but a matrix question has columns",
    ),
    "columns for one answer": (
        question("site", columns={"north": "Q1"}),
        f"{AT}.site: found columns, but a single question has column",
    ),
    "places for a matrix": (
        question("grows", places=["Q2_1", "Q2_2"]),
        f"{AT}.grows: found places, but a matrix question has columns",
    ),
    "more places than rows": (
        question("joy", places=["a", "b", "c", "d"]),
        f"{AT}.joy.places: 4 places, but 3 rows",
    ),
    "column and columns": (
        question("grows", column="Q2", columns={"beans": "Q2_1"}),
        f"{AT}.grows: expected one of column, columns, places; found column and columns",
    ),
    "no column at all": (
        question("site", codes={"1": "north"}),
        f"{AT}.site: expected one of column, columns, places; found none of them",
    ),
    "separator without a column": (
        question("joy", columns={"digging": "Q3_1"}, separator=";"),
        f"{AT}.joy: a separator needs one column that holds all choices",
    ),
    "one column to two rows": (
        question("grows", columns={"beans": "Q2_1", "roses": "Q2_1"}),
        f"{AT}.grows.columns.roses: 'Q2_1' is sent to questions.grows.columns.beans already",
    ),
    "one column to two questions": (
        question("why_none", column="Q1"),
        f"{AT}.why_none.column: 'Q1' is sent to questions.site.column already",
    ),
    "unknown empty": (
        question("site", column="Q1", empty="west"),
        f"{AT}.site.empty: 'west' is not an answer",
    ),
    "who was asked of a question that needs it not": (
        question("site", column="Q1", asked="any"),
        f"{AT}.site.asked: only of choices that are ticked must one tell who was asked",
    ),
    "unknown missing code": (
        of_part(missing={"-9": "refused"}),
        "mapping.yml, parts.post.missing.-9: 'refused' is not a missing code (not asked): "
        "add it under missing of each question that has it, in data/instrument.yml",
    ),
    "unknown key": (
        of_part(wieght="w"),
        "mapping.yml, parts.post.wieght: no such key is known here",
    ),
    "ignored and mapped": (
        {**MAPPING, "ignore": ["Q1"]},
        "mapping.yml, ignore: 'Q1' is not ignored: parts.post.questions.site.column reads it",
    ),
    "date": (
        {**MAPPING, "wave": {**MAPPING["wave"], "fieldwork": {"start": "3/2031", "end": "2031"}}},
        "mapping.yml, wave.fieldwork.start: '3/2031' is not a month or a day",
    ),
    "a day that there is not": (
        {
            **MAPPING,
            "wave": {**MAPPING["wave"], "fieldwork": {"start": "2031-02-30", "end": "2031-04"}},
        },
        "mapping.yml, wave.fieldwork.start: there is no day 2031-02-30",
    ),
    "fieldwork that ends before it starts": (
        {
            **MAPPING,
            "wave": {**MAPPING["wave"], "fieldwork": {"start": "2031-05", "end": "2031-04-30"}},
        },
        "mapping.yml, wave.fieldwork: end 2031-04-30 is before start 2031-05",
    ),
    "year": (
        {**MAPPING, "wave": {**MAPPING["wave"], "year": "soon"}},
        "mapping.yml, wave.year: found 'soon'; expected a whole number",
    ),
    "text for keys": (
        {**MAPPING, "parts": "post"},
        "mapping.yml, parts: found 'post'; expected keys and values",
    ),
    "no parts": ({"wave": MAPPING["wave"]}, "mapping.yml, parts: expected, and not there"),
    "no questions": (only(), "mapping.yml, parts.post.questions: "),
    "another wave": (
        {**MAPPING, "wave": {**MAPPING["wave"], "id": "2032"}},
        "mapping.yml, wave.id: found '2032', but --wave says '2031'",
    ),
    "nothing of a wave that is new": (
        {"parts": MAPPING["parts"]},
        "mapping.yml, wave: expected the wave's title, year and fieldwork",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_with_its_place(allotments: Path, mistake: str) -> None:
    told, expected = MISTAKES[mistake]
    assert expected in refused(allotments, told)


def test_all_mistakes_are_named_at_once(allotments: Path) -> None:
    told = mapping(
        sight={"column": "Q9"},
        site={"column": "Q1", "codes": {"1": "nroth", "2": "suoth"}},
        grows={"columns": {"beens": "Q2_1"}},
    )
    assert len(refused(allotments, told).splitlines()) == 4


def test_a_question_of_another_part_is_named(allotments: Path) -> None:
    second_part(allotments)
    said = refused(allotments, question("shed", column="S"))
    assert f"{AT}.shed: part 'web' asks it, not 'post'" in said


def test_who_excludes_all_others_is_no_row_of_a_ranking(allotments: Path) -> None:
    extend(allotments, tools=TOOLS)
    told = mapping(tools={"columns": {"spade": "T1", "nothing": "T9"}})
    assert "'nothing' is not a row (spade, rake, net, dont_know, refused, none of these)" in (
        refused(allotments, told)
    )


def test_two_columns_for_one_place_are_named_with_their_line(allotments: Path) -> None:
    text = "parts:\n  post:\n    questions:\n      site: Q1\n      grows: {columns: {beans: Q2_1,\n"
    said = refused(allotments, f"{text}        beans: Q2_2}}}}\n")
    assert "mapping.yml, line 6: not YAML: 'beans' stands here twice" in said


GAPS = """\
wave:
  title: T
  year: ???
  fieldwork: {start: 2031-03, end: "???"}
parts:
  post:
    weight: ???
    questions:
      site:
        column: Q1
        codes:
          1: north
          2: ???
      grows:
        columns:
          beans: Q2_1
          roses: ???
      joy:
        places:
          - Q3_1
          - ???
      why_none: ???
"""


def test_every_gap_is_named(allotments: Path) -> None:
    said = refused(allotments, GAPS).splitlines()
    gaps = [line.split(": ")[0].removeprefix("mapping.yml, ") for line in said]
    assert gaps == [
        "wave.year",
        "wave.fieldwork.end",
        "parts.post.weight",
        "parts.post.questions.site.codes.2",
        "parts.post.questions.grows.columns.roses",
        "parts.post.questions.joy.places.1",
        "parts.post.questions.why_none",
    ]


def test_a_gap_is_called_one(allotments: Path) -> None:
    assert "a gap is left (???): decide, or take the line out" in refused(allotments, GAPS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "mapping.yml: the file is empty"),
        ("# only a comment\n", "mapping.yml: the file is empty"),
        ("- Q1\n", "mapping.yml: expected keys and values, found a list"),
        ("just text\n", "mapping.yml: expected keys and values, found text"),
        ("parts: [\n", "not YAML"),
        ("? [a]\n: b\n", "not YAML"),
        ("a: &a [*a]\n", "not YAML"),
    ],
)
def test_a_file_that_is_no_mapping_is_refused(allotments: Path, text: str, expected: str) -> None:
    assert expected in refused(allotments, text)


def test_a_mapping_that_is_not_there_is_named(allotments: Path) -> None:
    (allotments / "export.csv").write_text("Q1\n1\n")
    before = snapshot(allotments)
    done = wavebook("add", "export.csv", "--wave", "2031", "--mapping", "no.yml", cwd=allotments)
    assert (done.returncode, done.stderr) == (1, "no.yml: there is no such file\n")
    assert snapshot(allotments) == before


def test_values_are_the_text_that_they_are(allotments: Path) -> None:
    text = """\
wave: {title: T, year: 2031, fieldwork: {start: 2031-03-01, end: 2031-04-01}}
parts:
  post:
    questions:
      site:
        column: Q1
        codes:
          Yes: north
          007: south
          1e3: south
          ~: south
          2031-03-01: south
"""
    done = add(allotments, text, "Q1\nYes\n007\n1e3\n~\n2031-03-01\n")
    assert done.returncode == 0, done.stderr


def test_a_key_with_comments_alone_behind_it_says_nothing(allotments: Path) -> None:
    text = """\
wave: {title: T, year: 2031, fieldwork: {start: 2031-03, end: 2031-04}}
parts:
  post:
    weight:
    questions:
      site: {column: Q1, codes: {1: north}}
ignore:
  # - Q2
"""
    assert add(allotments, text, "Q1\n1\n").returncode == 0


def test_scales_can_be_shared(allotments: Path) -> None:
    text = """\
shared:
  amounts: &amounts {1: plenty, 2: some, 3: none_at_all}
wave: {title: T, year: 2031, fieldwork: {start: 2031-03, end: 2031-04}}
parts:
  post:
    questions:
      grows: {columns: {beans: Q2_1}, codes: *amounts}
"""
    assert add(allotments, text, "Q2_1\n1\n").returncode == 0


def test_the_authors_page_shows_a_mapping_that_is_one(tmp_path: Path) -> None:
    page = (ROOT / "book" / "for_authors.md").read_text().partition("### Bringing a wave's data")[2]
    example = page.partition("```yaml\n")[2].partition("```")[0]
    (tmp_path / "mapping.yml").write_text(example)
    shown = read_mapping(tmp_path / "mapping.yml", "mapping.yml", Project(ROOT).instrument)
    assert shown.parts["telephone"].questions["deterrent_nle"].empty == "no"
