"""Pages of slices: what they have in common is made once, and each names its own slice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.test_incremental import Garden, Tree, planted  # noqa: F401  # a fixture
from wavebook import book
from wavebook.desk import KEPT, KEPT_PAGES, last_of

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
