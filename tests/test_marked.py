"""Pages of slices: what they have in common is made once, and each names its own slice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.test_incremental import Garden, Tree, planted  # noqa: F401  # a fixture
from wavebook import book
from wavebook.desk import KEPT, KEPT_PAGES, last_of

FINDING = "notebooks/01-growing"
TITLES = ("""Who's "A" & grows @ home""", """What's "B" & grown""")
NORTH, SOUTH = "site == 'north'", "site == 'south'"


@pytest.fixture(scope="module")
def awkward(planted: Garden) -> Iterator[Garden]:  # noqa: F811
    """Yield a project in which the name of a slice has all that HTML gives a meaning."""
    planted.restore()
    planted.replace("data/instrument.yml", "north: North,", """north: 'King''s & "A" <N>',""")
    yield planted


@pytest.fixture(scope="module")
def unmarked(awkward: Garden) -> Tree:
    """Return the north as it is where its name goes straight into the pages."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(book, "MARK", "")
        return awkward.build("unmarked", NORTH)


def test_a_slice_s_name_is_filled_in_as_if_it_had_always_been_there(
    awkward: Garden, unmarked: Tree
) -> None:
    page = unmarked["html/index.html"]
    for spelling in (b"King's & ", b"King&#39;s &amp; &#34;", b"King&#x27;s &amp; &quot;"):
        assert spelling in page
    assert awkward.build("marked", NORTH) == unmarked


def test_a_page_that_only_names_another_slice_is_not_made_again(
    awkward: Garden, unmarked: Tree
) -> None:
    south = awkward.build("again", SOUTH)
    assert south["html/index.html"] != unmarked["html/index.html"]
    kept = last_of(awkward.root / "_build", "again") / KEPT / KEPT_PAGES / "book" / "method.html"
    kept.write_text(kept.read_text() + "<!-- as it was -->")
    north = awkward.build("again", NORTH)
    assert north.pop("html/book/method.html").endswith(b"<!-- as it was -->")
    assert north.items() <= unmarked.items()


def test_the_whole_takes_no_page_of_a_slice(awkward: Garden) -> None:
    awkward.build("part", SOUTH)
    assert awkward.build("part") == awkward.build_afresh()


def call(garden: Garden, title: str, first: str = "") -> None:
    """Let a finding be called otherwise, as where the title that is first does not hold."""
    path = garden.executed / f"{FINDING}.ipynb"
    notebook = json.loads(path.read_text())
    heading = next(cell for cell in notebook["cells"] if "# " in "".join(cell["source"])[:2])
    heading["source"] = f"# {title}"
    heading["metadata"] = {"wavebook": {"first_title": first}} if first else {}
    path.write_text(json.dumps(notebook))


@pytest.fixture
def titled(planted: Garden) -> Garden:  # noqa: F811
    """A project in which other pages show the title of a finding, which HTML gives a meaning."""
    planted.restore()
    shown = "{doc}`/notebooks/01-growing` and [](../notebooks/01-growing.ipynb)"
    planted.replace("book/plots.md", "Feet wear", f"{shown} say more.\n\nFeet wear")
    call(planted, TITLES[0])
    return planted


def unmarked_pages(garden: Garden, where: str) -> Tree:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(book, "MARK", "")
        return garden.build("untitled", where)


def searched(pages: Tree) -> tuple[dict[str, Any], set[tuple[str, str]]]:
    """Take out of a website what its search finds, and the words of each document apart."""
    told = json.loads(pages.pop("html/searchindex.js")[len(b"Search.setIndex(") : -1])
    names = told["docnames"]
    terms = {
        (word, names[at])
        for word, found in told.pop("terms").items()
        for at in (found if isinstance(found, list) else [found])
    }
    return told, terms


def test_a_title_is_filled_in_as_if_it_had_always_been_there(titled: Garden) -> None:
    straight = unmarked_pages(titled, NORTH)
    for page in ("html/book/plots.html", "html/book/tools.html", "html/searchindex.js"):
        assert b"grows @ home" in straight[page] or b"grows &#64; home" in straight[page]
    built = titled.build("titled", NORTH)
    (found, words), (expected, expected_words) = searched(built), searched(straight)
    assert built == straight
    assert found == expected
    # Nor is a page found any longer by the title of another that it shows.
    assert words <= expected_words
    missing = expected_words - words
    assert missing
    assert {document for _, document in missing} == {"book/plots"}
    assert {word for word, _ in missing} <= set(found["titleterms"])


def test_a_page_that_only_shows_another_title_is_not_made_again(titled: Garden) -> None:
    titled.build("retitled", SOUTH)
    folder = last_of(titled.root / "_build", "retitled") / KEPT
    kept = folder / KEPT_PAGES / "book" / "plots.html"
    kept.write_text(kept.read_text() + "<!-- as it was -->")
    call(titled, TITLES[1], TITLES[0])
    again = titled.build("retitled", NORTH)
    page = again.pop("html/book/plots.html")
    straight = unmarked_pages(titled, NORTH)
    assert page == straight.pop("html/book/plots.html") + b"<!-- as it was -->"
    assert searched(again)[0] == searched(straight)[0]
    assert again == straight


def test_what_is_not_plain_text_is_no_mark_s(titled: Garden) -> None:
    call(titled, "What is *grown*")
    assert titled.build("emphatic", NORTH) == unmarked_pages(titled, NORTH)
