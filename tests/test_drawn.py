"""How charts are drawn: the same on every machine."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from wavebook.vega import THEME

FAMILY = "Wavebook Test"  # as long as the family's own name, in whose place it stands
FONTS_CONF = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{}</dir></fontconfig>
"""
DRAW = """
import json, subprocess, sys
import vl_convert
from wavebook import drawn
if "ours" in sys.argv:
    drawn.chart_svg({"mark": "point"})
label = {"data": {"values": [{}]}, "mark": "text", "encoding": {"text": {"value": "A"}}}
axis = {"title": "wwwwwwwwiiiiiiii", "orient": "left", "titleAngle": 0}
label["encoding"]["y"] = {"datum": 1, "type": "quantitative", "axis": axis}
label["config"] = {"font": sys.argv[1]}
print(vl_convert.vegalite_to_svg(label, show_warnings=False))
subprocess.run([sys.executable, "-c", "import os, sys; sys.exit(os.environ['FONTCONFIG_FILE'])"])
"""


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What says that a machine has one font, which is installed nowhere else."""
    folder = tmp_path_factory.mktemp("machine")
    font = (THEME / "fonts" / "SourceSans3-Semibold.ttf").read_bytes()
    for encoding in ("utf-16-be", "latin-1"):
        font = font.replace("Source Sans 3".encode(encoding), FAMILY.encode(encoding))
    (folder / "fonts").mkdir()
    (folder / "fonts" / "test.ttf").write_bytes(font)
    told = folder / "fonts.conf"
    told.write_text(FONTS_CONF.format(folder / "fonts"))
    return told


def drawn(machine: Path, family: str, *how: str) -> tuple[str, str]:
    done = subprocess.run(
        [sys.executable, "-c", DRAW, family, *how],
        env={**os.environ, "FONTCONFIG_FILE": str(machine)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return re.search(r'width="[\d.]+"', done.stdout)[0], done.stderr.strip()


def test_a_chart_is_measured_with_no_font_that_only_this_machine_has(machine: Path) -> None:
    found, _ = drawn(machine, FAMILY)
    unknown, _ = drawn(machine, "No Such Font")
    assert found != unknown  # so the font would be used
    assert drawn(machine, FAMILY, "ours")[0] == unknown


def test_drawing_leaves_the_environment_as_it_was(machine: Path) -> None:
    assert drawn(machine, FAMILY, "ours")[1] == str(machine)
