"""The public pages: searching, reading, booking, and what they refuse."""

from datetime import UTC
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select, text

from domain.booking import Booking
from engine import definitions, operations
from engine.actors import SYSTEM
from engine.db import set_scope
from engine.models import Instance

BOOKING = Path(__file__).parents[3] / "processes" / "booking"
SLOT = "start=2026-11-24T09:00%2B08:00&end=2026-11-24T11:00%2B08:00"
WISH = {"mode": "technical", "purpose": "薄膜形貌观察", "sample_note": "三个样品"}


@pytest.fixture
def microscope(world):
    return world.instrument(world.unit("浙江大学", kind="university"))


@pytest.fixture
def published(sessions) -> None:
    operations.discover("handlers")
    with sessions.begin() as session:
        set_scope(session, SYSTEM)
        definitions.publish(session, definitions.read_folder(BOOKING), actor=SYSTEM)


@pytest.fixture
def applicant(world, signed_in):
    unit = world.unit("宁波大学", kind="university", region="330203")
    world.person("zhangwei", "applicant", unit=unit, name="张伟")
    return signed_in("zhangwei")


def test_everybody_finds_and_reads_an_instrument(visitor, microscope) -> None:
    page = visitor.get("/instruments?q=电子显微镜").text
    assert f"/instruments/{microscope.public_id}" in page
    page = visitor.get(f"/instruments/{microscope.public_id}").text
    for fact in ("浙江大学", "SU8010", "250.00 万元", "300.00 元/小时", "2018年5月1日"):
        assert fact in page


def test_an_instrument_speaks_english_too(visitor, microscope) -> None:
    visitor.get("/language/en")
    page = visitor.get(f"/instruments/{microscope.public_id}").text
    assert "Scanning electron microscope" in page
    assert "1 May 2018" in page


@pytest.mark.parametrize(
    "query",
    [
        "page=0",
        "page=-3",
        "page=x",
        "page=99999999999999999999",
        "order=drop",
        "unit=not-a-uuid",
        "region=%25",
        "class=abc",
        "q=%00%27--",
        "q=" + "长" * 3000,
        "kind=moon&share=never&bookable=2",
    ],
)
def test_a_senseless_address_still_shows_a_page(visitor, microscope, query: str) -> None:
    assert visitor.get(f"/instruments?{query}").status_code == 200


def test_what_was_searched_for_is_shown_as_text(visitor, microscope) -> None:
    page = visitor.get("/instruments", query_string={"q": "<script>alert(1)</script>"}).text
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;" in page


def test_an_unknown_instrument_is_not_found(visitor) -> None:
    assert visitor.get(f"/instruments/{uuid4()}").status_code == 404
    assert visitor.get("/instruments/1").status_code == 404


def test_calendar_gives_wall_clock_times_and_names_nobody(
    visitor, microscope, applicant, published
) -> None:
    address = f"/instruments/{microscope.public_id}"
    applicant.command(f"{address}/book?{SLOT}", json={"data": WISH})
    span = "start=2026-11-24T00:00&end=2026-11-25T00:00"
    chart = visitor.get(f"{address}/calendar?{span}").json
    assert chart["busy"] == [
        {"start": "2026-11-24T09:00", "end": "2026-11-24T11:00", "mine": False}
    ]
    assert chart["free"][0] == {"start": "2026-11-24T08:00", "end": "2026-11-24T09:00"}
    assert applicant.get(f"{address}/calendar?{span}").json["busy"][0]["mine"] is True


@pytest.mark.parametrize("span", ["", "start=x&end=y", "start=2026-11-24", "day=2026-11-24&from=8"])
def test_calendar_refuses_what_is_no_time(visitor, microscope, span: str) -> None:
    answer = visitor.get(
        f"/instruments/{microscope.public_id}/calendar?{span}",
        headers={"Accept": "application/json"},
    )
    assert (answer.status_code, answer.json["code"]) == (422, "invalid_submission")


def test_booking_needs_sign_in_and_returns_to_the_chosen_time(
    visitor, microscope, published
) -> None:
    address = f"/instruments/{microscope.public_id}/book?{SLOT}"
    answer = visitor.get(address)
    assert answer.status_code == 302
    assert "/sign-in?next=/instruments/" in answer.location
    assert "2026-11-24T09:00" in answer.location


def test_the_form_asks_only_for_what_is_not_settled_yet(microscope, applicant, published) -> None:
    page = applicant.get(f"/instruments/{microscope.public_id}/book?{SLOT}").text
    assert '"key": "purpose"' in page
    assert '"key": "instrument_id"' not in page
    assert "600.00 元" in page


def test_a_booking_starts_one_case_in_the_instruments_scope(
    microscope, applicant, published, sessions
) -> None:
    address = f"/instruments/{microscope.public_id}/book?{SLOT}"
    key = str(uuid4())
    answer = applicant.command(address, key=key, json={"data": WISH})
    assert answer.status_code == 200, answer.text
    again = applicant.command(address, key=key, json={"data": WISH})
    assert again.json == answer.json
    with sessions() as session:
        set_scope(session, SYSTEM)
        case = session.scalars(select(Instance)).one()
        booked = session.scalars(select(Booking)).one()
    assert (case.number, case.unit_id, case.region) == (
        answer.json["number"],
        microscope.unit_id,
        "330106",
    )
    assert booked.case_id == case.public_id
    assert booked.during.lower.astimezone(UTC).isoformat() == "2026-11-24T01:00:00+00:00"


def test_the_address_decides_the_time_and_instrument_not_the_body(
    microscope, applicant, published, sessions, world
) -> None:
    other = world.instrument(world.unit(), name="质谱仪")
    smuggled = {**WISH, "instrument_id": str(other.public_id), "start": "2027-01-01T00:00+08:00"}
    address = f"/instruments/{microscope.public_id}/book?{SLOT}"
    assert applicant.command(address, json={"data": smuggled}).status_code == 200
    with sessions() as session:
        set_scope(session, SYSTEM)
        booked = session.scalars(select(Booking)).one()
    assert booked.instrument_id == microscope.id


@pytest.mark.parametrize(
    ("slot", "code"),
    [
        ("start=2026-11-24T09:00%2B08:00&end=2026-11-24T09:00%2B08:00", "empty_slot"),
        ("start=2026-11-20T09:00%2B08:00&end=2026-11-20T10:00%2B08:00", "in_the_past"),
        ("start=2026-11-24T03:00%2B08:00&end=2026-11-24T04:00%2B08:00", "outside_opening_hours"),
        ("start=2026-11-24T09:10%2B08:00&end=2026-11-24T10:10%2B08:00", "off_step"),
        ("start=2028-11-24T09:00%2B08:00&end=2028-11-24T10:00%2B08:00", "beyond_horizon"),
    ],
)
def test_a_time_against_the_rules_is_refused(
    microscope, applicant, published, sessions, slot: str, code: str
) -> None:
    address = f"/instruments/{microscope.public_id}/book?{slot}"
    answer = applicant.command(address, json={"data": WISH})
    assert (answer.status_code, answer.json["code"]) == (409, code)
    assert applicant.get(address).status_code == 409
    with sessions() as session:
        set_scope(session, SYSTEM)
        assert session.scalar(text("select count(*) from instance")) == 0


def test_a_form_with_missing_fields_is_refused_by_field(microscope, applicant, published) -> None:
    address = f"/instruments/{microscope.public_id}/book?{SLOT}"
    answer = applicant.command(address, json={"data": {"mode": "technical"}})
    assert answer.status_code == 422
    assert answer.json["problems"]["purpose"][0]["message"] == "请填写此项。"


def test_an_instrument_under_repair_says_why_it_cannot_be_booked(visitor, world) -> None:
    broken = world.instrument(world.unit(), run_status="repair")
    assert "正在维修" in visitor.get(f"/instruments/{broken.public_id}").text


def test_an_instrument_of_another_unit_only_says_so(world, applicant) -> None:
    inner = world.instrument(world.unit(), share_mode="internal")
    page = applicant.get(f"/instruments/{inner.public_id}").text
    assert "不对您所在单位开放" in page
    assert "choose-time" not in page
