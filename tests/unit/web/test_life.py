"""The pages of an instrument's life: who sees what, and what the pages say."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session, sessionmaker

from engine import definitions, operations
from engine.actors import SYSTEM
from engine.db import set_scope
from tests.life_cases import a_purchase, an_entry, an_opinion

SignedIn = Callable[[str], Any]


@dataclass
class Place:
    purchase: UUID
    asked: UUID
    spoke: UUID
    entry: UUID
    instrument: UUID
    logins: dict[UUID, str]


@pytest.fixture
def place(world: Any, sessions: sessionmaker[Session]) -> Place:
    operations.discover("handlers")
    unit, other = world.unit("大学", gs1_prefix="6901234"), world.unit("别的", region="330212")
    manager = world.person("manager", "instrument_manager", unit=unit)
    world.person("leader", "unit_leader", unit=unit)
    world.person("outsider", "unit_administrator", unit=other)
    world.person("student", "applicant")
    official = world.person("official", "department_officer", region="33", department="science")
    world.person("ningbo", "department_officer", region="3302", department="science")
    experts = {world.person(n, "expert", region="33").public_id: n for n in ("e1", "e2")}
    instrument = world.instrument(unit)
    with sessions.begin() as session:
        set_scope(session, SYSTEM)
        for name in ("purchase_review", "network_entry", "sharing"):
            folder = definitions.read_folder(_folder(name))
            definitions.publish(session, folder, actor=SYSTEM)
        made = a_purchase(session, manager.public_id, official.public_id, instrument)
        asked, spoke = an_opinion(session, manager.public_id)
        entry = an_entry(session, manager.public_id, session.merge(instrument))
        return Place(
            made.public_id,
            asked.public_id,
            spoke,
            entry.public_id,
            instrument.public_id,
            experts,
        )


def _folder(name: str) -> Any:
    from pathlib import Path

    return Path("processes") / name


INSIDE = ("manager", "leader", "official")
OUTSIDE = ("outsider", "student", "ningbo")


def test_only_the_unit_and_its_officials_see_purchase_entry_and_life(
    place: Place, signed_in: SignedIn
) -> None:
    pages = (
        f"/purchases/{place.purchase}",
        f"/entries/{place.entry}",
        f"/instruments/{place.instrument}/life",
    )
    for login in (*INSIDE, *OUTSIDE):
        visitor = signed_in(login)
        found = {visitor.get(page).status_code for page in pages}
        assert found == ({200} if login in INSIDE else {404}), login


def test_strangers_are_led_to_the_sign_in_page(place: Place, visitor: Any) -> None:
    assert visitor.get(f"/purchases/{place.purchase}").status_code == 302


def test_the_panel_shows_advice_beside_the_named_decision_and_its_reason(
    place: Place, signed_in: SignedIn
) -> None:
    page = signed_in("official").get(f"/purchases/{place.purchase}").text
    for text in (
        "系统建议 · 供参考",
        "不建议购置",
        "找到同类仪器",
        "official先生",
        "与建议不一致",
        "样品不能外运",
        "未比对价格",
        "320.5",
        "同区县",
    ):
        assert text in page, text
    assert "2027年11月23日" in page


def test_the_unit_never_reads_who_said_what(place: Place, signed_in: SignedIn) -> None:
    assert "可以使用现有仪器" in signed_in("official").get(f"/purchases/{place.asked}").text
    assert "可以使用现有仪器" not in signed_in("manager").get(f"/purchases/{place.asked}").text


def test_the_checklist_names_what_is_missing_and_masks_nobody_elses_phone(
    place: Place, signed_in: SignedIn
) -> None:
    page = signed_in("manager").get(f"/entries/{place.entry}").text
    assert "已于 2019年" in page
    assert page.count("缺") >= 8
    assert "6901234ZJ" in page
    assert "应当入网" in page


def test_the_life_line_speaks_both_languages(place: Place, signed_in: SignedIn) -> None:
    visitor = signed_in("leader")
    assert "开始入网" in visitor.get(f"/instruments/{place.instrument}/life").text
    visitor.get("/language/en?next=/")
    page = visitor.get(f"/instruments/{place.instrument}/life").text
    assert "Entry begun" in page
    assert "CNY 100.00" in page


def test_people_of_units_start_and_others_find_nothing(place: Place, signed_in: SignedIn) -> None:
    manager = signed_in("manager")
    for process in ("purchase_review", "network_entry", "sharing"):
        assert manager.get(f"/start/{process}").status_code == 200
        assert signed_in("student").get(f"/start/{process}").status_code == 404
    assert manager.get("/start/booking").status_code == 404


def test_a_case_begun_on_the_page_stands_in_the_list_of_its_stage(
    place: Place, signed_in: SignedIn
) -> None:
    manager = signed_in("manager")
    data = {
        "asset_no": "ZC-77",
        "name": "离心机",
        "worth_wan": 12,
        "accepted_on": "2026-11-20",
        "research_use": True,
    }
    answer = manager.command("/start/network_entry", json={"data": data})
    assert answer.status_code == 200, answer.text
    assert answer.json["next"].startswith("/cases/")
    assert "RW-2026-000001" in manager.get("/stages").text
    assert "办理" in manager.get("/stages").text
    official = signed_in("official").get("/stages").text
    assert "RW-2026-000001" in official
    assert "/tasks/" not in official.split("RW-2026-000001")[1].split("</tr>")[0]
    assert "RW-2026-000001" not in signed_in("ningbo").get("/stages").text


def test_a_wrong_start_is_answered_with_its_fields(place: Place, signed_in: SignedIn) -> None:
    answer = signed_in("manager").command("/start/network_entry", json={"data": {"name": "x"}})
    assert answer.status_code == 422
    assert "asset_no" in answer.text
