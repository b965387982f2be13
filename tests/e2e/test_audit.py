"""An auditor reads a case in the browser: list, page, replay, proof; nobody else's eyes."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from engine.models import Incident, Instance
from tests.e2e.cases import book, system
from tests.e2e.conftest import DESK, PHONE, Platform, Visit

Begin = Callable[..., Visit]
ACTIVE = re.compile(r"\bdg-active\b")
WINDOWS = [(DESK, "zh"), (DESK, "en"), (PHONE, "zh"), (PHONE, "en")]


@pytest.fixture(scope="module")
def case(platform: Platform) -> Instance:
    return book(platform, "zhangwei")


def ready(seen: Visit) -> None:
    seen.page.locator("[data-diagram][data-ready=yes]").first.wait_for()


@pytest.mark.parametrize(("size", "language"), WINDOWS)
def test_the_list_and_the_case_are_in_order_in_every_window(
    visit: Begin, case: Instance, size: tuple[int, int], language: str
) -> None:
    seen = visit(size=size, language=language)
    seen.sign_in("mengfei")
    seen.open("/cases")
    seen.shoot(f"w3-cases-{size[0]}-{language}")
    seen.check()
    seen.open(f"/cases/{case.public_id}?verify=1")
    ready(seen)
    for fold in seen.page.locator("#case-timeline summary, .dg-outline summary").all():
        fold.click()
    seen.page.locator("[data-show-quiet]").check()
    seen.shoot(f"w3-case-{size[0]}-{language}")
    seen.check()


def test_an_auditor_finds_a_case_with_the_keyboard_alone(visit: Begin, case: Instance) -> None:
    seen = visit()
    seen.sign_in("mengfei")
    page = seen.open("/cases")
    page.keyboard.press("/")
    page.keyboard.type(case.number)
    page.keyboard.press("Enter")
    page.wait_for_url("**text=**")
    page.locator("h1").click()
    page.keyboard.press("j")
    expect(page.locator("a[data-row]:focus")).to_have_text(case.number)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/cases/{case.public_id}")


def test_the_replay_moves_the_diagram_and_the_timeline_together(
    visit: Begin, case: Instance
) -> None:
    seen = visit()
    seen.sign_in("mengfei")
    page = seen.open(f"/cases/{case.public_id}")
    ready(seen)
    check_in = page.locator('.djs-shape[data-element-id="check_in"]')
    expect(check_in).to_have_class(ACTIVE)
    page.get_by_role("button", name="回到开头").click()
    expect(check_in).not_to_have_class(ACTIVE)
    expect(page.locator("li.dg-now")).to_have_attribute("data-seq", "1")
    page.get_by_role("slider").press("End")
    expect(check_in).to_have_class(ACTIVE)


def test_the_mark_of_bpmn_io_is_visible_and_uncovered(visit: Begin, case: Instance) -> None:
    for size in (DESK, PHONE):
        seen = visit(size=size)
        seen.sign_in("mengfei")
        page = seen.open(f"/cases/{case.public_id}")
        ready(seen)
        mark = page.locator(".bjs-powered-by")
        mark.scroll_into_view_if_needed()
        uncovered = mark.evaluate(
            "m => { const b = m.getBoundingClientRect();"
            " const top = document.elementFromPoint(b.x + b.width / 2, b.y + b.height / 2);"
            " return m.contains(top); }"
        )
        assert uncovered


def test_the_diagram_has_a_name_and_says_everything_in_words(visit: Begin, case: Instance) -> None:
    seen = visit(language="en")
    seen.sign_in("mengfei")
    page = seen.open(f"/cases/{case.public_id}")
    ready(seen)
    assert page.get_by_role("img", name="Diagram of Booking and use of an instrument").count() == 1
    page.get_by_text("Read the diagram as text").click()
    line = page.locator(".dg-outline li", has_text="Check in").first
    expect(line).to_contain_text("in progress")
    line.get_by_role("button").click()
    expect(page.locator("#case-element")).to_contain_text("check_in")


def test_the_applicant_reads_the_same_address_and_a_stranger_finds_nothing(
    visit: Begin, case: Instance
) -> None:
    applicant = visit(size=PHONE)
    applicant.sign_in("zhangwei")
    applicant.open(f"/cases/{case.public_id}")
    ready(applicant)
    expect(applicant.page.locator("#h-variables")).to_have_count(0)
    applicant.check()
    stranger = visit()
    stranger.sign_in("chenyu")
    answer = stranger.page.goto(f"{stranger.platform.url}/cases/{case.public_id}")
    assert answer is not None
    assert answer.status == 404


@pytest.mark.parametrize(("size", "language"), WINDOWS)
def test_incidents_are_in_order_in_every_window(
    visit: Begin, case: Instance, platform: Platform, size: tuple[int, int], language: str
) -> None:
    with system(platform) as session:
        found = Incident(
            instance_id=case.id,
            element_id="check_in",
            kind="operation_failed",
            message="ConnectionError: the ledger does not answer",
            detail="Traceback (most recent call last): …",
            created_at=platform.clock.at,
        )
        session.add(found)
        session.flush()
        incident_id = found.id
    try:
        seen = visit(size=size, language=language)
        seen.sign_in("zhuhai")
        seen.open("/incidents")
        for fold in seen.page.locator("main article summary").all():
            fold.click()
        seen.shoot(f"w3-incidents-{size[0]}-{language}")
        seen.check()
    finally:
        with system(platform) as session:
            session.delete(session.get(Incident, incident_id))
