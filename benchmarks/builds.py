"""How long a whole report takes: the ordinary way, from nothing, and after a small change.

    python benchmarks/builds.py [RUNS]

The ordinary way is what a good user of these tools does today with the same notebooks: the
`papermill` command for each in turn, then `jupyter-book build`, for HTML only. Ours is
`wavebook build`, with the PDF, tables and statements. They take turns in one run, each in fresh
processes on a copy of the project of its own, so that whatever else the machine does slows both.
Seconds of processor time are those of a command and of every process that it starts. Writes the
section "Whole builds" of RESULTS.md.
"""

import ctypes
import json
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
RESULTS = Path(__file__).with_name("RESULTS.md")
BIN = Path(sys.executable).parent
WAVE = "2010"
NOT_COPIED = shutil.ignore_patterns(
    "_build", "site", "wavebook", "tests", ".*", "__pycache__", "*.egg-info"
)
PR_SET_CHILD_SUBREAPER = 36


class Cost(NamedTuple):
    """What a step took, in seconds: by the clock, and of processors."""

    wall: float
    cpu: float


def cost(commands: Sequence[Sequence[str | Path]], folder: Path) -> Cost:
    """Run commands one after another, wait for every process they leave, and return their cost."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "XDG_CACHE_HOME": str(folder.parent / "cache"),
        "HOME": str(folder.parent),
    }
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    for command in commands:
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False
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


def ordinary(folder: Path) -> Cost:
    """Run each notebook with papermill, then build the pages."""
    project = copied(folder)
    notebooks = sorted([*project.glob("notebooks/*.ipynb"), *project.glob("book/*.ipynb")])
    run = [
        [BIN / "papermill", path, path, "--cwd", path.parent, "-r", "wave", WAVE]
        for path in notebooks
    ]
    return cost([*run, [BIN / "jupyter-book", "build", "."]], project)


def build(project: Path) -> Cost:
    return cost([[BIN / "wavebook", "build", WAVE]], project)


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


def main(runs: int) -> None:
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    load = os.getloadavg()[0]
    edits: dict[str, Callable[[Path, str], None]] = {
        "one notebook edited": edit_notebook,
        "one chapter of prose edited": edit_chapter,
        "nothing changed": lambda project, note: None,
    }
    taken: dict[str, list[Cost]] = {}
    for run in range(runs):
        with tempfile.TemporaryDirectory() as folder:
            taken.setdefault("reference", []).append(ordinary(Path(folder)))
        with tempfile.TemporaryDirectory() as folder:
            project = copied(Path(folder))
            taken.setdefault("cold", []).append(build(project))
            for name, edit in edits.items():
                edit(project, f"A sentence of run {run}.")
                taken.setdefault(name, []).append(build(project))
        print({name: tuple(round(x, 2) for x in costs[-1]) for name, costs in taken.items()})
    write(section(taken, runs, load))


BARS = {
    "one notebook edited": 0.20,
    "one chapter of prose edited": 0.15,
    "nothing changed": 0.04,
}
FASTER = 6


def section(taken: dict[str, list[Cost]], runs: int, load: float) -> str:
    """Return the section of RESULTS.md."""
    wall = {name: statistics.median(c.wall for c in costs) for name, costs in taken.items()}
    cpu = {name: statistics.median(c.cpu for c in costs) for name, costs in taken.items()}
    by_wall, by_cpu = (found["reference"] / found["cold"] for found in (wall, cpu))
    rows = [
        f"| the ordinary way | {span(taken['reference'])} | | | |",
        f"| from nothing | {span(taken['cold'])} | ordinary ÷ this **{by_wall:.1f}** | "
        f"{by_cpu:.1f} | {FASTER}{met(by_wall >= FASTER)} |",
    ]
    for name, bar in BARS.items():
        share = wall[name] / wall["cold"]
        rows.append(
            f"| {name} | {span(taken[name])} | **{share:.0%}** of from nothing | "
            f"{cpu[name] / cpu['cold']:.0%} | {bar:.0%}{met(share <= bar)} |"
        )
    return f"""## Whole builds

`python benchmarks/builds.py {runs}`: the ordinary way (`papermill` for each notebook in turn, then
`jupyter-book build`; HTML only) and `wavebook build` (HTML, PDF, tables, statements), each in fresh
processes on a fresh copy, taking turns, {runs} times. Seconds by the clock, median (least–most),
and of processors, children included. Cores: {os.cpu_count()}; processes that wanted one as the run
began: {load:.1f}.

| | seconds; of processors | ratio | of processors | bar |
|---|---|---|---|---|
{chr(10).join(rows)}
"""


def met(is_met: bool) -> str:
    return ": met" if is_met else ": **not met**"


def span(costs: Sequence[Cost]) -> str:
    wall = [one.wall for one in costs]
    cpu = statistics.median(one.cpu for one in costs)
    return f"{statistics.median(wall):.1f} ({min(wall):.1f}–{max(wall):.1f}); {cpu:.1f}"


def write(section: str) -> None:
    """Put the section between its markers, or at the end of a file that has none yet."""
    marked = f"<!-- builds -->\n{section}<!-- /builds -->\n"
    text = RESULTS.read_text() if RESULTS.exists() else "# Results\n"
    pattern = re.compile(r"<!-- builds -->\n.*?<!-- /builds -->\n", re.DOTALL)
    found = pattern.search(text)
    RESULTS.write_text(pattern.sub(lambda _: marked, text) if found else f"{text}\n{marked}")
    print(section)


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 5)
