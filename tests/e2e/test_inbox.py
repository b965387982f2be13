"""From search to rating in the browser: every step is a task of the booking's diagram."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from playwright.sync_api import Page
from sqlalchemy import select

from app.demo.accounts import BY_LOGIN
from domain.booking.slots import is_bookable
from domain.instruments import Instrument
from engine import jobs, operations, tasks, timers
from engine.actors import SYSTEM
from engine.db import connect, make_sessions, set_scope
from engine.models import Instance
from tests.e2e.conftest import Platform, Visit

Begin = Callable[..., Visit]
MANAGER = "wangfang"


def sessions_of(platform: Platform) -> Any:
    return make_sessions(connect(platform.database.app_url), clock=platform.clock)


def work(platform: Platform) -> None:
    """Do what worker and timers do, until nothing is due."""
    sessions = sessions_of(platform)
    tasks.configure(sessions)
    operations.wire(sessions)
    for _ in range(20):
        with sessions.begin() as session:
            set_scope(session, SYSTEM)
            due = timers.due(session)
            for timer in due:
                timers.wake(session, timer)
        with sessions() as session:
            set_scope(session, SYSTEM)
            queued = jobs.sweep(session)
        for job in queued:
            tasks.run_job(job)
        if not due and not queued:
            break
    sessions.kw["bind"].dispose()


def an_instrument(platform: Platform, place: int = 0) -> Instrument:
    """One that wangfang looks after, that everybody may book, and that asks for her approval."""
    sessions = sessions_of(platform)
    with sessions() as session:
        set_scope(session, SYSTEM)
        found = [
            each
            for each in session.scalars(select(Instrument).order_by(Instrument.id))
            if BY_LOGIN[MANAGER].person_id in each.manager_ids
            and each.share_mode == "external"
            and is_bookable(each)
            and each.approval == "always"
        ]
        session.expunge_all()
    sessions.kw["bind"].dispose()
    assert len(found) > place
    return found[place]


def form_ready(page: Page) -> None:
    page.locator("#task-form .fjs-form").wait_for()
    page.wait_for_timeout(400)


def submit(page: Page) -> None:
    before = page.url
    page.click("#task-form-submit")
    page.wait_for_url(lambda url: url != before)
    page.wait_for_load_state("networkidle")


def choose(page: Page, label: str, option: str) -> None:
    """Choose in a form-js select by its label."""
    field = page.locator(".fjs-form-field-select", has_text=label)
    field.locator(".fjs-input-group").click()
    field.locator(".fjs-dropdownlist-item", has_text=option).click()


def book(seen: Visit, instrument: Instrument, words: dict[str, str]) -> str:
    """Search, choose a time, fill the form in, send it; returns the case's number."""
    page = seen.open(f"/instruments?q={instrument.name_zh}")
    page.locator(f'a[href="/instruments/{instrument.public_id}"]').first.click()
    page.wait_for_load_state("networkidle")
    page.locator("#choose-time button[type=submit]").click()
    page.wait_for_url("**/book?**")
    form_ready(page)
    seen.shoot("a-book")
    choose(page, words["mode"], words["technical"])
    page.get_by_label(words["purpose"]).fill("锂电池正极材料形貌与元素分布")
    seen.shoot("a-book")
    submit(page)
    seen.shoot("b-booked")
    sessions = sessions_of(seen.platform)
    with sessions() as session:
        set_scope(session, SYSTEM)
        case = session.scalars(select(Instance).order_by(Instance.id.desc())).first()
        number, status = case.number, case.status
    sessions.kw["bind"].dispose()
    assert status == "active"
    return number


def open_task(seen: Visit, number: str) -> Page:
    page = seen.open("/tasks")
    page.locator(".row-item", has_text=number).locator("a[data-row]").click()
    page.wait_for_load_state("networkidle")
    form_ready(page)
    return page


def go_to_start(platform: Platform, number: str) -> None:
    sessions = sessions_of(platform)
    with sessions() as session:
        set_scope(session, SYSTEM)
        case = session.scalars(select(Instance).where(Instance.number == number)).one()
        start = datetime.fromisoformat(case.variables["start"]["@value"])
    sessions.kw["bind"].dispose()
    platform.clock.move(start - platform.clock.at)


ZH = {
    "mode": "使用方式", "technical": "技术支持", "purpose": "用途", "approve": "同意",
    "rules": "我已阅读", "normal": "正常", "result": "结果摘要", "accept": "认可",
    "score": "很满意",
}  # fmt: skip


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

    page = applicant.open("/my")
    applicant.shoot("d-my")
    go_to_start(platform, number)
    page = open_task(applicant, number)
    applicant.shoot("e-check-in")
    page.get_by_label("我已阅读").check()
    submit(page)

    page = open_task(applicant, number)
    platform.clock.move(timedelta(minutes=90))
    page.get_by_label("正常", exact=True).check()
    submit(page)
    work(platform)

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
