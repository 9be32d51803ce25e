"""How long a whole report takes: the ordinary way, from nothing, and after a small change.

    python benchmarks/builds.py [RUNS] [SLICES]

The ordinary way is what a good user of these tools does today with the same notebooks: the
`papermill` command for each in turn, then `jupyter-book build`, for HTML only. Ours is
`wavebook build`, with the PDF, tables and statements. They take turns in one run, each in fresh
processes on a copy of the project of its own, so that whatever else the machine does slows both.
Seconds of processor time are those of a command and of every process that it starts.

Then a preview is served and a notebook saved, and a practice wave is cut into many slices: how long
each further one takes, and how much memory all processes hold meanwhile. Writes the section "Whole
builds" of RESULTS.md.
"""

import ctypes
import json
import os
import re
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import yaml

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


def environment(folder: Path) -> Mapping[str, str]:
    """Return the environment of a command: this engine, and nothing remembered from before."""
    return {
        **os.environ,
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


# Where the time goes

PHASES = """
import json, sys, time
begun = time.perf_counter()
from pathlib import Path
from wavebook.build import build
from wavebook.project import Project
from wavebook.run import Parameters
told = [("begun", 0)]
def report(step, state):
    told.append((f"{step}: {state}", time.perf_counter() - begun))
build(Project(Path.cwd()), Parameters(sys.argv[1]), Path("_build/phases"), report=report)
told.append(("ended", time.perf_counter() - begun))
print(json.dumps(told))
"""
TYPESET = """
import sys, time
from pathlib import Path
from wavebook.pdf.typeset import lay_out
begun = time.perf_counter()
lay_out(Path(sys.argv[1]))
print(time.perf_counter() - begun)
"""
LIBRARIES = (
    "pandas", "altair", "papermill", "ipykernel.kernelapp", "sphinx.application",
    "jupyter_book.config", "myst_nb.sphinx_", "sphinx_book_theme", "vl_convert", "typst",
)  # fmt: skip


class Spent(NamedTuple):
    """Where the time of a build from nothing goes, and what it could not do without; in seconds."""

    first: float
    notebooks: float
    pages: float
    imports: float
    typst: float


def spent(folder: Path) -> Spent:
    """Build once and note when what was done; then the floor, each part in a process of its own."""
    project = copied(folder)
    told = dict(json.loads(printed(project, PHASES, WAVE)))
    done = [at for step, at in told.items() if step.endswith(": done")]
    begun = next(at for step, at in told.items() if step.startswith("pages and PDF: running"))
    source = next(project.glob("_build/.pages/*/last/kept/typst/report.typ"))
    return Spent(
        min(done),
        begun,
        told["ended"] - begun,
        cost([[sys.executable, "-c", f"import {', '.join(LIBRARIES)}"]], project).wall,
        float(printed(project, TYPESET, source)),
    )


def printed(project: Path, code: str, *arguments: str | Path) -> str:
    """Run a piece of Python in a project and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=project,
        env=environment(project),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


# The preview


def preview(project: Path, runs: int) -> list[Cost]:
    """Serve a built wave, save a notebook again and again, and wait until browsers are told."""
    command = [BIN / "wavebook", "serve", WAVE, "--port", "0"]
    found = []
    with subprocess.Popen(
        command, cwd=project, env={**environment(project), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as server:  # fmt: skip
        address = re.search(r"http://\S+/", server.stdout.readline())[0]
        news = urllib.request.urlopen(f"{address}~events", timeout=600)
        for run in range(-1, runs):  # the first, for which kernels are warmed, is not counted
            time.sleep(1)
            begun = time.perf_counter()
            edit_notebook(project, f"A sentence of preview {run}.")
            while b'"changed"' not in news.readline():
                pass
            if run >= 0:
                found.append(Cost(time.perf_counter() - begun, 0))
        news.close()
        server.send_signal(signal.SIGINT)
    return found


# Slices


class Sliced(NamedTuple):
    """What many slices took: seconds by the clock of each, and the memory held when it was done."""

    seconds: list[float]
    memory: list[float]


def slices(folder: Path, count: int) -> Sliced:
    """Cut a practice wave into slices, and watch how they come."""
    project = copied(folder)
    path = project / "data" / "instrument.yml"
    told = yaml.safe_load(path.read_text())
    part = next(iter(told["parts"]))
    told["questions"]["area"] = {
        "type": "single", "part": part, "label": "Area", "text": "Where is that?",
        "options": {f"area_{at:03}": f"Area {at}" for at in range(count)},
    }  # fmt: skip
    path.write_text(yaml.safe_dump(told, sort_keys=False, allow_unicode=True))
    simulate = ["simulate", "--wave", "areas", "--like", WAVE, "--respondents", str(200 * count)]
    cost([[BIN / "wavebook", *simulate]], project)
    out = folder / "out"
    done: list[float] = []
    memory: list[float] = []
    begun = time.perf_counter()
    with subprocess.Popen(
        [BIN / "wavebook", "build", "areas", "--by", "area", "--out", out],
        cwd=project, env=environment(project), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        text=True,
    ) as process:  # fmt: skip
        for line in process.stderr:
            if "done:" in line:
                done.append(time.perf_counter() - begun)
                memory.append(held(process.pid))
    if process.returncode:
        sys.exit("the slices could not be built")
    return Sliced([b - a for a, b in pairwise(done)], memory)


def held(pid: int) -> float:
    """Return the memory that a process and all its children hold, in MiB; what is shared once."""
    total = 0
    waiting = [pid]
    while waiting:
        one = waiting.pop()
        try:
            rollup = Path(f"/proc/{one}/smaps_rollup").read_text()
            total += int(re.search(r"^Pss:\s+(\d+)", rollup, re.MULTILINE)[1])
            for task in Path(f"/proc/{one}/task").iterdir():
                waiting += map(int, (task / "children").read_text().split())
        except OSError:  # it has ended meanwhile
            continue
    return total / 1024


def main(runs: int, many: int) -> None:
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    load = os.getloadavg()[0]
    edits: dict[str, Callable[[Path, str], None]] = {
        "one notebook edited": edit_notebook,
        "one chapter of prose edited": edit_chapter,
        "nothing changed": lambda project, note: None,
    }
    commands = {HELP: [BIN / "wavebook", "--help"], IMPORTS: [sys.executable, "-c", IMPORTS]}
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
            for name, command in commands.items():
                taken.setdefault(name, []).append(cost([command], project))
            if run == runs - 1:
                taken[PREVIEW] = preview(project, runs)
        print({name: tuple(round(x, 2) for x in costs[-1]) for name, costs in taken.items()})
    with tempfile.TemporaryDirectory() as folder:
        sliced = slices(Path(folder), many)
    with tempfile.TemporaryDirectory() as folder:
        went = spent(Path(folder))
    write(section(taken, sliced, went, runs, load))


PREVIEW = "preview: notebook saved, browsers told"
HELP, IMPORTS = "wavebook --help", "import pandas, altair"
BARS = {
    "one notebook edited": 0.20,
    "one chapter of prose edited": 0.15,
    "nothing changed": 0.04,
    PREVIEW: 0.15,
}
FASTER = 6
SLICE = 0.15


def section(
    taken: dict[str, list[Cost]], sliced: Sliced, went: Spent, runs: int, load: float
) -> str:
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
            f"| {name} | {span(taken[name])} | **{_percent(share)}** of from nothing | "
            f"{_percent(cpu[name] / cpu['cold'])} | {bar:.0%}{met(share <= bar)} |"
        )
    each = statistics.median(sliced.seconds)
    share = each / wall["cold"]
    rows.append(
        f"| each further slice of {len(sliced.memory) - 1} | {each:.1f} "
        f"({min(sliced.seconds):.1f}–{max(sliced.seconds):.1f}) | **{share:.0%}** of from nothing "
        f"| | {SLICE:.0%}{met(share <= SLICE)} |"
    )
    helped, imported, whole = wall[HELP], wall[IMPORTS], went.notebooks + went.pages
    tenth = max(1, len(sliced.memory) // 10)
    early, late = max(sliced.memory[:tenth]), max(sliced.memory[-tenth:])
    return f"""## Whole builds

`python benchmarks/builds.py {runs}`: the ordinary way (`papermill` for each notebook in turn, then
`jupyter-book build`; HTML only) and `wavebook build` (HTML, PDF, tables, statements), each in fresh
processes on a fresh copy, taking turns, {runs} times. Seconds by the clock, median (least–most),
and of processors, children included. Cores: {os.cpu_count()}; processes that wanted one as the run
began: {load:.1f}.

| | seconds; of processors | ratio | of processors | bar |
|---|---|---|---|---|
{chr(10).join(rows)}

All processes of the slices together held {early:,.0f} MiB in the first tenth of them at most, and
{late:,.0f} MiB in the last. `wavebook --help` takes {helped:.2f} s; importing pandas and
Altair, which it does not do, {imported:.2f} s.

Where the time of a build from nothing goes, in one of {whole:.1f} s: the first notebook is done
after {went.first:.1f} s, all are after {went.notebooks:.1f} s, and pages and PDF
take {went.pages:.1f} s more. It cannot do without importing the libraries, {went.imports:.1f} s in
one process, nor without laying out the PDF, {went.typst:.1f} s; the rest is what notebooks compute
and Sphinx writes. After an edit of a chapter most of the time is spent on importing Sphinx and its
extensions anew, and after an edit of a notebook on importing pandas and Altair as well: no process
is left behind that could have kept them. The preview keeps them; what is left there is one kernel,
one run of Sphinx and one of Typst. Slices keep both cores busy all the time: each is ten notebooks
and a whole website.
"""


def _percent(share: float) -> str:
    return f"{share:.{1 if share < 0.1 else 0}%}" if share else ""


def met(is_met: bool) -> str:
    return ": met" if is_met else ": **not met**"


def span(costs: Sequence[Cost]) -> str:
    wall = [one.wall for one in costs]
    cpu = statistics.median(one.cpu for one in costs)
    of_processors = f"; {cpu:.1f}" if cpu else ""
    return f"{statistics.median(wall):.1f} ({min(wall):.1f}–{max(wall):.1f}){of_processors}"


def write(section: str) -> None:
    """Put the section between its markers, or at the end of a file that has none yet."""
    marked = f"<!-- builds -->\n{section}<!-- /builds -->\n"
    text = RESULTS.read_text() if RESULTS.exists() else "# Results\n"
    pattern = re.compile(r"<!-- builds -->\n.*?<!-- /builds -->\n", re.DOTALL)
    found = pattern.search(text)
    RESULTS.write_text(pattern.sub(lambda _: marked, text) if found else f"{text}\n{marked}")
    print(section)


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:3]]
    main(*numbers, *(5, 150)[len(numbers) :])
