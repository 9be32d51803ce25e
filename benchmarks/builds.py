"""How long a whole report takes: the ordinary way, from nothing, and after a small change.

    python benchmarks/builds.py [RUNS]

The ordinary way is what a good user of these tools does today with the same notebooks: the
`papermill` command for each in turn, then `jupyter-book build`, for HTML only. Ours is
`wavebook build`, with the PDF, tables and statements. They take turns in one run, each in fresh
processes on a copy of the project of its own, so that whatever else the machine does slows both.
Seconds of processor time are those of a command and of every process that it starts.

Then a preview is served and a notebook saved. Writes the section "Whole builds" of RESULTS.md.
"""

import ctypes
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from projects import (
    BIN,
    WAVE,
    Cost,
    build,
    copied,
    cost,
    edit_chapter,
    edit_notebook,
    environment,
)
from sections import met, percent, span, write

PR_SET_CHILD_SUBREAPER = 36


def ordinary(folder: Path) -> Cost:
    """Run each notebook with papermill, then build the pages."""
    project = copied(folder)
    notebooks = sorted([*project.glob("notebooks/*.ipynb"), *project.glob("book/*.ipynb")])
    run = [
        [BIN / "papermill", path, path, "--cwd", path.parent, "-r", "wave", WAVE]
        for path in notebooks
    ]
    return cost([*run, [BIN / "jupyter-book", "build", "."]], project)


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
import typst
from wavebook.pdf.typeset import STANDARD, fonts
source = Path(sys.argv[1])
begun = time.perf_counter()
typst.compile(
    source, root=source.parent, font_paths=fonts(), ignore_system_fonts=True,
    pdf_standards=[STANDARD],
)
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


def main(runs: int) -> None:
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
        went = spent(Path(folder))
    write("builds", section(taken, went, runs, load))


PREVIEW = "preview: notebook saved, browsers told"
HELP, IMPORTS = "wavebook --help", "import pandas, altair"
BARS = {
    "one notebook edited": 0.20,
    "one chapter of prose edited": 0.15,
    "nothing changed": 0.04,
    PREVIEW: 0.15,
}
FASTER = 6


def section(taken: dict[str, list[Cost]], went: Spent, runs: int, load: float) -> str:
    """Return the section of RESULTS.md."""
    wall = {name: statistics.median(c.wall for c in costs) for name, costs in taken.items()}
    cpu = {name: statistics.median(c.cpu for c in costs) for name, costs in taken.items()}
    by_wall, by_cpu = (found["reference"] / found["cold"] for found in (wall, cpu))
    rows = [
        f"| the ordinary way | {spent_on(taken['reference'])} | | | |",
        f"| from nothing | {spent_on(taken['cold'])} | ordinary ÷ this **{by_wall:.1f}** | "
        f"{by_cpu:.1f} | {FASTER}{met(by_wall >= FASTER)} |",
    ]
    for name, bar in BARS.items():
        share = wall[name] / wall["cold"]
        rows.append(
            f"| {name} | {spent_on(taken[name])} | **{percent(share)}** of from nothing | "
            f"{percent(cpu[name] / cpu['cold'])} | {bar:.0%}{met(share <= bar)} |"
        )
    helped, imported, whole = wall[HELP], wall[IMPORTS], went.notebooks + went.pages
    return f"""## Whole builds

`python benchmarks/builds.py {runs}`: the ordinary way (`papermill` for each notebook in turn, then
`jupyter-book build`; HTML only) and `wavebook build` (HTML, PDF, tables, statements), each in fresh
processes on a fresh copy, taking turns, {runs} times. Seconds by the clock, median (least–most),
and of processors, children included. Cores: {os.cpu_count()}; processes that wanted one as the run
began: {load:.1f}.

| | seconds; of processors | ratio | of processors | bar |
|---|---|---|---|---|
{chr(10).join(rows)}

`wavebook --help` takes {helped:.2f} s; importing pandas and
Altair, which it does not do, {imported:.2f} s.

Where the time of a build from nothing goes, in one of {whole:.1f} s: the first notebook is done
after {went.first:.1f} s, all are after {went.notebooks:.1f} s, and pages and PDF
take {went.pages:.1f} s more. It cannot do without importing the libraries, {went.imports:.1f} s in
one process, nor without laying out the PDF, {went.typst:.1f} s; the rest is what notebooks compute
and Sphinx writes. After an edit of a chapter Sphinx is imported anew on one core while Typst lays
out the whole report on the other; then the page is written, and the report laid out again but for
what has not changed. After an edit of a notebook pandas and Altair are imported as well: no process
is left behind that could have kept any of it. The preview keeps it all, and tells browsers while
the PDF is still being set; what is left there is one notebook and one run of Sphinx.
"""


def spent_on(costs: Sequence[Cost]) -> str:
    """Return the seconds by the clock, and the median of those of processors where known."""
    cpu = statistics.median(one.cpu for one in costs)
    return span([one.wall for one in costs]) + (f"; {cpu:.1f}" if cpu else "")


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 5)
