"""The built pages in a real browser, with the network cut off."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.conftest import ROOT, wavebook

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        CHROMIUM is None and not os.environ.get("CI"),
        reason="needs Chromium: apt-get install chromium, or set CHROMIUM to its path",
    ),
]

PAGES = [
    "index",
    *(f"notebooks/{path.stem}" for path in sorted((ROOT / "notebooks").glob("*.ipynb"))),
    *(f"book/{path.stem}" for path in sorted((ROOT / "book").glob("*.md"))),
    *(f"book/{path.stem}" for path in sorted((ROOT / "book").glob("*.ipynb"))),
]
FINDINGS = [page for page in PAGES if page.startswith("notebooks/")]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


def url(built: Path, page: str) -> str:
    return (built / "html" / f"{page}.html").as_uri()


def opened(
    browser: Browser, address: str, *, javascript: bool = True, width: int = 1280
) -> tuple[Page, list[str]]:
    """Open a page offline and return it with everything that went wrong."""
    context = browser.new_context(
        offline=True, java_script_enabled=javascript, viewport={"width": width, "height": 900}
    )
    context.set_default_timeout(20_000)
    page = context.new_page()
    wrong: list[str] = []
    page.on("requestfailed", lambda request: wrong.append(f"failed {request.url}"))
    page.on("console", lambda m: wrong.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "request",
        lambda r: (
            wrong.append(f"outside {r.url}")
            if not r.url.startswith(("file:", "data:", "blob:"))
            else None
        ),
    )
    page.goto(address)
    return page, wrong


def settle(page: Page) -> None:
    """Wait until the page is loaded and every chart on it has come alive."""
    page.wait_for_function(
        "document.readyState === 'complete' && "
        "[...document.querySelectorAll('figure.wavebook-chart')].every(f => f.dataset.interactive)",
        timeout=60_000,
    )


@pytest.mark.parametrize("name", PAGES)
def test_a_page_asks_for_nothing_elsewhere_and_reports_no_error(
    built: Path, browser: Browser, name: str
) -> None:
    page, wrong = opened(browser, url(built, name))
    settle(page)
    page.context.close()
    assert wrong == []


def test_without_javascript_a_phone_shows_the_contents_and_no_button_that_does_nothing(
    built: Path, browser: Browser
) -> None:
    page, _ = opened(browser, url(built, FINDINGS[1]), javascript=False, width=390)
    link = page.locator("nav.bd-links a[href$='03-motivation.html']")
    box = link.bounding_box()
    assert link.is_visible()
    assert box is not None
    assert 0 <= box["x"] < 390 - 100
    assert page.locator("button.sidebar-toggle:visible").count() == 0
    link.click()
    assert page.url.endswith("03-motivation.html")
    page.context.close()


def test_without_javascript_pages_have_the_colours_of_their_theme(
    built: Path, browser: Browser
) -> None:
    page, _ = opened(browser, url(built, FINDINGS[0]))
    with_it = page.evaluate("getComputedStyle(document.querySelector('.dropdown-menu')).background")
    page.context.close()
    page, _ = opened(browser, url(built, FINDINGS[0]), javascript=False)
    without = page.evaluate("getComputedStyle(document.querySelector('.dropdown-menu')).background")
    page.context.close()
    assert without == with_it


@pytest.mark.parametrize("name", FINDINGS)
def test_a_chart_is_visible_without_javascript(built: Path, browser: Browser, name: str) -> None:
    page, _ = opened(browser, url(built, name), javascript=False)
    drawn = page.locator("figure.wavebook-chart svg").first
    box = drawn.bounding_box()
    page.context.close()
    assert box is not None
    assert box["width"] > 300
    assert box["height"] > 60


@pytest.mark.parametrize("name", FINDINGS)
def test_a_chart_answers_the_pointer_with_javascript(
    built: Path, browser: Browser, name: str
) -> None:
    page, _ = opened(browser, url(built, name))
    figure = page.locator("figure.wavebook-chart[data-interactive=true]").first
    figure.wait_for()
    figure.scroll_into_view_if_needed()
    figure.locator("path[aria-roledescription], .mark-rect path, .mark-symbol path").first.hover(
        force=True
    )
    tooltip = page.locator("#vg-tooltip-element.visible")
    tooltip.wait_for()
    said = tooltip.inner_text()
    page.context.close()
    assert "Item" in said


@pytest.mark.parametrize("name", FINDINGS)
def test_a_chart_says_its_numbers_to_a_screen_reader(
    built: Path, browser: Browser, name: str
) -> None:
    page, _ = opened(browser, url(built, name))
    graphic = page.locator(".wavebook-graphic[role=img]").first
    said = graphic.get_attribute("aria-label") or ""
    page.context.close()
    assert any(letter.isdigit() for letter in said)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_a_phone(built: Path, browser: Browser, name: str) -> None:
    page, _ = opened(browser, url(built, name), width=360)
    settle(page)
    too_wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    page.context.close()
    assert too_wide <= 0


@pytest.mark.parametrize("name", FINDINGS)
def test_on_a_phone_a_chart_is_the_same_with_javascript_as_without(
    built: Path, browser: Browser, name: str
) -> None:
    widths, labels = [], []
    for javascript in (True, False):
        page, _ = opened(browser, url(built, name), width=360, javascript=javascript)
        state = "[data-interactive=true]" if javascript else ""
        chart = page.locator(f"figure.wavebook-chart{state} svg.marks").first
        chart.wait_for()
        widths.append(round((chart.bounding_box() or {})["width"]))
        labels.append(sorted(chart.locator("text").all_text_contents()))
        page.context.close()
    assert widths[0] == widths[1]
    assert labels[0] == labels[1]  # none of them cut


@pytest.mark.parametrize("name", PAGES)
def test_a_page_says_that_this_is_a_reconstruction(
    built: Path, browser: Browser, name: str
) -> None:
    page, _ = opened(browser, url(built, name), javascript=False)
    notice = page.get_by_text("Reconstruction:").first
    visible = notice.is_visible()
    page.context.close()
    assert visible


@pytest.mark.parametrize("javascript", [True, False])
def test_a_printed_page_says_that_this_is_a_reconstruction(
    built: Path, browser: Browser, javascript: bool
) -> None:
    page, _ = opened(browser, url(built, "notebooks/02-familiarity"), javascript=javascript)
    page.emulate_media(media="print")
    notice = page.locator("aside.bd-header-announcement")
    assert notice.is_visible()
    assert "Reconstruction" in notice.inner_text()
    page.context.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_one_main_heading_and_names_its_language(
    built: Path, browser: Browser, name: str
) -> None:
    page, _ = opened(browser, url(built, name), javascript=False)
    headings = page.locator("article h1").count()
    language = page.locator("html").get_attribute("lang") or ""
    page.context.close()
    assert headings == 1
    assert language.startswith("en")


def test_the_first_page_names_the_ten_findings_with_a_number(built: Path, browser: Browser) -> None:
    page, _ = opened(browser, url(built, "index"), javascript=False)
    numbers = page.locator(".sd-card .number").all_inner_texts()
    page.context.close()
    assert len(numbers) == 10
    assert all(any(letter.isdigit() for letter in number) for number in numbers)


def test_header_cells_of_tables_have_a_scope(built: Path, browser: Browser) -> None:
    page, _ = opened(browser, url(built, FINDINGS[0]), javascript=False)
    bare = page.locator("article table th:not([scope])").count()
    cells = page.locator("article table th[scope=row]").count()
    page.context.close()
    assert bare == 0
    assert cells > 0


def test_an_old_edition_says_that_there_is_a_newer_one(allotments: Path, browser: Browser) -> None:
    assert wavebook("publish", "2030", cwd=allotments).returncode == 0
    chapter = allotments / "book" / "method.md"
    chapter.write_text(chapter.read_text() + "\nA correction.\n")
    assert wavebook("publish", "2030", cwd=allotments).returncode == 0
    site = allotments / "site"
    page, wrong = opened(browser, (site / "2030-r1/html/book/method.html").as_uri())
    page.get_by_role("status").get_by_role("link").click()
    landed = page.url
    page.context.close()
    assert landed == (site / "2030-r2/html/index.html").as_uri()
    assert wrong == []
