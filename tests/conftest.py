"""What several test modules need: a tiny survey to break, and the 2010 commentary as built."""

from __future__ import annotations

import contextlib
import io
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings

from wavebook.cli import main

# How long an example takes says more of the machine than of the law.
settings.register_profile("laws", deadline=None)
settings.load_profile("laws")

ROOT = Path(__file__).parents[1]
ALLOTMENTS = ROOT / "tests" / "samples" / "allotments"


@dataclass(frozen=True)
class Done:
    """How a command ended and what it said."""

    returncode: int
    stdout: str
    stderr: str


def wavebook(*arguments: str, cwd: Path = ROOT) -> Done:
    """Run the command line as a user does, in this process: it starts a hundred times here."""
    out, err = io.StringIO(), io.StringIO()
    code = 0
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        patch.chdir(cwd)
        patch.setattr(sys, "argv", ["wavebook", *arguments])
        try:
            main()
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else 0 if stop.code is None else 1
    return Done(code, out.getvalue(), err.getvalue())


@pytest.fixture
def allotments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A whole project on another subject: one wave of eight people, one notebook, two chapters."""
    project = tmp_path / "allotments"
    shutil.copytree(ALLOTMENTS, project)
    monkeypatch.chdir(project)
    return project


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The 2010 commentary, built once for all tests."""
    if worker_id == "master":
        folder = tmp_path_factory.mktemp("built") / "2010"
        _build(folder)
        return folder
    shared = tmp_path_factory.getbasetemp().parent
    folder = shared / "built-2010"
    with FileLock(str(shared / "built.lock")):
        if not folder.is_dir():
            _build(folder)
    return folder


def _build(folder: Path) -> None:
    done = wavebook("build", "2010", "--out", str(folder))
    assert done.returncode == 0, done.stderr
