"""The form of a task in the browser: errors, drafts, a lost network, a lost session."""

import re
from pathlib import Path

from playwright.sync_api import Route, expect

from app.demo.accounts import PASSWORD
from tests.e2e.inbox_steps import (
    MANAGER,
    Begin,
    at_approval,
    complete,
    form_ready,
    start_booking,
    submit,
)


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
