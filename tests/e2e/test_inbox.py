"""From search to rating in the browser: every step is a task of the booking's diagram."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import select

from app.demo.accounts import BY_LOGIN, PASSWORD
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


def test_what_is_missing_is_told_on_top_and_at_the_field(visit: Begin) -> None:
    seen = visit()
    page, _ = at_approval(seen)
    page.click("#task-form-submit")
    summary = page.locator("#task-form-summary")
    expect(summary).to_be_focused()
    expect(summary).to_contain_text("还有 1 处需要修改")
    expect(page.locator(".fjs-form-field-error")).to_have_text("请填写此项")
    seen.shoot("errors")
    seen.check()
    summary.get_by_role("link", name="审批意见").click()
    expect(page.get_by_label("同意", exact=True)).to_be_focused()


def test_what_the_server_refuses_is_shown_at_its_field(visit: Begin) -> None:
    seen = visit()
    page, _ = at_approval(seen)
    page.route(
        "**/complete",
        lambda route: route.fulfill(
            status=422,
            json={
                "code": "invalid_submission", "message": "…", "reference": "AB12",
                "problems": {"approval_decision": [{"code": "x", "message": "请再看一遍。"}]},
            },
        ),
    )  # fmt: skip
    page.get_by_label("同意", exact=True).check()
    page.click("#task-form-submit")
    expect(page.locator("#task-form-summary")).to_contain_text("审批意见 请再看一遍。")
    expect(page.locator(".fjs-form-field-error")).to_have_text("请再看一遍。")
    expect(page.get_by_label("同意", exact=True)).to_be_checked()


def test_a_failed_network_loses_nothing_and_the_retry_keeps_its_key(visit: Begin) -> None:
    seen = visit()
    page, _ = at_approval(seen)
    keys: list[str] = []

    def fail_once(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        if len(keys) == 1:
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/complete", fail_once)
    page.get_by_label("同意", exact=True).check()
    page.get_by_label("给申请人的提示").fill("请提前十分钟到达。")
    page.click("#task-form-submit")
    expect(page.locator("#task-form-summary")).to_contain_text("网络连接失败")
    expect(page.get_by_label("给申请人的提示")).to_have_value("请提前十分钟到达。")
    seen.shoot("offline")
    submit(page)
    assert len(keys) == 2
    assert keys[0] == keys[1]


def test_a_double_click_sends_once(visit: Begin) -> None:
    seen = visit()
    page, _ = at_approval(seen)
    sent: list[str] = []
    page.on("request", lambda r: sent.append(r.url) if r.url.endswith("/complete") else None)
    page.get_by_label("同意", exact=True).check()
    page.dblclick("#task-form-submit")
    page.wait_for_url("**/tasks?done=*")
    assert len(sent) == 1


def test_a_draft_saves_itself_and_comes_back(visit: Begin) -> None:
    seen = visit()
    page, task = at_approval(seen)
    page.get_by_label("不同意", exact=True).check()
    page.get_by_label("不同意的理由").fill("样品信息不全")
    expect(page.locator("#task-form-saved")).to_have_text(re.compile(r"^已保存 "))
    seen.open(f"/tasks/{task}")
    form_ready(page)
    expect(page.get_by_label("不同意的理由")).to_have_value("样品信息不全")
    expect(page.locator(".task-restored")).to_contain_text("已恢复您")
    seen.shoot("draft")
    seen.check()


def test_the_keyboard_alone_files_a_form(visit: Begin) -> None:
    seen = visit()
    start_booking(seen.platform)
    seen.sign_in(MANAGER)
    page = seen.open("/tasks")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    page.wait_for_url("**/tasks/*")
    form_ready(page)
    page.get_by_label("同意", exact=True).focus()
    page.keyboard.press("Space")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/tasks?done=*")


def test_after_a_lost_session_the_form_is_still_there_and_can_be_sent(visit: Begin) -> None:
    seen = visit()
    page, _ = at_approval(seen)
    page.get_by_label("同意", exact=True).check()
    cookies = page.context.cookies()
    page.context.clear_cookies()
    page.click("#task-form-submit")
    summary = page.locator("#task-form-summary")
    expect(summary).to_contain_text("登录已过期")
    expect(page.get_by_label("同意", exact=True)).to_be_checked()
    assert cookies
    other = page.context.new_page()
    other.goto(f"{seen.platform.url}/sign-in")
    other.fill("#login", MANAGER)
    other.fill("#password", PASSWORD)
    other.click("#sign-in button[type=submit]")
    other.wait_for_url(lambda url: "/sign-in" not in url)
    other.close()
    page.bring_to_front()
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(summary).to_be_hidden()
    submit(page)


def test_who_comes_second_hears_who_was_first(visit: Begin) -> None:
    seen = visit()
    page, task = at_approval(seen)
    complete(seen.platform, task, {"approval_decision": "approved"})
    page.get_by_label("不同意", exact=True).check()
    page.get_by_label("不同意的理由").fill("设备检修")
    page.click("#task-form-submit")
    expect(page.locator("#task-form-summary")).to_contain_text("王芳")
    expect(page.get_by_label("不同意的理由")).to_have_value("设备检修")


def test_a_file_goes_up_without_leaving_the_page(visit: Begin) -> None:
    seen = visit()
    page, _ = at_approval(seen)
    page.locator("#tab-files").click()
    content = "温度,20\n".encode()
    page.set_input_files(
        "#new-file",
        [
            {"name": "读数.csv", "mimeType": "text/csv", "buffer": content},
            {"name": "程序.exe", "mimeType": "application/octet-stream", "buffer": b"MZ"},
        ],
    )
    page.locator(".file-form button").click()
    expect(page.locator("#file-list a", has_text="读数.csv")).to_be_visible()
    expect(page.locator("[data-status]")).to_contain_text("程序.exe")
    with page.expect_download() as download:
        page.locator("#file-list a", has_text="读数.csv").click()
    assert Path(download.value.path()).read_bytes() == content


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
