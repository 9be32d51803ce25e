"""What is done before forks: it fills what they find, and changes nothing that they tell."""

from __future__ import annotations

import ast
import os
from pathlib import Path
from unittest.mock import Mock, call

import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager

from wavebook import commentary, exercise, ready
from wavebook.finding import finding
from wavebook.held import Held
from wavebook.kernels.block import call_fork, can_fork, warm_kernels
from wavebook.project import Project
from wavebook.run import PRELOAD_INSIDE
from wavebook.told import CHECKED

SLICE = "site == 'north'"


@pytest.fixture(autouse=True)
def nothing_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ready, "_ready", {})
    monkeypatch.setattr(exercise, "_done", set())


@pytest.mark.parametrize("where", [None, SLICE])
def test_answers_are_the_same_afterwards(allotments: Path, where: str | None) -> None:
    before = finding("growing", wave="2030", where=where).shares("grows")
    exercise.prepare_many(str(allotments), where or "", "2030")
    assert ready.ready_wave(Project(allotments), "2030") is not None
    assert finding("growing", wave="2030", where=where).shares("grows") == before


def test_it_leaves_the_environment_as_it_was(allotments: Path) -> None:
    before = dict(os.environ)
    exercise.prepare_many(str(allotments), "", "2030")
    assert dict(os.environ) == before


def test_a_wave_is_asked_once_for_all_slices(
    allotments: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str | None] = []
    monkeypatch.setattr(exercise, "exercise", lambda project, wave, where: asked.append(where))
    for where in ("", SLICE, "site == 'south'", "grows__beans == 'some' and site == 'south'"):
        exercise.prepare_many(str(allotments), where, "2030")
    assert asked == [None, SLICE, "grows__beans == 'some' and site == 'south'"]


def test_a_question_that_cannot_be_asked_is_left_to_notebooks(
    allotments: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exercise, "_ask", lambda *_, **__: 1 / 0)
    exercise.prepare_many(str(allotments), "", "2030")
    assert ready.ready_wave(Project(allotments), "2030") is not None


@pytest.mark.skipif(not can_fork(), reason="forks need Linux")
def test_it_starts_no_thread_that_would_keep_processes_from_forking(allotments: Path) -> None:
    prepare = ("wavebook.exercise", "prepare_many", str(allotments), SLICE, "2030")
    with warm_kernels(PRELOAD_INSIDE, prepare):
        assert call_fork("json", "loads", "1") == 1


@pytest.mark.parametrize("body", ["{{ 1 }}", "a\n\n{{ 2 }}\n", "é \\ 'b'"])
def test_a_text_is_compiled_as_ipython_hands_it_over(tmp_path: Path, body: str) -> None:
    source = f"%%commentary a-name\n{body}"
    notebook = tmp_path / "a.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)]), notebook)
    commentary.compiled.cache_clear()
    exercise.look_at_cells([notebook])
    (statement,) = ast.parse(TransformerManager().transform_cell(source)).body
    handed_over = ast.literal_eval(statement.value.args[-1])
    commentary.compiled(handed_over)
    assert commentary.compiled.cache_info().hits == 1


def test_a_text_with_a_mistake_is_left_to_its_notebook(tmp_path: Path) -> None:
    source = "%%commentary\n{{ a"
    notebook = tmp_path / "a.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)]), notebook)
    commentary.compiled.cache_clear()
    exercise.look_at_cells([notebook, tmp_path / "none.ipynb"])
    assert commentary.compiled.cache_info().currsize == 0


def test_what_a_notebook_asks_of_groups_is_worked_out_for_all_slices(
    allotments: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CHECKED, "2030")  # or the wave would be read anew
    path = allotments / "notebooks" / "01-growing.ipynb"
    notebook = nbformat.read(path, as_version=4)
    source = "f.shares('grows', rows=['beans'], by=['why_none'])"
    notebook.cells.append(nbformat.v4.new_code_cell(source))
    nbformat.write(notebook, path)
    exercise.prepare_many(str(allotments), SLICE, "2030")
    wave = ready.ready_wave(Project(allotments), "2030")
    assert wave is not None
    held = wave.rows_of(wave.instrument.question("grows").part)
    assert isinstance(held, Held)
    known = set(held._known)
    assert any(key[0] == "parts" and "why_none" in key[3].groups for key in known)
    exercise.prepare_many(str(allotments), "site == 'south'", "2030")
    south = finding("growing", wave="2030", where="site == 'south'")
    south.shares("grows", rows=["beans"], by="why_none")
    new = {key[:2] for key in set(held._known) - known}
    assert new == {("inside", "site == 'south'"), ("told", "site == 'south'")}


@pytest.mark.parametrize(
    ("source", "asked"),
    [
        ("a = f.shares('q', rows=['r'], by='g')", [call.shares("q", rows=["r"], by="g")]),
        ("finding('a', wave=wave).ranks('q')", [call.ranks("q")]),
        (
            "def a():\n    return [f.shares('q'), f.shares('p')]",
            [call.shares("q"), call.shares("p")],
        ),
        ("f.shares(name)\nf.shares('q', **more)\nf.shares(*names)\nf.table('q')", []),
        ("f.shares({[]: 1})", []),
        ("no Python", []),
    ],
)
def test_what_code_asks_is_what_it_says_in_so_many_words(source: str, asked: list[object]) -> None:
    heard = Mock()
    for question in exercise.questions_in([source]):
        question(heard)
    assert heard.mock_calls == asked
