"""A build that is what would be built now is left as it stands; any other is built anew."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import vl_convert

from tests.conftest import ALLOTMENTS, wavebook
from wavebook import build as builds
from wavebook import vega
from wavebook.cache.once import once
from wavebook.cache.store import Store
from wavebook.drawn import vega_script

SAID = "Beans were {{ text('notes/beans.txt') }}."


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that has been built, one of whose chapters reads a file outside its data."""
    project = tmp_path_factory.mktemp("grown") / "allotments"
    shutil.copytree(ALLOTMENTS, project)
    (project / "notes").mkdir()
    (project / "notes" / "beans.txt").write_text("green")
    with (project / "book" / "method.md").open("a") as chapter:
        chapter.write(f"\n{SAID}\n")
    assert wavebook("build", "2030", cwd=project).returncode == 0
    return project


@pytest.fixture
def project(grown: Path, tmp_path: Path) -> Path:
    """The same as somebody left it, to change."""
    for path in grown.rglob("*"):
        if path.is_file():
            copy = tmp_path / path.relative_to(grown)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, copy)
    # What was built knows where: a copy elsewhere has to be built there once.
    assert wavebook("build", "2030", cwd=tmp_path).returncode == 0
    return tmp_path


def rebuilt(project: Path) -> bool:
    """Build, and return whether the pages were written."""
    page = project / "_build" / "2030" / "html" / "index.html"
    before = page.stat().st_ino if page.exists() else None
    assert wavebook("build", "2030", cwd=project).returncode == 0
    return page.stat().st_ino != before


def page(project: Path) -> str:
    return (project / "_build" / "2030" / "html" / "book" / "method.html").read_text()


def test_what_was_saved_while_it_was_read_is_read_again(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes = project / "notes" / "beans.txt"
    notes.write_text("brown")

    def saved_meanwhile(*arguments: object, **options: object) -> object:
        notes.write_text("black")
        return replace(*arguments, **options)

    replace = builds.replace_folder
    monkeypatch.setattr(builds, "replace_folder", saved_meanwhile)
    assert rebuilt(project)
    monkeypatch.undo()
    assert rebuilt(project)
    assert "black" in page(project)


def test_what_has_not_changed_is_left_as_it_stands(project: Path) -> None:
    assert not rebuilt(project)


def test_a_file_with_another_time_and_the_same_content_changes_nothing(project: Path) -> None:
    (project / "book" / "method.md").touch()
    assert not rebuilt(project)


@pytest.mark.parametrize(
    "name",
    ["book/method.md", "_config.yml", "data/waves/2030/wave.yml", "notes/beans.txt"],
)
def test_a_changed_source_is_built(project: Path, name: str) -> None:
    path = project / name
    path.write_text(path.read_text().replace("green", "eaten") + "\n# more\n")
    assert rebuilt(project)


def test_a_file_that_a_chapter_reads_is_read_again(project: Path) -> None:
    (project / "notes" / "beans.txt").write_text("eaten")
    rebuilt(project)
    assert "Beans were eaten." in page(project)


@pytest.mark.parametrize("name", ["report.pdf", "html/book/method.html", "tables/growing.csv"])
def test_what_somebody_deleted_is_there_again(project: Path, name: str) -> None:
    (project / "_build" / "2030" / name).unlink()
    rebuilt(project)
    assert (project / "_build" / "2030" / name).is_file()


def test_what_somebody_edited_is_as_it_was_built(project: Path) -> None:
    before = page(project)
    (project / "_build" / "2030" / "html" / "book" / "method.html").write_text("Mine.")
    rebuilt(project)
    assert page(project) == before


def test_what_somebody_put_there_is_gone(project: Path) -> None:
    (project / "_build" / "2030" / "mine.txt").write_text("Mine.")
    rebuilt(project)
    assert not (project / "_build" / "2030" / "mine.txt").exists()


# Made once


def test_a_thing_is_made_once(tmp_path: Path) -> None:
    store = Store(tmp_path, 1_000_000)
    made = [once(store, "pots", ["clay", 3], lambda: "first")]
    made.append(once(store, "pots", ["clay", 3], lambda: "second"))
    assert made == ["first", "first"]


def test_another_thing_is_made_for_itself(tmp_path: Path) -> None:
    store = Store(tmp_path, 1_000_000)
    once(store, "pots", ["clay", 3], lambda: "first")
    assert once(store, "pots", ["clay", 4], lambda: "second") == "second"


def test_the_bundled_chart_library_is_the_converter_s_own() -> None:
    assert vl_convert.javascript_bundle(vega.SNIPPET) in vega_script()


def test_without_a_bundle_the_library_is_bundled_when_it_is_needed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ready = vega_script()
    monkeypatch.setattr(vega, "THEME", tmp_path)
    assert vega_script() == ready
