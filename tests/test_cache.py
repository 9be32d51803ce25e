"""A notebook is run again if something that it reads has changed, and for no other reason."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest

from tests.conftest import ROOT
from wavebook.cache import inventory as inventories
from wavebook.cache import versions
from wavebook.cache.kept import Kept
from wavebook.cache.store import Store, chosen_store, sha
from wavebook.errors import WavebookError
from wavebook.kernels.warm import warm_kernels
from wavebook.project import Project
from wavebook.run import PRELOAD, Parameters, run_notebooks

A, B = "01-growing", "02-joy"
BOTH = {A, B}
DATA = Path("data/waves/2030/post.csv")
WAVE = Path("data/waves/2030/wave.yml")
INSTRUMENT = Path("data/instrument.yml")
OPEN = (
    'from wavebook.finding import finding\n\nf = finding("x", wave=wave, where=where, level=level)'
)
PARAMETERS = """
wave = "2030"
compare = None
where = None
level = 0.95
"""


@pytest.fixture(scope="module", autouse=True)
def template() -> Iterator[None]:
    """One process to fork the kernels of all tests from."""
    with warm_kernels(PRELOAD):
        yield


def notebook(path: str, *cells: str) -> Path:
    """Write a notebook with the parameters of every notebook."""
    parameters = nbformat.v4.new_code_cell(
        'wave = "2030"\ncompare = None\nwhere = None\nlevel = 0.95'
    )
    parameters.metadata["tags"] = ["parameters"]
    made = nbformat.v4.new_notebook()
    made.cells = [nbformat.v4.new_markdown_cell("# Title"), parameters]
    made.cells += [nbformat.v4.new_code_cell(cell) for cell in cells]
    for number, cell in enumerate(made.cells):
        cell["id"] = f"c{number}"
    nbformat.write(made, path)
    return Path(path).absolute()


@pytest.fixture
def project(allotments: Path) -> Path:
    """The allotments with a second notebook, which asks other questions than the first."""
    notebook("notebooks/02-joy.ipynb", OPEN, 'f.ranks("joy", by="site")')
    return allotments


class Ran(set[str]):
    """The names of the notebooks that were run, and what was said of each."""

    said: list[str]


def run(
    parameters: Parameters | None = None, *, cache: Path | None = None, out: str = "out"
) -> Ran:
    """Run what has to be run of the project at hand."""
    project = Project.find()
    store = chosen_store(project.root, cache)
    ran = Ran()
    ran.said = []
    parameters = parameters or Parameters("2030")
    kept = Kept(project.root, store, parameters.as_dict(), "pandas", ran.said.append)
    kept.inventory.begin("2030")
    run_notebooks(
        (*project.notebooks, *project.chapters),
        project.root / out,
        parameters,
        progress=lambda name, state: ran.add(name) if state == "running" else None,
        kept=kept,
    )
    store.trim()
    return ran


def change(path: Path | str, old: str, new: str) -> None:
    text = Path(path).read_text()
    assert old in text
    Path(path).write_text(text.replace(old, new, 1))


def bytes_of(folder: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in Path(folder).rglob("*.ipynb")}


# What makes a notebook run again


def test_what_was_run_is_not_run_again(project: Path) -> None:
    assert run() == BOTH
    assert run() == set()


def test_a_kept_result_is_the_bytes_of_a_fresh_one(project: Path) -> None:
    run()
    run(out="kept")
    run(cache=Path("elsewhere"), out="fresh")
    assert bytes_of("kept") == bytes_of("fresh") != {}


def test_an_edited_cell_runs_its_notebook_alone(project: Path) -> None:
    run()
    change("notebooks/01-growing.ipynb", "of holders grow beans", "of all holders grow beans")
    assert run() == {A}


def test_stored_outputs_are_no_part_of_a_notebook(project: Path) -> None:
    run()
    path = project / "notebooks/02-joy.ipynb"
    stored = nbformat.read(path, as_version=4)
    stored.cells[-1].outputs = [nbformat.v4.new_output("stream", text="old")]
    stored.cells[-1].execution_count = 7
    stored.metadata["kernelspec"] = {"name": "other", "display_name": "Other"}
    nbformat.write(stored, path)
    assert run() == set()


def test_times_of_files_count_for_nothing(project: Path) -> None:
    run()
    for path in project.rglob("*.*"):
        if "_build" not in path.parts:
            os.utime(path, (2_000_000_000, 2_000_000_000))
    assert run() == set()


def test_an_answer_runs_the_notebooks_that_read_its_column(project: Path) -> None:
    run()
    change(DATA, "p1,north,plenty,some,1,2,3", "p1,north,plenty,some,2,1,3")
    assert run() == {B}
    change(DATA, "p5,south,plenty", "p5,south,some")
    assert run() == {A}


def test_a_group_s_column_is_read_too(project: Path) -> None:
    run()
    change(DATA, "p4,north", "p4,south")
    assert run() == {B}


def test_a_column_that_nobody_reads_runs_nothing(project: Path) -> None:
    run()
    change(DATA, "3,thorns\np3", "3,price\np3")
    assert run() == set()


def test_another_respondent_runs_everything(project: Path) -> None:
    run()
    with DATA.open("a") as file:
        file.write("p9,south,some,some,1,2,3,\n")
    change(WAVE, "respondents: 8", "respondents: 9")
    assert run() == BOTH


def test_a_label_runs_the_notebooks_that_use_its_question(project: Path) -> None:
    run()
    change(INSTRUMENT, "beans: Beans", "beans: Runner beans")
    assert run() == {A}
    change(INSTRUMENT, "digging: Digging", "digging: Double digging")
    assert run() == {B}


def test_a_question_that_nobody_uses_runs_nothing(project: Path) -> None:
    run()
    change(INSTRUMENT, "label: Why no roses", "label: Why there are no roses")
    assert run() == set()


def test_the_order_of_options_is_part_of_a_question(project: Path) -> None:
    run()
    change(INSTRUMENT, "plenty: Plenty, some: Some,", "some: Some, plenty: Plenty,")
    assert run() == {A}


def test_a_derived_question_reads_what_it_is_derived_from(project: Path) -> None:
    notebook("notebooks/02-joy.ipynb", OPEN, 'f.shares("gardener")')
    run()
    change(DATA, "p4,north,none_at_all", "p4,north,some")
    assert run() == BOTH
    change(INSTRUMENT, "from_options: [plenty, some]", "from_options: [plenty]")
    assert run() == {B}


def test_a_slice_reads_the_column_of_its_condition(project: Path) -> None:
    south = Parameters("2030", where="site == 'south'")
    assert run(south) == BOTH
    change(DATA, "p4,north", "p4,south")
    assert run(south) == BOTH


def test_a_notebook_that_takes_a_whole_part_reads_all_of_it(project: Path) -> None:
    notebook("notebooks/02-joy.ipynb", OPEN, 'f.wave.frames["post"].shape')
    run()
    change(DATA, "3,thorns\np3", "3,price\np3")
    assert run() == {B}


def test_what_wave_yml_says_runs_everything_but_a_comment_does_not(project: Path) -> None:
    run()
    with WAVE.open("a") as file:
        file.write("# a comment\n")
    assert run() == set()
    change(WAVE, "end: 2030-04", "end: 2030-05")
    assert run() == BOTH


def test_parameters_have_results_of_their_own(project: Path) -> None:
    assert run() == BOTH
    assert run(Parameters("2030", level=0.9)) == BOTH
    assert run() == set()
    assert run(Parameters("2030", level=0.9)) == set()


@pytest.mark.parametrize(
    "reading",
    [
        'open("../data/more.csv").read()',
        'import pandas as pd\npd.read_csv("../data/more.csv").shape',
        'from pathlib import Path\nPath("../data/more.csv").read_bytes()',
    ],
)
def test_a_file_that_a_notebook_opens_is_read(project: Path, reading: str) -> None:
    more = project / "data" / "more.csv"
    more.write_text("shed\nNorth\n")
    notebook("notebooks/02-joy.ipynb", reading)
    assert run() == BOTH
    assert run() == set()
    more.write_text("shed\nSouth\n")
    assert run() == {B}


def test_a_file_that_was_not_there_is_read_as_well(project: Path) -> None:
    notebook("notebooks/02-joy.ipynb", 'try: open("../more")\nexcept OSError: print("none")')
    run()
    assert run() == set()
    (project / "more").write_text("more")
    assert run() == {B}


@pytest.mark.parametrize(
    "looking",
    [
        'from pathlib import Path\nPath("../data/more.csv").exists()',
        'import os\nos.path.isfile("../data/more.csv")',
    ],
)
def test_a_file_that_a_notebook_looks_for_is_read(project: Path, looking: str) -> None:
    notebook("notebooks/02-joy.ipynb", looking)
    run()
    assert run() == set()
    (project / "data" / "more.csv").write_text("shed\n")
    assert run() == {B}


@pytest.mark.parametrize(
    "asking", ['os.environ["SOWN"]', 'os.getenv("SOWN")', '"SOWN" in os.environ']
)
def test_a_variable_of_the_environment_that_a_notebook_asks_for_is_read(
    project: Path, monkeypatch: pytest.MonkeyPatch, asking: str
) -> None:
    monkeypatch.setenv("SOWN", "early")
    notebook("notebooks/02-joy.ipynb", f"import os\n{asking}")
    run()
    monkeypatch.setenv("WEATHER", "rain")  # for which nobody asks
    assert run() == set()
    monkeypatch.setenv("SOWN", "late")
    assert explained(run().said, B) == "run: the environment's SOWN has changed"


def test_a_notebook_that_copies_the_environment_is_not_run_again_for_what_builds_set(
    project: Path,
) -> None:
    notebook("notebooks/02-joy.ipynb", "import os\nlen(dict(os.environ)) > 0")
    run()
    assert run() == set()


def test_a_file_is_read_though_its_name_begins_with_a_dot(project: Path) -> None:
    (project / "data" / ".more").write_text("1")
    notebook("notebooks/02-joy.ipynb", 'open("../data/.more").read()')
    run()
    assert run() == set()
    (project / "data" / ".more").write_text("2")
    assert run() == {B}


def test_a_module_that_was_not_there_is_read_as_well(project: Path) -> None:
    source = "try:\n    import sheds\nexcept ImportError:\n    print('none')"
    notebook("notebooks/02-joy.ipynb", source)
    run()
    assert run() == set()
    (project / "notebooks" / "sheds.py").write_text("SHEDS = 1\n")
    assert run() == {B}


def test_a_package_that_takes_a_module_s_place_is_read(project: Path) -> None:
    (project / "notebooks" / "sheds.py").write_text("SHEDS = 1\n")
    notebook("notebooks/02-joy.ipynb", "import sheds\nsheds.SHEDS")
    run()
    assert run() == set()
    (project / "notebooks" / "sheds").mkdir()
    (project / "notebooks" / "sheds" / "__init__.py").write_text("SHEDS = 2\n")
    assert run() == {B}


def test_a_folder_that_a_notebook_lists_is_read(project: Path) -> None:
    notebook(
        "notebooks/02-joy.ipynb", 'from pathlib import Path\nlen(list(Path("../data").glob("*")))'
    )
    run()
    assert run() == set()
    (project / "data" / "more.csv").write_text("shed\n")
    assert run() == {B}


def test_a_module_of_the_author_s_own_is_read(project: Path) -> None:
    helper = project / "notebooks" / "sheds.py"
    helper.write_text("SHEDS = 1\n")
    notebook("notebooks/02-joy.ipynb", "import sheds\nsheds.SHEDS")
    assert run() == BOTH
    assert run() == set()
    helper.write_text("SHEDS = 2\n")
    assert run() == {B}
    assert "2" in (project / "out/notebooks/02-joy.ipynb").read_text()


@pytest.mark.parametrize(
    "reading", ["import pyarrow.csv", "from lxml import etree", "pd.read_parquet('x')"]
)
def test_where_reading_cannot_be_followed_all_data_are_read(project: Path, reading: str) -> None:
    notebook("notebooks/02-joy.ipynb", f"if 0:\n    {reading}")
    run()
    assert run() == set()
    (project / "data" / "more.csv").write_text("shed\n")
    assert run() == {B}


@pytest.mark.parametrize(
    ("doing", "told"),
    [
        ('import subprocess\nsubprocess.run(["true"])', "it starts other programs"),
        ("!true", "it starts other"),
        ("import os\nos.fork() or os._exit(0)", "it starts other processes"),
        ('open("../data/made.csv", "w").close()', "it writes"),
        ('import socket\nsocket.socket().connect_ex(("127.0.0.1", 9))', "it uses the network"),
    ],
)
def test_what_no_list_of_files_can_stand_for_is_not_kept(
    project: Path, doing: str, told: str
) -> None:
    notebook("notebooks/02-joy.ipynb", doing)
    assert any(f"{B}: not kept: {told}" in line for line in run().said)
    assert run() == {B}


def test_a_file_that_a_notebook_writes_for_itself_is_nobody_s_matter(project: Path) -> None:
    notebook(
        "notebooks/02-joy.ipynb",
        "import tempfile\nwith tempfile.NamedTemporaryFile('w+') as f:\n"
        "    f.write('x'); f.flush(); print(open(f.name).read())",
    )
    run()
    assert run() == set()


def test_an_edited_module_of_the_engine_runs_those_that_import_it(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = tmp_path / "wavebook"
    shutil.copytree(ROOT / "wavebook", engine)
    monkeypatch.setattr(inventories, "ENGINE", engine)
    notebook("notebooks/02-joy.ipynb", "from wavebook.wording import percent\npercent(0.5)")
    assert run() == BOTH
    assert run() == set()
    for module, expected in (("charts", {A}), ("wording", BOTH), ("pdf/tags", set())):
        with (engine / f"{module}.py").open("a") as file:
            file.write("# edited\n")
        assert run() == expected


def test_another_version_of_a_library_runs_those_that_load_it(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run()
    installed = dict(versions.installed())
    monkeypatch.setattr(inventories, "installed", lambda: installed | {"ruff": "0.0.1"})
    assert run() == set()
    monkeypatch.setattr(inventories, "installed", lambda: installed | {"altair": "0.0.1"})
    assert run() == BOTH


def test_a_chapter_reads_which_findings_there_are_and_no_more(project: Path) -> None:
    linking = 'from wavebook.context import context\ncontext().link("growing")'
    notebook("book/roles.ipynb", linking)
    assert run() == {*BOTH, "roles"}
    change("notebooks/02-joy.ipynb", "f.ranks", "f .ranks")
    assert run() == {B}
    change("notebooks/01-growing.ipynb", "# ", "# All ")
    assert run() == {A}
    third = Path("notebooks/03-eating.ipynb")
    third.write_text(Path("notebooks/02-joy.ipynb").read_text().replace('"joy"', '"eating"'))
    assert run() == {third.stem, "roles"}


# Words


def explained(said: list[str], name: str) -> str:
    return next(line for line in said if line.startswith(f"{name}: ")).removeprefix(f"{name}: ")


EDITS: dict[str, tuple[Callable[[], None], str]] = {
    "cell": (
        lambda: change("notebooks/02-joy.ipynb", "f.ranks", "f .ranks"),
        "run: cell 4 was edited",
    ),
    "column": (
        lambda: change(DATA, "plenty,some,1,2,3", "plenty,some,2,1,3"),
        "run: column joy__digging of post, wave 2030, has changed; "
        "column joy__eating of post, wave 2030, has changed",
    ),
    "question": (
        lambda: change(INSTRUMENT, "label: Joys", "label: All joys"),
        "run: question joy of the instrument has changed",
    ),
    "wave": (
        lambda: change(WAVE, "year: 2030", "year: 2031"),
        "run: data/waves/2030/wave.yml has changed",
    ),
    "nothing": (lambda: None, "not run: nothing that it reads has changed"),
}


@pytest.mark.parametrize("kind", EDITS)
def test_it_is_told_why_a_notebook_is_run(project: Path, kind: str) -> None:
    edit, told = EDITS[kind]
    run()
    edit()
    assert explained(run().said, B) == told


def test_a_first_run_is_told_as_such(project: Path) -> None:
    assert explained(run().said, B) == "run: it has not been run here with wave 2030"


def test_another_parameter_is_told(project: Path) -> None:
    run()
    said = run(Parameters("2030", level=0.9)).said
    assert explained(said, B) == "run: level is 0.9, and was 0.95"


def test_another_version_is_told(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run()
    installed = dict(versions.installed())
    monkeypatch.setattr(inventories, "installed", lambda: installed | {"altair": "0.0.1"})
    assert explained(run().said, B) == f"run: altair is 0.0.1, and was {installed['altair']}"


# The folder


def files(kind: str) -> list[Path]:
    return [path for path in Path(f"_build/.cache/v1/{kind}").rglob("*") if path.is_file()]


@pytest.mark.parametrize("kind", ["entries", "blobs", "parts", "last"])
@pytest.mark.parametrize("damage", ["flipped", "cut", "emptied", "other"])
def test_what_is_damaged_is_not_there(project: Path, kind: str, damage: str) -> None:
    run(out="fresh")
    for path in files(kind):
        content = path.read_bytes()
        middle = len(content) // 2
        path.write_bytes(
            {
                "flipped": content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :],
                "cut": content[:middle],
                "emptied": b"",
                "other": b"[1, 2]",
            }[damage]
        )
    assert run() == (BOTH if kind in ("entries", "blobs") else set())
    assert bytes_of("out") == bytes_of("fresh")
    assert run() == set()


def test_a_folder_can_be_shared_by_projects_at_other_places(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = tmp_path / "shared"
    assert run(cache=shared) == BOTH
    other = tmp_path / "deep" / "below" / "other"
    shutil.copytree(project, other, ignore=shutil.ignore_patterns("out"))
    monkeypatch.chdir(other)
    assert run(cache=shared) == set()


def test_the_environment_can_name_the_folder(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAVEBOOK_CACHE", str(tmp_path / "named"))
    run()
    assert (tmp_path / "named" / "CACHEDIR.TAG").is_file()
    assert not (project / "_build" / ".cache").exists()


def test_a_folder_that_cannot_be_made_leaves_the_results_as_they_are(project: Path) -> None:
    (project / "file").write_text("in the way")
    assert run(cache=project / "file" / "below") == BOTH
    assert set(bytes_of("out")) == {f"{name}.ipynb" for name in BOTH}


def test_a_file_in_place_of_the_folder_is_named(project: Path) -> None:
    (project / "file").write_text("in the way")
    with pytest.raises(WavebookError, match="file: the cache must be a folder"):
        chosen_store(project, project / "file")


def test_what_was_not_used_for_longest_goes_first(tmp_path: Path) -> None:
    store = Store(tmp_path, limit=1_000_000)
    keys = [f"{number:064x}" for number in range(3)]
    for number, key in enumerate(keys):
        store.keep(key, {"reads": {}}, os.urandom(1000))
        for path in tmp_path.rglob("*.*"):
            if path.stat().st_mtime > 1_000:
                os.utime(path, (number + 1, number + 1))
    oldest = next(store.entries(keys[0]))
    assert store.content(oldest) is not None  # and so it is the last used
    store.limit = 2600
    store.keep("f" * 64, {"reads": {}}, os.urandom(1000))
    store.trim()
    assert [bool(list(store.entries(key))) for key in keys] == [True, False, False]


def test_the_folder_stays_within_its_bound(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAVEBOOK_CACHE_MB", "0.02")
    run()
    assert (
        sum(path.stat().st_size for kind in ("*",) for path in files(kind) or files("")) <= 20_000
    )


def test_a_folder_that_grows_little_by_little_stays_within_its_bound(tmp_path: Path) -> None:
    store = Store(tmp_path, limit=10_000)
    for number in range(30):
        store.keep(f"{number:064}", {"reads": {}}, os.urandom(1000))
        store.trim()
        assert sum(p.stat().st_size for p in store.folder.rglob("*") if p.is_file()) <= 10_000
    assert len(list(store.folder.rglob("*.z"))) > 5


def test_a_bound_that_is_no_number_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAVEBOOK_CACHE_MB", "lots")
    with pytest.raises(WavebookError, match="WAVEBOOK_CACHE_MB: 'lots'"):
        chosen_store(Path())


def test_a_file_that_changes_while_a_notebook_runs_spoils_its_result(project: Path) -> None:
    kept = Kept(project, chosen_store(project), Parameters("2030").as_dict(), "pandas")
    kept.inventory.begin("2030")

    def progress(name: str, state: str) -> None:
        if (name, state) == (A, "running"):
            change(DATA, "p5,south,plenty", "p5,south,some")

    run_notebooks(
        Project.find().notebooks, project / "out", Parameters("2030"), progress=progress, kept=kept
    )
    assert run() == BOTH


@pytest.fixture
def later(tmp_path: Path) -> tuple[inventories.Inventory, Path]:
    """Return an inventory, and a file in it that was there for long."""
    file = tmp_path / "file"
    file.write_text("one")
    os.utime(file, (0, 0))
    time.sleep(0.02)  # a tick of the clock that stamps files
    inventory = inventories.Inventory(tmp_path, chosen_store(tmp_path))
    inventory.sha_of(file)
    return inventory, file


def test_what_was_saved_since_is_read_for_a_renewed_inventory(
    later: tuple[inventories.Inventory, Path],
) -> None:
    inventory, file = later
    file.write_text("two")
    os.utime(file, (0, 0))  # whatever an archive or a copying program makes of its time
    assert inventory.renewed().sha_of(file) == sha(b"two")
    assert inventory.sha_of(file) == sha(b"one")


def test_what_was_not_saved_is_not_read_again(
    later: tuple[inventories.Inventory, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    inventory, file = later
    monkeypatch.setattr(inventories, "sha_of", lambda path: "read again")
    assert inventory.renewed().sha_of(file) == sha(b"one")
    assert inventory.renewed().is_unchanged()


def test_what_was_young_when_it_was_digested_is_read_again(tmp_path: Path) -> None:
    inventory = inventories.Inventory(tmp_path, chosen_store(tmp_path))
    file = tmp_path / "file"
    file.write_text("one")
    inventory.sha_of(file)
    inventory._shas[file] = "of what was saved within the same tick"
    assert inventory.renewed().sha_of(file) == sha(b"one")


# Interruption, and builds side by side

RUN = """
from tests.test_cache import run
from wavebook.kernels.warm import warm_kernels
run(out={out!r})
"""


WAITING = """
import os, time
while os.path.exists({path!r}) is {exists}: time.sleep(0.01)
"""
SLEEPING = """
import os, time
os.write(os.open({path!r}, os.O_CREAT | os.O_WRONLY), str(os.getpid()).encode())
time.sleep(3600)
"""


def started(out: str, cwd: Path) -> subprocess.Popen[bytes]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    code = [sys.executable, "-c", RUN.format(out=out)]
    return subprocess.Popen(code, cwd=cwd, env=environment, stderr=subprocess.DEVNULL)


def test_a_killed_run_has_kept_what_was_done(project: Path) -> None:
    wait = project / "wait"
    wait.write_text("")
    notebook("notebooks/02-joy.ipynb", WAITING.format(path=str(wait), exists=True))
    with started("out", project) as process:
        while not (project / "out" / "notebooks" / f"{A}.ipynb").exists() or not files("entries"):
            assert process.poll() is None
        process.send_signal(signal.SIGKILL)
    wait.unlink()
    assert run() == {B}
    assert run() == set()


def test_two_runs_at_once_agree(project: Path) -> None:
    both = [started(out, project) for out in ("one", "two")]
    assert [process.wait() for process in both] == [0, 0]
    assert bytes_of("one") == bytes_of("two") != {}
    assert run() == set()


# Side by side


def test_each_notebook_runs_in_its_own_folder(project: Path) -> None:
    for folder in ("notebooks", "book"):
        for number in range(3, 6):
            notebook(f"{folder}/0{number}-x.ipynb", "from pathlib import Path\nPath.cwd().name")
    run()
    for path in (project / "out").rglob("0?-x.ipynb"):
        told = nbformat.read(path, as_version=4).cells[-1].outputs[0]["data"]["text/plain"]
        assert told == f"'{path.parent.name}'"


def test_the_first_error_ends_the_others_at_once(project: Path) -> None:
    long = f"\n# {'that is long, and so begun before one that is not ' * 50}\n"
    pids = [project / f"pid-{at}" for at in range(os.cpu_count() or 1)]
    for at, pid in enumerate(pids, start=1):
        notebook(f"notebooks/{at:02}-growing.ipynb", SLEEPING.format(path=str(pid)) + long)
    waiting = WAITING.format(path=str(pids[0]), exists=False)
    notebook("notebooks/90-joy.ipynb", f"{waiting}1 / 0{long}")
    notebook("notebooks/91-never.ipynb", f"open({str(project / 'never')!r}, 'w')")
    with pytest.raises(WavebookError) as caught:
        run()
    assert "90-joy.ipynb, cell 3, line 3: ZeroDivisionError" in str(caught.value)
    assert "growing" not in str(caught.value)
    assert not (project / "never").exists()
    with pytest.raises(ProcessLookupError):
        os.kill(int(pids[0].read_text()), 0)


def test_a_kernel_that_dies_is_named(project: Path) -> None:
    notebook("notebooks/02-joy.ipynb", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
    with pytest.raises(WavebookError, match=r"notebooks/02-joy\.ipynb: its kernel has ended"):
        run()
