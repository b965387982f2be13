"""An official changes a process in the browser: upload, check, difference, publish."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.cases import book, waits_at
from tests.e2e.conftest import DESK, PHONE, Platform, Visit

Begin = Callable[..., Visit]
BOOKING = Path(__file__).resolve().parents[2] / "processes" / "booking"
DIAGRAM = (BOOKING / "process.bpmn").read_text(encoding="utf-8")
TABLE = (BOOKING / "booking_approval_route.dmn").read_text(encoding="utf-8")
WINDOWS = [(DESK, "zh"), (DESK, "en"), (PHONE, "zh"), (PHONE, "en")]


def upload(page: Page, name: str, content: str) -> None:
    file = {"name": name, "mimeType": "application/xml", "buffer": content.encode()}
    page.set_input_files("#files", file)  # type: ignore[arg-type]
    page.locator("main form button[type=submit]").click()
    page.wait_for_load_state("networkidle")


def ready(page: Page, what: str = "diagram") -> None:
    page.locator(f"[data-{what}][data-ready=yes]").first.wait_for()


@pytest.mark.parametrize(("size", "language"), WINDOWS)
def test_the_studio_is_in_order_in_every_window(
    visit: Begin, size: tuple[int, int], language: str
) -> None:
    seen = visit(size=size, language=language)
    page = seen.sign_in("linqing")
    seen.open("/processes")
    seen.shoot(f"w3-processes-{size[0]}-{language}")
    seen.check()
    seen.open("/processes/booking")
    ready(page)
    seen.shoot(f"w3-process-{size[0]}-{language}")
    seen.check()
    seen.open("/decisions/booking_approval_route")
    ready(page, "decision-table")
    seen.shoot(f"w3-decision-{size[0]}-{language}")
    seen.check()
    seen.open("/processes/booking/change")
    seen.shoot(f"w3-change-{size[0]}-{language}")
    seen.check()


@pytest.mark.parametrize(("size", "language"), [(DESK, "zh"), (PHONE, "en")])
def test_a_broken_diagram_is_red_where_it_is_broken(
    visit: Begin, size: tuple[int, int], language: str
) -> None:
    seen = visit(size=size, language=language)
    page = seen.sign_in("xuzhe")
    seen.open("/processes/booking/change")
    broken = DIAGRAM.replace('type="hold_slot"', 'type="hold_slots"')
    upload(page, "process.bpmn", broken.replace('=route.route = "auto"', "=route.route = ="))
    ready(page)
    red = page.locator('.djs-shape[data-element-id="hold_slot"]')
    assert "dg-problem" in (red.get_attribute("class") or "")
    page.locator('a[data-element="approval_automatic"]').first.click()
    expect(page.locator("#proposal-element")).to_contain_text("approval_automatic")
    expect(page.locator("form[action$=publish]")).to_have_count(0)
    seen.shoot(f"w3-broken-{size[0]}-{language}")
    seen.check()


def test_a_file_that_is_no_diagram_gets_a_clear_message(visit: Begin) -> None:
    seen = visit()
    page = seen.sign_in("xuzhe")
    seen.open("/processes/booking/change")
    upload(page, "process.bpmn", '<!DOCTYPE x [<!ENTITY e "e">]>\n<x>&e;</x>')
    expect(page.locator("#reasons")).to_contain_text("DOCTYPE")
    seen.shoot("w3-refused-1280-zh")


def publish(page: Page, note: str) -> None:
    button = page.locator("button[data-confirmed]")
    expect(button).to_be_disabled()
    page.fill("#note", note)
    page.fill("#confirm", page.get_attribute("#confirm", "data-confirm") or "")
    button.click()
    page.wait_for_load_state("networkidle")


def test_a_lower_approval_threshold_changes_the_next_case_and_no_running_one(
    visit: Begin, platform: Platform
) -> None:
    running = book(platform, "zhangwei")
    assert waits_at(platform, running) == {"check_in"}  # two hours: passed without approval

    designer = visit()
    page = designer.sign_in("xuzhe")
    designer.open("/processes/booking/change")
    upload(page, "booking_approval_route.dmn", TABLE.replace("&gt; 4", "&gt; 1"))
    ready(page, "decision-table")
    expect(page.locator("main")).to_contain_text("> 1")
    expect(page.locator("form[action$=publish]")).to_have_count(0)
    address = page.url

    publisher = visit()
    page = publisher.sign_in("linqing")
    page.goto(address, wait_until="networkidle")
    ready(page, "decision-table")
    publisher.shoot("w3-publish-1280-zh")
    publisher.check()
    publish(page, "超过一小时即须机主审批（试行）")
    expect(page.locator("#messages")).to_contain_text("第 2 版")

    after = book(platform, "zhangwei")
    assert waits_at(platform, after) == {"approve"}
    assert waits_at(platform, running) == {"check_in"}
    _put_back(page, publisher)


def _put_back(page: Page, publisher: Visit) -> None:
    """Other browser tests rely on the shipped rules."""
    publisher.open("/processes/booking/change")
    upload(page, "booking_approval_route.dmn", TABLE)
    publish(page, "恢复四小时")


def test_a_changed_diagram_is_a_new_version_for_new_cases_only(
    visit: Begin, platform: Platform
) -> None:
    running = book(platform, "zhangwei")
    publisher = visit()
    page = publisher.sign_in("linqing")
    publisher.open("/processes/booking/change")
    changed = DIAGRAM.replace('=route.route = "auto"', '=route.route = "auto" and hours &lt;= 1')
    upload(page, "process.bpmn", changed)
    ready(page)
    publisher.shoot("w3-publish-diagram-1280-zh")
    publisher.check()
    publish(page, "超过一小时一律审批（试行）")
    ready(page)
    publisher.shoot("w3-compared-1280-zh")
    publisher.check()
    expect(page.locator("h1 + p")).to_contain_text("第 2 版")

    after = book(platform, "zhangwei")
    assert waits_at(platform, after) == {"approve"}
    assert waits_at(platform, running) == {"check_in"}
    publisher.open("/processes/booking/change")
    upload(page, "process.bpmn", DIAGRAM)
    publish(page, "恢复自动通过")
