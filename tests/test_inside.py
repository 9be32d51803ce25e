"""Notebooks run in forks without a kernel: what they become is what an ordinary kernel makes."""

from __future__ import annotations

import json
import textwrap
from ast import literal_eval
from collections.abc import Iterator, Sequence
from pathlib import Path

import nbformat
import pytest

from tests.conftest import wavebook
from wavebook.errors import WavebookError
from wavebook.kernels import block
from wavebook.kernels.block import call_fork, can_fork, warm_kernels
from wavebook.kernels.running import Running
from wavebook.notebook import run_inside, run_notebook

pytestmark = pytest.mark.skipif(not can_fork(), reason="forks need Linux")

SAME = {
    "result": "1 + 1",
    "nothing": "x = 1",
    "empty": "",
    "print": "print('a'); print('b')",
    "error stream": "import sys; print('a', file=sys.stderr)",
    "print, display, print": "print('a'); display('b'); print('c')",
    "html": "from IPython.display import HTML\nHTML('<b>b</b>')",
    "picture": "from IPython.display import Image\nImage(data=b'\\x89PNG', format='png')",
    "json": "from IPython.display import JSON\nJSON({'a': (1, None)})",
    "text in lines": "display({'text/plain': ['a', 'b']}, raw=True)",
    "json of a kind": "display({'application/geo+json': {'a': [1]}}, raw=True)",
    "nothing to show": "display({}, raw=True)",
    "metadata": "display({'text/plain': 'a'}, raw=True, metadata={'b': {'c': 1}})",
    "several results": "%config InteractiveShell.ast_node_interactivity = 'all'\n1\n2",
    "display that is updated": """
        handle = display('a', display_id='here')
        handle.update('b')
        """,
    "cleared": """
        from IPython.display import clear_output
        display('a')
        clear_output()
        display('b')
        """,
    "cleared when something follows": """
        from IPython.display import clear_output
        display('a')
        clear_output(wait=True)
        display('b')
        """,
    "await": "import asyncio\nawait asyncio.sleep(0)\n'awaited'",
    "line magic": "%precision 3\n1 / 3",
    "shell": "type(get_ipython()).__name__",
    "folder": "from pathlib import Path\nPath('beside.txt').read_text()",
    "module": "__name__",
    "environment": "import os\nsorted(one for one in os.environ.items() if one[0][:4] != 'JPY_')",
}
RAISING = {
    "raises": "def deep():\n    1 / 0\ndeep()",
    "raises with a cause": """
        try:
            1 / 0
        except ZeroDivisionError as error:
            raise ValueError('a') from error
        """,
    "several at once": "raise ExceptionGroup('all', [ValueError('a'), KeyError('b')])",
    "no Python": "x = 1\n1 +",
    "bad indentation": "if True:\nx = 1",
    "wavebook's own": "from wavebook.errors import WavebookError\nraise WavebookError('a mistake')",
    "unknown magic": "%%no_such_magic\n1",
    "in a display": "class A:\n    def _repr_html_(self):\n        raise KeyError('b')\nA()\n1 / 0",
}
REFUSED = {
    "asks": "input()",
    "leaves": "exit()",
    "leaves as programs do": "import sys\nsys.exit()",
    "is interrupted": "raise KeyboardInterrupt",
    "ends": "import os\nos._exit(0)",
    "is killed": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
    "another program prints": "import subprocess\nsubprocess.run(['echo', 'a'])",
    "prints past Python": "import os\nos.write(1, b'a')",
    "talks to a widget": "from comm import create_comm\ncreate_comm(target_name='a')",
    "asks for the kernel": "get_ipython().kernel.session",
    "asks for it whatever comes of it": """
        try:
            get_ipython().kernel.session
        except Exception:
            pass
        """,
}


SHELL = ("wavebook.kernels.shell", "prepare")
READ_AHEAD = ("wavebook.kernels.inside", "read_ahead")


@pytest.fixture(scope="module", autouse=True, params=[(), SHELL])
def warm(request: pytest.FixtureRequest) -> Iterator[None]:
    """Notebooks are run by a shell of their own, and by one that was made before the fork."""
    with warm_kernels(("wavebook.kernels.inside",), request.param):
        yield


def written(folder: Path, *sources: str) -> Path:
    """Write a notebook, with a file beside it."""
    cells = [nbformat.v4.new_code_cell(textwrap.dedent(source), id=f"c{at}")
             for at, source in enumerate(sources)]  # fmt: skip
    path = folder / "notebooks" / "01-a.ipynb"
    path.parent.mkdir(exist_ok=True)
    (path.parent / "beside.txt").write_text("beside")
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


def inside(path: Path, *arguments: str, **parameters: object) -> dict[str, str]:
    """Run a notebook in a fork and return why not, or what it became."""
    target = path.with_suffix(".run")
    given = str(path), json.dumps(parameters), str(target), *arguments
    told: dict[str, str] = call_fork("wavebook.notebook", "run_here", *given)
    return told or {"became": target.read_text()}


@pytest.mark.parametrize("source", SAME.values(), ids=SAME)
def test_a_cell_becomes_what_an_ordinary_kernel_makes_of_it(tmp_path: Path, source: str) -> None:
    path = written(tmp_path, source, "'last'")
    assert inside(path) == {"became": run_notebook(path, {}).decode()}


@pytest.mark.parametrize("source", RAISING.values(), ids=RAISING)
def test_what_raises_is_told_as_of_an_ordinary_kernel(tmp_path: Path, source: str) -> None:
    path = written(tmp_path, "print('before')", source, "'never'")
    with pytest.raises(WavebookError) as told:
        run_notebook(path, {})
    assert inside(path) == {"failed": str(told.value)}


@pytest.mark.parametrize("shown", ["5", "['a', {'b': 1}]"])
def test_what_a_notebook_cannot_hold_is_told(tmp_path: Path, shown: str) -> None:
    path = written(tmp_path, f"display({{'text/html': {shown}}}, raw=True)")
    told = (
        f"notebooks/01-a.ipynb: a cell shows what a notebook cannot hold: data, text/html: {shown}"
    )
    assert inside(path) == {"failed": told}


@pytest.mark.parametrize("source", REFUSED.values(), ids=REFUSED)
def test_what_only_an_ordinary_kernel_can_do_is_left_to_one(tmp_path: Path, source: str) -> None:
    path = written(tmp_path, source)
    try:
        found = inside(path)
    except RuntimeError:  # the fork is gone
        return
    assert set(found) == {"refused"}


@pytest.mark.parametrize("tags", [(), ("parameters",), ("parameters", "injected-parameters")])
def test_parameters_are_injected_where_papermill_does(tmp_path: Path, tags: Sequence[str]) -> None:
    path = written(tmp_path, "before = 1", "site = None", "site = 'last'", "site")
    notebook = nbformat.read(path, as_version=4)
    for cell, tag in zip(notebook.cells[1:], tags, strict=False):
        cell.metadata["tags"] = [tag]
    nbformat.write(notebook, path)
    became = inside(path, site="north", plot=None)["became"]
    assert became == run_notebook(path, {"site": "north", "plot": None}).decode()
    assert "injected-parameters" in became


def test_a_notebook_that_was_saved_since_it_was_read_is_read_again(tmp_path: Path) -> None:
    path = written(tmp_path, "'first'")
    with warm_kernels(("wavebook.kernels.inside",), (*READ_AHEAD, str(path))):
        assert "'first'" in inside(path)["became"]
        written(tmp_path, "'second'")
        assert "'second'" in inside(path)["became"]


def test_a_shell_is_at_home_where_its_notebook_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    path = written(tmp_path, "shell = get_ipython()\n_dh, shell.starting_dir, shell.ipython_dir")
    shown = json.loads(inside(path)["became"])["cells"][0]["outputs"][0]["data"]["text/plain"]
    folder = str(path.parent)
    told = literal_eval("".join(shown).replace("PosixPath", ""))
    assert told == ([folder], folder, str(tmp_path / "ipython"))


def test_who_changes_how_cells_are_read_is_heeded(tmp_path: Path) -> None:
    changed = "get_ipython().input_transformers_cleanup.append(lambda lines: ['7'])"
    path = written(tmp_path, "1 + 1", changed, "1 + 1")
    assert inside(path) == {"became": run_notebook(path, {}).decode()}


def test_nothing_is_left_for_the_next(tmp_path: Path) -> None:
    inside(written(tmp_path, "import builtins\nbuiltins.left = left = 1"))
    for source in ("left", "import builtins\nbuiltins.left"):
        assert "left" in inside(written(tmp_path, source))["failed"]


def test_random_numbers_differ(tmp_path: Path) -> None:
    path = written(tmp_path, "import random\nimport numpy\nrandom.random(), numpy.random.random()")
    assert inside(path)["became"] != inside(path)["became"]


def test_who_has_told_kernels_how_to_start_gets_ordinary_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    startup = tmp_path / "profile_default" / "startup" / "00.py"
    startup.parent.mkdir(parents=True)
    startup.write_text("mine = 1")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    assert inside(written(tmp_path, "1")) == {"refused": "00.py"}


def test_options_that_only_an_ordinary_kernel_knows_are_left_to_one(tmp_path: Path) -> None:
    assert inside(written(tmp_path, "1"), "--debug") == {"refused": "it starts with --debug"}


def test_where_nothing_can_be_forked_an_ordinary_kernel_does_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(block, "can_fork", lambda: False)
    path = written(tmp_path, "1")
    assert run_inside(path, {}, tmp_path / "run", (), Running()) is None


def test_a_notebook_that_fails_in_a_slice_fails_as_it_does_in_a_build(allotments: Path) -> None:
    path = allotments / "notebooks" / "01-growing.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell("if where:\n    1 / 0", id="fails"))
    nbformat.write(notebook, path)
    done = wavebook("build", "2030", "--by", "site", cwd=allotments)
    assert done.returncode == 1
    told = f"notebooks/01-growing.ipynb, cell {len(notebook.cells)}, line 2: ZeroDivisionError"
    assert told in done.stderr
    assert not (allotments / "_build" / "2030-by-site").exists()
