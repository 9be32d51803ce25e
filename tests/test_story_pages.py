"""The chapters around the findings in a real browser: the ring and the worksheet."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests import test_site
from tests.conftest import ROOT
from wavebook.worksheet import read_questions

pytestmark = test_site.pytestmark
browser = test_site.browser

QUESTIONS = read_questions(ROOT / "data" / "context" / "practice.csv", "practice.csv")
RING = 'svg[aria-labelledby="ring-title"]'


@pytest.fixture
def context(browser: Browser) -> BrowserContext:
    return browser.new_context(offline=True, viewport={"width": 1280, "height": 900})


@pytest.fixture
def practice(built: Path, context: BrowserContext) -> Page:
    page = context.new_page()
    page.goto(test_site.url(built, "book/practice"))
    return page


def test_each_part_of_the_ring_leads_to_a_place_on_the_page(practice: Page) -> None:
    targets = practice.eval_on_selector_all(
        f"{RING} a", "links => links.map(a => a.getAttribute('href').slice(1))"
    )
    assert len(targets) == 11
    assert all(practice.locator(f"#{target}").count() == 1 for target in targets)


def test_the_ring_is_reached_with_the_keyboard_from_the_inside_out(practice: Page) -> None:
    practice.locator(f"{RING} a").first.focus()
    names = []
    for _ in range(3):
        names.append(practice.evaluate("document.activeElement.getAttribute('aria-label')"))
        practice.keyboard.press("Tab")
    assert names == ["Moral purpose", "Personal development", "Strategic acumen"]


def test_enter_on_a_part_of_the_ring_goes_to_its_explanation(practice: Page) -> None:
    practice.locator(f"{RING} a").first.focus()
    practice.keyboard.press("Enter")
    assert practice.evaluate("location.hash") == "#ring-purpose"


def test_the_ring_is_named_and_described_for_a_screen_reader(practice: Page) -> None:
    assert practice.locator(RING).get_attribute("role") == "group"
    assert "Centre: moral purpose" in practice.locator("#ring-desc").text_content()  # type: ignore[operator]


def test_every_question_labels_its_field(practice: Page) -> None:
    for question in QUESTIONS:
        assert practice.get_by_label(question.question).count() == 1


def test_what_a_reader_writes_is_there_after_a_reload(practice: Page) -> None:
    field = practice.get_by_label(QUESTIONS[0].question)
    field.fill("Two schools down the road")
    practice.reload()
    assert field.input_value() == "Two schools down the road"


def test_clearing_asks_first_and_then_forgets(practice: Page) -> None:
    field = practice.get_by_label(QUESTIONS[1].question)
    field.fill("A deputy")
    practice.on("dialog", lambda dialog: dialog.accept())
    practice.get_by_role("button", name="Clear all answers").click()
    practice.reload()
    assert field.input_value() == ""


def test_answers_are_kept_when_clearing_is_declined(practice: Page) -> None:
    field = practice.get_by_label(QUESTIONS[1].question)
    field.fill("A deputy")
    practice.on("dialog", lambda dialog: dialog.dismiss())
    practice.get_by_role("button", name="Clear all answers").click()
    assert field.input_value() == "A deputy"


def test_print_shows_all_that_was_written(practice: Page) -> None:
    practice.get_by_label(QUESTIONS[0].question).fill("one\ntwo\nthree")
    practice.emulate_media(media="print")
    paper = practice.locator(".worksheet-print").first
    assert paper.is_visible()
    assert paper.inner_text() == "one\ntwo\nthree"


def test_without_a_script_there_are_fields_and_no_dead_buttons(
    built: Path, browser: Browser
) -> None:
    page, _ = test_site.opened(browser, test_site.url(built, "book/practice"), javascript=False)
    assert page.locator("textarea").count() == len(QUESTIONS)
    assert page.locator(".worksheet-tools button:visible").count() == 0


def test_the_fillable_pdf_is_where_the_page_says(built: Path, practice: Page) -> None:
    href = practice.locator("a.worksheet-download").get_attribute("href")
    assert (built / "html" / "book" / str(href)).resolve().read_bytes().startswith(b"%PDF")
