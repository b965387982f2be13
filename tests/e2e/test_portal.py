"""Finding an instrument and booking it, as people see it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import DESK, PHONE, Visit

Begin = Callable[..., Visit]
EVERYWHERE = pytest.mark.parametrize(
    ("size", "language"),
    [(DESK, "zh"), (PHONE, "zh"), (DESK, "en"), (PHONE, "en")],
    ids=["desk-zh", "phone-zh", "desk-en", "phone-en"],
)


def first_instrument(seen: Visit, query: str = "bookable=1&share=external") -> str:
    page = seen.open(f"/instruments?{query}")
    return page.locator(".dy-result h2 a").first.get_attribute("href") or ""


@EVERYWHERE
def test_home_page_offers_search_free_times_classes_and_cities(visit, size, language) -> None:
    seen = visit(size, language)
    page = seen.open("/")
    expect(page.locator("#q")).to_be_focused()
    assert page.locator(".dy-tile").count() >= 20
    seen.shoot(f"home-{language}-{size[0]}")
    seen.check()


@EVERYWHERE
def test_search_finds_and_filters_narrow_it_down(visit, size, language) -> None:
    seen = visit(size, language)
    page = seen.open("/")
    page.fill("#q", "质谱")
    page.keyboard.press("Enter")
    page.wait_for_url("**/instruments?**")
    before = page.locator(".dy-result").count()
    assert before > 0
    seen.shoot(f"results-{language}-{size[0]}")
    seen.check()
    if size == PHONE:
        page.locator(".dy-filters summary").click()
    page.locator(".dy-filters .dy-chip", has=page.locator("small")).first.click()
    page.wait_for_load_state("networkidle")
    assert page.locator(".dy-chip.on").count() >= 1
    assert 0 < page.locator(".dy-result").count() <= before


@EVERYWHERE
def test_a_search_without_results_says_what_to_do_next(visit, size, language) -> None:
    seen = visit(size, language)
    page = seen.open("/instruments?q=zzzzqqqq")
    assert page.locator(".dy-empty .btn").count() == 1
    seen.shoot(f"nothing-{language}-{size[0]}")
    seen.check()


@EVERYWHERE
def test_instrument_page_shows_facts_and_a_calendar(visit, size, language) -> None:
    seen = visit(size, language)
    page = seen.open(first_instrument(seen))
    expect(page.locator("#calendar .ec-bg-event.dy-free").first).to_be_attached()
    expect(page.locator("#choose-time")).to_be_visible()
    seen.shoot(f"instrument-{language}-{size[0]}")
    seen.check()


@EVERYWHERE
def test_sign_in_page_fills_in_a_demo_account_with_one_click(visit, size, language) -> None:
    seen = visit(size, language)
    page = seen.open("/sign-in")
    seen.shoot(f"sign-in-{language}-{size[0]}")
    seen.check()
    page.locator("[data-fill-login=zhangwei]").click()
    page.keyboard.press("Enter")
    page.wait_for_url("**/")
    expect(page.locator(".dy-menu summary")).to_be_visible()


@EVERYWHERE
def test_a_page_that_is_not_there_says_so_kindly(visit, size, language) -> None:
    seen = visit(size, language)
    page = seen.open("/instruments/00000000-0000-7000-8000-000000000000")
    expect(page.locator(".dy-reference")).to_be_visible()
    seen.shoot(f"missing-{language}-{size[0]}")
    seen.problems.clear()  # the browser itself reports the 404
    seen.check()


@EVERYWHERE
def test_an_applicant_books_a_chosen_time(visit, size, language) -> None:
    seen = visit(size, language)
    page = seen.open(first_instrument(seen))
    address = page.url
    page.locator("#choose-time button[type=submit]").click()
    page.wait_for_url("**/sign-in?**")
    page.fill("#login", "zhangwei")
    page.fill("#password", "dayi-demo-2026")
    page.click("#sign-in button[type=submit]")
    page.wait_for_url("**/book?**")  # back to the time that was chosen
    assert page.url.startswith(address)
    page.locator("#task-form textarea").first.wait_for()
    page.wait_for_load_state("networkidle")
    seen.shoot(f"book-{language}-{size[0]}")
    seen.check()


def test_a_booking_that_was_sent_stands_among_my_bookings(visit: Begin) -> None:
    seen = visit()
    address = first_instrument(seen)
    page = seen.sign_in("chenyu", then=address)
    page.locator("#choose-time button[type=submit]").click()
    page.wait_for_url("**/book?**")
    page.locator(".fjs-form-field-select .fjs-input-group").click()
    page.get_by_text("技术支持", exact=True).click()
    page.get_by_label("用途").fill("薄膜形貌观察")
    page.locator("#task-form-submit").click()
    page.wait_for_url("**/my**")
    expect(page.locator("#messages .dy-note.good")).to_contain_text("已提交")
    seen.shoot("my-zh-1280")
    seen.check()


def test_a_time_is_chosen_in_the_calendar_with_one_click(visit: Begin) -> None:
    seen = visit()
    page = seen.open(first_instrument(seen))
    free = page.locator("#calendar .ec-bg-event.dy-free").last
    free.scroll_into_view_if_needed()
    box = free.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 5)
    expect(page.locator("#choose-time button[type=submit]")).to_be_focused()
    expect(page.locator("#calendar-notice")).to_be_hidden()


def test_an_applicant_finds_neither_cases_nor_incidents_in_the_navigation(visit: Begin) -> None:
    seen = visit()
    page = seen.sign_in("zhangwei")
    links = page.locator(".dy-nav a").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    assert "/tasks" in links
    assert "/incidents" not in links
    assert "/cases" not in links


def test_the_keyboard_reaches_the_content_first(visit: Begin) -> None:
    seen = visit()
    page = seen.open("/instruments")
    page.keyboard.press("Tab")
    expect(page.locator(".dy-skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
