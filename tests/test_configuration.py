"""The book's configuration is refused where a value is of the wrong kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from wavebook.cache.store import Store
from wavebook.configuration import check_configuration
from wavebook.errors import WavebookError


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "cache", limit=1_000_000)


def configure(root: Path, text: str) -> None:
    extension = "sphinx: {extra_extensions: [wavebook.extension]}\n"
    (root / "_config.yml").write_text(text and f"{extension}{text}", encoding="utf-8")
    (root / "_toc.yml").write_text("root: index", encoding="utf-8")


def test_what_jupyter_book_knows_is_accepted(tmp_path: Path, store: Store) -> None:
    configure(tmp_path, "title: Beans\nparse:\n  myst_enable_extensions: [deflist]\n")
    assert check_configuration(tmp_path, store) is None


def test_a_value_of_the_wrong_kind_is_named_by_its_key(tmp_path: Path, store: Store) -> None:
    configure(tmp_path, "title: Beans\nparse:\n  myst_enable_extensions: 7\n")
    with pytest.raises(WavebookError, match=r"^_config\.yml, parse\.myst_enable_extensions: 7 is"):
        check_configuration(tmp_path, store)


def test_every_mistake_has_its_line(tmp_path: Path, store: Store) -> None:
    configure(tmp_path, "title: [Beans]\nexclude_patterns: none\n")
    with pytest.raises(WavebookError) as refused:
        check_configuration(tmp_path, store)
    assert [line.split(":")[0] for line in str(refused.value).splitlines()] == [
        "_config.yml, exclude_patterns",
        "_config.yml, title",
    ]


def test_a_mistake_is_told_again_from_the_cache(tmp_path: Path, store: Store) -> None:
    configure(tmp_path, "title: [Beans]\n")
    told = []
    for _ in range(2):
        with pytest.raises(WavebookError) as refused:
            check_configuration(tmp_path, store)
        told.append(str(refused.value))
    assert told[0] == told[1]


def test_an_edited_file_is_looked_at_again(tmp_path: Path, store: Store) -> None:
    configure(tmp_path, "title: [Beans]\n")
    with pytest.raises(WavebookError):
        check_configuration(tmp_path, store)
    configure(tmp_path, "title: Beans\n")
    assert check_configuration(tmp_path, store) is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "_config.yml: the file is empty"),
        ("title: Beans\nparse: [", "_config.yml, line 4: not YAML"),
        ("title: Beans\ntitle: Peas", "_config.yml, line 3: not YAML: 'title' stands here twice"),
    ],
)
def test_what_holds_no_keys_and_values_is_refused(
    tmp_path: Path, store: Store, text: str, told: str
) -> None:
    configure(tmp_path, text)
    with pytest.raises(WavebookError) as refused:
        check_configuration(tmp_path, store)
    assert str(refused.value).startswith(told)


def test_a_table_of_contents_that_is_no_yaml_is_refused(tmp_path: Path, store: Store) -> None:
    configure(tmp_path, "title: Beans")
    (tmp_path / "_toc.yml").write_text("root: index\nchapters: {", encoding="utf-8")
    with pytest.raises(WavebookError, match=r"^_toc\.yml, line 3: not YAML"):
        check_configuration(tmp_path, store)


def test_a_list_is_refused(tmp_path: Path, store: Store) -> None:
    configure(tmp_path, "")
    (tmp_path / "_config.yml").write_text("- title", encoding="utf-8")
    with pytest.raises(WavebookError, match=r"^_config\.yml: .* found a list"):
        check_configuration(tmp_path, store)


@pytest.mark.parametrize("text", ["title: B", "sphinx: {}", "sphinx: {extra_extensions: [other]}"])
def test_the_engine_is_one_of_the_extensions(tmp_path: Path, store: Store, text: str) -> None:
    configure(tmp_path, "")
    (tmp_path / "_config.yml").write_text(text, encoding="utf-8")
    told = r"^_config\.yml, sphinx\.extra_extensions: expected wavebook\.extension among them"
    with pytest.raises(WavebookError, match=told):
        check_configuration(tmp_path, store)


def test_a_project_needs_a_configuration(tmp_path: Path, store: Store) -> None:
    (tmp_path / "_toc.yml").write_text("root: index", encoding="utf-8")
    with pytest.raises(WavebookError, match=r"^_config\.yml: there is no such file"):
        check_configuration(tmp_path, store)
