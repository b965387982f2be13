"""What people do in the inbox, for the browser tests."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import cycle
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.demo.accounts import BY_LOGIN
from domain.booking import free_slots
from domain.booking.slots import is_bookable
from domain.instruments import Instrument
from domain.organisations import actors
from engine import instances, jobs, operations, tasks, timers, user_tasks
from engine.actors import SYSTEM, Scope
from engine.db import connect, make_sessions, set_scope
from engine.models import Instance, OpenTask
from tests.e2e.conftest import DESK, PHONE, Platform, Visit

Begin = Callable[..., Visit]
MANAGER = "wangfang"
#: In turn, because the policy allows each person only a few open bookings.
APPLICANTS = cycle(
    ["wangsiqi", "zhoujing", "hujiahao", "xuminjie", "yelan", "lijuan", "shenguoqiang", "panhong"]
)
EVERYWHERE = pytest.mark.parametrize(
    ("size", "language"),
    [(DESK, "zh"), (PHONE, "zh"), (DESK, "en"), (PHONE, "en")],
    ids=["desk-zh", "phone-zh", "desk-en", "phone-en"],
)


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


def pay(seen: Visit, number: str, words: dict[str, str]) -> None:
    """Pay on the provider's page and wait until its notice has moved the case on."""
    page = open_task(seen, number)
    seen.shoot(f"pay-{words['shot']}")
    seen.check()
    page.get_by_role("link", name=words["pay"]).click()
    page.wait_for_url("**/pay/**")
    seen.shoot(f"provider-{words['shot']}")
    page.get_by_role("button", name="付款 / Pay").click()
    expect(page.locator(".state.succeeded")).to_be_visible()
    until = time.monotonic() + 20
    while "pay" in waits_at(seen.platform, number):
        assert time.monotonic() < until, "the provider's notice did not come"
        time.sleep(0.1)
    work(seen.platform)


def booked_minutes(platform: Platform, number: str) -> int:
    """Return how long a case's booking is."""
    sessions = sessions_of(platform)
    with sessions() as session:
        set_scope(session, SYSTEM)
        said = session.scalars(select(Instance.variables).where(Instance.number == number)).one()
    sessions.kw["bind"].dispose()
    start, end = (datetime.fromisoformat(said[name]["@value"]) for name in ("start", "end"))
    return int((end - start).total_seconds() // 60)


def task_of(platform: Platform, number: str) -> str:
    """Return the one open task of a case."""
    sessions = sessions_of(platform)
    with sessions() as session:
        set_scope(session, SYSTEM)
        query = select(OpenTask.public_id).join(Instance).where(Instance.number == number)
        case = session.scalars(select(Instance).where(Instance.number == number)).one()
        tasks = session.scalars(query).all()
        assert len(tasks) == 1, f"{number}: {case.status} {case.outcome}, {len(tasks)} tasks"
        found = str(tasks[0])
    sessions.kw["bind"].dispose()
    return found


def waits_at(platform: Platform, number: str) -> set[str]:
    """Return the steps of people at which a case waits."""
    sessions = sessions_of(platform)
    with sessions() as session:
        set_scope(session, SYSTEM)
        query = select(OpenTask.element_id).join(Instance).where(Instance.number == number)
        found = set(session.scalars(query))
    sessions.kw["bind"].dispose()
    return found


def open_task(seen: Visit, number: str) -> Page:
    page = seen.open("/tasks")
    # On a phone the row shows no number; its link is the same.
    page.locator(f'a[href="/tasks/{task_of(seen.platform, number)}"]').first.click()
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
    "score": "很满意", "pay": "去支付机构付款", "voucher": "用创新券抵扣", "vouchers": "创新券",
    "shot": "zh-1280",
}  # fmt: skip


EN = {
    "mode": "Way of use", "technical": "With technical support", "purpose": "Purpose",
    "approve": "Approve", "rules": "I have read", "normal": "Working",
    "result": "Summary of the result", "accept": "Accept", "score": "Very good",
    "pay": "Pay on the provider", "voucher": "Use a voucher", "vouchers": "Voucher",
    "shot": "en-360",
}  # fmt: skip


def start_booking(platform: Platform, login: str = "", place: int = 0) -> str:
    """Start a booking that waits for wangfang's approval; returns the task's id."""
    login = login or next(APPLICANTS)
    instrument = an_instrument(platform, place)
    sessions = sessions_of(platform)
    with sessions.begin() as session:
        actor = actors.load(session, BY_LOGIN[login].person_id)
        set_scope(session, actor)
        first_day = (platform.clock.at + timedelta(days=3)).date()
        slot = free_slots(session, instrument, first_day, 9)[0]
        end = min(slot.end, slot.start + timedelta(minutes=instrument.min_minutes))
        case = instances.start(
            session,
            "booking",
            actor=actor,
            data={
                "instrument_id": str(instrument.public_id),
                "start": slot.start.isoformat(),
                "end": end.isoformat(),
                "mode": "technical",
                "purpose": "不同退火温度下薄膜的晶体结构",
            },
            scope=Scope(region=instrument.region, unit_id=instrument.unit_id),
        )
        task = session.scalars(select(OpenTask).where(OpenTask.instance_id == case.id)).one()
        found = str(task.public_id)
    sessions.kw["bind"].dispose()
    return found


def complete(platform: Platform, task: str, data: dict[str, Any], login: str = MANAGER) -> None:
    sessions = sessions_of(platform)
    with sessions.begin() as session:
        actor = actors.load(session, BY_LOGIN[login].person_id)
        set_scope(session, actor)
        user_tasks.complete(session, UUID(task), data, actor=actor)
    sessions.kw["bind"].dispose()


def at_approval(seen: Visit) -> tuple[Page, str]:
    """Open a fresh approval as wangfang."""
    task = start_booking(seen.platform)
    seen.sign_in(MANAGER)
    page = seen.open(f"/tasks/{task}")
    form_ready(page)
    return page, task
