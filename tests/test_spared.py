"""What setting a book is spared changes nothing of what it finds."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from types import ModuleType

import pytest

from wavebook.spared import look_up_once

GROUP = "myst_nb.mime_renderers"


@pytest.fixture
def metadata(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module that tells of installed packages as Python's own does, to be changed."""
    module = ModuleType("told")
    module.entry_points = importlib.metadata.entry_points  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "told", module)
    look_up_once("told")
    return module


def test_entry_points_of_a_group_are_those_that_python_finds(metadata: ModuleType) -> None:
    theirs = tuple(importlib.metadata.entry_points(group=GROUP))
    assert tuple(metadata.entry_points(group=GROUP)) == theirs


def test_an_entry_point_is_found_by_its_name(metadata: ModuleType) -> None:
    (found,) = metadata.entry_points(group=GROUP, name="wavebook-chart")
    assert found.value == "wavebook.outputs:ChartRenderer"


def test_they_are_read_once(metadata: ModuleType) -> None:
    assert metadata.entry_points() is metadata.entry_points()


def test_a_module_that_is_not_installed_is_passed_over() -> None:
    look_up_once("no_such_module_here")


def test_what_is_used_now_and_then_is_executed_when_it_is_used() -> None:
    program = (
        "from wavebook.spared import spare; spare(); import sys, charset_normalizer, PIL.Image\n"
        "assert 'charset_normalizer.api' not in sys.modules\n"
        "assert charset_normalizer.detect('naïve'.encode())['encoding'] is not None\n"
        "assert PIL.Image.new('L', (2, 3)).size == (2, 3)\n"
        "from docutils.utils.math import math2html; assert type(math2html) is not type(sys)\n"
        "assert math2html.Formula and type(math2html) is type(sys)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_notebook_is_validated_without_the_slower_validator() -> None:
    program = (
        "from wavebook.spared import spare; spare(); import nbformat, sys\n"
        "nbformat.validate(nbformat.v4.new_notebook())\n"
        "assert 'referencing' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_asking_the_slower_validator_calls_for_the_library() -> None:
    program = (
        "from wavebook.spared import NeededError, spare; spare()\n"
        "from jsonschema import Draft4Validator\n"
        "try: Draft4Validator({}).validate(7)\n"
        "except NeededError: pass\n"
        "else: raise SystemExit('nothing was missed')\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
