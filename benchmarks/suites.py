"""papermill's and nbclient's own tests, with ordinary kernels and with warm ones.

    python benchmarks/suites.py [RUNS]

The tests are those of the versions installed here, from their source distributions; what else they
need goes into an environment on top of ours. Each suite runs with ordinary kernels, with warm ones
because an environment variable says so, and with our engine and kernel manager in the place of the
ones that papermill and nbclient take by themselves; these take turns. Every kernel notes who its
parent is, so that the table tells what really ran. Writes the section "Other people's tests" of
RESULTS.md.
"""

import os
import statistics
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import venv
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from sections import write

ROOT = Path(__file__).parents[1]
KINDS = ("ordinary", "warm by variable", "warm by engine")
TESTS = {"nbclient": "tests", "papermill": "papermill/tests"}
# papermill's own list for its tests holds an IPython below 9 and much that they do not import.
NEEDED = (
    f"nbclient[test]=={version('nbclient')}",
    f"papermill[azure,gcs,github,s3]=={version('papermill')}",
    "moto>=5,<5.2",
    "pytest-env",
    "pytest-mock",
)
OLDER = "ipython<9"
ENGINE = """
import jupyter_client
from papermill.engines import papermill_engines
from wavebook.kernels.warm import WarmEngine, WarmKernelManager
jupyter_client.AsyncKernelManager = WarmKernelManager
for name in (None, "nbclient"):
    papermill_engines.register(name, WarmEngine)
"""
STARTUP = """
def note():
    import os, pathlib
    parent = pathlib.Path(f"/proc/{os.getppid()}/cmdline").read_text()
    with open(os.environ["KERNELS"], "a") as kernels:
        print("warm" if "wavebook.kernels.forkserver" in parent else "ordinary", file=kernels)
note()
del note
"""


class Outcome(NamedTuple):
    """What one run of a suite came to.

    Attributes
    ----------
    ended
        Each test, and how it ended.
    again
        How many tests marked flaky had to be tried a second time.
    """

    ended: dict[str, str]
    kernels: list[str]
    again: int
    seconds: float


class Bench:
    """The folder in which the tests, what they need, and their traces are."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.python = folder / "on-top" / "bin" / "python"
        venv.create(folder / "on-top", with_pip=True)
        (site,) = (folder / "on-top").glob("lib/python*/site-packages")
        ours = sysconfig.get_paths()["purelib"]
        (site / "ours.pth").write_text(f"import site; site.addsitedir({ours!r})\n")
        self.pip("install", *NEEDED)
        self.pip("install", "--no-deps", "--target", str(folder / "older"), OLDER)
        for name in TESTS:
            exact = f"{name}=={version(name)}"
            source = ["--no-deps", "--no-binary", name, "--no-build-isolation", exact]
            self.pip("download", "--dest", str(folder), *source)
            with tarfile.open(folder / f"{name}-{version(name)}.tar.gz") as archive:
                archive.extractall(folder, filter="data")
        startup = folder / "ipython" / "profile_default" / "startup"
        startup.mkdir(parents=True)
        (startup / "note.py").write_text(STARTUP)
        (folder / "plugins").mkdir()
        (folder / "plugins" / "warm_by_default.py").write_text(ENGINE)

    def pip(self, *arguments: str) -> None:
        """Install or download into the folder, silently."""
        command = [str(self.python), "-m", "pip", "-qq", "--disable-pip-version-check", *arguments]
        subprocess.run(command, check=True)

    def run(self, name: str, kind: str, paths: Sequence[Path] = ()) -> Outcome:
        """Run a suite with one kind of kernel, with `paths` before all others to import from."""
        kernels, report = self.folder / "kernels", self.folder / "report.xml"
        kernels.write_text("")
        bins = [str(self.python.parent), str(Path(sys.executable).parent), os.environ["PATH"]]
        env = {
            **os.environ,
            "HOME": str(self.folder),
            "IPYTHONDIR": str(self.folder / "ipython"),
            "KERNELS": str(kernels),
            "PATH": os.pathsep.join(bins),
            "PYTHONHASHSEED": "0",  # as papermill's own way of running its tests has it
            "PYTHONPATH": os.pathsep.join(map(str, [*paths, ROOT, self.folder / "plugins"])),
        }
        if kind != "ordinary":
            env["JUPYTER_DEFAULT_PROVISIONER_NAME"] = "wavebook-warm"
        plugin = ["-p", "warm_by_default"] if kind == "warm by engine" else []
        # pytest-asyncio warns if it is not told, and nbclient's tests take warnings for errors.
        told = ["-o", "asyncio_default_fixture_loop_scope=function", "-p", "no:cacheprovider"]
        folders = ["--basetemp", str(self.folder / "temporary"), "--junitxml", str(report)]
        done = subprocess.run(
            [str(self.python), "-m", "pytest", "-q", *told, *plugin, *folders, TESTS[name]],
            cwd=self.folder / f"{name}-{version(name)}",
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode > 1:
            sys.exit(f"{done.stdout}\n{done.stderr}")
        suite = ET.parse(report).getroot()[0]
        ended = {f"{test.get('classname')}.{test.get('name')}": state(test) for test in suite}
        again = done.stdout.count("runs remaining out of")
        return Outcome(ended, kernels.read_text().split(), again, float(suite.get("time") or 0))


def state(test: ET.Element) -> str:
    """Return how a test of a JUnit report ended."""
    found = {child.tag for child in test} & {"failure", "error", "skipped"}
    return "passed" if not found else "skipped" if found == {"skipped"} else "failed"


def ends(outcomes: Sequence[Outcome]) -> dict[str, str]:
    """Return how each test ended: failed if it did so in any run."""
    found: dict[str, str] = {}
    for outcome in outcomes:
        for test, ended in outcome.ended.items():
            found[test] = "failed" if "failed" in (ended, found.get(test)) else ended
    return found


def row(name: str, kind: str, outcomes: Sequence[Outcome]) -> str:
    ended = list(ends(outcomes).values())
    counts = " | ".join(str(ended.count(one)) for one in ("passed", "failed", "skipped"))
    kernels = [kernel for outcome in outcomes for kernel in outcome.kernels]
    seconds = statistics.median(outcome.seconds for outcome in outcomes)
    again = sum(outcome.again for outcome in outcomes)
    forked = f"{kernels.count('warm')} of {len(kernels)}"
    return f"| {name} | {kind} | {counts} | {again} | {forked} | {seconds:.0f} |"


def main(runs: int) -> None:
    with tempfile.TemporaryDirectory() as made:
        bench = Bench(Path(made))
        found: dict[tuple[str, str], list[Outcome]] = {}
        for _ in range(runs):
            for name in TESTS:
                for kind in KINDS:
                    label = f"{name} {version(name)}"
                    found.setdefault((label, kind), []).append(bench.run(name, kind))
        (older,) = (bench.folder / "older").glob("ipython-*.dist-info")
        number = older.stem.partition("-")[2]
        for kind in KINDS:
            label = f"papermill {version('papermill')}, IPython {number}"
            found[label, kind] = [bench.run("papermill", kind, [bench.folder / "older"])]
    rows = [row(*key, outcomes) for key, outcomes in found.items()]
    always, differ = [], []
    for label in dict.fromkeys(label for label, _ in found):
        ordinary, *warm = (ends(found[label, kind]) for kind in KINDS)
        for test, ended in ordinary.items():
            if any(kind.get(test) != ended for kind in warm):
                differ.append(f"{label}: `{test}`")
            elif ended == "failed":
                always.append(f"{label}: `{test}`")
    write(
        "suites",
        f"""## Other people's tests

`python benchmarks/suites.py {runs}`: the tests that come with the sources of papermill and
nbclient, with IPython {version("ipython")} and ipykernel {version("ipykernel")}. Kernels are warm
by the variable `JUPYTER_DEFAULT_PROVISIONER_NAME`; "by engine", our engine and kernel manager stand
besides in the place of papermill's and nbclient's own. A test that failed in any of {runs} runs
counts as failed; "tried again" are the second attempts of tests that their authors mark as flaky,
in all runs. A kernel counts as forked if its parent is the template. papermill asks for `{OLDER}`
to run its tests with: the last rows, run once.

| tests of | kernels | passed | failed | skipped | tried again | forked | seconds |
|---|---|---|---|---|---|---|---|
{chr(10).join(rows)}

Tests that end differently with warm kernels: {"; ".join(differ) or "**none**"}.
Tests that fail with every kind of kernel: {"; ".join(always) or "none"}.
""",
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 2)
