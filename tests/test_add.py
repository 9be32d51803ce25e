"""An export and a mapping become a wave: the answers a careful person reads, or nothing at all."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
import yaml

from tests.conftest import Done, wavebook
from tests.exports import (
    EXPORT,
    MAPPING,
    REGRETS,
    ROWS,
    TOOLS,
    add,
    extend,
    mapping,
    numbered,
    of_part,
    only,
    rows,
    second_part,
    wider,
)
from tests.test_faults import snapshot
from wavebook.errors import WavebookError
from wavebook.importing import place, read_export

WAVE = "data/waves/2031"


def refused(project: Path, told: Any = MAPPING, export: str = EXPORT, *options: str) -> str:
    """Add what must be refused, and return what was said."""
    waves = project / "data" / "waves"
    before = snapshot(waves)
    done = add(project, told, export, *options)
    assert done.returncode == 1, done.stdout
    assert "Traceback" not in done.stderr
    assert snapshot(waves) == before
    assert sorted(path.name for path in waves.iterdir()) == ["2030"]
    return done.stderr


def added(project: Path, told: Any, export: str, *options: str) -> pd.DataFrame:
    done = add(project, told, export, *options)
    assert done.returncode == 0, done.stderr
    return rows(project)


# What is written


def test_the_rows_are_those_a_careful_person_reads(allotments: Path) -> None:
    assert add(allotments).returncode == 0
    assert (allotments / WAVE / "post.csv").read_text() == ROWS


def test_the_wave_is_sound(allotments: Path) -> None:
    add(allotments)
    assert wavebook("check", "2031", cwd=allotments).returncode == 0


def test_the_mapping_is_kept_beside_the_rows(allotments: Path) -> None:
    add(allotments)
    kept = (allotments / WAVE / "mapping.yml").read_bytes()
    assert kept == (allotments / "mapping.yml").read_bytes()


def test_the_wave_file_says_where_the_rows_come_from(allotments: Path) -> None:
    add(allotments)
    about = yaml.safe_load((allotments / WAVE / "wave.yml").read_text())
    digest = hashlib.sha256((allotments / "export.csv").read_bytes()).hexdigest()
    assert about == {
        "id": "2031",
        "title": "The 2031 survey of allotment holders",
        "year": 2031,
        "fieldwork": {"start": "2031-03", "end": "2031-04"},
        "parts": {"post": {"file": "post.csv", "respondents": 3}},
        "provenance": {
            "sources": {
                "post": {
                    "file": "export.csv",
                    "sha256": digest,
                    "kind": "CSV",
                    "mapping": "mapping.yml",
                }
            }
        },
    }


def test_many_rows_are_written_as_parquet(
    allotments: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wavebook.importing.wave_folder.MANY_ROWS", 2)
    assert add(allotments).returncode == 0
    written = pd.read_parquet(allotments / WAVE / "post.parquet")
    assert written["site"].tolist() == ["north", "south", "south"]
    assert wavebook("check", "2031", cwd=allotments).returncode == 0


def test_what_was_done_is_told(allotments: Path) -> None:
    told = of_part(missing={"9": "not asked"}) | {"ignore": ["meta_*"]}
    export = wider(EXPORT.replace("a,1", "a,9"), meta_ip=["", "", ""], notes=["", "", "well"])
    read = add(allotments, told, export)
    assert read.stdout.splitlines() == [
        "post: 3 respondents from export.csv (CSV)",
        "  4 of 4 questions answered",
        "  turned to missing:",
        "    Q1 = 9 → not asked: 1",
        "  as read:",
        *(f"    {note}" for note in read_export(allotments / "export.csv").notes),
        "  warning: neither mapped nor ignored (1): notes",
        "Wrote data/waves/2031/: wave.yml, post.csv, mapping.yml",
    ]


@pytest.mark.parametrize("ignored", ["Q9[a]", "Q9*", "Q?[[]a]"])
def test_columns_are_ignored_by_name_or_pattern(allotments: Path, ignored: str) -> None:
    export = wider(**{"Q9[a]": ["1", "1", "1"]})
    assert "neither" not in add(allotments, MAPPING | {"ignore": [ignored]}, export).stdout


def test_questions_without_answers_are_told(allotments: Path) -> None:
    assert "not in this wave: joy" in add(allotments, mapping(joy=None)).stdout


# Codes and labels


SITES: dict[str, dict[str, Any]] = {
    "codes of the instrument": {"column": "north south"},
    "labels of the instrument": {"column": "North South"},
    "codes of the export": {"column": "1 2", "codes": {"1": "north", "2": "south"}},
    "several codes for one answer": {
        "column": "1 5",
        "codes": {"1": "north", "2": "south", "5": "south"},
    },
    "another case": {"column": "nORTH south", "codes": {"North": "north", "South": "south"}},
    "decimals": {"column": "1.0 2.0", "codes": {"1": "north", "2": "south"}},
    "anything else": {"column": "N elsewhere", "codes": {"N": "north"}, "otherwise": "south"},
}


@pytest.mark.parametrize("form", SITES)
def test_answers_are_read(allotments: Path, form: str) -> None:
    cells = "\n".join(SITES[form]["column"].split())
    told = only(site={**SITES[form], "column": "Q"})
    assert added(allotments, told, f"Q\n{cells}\n")["site"].tolist() == ["north", "south"]


def test_reading_by_resemblance_is_told(allotments: Path) -> None:
    told = only(site={"column": "Q", "codes": {"North": "north", "South": "south"}})
    done = add(allotments, told, "Q\nnorth \nSouth\n")
    assert "read by resemblance:\n    Q = north" in done.stdout


def test_two_codes_that_differ_in_case_stay_two(allotments: Path) -> None:
    told = only(site={"column": "Q", "codes": {"a": "north", "A": "south"}})
    assert added(allotments, told, "Q\na\nA\n")["site"].tolist() == ["north", "south"]


def test_a_label_with_a_comma_or_a_line_break_is_read(allotments: Path) -> None:
    told = only(site={"column": "Q", "codes": {"North, upper": "north", "South\nlower": "south"}})
    read = added(allotments, told, 'Q\n"North, upper"\n"South\nlower"\n')
    assert read["site"].tolist() == ["north", "south"]


def test_a_column_may_have_codes_of_its_own(allotments: Path) -> None:
    roses = {"column": "Q2", "codes": {"3": "plenty"}}
    told = only(grows={"columns": {"beans": "Q1", "roses": roses}, "codes": {"1": "plenty"}})
    assert added(allotments, told, "Q1,Q2\n1,3\n").iloc[0].tolist() == ["1", "plenty", "plenty"]


def test_codes_of_the_whole_part_make_answers_missing(allotments: Path) -> None:
    told = of_part(missing={"-9": "not asked"})
    read = added(allotments, told, EXPORT.replace("c,2,3", "c,-9,-9"))
    assert read.iloc[2]["site"] == ""
    assert read.iloc[2]["grows__beans"] == ""


def test_a_code_of_the_whole_part_that_a_question_lacks_is_named(allotments: Path) -> None:
    extend(allotments, tools=TOOLS)
    told = of_part(missing={"-9": "refused"})
    said = refused(allotments, told, EXPORT.replace("a,1", "a,-9"))
    assert (
        "export.csv, row 2, Q1: '-9' is 'refused' in every column, but no answer here "
        "(north, south, not asked); data/instrument.yml has such codes under the question's "
        "missing" in said
    )


def test_codes_that_nobody_knows_are_counted_where_they_first_stand(allotments: Path) -> None:
    export = EXPORT.replace("b,2,2", "b,7,2").replace("c,2,3", "c,7,3")
    assert refused(allotments, MAPPING, export) == (
        "export.csv, row 3, Q1: '7' is not in the mapping's codes (1, 2) (also in row 4)\n"
    )


def test_a_code_that_is_nearly_one_is_named_with_it(allotments: Path) -> None:
    told = only(site={"column": "Q", "codes": {"North": "north"}})
    assert "'Norht' is not in the mapping's codes (North); did you mean 'North'?" in refused(
        allotments, told, "Q\nNorht\n"
    )


def test_an_answer_that_is_none_of_the_instrument_is_named(allotments: Path) -> None:
    said = refused(allotments, only(site="Q"), "Q\nwest\n")
    assert "row 2, Q: 'west' is not an answer or its label (north, south)" in said


# Choices that can be ticked


def ticked(project: Path, told: dict[str, Any], export: str) -> list[str]:
    """Return the tools of each respondent as text: y, n, d for don't know, a point for nothing."""
    extend(project, tools=TOOLS)
    read = added(project, only(tools=told), numbered(export)).filter(like="tools__")
    letters = {"yes": "y", "no": "n", "": ".", "dont_know": "d", "refused": "r"}
    return ["".join(letters[cell] for cell in row) for row in read.to_numpy()]


COLUMNS = {"spade": "T1", "rake": "T2", "net": "T3"}


@pytest.mark.parametrize(
    ("yes", "no"),
    [("1", "0"), ("Yes", "No"), ("Selected", "Not Selected"), ("TRUE", "FALSE"), ("Checked", "0")],
)
def test_usual_words_for_ticks_need_no_codes(allotments: Path, yes: str, no: str) -> None:
    export = f"T1,T2,T3\n{yes},{no},{no}\n{no},{no},{yes}\n"
    assert ticked(allotments, {"columns": COLUMNS}, export) == ["ynn", "nny"]


def test_a_row_s_own_label_or_code_is_a_tick(allotments: Path) -> None:
    told = {"columns": COLUMNS, "empty": "no"}
    assert ticked(allotments, told, "T1,T2,T3\nSpade,,\n,Rake,Net\n") == ["ynn", "nyy"]


def test_empty_is_not_ticked_where_the_mapping_says_so(allotments: Path) -> None:
    told = {"columns": COLUMNS, "codes": {"1": "yes"}, "empty": "no"}
    assert ticked(allotments, told, "T1,T2,T3\n1,,\n,,\n") == ["ynn", "nnn"]


def test_empty_is_not_asked_otherwise(allotments: Path) -> None:
    told = {"columns": COLUMNS, "codes": {"1": "yes", "0": "no"}}
    assert ticked(allotments, told, "T1,T2,T3\n1,0,0\n,,\n") == ["ynn", "..."]


def test_who_ticked_nothing_was_not_asked_where_the_mapping_says_so(allotments: Path) -> None:
    told = {"columns": COLUMNS, "codes": {"1": "yes"}, "empty": "no", "asked": "any"}
    assert ticked(allotments, told, "T1,T2,T3\n1,,\n,,\n") == ["ynn", "..."]


def test_a_column_can_tell_who_was_asked(allotments: Path) -> None:
    told = {"columns": COLUMNS, "codes": {"1": "yes"}, "empty": "no"}
    told["asked"] = {"column": "shown", "is": ["1"]}
    export = "shown,T1,T2,T3\n1,1,,\n1,,,\n0,,,\n,,,\n"
    assert ticked(allotments, told, export) == ["ynn", "nnn", "...", "..."]


def test_a_column_that_is_not_empty_tells_who_was_asked(allotments: Path) -> None:
    told = {"columns": COLUMNS, "codes": {"1": "yes"}, "empty": "no", "asked": "shown"}
    export = "shown,T1,T2,T3\n0,1,,\n9,,,\n,,,\n"
    assert ticked(allotments, told, export) == ["ynn", "nnn", "..."]


def test_the_question_s_base_tells_who_was_asked(allotments: Path) -> None:
    extend(allotments, regrets=REGRETS)
    told = mapping(regrets={"columns": COLUMNS, "codes": {"1": "yes"}, "empty": "no"})
    export = wider(T1=["", "1", ""], T2=["", "", ""], T3=["", "", ""])
    read = added(allotments, told, export).filter(like="regrets__")
    assert read.to_numpy().tolist() == [["", "", ""], ["yes", "no", "no"], ["no", "no", "no"]]


def test_zeros_of_people_outside_the_base_are_no_answers_and_counted(allotments: Path) -> None:
    extend(allotments, regrets=REGRETS)
    told = mapping(regrets={"columns": {"spade": "T1"}, "codes": {"1": "yes", "0": "no"}})
    done = add(allotments, told, wider(T1=["0", "1", ""]))
    assert "T1 = no → not asked (outside the base): 1" in done.stdout
    assert rows(allotments)["regrets__spade"].tolist() == ["", "yes", ""]


def test_a_tick_of_somebody_outside_the_base_is_a_problem(allotments: Path) -> None:
    extend(allotments, regrets=REGRETS)
    told = mapping(regrets={"columns": {"spade": "T1"}, "codes": {"1": "yes"}, "empty": "no"})
    said = refused(allotments, told, wider(T1=["1", "", ""]))
    assert "export.csv, row 2, T1 (regrets__spade): 'yes' from somebody who was not asked" in said


def test_what_excludes_all_others_can_have_a_column(allotments: Path) -> None:
    told = {"columns": {**COLUMNS, "dont_know": "T8"}, "codes": {"1": "yes"}, "empty": "no"}
    assert ticked(allotments, told, "T1,T2,T3,T8\n1,,,\n,,,1\n") == ["ynn", "ddd"]


def test_none_of_these_is_an_answer_of_who_was_asked(allotments: Path) -> None:
    told = {"columns": {**COLUMNS, "none of these": "T9"}, "codes": {"1": "yes"}}
    told |= {"empty": "no", "asked": "any"}
    assert ticked(allotments, told, "T1,T2,T3,T9\n1,,,\n,,,1\n,,,\n") == ["ynn", "nnn", "..."]


def test_choices_beside_what_excludes_them_count_and_are_told(allotments: Path) -> None:
    extend(allotments, tools=TOOLS)
    told = {"columns": {**COLUMNS, "dont_know": "T8"}, "codes": {"1": "yes"}, "empty": "no"}
    done = add(allotments, only(tools=told), "T1,T2,T3,T8\n1,,,1\n")
    assert "Tools in the shed: 1 ticked 'dont_know' beside others" in done.stdout
    assert rows(allotments).iloc[0].tolist()[1:] == ["yes", "no", "no"]


JOINED = {"column": "T", "separator": ";"}


@pytest.mark.parametrize(
    ("told", "cell"),
    [
        (JOINED, "Spade;Rake"),
        (JOINED, "Rake; Spade;"),
        ({**JOINED, "separator": "\n"}, '"Spade\nRake"'),
        ({**JOINED, "separator": ","}, '"spade,rake"'),
        ({**JOINED, "codes": {"1": "spade", "2": "rake", "3": "net"}}, "1;2"),
        ({**JOINED, "codes": {"A": "spade", "B": "net"}, "otherwise": "rake"}, "A;my own"),
    ],
)
def test_choices_in_one_cell_are_taken_apart(
    allotments: Path, told: dict[str, Any], cell: str
) -> None:
    assert ticked(allotments, told, f"T\n{cell}\n") == ["yyn"]


def test_a_label_may_hold_the_separator(allotments: Path) -> None:
    told = {"column": "T", "separator": ","}
    export = 'T\n"Spade, Net, fine\nor coarse"\n"Net, fine or coarse,Rake"\n'
    assert ticked(allotments, told, export) == ["yny", "nyy"]


def test_an_empty_cell_of_choices_is_what_the_mapping_says(allotments: Path) -> None:
    assert ticked(allotments, {**JOINED, "empty": "no"}, 'n,T\n1,Spade\n2,""\n') == ["ynn", "nnn"]


def test_a_word_that_excludes_all_others_can_stand_in_the_cell(allotments: Path) -> None:
    told = {**JOINED, "codes": {"S": "spade", "R": "rake", "N": "net"}}
    told["codes"] |= {"?": "dont_know", "-": "none of these"}
    assert ticked(allotments, told, "T\nS;N\n?\n-\n") == ["yny", "ddd", "nnn"]


DK = {**JOINED, "codes": {"S": "spade", "R": "rake", "N": "net", "DK": "not asked"}}


def test_a_choice_outweighs_the_words_that_nothing_was_asked(allotments: Path) -> None:
    assert ticked(allotments, DK, "T\nS;DK\nDK\nDK;R;N\n") == ["ynn", "...", "nyy"]


def test_choices_beside_the_words_that_nothing_was_asked_are_told(allotments: Path) -> None:
    extend(allotments, tools=TOOLS)
    said = add(allotments, only(tools=DK), "T\nS;DK\nDK\nDK;R;N\n").stdout
    assert "Tools in the shed: 2 said 'DK' beside choices, and the choices count" in said


def test_of_several_words_those_that_stood_beside_choices_are_told(allotments: Path) -> None:
    extend(allotments, tools=TOOLS)
    codes = {"S": "spade", "R": "rake", **dict.fromkeys(("DK", "NA", "XX"), "not asked")}
    told = {**JOINED, "codes": codes}
    said = add(allotments, only(tools=told), "T\nNA\nS;DK\nR;XX\n").stdout
    assert "Tools in the shed: 2 said 'DK' or 'XX' beside choices, and the choices count" in said


def test_words_beside_a_choice_do_not_count_as_turned_to_missing(allotments: Path) -> None:
    extend(allotments, tools=TOOLS)
    assert "T = DK → not asked: 1\n" in add(allotments, only(tools=DK), "T\nS;DK\nDK\n").stdout


def test_a_choice_that_nobody_knows_is_located(allotments: Path) -> None:
    extend(allotments, tools=TOOLS)
    said = refused(allotments, only(tools=JOINED), "T\nSpade\nSpade;Hoe\nHoe\n")
    assert said.startswith("export.csv, row 3, T: 'Hoe' is not an answer or its label")
    assert "(also in row 4)" in said


# Ranks


RANKED = [["1", "2", "3"], ["3", "1", "2"]]


@pytest.mark.parametrize(
    ("told", "export"),
    [
        ({"columns": {"digging": "a", "eating": "b", "talking": "c"}}, "a,b,c\n1,2,3\n3,1,2\n"),
        (
            {
                "columns": {"digging": "a", "eating": "b", "talking": "c"},
                "codes": {"First": "1", "2nd": "2", "Last": "3"},
            },
            "a,b,c\nFirst,2nd,Last\nLast,First,2nd\n",
        ),
        ({"places": ["a", "b", "c"]}, "a,b,c\nDigging,Eating,Talking\nEating,Talking,Digging\n"),
        (
            {"places": ["a", "b", "c"], "codes": {"1": "digging", "2": "eating", "3": "talking"}},
            "a,b,c\n1,2,3\n2,3,1\n",
        ),
        (
            {"column": "a", "separator": ">"},
            "a\nDigging > Eating > Talking\neating>talking>digging",
        ),
    ],
)
def test_ranks_are_read(allotments: Path, told: dict[str, Any], export: str) -> None:
    read = added(allotments, only(joy=told), export)
    assert read.filter(like="joy__").to_numpy().tolist() == RANKED


def test_what_has_two_places_is_located(allotments: Path) -> None:
    told = only(joy={"places": ["a", "b", "c"]})
    said = refused(allotments, told, "a,b,c\nDigging,Digging,Eating\n")
    assert "export.csv, row 2, b: 'digging' has a better place already" in said


def test_a_ranking_with_a_gap_is_located_in_the_export(allotments: Path) -> None:
    said = refused(allotments, MAPPING, EXPORT.replace("3,3,3,2,1", "3,3,3,2,2"))
    assert "export.csv, row 4, Q3_1, Q3_2, Q3_3 (joy__*): '3, 2, 2'; expected each rank" in said


# Respondents and their sample


def test_respondents_without_ids_are_numbered(allotments: Path) -> None:
    assert added(allotments, only(site="Q"), "Q\nnorth\nsouth\n")["respondent"].tolist() == [
        "1",
        "2",
    ]


def test_ids_that_stand_twice_are_located(allotments: Path) -> None:
    said = refused(allotments, MAPPING, EXPORT.replace("c,2", "a,2"))
    assert said == "export.csv, row 4, id: 'a' stands in row 2 too\n"


def test_an_id_that_is_missing_is_located(allotments: Path) -> None:
    said = refused(allotments, MAPPING, EXPORT.replace("c,2", ",2"))
    assert said == "export.csv, row 4, id: empty; a respondent needs an id\n"


def test_addresses_in_place_of_ids_are_warned_of(allotments: Path) -> None:
    done = add(allotments, MAPPING, EXPORT.replace("b,2", "b@example.org,2"))
    assert "id: the ids look like e-mail addresses" in done.stdout


def weighted(project: Path, *weights: str, **told: str) -> list[str]:
    lines = "".join(f'north,"{weight}"\n' for weight in weights)
    asked = only(site="Q")
    asked["parts"]["post"] |= {"weight": "W", **told}
    return added(project, asked, f"Q,W\n{lines}")["weight"].tolist()


def test_weights_are_kept_as_they_are(allotments: Path) -> None:
    assert weighted(allotments, "0.5", "1.25") == ["0.5", "1.25"]


def test_decimal_commas_are_read(allotments: Path) -> None:
    assert weighted(allotments, "0,5", "1,25", "1.025,5") == ["0.5", "1.25", "1025.5"]


def test_thousands_are_read_where_the_mapping_says_so(allotments: Path) -> None:
    assert weighted(allotments, "1,250", "12", decimal=".") == ["1250", "12"]


@pytest.mark.parametrize("weights", [("0.67", "1,2", "1.49"), ("0,67", "1.2", "1,49")])
def test_one_weight_with_another_decimal_sign_is_located(
    allotments: Path, weights: tuple[str, ...]
) -> None:
    told = only(site="Q")
    told["parts"]["post"]["weight"] = "W"
    rows = "".join(f'north,"{weight}"\n' for weight in weights)
    said = refused(allotments, told, f"Q,W\n{rows}")
    assert f"export.csv, row 3, W: '{weights[1]}' has another decimal sign than the rest" in said
    assert said.count("row 3") == 1


@pytest.mark.parametrize(
    ("weight", "expected"),
    [
        ("heavy", "'heavy' is not a number; expected the weight, with a decimal point"),
        ("01.05.2026", "'01.05.2026' is not a number"),
        ("1.05.26", "'1.05.26' is not a number"),
        ("-1", "'-1' is negative; expected the weight"),
        ("inf", "'inf' is not a number; expected the weight"),
        ("", "empty; expected the weight"),
        ("1,250", "'1,250' may have a decimal comma or thousands"),
    ],
)
def test_a_weight_that_is_none_is_located(allotments: Path, weight: str, expected: str) -> None:
    told = only(site="Q")
    told["parts"]["post"]["weight"] = "W"
    said = refused(allotments, told, f'Q,W\nnorth,1\nnorth,"{weight}"\n')
    assert f"export.csv, row 3, W: {expected}" in said


def test_weights_whose_points_may_be_thousands_are_asked_about(allotments: Path) -> None:
    told = only(site="Q")
    told["parts"]["post"]["weight"] = "W"
    said = refused(allotments, told, "Q,W\nnorth,1.234\nnorth,987\nnorth,2.000\n")
    assert said == (
        "export.csv, row 2, W: '1.234' may have a decimal point or thousands; expected the weight: "
        "say decimal: ',' or decimal: '.' in the mapping's part (also in row 4)\n"
    )


@pytest.mark.parametrize(("sign", "weight"), [(".", "1.234"), (",", "1234")])
def test_whether_points_are_thousands_is_what_the_mapping_says(
    allotments: Path, sign: str, weight: str
) -> None:
    assert weighted(allotments, "1.234", "987", decimal=sign) == [weight, "987"]


def test_points_before_other_than_three_digits_are_no_thousands(allotments: Path) -> None:
    assert weighted(allotments, "1.234", "0.987") == ["1.234", "0.987"]


def test_weights_of_a_file_without_commas_between_columns_are_asked_about_too(
    allotments: Path,
) -> None:
    told = only(site="Q")
    told["parts"]["post"]["weight"] = "W"
    said = refused(allotments, told, "Q;W\nnorth;1,250\nnorth;987\n")
    assert "export.csv, row 2, W: '1,250' may have a decimal comma or thousands" in said


def test_a_column_whose_commas_were_read_as_points_has_points(allotments: Path) -> None:
    told = only(site="Q")
    told["parts"]["post"] |= {"weight": "W", "decimal": ","}
    read = added(allotments, told, "Q;W\nnorth;1,250\nnorth;0,75\n")
    assert read["weight"].tolist() == ["1.250", "0.75"]


def test_a_problem_of_one_column_hides_none_of_another(allotments: Path) -> None:
    told = only(site="Q")
    told["parts"]["post"] |= {"weight": "W", "strata": "S", "fpc": "N"}
    rows = 'north,1,0.67,9\nnorth,1,"1,2",many\nnorth,1,1.49,9\n'
    said = refused(allotments, told, f"Q,S,W,N\n{rows}")
    assert "export.csv, row 3, W: '1,2' has another decimal sign" in said
    assert "export.csv, row 3, N: 'many' is not a number" in said


def test_a_number_may_end_with_its_decimal_sign(allotments: Path) -> None:
    assert [float(weight) for weight in weighted(allotments, "1.", ".5")] == [1, 0.5]


@pytest.mark.parametrize(("day", "sign"), [("01.05.2026", ","), ("01,05,2026", ".")])
def test_a_date_is_no_weight_whatever_the_decimal_sign(
    allotments: Path, day: str, sign: str
) -> None:
    told = only(site="Q")
    told["parts"]["post"] |= {"weight": "W", "decimal": sign}
    said = refused(allotments, told, f'Q,W\nnorth,1\nnorth,"{day}"\n')
    assert f"export.csv, row 3, W: '{day}' is not a number; expected the weight" in said


def test_a_column_that_only_picks_rows_may_be_ignored(allotments: Path) -> None:
    told = only(site="Q") | {"ignore": ["status"]}
    told["parts"]["post"]["only"] = {"status": ["done"]}
    assert len(added(allotments, told, "Q,status\nnorth,done\nsouth,broken off\n")) == 1


def test_the_sample_s_design_comes_along(allotments: Path) -> None:
    told = of_part(weight="w", strata="town", cluster="street", fpc="streets", lonely="adjust")
    export = "id,Q1,w,town,street,streets\na,1,1,x,x1,9\nb,2,1,x,x2,9\n"
    told["parts"]["post"]["questions"] = {"site": MAPPING["parts"]["post"]["questions"]["site"]}
    assert add(allotments, told, export).returncode == 0
    about = yaml.safe_load((allotments / WAVE / "wave.yml").read_text())
    design = {"weight": "weight", "strata": "strata", "cluster": "cluster", "fpc": "fpc"}
    assert about["parts"]["post"] == {
        "file": "post.csv", "respondents": 2, **design, "lonely": "adjust"
    }  # fmt: skip
    assert rows(allotments)["cluster"].tolist() == ["x1", "x2"]


def test_margins_can_weight_rows_that_have_no_weights(allotments: Path) -> None:
    told = of_part(margins={"site": {"north": "0.5", "south": "0.5"}})
    assert add(allotments, told).returncode == 0
    assert wavebook("weight", "2031", cwd=allotments).returncode == 0
    assert [float(weight) for weight in rows(allotments)["weight"]] == [1.5, 0.75, 0.75]


@pytest.mark.parametrize(
    ("place", "column", "cell", "told"),
    [
        (
            "B3",
            "Q1",
            "#N/A",
            "'#N/A' is an error of the spreadsheet in sheet 'Sheet'; expected a v",
        ),
        ("B3", "Q1", "=1+1", "a formula without its value in sheet 'Sheet'; expected the value: "),
        ("A3", "id", "#REF!", "'#REF!' is an error of the spreadsheet in sheet 'Sheet'; expected "),
    ],
)
def test_a_cell_of_a_spreadsheet_that_has_no_value_is_refused(
    allotments: Path, place: str, column: str, cell: str, told: str
) -> None:
    book = openpyxl.Workbook()
    for row in csv.reader(io.StringIO(EXPORT)):
        book.active.append(row)
    book.active[place] = cell
    book.active[place].data_type = "f" if cell.startswith("=") else "e"
    book.save(allotments / "export.csv")
    said = refused(allotments)
    assert said.startswith(f"export.csv, row 3, {column}: {told}")


def test_an_error_of_a_spreadsheet_is_not_what_any_other_text_is(allotments: Path) -> None:
    told = only(site={"column": "Q1", "codes": {"1": "north"}, "otherwise": "south"})
    said = refused(allotments, told, EXPORT.replace("b,2", "b,#N/A"))
    assert "row 3, Q1: '#N/A' is an error of the spreadsheet; expected" in said


@pytest.mark.parametrize(
    "told",
    [
        {"only": {"S": ["1"]}, "questions": {"site": "Q1"}},
        {"questions": {"site": "Q1", "tools": {"columns": {"rake": "T"}, "asked": "S"}}},
    ],
    ids=["only", "asked"],
)
def test_an_error_of_a_spreadsheet_decides_nothing(allotments: Path, told: dict[str, Any]) -> None:
    extend(allotments, tools=TOOLS)
    whole = {"wave": MAPPING["wave"], "parts": {"post": told}}
    said = refused(allotments, whole, "Q1,S,T\nnorth,1,1\nsouth,#N/A,1\n")
    assert said.startswith("export.csv, row 3, S: '#N/A' is an error of the spreadsheet; expected")


# Parts


BOTH = """\
mode,Q1,S
1,north,
2,,tin
1,south,
3,,
"""


def of_both(**web: Any) -> dict[str, Any]:
    told = only(site="Q1")
    told["parts"]["post"]["only"] = {"mode": ["1"]}
    told["parts"]["web"] = {"only": {"mode": ["2"]}, "questions": {"shed": "S"}, **web}
    return told


def test_one_file_can_hold_all_parts(allotments: Path) -> None:
    second_part(allotments)
    assert add(allotments, of_both(), BOTH).returncode == 0
    assert rows(allotments)["site"].tolist() == ["north", "south"]
    assert rows(allotments, "web")["shed"].tolist() == ["tin"]


def test_rows_of_other_parts_are_counted(allotments: Path) -> None:
    second_part(allotments)
    assert "not of this part: 2" in add(allotments, of_both(), BOTH).stdout


def test_rows_of_no_part_are_named(allotments: Path) -> None:
    second_part(allotments)
    said = add(allotments, of_both(), BOTH + "1,north,\n,north,\n").stdout
    assert "warning: export.csv: 2 rows are of no part (mode: 3, empty): row 5, 7\n" in said


def test_where_every_row_is_of_a_part_nothing_is_said(allotments: Path) -> None:
    second_part(allotments)
    assert "of no part" not in add(allotments, of_both(), BOTH.replace("3,,\n", "")).stdout


def test_a_problem_is_told_with_the_row_of_the_export(allotments: Path) -> None:
    second_part(allotments)
    said = refused(allotments, of_both(), BOTH.replace("1,south", "1,west"))
    assert "export.csv, row 4, Q1: 'west'" in said


def test_no_row_of_a_part_is_a_problem(allotments: Path) -> None:
    second_part(allotments)
    said = refused(allotments, of_both(only={"mode": ["9"]}), BOTH)
    assert said == "export.csv: no row is left with mode: 9; mode holds (1, 2, 3)\n"


def test_parts_can_come_from_files_of_their_own(allotments: Path) -> None:
    second_part(allotments)
    (allotments / "web.csv").write_text("S\ntin\n")
    told = only(site="Q1")
    told["parts"]["post"]["source"] = {"file": "export.csv"}
    told["parts"]["web"] = {"source": {"file": "web.csv"}, "questions": {"shed": "S"}}
    done = add(allotments, told, "Q1\nnorth\n", "web.csv")
    assert done.returncode == 0, done.stderr
    assert len(rows(allotments)) == len(rows(allotments, "web")) == 1


def test_a_second_part_can_be_added_later(allotments: Path) -> None:
    second_part(allotments)
    assert add(allotments, of_both(), BOTH, "--part", "post").returncode == 0
    path = allotments / WAVE / "wave.yml"
    path.write_text("# ours\n" + path.read_text() + "disclosure: {suppress: 3, flag: 5}  # few\n")
    assert add(allotments, of_both(), BOTH, "--part", "web").returncode == 0
    text = path.read_text()
    assert text.startswith("# ours\n")
    assert text.endswith("disclosure: {suppress: 3, flag: 5}  # few\n")
    assert sorted(p.name for p in path.parent.iterdir()) == [
        "mapping.yml", "post.csv", "wave.yml", "web.csv"
    ]  # fmt: skip
    assert list(yaml.safe_load(text)["parts"]) == ["post", "web"]


def test_another_mapping_is_kept_under_another_name(allotments: Path) -> None:
    second_part(allotments)
    add(allotments, of_both(), BOTH, "--part", "post")
    told = of_both()
    del told["parts"]["post"]
    assert add(allotments, told, BOTH).returncode == 0
    sources = yaml.safe_load((allotments / WAVE / "wave.yml").read_text())["provenance"]["sources"]
    assert (sources["post"]["mapping"], sources["web"]["mapping"]) == (
        "mapping.yml", "mapping-web.yml"
    )  # fmt: skip


def test_a_part_that_is_there_is_not_replaced_unasked(allotments: Path) -> None:
    add(allotments)
    before = snapshot(allotments / "data")
    done = add(allotments)
    assert done.returncode == 1
    assert "data/waves/2031: it has a part 'post' already; --replace" in done.stderr
    assert snapshot(allotments / "data") == before


def test_a_part_is_replaced_when_asked(allotments: Path) -> None:
    add(allotments)
    (allotments / "export.csv").write_text(EXPORT.replace("a,1", "a,2"))
    assert add(allotments, MAPPING, EXPORT, "--replace").returncode == 0
    assert rows(allotments)["site"].tolist() == ["south"] * 3


def test_what_an_author_wrote_of_a_part_s_design_outlives_its_rows(allotments: Path) -> None:
    path = allotments / WAVE / "wave.yml"
    told = of_part(weight="Q1")
    add(allotments, told)
    path.write_text(
        path.read_text().replace("    weight: weight\n", "    weight: weight\n    trim: [0.3, 3]\n")
    )
    assert add(allotments, told, EXPORT, "--replace").returncode == 0
    assert yaml.safe_load(path.read_text())["parts"]["post"]["trim"] == [0.3, 3]


def added_again(project: Path, **of_wave: Any) -> Done:
    """Add a wave whose file says who is protected, then its part anew with more said of it."""
    add(project)
    path = project / WAVE / "wave.yml"
    path.write_text(path.read_text() + "disclosure: {suppress: 3, flag: 5}\n")
    return add(project, MAPPING | {"wave": MAPPING["wave"] | of_wave}, EXPORT, "--replace")


@pytest.mark.parametrize(
    ("key", "found", "told", "expected"),
    [
        ("year", "2032", "year: found 2032", "says 2031"),
        ("status", "simulated", "status: found simulated", "does not say so, which means measured"),
        ("fielded_by", "Us", "fielded_by: found Us", "does not say so"),
        ("provenance", "By post.", "provenance: found By post.", "does not say so"),
        (
            "fieldwork",
            {"start": "2031-03", "end": "2031-05"},
            "fieldwork.end: found 2031-05",
            "says 2031-04",
        ),
        ("disclosure", {"suppress": 20, "flag": 50}, "disclosure.suppress: found 20", "says 3"),
    ],
)
def test_what_a_mapping_says_else_of_a_wave_that_is_there_is_refused(
    allotments: Path, key: str, found: Any, told: str, expected: str
) -> None:
    done = added_again(allotments, **{key: found})
    assert done.returncode == 1
    assert done.stderr.splitlines()[0] == (
        f"mapping.yml, wave.{told}, but {WAVE}/wave.yml {expected}: change one of the two, "
        "or leave it out here"
    )


def test_a_wave_keeps_what_the_mapping_leaves_out(allotments: Path) -> None:
    assert added_again(allotments, disclosure={"suppress": 3}).returncode == 0


def test_another_title_is_told(allotments: Path) -> None:
    said = added_again(allotments, title="Another").stdout
    assert f"{WAVE}/wave.yml keeps its title, 'The 2031 survey of allotment holders'" in said


def test_a_replacement_that_is_unsound_leaves_the_wave(allotments: Path) -> None:
    add(allotments)
    (allotments / "export.csv").write_text(EXPORT.replace("a,1", "a,7"))
    before = snapshot(allotments / "data")
    assert add(allotments, MAPPING, EXPORT, "--replace").returncode == 1
    assert snapshot(allotments / "data") == before


@pytest.mark.parametrize(
    ("told", "options", "expected"),
    [
        (MAPPING, ("--part", "web"), "mapping.yml: it has no part 'web' (post)"),
        (MAPPING, ("--wave", "../x"), "'../x' is not a wave id"),
        (MAPPING, ("--wave", "2031 b"), "'2031 b' is not a wave id"),
        (MAPPING, ("other/export.csv",), "two sources have the same name"),
        (
            MAPPING,
            ("web.csv",),
            "mapping.yml, parts.post.source.file: expected which of the files it is read from "
            "(export.csv, web.csv)",
        ),
        (
            of_part(source={"file": "export.csv"}),
            ("web.csv",),
            "web.csv: mapping.yml reads no part from it (export.csv)",
        ),
    ],
)
def test_a_request_that_does_not_fit_is_refused(
    allotments: Path, told: dict[str, Any], options: tuple[str, ...], expected: str
) -> None:
    assert expected in refused(allotments, told, EXPORT, *options)


# Columns of the export


def test_a_column_that_the_export_lacks_is_named_with_the_nearest(allotments: Path) -> None:
    said = refused(allotments, question("Q11"))
    assert said == (
        "export.csv: there is no column 'Q11', which parts.post.questions.site.column names; "
        "did you mean 'Q1'?\n"
    )


def question(column: str) -> dict[str, Any]:
    return mapping(site={"column": column})


def test_four_thousand_columns_are_no_trouble(allotments: Path) -> None:
    names = [f"x{n}" for n in range(4000)]
    export = f"Q,{','.join(names)}\nnorth,{',' * 3999}\n"
    done = add(allotments, only(site="Q"), export)
    assert done.returncode == 0, done.stderr
    assert "neither mapped nor ignored (4,000): x0, x1," in done.stdout
    assert "… 3980 more" in done.stdout


def test_an_export_that_is_not_there_is_named(allotments: Path) -> None:
    assert "export.csv: there is no such file" in refused(allotments, MAPPING, "")


# All or nothing


def test_something_else_in_the_folder_s_place_is_left_alone(allotments: Path) -> None:
    (allotments / WAVE).mkdir()
    (allotments / WAVE / "notes.txt").write_text("mine")
    done = add(allotments)
    assert done.returncode == 1
    assert "data/waves/2031: there is something here that is no wave" in done.stderr
    assert [path.name for path in (allotments / WAVE).iterdir()] == ["notes.txt"]


def test_a_folder_that_cannot_be_written_is_named(allotments: Path) -> None:
    waves = allotments / "data" / "waves"
    for path in sorted(waves.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    waves.rmdir()
    waves.write_text("a file")
    done = add(allotments)
    assert done.returncode == 1
    assert done.stderr.startswith("data/waves: cannot be written: ")
    assert waves.read_text() == "a file"


def test_a_disk_that_fills_up_leaves_nothing(
    allotments: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, content: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    assert "data/waves: cannot be written: No space left on device" in refused(allotments)


def test_the_first_of_two_wins(allotments: Path) -> None:
    waves = allotments / "data" / "waves"
    with place.stage(waves, "data/waves") as stage:
        (stage / "2031").mkdir()
        (stage / "2031" / "wave.yml").write_text("ours")
        (waves / "2031").mkdir()
        (waves / "2031" / "wave.yml").write_text("theirs")
        with pytest.raises(WavebookError, match="somebody else has added this wave just now"):
            place.put(stage / "2031", waves / "2031", "data/waves/2031")
    assert (waves / "2031" / "wave.yml").read_text() == "theirs"
    assert sorted(path.name for path in waves.iterdir()) == ["2030", "2031"]


def test_a_wave_that_somebody_changes_meanwhile_is_not_overwritten(allotments: Path) -> None:
    waves = allotments / "data" / "waves"
    with place.stage(waves, "data/waves") as stage:
        (stage / "2030").mkdir()
        with pytest.raises(WavebookError, match="somebody else has changed this wave just now"):
            place.exchange(stage / "2030", waves / "2030", b"as it was", "data/waves/2030")
    assert (waves / "2030" / "post.csv").is_file()


@pytest.mark.parametrize("in_one_step", [True, False])
def test_a_folder_takes_another_s_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_one_step: bool
) -> None:
    if not in_one_step:
        monkeypatch.setattr(place, "_swap", lambda one, other: False)
    (tmp_path / "2030").mkdir()
    (tmp_path / "2030" / "wave.yml").write_text("old")
    with place.stage(tmp_path, "waves") as stage:
        (stage / "2030").mkdir()
        (stage / "2030" / "wave.yml").write_text("new")
        place.exchange(stage / "2030", tmp_path / "2030", b"old", "2030")
    assert [path.name for path in tmp_path.iterdir()] == ["2030"]
    assert (tmp_path / "2030" / "wave.yml").read_text() == "new"


COMMAND = "from wavebook.cli import main; main()"


def started(project: Path) -> subprocess.Popen[str]:
    arguments = ["add", "export.csv", "--wave", "2031", "--mapping", "mapping.yml"]
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND, *arguments],
        cwd=project,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def long_export(project: Path, respondents: int) -> None:
    """Write an export that takes a while, and the mapping for it."""
    lines = "".join(f"{n},1,1,2,1,2,3,\n" for n in range(respondents))
    (project / "export.csv").write_text(EXPORT.splitlines()[0] + "\n" + lines)
    (project / "mapping.yml").write_text(yaml.safe_dump(MAPPING, sort_keys=False))


def wait_for(condition: Any, seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.002)


@pytest.mark.parametrize("file", ["", "/post.csv", "/wave.yml"])
def test_who_is_killed_half_way_leaves_nothing(allotments: Path, file: str) -> None:
    long_export(allotments, 30_000)
    waves = allotments / "data" / "waves"
    with started(allotments) as adding:
        wait_for(lambda: list(waves.glob(f"{place.STAGE}*/2031{file}")))
        os.kill(adding.pid, signal.SIGKILL)
        adding.wait()
    wait_for(lambda: len(list(waves.iterdir())) == 1)
    assert [path.name for path in waves.iterdir()] == ["2030"]


def test_of_two_at_once_one_adds_the_wave(allotments: Path) -> None:
    long_export(allotments, 3_000)
    with started(allotments) as one, started(allotments) as other:
        said = [one.communicate()[1], other.communicate()[1]]
    codes = [one.returncode, other.returncode]
    assert sorted(codes) == [0, 1]
    loser = said[codes.index(1)]
    assert "just now" in loser or "has a part 'post' already" in loser
    assert len(rows(allotments)) == 3_000
    assert sorted(path.name for path in (allotments / "data/waves").iterdir()) == ["2030", "2031"]
