"""Rows a second and peak memory of a whole report's tables, on each engine and beside others.

    python benchmarks/tabulate.py [MOST_ROWS]

Makes waves of 10³ … MOST_ROWS (10⁷ unless given) respondents × 60 questions as Parquet files, with
weights, 20 strata and 4 regions. Each contender runs in a process of its own: shares and
design-based standard errors of every option, in total and for each region. Contenders take turns,
so that whatever else the machine does slows all. Writes the section "Tabulation" of RESULTS.md.
"""

# ruff: noqa: PLC0415 — each process imports what it measures, and nothing of the others

from __future__ import annotations

import json
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from sections import write

QUESTIONS = [f"q__{number:02d}" for number in range(60)]
OPTIONS = ["very", "somewhat", "not_very", "not_at_all", "dont_know", None]
GROUP = 250_000
REGIONS = "--totals" not in sys.argv  # each region beside the total
BARS = {"svy": 10, "R survey": 40}

# Most rows that a contender is given, and of how many questions: the slow ones are timed on a few
# and scaled to 60, which favours them (their reading and set-up is left out altogether).
CONTENDERS: dict[str, tuple[int, dict[int, int]]] = {
    "duckdb": (10**7, {}),
    "pandas": (10**6, {}),
    "dask": (10**6, {}),
    "svy": (10**6, {10**4: 6, 10**5: 3, 10**6: 2}),
    "R survey": (10**6, {10**3: 6, 10**4: 3, 10**5: 1, 10**6: 1}),
    "crosstab": (10**6, {10**5: 6, 10**6: 3}),
}

R_SCRIPT = """
suppressPackageStartupMessages(library(survey))
d <- read.csv("{path}", stringsAsFactors = TRUE, na.strings = "")
begun <- proc.time()[["elapsed"]]
design <- svydesign(ids = ~1, strata = ~stratum, weights = ~weight, data = d)
ready <- proc.time()[["elapsed"]]
for (q in grep("^q__", names(d), value = TRUE)) {{
  f <- as.formula(paste0("~", q))
  svymean(f, design, na.rm = TRUE)
  if ({regions}) svyby(f, ~region, design, svymean, na.rm = TRUE)
}}
cat(ready - begun, proc.time()[["elapsed"]] - ready)
"""


def make_wave(path: Path, rows: int) -> None:
    """Write a wave, a quarter of a million rows at a time."""
    rng = np.random.default_rng(2010)
    code_of = np.searchsorted(np.array([90, 170, 205, 230, 243, 256]), np.arange(256), "right")
    strata, regions = [f"s{h:02d}" for h in range(20)], ["north", "south", "east", "west"]
    writer = None
    for begun in range(0, rows, GROUP):
        n = min(GROUP, rows - begun)
        columns = {
            "weight": pa.array(rng.uniform(0.3, 3.0, n)),
            "stratum": texts(rng.integers(0, 20, n), strata),
            "region": texts(rng.integers(0, 4, n), regions),
        }
        for question in QUESTIONS:
            columns[question] = texts(code_of[rng.integers(0, 256, n, dtype=np.uint8)], OPTIONS)
        table = pa.table(columns)
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer:
        writer.close()


def texts(codes: np.ndarray, words: list[Any]) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(words)).cast(pa.string())


def by_wavebook(frame: Any, questions: list[str]) -> None:
    from wavebook.design import Design
    from wavebook.estimate import tabulate

    design = Design(weight="weight", strata="stratum")
    tabulate(frame, questions, by="region" if REGIONS else None, design=design, total="all")


def run_duckdb(path: str, questions: list[str]) -> float:
    import duckdb

    return timed(lambda: by_wavebook(duckdb.connect().read_parquet(path), questions))


def run_pandas(path: str, questions: list[str]) -> float:
    import pandas as pd

    return timed(lambda: by_wavebook(pd.read_parquet(path), questions))


def run_dask(path: str, questions: list[str]) -> float:
    import dask.dataframe as dd

    return timed(lambda: by_wavebook(dd.read_parquet(path, split_row_groups=True), questions))


def run_svy(path: str, questions: list[str]) -> float:
    import polars as pl
    import svy

    frame = pl.read_parquet(path, columns=["weight", "stratum", "region", *questions])
    sample = svy.Sample(frame, svy.Design(wgt="weight", stratum="stratum"))

    def tables() -> None:
        for question in questions:
            sample.estimation.prop(question, drop_nulls=True)
            if REGIONS:
                sample.estimation.prop(question, by="region", drop_nulls=True)

    return timed(tables)


def run_crosstab(path: str, questions: list[str]) -> float:
    import pandas as pd

    frame = pd.read_parquet(path, columns=["weight", "region", *questions])

    def tables() -> None:
        for question in questions:
            pd.crosstab(
                frame[question], frame["region"], frame["weight"], aggfunc="sum", margins=True,
                normalize="columns",
            )  # fmt: skip

    return timed(tables)


def run_r(path: str, questions: list[str]) -> float:
    with tempfile.TemporaryDirectory() as folder:
        csv = Path(folder) / "wave.csv"
        columns = ["weight", "stratum", "region", *questions]
        pq.read_table(path, columns=columns).to_pandas().to_csv(csv, index=False)
        script = R_SCRIPT.format(path=csv, regions="TRUE" if REGIONS else "FALSE")
        done = subprocess.run(["Rscript", "-e", script], check=True, capture_output=True, text=True)
    return float(done.stdout.split()[1])


RUN: dict[str, Callable[[str, list[str]], float]] = {
    "duckdb": run_duckdb,
    "pandas": run_pandas,
    "dask": run_dask,
    "svy": run_svy,
    "R survey": run_r,
    "crosstab": run_crosstab,
}


def timed(work: Callable[[], None]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def measure(contender: str, path: str, count: int) -> None:
    """Print the seconds and the peak memory of this process as JSON."""
    seconds = RUN[contender](path, QUESTIONS[:count])
    who = resource.RUSAGE_CHILDREN if contender == "R survey" else resource.RUSAGE_SELF
    print(json.dumps({"seconds": seconds, "peak": resource.getrusage(who).ru_maxrss / 2**20}))


def contend(contender: str, path: Path, rows: int, *extra: str) -> dict[str, float]:
    """Return the seconds for all questions, and the peak in GiB."""
    few = CONTENDERS[contender][1]
    count = few.get(rows, len(QUESTIONS))
    command = [sys.executable, __file__, "--measure", contender, str(path), str(count), *extra]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    result["seconds"] *= len(QUESTIONS) / count
    return result


def main(most: int) -> None:
    sizes = [10**power for power in range(3, 8) if 10**power <= most]
    known = [c for c in CONTENDERS if c != "R survey" or shutil.which("Rscript")]
    results: dict[tuple[int, str], list[dict[str, float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for rows in sizes:
            path = Path(folder) / f"{rows}.parquet"
            make_wave(path, rows)
            for _ in range(3 if rows < 10**7 else 1):
                for contender in known:
                    if rows <= CONTENDERS[contender][0]:
                        run = contend(contender, path, rows)
                        print(rows, contender, run, file=sys.stderr)
                        results.setdefault((rows, contender), []).append(run)
                if rows == 10**6:
                    for contender in [c for c in known if c in ("duckdb", *BARS)]:
                        run = contend(contender, path, rows, "--totals")
                        print(rows, contender, "totals", run, file=sys.stderr)
                        results.setdefault((0, contender), []).append(run)
            path.unlink()
    write("tabulation", section(results, sizes, known, most))


def section(
    results: dict[tuple[int, str], list[dict[str, float]]],
    sizes: list[int],
    known: list[str],
    most: int,
) -> str:
    def median(rows: int, contender: str, what: str) -> float | None:
        runs = results.get((rows, contender))
        return statistics.median(run[what] for run in runs) if runs else None

    lines = ["| respondents | | " + " | ".join(known) + " |", "|---|---|" + "---|" * len(known)]
    for rows in sizes:
        seconds = [median(rows, one, "seconds") for one in known]
        peaks = [median(rows, one, "peak") for one in known]
        shown = [f"{s:.2f}" if s else "" for s in seconds]
        speed = [f"{rows / s:,.0f}" if s else "" for s in seconds]
        memory = [f"{p:.2f}" if p else "" for p in peaks]
        lines.append(f"| {rows:,} | seconds | " + " | ".join(shown) + " |")
        lines.append("| | rows a second | " + " | ".join(speed) + " |")
        lines.append("| | peak GiB | " + " | ".join(memory) + " |")
    verdicts = []
    ours = median(10**6, "duckdb", "seconds")
    for other, bar in BARS.items():
        theirs = median(10**6, other, "seconds")
        if ours and theirs:
            state = "met" if theirs / ours >= bar else "not met"
            verdicts.append(
                f"- 10⁶ rows, duckdb, against {other}: **{theirs / ours:.0f} times as fast** "
                f"(bar {bar}: {state})."
            )
    ours = median(0, "duckdb", "seconds")
    for other in BARS:
        theirs = median(0, other, "seconds")
        if ours and theirs:
            verdicts.append(
                f"- The same without regions ({ours:.1f} s against {theirs:.0f} s): "
                f"{theirs / ours:.0f} times as fast as {other}."
            )
    peak = median(10**7, "duckdb", "peak")
    if peak:
        state = "met" if peak <= 4 else "not met"
        verdicts.append(f"- 10⁷ rows, duckdb: **{peak:.2f} GiB** at the peak (bar 4: {state}).")
    tenth, whole = median(10**6, "duckdb", "seconds"), median(10**7, "duckdb", "seconds")
    if tenth and whole:
        verdicts.append(
            f"- 10 times the rows, 10⁶ to 10⁷, take duckdb {whole / tenth:.1f} times as long "
            "(linear: 10)."
        )
    cores, ram = os.cpu_count(), os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return f"""## Tabulation

`python benchmarks/tabulate.py {most}`: 60 questions of five options, weights and 20 strata; the
share of each option with its standard error and interval, in total and in each of 4 regions.
Medians of 3 runs (1 at 10⁷), each in a process of its own, taking turns. `duckdb`,
`pandas` and `dask` are `wavebook.estimate.tabulate` from Parquet to finished tables, reading
included. The others are timed without reading: `svy` and R's `survey` (`svymean`, `svyby`), from
10⁴ or 10⁵ on a few questions, scaled to 60; `crosstab` is weighted `pandas.crosstab`: shares only,
no standard errors. A peak includes what the launching process held (up to 0.47 GiB), so it is an
upper bound.

Machine: {cores} cores shared with other work, {ram / 2**30:.0f} GiB, {platform.machine()},
Python {platform.python_version()}.

{chr(10).join(lines)}

{chr(10).join(verdicts)}
"""


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        measure(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else 10**7)
