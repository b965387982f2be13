"""Bulletins, evaluation and overview in the browser: both languages, desk and phone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from domain.bulletins import publishing
from domain.organisations.models import Unit
from engine.actors import SYSTEM
from engine.clock import FixedClock
from engine.db import connect, make_sessions, set_scope
from tests.e2e.conftest import DESK, PHONE, Platform, Visit
from tests.measured import Figures, fill

Begin = Callable[..., Visit]
WINDOWS = [(DESK, "zh"), (DESK, "en"), (PHONE, "zh"), (PHONE, "en")]
ADMIN, OFFICIAL, UNIT = "liuyang", "chenjie", "0001"


@pytest.fixture(scope="module")
def made(platform: Platform) -> tuple[Figures, str]:
    engine = connect(platform.database.app_url)
    with make_sessions(engine, clock=FixedClock(platform.clock.at)).begin() as session:
        set_scope(session, SYSTEM)
        unit = session.scalars(select(Unit).where(Unit.code == UNIT)).one()
        figures = fill(session, unit, "3301")
        part = str(publishing.of_unit(session, figures.draft, unit.id).public_id)
        assert figures.evaluated.unit.code == UNIT
        assert figures.evaluated.period.year == 2026
    engine.dispose()
    return figures, part


def drawn(seen: Visit) -> None:
    seen.page.locator("[data-figures][data-ready=yes]").first.wait_for()


@pytest.mark.parametrize(("size", "language"), WINDOWS)
def test_the_public_reads_bulletins_in_every_window(
    visit: Begin, made: tuple[Figures, str], size: tuple[int, int], language: str
) -> None:
    seen = visit(size=size, language=language)
    seen.open("/bulletins")
    seen.shoot(f"fig-bulletins-{size[0]}-{language}")
    seen.check()
    seen.open(f"/bulletins/{made[0].published.public_id}")
    drawn(seen)
    seen.shoot(f"fig-bulletin-{size[0]}-{language}")
    seen.check()
    seen.open(f"/evaluations/{made[0].evaluated.period.public_id}")
    seen.shoot(f"fig-round-{size[0]}-{language}")
    seen.check()


@pytest.mark.parametrize(("size", "language"), WINDOWS)
def test_a_unit_follows_its_figures_down_to_the_records(
    visit: Begin, made: tuple[Figures, str], size: tuple[int, int], language: str
) -> None:
    seen = visit(size=size, language=language)
    seen.sign_in(ADMIN)
    seen.open("/overview")
    drawn(seen)
    seen.shoot(f"fig-overview-{size[0]}-{language}")
    seen.check()
    seen.open(f"/bulletins/units/{made[1]}")
    seen.shoot(f"fig-check-{size[0]}-{language}")
    seen.check()
    page = seen.open(f"/evaluations/units/{made[0].evaluated.public_id}")
    seen.shoot(f"fig-unit-{size[0]}-{language}")
    seen.check()
    page.locator("a[href$='/I5']").click()
    page.wait_for_load_state("networkidle")
    seen.shoot(f"fig-indicator-{size[0]}-{language}")
    seen.check()
    page.locator("main a[href*='/instruments/']").first.click()
    page.wait_for_load_state("networkidle")
    seen.shoot(f"fig-sources-{size[0]}-{language}")
    seen.check()


@pytest.mark.parametrize(("size", "language"), [(DESK, "zh"), (PHONE, "en")])
def test_an_official_reads_draft_and_overview(
    visit: Begin, made: tuple[Figures, str], size: tuple[int, int], language: str
) -> None:
    seen = visit(size=size, language=language)
    seen.sign_in(OFFICIAL)
    seen.open(f"/bulletins/{made[0].draft.public_id}")
    drawn(seen)
    seen.shoot(f"fig-draft-{size[0]}-{language}")
    seen.check()
    seen.open("/evaluations")
    seen.shoot(f"fig-rounds-{size[0]}-{language}")
    seen.check()
    seen.open(f"/evaluations/{made[0].evaluated.period.public_id}")
    seen.shoot(f"fig-official-{size[0]}-{language}")
    seen.check()


def test_a_unit_replies_with_the_keyboard_alone(visit: Begin, made: tuple[Figures, str]) -> None:
    seen = visit()
    seen.sign_in(ADMIN)
    page = seen.open(f"/bulletins/units/{made[1]}")
    page.get_by_label("有异议").focus()
    page.keyboard.press("Space")
    page.get_by_label("哪里不对").fill("九月检修两周")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#messages")).to_contain_text("答复已保存")
    expect(page.locator("main")).to_contain_text("九月检修两周")
