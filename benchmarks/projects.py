"""Copies of the project to measure on, and what a command that runs there costs."""

import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
WAVE = "2010"
NOT_COPIED = shutil.ignore_patterns(
    "_build", "site", "wavebook", "tests", ".*", "__pycache__", "*.egg-info"
)


class Cost(NamedTuple):
    """What a step took, in seconds: by the clock, and of processors."""

    wall: float
    cpu: float


def environment(folder: Path) -> Mapping[str, str]:
    """Return the environment of a command: this engine, and nothing remembered from before."""
    kept = {name: told for name, told in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {
        **kept,  # so Python keeps what it compiles, as for everybody who has not said otherwise
        "PYTHONPATH": str(ROOT),
        "XDG_CACHE_HOME": str(folder.parent / "cache"),
        "HOME": str(folder.parent),
    }


def cost(commands: Sequence[Sequence[str | Path]], folder: Path) -> Cost:
    """Run commands one after another, wait for every process they leave, and return their cost."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    for command in commands:
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment(folder),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}\n{done.stderr}")
    wall = time.perf_counter() - begun
    while True:  # what a command left behind is ours to wait for, and to count
        try:
            os.wait()
        except ChildProcessError:
            break
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def copied(folder: Path) -> Path:
    """Copy the project, without anything that was built or remembered."""
    return Path(shutil.copytree(ROOT, folder / "project", ignore=NOT_COPIED))


def build(project: Path, wave: str = WAVE) -> Cost:
    return cost([[BIN / "wavebook", "build", wave]], project)


def edit_notebook(project: Path, note: str) -> None:
    """Add a sentence to a finding's last commentary, as an author does."""
    path = sorted(project.glob("notebooks/*.ipynb"))[4]
    notebook = json.loads(path.read_text())
    cell = [c for c in notebook["cells"] if "".join(c["source"]).startswith("%%commentary")][-1]
    cell["source"] = f"{''.join(cell['source'])}\n\n{note}"
    path.write_text(json.dumps(notebook, indent=1))


def edit_chapter(project: Path, note: str) -> None:
    """Add a sentence to a chapter."""
    path = project / "book" / "introduction.md"
    path.write_text(f"{path.read_text()}\n{note}\n")
