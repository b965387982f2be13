"""The whole chain in the browser: search, booking, voucher, payment, use, result, rating."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import DESK, PHONE, Platform
from tests.e2e.inbox_steps import (
    EN,
    MANAGER,
    ZH,
    Begin,
    an_instrument,
    book,
    booked_minutes,
    choose,
    complete,
    go_to_start,
    open_task,
    pay,
    submit,
    task_of,
    work,
)

WAYS = pytest.mark.parametrize(
    ("size", "language", "login", "words", "place"),
    [(DESK, "zh", "heyun", ZH, 0), (PHONE, "en", "panhong", EN, 2)],
    ids=["desk-zh", "phone-en"],
)


@WAYS
def test_an_enterprise_books_with_a_voucher_and_pays_the_rest(
    visit: Begin, platform: Platform, size, language, login, words, place
) -> None:
    seen = visit(size, language)
    seen.sign_in(login)
    number = book(seen, an_instrument(platform, place), words)
    complete(platform, task_of(platform, number), {"approval_decision": "approved"}, MANAGER)
    work(platform)

    page = open_task(seen, number)
    page.get_by_label(words["voucher"], exact=True).check()
    choose(page, words["vouchers"], "CXQ-")
    seen.shoot(f"voucher-{words['shot']}")
    seen.check()
    submit(page)
    work(platform)
    pay(seen, number, words)
    seen.open("/my")
    seen.shoot(f"my-paid-{words['shot']}")

    go_to_start(platform, number)
    page = open_task(seen, number)
    page.get_by_label(words["rules"]).check()
    submit(page)
    platform.clock.move(timedelta(minutes=booked_minutes(platform, number) - 30))
    page = open_task(seen, number)
    page.get_by_label(words["normal"], exact=True).check()
    submit(page)
    work(platform)  # half an hour less: money goes back

    complete(platform, task_of(platform, number), {"result_summary": "三个样品已测试"}, MANAGER)
    work(platform)
    page = open_task(seen, number)
    page.get_by_label(words["accept"], exact=True).check()
    submit(page)
    work(platform)
    page = open_task(seen, number)
    page.locator("fieldset, .fjs-form-field-radio").first.get_by_label(
        words["score"], exact=True
    ).check()
    submit(page)
    work(platform)
    page = seen.open("/orders")
    seen.shoot(f"orders-{words['shot']}")
    page.locator('a[href^="/orders/"]').first.click()
    page.wait_for_load_state("networkidle")
    expect(page.locator(".od-moves li")).to_have_count(2)
    seen.shoot(f"order-{words['shot']}")
    seen.check()
