"""What a build imports before it knows that there is something to do."""

from __future__ import annotations

import subprocess
import sys

import pytest

LATER = ("IPython", "altair", "jinja2", "jupyter_client", "narwhals", "nbformat", "numpy", "pandas",
         "papermill", "pydantic", "rich", "scipy", "sphinx", "yaml", "zmq")  # fmt: skip


@pytest.mark.parametrize("module", ["wavebook.cli", "wavebook.edition", "wavebook.commands.report"])
def test_no_library_is_imported_before_it_is_needed(module: str) -> None:
    code = f"import sys, {module}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    loaded = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout.split()
    assert not set(loaded) & set(LATER)
