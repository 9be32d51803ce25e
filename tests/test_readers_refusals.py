"""What cannot be read is refused in a line that says what was found, and never in a traceback."""

from __future__ import annotations

import gzip
import os
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.awkward import binary_workbook, changed_workbook, opendocument, spss, stata, workbook
from tests.conftest import ROOT
from wavebook.errors import WavebookError
from wavebook.importing import read_export

EXPORTS = ROOT / "tests" / "exports"
TABLE = [["id", "q1"], [1, "yes"], [2, "no"]]
HTML = b"\n <!DOCTYPE html><html><body><table><tr><td>id</td></tr></table></body></html>"
ENDINGS = ("csv", "tsv", "txt", "xlsx", "xls", "xlsb", "ods", "sav", "zsav", "dta", "parquet", "q")


def refusal(path: Path, **options: Any) -> str:
    with pytest.raises(WavebookError) as caught:
        read_export(path, name=path.name, **options)
    return str(caught.value)


def refused(folder: Path, name: str, content: bytes | str, **options: Any) -> str:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return refusal(path, **options)


# No file, or no answers in it


def test_a_missing_file(tmp_path: Path) -> None:
    assert refusal(tmp_path / "a.csv") == "a.csv: there is no such file"


def test_a_folder(tmp_path: Path) -> None:
    assert refusal(tmp_path) == f"{tmp_path.name}: a folder, not a file of answers"


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.csv")
    assert refusal(tmp_path / "a.csv") == "a.csv: not a regular file"


@pytest.mark.parametrize("name", ["x" * 300 + ".csv", "a\0.csv"])
def test_a_name_that_no_file_can_have(tmp_path: Path, name: str) -> None:
    assert "cannot be opened" in refusal(tmp_path / name)


@contextmanager
def as_somebody_else() -> Iterator[None]:
    """Root may read everything: be nobody for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_no_permission(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,q1\n1,2\n")
    path.chmod(0)
    with as_somebody_else():
        assert refusal(path) == "a.csv: no permission to read it"


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_empty_file(tmp_path: Path, ending: str) -> None:
    assert refused(tmp_path, f"a.{ending}", b"") == f"a.{ending}: the file is empty"


def test_blank_space(tmp_path: Path) -> None:
    assert refused(tmp_path, "a.csv", " \n\n") == "a.csv: the file holds nothing but blank space"


def test_separators_and_nothing_else(tmp_path: Path) -> None:
    assert refused(tmp_path, "a.csv", ";;\n;;\n") == "a.csv: nothing in it but blank rows"


@pytest.mark.parametrize("text", ["id,q1\n", "id,q1", "id,q1\n,\n\n"])
def test_a_header_only(tmp_path: Path, text: str) -> None:
    assert refused(tmp_path, "a.csv", text) == "a.csv: a header, but no respondents under it"


def test_a_header_only_in_a_workbook(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", Data=[["id", "q1"]])
    assert refusal(path) == "a.xlsx: no sheet holds a table of answers (Data)"
    assert refusal(path, sheet="Data") == "a.xlsx: a header, but no respondents under it"


ANSWERED = [["id", "q1", "q2"], [1, "yes", "no"], [2, None, "no"], [3, "no", None]]


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ("B2:B3", "row 2, q1: 'yes' stands in a cell that is merged down to row 3"),
        ("B4:C4", "row 4, q1: 'no' stands in a cell that is merged with 1 beside it"),
    ],
)
def test_an_answer_in_merged_cells(tmp_path: Path, cells: str, told: str) -> None:
    path = workbook(tmp_path / "a.xlsx", Data=ANSWERED)
    changed_workbook(path, lambda sheet: sheet.merge_cells(cells))
    assert refusal(path) == (
        f"a.xlsx, {told} in sheet 'Data'; expected a cell for each answer: unmerge them, "
        "and fill each"
    )


def test_variables_without_respondents(tmp_path: Path) -> None:
    for path in (
        spss(tmp_path / "a.sav", {"q1": []}),
        stata(tmp_path / "a.dta", {"q1": []}),
    ):
        assert refusal(path) == f"{path.name}: variables, but no respondents"
    pl.DataFrame({"q1": []}).write_parquet(tmp_path / "a.parquet")
    assert refusal(tmp_path / "a.parquet") == "a.parquet: columns, but no respondents"


# Something else


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_page_under_another_name(tmp_path: Path, ending: str) -> None:
    said = refused(tmp_path, f"a.{ending}", HTML)
    assert said.startswith(f"a.{ending}: really an HTML page, not a file of answers: open it in a")


def test_a_page_in_utf_16(tmp_path: Path) -> None:
    assert "an HTML page" in refused(tmp_path, "a.xls", "\ufeff<html>".encode("utf-16-le"))


@pytest.mark.parametrize("ending", ["csv", "xlsx", "sav"])
def test_a_pdf_under_another_name(tmp_path: Path, ending: str) -> None:
    said = refused(tmp_path, f"a.{ending}", b"%PDF-1.7\n%\xe2\xe3")
    assert said.startswith(f"a.{ending}: a PDF document, not a file of answers (CSV, Excel")


def test_excel_s_xml_of_2003(tmp_path: Path) -> None:
    said = refused(tmp_path, "a.xls", '<?xml version="1.0"?><Workbook/>')
    assert "really an XML file" in said


def test_a_word_document(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.docx", "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    assert "a Word document" in refusal(tmp_path / "a.docx")


def test_an_archive_names_what_is_in_it(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("wave.csv", "id\n1\n")
    assert refusal(tmp_path / "a.zip").endswith("unpack it first (wave.csv)")


def test_a_packed_file(tmp_path: Path) -> None:
    assert "unpack it first" in refused(tmp_path, "a.csv.gz", gzip.compress(b"id\n1\n"))


@pytest.mark.parametrize(
    ("ending", "kind"), [("sav", "SPSS"), ("dta", "Stata"), ("parquet", "Parquet")]
)
def test_text_under_the_name_of_a_binary_file(tmp_path: Path, ending: str, kind: str) -> None:
    said = refused(tmp_path, f"a.{ending}", "id,q1\n1,2\n")
    assert said == f"a.{ending}: not a {kind} file: it does not begin as one, or is damaged"


@pytest.mark.parametrize(
    ("ending", "what"),
    [("sas7bdat", "a SAS data set"), ("por", "an SPSS portable file"), ("json", "a JSON file")],
)
def test_formats_that_are_not_read_name_those_that_are(
    tmp_path: Path, ending: str, what: str
) -> None:
    said = refused(tmp_path, f"a.{ending}", "id,q1\n1,2\n")
    read = "CSV, Excel, OpenDocument, Parquet, SPSS .sav or Stata .dta"
    assert said == f"a.{ending}: {what}, which is not read; export the answers as {read}"


# Damaged


@pytest.mark.parametrize("kept", [5, 200, 400, 0.5, 0.9])
@pytest.mark.parametrize("ending", ["sav", "zsav", "dta"])
def test_a_statistical_file_that_was_cut_off(tmp_path: Path, ending: str, kept: float) -> None:
    columns = {"id": [float(n) for n in range(200)], "q1": ["yes", "no"] * 100}
    make: Callable[..., Path] = stata if ending == "dta" else spss
    whole = make(tmp_path / f"whole.{ending}", columns).read_bytes()
    cut = whole[: int(kept if kept > 1 else kept * len(whole))]
    said = refused(tmp_path, f"a.{ending}", cut)
    assert "\n" not in said
    assert any(word in said for word in ("damaged", "cut off", "no respondents")), said


@pytest.mark.parametrize("kept", [10, 0.5, 0.99])
def test_a_parquet_file_that_was_cut_off(tmp_path: Path, kept: float) -> None:
    pl.DataFrame({"id": range(100)}).write_parquet(tmp_path / "whole")
    whole = (tmp_path / "whole").read_bytes()
    said = refused(tmp_path, "a.parquet", whole[: int(kept if kept > 1 else kept * len(whole))])
    assert said.startswith("a.parquet: a damaged Parquet file: ")


@pytest.mark.parametrize("kept", [0.3, 0.95])
def test_a_workbook_that_was_cut_off(tmp_path: Path, kept: float) -> None:
    whole = workbook(tmp_path / "whole.xlsx", Data=TABLE).read_bytes()
    said = refused(tmp_path, "a.xlsx", whole[: int(kept * len(whole))])
    assert said.startswith("a.xlsx: a damaged workbook or archive: ")


def test_an_old_workbook_that_was_cut_off(tmp_path: Path) -> None:
    whole = (EXPORTS / "excel-97.xls").read_bytes()
    assert "a damaged workbook" in refused(tmp_path, "a.xls", whole[:1000])


def test_a_file_that_ends_its_reader_does_not_end_us(tmp_path: Path) -> None:
    labels = {"id": {1: "first"}}
    path = spss(tmp_path / "whole.sav", {"id": [1.0]}, variable_value_labels=labels)
    raw = bytearray(path.read_bytes())
    # Behind the header of 176 bytes stands the first variable; in it, that it is a number. As a
    # text of one letter it has labels of numbers, and pyreadstat 1.3 ends in a memory fault.
    raw[180:184] = (1).to_bytes(4, "little")
    assert refused(tmp_path, "a.sav", bytes(raw)) == "a.sav: damaged: its reader broke off"


# Workbooks


@pytest.mark.parametrize("name", ["protected.xlsx"])
def test_a_workbook_with_a_password(name: str) -> None:
    said = refusal(EXPORTS / name)
    assert said == f"{name}: protected by a password: open it and save it without one"


def test_an_open_document_with_a_password(tmp_path: Path) -> None:
    path = opendocument(tmp_path / "a.ods", [["id", "q1"], ["1", "2"]], has_password=True)
    assert "protected by a password" in refusal(path)


def test_an_unknown_sheet_names_those_there_are(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", Answers=TABLE, Codes=TABLE)
    said = refusal(path, sheet="Answer")
    assert said == ("a.xlsx: there is no sheet 'Answer' (Answers, Codes); did you mean 'Answers'?")


def test_a_cell_far_outside_the_table_is_not_paid_for_in_memory(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", Data=TABLE)

    def stray(sheet: Any) -> None:
        sheet.cell(row=1_048_576, column=16_384, value="x")

    said = refusal(changed_workbook(path, stray))
    assert said == (
        "a.xlsx: a sheet reaches to row 1,048,576 and is 16,384 columns wide: "
        "delete what stands far outside the table"
    )


def test_a_binary_sheet_that_says_it_is_enormous(tmp_path: Path) -> None:
    path = binary_workbook(tmp_path / "a.xlsb", [["id", "q1"], [1.0, 2.0]], last_row=1_048_575 * 64)
    assert "delete what stands far outside the table" in refusal(path)


def test_an_archive_that_would_unpack_to_gigabytes(tmp_path: Path) -> None:
    raw = bytearray(workbook(tmp_path / "a.xlsx", Data=TABLE).read_bytes())
    entry = raw.index(b"PK\x01\x02")  # in the directory, 24 bytes on: the size unpacked
    raw[entry + 24 : entry + 28] = (0xF000_0000).to_bytes(4, "little")
    assert refused(tmp_path, "a.xlsx", bytes(raw)) == "a.xlsx: would unpack to 4 GB"


def test_a_table_under_rows_that_are_no_header(tmp_path: Path) -> None:
    rows = [["Survey", None, None, None, "of"], ["id", "q1", "q2", "q3", "q4"], [1, 2, 3, 4, 5]]
    said = refusal(workbook(tmp_path / "a.xlsx", Data=rows))
    assert said == (
        "a.xlsx, row 1: 3 of 5 columns have no name in the first row of the table: "
        "delete what stands above its header"
    )


# Text files


def test_ragged_rows_are_named(tmp_path: Path) -> None:
    said = refused(tmp_path, "a.csv", "id,q1,q2\n1,a,b\n2,a\n3,a,b,c\n")
    assert said.splitlines() == [
        "a.csv, row 3: 2 cells, expected 3 as in the header",
        "a.csv, row 4: 4 cells, expected 3 as in the header",
    ]


def test_many_ragged_rows_are_counted(tmp_path: Path) -> None:
    said = refused(tmp_path, "a.csv", "id,q1\n" + "1,a\n" * 20 + "1,2,3\n" * 12)
    assert said.splitlines()[-1].startswith("a.csv: 4 more rows are too long or too short")
    assert len(said.splitlines()) == 9


def test_an_answer_with_an_unquoted_separator_is_named(tmp_path: Path) -> None:
    said = refused(tmp_path, "a.csv", "id,why\n1,near\n2,near, sunny\n")
    assert said == "a.csv, row 3: 3 cells, expected 2 as in the header"


def test_a_quotation_that_never_ends(tmp_path: Path) -> None:
    said = refused(tmp_path, "a.csv", 'id,why\n1,near\n2,"near\n3,far\n')
    assert said == "a.csv, line 3: a quotation mark begins a cell here and nothing ends it"


def test_text_behind_a_quotation(tmp_path: Path) -> None:
    said = refused(tmp_path, "a.csv", 'id,why\n1,"She said "no" to it"\n')
    assert said.startswith("a.csv, line 2: text after a closing quotation mark")


def test_nul_characters(tmp_path: Path) -> None:
    said = refused(tmp_path, "a.csv", b"id,q1\n1,ye\0s\n")
    assert said == "a.csv, line 2: a NUL character: this is no text, or is damaged"


def test_nul_characters_in_no_encoding(tmp_path: Path) -> None:
    assert "a NUL character" in refused(tmp_path, "a.csv", b"id\n\xff\xfa\0\x01\x80\n")


def test_bytes_that_are_not_of_the_encoding_told(tmp_path: Path) -> None:
    said = refused(tmp_path, "a.csv", b"id,q1\n1,caf\xe9\n", encoding="utf-8")
    assert said == "a.csv, line 2: 0xE9 is not utf-8: is it another encoding?"


@pytest.mark.parametrize("encoding", ["utf-99", "base64", "rot13", "", "a\0b", "é"])
def test_an_encoding_that_is_none(tmp_path: Path, encoding: str) -> None:
    said = refused(tmp_path, "a.csv", "id\n1\n", encoding=encoding)
    assert said == f"a.csv: '{encoding}' is not an encoding (utf-8, windows-1252, utf-16, …)"


def test_a_byte_astray_in_utf_8_is_named_rather_than_guessed_at(tmp_path: Path) -> None:
    said = refused(tmp_path, "a.csv", "id,town\n1,Köln\n2,Zürich\n".encode() + b"3,Orl\xe9ans\n")
    assert said == "a.csv, line 4: 0xE9 is not UTF-8, which the rest is"


@pytest.mark.parametrize("separator", ["::", "", '"', "a", "\n"])
def test_a_separator_that_is_none(tmp_path: Path, separator: str) -> None:
    said = refused(tmp_path, "a.csv", "id\n1\n", separator=separator)
    assert said == f"a.csv: '{separator}' is not a separator (comma, semicolon, tab, bar)"


def test_more_columns_than_any_sheet_has(tmp_path: Path) -> None:
    row = ",".join("x" * 20_000)
    said = refused(tmp_path, "a.csv", f"{row}\n{row}\n")
    assert said == (
        "a.csv: 20,000 columns, more than the widest sheet (16,384): is the separator right?"
    )


def test_a_column_of_parquet_that_is_no_answer(tmp_path: Path) -> None:
    pl.DataFrame({"id": [1], "place": [{"x": 1}]}).write_parquet(tmp_path / "a.parquet")
    said = refusal(tmp_path / "a.parquet")
    assert said == "a.parquet, place: holds dict values, which are no answers"


# Structures

RESPONSES = EXPORTS / "limesurvey-codes.csv"
BOMB = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + "".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]><document>&i;</document>"
)
FILE_ENTITY = (
    '<!DOCTYPE document [<!ENTITY x SYSTEM "file:///etc/passwd">]><document>&x;</document>'
)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "the file is empty"),
        ("no structure", "not an XML file as LimeSurvey writes it"),
        ("<document>", "not an XML file as LimeSurvey writes it"),
        (b"\xff\xfe<\0d", "not an XML file as LimeSurvey writes it"),
        (BOMB, "declares a document type, which no LimeSurvey file does"),
        (FILE_ENTITY, "declares a document type, which no LimeSurvey file does"),
        (FILE_ENTITY.encode("utf-16"), "declares a document type, which no LimeSurvey file does"),
        ("<html/>", "XML, but not the structure of a LimeSurvey survey (.lss)"),
        (
            "<document><LimeSurveyDocType>Group</LimeSurveyDocType></document>",
            "XML, but not the structure of a LimeSurvey survey (.lss)",
        ),
        (
            "<document><LimeSurveyDocType>Survey</LimeSurveyDocType></document>",
            "the survey in it has no questions",
        ),
    ],
)
def test_a_structure_that_is_none(tmp_path: Path, content: str | bytes, said: str) -> None:
    path = tmp_path / "a.lss"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert said in refusal(RESPONSES, structure=path)


def test_a_structure_that_is_neither_lss_nor_vv(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,q1\n1,2\n")
    assert "neither a LimeSurvey structure (.lss) nor a VV export" in refusal(
        RESPONSES, structure=path
    )


@pytest.mark.parametrize(("name", "said"), [("b.lss", "there is no such file"), ("", "a folder")])
def test_a_structure_that_is_not_there(tmp_path: Path, name: str, said: str) -> None:
    assert said in refusal(RESPONSES, structure=tmp_path / name)


def test_a_structure_of_another_survey(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,submitdate,lastpage,Q77\n1,2026-03-02,3,AO01\n")
    said = refusal(path, structure=EXPORTS / "limesurvey.lss")
    assert said.endswith(
        "limesurvey.lss: describes none of the columns (id, submitdate, lastpage, Q77): "
        "is it of another survey?"
    )


def test_a_structure_for_what_qualtrics_wrote() -> None:
    said = refusal(EXPORTS / "qualtrics-text.csv", structure=EXPORTS / "limesurvey.lss")
    assert said.startswith("qualtrics-text.csv: written by Qualtrics; ")


@pytest.mark.parametrize(
    ("option", "given", "said"),
    [
        ("sheet", "Data", "a.sav: not a workbook, so 'sheet' has no meaning"),
        (
            "structure",
            Path("a.lss"),
            "a.sav: not a LimeSurvey export, so 'structure' has no meaning",
        ),
        ("separator", ";", "a.sav: not a text file, so 'separator' has no meaning"),
    ],
)
def test_options_that_are_for_other_files(
    tmp_path: Path, option: str, given: Any, said: str
) -> None:
    assert refusal(spss(tmp_path / "a.sav", {"id": [1.0]}), **{option: given}) == said


# Anything


@settings(max_examples=150, deadline=None)
@given(
    content=st.one_of(
        st.binary(max_size=300),
        st.text(max_size=200).map(str.encode),
        st.text("\"',;\t|\n\r0123456789.,ab\ufeff\0 ", max_size=120).map(str.encode),
    ),
    start=st.sampled_from([b"", b"\xef\xbb\xbf", b"\xff\xfe", b"sep=;\n", b"PK\x03\x04", b"PAR1"]),
    ending=st.sampled_from(ENDINGS),
)
@example(content=b"\x00\x00", start=b"\xff\xfe", ending="csv")
@example(content=b'"', start=b"", ending="csv")
def test_no_bytes_at_all_are_a_traceback(content: bytes, start: bytes, ending: str) -> None:
    """Law: whatever a file holds, it is read or refused."""
    read_or_refused(start + content, ending)


@settings(max_examples=25, deadline=None)
@given(
    changes=st.lists(
        st.tuples(st.floats(0, 1, exclude_max=True), st.binary(max_size=4)), min_size=1, max_size=8
    ),
    ending=st.sampled_from(["xlsx", "xlsb", "ods", "xls", "sav", "dta", "parquet"]),
)
def test_damage_anywhere_is_no_traceback(
    whole: dict[str, bytes], changes: list[tuple[float, bytes]], ending: str
) -> None:
    """Law: a file with other bytes anywhere is read or refused."""
    raw = bytearray(whole[ending])
    for place, new in changes:
        at = int(place * len(raw))
        raw[at : at + max(len(new), 1)] = new
    read_or_refused(bytes(raw) or b"x", ending)


@settings(max_examples=80, deadline=None)
@given(
    name=st.sampled_from(["limesurvey-codes.csv", "limesurvey-labels.csv", "limesurvey-vv.csv"]),
    changes=st.lists(
        st.tuples(st.booleans(), st.floats(0, 1, exclude_max=True), st.binary(max_size=3)),
        min_size=1,
        max_size=6,
    ),
)
def test_damage_to_an_export_or_its_structure_is_no_traceback(
    name: str, changes: list[tuple[bool, float, bytes]]
) -> None:
    """Law: responses and structure with other bytes anywhere are read or refused."""
    raw = [bytearray((EXPORTS / one).read_bytes()) for one in (name, "limesurvey.lss")]
    for is_structure, place, new in changes:
        at = int(place * len(raw[is_structure]))
        raw[is_structure][at : at + 1] = new
    with tempfile.TemporaryDirectory() as folder:
        structure = Path(folder) / "a.lss"
        structure.write_bytes(raw[1])
        read_or_refused(bytes(raw[0]), "csv", structure)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("whole")
    columns = {"id": [1.0, 2.0], "q1": ["yes", "no"]}
    pl.DataFrame(columns).write_parquet(folder / "a.parquet")
    workbook(folder / "a.xlsx", Data=TABLE)
    binary_workbook(folder / "a.xlsb", [["id", "q1"], [1.0, "yes"]])
    opendocument(folder / "a.ods", [["id", "q1"], ["1", "yes"]])
    spss(folder / "a.sav", columns, variable_value_labels={"id": {1: "first"}})
    stata(folder / "a.dta", columns)
    made = {path.suffix[1:]: path.read_bytes() for path in folder.iterdir()}
    return {**made, "xls": (EXPORTS / "excel-97.xls").read_bytes()}


def read_or_refused(content: bytes, ending: str, structure: Path | None = None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"a.{ending}"
        path.write_bytes(content)
        try:
            frame = read_export(path, structure=structure).frame
        except WavebookError as error:
            assert str(error).strip()
        else:
            assert len(frame)
            assert frame.columns.is_unique
