"""A draft of a mapping sends columns where they belong, and says so when it does not know."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyreadstat
import pytest
import yaml

from tests.conftest import ROOT, Done, wavebook
from tests.exports import MAPPING, REGRETS, TOOLS, add, extend, of_part, rows, second_part
from wavebook.importing.mapping_file import read_mapping
from wavebook.instrument import read_instrument
from wavebook.project import Project
from wavebook.yaml_file import read_yaml

LABELLED = """\
ID,Site,What is grown [Beans],What is grown [Roses],Joys [Digging],Joys [Eating],Joys [Talking]
a,North,Plenty,Some,1,2,3
b,South,Some,None,2,1,3
c,South,None,None,3,2,1
"""


def drafted(project: Path, export: str, *options: str, name: str = "export.csv") -> Done:
    (project / name).write_text(export, encoding="utf-8")
    wave = () if "--wave" in options else ("--wave", "2031")
    done = wavebook("map", name, *wave, *options, cwd=project)
    assert done.returncode == 0, done.stderr
    return done


def questions(project: Path, part: str = "post", file: str = "mapping.yml") -> dict[str, object]:
    told = read_yaml(project / file, file, as_text=True)["parts"][part]["questions"]
    assert isinstance(told, dict)
    return told


def line(project: Path, start: str) -> str:
    """Return the line of the draft that starts so, without its indent."""
    lines = (project / "mapping.yml").read_text().splitlines()
    return next(text.strip() for text in lines if text.strip().startswith(start))


def site(project: Path, *cells: str) -> dict[str, str]:
    """Return what the values of a column with sites are taken for."""
    drafted(project, "n,site\n" + "".join(f'{n},"{cell}"\n' for n, cell in enumerate(cells)))
    told = questions(project)["site"]
    assert isinstance(told, dict)
    codes = told.get("codes", {})
    assert isinstance(codes, dict)
    return codes


# Columns


def test_columns_with_our_texts_are_certain(allotments: Path) -> None:
    drafted(allotments, LABELLED)
    assert questions(allotments)["grows"] == {
        "columns": {"beans": "What is grown [Beans]", "roses": "What is grown [Roses]"},
        "codes": {"Plenty": "plenty", "Some": "some", "None": "none_at_all"},
    }
    assert line(allotments, "beans:").endswith("# certain (text, values)")


@pytest.mark.parametrize("names", ["grows__beans,grows__roses", "GrowsBeans,Grows_Roses"])
def test_columns_with_our_names_are_certain(allotments: Path, names: str) -> None:
    drafted(allotments, f"n,{names}\n1,plenty,some\n2,some,none_at_all\n")
    assert line(allotments, "beans:").endswith("# certain (name, values)")


def test_what_it_drafts_can_be_added(allotments: Path) -> None:
    drafted(allotments, LABELLED)
    text = (allotments / "mapping.yml").read_text().replace("???", "2031-03")
    done = add(allotments, text, "")
    assert done.returncode == 0, done.stderr
    assert "3 of 4 questions answered" in done.stdout


def test_the_values_of_one_question_alone_are_a_guess(allotments: Path) -> None:
    drafted(allotments, "n,V7\n1,North\n2,South\n")
    assert line(allotments, "column:") == "column: V7  # guess (values)"


def test_two_columns_that_may_be_meant_are_a_gap(allotments: Path) -> None:
    drafted(allotments, "n,Site then,Site now\n1,North,South\n2,South,North\n")
    gap = "column: ???  # Site then or Site now? more than one may be meant"
    assert line(allotments, "column:") == gap


def test_a_column_is_sent_to_one_place(allotments: Path) -> None:
    # Both rows could be either column, by their values.
    drafted(allotments, "n,Beans,Roses,Leeks\n1,Plenty,Some,Some\n2,None,Some,Plenty\n")
    told = questions(allotments)["grows"]
    assert isinstance(told, dict)
    assert told["columns"] == {"beans": "Beans", "roses": "Roses"}


def test_questions_without_a_column_are_named(allotments: Path) -> None:
    said = drafted(allotments, LABELLED).stdout
    assert "No column for these of post: why_none" in said
    assert line(allotments, "# why_none:") == "# why_none: Why no roses"


def test_columns_that_belong_nowhere_are_named(allotments: Path) -> None:
    said = drafted(allotments, "n,Site,Remarks\n1,North,fine\n2,South,good\n").stdout
    assert "Columns that belong nowhere (2): n, Remarks" in said
    assert line(allotments, "# - Remarks") == "# - Remarks"


def test_what_platforms_add_is_ignored(allotments: Path) -> None:
    drafted(allotments, "IPAddress,Site,Progress\n10.0.0.1,North,100\n10.0.0.2,South,90\n")
    told = read_yaml(allotments / "mapping.yml", "mapping.yml", as_text=True)
    assert told["ignore"] == ["IPAddress", "Progress"]


def test_ids_weights_and_strata_are_found(allotments: Path) -> None:
    export = "RespID,Site,wgt,stratum\n7,North,0.5,a\n9,South,1.5,b\n"
    drafted(allotments, export)
    part = read_yaml(allotments / "mapping.yml", "m", as_text=True)["parts"]["post"]
    told = (part["respondent"], part["weight"], part["strata"])
    assert told == ("RespID", "wgt", "stratum")


@pytest.mark.parametrize("name", ["ID", "Serial No.", "Respondent ID"])
def test_ids_of_which_one_stands_twice_are_a_guess(allotments: Path, name: str) -> None:
    drafted(allotments, f"{name},Site\n7,North\n7,South\n8,North\n")
    told = f"respondent: {name}  # guess (its name, but 1 row repeats an id)"
    assert line(allotments, "respondent:") == told


def test_ids_that_some_lack_are_a_guess(allotments: Path) -> None:
    drafted(allotments, "ID,Site\n7,North\n,South\n,North\n")
    told = "respondent: ID  # guess (its name, but 2 rows have none)"
    assert line(allotments, "respondent:") == told


def test_ids_that_are_a_key_are_taken_before_others(allotments: Path) -> None:
    drafted(allotments, "Case ID,ID,Site\n7,1,North\n7,2,South\n")
    assert line(allotments, "respondent:").startswith("respondent: ID  # likely")


def test_dates_tell_the_fieldwork(allotments: Path) -> None:
    drafted(allotments, "Site,EndDate\nNorth,2031-05-03 10:00:00\nSouth,2031-04-28 09:00:00\n")
    fieldwork = read_yaml(allotments / "mapping.yml", "m", as_text=True)["wave"]["fieldwork"]
    assert fieldwork == {"start": "2031-04", "end": "2031-05"}


@pytest.mark.parametrize(
    ("column", "cells", "expected"),
    [
        ("Finished", ["True", "False", "True"], '[True] or "*"? True: 2, False: 1'),
        ("submitdate", ["2031-03-01", "", "2031-03-02"], '"*"? filled: 2, empty: 1'),
        (
            "Status",
            ["Complete", "Partial", "Complete"],
            '[Complete] or "*"? Complete: 2, Partial: 1',
        ),
        ("Interview status", ["Complete", "TEST", ""], '[Complete] or "*"? Complete: 1, TEST: 1, '),
        ("STATUS", ["1", "2", "1"], '[1], [2] or "*"? 1: 2, 2: 1'),
        ("V9", ["completed", "screened out", "completed"], '[completed] or "*"? completed: 2, scr'),
        ("channel", ["gl", "Survey Preview", "gl"], '[gl] or "*"? gl: 2, Survey Preview: 1'),
    ],
)
def test_which_interviews_count_is_a_gap(
    allotments: Path, column: str, cells: list[str], expected: str
) -> None:
    sites = ["North", "South", "North"]
    lines = [f"{site},{cell}" for site, cell in zip(sites, cells, strict=True)]
    drafted(allotments, "\n".join([f"Site,{column}", *lines]))
    part = read_yaml(allotments / "mapping.yml", "m", as_text=True)["parts"]["post"]
    assert part["only"] == {column: "???"}
    assert line(allotments, f"{column}: ???").startswith(f"{column}: ???  # {expected}")


@pytest.mark.parametrize("candidate", ["[Complete]", '"*"'])
def test_a_candidate_for_which_interviews_count_can_be_taken_as_it_stands(
    allotments: Path, candidate: str
) -> None:
    drafted(allotments, "Site,Status\nNorth,Complete\nSouth,TEST\n")
    text = (allotments / "mapping.yml").read_text()
    told = text.replace("Status: ???", f"Status: {candidate}").replace("???", "2031-03")
    done = add(allotments, told, "")
    assert done.returncode == 0, done.stderr
    assert len(rows(allotments)) == {"[Complete]": 1, '"*"': 2}[candidate]


@pytest.mark.parametrize(
    ("column", "cells"),
    [
        ("Status", ["Complete", "Complete"]),
        ("Marital status", ["single", "married"]),
        ("completed", ["2031-03-01", "2031-03-02"]),
    ],
)
def test_what_tells_no_interviews_apart_is_no_gap(
    allotments: Path, column: str, cells: list[str]
) -> None:
    first, second = cells
    drafted(allotments, f"Site,{column}\nNorth,{first}\nSouth,{second}\n")
    assert "only" not in read_yaml(allotments / "mapping.yml", "m")["parts"]["post"]


def test_which_interviews_counted_is_taken_over(allotments: Path) -> None:
    earlier = of_part(only={"Status": ["Complete"]})
    (allotments / "earlier.yml").write_text(yaml.safe_dump(earlier, sort_keys=False))
    drafted(allotments, "id,Q1,Status\na,1,Complete\nb,2,TEST\n", "--like", "earlier.yml")
    part = read_yaml(allotments / "mapping.yml", "m", as_text=True)["parts"]["post"]
    assert part["only"] == {"Status": ["Complete"]}


def test_without_dates_the_fieldwork_is_a_gap(allotments: Path) -> None:
    assert "wave.fieldwork.start: ???" in drafted(allotments, LABELLED).stdout


def test_a_wave_id_without_a_year_leaves_a_gap(allotments: Path) -> None:
    assert "wave.year: ???" in drafted(allotments, LABELLED, "--wave", "spring").stdout


# Values


def test_our_own_codes_need_no_table(allotments: Path) -> None:
    assert site(allotments, "north", "south") == {}


def test_labels_are_recognised_whatever_their_case_and_signs(allotments: Path) -> None:
    assert site(allotments, "NORTH", "south.") == {"NORTH": "north", "south.": "south"}


def test_a_label_that_is_none_is_a_gap_with_candidates(allotments: Path) -> None:
    assert site(allotments, "North", "South", "East")["East"] == "???"
    assert line(allotments, "East:") == ("East: ???  # north, south or not asked? nothing tells")


def test_numbers_without_labels_are_gaps(allotments: Path) -> None:
    assert site(allotments, "1", "2", "1") == {"1": "???", "2": "???"}


def test_a_negation_is_not_taken_for_its_opposite(allotments: Path) -> None:
    likes = {
        "type": "single",
        "part": "post",
        "label": "Likes the site",
        "options": {"yes": "Satisfied", "no": "Dissatisfied"},
    }
    extend(allotments, likes=likes)
    drafted(allotments, "Likes the site\nNot satisfied\nSatisfied\n")
    told = questions(allotments)["likes"]
    assert isinstance(told, dict)
    assert told["codes"]["Satisfied"] == "yes"
    assert told["codes"]["Not satisfied"] in ("no", "???")


def test_not_applicable_is_guessed_to_be_not_asked(allotments: Path) -> None:
    assert site(allotments, "North", "South", "Not applicable")["Not applicable"] == "not asked"
    assert line(allotments, "Not applicable:").endswith("# guess (says so)")


def test_who_did_not_know_is_left_open_where_the_instrument_has_no_such_code(
    allotments: Path,
) -> None:
    assert site(allotments, "North", "South", "Don't know")["Don't know"] == "???"


def test_who_did_not_know_or_refused_has_the_instrument_s_code(allotments: Path) -> None:
    extend(allotments, tools=TOOLS)
    drafted(allotments, "n,Tools in the shed [Spade]\n1,Yes\n2,DK\n3,Refused\n")
    told = questions(allotments)["tools"]
    assert isinstance(told, dict)
    assert (told["codes"]["DK"], told["codes"]["Refused"]) == ("dont_know", "refused")


def test_codes_that_the_file_declares_missing_are_not_asked(allotments: Path) -> None:
    frame = pd.DataFrame({"Q1": [1.0, 2.0, 9.0]})
    labels = {"Q1": {1: "North", 2: "South", 9: "Routed"}}
    pyreadstat.write_sav(
        frame,
        allotments / "export.sav",
        column_labels={"Q1": "Site"},
        variable_value_labels=labels,
        missing_ranges={"Q1": [9.0]},
    )
    assert wavebook("map", "export.sav", cwd=allotments).returncode == 0
    told = questions(allotments)["site"]
    assert told == {"column": "Q1", "codes": {"1": "north", "2": "south", "9": "not asked"}}
    assert line(allotments, "9:").endswith('# likely (declared missing by the file) "Routed"')


def test_a_code_that_only_its_label_tells_of_leaves_no_gap(allotments: Path) -> None:
    frame = pd.DataFrame({"Q1": [1.0, 2.0]})
    labels = {"Q1": {1: "North", 2: "South", 3: "Lost"}}
    pyreadstat.write_sav(
        frame, allotments / "export.sav", column_labels={"Q1": "Site"}, variable_value_labels=labels
    )
    assert wavebook("map", "export.sav", cwd=allotments).returncode == 0
    assert questions(allotments)["site"] == {"column": "Q1", "codes": {"1": "north", "2": "south"}}
    assert line(allotments, "# 3:") == '# 3:  # "Lost" stands nowhere'


def test_an_error_of_a_spreadsheet_is_no_value(allotments: Path) -> None:
    assert site(allotments, "North", "South", "#N/A") == {"North": "north", "South": "south"}


def test_a_value_with_a_line_break_and_a_colon_is_kept_whole(allotments: Path) -> None:
    assert site(allotments, "North", "South", "East:\n#1")["East:\n#1"] == "???"


def test_a_very_long_value_is_kept_whole(allotments: Path) -> None:
    long = "East of the river " * 70
    assert site(allotments, "North", "South", long)[long.strip()] == "???"


# Choices and ranks


def tools(project: Path, export: str) -> dict[str, object]:
    extend(project, tools=TOOLS)
    drafted(project, export)
    told = questions(project)["tools"]
    assert isinstance(told, dict)
    return told


def test_choices_left_empty_are_guessed_to_be_not_ticked(allotments: Path) -> None:
    names = "Tools in the shed [Spade],Tools in the shed [Rake]"
    told = tools(allotments, f"n,{names}\n1,Yes,\n2,,Yes\n3,,\n")
    assert (told["codes"], told["empty"]) == ({"Yes": "yes"}, "no")
    assert line(allotments, "empty:").startswith("empty: no  # guess")


def test_choices_with_both_answers_need_no_guess(allotments: Path) -> None:
    names = "Tools in the shed [Spade],Tools in the shed [Rake]"
    told = tools(allotments, f"n,{names}\n1,Yes,No\n2,No,Yes\n3,,\n")
    assert told["codes"] == {"Yes": "yes", "No": "no"}
    assert "empty" not in told


def test_a_draft_is_of_a_wave_that_can_be_added(allotments: Path) -> None:
    (allotments / "export.csv").write_text("site\nNorth\n")
    done = wavebook("map", "export.csv", "--wave", "My Wave", cwd=allotments)
    assert (done.returncode, (allotments / "mapping.yml").exists()) == (1, False)
    assert "'My Wave' is not a wave id" in done.stderr


def test_an_answer_that_is_not_understood_may_say_no(allotments: Path) -> None:
    names = "Tools in the shed [Spade],Tools in the shed [Rake]"
    told = tools(allotments, f"n,{names}\n1,Yes,Nein\n2,Nein,Yes\n3,,\n")
    assert "empty" not in told


def test_choices_in_one_cell_are_recognised(allotments: Path) -> None:
    told = tools(allotments, "n,Tools in the shed\n1,Spade;Rake\n2,Rake\n3,None of the above\n")
    assert told == {
        "column": "Tools in the shed",
        "separator": ";",
        "codes": {
            "Spade": "spade",
            "Rake": "rake",
            "Net, fine\nor coarse": "net",
            "None of the above": "none of these",
        },
    }


def test_a_choice_that_nobody_made_is_a_guess(allotments: Path) -> None:
    tools(allotments, "n,Tools in the shed\n1,Spade;Rake\n2,Rake\n")
    note = "guess (stands nowhere; take it out if it was not offered)"
    assert note in line(allotments, '"Net, fine')


def test_another_question_s_columns_do_not_tell_a_question_s_form(allotments: Path) -> None:
    extend(allotments, tools=TOOLS, regrets=REGRETS)
    names = "Tools in the shed,Regrets [Spade],Regrets [Rake]"
    drafted(allotments, f"n,{names}\n1,Spade;Rake,1,0\n2,Rake,0,1\n")
    told = questions(allotments)
    assert told["tools"]["separator"] == ";"  # type: ignore[index]
    assert told["regrets"]["columns"] == {  # type: ignore[index]
        "spade": "Regrets [Spade]", "rake": "Regrets [Rake]", "net": "???"
    }  # fmt: skip


def test_a_column_of_its_own_for_not_knowing_is_recognised(allotments: Path) -> None:
    names = "Tools in the shed [Spade],Tools in the shed [Don't know]"
    told = tools(allotments, f"n,{names}\n1,1,0\n2,0,1\n")
    assert told["columns"] == {
        "spade": "Tools in the shed [Spade]",
        "rake": "???",
        "net": "???",
        "dont_know": "Tools in the shed [Don't know]",
    }


def test_a_column_is_not_taken_for_none_of_these_to_make_room_for_another(
    allotments: Path,
) -> None:
    # The last column has the same values, and a word of the row.
    names = "Tools in the shed - Spade,Tools in the shed - Rake,Rake hired from others"
    told = tools(allotments, f"n,{names}\n1,1,0,1\n2,0,1,0\n")
    assert told["columns"] == {
        "spade": "Tools in the shed - Spade",
        "rake": "Tools in the shed - Rake",
        "net": "???",
    }


# Each cell holds the choice's label or nothing; two labels are not quite ours.
BLANK_OR_LABEL = """\
n,Tools in the shed: Spade,Tools in the shed: Rake (any kind),Tools in the shed: Net (which one?)
1,Spade,,Net (which one?)
2,,Rake (any kind),Net (which one?)
3,,,
"""


def test_a_label_in_a_cell_says_that_its_choice_was_ticked(allotments: Path) -> None:
    assert tools(allotments, BLANK_OR_LABEL)["codes"] == {
        "Net (which one?)": "yes", "Rake (any kind)": "yes", "Spade": "yes"
    }  # fmt: skip


def test_beside_labels_an_empty_cell_says_that_a_choice_was_not_ticked(allotments: Path) -> None:
    # Either of the last columns may be the net's.
    names = "Tools in the shed: Spade,Tools in the shed: Rake,Net A,Net B"
    told = tools(allotments, f"n,{names}\n1,Spade,,Yes,Yes\n2,,Rake,No,No\n")
    assert (told["empty"], told["codes"]) == ("no", {"Rake": "yes", "Spade": "yes"})


def test_a_row_without_a_column_is_a_gap(allotments: Path) -> None:
    drafted(allotments, "n,What is grown [Beans]\n1,Plenty\n2,Some\n")
    told = "roses: ???  # no column is like it; take the line out if it was not asked"
    assert line(allotments, "roses:") == told


def test_an_apostrophe_may_be_curly(allotments: Path) -> None:
    extend(allotments, tools=TOOLS)
    drafted(allotments, "n,Tools in the shed [Don’t know]\n1,1\n2,0\n")
    assert line(allotments, "dont_know:").endswith("# certain (text, values)")


def test_ranks_in_words_are_recognised(allotments: Path) -> None:
    drafted(allotments, "Joys [Digging],Joys [Eating]\n1st,2nd\n2nd,1st\n")
    told = questions(allotments)["joy"]
    assert isinstance(told, dict)
    assert told["codes"] == {"1st": "1", "2nd": "2"}


def test_columns_that_hold_what_was_ranked_are_recognised(allotments: Path) -> None:
    names = "Joys - first,Joys - second,Joys - third"
    drafted(allotments, f"{names}\nDigging,Eating,Talking\nEating,Digging,Talking\n")
    told = questions(allotments)["joy"]
    assert isinstance(told, dict)
    assert told["places"] == ["Joys - first", "Joys - second", "Joys - third"]


# Parts


def test_the_part_is_found_out(allotments: Path) -> None:
    second_part(allotments)
    drafted(allotments, "n,Shed\n1,Wood\n2,Tin\n")
    assert list(read_yaml(allotments / "mapping.yml", "m")["parts"]) == ["web"]


def test_two_files_are_two_parts(allotments: Path) -> None:
    second_part(allotments)
    (allotments / "web.csv").write_text("n,Shed\n1,Wood\n2,Tin\n")
    drafted(allotments, LABELLED, "web.csv")
    parts = read_yaml(allotments / "mapping.yml", "m")["parts"]
    files = {name: part["source"]["file"] for name, part in parts.items()}
    assert files == {"post": "export.csv", "web": "web.csv"}


def test_a_column_that_tells_the_part_is_found(allotments: Path) -> None:
    second_part(allotments)
    drafted(
        allotments,
        "How,Site,Why no roses,What is grown [Beans],What is grown [Roses],Shed\n"
        "Postal survey,North,Thorns,Some,None,\nWeb survey,,,,,Tin\nWeb survey,,,,,Wood\n",
    )
    parts = read_yaml(allotments / "mapping.yml", "m")["parts"]
    only = {name: part["only"] for name, part in parts.items()}
    assert only == {"post": {"How": ["Postal survey"]}, "web": {"How": ["Web survey"]}}


def test_an_export_of_something_else_is_refused(allotments: Path) -> None:
    second_part(allotments)
    (allotments / "export.csv").write_text("a,b\n1,2\n2,3\n")
    done = wavebook("map", "export.csv", cwd=allotments)
    assert done.returncode == 1
    assert "nothing in it resembles the questions of a part" in done.stderr
    assert not (allotments / "mapping.yml").exists()


@pytest.mark.parametrize("options", [(), ("--part", "post")])
def test_two_files_of_one_part_are_refused(allotments: Path, options: tuple[str, ...]) -> None:
    second_part(allotments)
    (allotments / "export.csv").write_text(LABELLED)
    (allotments / "more.csv").write_text(LABELLED.replace("a,North", "d,North"))
    done = wavebook("map", "export.csv", "more.csv", *options, cwd=allotments)
    assert done.returncode == 1
    assert done.stderr == (
        "more.csv: it answers the questions of part 'post', as export.csv does, and a part is read "
        "from one file; put the rows of both into one, under one header, or leave one out\n"
    )


def test_a_part_that_is_none_is_named(allotments: Path) -> None:
    (allotments / "export.csv").write_text(LABELLED)
    done = wavebook("map", "export.csv", "--part", "pots", cwd=allotments)
    assert done.returncode == 1
    assert "'pots' is not a part (post); did you mean 'post'?" in done.stderr


# The file


def test_a_file_that_is_there_is_not_overwritten(allotments: Path) -> None:
    (allotments / "mapping.yml").write_text("mine")
    (allotments / "export.csv").write_text(LABELLED)
    done = wavebook("map", "export.csv", cwd=allotments)
    assert done.returncode == 1
    assert done.stderr == (
        "mapping.yml: it is there already; --force overwrites it, --out writes another\n"
    )
    assert (allotments / "mapping.yml").read_text() == "mine"


def test_a_file_is_overwritten_when_asked(allotments: Path) -> None:
    (allotments / "mapping.yml").write_text("mine")
    drafted(allotments, LABELLED, "--force")
    assert (allotments / "mapping.yml").read_text() != "mine"


def test_a_file_that_cannot_be_written_is_named(allotments: Path) -> None:
    (allotments / "export.csv").write_text(LABELLED)
    done = wavebook("map", "export.csv", "--out", "no/such/folder.yml", cwd=allotments)
    assert done.returncode == 1
    assert done.stderr.startswith("no/such/folder.yml: cannot be written: ")


def test_the_draft_says_how_to_go_on(allotments: Path) -> None:
    drafted(allotments, LABELLED, "--out", "ours.yml")
    assert "wavebook add export.csv --wave 2031 --mapping ours.yml" in (
        (allotments / "ours.yml").read_text()
    )


# After an earlier wave


EARLIER = yaml.safe_dump(MAPPING | {"ignore": ["meta_*"]}, sort_keys=False)
AGAIN = "id,Q1,Q2_1,Q2_2,Q3_1,Q3_2,Q3_3,Q4,meta_x\na,1,1,2,1,2,3,,z\nb,2,3,3,2,1,3,1,z\n"


def after(project: Path, export: str, *options: str) -> Done:
    (project / "earlier.yml").write_text(EARLIER)
    return drafted(project, export, "--like", "earlier.yml", "--wave", "2033", *options)


def test_columns_of_an_earlier_wave_are_taken_over(allotments: Path) -> None:
    after(allotments, AGAIN)
    assert questions(allotments) == MAPPING["parts"]["post"]["questions"]
    assert line(allotments, "respondent:") == "respondent: id  # likely (as in earlier.yml)"
    assert read_yaml(allotments / "mapping.yml", "m")["ignore"] == ["meta_x"]


def test_the_title_moves_on(allotments: Path) -> None:
    after(allotments, AGAIN)
    told = read_yaml(allotments / "mapping.yml", "m")["wave"]["title"]
    assert told == "The 2033 survey of allotment holders"


def test_a_code_that_is_new_is_a_gap(allotments: Path) -> None:
    after(allotments, AGAIN.replace("b,2", "b,3"))
    told = questions(allotments)["site"]
    assert isinstance(told, dict)
    assert told["codes"] == {"1": "north", "2": "south", "3": "???"}


def test_a_code_whose_label_says_something_else_now_is_a_gap(allotments: Path) -> None:
    (allotments / "earlier.yml").write_text(EARLIER)
    pyreadstat.write_sav(
        pd.DataFrame({"id": ["a", "b"], "Q1": [1.0, 2.0]}),
        allotments / "export.sav",
        column_labels={"Q1": "Site"},
        variable_value_labels={"Q1": {1: "South", 2: "North"}},
    )
    done = wavebook("map", "export.sav", "--like", "earlier.yml", cwd=allotments)
    assert done.returncode == 0, done.stderr
    told = questions(allotments)["site"]
    assert told == {"column": "Q1", "codes": {"1": "???", "2": "???"}}


def test_a_question_whose_number_has_moved_is_not_taken_over(allotments: Path) -> None:
    (allotments / "earlier.yml").write_text(EARLIER)
    pyreadstat.write_sav(
        pd.DataFrame({"id": ["a", "b"], "Q1": [1.0, 2.0], "Q4": [1.0, 2.0]}),
        allotments / "export.sav",
        column_labels={"Q1": "Why no roses", "Q4": "Site"},
        variable_value_labels={
            "Q1": {1: "Thorns", 2: "Price"},
            "Q4": {1: "North", 2: "South"},
        },
    )
    done = wavebook("map", "export.sav", "--like", "earlier.yml", cwd=allotments)
    assert done.returncode == 0, done.stderr
    told = questions(allotments)
    assert {name: q["column"] for name, q in told.items()} == {"site": "Q4", "why_none": "Q1"}  # type: ignore[index]


def test_rows_that_have_changed_places_are_not_taken_over(allotments: Path) -> None:
    (allotments / "earlier.yml").write_text(EARLIER)
    answers = {1: "Plenty", 2: "Some", 3: "None at all"}
    pyreadstat.write_sav(
        pd.DataFrame({"id": ["a", "b"], "Q2_1": [1.0, 2.0], "Q2_2": [2.0, 3.0]}),
        allotments / "export.sav",
        column_labels={"Q2_1": "What is grown: Roses", "Q2_2": "What is grown: Beans"},
        variable_value_labels={"Q2_1": answers, "Q2_2": answers},
    )
    done = wavebook("map", "export.sav", "--like", "earlier.yml", cwd=allotments)
    assert done.returncode == 0, done.stderr
    told = questions(allotments)["grows"]
    assert told["columns"] == {"beans": "Q2_2", "roses": "Q2_1"}  # type: ignore[index]


def test_an_earlier_mapping_that_is_unsound_is_refused(allotments: Path) -> None:
    (allotments / "earlier.yml").write_text("parts: {post: {questions: {sight: Q1}}}\n")
    (allotments / "export.csv").write_text(AGAIN)
    done = wavebook("map", "export.csv", "--like", "earlier.yml", cwd=allotments)
    assert done.returncode == 1
    assert "earlier.yml, parts.post.questions.sight: there is no such question" in done.stderr


# A survey of the real size


@pytest.fixture(scope="module")
def survey(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's own instrument, and the reconstruction of 2010 as an agency delivers it."""
    root = tmp_path_factory.mktemp("survey")
    (root / "data" / "waves").mkdir(parents=True)
    instrument = ROOT / "data" / "instrument.yml"
    (root / "data" / "instrument.yml").write_text(instrument.read_text())
    asked = read_instrument(instrument)
    for part in asked.parts:
        frame = pd.read_csv(ROOT / f"data/waves/2010/{part}.csv", dtype=str)
        made: dict[str, object] = {"SERIAL": frame["respondent"]}
        texts, labels = {"SERIAL": "Serial number"}, {}
        for number, (name, question) in enumerate(asked.of_part(part), start=1):
            for at, (column, row) in enumerate(question.columns(name).items(), start=1):
                if column not in frame or question.type == "derived":
                    continue
                new = f"Q{number}_{at}"
                text = question.text or question.label
                texts[new] = f"{question.rows[row].label} - {text}" if row else text
                codes = {answer: float(n) for n, answer in enumerate(question.choices, start=1)}
                made[new] = frame[column].map(codes)
                if question.type != "ranking":
                    labels[new] = {code: question.label_of(a) for a, code in codes.items()}
        pyreadstat.write_sav(
            pd.DataFrame(made),
            root / f"{part}.sav",
            column_labels=texts,
            variable_value_labels=labels,
        )
    files = [f"{part}.sav" for part in asked.parts]
    done = wavebook("map", *files, "--wave", "2010", "--out", "drafted.yml", cwd=root)
    assert done.returncode == 0, done.stderr
    return root


def test_the_survey_s_draft_has_no_gap_but_the_dates(survey: Path) -> None:
    gaps = [text for text in (survey / "drafted.yml").read_text().splitlines() if ": ???" in text]
    assert [text.strip().partition(":")[0] for text in gaps] == ["start", "end"]


def test_the_survey_s_answers_come_back_the_same(survey: Path) -> None:
    text = (survey / "drafted.yml").read_text().replace("???", "2010-01")
    (survey / "mapping.yml").write_text(text)
    files = [path.name for path in sorted(survey.glob("*.sav"))]
    done = wavebook("add", *files, "--wave", "2010", "--mapping", "mapping.yml", cwd=survey)
    assert done.returncode == 0, done.stderr
    for path in ROOT.glob("data/waves/2010/*line.csv"):
        assert (survey / "data/waves/2010" / path.name).read_bytes() == path.read_bytes()
    assert read_mapping(survey / "mapping.yml", "m", Project(survey).instrument).parts
