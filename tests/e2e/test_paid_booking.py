"""The whole chain in the browser: search, booking, voucher, payment, use, result, rating."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import DESK, PHONE, Platform, Visit
from tests.e2e.inbox_steps import (
    EN,
    MANAGER,
    ZH,
    Begin,
    an_instrument,
    book,
    booked_minutes,
    complete,
    go_to_start,
    open_task,
    pay,
    submit,
    task_of,
    work,
)

WAYS = pytest.mark.parametrize(
    ("window", "login", "words", "place"),
    [((DESK, "zh"), "heyun", ZH, 0), ((PHONE, "en"), "panhong", EN, 1)],
    ids=["desk-zh", "phone-en"],
)


@WAYS
def test_an_enterprise_books_with_a_voucher_and_pays_the_rest(
    visit: Begin, platform: Platform, window, login, words, place
) -> None:
    seen = visit(*window)
    seen.sign_in(login)
    number = book(seen, an_instrument(platform, place), words)
    complete(platform, task_of(platform, number), {"approval_decision": "approved"}, MANAGER)
    work(platform)

    use_a_voucher(seen, number, words)
    pay(seen, number, words)
    seen.open("/my")
    seen.shoot(f"my-paid-{words['shot']}")
    use_the_instrument(seen, number, words)
    complete(platform, task_of(platform, number), {"result_summary": "三个样品已测试"}, MANAGER)
    work(platform)
    accept_and_rate(seen, number, words)

    page = seen.open("/orders")
    seen.shoot(f"orders-{words['shot']}")
    page.locator('a[href^="/orders/"]').first.click()
    page.wait_for_load_state("networkidle")
    expect(page.locator(".od-moves li")).to_have_count(2)  # paid, and half an hour back
    seen.shoot(f"order-{words['shot']}")
    seen.check()


def use_a_voucher(seen: Visit, number: str, words: dict[str, str]) -> None:
    page = open_task(seen, number)
    page.get_by_label(words["voucher"], exact=True).check()
    field = page.locator(".fjs-form-field-select", has_text=words["vouchers"])
    field.locator(".fjs-input-group").click()
    field.locator(".fjs-dropdownlist-item").first.click()
    seen.shoot(f"voucher-{words['shot']}")
    seen.check()
    submit(page)
    work(seen.platform)


def use_the_instrument(seen: Visit, number: str, words: dict[str, str]) -> None:
    """Check in, and out half an hour before the booked end."""
    platform = seen.platform
    go_to_start(platform, number)
    page = open_task(seen, number)
    page.get_by_label(words["rules"]).check()
    submit(page)
    platform.clock.move(timedelta(minutes=booked_minutes(platform, number) - 30))
    page = open_task(seen, number)
    page.get_by_label(words["normal"], exact=True).check()
    submit(page)
    work(platform)


def accept_and_rate(seen: Visit, number: str, words: dict[str, str]) -> None:
    page = open_task(seen, number)
    page.get_by_label(words["accept"], exact=True).check()
    submit(page)
    work(seen.platform)
    page = open_task(seen, number)
    scores = page.locator("fieldset, .fjs-form-field-radio").first
    scores.get_by_label(words["score"], exact=True).check()
    submit(page)
    work(seen.platform)
