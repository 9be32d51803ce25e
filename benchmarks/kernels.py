"""How long a kernel takes from its start to the end of a first cell that draws a chart.

    python benchmarks/kernels.py [RUNS]

Ordinary and warm kernels take turns in one run, so that whatever else the machine does slows both;
the ratio is that of the medians. Writes the section "Warm kernels" of RESULTS.md.
"""

import os
import statistics
import sys
import time

import nbformat
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from sections import span, write

from wavebook.kernels.warm import DEFAULT_PRELOAD, WarmKernelManager, warm_kernels

CELL = """
import pandas as pd
import altair as alt
frame = pd.DataFrame({"role": ["NLE", "LLE", "SIP"], "share": [0.8, 0.4, 0.6]})
alt.Chart(frame).mark_bar().encode(x="share:Q", y="role:N").to_dict()
"""


def first_cell(manager: type) -> tuple[float, float, float]:
    """Return the seconds to a kernel that is ready, to the end of its first cell, to its end."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)])
    client = NotebookClient(notebook, kernel_manager_class=manager, kernel_name="python3")
    begun = time.perf_counter()
    with client.setup_kernel():
        ready = time.perf_counter()
        client.execute_cell(notebook.cells[0], 0)
        done = time.perf_counter()
    return ready - begun, done - begun, time.perf_counter() - begun


def main(runs: int) -> None:
    ordinary, warm = [], []
    load = os.getloadavg()[0]
    begun = time.perf_counter()
    with warm_kernels(DEFAULT_PRELOAD):
        first_cell(WarmKernelManager)
        template = time.perf_counter() - begun
        for _ in range(runs):
            ordinary.append(first_cell(AsyncKernelManager))
            warm.append(first_cell(WarmKernelManager))
    rows = []
    for number, name in enumerate(("ready", "**first cell done**", "ended")):
        cold, hot = ([run[number] for run in runs_of] for runs_of in (ordinary, warm))
        ratio = statistics.median(cold) / statistics.median(hot)
        rows.append(f"| {name} | {span(cold, 3)} | {span(hot, 3)} | {ratio:.1f} |")
    write(
        "kernels",
        f"""## Warm kernels

`python benchmarks/kernels.py {runs}`: an ordinary kernel and a warm one take turns, {runs} times.
The first cell imports pandas and Altair and makes a chart. Seconds since the start of the kernel:
median (least–most). Cores: {os.cpu_count()};
processes that wanted one as the run began: {load:.1f}.

| | ordinary | warm | ordinary ÷ warm |
|---|---|---|---|
{chr(10).join(rows)}

The first kernel of a template also waits for its imports: {template:.2f} s, once for each run.
Bar: 10 for the first cell. What is left of a warm start is ipykernel's own initialisation in the
fork (about half), the fork and the pages it copies, and making the chart.
""",
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 11)
