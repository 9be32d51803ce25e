"""The live preview: what is saved shows in the open page, and nothing else is disturbed."""

from __future__ import annotations

import errno
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import test_site
from tests.conftest import wavebook
from tests.test_site import browser  # noqa: F401  # a fixture
from wavebook.build import build
from wavebook.errors import WavebookError
from wavebook.preview import Preview
from wavebook.project import Project
from wavebook.run import Parameters


@dataclass(frozen=True)
class Running:
    """A preview that is served and follows what is saved in one file."""

    preview: Preview
    source: Path
    address: str


def write_pages(folder: Path, text: str) -> None:
    folder.mkdir(exist_ok=True)
    for name, body in (("index", text), ("other", "the same")):
        page = f"<html><body><p>{body}</p></body></html>"
        (folder / f"{name}.html").write_text(page)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """A project whose build writes its file `text` as a page, beside one that never changes."""
    source, pages = tmp_path / "project" / "text", tmp_path / "pages"
    source.parent.mkdir()
    source.write_text("first")

    def renewed(early: Callable[[Path], None], placed: Callable[[], None]) -> None:
        text = source.read_text()
        if "mistake" in text:
            raise WavebookError("text, row 1: found <mistake>, expected none")
        if "early" in text:
            ahead = tmp_path / "ahead"
            write_pages(ahead, text)
            early(ahead)
        if "late" in text:
            raise WavebookError("the PDF cannot be set")
        write_pages(pages, text)
        placed()

    made = Preview(source.parent, pages, renewed)
    made.renew()
    with made.server(0) as server:
        threads = [threading.Thread(target=run) for run in (server.serve_forever, made.follow)]
        for thread in threads:
            thread.start()
        yield Running(made, source, f"http://127.0.0.1:{server.server_port}")
        made.stop()
        server.shutdown()
        for thread in threads:
            thread.join()


def opened(browser: Browser, running: Running, path: str = "/") -> Page:  # noqa: F811
    page = browser.new_page()
    page.set_default_timeout(20_000)
    page.goto(running.address + path)
    page.wait_for_timeout(300)  # the connection that tells the page stands
    return page


pytestmark = test_site.pytestmark


def test_a_page_follows_what_is_saved(browser: Browser, running: Running) -> None:  # noqa: F811
    page = opened(browser, running)
    running.source.write_text("second")
    expect(page.get_by_text("second")).to_be_visible(timeout=20_000)


def test_a_page_that_is_the_same_is_not_reloaded(
    browser: Browser,  # noqa: F811
    running: Running,
) -> None:
    changing, other = opened(browser, running), opened(browser, running, "/other.html")
    other.evaluate("window.untouched = true")
    running.source.write_text("second")
    expect(changing.get_by_text("second")).to_be_visible(timeout=20_000)
    assert other.evaluate("window.untouched") is True


def test_a_mistake_shows_on_the_page_and_goes_when_mended(
    browser: Browser,  # noqa: F811
    running: Running,
) -> None:
    page = opened(browser, running)
    running.source.write_text("mistake")
    alert = page.get_by_role("alert")
    expect(alert).to_have_text("text, row 1: found <mistake>, expected none", timeout=20_000)
    running.source.write_text("first")
    expect(alert).to_have_count(0, timeout=20_000)


def test_a_mistake_is_told_to_pages_that_are_opened_later(
    browser: Browser,  # noqa: F811
    running: Running,
) -> None:
    running.source.write_text("mistake")
    running.preview.renew()
    page = opened(browser, running)
    expect(page.get_by_role("alert")).to_be_visible(timeout=20_000)


def test_a_mistake_leaves_the_pages(running: Running) -> None:
    running.source.write_text("mistake")
    running.preview.renew()
    assert "first" in (running.preview.pages / "index.html").read_text()


def served(running: Running) -> str:
    with urllib.request.urlopen(running.address) as page:
        return str(page.read(), "utf-8")


def test_a_page_is_shown_before_all_else_is_done(
    browser: Browser,  # noqa: F811
    running: Running,
) -> None:
    page, seen = opened(browser, running), []
    build = running.preview.build

    def slowly(early: Callable[[Path], None], placed: Callable[[], None]) -> None:
        def told(pages: Path) -> None:
            early(pages)
            seen.append(served(running))

        build(told, placed)

    running.preview.build = slowly
    running.source.write_text("early")
    expect(page.get_by_text("early")).to_be_visible(timeout=20_000)
    assert "early" in seen[0]


def test_what_fails_after_a_page_was_shown_leaves_the_pages(running: Running) -> None:
    running.source.write_text("early and late")
    running.preview.renew()
    assert "first" in served(running)
    assert running.preview.problem == "the PDF cannot be set"


def test_a_page_that_was_shown_early_is_taken_back_when_what_follows_fails(
    browser: Browser,  # noqa: F811
    running: Running,
) -> None:
    page = opened(browser, running)
    running.source.write_text("early and late")
    expect(page.get_by_role("alert")).to_contain_text("the PDF cannot be set", timeout=20_000)
    expect(page.get_by_text("first")).to_be_visible(timeout=20_000)


def test_a_page_that_was_shown_early_is_renewed_when_what_failed_is_mended(
    running: Running,
) -> None:
    running.source.write_text("early and late")
    running.preview.renew()
    running.source.write_text("early")
    assert running.preview.renew() == {"/index.html"}


def test_no_page_is_shown_early_while_a_mistake_stands(running: Running) -> None:
    running.source.write_text("mistake")
    running.preview.renew()
    told: list[Path] = []

    def check(early: Callable[[Path], None], placed: Callable[[], None]) -> None:
        early(running.preview.pages.parent)
        told.append(running.preview.folder)

    running.preview.build = check
    running.preview.renew()
    assert told == [running.preview.pages]


@pytest.mark.parametrize(
    ("raised", "told"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "pages"), "pages: no space left on"),
        (RuntimeError("a mistake of ours"), "Traceback"),
    ],
    ids=["disk", "ours"],
)
def test_whatever_stops_a_build_is_told_and_the_next_is_followed(
    running: Running, raised: Exception, told: str
) -> None:
    build = running.preview.build

    def fail(*_: object) -> None:
        raise raised

    running.preview.build = fail
    running.preview.renew()
    assert running.preview.problem.startswith(told)
    running.preview.build = build
    running.source.write_text("mended")
    running.preview.renew()
    assert running.preview.problem == ""
    assert "mended" in served(running)


@pytest.mark.parametrize("path", ["%00", "x" * 5000, "index.html%00", "%ff%fe"])
def test_a_name_that_no_file_can_have_is_not_found(running: Running, path: str) -> None:
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{running.address}/{path}")


def test_another_site_s_name_gets_nothing(running: Running) -> None:
    request = urllib.request.Request(
        running.address,
        headers={"Host": "elsewhere.example"},
    )
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(request)


def test_a_browser_may_keep_nothing(running: Running) -> None:
    with urllib.request.urlopen(running.address) as page:
        assert page.headers["Cache-Control"] == "no-store"


def test_a_saved_notebook_renews_its_page(allotments: Path) -> None:

    assert wavebook("build", "2030", cwd=allotments).returncode == 0
    target = allotments / "_build" / "2030"
    made = Preview(
        allotments,
        target / "html",
        lambda early, placed: build(
            Project(allotments), Parameters("2030"), target, pages=early, placed=placed
        ),
    )
    path = allotments / "notebooks" / "01-growing.ipynb"
    notebook = json.loads(path.read_text())
    notebook["cells"][0]["source"] = ["# Nobody grows kale"]
    path.write_text(json.dumps(notebook))
    assert "/notebooks/01-growing.html" in made.renew()


def test_what_has_not_changed_renews_nothing(allotments: Path) -> None:

    target = allotments / "_build" / "2030"
    made = Preview(
        allotments,
        target / "html",
        lambda early, placed: build(
            Project(allotments), Parameters("2030"), target, pages=early, placed=placed
        ),
    )
    assert len(made.renew()) > 3
    assert made.renew() == set()


def test_a_build_gives_its_whole_website_before_the_pdf_is_set(allotments: Path) -> None:
    target, seen = allotments / "_build" / "2030", []

    def early(html: Path) -> None:
        seen.extend(path.relative_to(html) for path in html.rglob("*.html"))
        assert not target.exists()

    build(Project(allotments), Parameters("2030"), target, pages=early)
    html = target / "html"
    assert set(seen) == {path.relative_to(html) for path in html.rglob("*.html")}


def test_the_website_is_not_given_when_something_is_wrong_with_it(allotments: Path) -> None:
    (allotments / "book/method.md").write_text("# Method\n\n[gone](missing.md)\n")
    target, seen = allotments / "_build" / "2030", []
    with pytest.raises(WavebookError, match=r"missing\.md"):
        build(Project(allotments), Parameters("2030"), target, pages=seen.append)
    assert seen == []
