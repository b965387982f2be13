"""From search to rating in the browser: every step is a task of the booking's diagram."""

import re
from datetime import timedelta

from playwright.sync_api import expect

from tests.e2e.conftest import PHONE, Platform, Visit
from tests.e2e.inbox_steps import (
    APPLICANTS,
    EVERYWHERE,
    MANAGER,
    ZH,
    Begin,
    an_instrument,
    book,
    booked_minutes,
    complete,
    form_ready,
    go_to_start,
    open_task,
    pay,
    start_booking,
    submit,
    work,
)


def test_a_booking_goes_from_search_to_rating(visit: Begin, platform: Platform) -> None:
    applicant, manager = visit(), visit()
    applicant.sign_in("chenyu")
    manager.sign_in(MANAGER)
    number = book(applicant, an_instrument(platform), ZH)

    page = open_task(manager, number)
    manager.shoot("c-approve")
    page.get_by_label("同意", exact=True).check()
    submit(page)
    work(platform)
    pay(applicant, number, {**ZH, "shot": "chenyu"})

    page = applicant.open("/my")
    applicant.shoot("d-my")
    go_to_start(platform, number)
    page = open_task(applicant, number)
    applicant.shoot("e-check-in")
    page.get_by_label("我已阅读").check()
    submit(page)

    page = open_task(applicant, number)
    # As long as was booked, so that nothing is owed on either side.
    platform.clock.move(timedelta(minutes=booked_minutes(platform, number)))
    page.get_by_label("正常", exact=True).check()
    submit(page)
    work(platform)

    result_to_rating(applicant, manager, number)


def result_to_rating(applicant: Visit, manager: Visit, number: str) -> None:
    platform = manager.platform
    page = open_task(manager, number)
    page.get_by_label("结果摘要").fill("三个样品已测试，形貌均匀。")
    submit(page)

    page = open_task(applicant, number)
    page.get_by_label("认可", exact=True).check()
    submit(page)
    work(platform)
    page = open_task(applicant, number)
    page.locator("fieldset, .fjs-form-field-radio").first.get_by_label("很满意", exact=True).check()
    submit(page)
    work(platform)
    applicant.open("/my")
    applicant.shoot("f-my-after")


@EVERYWHERE
def test_every_page_of_the_inbox_is_in_order(
    visit: Begin, platform: Platform, size, language
) -> None:
    name = f"{language}-{size[0]}"
    task, done = start_booking(platform), start_booking(platform)
    complete(platform, done, {"approval_decision": "approved"})
    work(platform)
    seen = visit(size, language)
    seen.sign_in(MANAGER)
    for path, shot in (("/tasks", "tasks"), ("/my", "manager")):
        seen.open(path)
        seen.shoot(f"{shot}-{name}")
        seen.check()
    page = seen.open(f"/tasks/{task}")
    form_ready(page)
    page.locator("#task-diagram[data-ready=yes]").wait_for()
    seen.shoot(f"task-{name}")
    seen.check()
    page.locator("#tab-story").click()
    seen.shoot(f"story-{name}")
    seen.check()
    page.locator("#tab-files").click()
    seen.check()
    seen.open(f"/tasks/{done}")
    seen.shoot(f"gone-{name}")
    seen.problems.clear()  # the browser itself reports the 409
    seen.check()


@EVERYWHERE
def test_the_applicants_pages_are_in_order(visit, platform, size, language) -> None:
    name, login = f"{language}-{size[0]}", next(APPLICANTS)
    start_booking(platform, login)
    applicant = visit(size, language)
    applicant.sign_in(login)
    page = applicant.open("/my")
    applicant.shoot(f"my-{name}")
    applicant.check()
    page.locator("[data-opens]").first.click()
    applicant.shoot(f"cancel-{name}")
    applicant.check()
    nobody = visit(size, language)
    nobody.sign_in("huangzhiyuan")
    for path in ("/tasks", "/my"):
        nobody.open(path)
        nobody.shoot(f"empty{path.replace('/', '-')}-{name}")
        nobody.check()


def test_an_applicant_cancels_with_a_reason(visit: Begin) -> None:
    seen = visit()
    start_booking(seen.platform, "linxiaofeng")
    seen.sign_in("linxiaofeng")
    page = seen.open("/my")
    page.locator("[data-opens]").first.click()
    page.locator("dialog[open] textarea").fill("样品没有按时制备好")
    page.locator("dialog[open] .btn-danger").click()
    page.wait_for_url("**/my?cancelled=*")
    expect(page.locator(".dy-badge", has_text="已取消")).to_be_visible()


def test_a_booking_goes_its_way_in_english_on_a_phone(visit: Begin, platform: Platform) -> None:
    task = start_booking(platform, place=1)
    seen = visit(PHONE, "en")
    seen.sign_in(MANAGER)
    page = seen.open("/tasks")
    page.locator(f'a[href="/tasks/{task}"]').click()
    form_ready(page)
    assert not re.search("[一-龥]", page.locator(".task-bar").inner_text())
    page.locator("#task-form input[type=radio]").first.check()
    submit(page)
    expect(page.locator(".dy-note.good").first).to_contain_text("has moved on")
