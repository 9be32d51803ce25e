"""What is saved in a project is told, and nothing else."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty, SimpleQueue

import pytest

from wavebook.saved import _folders, saved

PATIENCE = 20.0
Told = Callable[[], list[str]]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("book", "notebooks", "data/waves/2030", "_build/2030", ".venv/lib"):
        (tmp_path / name).mkdir(parents=True)
    return tmp_path


@pytest.fixture
def told(project: Path) -> Iterator[Told]:
    """Return what is told next; begins when files are watched."""
    names: SimpleQueue[list[str]] = SimpleQueue()
    stop = threading.Event()

    def follow() -> None:
        for found in saved(project, stop):
            names.put(found)

    thread = threading.Thread(target=follow)
    thread.start()
    # Saved until it is seen, which it is as soon as anything is.
    for attempt in range(1000):
        (project / "begin").write_text(str(attempt))
        try:
            names.get(timeout=0.3)
            break
        except Empty:
            continue
    time.sleep(0.3)  # whatever was told of it twice
    while not names.empty():
        names.get()
    yield lambda: names.get(timeout=PATIENCE)
    stop.set()
    thread.join()


@pytest.mark.parametrize(
    "name", ["_config.yml", "book/method.md", "notebooks/01.ipynb", "data/waves/2030/post.csv"]
)
def test_a_saved_file_is_told_by_its_name(project: Path, told: Told, name: str) -> None:
    (project / name).write_text("new")
    assert told() == [name]


def test_a_file_that_is_replaced_as_editors_do_is_told(project: Path, told: Told) -> None:
    for text in ("first", "second"):
        (project / "book" / "~method.md").write_text(text)
        (project / "book" / "~method.md").replace(project / "book" / "method.md")
        assert told() == ["book/method.md"]


def test_a_deleted_file_is_told(project: Path, told: Told) -> None:
    (project / "begin").unlink()
    assert told() == ["begin"]


@pytest.mark.parametrize(
    "name",
    ["_build/2030/index.html", ".venv/lib/x.py", "book/.method.md.swp", "notebooks/~1.ipynb"],
)
def test_what_no_author_saves_is_not_told(project: Path, told: Told, name: str) -> None:
    (project / name).write_text("new")
    (project / "last").write_text("new")
    assert told() == ["last"]


def test_a_folder_of_an_author_s_may_be_called_site(project: Path, told: Told) -> None:
    (project / "data/waves/site").mkdir()
    assert told() == ["data/waves/site"]
    (project / "data/waves/site/wave.yml").write_text("id: site")
    assert told() == ["data/waves/site/wave.yml"]


def test_a_folder_whose_name_is_no_text_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"b\xff")).mkdir()
    (tmp_path / "book").mkdir()
    assert [path.name for path in _folders(tmp_path)] == [tmp_path.name, "book"]


def test_a_new_folder_is_told_and_what_is_saved_in_it(project: Path, told: Told) -> None:
    (project / "book" / "images").mkdir()
    assert told() == ["book/images"]
    (project / "book" / "images" / "beans.svg").write_text("<svg/>")
    assert told() == ["book/images/beans.svg"]


def test_a_folder_that_comes_with_its_files_is_told(project: Path, told: Told) -> None:
    waiting = project / "_build" / "2031"
    waiting.mkdir()
    (waiting / "wave.yml").write_text("id: 2031")
    waiting.rename(project / "data" / "waves" / "2031")
    assert told() == ["data/waves/2031"]


def test_what_is_saved_while_nobody_asks_is_told_together(project: Path) -> None:
    stop = threading.Event()
    following = saved(project, stop)
    timer = threading.Timer(0.5, (project / "book" / "a.md").write_text, ("new",))
    timer.start()
    assert next(following) == ["book/a.md"]
    for name in ("a", "b", "c"):
        (project / "book" / f"{name}.md").write_text("newer")
    assert next(following) == ["book/a.md", "book/b.md", "book/c.md"]
    stop.set()
    assert list(following) == []
