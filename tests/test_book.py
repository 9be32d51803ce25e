"""The book builds for anyone who knows Jupyter Book, from the notebooks as stored."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build with a plain ``jupyter-book build .``."""
    out = tmp_path_factory.mktemp("plain")
    command = [str(Path(sys.executable).parent / "jupyter-book"), "build", str(ROOT)]
    done = subprocess.run(
        [*command, "--path-output", str(out)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return out / "_build" / "html"


def test_it_has_a_page_for_each_finding(plain: Path) -> None:
    expected = {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert {path.stem for path in (plain / "notebooks").glob("*.html")} == expected


def test_charts_are_drawn_in_the_page(plain: Path) -> None:
    assert 'role="img"' in (plain / "notebooks" / "02-familiarity.html").read_text()


def test_placeholders_are_filled(plain: Path) -> None:
    page = (plain / "index.html").read_text()
    assert "{{" not in page
    assert page.count('class="number"') == 10


def test_it_says_that_this_is_a_reconstruction(plain: Path) -> None:
    assert "Reconstruction:" in (plain / "index.html").read_text()


def test_the_site_holds_nothing_that_only_sphinx_or_a_debugger_reads(built: Path) -> None:
    files = list((built / "html" / "_static").rglob("*"))
    kinds = {path.suffix for path in files}
    assert ".css" in kinds
    assert not kinds & {".mo", ".po", ".map"}
    assert not [path.name for path in files if path.name[0] == "." or "macros" in path.name]
