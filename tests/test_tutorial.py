"""The tutorial is true: every command in it is run, and prints what the page says it prints."""

from __future__ import annotations

import csv
import fnmatch
import re
import shlex
import shutil
import signal
import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest

from tests.conftest import ROOT, Done, wavebook

PAGE = ROOT / "book" / "tutorial.md"
NEEDED = ("_config.yml", "_toc.yml", "index.md", "book", "notebooks", "data", "benchmarks")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NOTEBOOK = "notebooks/02-familiarity.ipynb"


@dataclass(frozen=True)
class Step:
    """A command with the output that the page shows, or an edit that it asks for."""

    kind: str
    text: str
    shown: str = ""

    @property
    def arguments(self) -> list[str]:
        return shlex.split(self.text)


def steps() -> list[Step]:
    """Return what the page tells its reader to do, in order."""
    found = []
    for kind, block in BLOCK.findall(PAGE.read_text()):
        if kind == "console":
            command, _, shown = block.replace("\\\n", "").removeprefix("$ ").partition("\n")
            found.append(Step("command", command, shown.rstrip()))
        elif block.startswith("# mapping.yml\n"):
            found.append(Step("mapping", block.partition("\n")[2]))
        elif block.startswith("f.statement("):
            found.append(Step("check", block.rstrip("\n")))
        elif block.startswith("%%commentary"):
            raw = re.sub(r"\{% (end)?raw %\}", "", block)
            found.append(Step("cell", raw.rstrip("\n")))
        else:
            found.append(Step("example", block))
    return found


STEPS = steps()
COMMANDS = [step for step in STEPS if step.kind == "command"]


# Doing what the page says


def follow(project: Path) -> dict[str, Done]:
    """Do every step in a project, and return what each command said."""
    done: dict[str, Done] = {}
    waiting = list(STEPS)
    while waiting:
        step = waiting.pop(0)
        if step.kind == "mapping":
            fill(project / "mapping.yml", step.text)
        elif step.kind in EDITS:
            EDITS[step.kind](project / NOTEBOOK, step.text)
        elif step.kind == "command" and step.arguments[1] == "serve":
            # That a page follows what is saved is tested with the preview: one build will do here.
            assert waiting[0].kind in EDITS
            while waiting[0].kind in EDITS:
                edit = waiting.pop(0)
                EDITS[edit.kind](project / NOTEBOOK, edit.text)
            done[step.text] = serve(project, step)
        elif step.kind == "command":
            program, *arguments = step.arguments
            assert program == "wavebook"
            done[step.text] = wavebook(*arguments, cwd=project)
            if done[step.text].returncode:
                break  # what follows builds on it
    return done


def fill(mapping: Path, section: str) -> None:
    """Write a section of the mapping anew, as the page shows it."""
    key = section.partition("\n")[0]
    old = re.compile(rf"^{key}\n(?:[ ].*\n)+", re.MULTILINE)
    text, count = old.subn(section, mapping.read_text())
    assert count == 1
    mapping.write_text(text)


def rewrite(notebook: Path, cell: str) -> None:
    """Write the cell anew that has the same first line."""
    first = cell.partition("\n")[0]
    content = nbformat.read(notebook, as_version=4)
    (old,) = (c for c in content.cells if c.source.partition("\n")[0] == first)
    old.source = cell
    nbformat.write(content, notebook)


def restate(notebook: Path, call: str) -> None:
    """Write the check anew that has the same name."""
    name = call.split('"')[1]
    old = re.compile(rf'^f\.statement\(\n    "{name}",\n.*?^\)', re.MULTILINE | re.DOTALL)
    content = nbformat.read(notebook, as_version=4)
    (cell,) = (c for c in content.cells if old.search(c.source))
    cell.source = old.sub(call, cell.source)
    nbformat.write(content, notebook)


EDITS = {"cell": rewrite, "check": restate}


def serve(project: Path, step: Step) -> Done:
    """Run the preview until it answers, and look at the page whose paragraph was rewritten."""
    start = "from wavebook.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", start, *step.arguments[1:], "--port", "0"],
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        match = re.search(r"http://\S+/", said)
        assert match, said
        address = match[0] + NOTEBOOK.replace(".ipynb", ".html")
        with urllib.request.urlopen(address, timeout=30) as answer:
            assert "School improvement partners are gone" in answer.read().decode()
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    return Done(0, said.replace(match[0], "http://127.0.0.1:8000/"), "")


@dataclass(frozen=True)
class Followed:
    """A project in which somebody has followed the page."""

    project: Path
    done: dict[str, Done]

    @property
    def edition(self) -> Path:
        return self.project / "site" / "practice-2026-r1"


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Followed:
    project = tmp_path_factory.mktemp("tutorial")
    for name in NEEDED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, project / name, ignore=shutil.ignore_patterns("_build", ".*"))
        else:
            shutil.copy(source, project / name)
    return Followed(project, follow(project))


# What is true of it


@pytest.mark.parametrize("command", [step.text for step in COMMANDS])
def test_each_command_succeeds(followed: Followed, command: str) -> None:
    done = followed.done.get(command)
    assert done is not None, "not run: an earlier command failed"
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("step", COMMANDS, ids=lambda step: step.text)
def test_each_command_prints_what_the_page_shows(followed: Followed, step: Step) -> None:
    printed = followed.done[step.text].stdout.strip()
    pattern = step.shown.translate({ord("["): "[[]", ord("?"): "[?]", ord("…"): "*"})
    assert fnmatch.fnmatchcase(printed, pattern), f"{printed}\n\ndoes not look like\n\n{step.shown}"


def test_the_page_has_a_command_for_each_step_of_an_afternoon() -> None:
    used = {step.arguments[1] for step in COMMANDS}
    assert used == {
        "simulate", "map", "add", "check", "build", "statements", "serve", "publish", "verify",
            "diff",
    }  # fmt: skip


def test_the_page_names_no_command_that_there_is_not() -> None:
    prose = BLOCK.sub("", PAGE.read_text())
    named = set(re.findall(r"`wavebook (\w+)", prose))
    assert named <= {step.arguments[1] for step in COMMANDS}


def test_lines_of_the_mapping_that_are_shown_stand_in_it(followed: Followed) -> None:
    (shown,) = (s.text for s in STEPS if s.kind == "example" and "columns:" in s.text)
    lines = (followed.project / "mapping.yml").read_text().splitlines()
    for line in shown.splitlines():
        pattern = line.translate({ord("["): "[[]", ord("?"): "[?]", ord("…"): "*"})
        assert fnmatch.filter(lines, pattern), line


def test_the_edition_compares_with_2010(followed: Followed) -> None:
    for path in followed.edition.glob("tables/*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            compared = {row["compared_with"] for row in csv.DictReader(file)}
            # A count, such as that of the system leaders, is compared with nothing.
            assert compared - {""} == {"2010"}, path.name


def test_the_change_that_was_put_in_is_found(followed: Followed) -> None:
    with (followed.edition / "tables" / "familiarity.csv").open(encoding="utf-8") as file:
        verdicts = {
            row["row"]: row["verdict"]
            for row in csv.DictReader(file)
            if (row["option"], row["group"]) == ("familiar", "")
        }
    assert verdicts["nle"] == "up"
    assert "up" not in {verdict for row, verdict in verdicts.items() if row != "nle"}


def test_a_page_of_the_edition_tells_of_the_change(followed: Followed) -> None:
    page = (followed.edition / "html" / NOTEBOOK.replace("ipynb", "html")).read_text()
    assert "Compared with 2010 (reconstructed)" in page


def test_the_paragraph_that_was_written_is_published_with_its_number(followed: Followed) -> None:
    page = (followed.edition / "html" / NOTEBOOK.replace("ipynb", "html")).read_text()
    assert re.search(r"are known to \d+%\s+of those who have never been one", page)


def test_every_page_of_the_edition_says_that_it_is_practice(followed: Followed) -> None:
    for path in followed.edition.glob("html/notebooks/*.html"):
        assert "these respondents were generated for practice" in path.read_text(), path.name
