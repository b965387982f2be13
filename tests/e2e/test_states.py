"""The wall of states and an instrument's day, in every window, and for nobody else's eyes."""

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range

from app import surroundings
from app.demo import sensors as demo_sensors
from app.demo.accounts import ACCOUNTS, BY_LOGIN
from domain.booking.models import Booking
from domain.instruments.models import Instrument
from engine.clock import FixedClock
from engine.db import connect, make_sessions
from telemetry.models import Sensor, SensorBinding
from tests.e2e.cases import system
from tests.e2e.conftest import DESK, PHONE, Platform, Visit

Begin = Callable[..., Visit]
WINDOWS = [(DESK, "zh"), (DESK, "en"), (PHONE, "zh"), (PHONE, "en")]
#: Enough for the shown manager's instruments and some of other units.
COUNT = 20


@pytest.fixture(scope="module")
def watched(platform: Platform) -> str:
    """Give twenty instruments sensors and a past; return the path of a day with runs and a use."""
    surroundings.wire()
    friday = (platform.clock.at - timedelta(days=3)).date()
    engine = connect(platform.database.app_url)
    sessions = make_sessions(engine, clock=FixedClock(platform.clock.at))
    demo_sensors.install(sessions, COUNT)
    with system(platform) as session:
        first = select(SensorBinding.instrument_id).join(Sensor).order_by(Sensor.code).limit(1)
        instrument = session.get_one(Instrument, session.scalars(first).one())
        one_o_clock = datetime(friday.year, friday.month, friday.day, 5, tzinfo=UTC)
        session.add(_used(instrument, one_o_clock))
    demo_sensors.remember(sessions)
    engine.dispose()
    return f"/states/{instrument.public_id}?day={friday}"


def _used(instrument: Instrument, start: datetime) -> Booking:
    return Booking(
        instrument_id=instrument.id,
        person_id=BY_LOGIN["zhangwei"].person_id,
        during=Range(start, start + timedelta(hours=3), bounds="[)"),
        status="finished",
        created_at=start - timedelta(days=2),
        unit_id=instrument.unit_id,
        region_path=instrument.region_path,
    )


@pytest.mark.parametrize(("size", "language"), WINDOWS)
def test_the_wall_is_in_order_in_every_window(
    visit: Begin, watched: str, size: tuple[int, int], language: str
) -> None:
    seen = visit(size=size, language=language)
    seen.sign_in("wangfang")
    seen.open("/states")
    seen.shoot(f"states-wall-{size[0]}-{language}")
    seen.check()


@pytest.mark.parametrize(("size", "language"), WINDOWS)
def test_a_day_is_in_order_in_every_window(
    visit: Begin, watched: str, size: tuple[int, int], language: str
) -> None:
    seen = visit(size=size, language=language)
    seen.sign_in("wangfang")
    page = seen.open(watched)
    page.locator("[data-day][data-ready=yes]").wait_for()
    page.locator(".wa-fold summary").click()
    page.evaluate("scrollTo(0, 0)")
    seen.shoot(f"states-day-{size[0]}-{language}")
    seen.check()


def test_the_day_says_everything_in_words_and_tables(visit: Begin, watched: str) -> None:
    seen = visit(language="en")
    seen.sign_in("wangfang")
    page = seen.open(watched)
    expect(page.locator("#curve-text")).to_contain_text("1 booking.")
    expect(page.locator("#curve-text")).to_contain_text("readings were received")
    booked = page.locator("section[aria-labelledby=booked-title] tbody tr")
    expect(booked).to_contain_text("13:00–16:00")
    shares = page.locator(".wa-shares dd b").all_inner_texts()
    known = [float(each.rstrip(" %")) for each in shares[:3]]
    assert sum(known) == pytest.approx(100, abs=0.2)
    rows = page.locator("section[aria-labelledby=told-title] tbody tr")
    times = [row.locator("td").all_inner_texts()[:2] for row in rows.all()]
    assert times[0][0] == "00:00"
    assert times[-1][1] == "24:00"
    assert all(a[1] == b[0] for a, b in itertools.pairwise(times))


def test_one_goes_from_day_to_day_and_not_into_the_future(visit: Begin, watched: str) -> None:
    seen = visit(language="en")
    seen.sign_in("wangfang")
    page = seen.open(watched)
    page.get_by_role("link", name="Next day").click()
    expect(page.locator("#curve-title")).to_have_text("Sat 21 Nov 2026")
    page.get_by_role("link", name="Previous day").click()
    page.get_by_role("link", name="Previous day").click()
    expect(page.locator("#curve-title")).to_have_text("Thu 19 Nov 2026")
    seen.open(watched.split("?", maxsplit=1)[0] + "?day=2030-01-01")
    expect(page.locator("#curve-title")).to_have_text("Mon 23 Nov 2026")
    assert page.get_by_role("link", name="Next day").count() == 0


def test_the_wall_is_filtered_by_state_and_name_and_says_when_nothing_fits(
    visit: Begin, watched: str
) -> None:
    seen = visit(language="en")
    seen.sign_in("chenjie")
    page = seen.open("/states")
    assert page.locator(".wa-tile").count() == COUNT
    seen.shoot("states-wall-official-en")
    page.get_by_role("link", name="Off ").first.click()
    page.wait_for_load_state("networkidle")
    for tile in page.locator(".wa-tile .wa-state").all():
        expect(tile).to_have_text("Off")
    page.fill("#f-text", "no such instrument")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_text("No instrument fits these filters")).to_be_visible()
    seen.check()


def test_only_those_in_charge_see_the_wall_and_the_current(visit: Begin, watched: str) -> None:
    path = watched.split("?", maxsplit=1)[0]
    for login, sees in (("wangfang", True), ("liuyang", True), ("mengfei", True),
                        ("zhangwei", False), ("lijuan", False)):  # fmt: skip
        seen = visit()
        seen.sign_in(login)
        for address in (watched, f"{path}/day.json"):
            status = seen.page.request.get(seen.platform.url + address).status
            assert status == (200 if sees else 404), (login, address)


def test_a_manager_of_other_instruments_finds_no_current_here(visit: Begin, watched: str) -> None:
    """The page and its data answer as for an address that does not exist."""
    seen = visit()
    with system(seen.platform) as session:
        wanted = select(Instrument).where(Instrument.public_id == watched[8:44])
        mine = session.scalars(wanted).one()
        other = next(
            account.login
            for account in ACCOUNTS
            if account.role == "instrument_manager" and account.person_id not in mine.manager_ids
        )
    seen.sign_in(other)
    assert seen.page.request.get(seen.platform.url + watched).status == 404
