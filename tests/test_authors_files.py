"""What an author gets wrong in a notebook, a chapter or a table: its place, in plain words."""

from __future__ import annotations

import errno
import json
import re
from dataclasses import fields
from pathlib import Path

import nbformat
import pytest

from tests.conftest import wavebook
from tests.test_faults import broken_notebook, refuse
from tests.two_waves import grown as estimate
from wavebook import chapters, commentary, exports, presswork
from wavebook.cache import parts
from wavebook.csv_file import read_rows
from wavebook.errors import WavebookError
from wavebook.estimates import Estimates
from wavebook.exports import HEADLINE
from wavebook.expression import MOST, parse
from wavebook.facts import facts_of
from wavebook.notebook_file import check_shape, number_of
from wavebook.project import RESERVED, Project, finding_problems
from wavebook.results import Result
from wavebook.setting import problems_in
from wavebook.yaml_file import read_yaml

# Notebooks

CELL = {"cell_type": "markdown", "metadata": {}, "source": ""}
BEANS = estimate(80, 20)
WHOLE = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [CELL]}


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    path = tmp_path / "notebooks" / "01-beans.ipynb"
    path.parent.mkdir()
    return path


def without(key: str, of: dict[str, object]) -> dict[str, object]:
    return {name: told for name, told in of.items() if name != key}


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([], "expected a number 'nbformat'"),
        ({}, "expected a number 'nbformat'"),
        (without("nbformat", WHOLE), "expected a number 'nbformat'"),
        (without("metadata", WHOLE), "expected 'metadata'"),
        (without("cells", WHOLE), "expected 'cells'"),
        ({**WHOLE, "cells": {}}, "expected 'cells'"),
        ({**WHOLE, "cells": [CELL, without("source", CELL)]}, "cell 2: expected 'source'"),
        ({**WHOLE, "cells": [without("cell_type", CELL)]}, "cell 1: expected 'cell_type'"),
        ({**WHOLE, "cells": ["text"]}, "cell 1: expected 'cell_type'"),
    ],
)
def test_json_that_is_no_notebook_is_refused(notebook: Path, told: object, expected: str) -> None:
    notebook.write_text(json.dumps(told))
    with pytest.raises(WavebookError) as refused:
        check_shape(notebook)
    assert str(refused.value) == f"notebooks/01-beans.ipynb: not a notebook: {expected}"


@pytest.mark.parametrize("told", [WHOLE, {"nbformat": 3, "worksheets": []}])
def test_a_notebook_has_the_shape_of_one(notebook: Path, told: object) -> None:
    notebook.write_text(json.dumps(told))
    assert check_shape(notebook) is None


def test_cells_are_counted_as_their_author_does(notebook: Path) -> None:
    cells = [nbformat.v4.new_markdown_cell("a"), nbformat.v4.new_code_cell("b")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), notebook)
    assert (number_of(notebook, "b"), number_of(notebook, "c")) == (2, None)


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("import sys\nsys.exit()", "cell 5: SystemExit: the cells after it were not run"),
        (
            "%%commentry beans\nBeans.",
            "cell 5: %%commentry cannot be used so; did you mean 'commentary'?",
        ),
        ("%%commentary beans\n", "cell 5: %%commentary: expected text below it, found none"),
        ("raise ValueError('boom\\nmore')", "cell 5, line 1: ValueError: boom more"),
        (
            "from wavebook.finding import finding\n"
            "finding('growing', wave='2030').export(headline=1)",
            "'headline' is taken; call the value something else",
        ),
    ],
    ids=["exit", "magic", "empty", "lines", "taken"],
)
def test_what_a_cell_does_wrong_is_one_line_with_its_place(
    allotments: Path, source: str, told: str
) -> None:
    broken_notebook(allotments, source)
    (line,) = refuse(allotments, "build", "2030").splitlines()
    assert line.startswith("notebooks/01-growing.ipynb, cell 5")
    assert line.endswith(told)


def test_an_output_that_no_notebook_can_hold_is_one_line(allotments: Path) -> None:
    broken_notebook(allotments, "display({'text/plain': 5}, raw=True)")
    (line,) = refuse(allotments, "build", "2030").splitlines()
    told = "a cell shows what a notebook cannot hold: data, text/plain: 5"
    assert line == f"notebooks/01-growing.ipynb: {told}"


def replaced(project: Path, old: str, new: str) -> None:
    """Change the sources of a project's notebook."""
    path = project / "notebooks" / "01-growing.ipynb"
    notebook = nbformat.read(path, as_version=4)
    assert any(old in cell.source for cell in notebook.cells)
    for cell in notebook.cells:
        cell.source = cell.source.replace(old, new)
    nbformat.write(notebook, path)


def test_a_wave_is_set_by_no_cell_but_the_one_with_parameters(allotments: Path) -> None:
    path = allotments / "notebooks" / "01-growing.ipynb"
    path.write_text(path.read_text().replace('"parameters"', '"parameter"'))
    said = refuse(allotments, "build", "2030")
    assert "notebooks/01-growing.ipynb, cell 2: it gives 'wave' a value" in said


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("where=where", "where=None", ("--where", "site == 'north'")),
        ("level=level", "level=0.9", ()),
        ("wave=wave", "wave='2029'", ()),
    ],
)
def test_a_notebook_opens_its_finding_as_it_is_asked_to(
    allotments: Path, old: str, new: str, where: tuple[str, ...]
) -> None:
    replaced(allotments, old, new)
    said = refuse(allotments, "build", "2030", *where)
    assert "notebooks/01-growing.ipynb, cell 3, line 4: finding: found" in said
    assert said.endswith(f"expected {old}\n")


def test_a_notebook_may_open_others_besides(allotments: Path) -> None:
    broken_notebook(allotments, "finding('other', wave='2030', where=\"site == 'north'\")")
    assert wavebook("build", "2030", cwd=allotments).returncode == 0


@pytest.mark.parametrize(
    ("printed", "told"),
    [
        ("{{ grown.beans }}", "a placeholder prints an estimate: end it with a filter"),
        ("{{ grown }}", "a placeholder prints Estimates("),
        ("{{ grown.beans.value }}", "a placeholder prints 0."),
        ("{{ none }}", "a placeholder prints None"),
        (
            "{% raw %}{{ grown.beans | pct }}{% endraw %}",
            "'{{ grown.beans | pct }}' is left as it stands: take {% raw %} out",
        ),
    ],
)
def test_a_placeholder_prints_words(allotments: Path, printed: str, told: str) -> None:
    replaced(allotments, "Beans lead:", f"{printed} Beans lead:")
    said = refuse(allotments, "build", "2030")
    assert f"notebooks/01-growing.ipynb, cell 5, line 1: {told}" in said


@pytest.mark.parametrize(
    "printed", ["{{ grown | length }}", "{{ 3.0 }}", "{{ grown.beans.label }}"]
)
def test_words_and_whole_numbers_need_no_filter(printed: str) -> None:
    grown = Estimates((BEANS,))
    assert commentary.render(printed, {"grown": grown}) in {"1", "3.0", "Runner bean"}


def test_a_placeholder_in_a_cell_of_plain_text_is_refused(allotments: Path) -> None:
    replaced(allotments, "# Everybody grows", "# {{ grown.beans | words }} grow")
    said = refuse(allotments, "build", "2030")
    assert (
        "notebooks/01-growing.ipynb, cell 1: '{{ grown.beans | words }}' would be printed" in said
    )


@pytest.mark.parametrize("text", ["`{{ x | pct }}`", "$a_{{ij}}$", "```\n{{ x | pct }}\n```"])
def test_not_every_brace_is_a_placeholder(notebook: Path, text: str) -> None:
    notebook.write_text(json.dumps({**WHOLE, "cells": [{**CELL, "source": text}]}))
    assert check_shape(notebook) is None


def test_a_headline_is_one_of_the_columns(allotments: Path) -> None:
    replaced(allotments, 'headline="grown"', 'headline="grwn"')
    said = refuse(allotments, "build", "2030")
    assert "headline: no column 'grwn'" in said
    assert "did you mean 'grown'?" in said


def test_bars_do_not_lie_over_each_other(allotments: Path) -> None:
    replaced(allotments, "charts.bars(grown)", "charts.bars(grows)")
    assert "bars: several values for 'Beans'" in refuse(allotments, "build", "2030")


def test_a_figure_s_number_is_its_own(allotments: Path) -> None:
    broken_notebook(allotments, 'f.figure("1", "Again", charts.bars(grown), grown)')
    said = refuse(allotments, "build", "2030")
    assert "notebooks/01-growing.ipynb, cell 7: figure 1 stands in cell 5 too" in said


def test_a_notebook_that_is_half_saved_is_named_and_no_other(allotments: Path) -> None:
    path = allotments / "notebooks" / "01-growing.ipynb"
    path.write_bytes(path.read_bytes()[:2000])
    said = refuse(allotments, "build", "2030")
    assert said.startswith("notebooks/01-growing.ipynb: not a notebook: Unterminated string")
    assert said.count(".ipynb") == 1


def test_a_magic_with_a_space_is_told_as_such(allotments: Path) -> None:
    broken_notebook(allotments, "%% commentary\n\nMany do.")
    said = refuse(allotments, "build", "2030")
    assert "cell 5: found '%% commentary'; expected '%%commentary', without a space" in said


def test_a_weight_that_is_not_there_is_told_in_words_of_the_wave(allotments: Path) -> None:
    about = allotments / "data/waves/2030/wave.yml"
    about.write_text(about.read_text().replace("respondents: 8", "respondents: 8, weight: w"))
    assert "wavebook." not in refuse(allotments, "build", "2030")


def test_a_notebook_has_one_headline(allotments: Path) -> None:
    broken_notebook(allotments, 'f.headline(grown["beans"], "grow beans")')
    said = refuse(allotments, "build", "2030")
    assert re.search(r"01-growing\.ipynb, cell \d: a headline stands in cell \d too", said)


@pytest.mark.parametrize("made", ["figure", "table", "headline"])
def test_what_a_cell_makes_and_does_not_show_is_told(allotments: Path, made: str) -> None:
    broken_notebook(allotments, f'f.{made}("7", "Lost")\n1 + 1')
    said = refuse(allotments, "build", "2030")
    assert f"notebooks/01-growing.ipynb, cell 5, line 1: this {made} would not be shown" in said


def test_what_something_else_makes_need_not_be_shown(allotments: Path) -> None:
    source = "import types\nplt = types.SimpleNamespace(figure=dict)\nplt.figure(size=3)\nNone"
    broken_notebook(allotments, source)
    check_shape(allotments / "notebooks" / "01-growing.ipynb")


def test_a_statement_is_checked_in_one_cell(allotments: Path) -> None:
    check = 'f.statement("many-grow-beans")'
    broken_notebook(allotments, f"{check}\n{check}")  # for two cases
    broken_notebook(allotments, check)
    said = refuse(allotments, "build", "2030")
    assert "cell 6: the statement 'many-grow-beans' is checked in cell 5 already" in said


def test_a_statement_that_nobody_has_checked_is_told_where_others_are(allotments: Path) -> None:
    broken_notebook(allotments, "%%commentary many-grow-bean\n\nMany do.")
    broken_notebook(allotments, 'f.statement("many-grow-beans")')
    said = refuse(allotments, "build", "2030")
    assert "no cell above has checked the statement 'many-grow-bean'" in said
    assert "did you mean 'many-grow-beans'?" in said


def test_what_is_told_of_every_finding_cannot_be_exported() -> None:
    told = {HEADLINE, "sentence", "change", *(field.name for field in fields(Result))}
    assert told == exports.RESERVED


def test_a_table_of_another_finding_is_refused(allotments: Path) -> None:
    path = allotments / "notebooks" / "01-growing.ipynb"
    path.write_text(path.read_text().replace('finding(\\"growing\\"', 'finding(\\"growin\\"'))
    said = refuse(allotments, "build", "2030")
    assert "notebooks/01-growing.ipynb: a table of the finding 'growin'; expected 'growing'" in said


def test_two_notebooks_of_one_finding_are_refused() -> None:
    given = [Path("notebooks/01-beans.ipynb"), Path("notebooks/02-beans.ipynb")]
    told = "notebooks/02-beans.ipynb: the finding 'beans' is that of 01-beans.ipynb already"
    assert list(finding_problems(given)) == [told]


def test_a_finding_is_not_called_as_something_else(allotments: Path) -> None:
    subject = chapters.Subject(Project(allotments), facts_of(Project(allotments), "2030"), ())
    assert chapters.chapter_values(subject, "book/method").keys() == RESERVED
    (problem,) = finding_problems([Path("notebooks/01-wave.ipynb")])
    assert problem.startswith("notebooks/01-wave.ipynb: chapters call something else 'wave'")


def test_the_highest_of_no_values_is_no_value() -> None:
    with pytest.raises(WavebookError, match="highest or lowest of none"):
        _ = Estimates(()).highest


# Chapters


@pytest.mark.parametrize(("share", "stays"), [(0.5, True), (0.99, False)])
def test_a_chapter_s_paragraph_rests_on_statements_as_a_notebook_s_does(
    allotments: Path, share: float, stays: bool
) -> None:
    check = 'f.statement("beans-lead", above(grown["beans"], SHARE), says="many grow beans")'
    check = check.replace("SHARE", str(share))
    broken_notebook(allotments, f"from wavebook.statements import above\n{check}")
    (allotments / "book/method.md").write_text(
        '# Method\n\n{% call resting("growing: beans-lead") %}Beans do well.{% endcall %}\n\n'
        '{% if holds("growing: beans-lead") %}So it is.{% endif %}\n'
    )
    assert wavebook("build", "2030", cwd=allotments).returncode == 0
    page = (allotments / "_build/2030/html/book/method.html").read_text()
    assert ("Beans do well." in page) is ("So it is." in page) is stays
    assert ("it does not hold that many grow beans" in page) is not stays


def test_a_statement_that_a_chapter_asks_for_has_to_be_there(allotments: Path) -> None:
    (allotments / "book/method.md").write_text("# Method\n\n{{ holds('growing: beans') }}\n")
    said = refuse(allotments, "build", "2030")
    assert "book/method.md: no cell names a statement 'growing: beans'" in said


def test_what_is_included_has_to_be_there(allotments: Path) -> None:
    (allotments / "book/method.md").write_text("# Method\n\n```{include} none.md\n```\n")
    assert "none.md" in refuse(allotments, "build", "2030")


def test_what_includes_itself_is_named(allotments: Path) -> None:
    (allotments / "book/method.md").write_text("# Method\n\n```{include} method.md\n```\n")
    assert "\nbook/method.md: it includes itself" in f"\n{refuse(allotments, 'build', '2030')}"


@pytest.mark.parametrize(("name", "content"), [("spade.png", "no picture"), ("spade.svg", "<svg>")])
def test_a_picture_that_is_none_is_named(allotments: Path, name: str, content: str) -> None:
    (allotments / "book" / name).write_text(content)
    chapter = allotments / "book/method.md"
    chapter.write_text(f"{chapter.read_text()}\n![A spade]({name})\n")
    said = refuse(allotments, "build", "2030")
    assert f"\nbook/{name}: the PDF cannot be set: failed to " in f"\n{said}"


@pytest.mark.parametrize(
    ("warned", "told"),
    [
        (
            "WARNING: unknown config value 'html_beans' in override, ignoring",
            "_config.yml: unknown config value 'html_beans' in override, ignoring",
        ),
        (
            "WARNING: unsupported theme option 'beans' given",
            "_config.yml: unsupported theme option 'beans' given",
        ),
        ("WARNING: while setting up: no beans", "book: while setting up: no beans"),
    ],
)
def test_a_warning_without_a_place_is_given_one(warned: str, told: str) -> None:
    assert list(problems_in(f"{warned}\n", "/s")) == [told]


def test_a_place_in_a_notebook_is_told_by_cell_and_line() -> None:
    log = "/s/notebooks/01-beans.ipynb:30002: WARNING: no image\n"
    told = "notebooks/01-beans.ipynb, cell 3, line 2: WARNING: no image"
    assert list(problems_in(log, "/s")) == [told]


def test_the_cell_that_papermill_adds_is_not_counted(tmp_path: Path) -> None:
    cells = [{"id": "a"}, {"id": "injected-parameters"}, {"id": "b"}]
    (tmp_path / "beans.ipynb").write_text(json.dumps({"cells": cells}))
    log = "".join(f"{tmp_path}/beans.ipynb:{cell}0001: WARNING: no image\n" for cell in (1, 3))
    told = [place.partition(":")[0] for place in problems_in(log, str(tmp_path))]
    assert told == ["beans.ipynb, cell 1, line 1", "beans.ipynb, cell 2, line 1"]


@pytest.mark.parametrize("before", ["", "{% for i in [1, 2, 3] %}\nText.\n\n{% endfor %}\n"])
def test_a_line_of_a_chapter_is_counted_as_its_author_does(allotments: Path, before: str) -> None:
    text = f"# Method\n\n{before}![A spade](none.png)\n"
    (allotments / "book/method.md").write_text(text)
    line = text.splitlines().index("![A spade](none.png)") + 1
    said = refuse(allotments, "build", "2030")
    assert f"\nbook/method.md:{line}: WARNING: image file not readable" in f"\n{said}"


def test_a_line_within_a_loop_is_told_once(allotments: Path) -> None:
    loop = "{% for i in [1, 2, 3] %}\n[Text](none.md)\n\n{% endfor %}\n"
    (allotments / "book/method.md").write_text(f"# Method\n\n{loop}")
    said = refuse(allotments, "build", "2030").splitlines()
    assert sum(line.startswith("book/method.md:4: WARNING: 'myst'") for line in said) == 1
    assert not [line for line in said if line.startswith("book/method.md:7")]


def test_a_missing_picture_is_told_even_if_the_pdf_cannot_be_set(allotments: Path) -> None:
    figure = "# Method\n\n```{figure} none.png\nA caption\n```\n"
    (allotments / "book/method.md").write_text(figure)
    said = refuse(allotments, "build", "2030")
    assert "book/method.md:3: WARNING: image file not readable: book/none.png" in said


def test_a_column_that_a_file_has_not_is_told_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "plots.csv"
    path.write_text("site,size\nnorth,3\n")
    (row,) = read_rows(path, "data/context/plots.csv")
    assert row["site"] == "north"
    with pytest.raises(WavebookError, match=r"plots.csv: no column 'sight' \(site, size\); did"):
        _ = row["sight"]


def test_a_document_that_is_not_there_is_one_of_the_contents() -> None:
    log = "/s/index.md:: WARNING: toctree contains reference to nonexisting document 'book/beens'\n"
    assert list(problems_in(log, "/s")) == ["_toc.yml: there is no document 'book/beens'"]


@pytest.mark.parametrize(
    ("raised", "told"),
    [
        (
            "Handler <function builder_inited_cite at 0x7f> for event 'builder-inited' threw an "
            "exception (exception: syntax error in line 2)",
            "bibliography: syntax error in line 2",
        ),
        (
            "Handler <function _fill at 0x7f> for event 'source-read' threw an exception "
            "(exception: no beans)",
            "book: no beans",
        ),
        (
            "Could not import extension beans (exception: No module named 'beans')",
            "_config.yml: the extension 'beans' cannot be imported: No module named 'beans'",
        ),
        (
            "plugin pybtex.style.names.beans not found",
            "_config.yml: there is no pybtex.style.names.beans",
        ),
        ("book/method.md: no beans (line 3)", "book/method.md: no beans (line 3)"),
        ("no theme named 'beans' found", "book: no theme named 'beans' found"),
        (
            "Sphinx is unable to load the master document (/s/indx.rst). The master …",
            "_toc.yml: there is no document 'indx', the root",
        ),
    ],
)
def test_what_sphinx_raises_names_no_function(raised: str, told: str) -> None:
    assert presswork.in_our_words(Exception(raised)) == told


def test_what_a_disk_has_brought_about_is_told_as_that_whoever_wraps_it() -> None:
    full = OSError(errno.ENOSPC, "No space left on device")
    try:
        try:
            raise full
        except OSError as error:
            raise ValueError("An error happened in rendering") from error
    except ValueError as error:
        assert presswork.of_the_machine(error) is full


def test_what_is_wrong_with_a_book_is_not_the_disk_s() -> None:
    wrapped = ValueError("no document")
    wrapped.__cause__ = FileNotFoundError(errno.ENOENT, "No such file or directory")
    assert presswork.of_the_machine(wrapped) is None


def test_a_broken_bibliography_is_said_to_be_one(allotments: Path) -> None:
    config = allotments / "_config.yml"
    text = config.read_text().replace("sphinx:", "bibtex_bibfiles: [book/references.bib]\nsphinx:")
    config.write_text(
        text.replace("[wavebook.extension]", "[wavebook.extension, sphinxcontrib.bibtex]")
    )
    (allotments / "book/references.bib").write_text("@book{beans,\n  title = {Beans")
    assert "\nbibliography: syntax error in line 2" in refuse(allotments, "build", "2030")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{{ 5 | interval }}", "'interval' cannot be made of 5 (line 1)"),
        ("{{ 'a' | pct }}", "'pct' cannot be made of 'a' (line 1)"),
        ("{{ none | pct }}", "'pct' cannot be made of nothing (line 1)"),
        ("{{ 'soon' | month }}", "'month' cannot be made of 'soon' (line 1)"),
    ],
)
def test_a_filter_says_what_it_cannot_be_used_for(text: str, told: str) -> None:
    with pytest.raises(WavebookError) as refused:
        commentary.render(text, {})
    assert str(refused.value) == told


def test_a_link_that_leads_nowhere_is_told_once_though_it_is_in_print_as_well(
    allotments: Path,
) -> None:
    with (allotments / "book" / "method.md").open("a") as chapter:
        chapter.write("\nSee [the sheds](sheds.md).\n")
    told = refuse(allotments, "build", "2030")
    assert told.count("book/method.md:") == told.count("sheds.md") == 1


# What is read


def table(path: Path, content: bytes) -> list[dict[str, str]]:
    path.write_bytes(content)
    return read_rows(path, "data/beans.csv")


def test_a_table_with_other_columns_is_told_those_it_is_to_have(tmp_path: Path) -> None:
    (tmp_path / "t").write_text("b,a\n1,2\n")
    with pytest.raises(WavebookError, match=r"^beans\.csv: expected the columns a, b$"):
        read_rows(tmp_path / "t", "beans.csv", ("a", "b"))


def test_a_table_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(WavebookError, match=r"^beans\.csv: there is no such file$"):
        read_rows(tmp_path / "t", "beans.csv")


def test_a_mark_that_excel_writes_is_no_part_of_a_name(tmp_path: Path) -> None:
    assert table(tmp_path / "t", "\ufeffa,b\n1,2\n\n".encode()) == [{"a": "1", "b": "2"}]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"a,b\n1,2\n3\n", "data/beans.csv, row 2: found 1 cells; expected 2, as in the header"),
        (b"a,b\n1,2,3\n", "data/beans.csv, row 1: found 3 cells; expected 2, as in the header"),
        (
            "a\né\n".encode("latin-1"),
            "data/beans.csv, line 2: found the byte 0xE9; expected UTF-8 text",
        ),
        (b"a\n" + b"x" * 200_000, "data/beans.csv: not CSV: field larger than field limit"),
    ],
    ids=["short", "long", "latin", "field"],
)
def test_a_table_that_cannot_be_read_has_its_place(
    tmp_path: Path, content: bytes, told: str
) -> None:
    with pytest.raises(WavebookError) as refused:
        table(tmp_path / "t", content)
    assert str(refused.value).startswith(told)


@pytest.mark.parametrize(
    ("text", "told"),
    [("day: 2030-13-45", "not YAML: month must be"), ("a: \0", "not YAML: unacceptable")],
)
def test_a_value_that_yaml_cannot_make_is_one_line(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "wave.yml").write_text(text)
    with pytest.raises(WavebookError) as refused:
        read_yaml(tmp_path / "wave.yml", "wave.yml")
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


BOMB = "a0: &a0 x\n" + "".join(
    f"a{n + 1}: &a{n + 1} [{', '.join([f'*a{n}'] * 9)}]\n" for n in range(10)
)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[" * 100_000, "wave.yml, line 1: not YAML: more than 100 levels, one inside the other"),
        ("- " * 100_000, "wave.yml, line 1: not YAML: more than 100 levels, one inside the other"),
        (BOMB, "wave.yml, line 7: not YAML: aliases repeat more than 100,000 values"),
        ("a: &a [*a]\n", "wave.yml, line 1: not YAML: 'a' stands inside itself"),
    ],
    ids=["brackets", "dashes", "aliases", "itself"],
)
def test_yaml_has_an_end(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "wave.yml").write_text(text)
    with pytest.raises(WavebookError) as refused:
        read_yaml(tmp_path / "wave.yml", "wave.yml")
    assert str(refused.value).startswith(told)


def test_a_wave_file_with_no_end_is_not_gone_through_by_what_looks_for_changes(
    tmp_path: Path,
) -> None:
    (tmp_path / "wave.yml").write_text("[" * 100_000)
    assert parts.wave(tmp_path / "wave.yml")["files"] == {}


def test_a_condition_has_an_end() -> None:
    with pytest.raises(WavebookError, match=r"3,000 comparisons; expected at most"):
        parse(" and ".join(["site == 'north'"] * 3000))
    assert len(parse(" or ".join(["site == 'north'"] * MOST)).mentions) == MOST


# Editions


@pytest.fixture
def site(allotments: Path) -> Path:
    assert wavebook("publish", "2030", cwd=allotments).returncode == 0
    return allotments / "site"


def test_a_folder_that_looks_like_an_edition_takes_its_number(site: Path) -> None:
    (site / "2030-r4").mkdir()
    (site.parent / "book/method.md").write_text("# Method\n\nAnother.\n")
    assert "Published edition 2030-r5." in wavebook("publish", "2030", cwd=site.parent).stdout


def test_a_folder_in_the_place_of_the_front_page_is_refused_before_the_build(
    allotments: Path,
) -> None:
    (allotments / "site" / "index.html").mkdir(parents=True)
    assert "site/index.html: a folder; expected a file" in refuse(allotments, "publish", "2030")


@pytest.mark.parametrize("key", ["content", "wave", "date", "files"])
def test_a_manifest_tells_all_that_one_does(site: Path, key: str) -> None:
    path = site / "2030-r1" / "manifest.json"
    path.write_text(json.dumps(without(key, json.loads(path.read_text()))))
    said = refuse(site.parent, "publish", "2030")
    assert f"manifest.json: not the manifest of an edition: no '{key}'" in said


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"\xff\xfe\0", ", line 1: found the byte 0xFF; expected UTF-8 text"),
        (b"a,b\n1,2\n", ": no column 'question' (a, b)"),
    ],
)
def test_a_damaged_table_of_an_edition_is_named(site: Path, content: bytes, told: str) -> None:
    (site / "2030-r1" / "tables" / "growing.csv").write_bytes(content)
    said = refuse(site.parent, "diff", "2030-r1", "2030-r1")
    assert f"2030-r1/tables/growing.csv{told}" in said


def test_a_name_with_a_line_break_is_one_line(site: Path) -> None:
    (site / "2030-r1" / "li\nne").write_text("")
    assert r"2030-r1/li\nne: added since" in refuse(site.parent, "verify", "2030-r1")
