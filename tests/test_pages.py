"""Files that one website takes from another."""

from __future__ import annotations

from pathlib import Path

import pytest

from wavebook.pages import Pages


@pytest.mark.parametrize(("other", "is_shared"), [("same", True), ("else", False)])
def test_a_file_is_shared_with_another_website_only_if_it_is_the_same(
    tmp_path: Path, other: str, is_shared: bool
) -> None:
    """As long as each other they are in both cases."""
    pages = object.__new__(Pages)
    pages.outdir, pages.shared = tmp_path / "html", tmp_path / "other"  # type: ignore[assignment]
    for folder in (pages.outdir, pages.shared, tmp_path / "theme"):
        Path(folder).mkdir()
    (tmp_path / "theme" / "a.css").write_text("same")
    (tmp_path / "other" / "a.css").write_text(other)
    target = tmp_path / "html" / "a.css"
    assert pages.share(target, like=tmp_path / "theme" / "a.css") is is_shared
    assert target.exists() is is_shared
