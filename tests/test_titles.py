"""A title that is a conclusion gives way to another where the conclusion does not hold."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import ROOT, wavebook
from wavebook.errors import WavebookError
from wavebook.finding import finding
from wavebook.kernels.block import can_fork, warm_kernels
from wavebook.kernels.running import Running
from wavebook.notebook import run_inside, run_notebook
from wavebook.results import title_of
from wavebook.statements import above

FIRST, OTHER = "Everybody grows beans", "What is grown here"
HOLDS, FAILS = "above(grown['beans'], 0.01)", "below(grown['beans'], 0.01)"


@pytest.fixture
def notebook(allotments: Path) -> Path:
    return allotments / "notebooks" / "01-growing.ipynb"


def conclude(notebook: Path, check: str, *titles: str) -> None:
    """Let the title rest on a check; a cell for each other title."""
    told = json.loads(notebook.read_text())
    opening = next(c for c in told["cells"] if "f = finding" in "".join(c["source"]))
    opening["source"] = "\n".join(
        ("from wavebook.statements import *", "".join(opening["source"]),
         f"f.statement('beans-lead', {check})")
    )  # fmt: skip
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    at = told["cells"].index(opening) + 1
    told["cells"][at:at] = [
        cell | {"id": f"title-{n}", "source": f"f.title({title!r}, 'beans-lead')"}
        for n, title in enumerate(titles)
    ]
    notebook.write_text(json.dumps(told))


@pytest.mark.parametrize(("check", "title"), [(HOLDS, FIRST), (FAILS, OTHER)])
def test_a_finding_is_called_what_holds(
    allotments: Path, notebook: Path, check: str, title: str
) -> None:
    conclude(notebook, check, OTHER)
    done = wavebook("build", "2030", cwd=allotments)
    assert done.returncode == 0, done.stderr
    built = allotments / "_build" / "2030"
    page = (built / "html" / "notebooks" / "01-growing.html").read_text()
    contents = (built / "html" / "index.html").read_text()
    for name in (FIRST, OTHER):
        assert (f"<h1>{name}" in page) is (name == title)
        assert (name in contents) is (name == title)
    executed = json.loads((built / "notebooks" / "01-growing.ipynb").read_text())
    assert title_of(executed) == title


@pytest.mark.parametrize("check", [HOLDS, FAILS])
def test_a_page_is_linked_to_as_before_when_its_title_gives_way(
    allotments: Path, notebook: Path, check: str
) -> None:
    conclude(notebook, check, OTHER)
    config = allotments / "_config.yml"
    config.write_text(config.read_text().replace("config:", "config:\n    myst_heading_anchors: 2"))
    with (allotments / "book" / "method.md").open("a") as file:
        file.write("\n[Beans](../notebooks/01-growing.ipynb#everybody-grows-beans) lead.\n")
    done = wavebook("build", "2030", cwd=allotments)
    assert done.returncode == 0, done.stderr
    built = allotments / "_build" / "2030" / "html"
    assert "01-growing.html#everybody-grows-beans" in (built / "book" / "method.html").read_text()
    assert 'id="everybody-grows-beans"' in (built / "notebooks" / "01-growing.html").read_text()


@pytest.mark.skipif(not can_fork(), reason="forks need Linux")
def test_a_notebook_is_called_the_same_without_a_kernel(notebook: Path, tmp_path: Path) -> None:
    conclude(notebook, FAILS, OTHER)
    with warm_kernels():
        told = run_inside(notebook, {"wave": "2030"}, tmp_path / "x.ipynb", (), Running())
    assert told is not None
    assert title_of(json.loads(told)) == OTHER


def test_a_notebook_that_is_stored_keeps_its_author_s_title(notebook: Path) -> None:
    conclude(notebook, FAILS, OTHER)
    with warm_kernels():
        stored = run_notebook(notebook, {}, to_store=True)
    assert title_of(json.loads(stored)) == FIRST


def test_a_title_may_hold_signs_of_any_kind(notebook: Path) -> None:
    conclude(notebook, FAILS, r"What \1 grows & <how>")
    with warm_kernels():
        told = run_notebook(notebook, {})
    assert title_of(json.loads(told)) == r"What \1 grows & <how>"


def test_a_line_of_a_code_block_is_no_title(notebook: Path) -> None:
    conclude(notebook, FAILS, OTHER)
    code = "```\n# not a title\n```\n"
    told = json.loads(notebook.read_text())
    heading = next(c for c in told["cells"] if "".join(c["source"]).startswith(f"# {FIRST}"))
    heading["source"] = code + "".join(heading["source"])
    notebook.write_text(json.dumps(told))
    with warm_kernels():
        executed = json.loads(run_notebook(notebook, {}))
    sources = ["".join(cell["source"]) for cell in executed["cells"]]
    assert any(source.startswith(f"{code}# {OTHER}") for source in sources)
    assert title_of(executed) == OTHER


def test_what_a_title_alone_rests_on_is_among_the_statements(
    allotments: Path, notebook: Path
) -> None:
    conclude(notebook, HOLDS, OTHER)
    notebook.write_text(notebook.read_text().replace("%%commentary beans-lead", "%%commentary"))
    done = wavebook("statements", "2030", "--json", cwd=allotments)
    assert [(one["statement"], one["outcome"]) for one in json.loads(done.stdout)] == [
        ("beans-lead", "holds")
    ]


def test_a_finding_has_one_other_title(allotments: Path, notebook: Path) -> None:
    conclude(notebook, FAILS, OTHER, "Another one")
    done = wavebook("build", "2030", cwd=allotments)
    assert (done.returncode, done.stderr.splitlines()[-1]) == (
        1,
        "notebooks/01-growing.ipynb, cell 5: another title stands in cell 4 too",
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((OTHER,), "expected another title, and the statements that the first needs"),
        (("", "beans-lead"), "expected another title, and the statements that the first needs"),
        (("a\nb", "beans-lead"), "expected another title, and the statements that the first needs"),
        ((OTHER, "beans-laed"), "no cell above has checked the statement 'beans-laed'; did you"),
    ],
)
def test_a_title_rests_on_what_was_checked(
    allotments: Path, given: tuple[str, ...], said: str
) -> None:
    growing = finding("growing", wave="2030")
    growing.statement("beans-lead", above(growing.shares("grows").only(option="grown")["beans"], 0))
    with pytest.raises(WavebookError, match=said):
        growing.title(*given)


def test_the_title_of_each_finding_rests_on_statements(built: Path) -> None:
    told = {one["finding"] for one in json.loads((built / "statements.json").read_text())}
    titled = {
        path.stem[3:].replace("-", "_")
        for path in (built / "notebooks").glob("[0-9]*.ipynb")
        if "The title holds." in path.read_text()
    }
    assert titled == told
    assert len(titled) == len(list((ROOT / "notebooks").glob("[0-9]*.ipynb")))
