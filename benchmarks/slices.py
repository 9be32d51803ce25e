"""How long each further commentary takes when a wave is cut into many, and how much memory.

    python benchmarks/slices.py [SLICES] [MEASURED]

A practice wave of so many people for each of SLICES areas is built with ``--by``: one
commentary on everybody and one on each area, HTML and PDF. The build is stopped once MEASURED of
them are done; all unless given. What a further one takes is compared with builds from nothing in
the same run, before and after: of the survey of 2010, which the bar is set by, and of the practice
wave as a whole. Writes the section "Many commentaries" of RESULTS.md.
"""

import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import yaml
from projects import BIN, WAVE, build, copied, cost, environment
from sections import met, percent, span, write

BAR = 0.15
PARTS, PART = 5, "fifth"  # of the build, for each of which the memory is told
EACH = 200  # respondents


class Sliced(NamedTuple):
    """What many slices took: seconds by the clock of each, and the memory held when it was done."""

    seconds: list[float]
    memory: list[float]


def areas(folder: Path, count: int) -> Path:
    """Return a project with a practice wave of so many areas."""
    project = copied(folder)
    path = project / "data" / "instrument.yml"
    told = yaml.safe_load(path.read_text())
    part = next(iter(told["parts"]))
    told["questions"]["area"] = {
        "type": "single", "part": part, "label": "Area", "text": "Where is that?",
        "options": {f"area_{at:03}": f"Area {at}" for at in range(count)},
    }  # fmt: skip
    path.write_text(yaml.safe_dump(told, sort_keys=False, allow_unicode=True))
    simulate = ["simulate", "--wave", "areas", "--like", WAVE, "--respondents", str(EACH * count)]
    cost([[BIN / "wavebook", *simulate]], project)
    return project


def slices(project: Path, most: int) -> Sliced:
    """Build the wave by area, and watch how the commentaries come."""
    done: list[float] = []
    memory: list[float] = []
    begun = time.perf_counter()
    with subprocess.Popen(
        [BIN / "wavebook", "build", "areas", "--by", "area", "--out", project.parent / "out"],
        cwd=project, env=environment(project), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        text=True,
    ) as process:  # fmt: skip
        for line in process.stderr:
            if "done:" in line:
                done.append(time.perf_counter() - begun)
                memory.append(held(process.pid))
                if len(done) > most:
                    process.send_signal(signal.SIGINT)
                    break
        process.stderr.read()
    if process.returncode and len(done) <= most:
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


def parts(values: list[float], count: int) -> list[list[float]]:
    """Return a list in so many parts, one after another, that differ in length by one at most."""
    ends = [at * len(values) // count for at in range(count + 1)]
    return [values[begin:end] for begin, end in pairwise(ends)]


def alone(folder: Path) -> float:
    """Return the seconds that the survey of 2010 takes from nothing."""
    return build(copied(folder)).wall


def whole(project: Path) -> float:
    """Return the seconds that the practice wave takes from nothing, as one commentary."""
    return build(project, "areas").wall


def main(count: int, most: int) -> None:
    load = os.getloadavg()[0]
    ours: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        for at in (1, 2):
            (Path(folder) / f"before-{at}").mkdir()
            ours.append(alone(Path(folder) / f"before-{at}"))
        (Path(folder) / "whole").mkdir()
        project = areas(Path(folder) / "whole", count)
        one = whole(project)
        found = slices(project, most)
        for at in (1, 2):
            (Path(folder) / f"after-{at}").mkdir()
            ours.append(alone(Path(folder) / f"after-{at}"))
    each, cold = statistics.median(found.seconds), statistics.median(ours)
    share = each / cold
    peaks = [f"{max(part):,.0f}" for part in parts(found.memory, PARTS)]
    write(
        "slices",
        f"""## Many commentaries

`python benchmarks/slices.py {count} {most}`: a practice wave of {EACH * count:,} respondents built
`--by` area, {count} of them; the first {len(found.seconds)} further ones were measured. Seconds by
the clock, median (least–most). Cores: {os.cpu_count()}; processes that wanted one as the run began:
{load:.1f}.

| | seconds | of the build of {WAVE} from nothing | bar |
|---|---|---|---|
| {WAVE} from nothing, {len(ours)} times, before and after | {span(ours)} | | |
| all respondents of the practice wave, from nothing, as one commentary | {one:.1f} | \
{percent(one / cold)} | |
| **each further commentary on an area** | {span(found.seconds)} | **{percent(share)}** | \
{BAR:.0%}{met(share <= BAR)} |

That is {percent(each / one)} of what the practice wave takes as one commentary. All processes
together held {", ".join(peaks[:-1])} and {peaks[-1]} MiB at most in one {PART} of the build after
the other; what they share is counted once. What grows and falls is the process that sets PDFs: it
remembers the last ten, and gives way to another after forty.

Both cores are busy nearly all the time: each commentary is every notebook, every page, the charts
and a PDF. Most of it goes to Sphinx and to notebooks, about as much to each; the rest to drawing
charts and to the PDF. The notebooks run in forks without a kernel, in which all is ready that is
the same for every slice: the notebooks as they are read, their cells as Python, the shell that
runs them, and what it takes to count the wave's answers. What pages load is stored once.
""",
    )


if __name__ == "__main__":
    given = [int(argument) for argument in sys.argv[1:3]]
    slices_, measured = [*given, *(150, given[0] if given else 150)[len(given) :]]
    main(slices_, measured)
