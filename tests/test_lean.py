"""What a build imports before it knows that there is something to do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import wavebook

LATER = ("IPython", "altair", "jinja2", "jupyter_client", "narwhals", "nbformat", "numpy", "pandas",
         "papermill", "pydantic", "rich", "scipy", "sphinx", "yaml", "zmq")  # fmt: skip


@pytest.mark.parametrize("module", ["wavebook.cli", "wavebook.edition", "wavebook.commands.report"])
def test_no_library_is_imported_before_it_is_needed(module: str) -> None:
    code = f"import sys, {module}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    loaded = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout.split()
    assert not set(loaded) & set(LATER)


def loaded_by(code: str) -> set[str]:
    """Return the modules that are loaded when a program is done."""
    told = f"import sys\n{code}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


COMMAND = """
sys.argv = ["wavebook", *{arguments}]
from wavebook.cli import main
try: main()
except SystemExit: pass
"""


@pytest.mark.parametrize(
    "arguments",
    [["build", "none"], ["build", "none", "--where", "x", "--engine", "no"], ["--help"]],
)
def test_what_is_given_as_it_is_wanted_is_not_converted(
    allotments: Path, arguments: list[str]
) -> None:
    assert "pydantic" not in loaded_by(COMMAND.format(arguments=arguments))


def test_what_is_given_otherwise_is_converted(allotments: Path) -> None:
    done = wavebook("build", "2030", "--level", "high", cwd=allotments)
    assert done.returncode == 2
    assert "--level" in done.stderr
    assert "number" in done.stderr


def test_kernels_of_a_build_have_no_debugger_and_notebooks_can_import_one() -> None:
    assert "debugpy" not in loaded_by("import wavebook.kernels.undebugged")
    assert "debugpy" in loaded_by("import wavebook.kernels.undebugged\nimport debugpy")


def test_a_check_loads_what_it_asks_and_no_more(allotments: Path) -> None:
    loaded = loaded_by(
        f"from pathlib import Path\nfrom wavebook.project import Project\n"
        f"from wavebook.inspection import inspect_wave\n"
        f"inspect_wave(Project(Path({str(allotments)!r})), '2030')"
    )
    assert "pandera" in loaded
    assert not {"hypothesis", "scipy.optimize", "scipy.special"} & loaded


def test_a_library_is_missing_for_a_while_only() -> None:
    assert "numpy" not in loaded_by(
        "from wavebook.missing import missing\n"
        "with missing('numpy'):\n"
        "  try: import numpy\n"
        "  except ImportError: pass\n"
    )
    assert "numpy" in loaded_by(
        "import numpy\nfrom wavebook.missing import missing\nmissing('numpy')"
    )


def test_intervals_take_scipy_s_own_functions_and_leave_it_as_it_is() -> None:
    lean = "from wavebook import special"
    assert "scipy.special" not in loaded_by(lean)
    same = [f"assert scipy.special.{name} is special.{name}" for name in ("stdtrit", "betaincinv")]
    everything = "\n".join((lean, "import scipy.special, scipy.stats", *same))
    assert "scipy.special" in loaded_by(f"{everything}\nassert scipy.stats.t.ppf(0.5, 3) == 0")
    assert "scipy.special" in loaded_by("import scipy.special\nfrom wavebook import special")
