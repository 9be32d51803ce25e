"""What users get wrong: one clear line, exit 1, no traceback, nothing written."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
import pytest

from tests.conftest import wavebook
from wavebook import folders
from wavebook.errors import WavebookError
from wavebook.folders import writable
from wavebook.project import Project

WAVE = "data/waves/2030"


def refuse(project: Path, *arguments: str) -> str:
    """Run a command that must fail as a user's error does, and return what it said."""
    before = snapshot(project)
    done = wavebook(*(arguments or ("check", "2030")), cwd=project)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert snapshot(project) == before
    return done.stderr


def snapshot(project: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(project)): path.read_bytes()
        for path in project.rglob("*")
        if path.is_file() and not {"__pycache__", ".cache"} & set(path.parts)  # no result is there
    }


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_a_sound_wave_passes(allotments: Path) -> None:
    assert wavebook("check", "2030", cwd=allotments).returncode == 0


def test_a_wave_can_be_checked_by_its_path(allotments: Path) -> None:
    assert wavebook("check", WAVE, cwd=allotments).returncode == 0


def test_a_missing_wave_file_is_named(allotments: Path) -> None:
    (allotments / WAVE / "wave.yml").unlink()
    assert f"{WAVE}/wave.yml: there is no such file" in refuse(allotments)


def test_damaged_yaml_is_located(allotments: Path) -> None:
    (allotments / WAVE / "wave.yml").write_text("id: [2030\ntitle: x\n")
    assert re.search(rf"{WAVE}/wave\.yml.*line \d.*not YAML", refuse(allotments))


def test_a_wave_file_that_is_a_list_is_refused(allotments: Path) -> None:
    (allotments / WAVE / "wave.yml").write_text("- 1\n")
    assert "expected keys and values, found a list" in refuse(allotments)


def test_binary_in_place_of_the_wave_file_is_refused(allotments: Path) -> None:
    (allotments / WAVE / "wave.yml").write_bytes(b"\xff\xfe\x00\x01")
    assert f"{WAVE}/wave.yml" in refuse(allotments)


@pytest.mark.parametrize("command", ["check", "build"])
@pytest.mark.parametrize("name", ["post.csv", "wave.yml", "interviews.csv"])
def test_a_pipe_in_place_of_a_wave_s_file_is_not_waited_for(
    allotments: Path, name: str, command: str
) -> None:
    assert_not_waited_for(allotments, f"{WAVE}/{name}", command)


def test_a_pipe_in_place_of_a_file_is_not_waited_for_after_a_build(allotments: Path) -> None:
    assert wavebook("build", "2030", cwd=allotments).returncode == 0
    notebook = next((allotments / "notebooks").glob("*.ipynb")).name
    for name in (f"{WAVE}/wave.yml", f"notebooks/{notebook}", "book/pipe.md"):
        assert_not_waited_for(allotments, name, "build")


def assert_not_waited_for(project: Path, name: str, command: str) -> None:
    """Put a pipe in place of a file for once: it is refused within a minute."""
    path = project / name
    before = path.read_bytes() if path.exists() else None
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    code = "import signal; signal.alarm(60); from wavebook.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, command, "2030"],
        cwd=project,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert f"{name}: not a regular file" in done.stderr
    path.unlink()
    if before is not None:
        path.write_bytes(before)


@pytest.mark.parametrize(
    "arguments",
    [
        ("map", "loop"),
        ("map", "export.csv", "--like", "loop"),
        ("add", "export.csv", "--wave", "2031", "--mapping", "loop"),
        ("build", "2030", "--out", "loop"),
        ("build", "2030", "--out", "loop/x"),
        ("publish", "2030", "--site", "loop"),
        ("serve", "2030", "--folder", "loop"),
        ("check", "2030", "--out", "loop"),
    ],
)
def test_a_link_that_leads_in_circles_is_one_line(
    allotments: Path, arguments: tuple[str, ...]
) -> None:
    (allotments / "loop").symlink_to("loop")
    (allotments / "export.csv").write_bytes((allotments / WAVE / "post.csv").read_bytes())
    assert re.fullmatch("loop.*link.*\n", refuse(allotments, *arguments))


@pytest.mark.parametrize("command", ["check", "build"])
def test_a_data_file_that_links_to_itself_is_one_line(allotments: Path, command: str) -> None:
    path = allotments / WAVE / "post.csv"
    path.unlink()
    path.symlink_to(path.name)
    told = f"{WAVE}/post.csv: cannot be read: Too many levels of symbolic links\n"
    assert refuse(allotments, command, "2030") == told


@pytest.mark.parametrize("leads_to", ["loop.md", "nowhere.md"])
def test_a_link_in_the_book_that_leads_nowhere_is_named(allotments: Path, leads_to: str) -> None:
    (allotments / "book" / "loop.md").symlink_to(leads_to)
    told = refuse(allotments, "build", "2030")
    assert told.endswith("\nbook/loop.md: a link that leads nowhere\n")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_a_data_file_in_utf_16_is_refused_for_that_alone(allotments: Path, encoding: str) -> None:
    path = allotments / WAVE / "post.csv"
    text = path.read_text()
    bom = "" if encoding == "utf-16" else "\ufeff"
    path.write_bytes((bom + text + ",\u0a2c" * 3).encode(encoding))  # of a comma and a line end
    found = "0xFF" if encoding == "utf-16" else "0xFE"
    told = f"{WAVE}/post.csv: line 1: found the byte {found}; expected UTF-8 text\n"
    assert refuse(allotments) == told


def test_a_key_that_wave_yml_does_not_know_is_named(allotments: Path) -> None:
    change(allotments / WAVE / "wave.yml", "title:", "titel:")
    assert "titel" in refuse(allotments)


def test_a_file_outside_the_wave_is_refused(allotments: Path) -> None:
    change(allotments / WAVE / "wave.yml", "post.csv", "../../../secret.csv")
    assert "parts.post.file" in refuse(allotments)


def test_a_column_that_the_instrument_does_not_know_is_named_with_the_nearest(
    allotments: Path,
) -> None:
    change(allotments / WAVE / "post.csv", "grows__roses", "grows__rosse")
    said = refuse(allotments)
    assert f"{WAVE}/post.csv, grows__rosse: the instrument has no such column" in said
    assert "did you mean 'grows__roses'?" in said


def test_an_option_that_does_not_exist_is_located(allotments: Path) -> None:
    change(allotments / WAVE / "post.csv", "p3,north,some", "p3,north,sum")
    said = refuse(allotments)
    assert f"{WAVE}/post.csv, row 3, grows__beans: 'sum' is not an option" in said
    assert "(plenty, some, none_at_all)" in said


def test_an_answer_from_somebody_not_asked_is_located(allotments: Path) -> None:
    change(
        allotments / WAVE / "post.csv",
        "p1,north,plenty,some,1,2,3,",
        "p1,north,plenty,some,1,2,3,thorns",
    )
    assert "row 1, why_none: 'thorns' from somebody who was not asked" in refuse(allotments)


def test_a_rank_given_twice_is_located(allotments: Path) -> None:
    change(allotments / WAVE / "post.csv", "some,1,2,3,", "some,1,1,3,")
    told = "row 1, joy__*: '1, 1, 3'; expected each rank from 1 to 3 once"
    assert told in refuse(allotments)


def test_a_respondent_who_stands_there_twice_is_located(allotments: Path) -> None:
    change(allotments / WAVE / "post.csv", "p4,", "p3,")
    assert "row 4, respondent: 'p3' stands in an earlier row too" in refuse(allotments)


def test_a_row_too_few_is_noticed(allotments: Path) -> None:
    change(allotments / WAVE / "wave.yml", "respondents: 8", "respondents: 9")
    assert "8 rows, but wave.yml says 9 respondents" in refuse(allotments)


def test_an_empty_data_file_is_refused(allotments: Path) -> None:
    (allotments / WAVE / "post.csv").write_text("")
    assert f"{WAVE}/post.csv: the file is empty" in refuse(allotments)


def test_every_problem_is_named_at_once(allotments: Path) -> None:
    path = allotments / WAVE / "post.csv"
    change(path, "p3,north,some", "p3,north,sum")
    change(path, "p4,", "p2,")
    change(path, "some,1,2,3,", "some,1,1,3,")
    assert len(refuse(allotments).splitlines()) == 3


def test_a_base_expression_with_a_typo_is_named_with_the_nearest_column(allotments: Path) -> None:
    change(allotments / "data/instrument.yml", "grows__roses ==", "grows__rose ==")
    said = refuse(allotments)
    assert "data/instrument.yml, questions.why_none.base: 'grows__rose' is not a column" in said
    assert "did you mean 'grows__roses'?" in said


def test_a_base_expression_that_is_no_condition_is_refused(allotments: Path) -> None:
    change(allotments / "data/instrument.yml", "grows__roses == 'none_at_all'", "grows__roses =")
    assert "is not a condition" in refuse(allotments)


@pytest.mark.parametrize("wave", ["../../x", "..", "/etc", "2030/../2030", "", "20 30", "W"])
def test_a_wave_id_never_becomes_another_path(allotments: Path, wave: str) -> None:
    assert "is not a wave id" in refuse(allotments, "build", wave)


def test_a_wave_that_is_not_there_is_named_with_those_that_are(allotments: Path) -> None:
    assert "data/waves/2031: there is no such wave (2030)" in refuse(allotments, "build", "2031")


def test_a_slice_with_an_unknown_answer_is_refused(allotments: Path) -> None:
    said = refuse(allotments, "build", "2030", "--where", "site == 'nroth'")
    assert "'nroth' is not an answer to site (north, south); did you mean 'north'?" in said


def test_an_unknown_option_of_the_command_exits_with_2(allotments: Path) -> None:
    assert wavebook("build", "2030", "--wehre", "x", cwd=allotments).returncode == 2


def test_outside_a_project_the_command_says_so(tmp_path: Path) -> None:
    done = wavebook("check", "2030", cwd=tmp_path)
    assert done.returncode == 1
    assert "run wavebook inside a project" in done.stderr


def broken_notebook(project: Path, source: str) -> None:
    path = project / "notebooks" / "01-growing.ipynb"
    notebook = nbformat.read(path, as_version=4)
    cell = nbformat.v4.new_code_cell(source)
    cell["id"] = "broken"
    notebook.cells.insert(4, cell)
    nbformat.write(notebook, path)


def test_an_error_in_a_notebook_names_notebook_cell_and_line(allotments: Path) -> None:
    broken_notebook(allotments, "x = 1\nundefined_name + x")
    said = refuse(allotments, "publish", "2030")
    assert "notebooks/01-growing.ipynb, cell 5, line 2: NameError:" in said


def test_a_notebook_that_fails_leaves_the_earlier_edition(allotments: Path) -> None:
    assert wavebook("publish", "2030", cwd=allotments).returncode == 0
    broken_notebook(allotments, "1 / 0")
    refuse(allotments, "publish", "2030")
    assert (allotments / "site/2030-r1/html/index.html").is_file()


def test_a_notebook_that_is_no_notebook_is_named(allotments: Path) -> None:
    (allotments / "notebooks/01-growing.ipynb").write_text("not json")
    assert "notebooks/01-growing.ipynb" in refuse(allotments, "build", "2030")


def test_a_placeholder_that_names_nothing_is_located_in_its_chapter(allotments: Path) -> None:
    (allotments / "book/method.md").write_text("# Method\n\n{{ nothing | pct }}\n")
    said = refuse(allotments, "build", "2030")
    assert "book/method.md" in said
    assert "'nothing' is undefined" in said


def test_a_name_that_the_wave_does_not_have_is_told_with_the_one_that_was_meant(
    allotments: Path,
) -> None:
    (allotments / "book/method.md").write_text("# Method\n\n{{ wave.yeer }}\n")
    said = refuse(allotments, "build", "2030")
    assert "there is no 'yeer' in what stands before it; did you mean 'year'? (line 3)" in said


def test_a_chapter_that_is_not_utf_8_is_named_with_its_line(allotments: Path) -> None:
    (allotments / "book/method.md").write_bytes("# Method\n\nCaf\xe9\n".encode("latin-1"))
    said = refuse(allotments, "build", "2030")
    assert "book/method.md, line 3: expected UTF-8 text" in said


def test_a_table_of_contents_without_chapters_is_named(allotments: Path) -> None:
    (allotments / "_toc.yml").write_text("format: jb-book\nroot: index\nparts: [{}]\n")
    assert "\n_toc.yml: entry not a mapping" in refuse(allotments, "build", "2030")


def test_a_configuration_of_the_wrong_kind_is_named_by_its_key(allotments: Path) -> None:
    path = allotments / "_config.yml"
    path.write_text(f"{path.read_text()}exclude_patterns: none\n")
    said = refuse(allotments, "build", "2030")
    assert said.startswith("_config.yml, exclude_patterns: 'none' is not of type 'array'")


def test_a_broken_link_in_a_chapter_stops_the_build(allotments: Path) -> None:
    (allotments / "book/method.md").write_text("# Method\n\n[gone](missing.md)\n")
    assert "missing.md" in refuse(allotments, "build", "2030")


def said_to_nobody(folder: Path) -> str:
    """Return what `writable` says to a user without rights; root may write everywhere."""
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if os.geteuid() == 0:
                os.setuid(65534)
            writable(folder)
        except WavebookError as error:
            os.write(send, str(error).encode())
        os._exit(0)
    os.close(send)
    os.waitpid(child, 0)
    with os.fdopen(receive) as pipe:
        return pipe.read()


def test_a_site_without_permission_is_refused_before_the_build() -> None:
    with tempfile.TemporaryDirectory() as folder:
        locked = Path(folder)
        locked.chmod(0o555)
        assert said_to_nobody(locked / "site") == f"{locked}: no permission to write here"
        locked.chmod(0o755)


def test_a_site_that_is_a_file_is_refused_before_the_build(allotments: Path) -> None:
    (allotments / "site").write_text("in the way")
    assert "site: not a folder" in refuse(allotments, "publish", "2030")


def test_a_build_that_is_killed_leaves_the_earlier_one(allotments: Path) -> None:
    assert wavebook("build", "2030", cwd=allotments).returncode == 0
    page = allotments / "_build/2030/html/index.html"
    before = page.read_bytes()
    code = (
        "import os, signal, sys, threading\n"
        "from wavebook.cli import main\n"
        "threading.Timer(1.5, lambda: os.kill(os.getpid(), signal.SIGKILL)).start()\n"
        "sys.argv = ['wavebook', 'build', '2030']\n"
        "main()\n"
    )
    killed = subprocess.run(
        [sys.executable, "-c", code], cwd=allotments, check=False, capture_output=True
    )
    assert killed.returncode == -9
    assert page.read_bytes() == before


def test_what_a_killed_build_has_left_is_cleared_away(
    allotments: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Project(allotments)
    code = (
        "import os, signal\n"
        "from pathlib import Path\n"
        "from wavebook.folders import workshop\n"
        "from wavebook.project import Project\n"
        "with workshop(Project(Path.cwd())):\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=allotments, check=False).returncode < 0
    monkeypatch.setattr(folders, "NEW", 0)
    with folders.workshop(project) as running, folders.workshop(project) as work:
        found = set((allotments / "_build").glob(".work-*"))
    assert found == {running, work}


def test_a_folder_that_its_build_has_not_locked_yet_is_left_alone(allotments: Path) -> None:
    just_made = allotments / "_build" / ".work-a"
    just_made.mkdir(parents=True)
    (just_made / folders.LOCK).touch()
    with folders.workshop(Project(allotments)):
        pass
    assert just_made.is_dir()
