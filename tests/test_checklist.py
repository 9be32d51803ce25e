"""A check is told to people and to programs, of a wave, a draft or a file, and to builds."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from tests.conftest import wavebook
from tests.test_check import (
    POST,
    WAVE,
    change,
    change_instrument,
    checked,
    run,
    told,
)
from tests.test_wiring import field, plot_holders
from wavebook.cache.checks import check_once
from wavebook.cache.store import chosen_store
from wavebook.check import Answers
from wavebook.errors import Problem, WavebookError
from wavebook.inspection import inspect
from wavebook.project import Project
from wavebook.told import checked_for_kernels
from wavebook.wave import open_wave

HOSTILE = [
    "<script>alert(1)</script>",
    "[red]x[/red]",
    "\x1b[31mred",
    "\u202egnp.exe",
    "=cmd|' /C calc'!A0",
    "a,b\nc",
    "{found} %s",
    "x" * 500,
    "😀",
]


# For people and for programs


def test_equal_problems_are_one_line_and_every_row_in_json(allotments: Path) -> None:
    field(plot_holders().assign(site="moon"))
    (line,) = (x for x in run("2030").stderr.splitlines() if "moon" in x)
    assert line.startswith(f"{POST}, row 1, site: 'moon' is not an option (north, south)")
    assert line.endswith("(also in rows 2, 3, 4, 5, 6 and 114 more)")
    assert [one["row"] for one in told("error")] == list(range(1, 121))
    assert checked()["counts"]["error"] == 120


def test_a_column_of_rubbish_does_not_bury_the_others(allotments: Path) -> None:
    frame = plot_holders().assign(site=[f"x{n}" for n in range(120)])
    frame.loc[3, "grows__beans"] = "loads"
    field(frame)
    said = run("2030").stderr
    assert "row 4, grows__beans: 'loads'" in said
    assert "110 more of the kind 'unknown-option'" in said
    assert len(said.splitlines()) < 20
    assert len(told("error")) == 121


def test_json_has_a_documented_shape(allotments: Path) -> None:
    change("p3,north,some", "p3,north,som")
    assert checked() == {
        "subject": "Wave 2030",
        "sound": False,
        "respondents": {"post": 8},
        "counts": {"error": 1, "warning": 0, "note": 0},
        "problems": [
            {
                "severity": "error",
                "rule": "unknown-option",
                "file": POST,
                "row": 3,
                "column": "grows__beans",
                "found": "som",
                "expected": "plenty, some, none_at_all",
                "message": "'som' is not an option (plenty, some, none_at_all); "
                "did you mean 'some'?",
            }
        ],
    }


def test_json_of_a_sound_wave_has_no_problems(allotments: Path) -> None:
    assert checked()["problems"] == []


def test_a_report_can_be_written_into_a_file(allotments: Path) -> None:
    change("p3,north,some", "p3,north,sum")
    done = run("2030", "--format", "html", "--out", "report.html")
    assert done.returncode == 1
    assert "Wrote report.html" in done.stdout
    assert "grows__beans" in Path("report.html").read_text()


def test_a_report_that_cannot_be_written_is_refused(allotments: Path) -> None:
    done = run("2030", "--format", "json", "--out", "no/such/folder.json")
    assert done.returncode == 1
    assert "no/such/folder.json: cannot be written" in done.stderr


@pytest.mark.parametrize("form", ["table", "json", "html"])
def test_a_report_takes_the_place_of_an_earlier_one(allotments: Path, form: str) -> None:
    run("2030", "--format", form, "--out", "report")
    change("p3,north,some", "p3,north,sum")
    run("2030", "--format", form, "--out", "report")
    assert "Wrote report." in run("2030", "--format", form, "--out", "report").stdout


def test_a_report_takes_the_place_of_no_other_file(allotments: Path) -> None:
    Path("answers.csv").write_text("id,site\n1,north\n")
    done = run("2030", "--out", "answers.csv")
    assert done.stderr == (
        "answers.csv: there is a file already that is no report of a check; --force overwrites it\n"
    )
    assert Path("answers.csv").read_text() == "id,site\n1,north\n"


@pytest.mark.parametrize("force", [(), ("--force",)])
def test_a_report_takes_the_place_of_no_pipe_nor_device(
    allotments: Path, force: tuple[str, ...]
) -> None:
    os.mkfifo("pipe")
    assert run("2030", "--out", "pipe", *force).stderr == "pipe: not a regular file\n"
    assert Path("pipe").is_fifo()


def test_a_report_takes_the_place_of_another_file_when_asked(allotments: Path) -> None:
    Path("notes.txt").write_text("mine")
    assert run("2030", "--out", "notes.txt", "--force").returncode == 0
    assert Path("notes.txt").read_text() != "mine"


@pytest.mark.parametrize("name", ["post.csv", "new.html"])
def test_a_report_is_not_written_among_the_data(allotments: Path, name: str) -> None:
    path = Path("data/waves/2030") / name
    done = run("2030", "--out", str(path), "--force")
    assert done.returncode == 1
    assert f"{path}: among the data; expected a place outside data/" in done.stderr


class Page(HTMLParser):
    """Reads a page and keeps its tags, those left open, and its cells."""

    VOID = frozenset(("meta", "br", "link", "img", "input", "hr"))

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def page_with(values: list[str]) -> tuple[str, Page]:
    field(plot_holders(3).iloc[:3].assign(site=(values * 3)[:3]))
    done = run("2030", "--format", "html")
    assert done.returncode == 1, done.stderr
    return done.stdout, Page(done.stdout)


def test_the_page_is_whole_and_has_headings_to_its_columns(allotments: Path) -> None:
    text, page = page_with(["moon"])
    assert page.open == []
    assert text.startswith("<!DOCTYPE html>")
    assert dict(page.tags[0][1])["lang"] == "en"
    headings = [attributes for tag, attributes in page.tags if tag == "th"]
    assert headings
    assert all(heading["scope"] == "col" for heading in headings)
    assert {"Row", "Column", "Found", "Expected", "moon", POST} <= set(page.texts)


def test_the_page_asks_for_nothing_from_elsewhere(allotments: Path) -> None:
    text, page = page_with(["moon"])
    assert not [
        t for t, a in page.tags if t in ("script", "link", "img") or {"src", "href"} & set(a)
    ]
    assert "url(" not in text
    assert "default-src 'none'" in text


@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_value_is_shown_and_does_nothing(allotments: Path, value: str) -> None:
    text, page = page_with([value])
    assert [tag for tag, _ in page.tags].count("script") == 0
    assert page.open == []
    assert text.isascii()
    done = run("2030")
    assert done.stderr.isprintable() or set(done.stderr) - set("\n") == {
        c for c in done.stderr if c.isprintable()
    }
    found = {one["found"] for one in told("error")}
    assert value in found


def test_markup_of_the_terminal_is_shown_as_it_is(allotments: Path) -> None:
    field(plot_holders(3).iloc[:3].assign(site=["[red]x[/red]", "[/]", "\x1b[2J"]))
    console = Console(force_terminal=True, width=200, record=True, file=io.StringIO())
    for table in inspect("2030").as_tables():
        console.print(table)
    shown = console.export_text()
    assert "[red]x[/red]" in shown
    assert "\\x1b[2J" in shown
    assert f"Errors, which stop a build: {POST}" in shown


# Paths


def test_a_draft_outside_the_project_is_held_against_its_instrument(
    allotments: Path, tmp_path: Path
) -> None:
    draft = tmp_path / "from the agency"
    WAVE.rename(draft)
    assert run(str(draft)).returncode == 0
    change("p3,north,some", "p3,north,sum", str(draft / "post.csv"))
    (error,) = told("error", str(draft))
    assert (error["row"], error["file"]) == (3, str(draft / "post.csv"))


def test_one_data_file_is_checked_as_a_part(allotments: Path, tmp_path: Path) -> None:
    path = tmp_path / "monday.csv"
    path.write_text(Path(POST).read_text().replace("p3,north,some", "p3,north,sum"))
    (error,) = told("error", str(path), "--part", "post")
    assert (error["row"], error["column"]) == (3, "grows__beans")


def test_a_data_file_in_its_wave_is_checked_with_its_design(allotments: Path) -> None:
    field(plot_holders(), weight="weight", strata="town", cluster="street")
    assert told("error", POST) == []


def test_a_data_file_of_no_known_part_is_refused(allotments: Path, tmp_path: Path) -> None:
    change_instrument("post: ", "web: {label: Web}\n  post: ")
    path = tmp_path / "monday.csv"
    path.write_text(Path(POST).read_text())
    done = run(str(path))
    assert done.returncode == 1
    assert "which part is it? give --part (web, post)" in done.stderr
    assert "'phone' is not a part" in run(str(path), "--part", "phone").stderr


def test_a_project_is_found_from_the_wave_s_path(
    allotments: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(str(allotments / WAVE)).returncode == 0


@pytest.mark.parametrize("path", ["nothing", "no/such/folder", "x.csv", "", "../../x"])
def test_what_is_not_there_is_named(allotments: Path, path: str) -> None:
    done = run(path)
    assert done.returncode == 1
    assert path in done.stderr


def test_a_part_without_a_file_is_a_usage_error(allotments: Path) -> None:
    assert run("2030", "--part", "post").returncode == 2


def test_a_part_that_a_wave_lacks_is_a_note(allotments: Path) -> None:
    change_instrument("post: ", "web: {label: Web}\n  post: ")
    assert [one["found"] for one in told("note")] == ["the wave has no part 'web' (Web)"]


# Builds and kernels


def test_a_build_tells_how_many_warnings_there_are(allotments: Path) -> None:
    change_instrument("south: South", "south: South, west: West")
    field(plot_holders())
    Path("notebooks/01-growing.ipynb").unlink()  # what comes after the check is not waited for
    done = wavebook("build", "2030", cwd=allotments)
    assert "1 warning about the answers; see wavebook check 2030" in done.stderr


def test_a_build_refuses_errors_with_the_lines_of_the_check(allotments: Path) -> None:
    change("p3,north,some", "p3,north,sum")
    refused = wavebook("build", "2030", cwd=allotments)
    assert refused.returncode == 1
    assert refused.stderr == run("2030").stderr


def test_a_sound_wave_is_not_checked_again_until_something_changes(
    allotments: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, store = Project.find(), chosen_store(allotments, tmp_path / "cache")
    first = check_once(project, "2030", store)
    assert (first.respondents, first.warnings) == ({"post": 8}, 0)
    with monkeypatch.context() as patch:
        patch.delattr("wavebook.inspection.inspect_wave")
        assert check_once(project, "2030", store) == first
    change("p3,north,some", "p3,north,sum")
    with pytest.raises(WavebookError, match="'sum' is not an option"):
        check_once(project, "2030", store)


@pytest.mark.parametrize("file", ["data/instrument.yml", f"{WAVE}/wave.yml", POST])
def test_a_wave_is_checked_again_if_what_it_is_held_against_changes(
    allotments: Path, tmp_path: Path, file: str
) -> None:
    store = chosen_store(allotments, tmp_path / "cache")
    check_once(Project.find(), "2030", store)
    changes = {"beans: Beans, ": "", "respondents: 8": "respondents: 9", "p3,north": "p3,nort"}
    for old, new in changes.items():
        if old in Path(file).read_text():
            change(old, new, file)
            break
    with pytest.raises(WavebookError):
        check_once(Project.find(), "2030", store)


def test_a_kernel_checks_a_wave_that_nobody_has_checked(allotments: Path) -> None:
    change("p3,north,some", "p3,north,sum")
    project = Project.find()
    with (
        checked_for_kernels(["2029"]),
        pytest.raises(WavebookError, match="'sum' is not an option"),
    ):
        open_wave(project, "2030", "pandas")
    with checked_for_kernels(["2029", "2030"]):
        assert len(open_wave(project, "2030", "pandas").frames["post"]) == 8


@pytest.mark.parametrize(
    "test", [lambda p: p.message, str, lambda p: p.line], ids=["message", "str", "line"]
)
def test_a_problem_is_one_line_whatever_was_found(
    allotments: Path, test: Callable[[Problem], str]
) -> None:
    for value in HOSTILE:
        frame = pd.DataFrame({"respondent": ["p1"], "site": [value]}, dtype="str")
        (problem,) = Answers("post.csv", frame, Project.find().instrument, "post").problems()
        assert "\n" not in test(problem)
        assert test(problem).isprintable()
