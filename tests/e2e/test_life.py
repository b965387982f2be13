"""The pages of an instrument's life in the browser: in order in every window, and for axe."""

from collections.abc import Callable
from uuid import UUID

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from app.demo.accounts import BY_LOGIN
from domain.instruments import Instrument
from engine.actors import SYSTEM
from engine.db import connect, make_sessions, set_scope
from tests.e2e.conftest import DESK, PHONE, Platform, Visit
from tests.life_cases import a_purchase, an_entry

Begin = Callable[..., Visit]
WINDOWS = [(DESK, "zh"), (DESK, "en"), (PHONE, "zh"), (PHONE, "en")]


@pytest.fixture(scope="module")
def pages(platform: Platform) -> dict[str, str]:
    engine = connect(platform.database.app_url)
    manager, official = BY_LOGIN["wangfang"].person_id, BY_LOGIN["chenjie"].person_id
    with make_sessions(engine, clock=platform.clock).begin() as session:
        set_scope(session, SYSTEM)
        instrument = _instrument_of(session, manager)
        purchase = a_purchase(session, manager, official, instrument)
        entry = an_entry(session, manager, instrument)
        found = {
            "purchase": f"/purchases/{purchase.public_id}",
            "entry": f"/entries/{entry.public_id}",
            "line": f"/instruments/{instrument.public_id}/life",
            "stages": "/stages",
            "start": "/start/purchase_review",
        }
    engine.dispose()
    return found


def _instrument_of(session, manager: UUID) -> Instrument:
    return session.scalars(
        select(Instrument).where(Instrument.manager_ids.contains([manager])).limit(1)
    ).one()


@pytest.mark.parametrize(("size", "language"), WINDOWS)
def test_every_page_is_in_order_in_every_window(
    visit: Begin, pages: dict[str, str], size: tuple[int, int], language: str
) -> None:
    seen = visit(size=size, language=language)
    seen.sign_in("wangfang")
    for name, path in pages.items():
        page = seen.open(path)
        for fold in page.locator("main details summary").all():
            fold.click()
        seen.shoot(f"life-{name}-{size[0]}-{language}")
        seen.check()


def test_a_purchase_is_applied_for_in_the_browser(visit: Begin) -> None:
    seen = visit()
    seen.sign_in("wangfang")
    page = seen.open("/start/purchase_review")
    page.locator("#task-form-submit").click()
    expect(page.locator("#task-form-summary")).to_be_visible()
    expect(page.get_by_label("仪器名称", exact=False).first).to_be_visible()
