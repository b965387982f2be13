"""Sharing plans: prices against the cost, days ahead, what publishing does."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from app.scenario_world import make_world
from domain.booking import Interval, slots
from domain.instruments import Instrument, read
from domain.payments import tariffs
from domain.sharing import SharingPlan, Wish, plans, publishing
from domain.sharing.errors import PlanClosed, SharingNotEntitled
from engine.actors import Actor
from engine.clock import FixedClock
from engine.db import set_scope
from engine.errors import NotFound

TODAY = date(2026, 11, 23)
GIVEN: dict[str, Any] = {
    "units": {"大学": {"region": "330106"}, "别的大学": {"region": "330109"}},
    "people": {
        "机主": {"unit": "大学", "roles": ["instrument_manager"]},
        "财务": {"unit": "大学", "roles": ["unit_finance"]},
        "学生": {"unit": "大学"},
        "别校": {"unit": "别的大学", "roles": ["unit_leader"]},
        "科技": {"roles": ["department_officer@33:science"]},
    },
    "instruments": {
        "新的": {
            "unit": "大学",
            "managers": ["机主"],
            "share_mode": "none",
            "contact": "王",
            "phone": "1",
        },
        "在用": {
            "unit": "大学",
            "managers": ["机主"],
            "contact": "王",
            "phone": "1",
            "hour_fen": {"internal": 10000, "public_research": 13000, "enterprise": 20000},
        },
    },
}
WISH = Wish("external", TODAY, 100, 100, 130, 200)


@dataclass
class Place:
    session: Session
    people: dict[str, Actor]
    values: dict[str, str]

    def propose(self, wish: Wish = WISH, name: str = "新的", who: str = "机主") -> SharingPlan:
        instrument = UUID(self.values[name])
        return plans.propose(self.session, uuid4(), instrument, wish, by=self.people[who])

    def instrument(self, name: str = "新的") -> Instrument:
        return read(self.session, UUID(self.values[name]))

    def publish(self, plan: SharingPlan) -> SharingPlan:
        leader = self.people["财务"].id
        return publishing.publish(self.session, plan.public_id, approved_by=leader, notice_days=7)

    def hourly(self, name: str, on: date) -> dict[str, int]:
        instrument = self.instrument(name)
        return tariffs.hourly(self.session, [instrument], on=on).get(instrument.id, {})


@pytest.fixture
def place(session: Session) -> Place:
    world = make_world(session, GIVEN)
    return Place(session, dict(world.people), dict(world.values))


def test_only_the_instruments_people_plan_its_sharing(place: Place) -> None:
    for who in ("学生", "别校", "科技"):
        with pytest.raises(SharingNotEntitled):
            place.propose(who=who)
    assert place.propose(who="财务").status == "open"


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({}, ()),
        ({"opens": "18:00"}, ("no_hours",)),
        ({"enterprise_yuan": None}, ("no_price",)),
        ({"share_mode": "internal", "enterprise_yuan": None}, ()),
        ({"cost_yuan": 0}, ("no_cost",)),
        ({"share_mode": "none"}, ("no_reason",)),
        ({"share_mode": "none", "none_reason": "保密课题"}, ()),
    ],
)
def test_a_plan_is_complete_or_its_problems_are_named(
    place: Place, changes: dict[str, Any], problems: tuple[str, ...]
) -> None:
    wish = replace(WISH, **changes)
    assert plans.check(place.session, place.propose(wish), wish).problems == problems


def test_prices_are_measured_by_the_cost(place: Place) -> None:
    wish = replace(WISH, cost_yuan=80)
    found = plans.check(place.session, place.propose(wish), wish)
    assert (found.internal_factor, found.public_factor, found.enterprise_factor) == (
        1.25,
        1.625,
        2.5,
    )


def test_the_first_prices_count_at_once_and_the_instrument_can_be_booked(
    place: Place, clock: FixedClock
) -> None:
    assert place.hourly("新的", TODAY) == {}
    plan = place.publish(place.propose())
    assert plan.effective_from == TODAY
    assert place.hourly("新的", TODAY) == {
        "internal": 10000,
        "public_research": 13000,
        "enterprise": 20000,
    }
    instrument = place.instrument()
    assert (instrument.share_mode, instrument.opening["1"]) == ("external", [["08:30", "17:30"]])
    nine = clock.at + timedelta(days=1)
    slots.check(place.session, instrument, Interval(nine, nine + timedelta(hours=2)))


def test_changed_prices_begin_seven_days_ahead_however_late_they_were_approved(
    place: Place,
) -> None:
    wish = replace(WISH, enterprise_yuan=180)
    found = plans.check(place.session, place.propose(wish, "在用"), wish)
    assert (found.changes_prices, found.days_ahead) == (True, 0)
    plan = place.publish(place.propose(wish, "在用"))
    assert plan.effective_from == TODAY + timedelta(days=7)
    assert place.hourly("在用", TODAY + timedelta(days=6))["enterprise"] == 20000
    assert place.hourly("在用", TODAY + timedelta(days=7))["enterprise"] == 18000


def test_the_same_prices_change_nothing(place: Place) -> None:
    found = plans.check(place.session, place.propose(WISH, "在用"), WISH)
    assert not found.changes_prices
    place.publish(place.propose(WISH, "在用"))
    rows = place.session.scalar(text("select count(*) from tariff"))
    assert rows == 3


def test_publishing_twice_is_publishing_once(place: Place) -> None:
    plan = place.publish(place.propose())
    version = plan.version
    assert place.publish(plan).version == version
    with pytest.raises(PlanClosed):
        publishing.withdraw(place.session, plan.public_id)


def test_a_newer_plan_takes_the_place_of_the_older(place: Place, clock: FixedClock) -> None:
    first = place.publish(place.propose())
    assert publishing.is_current(place.session, first.public_id)
    clock.at += timedelta(days=10)
    second = place.publish(place.propose())
    assert not publishing.is_current(place.session, first.public_id)
    assert publishing.is_current(place.session, second.public_id)


def test_the_database_publishes_nothing_that_nobody_approved(place: Place) -> None:
    plan = place.propose()
    with pytest.raises(DatabaseError, match="ck_sharing_plan_published"):
        place.session.execute(
            text("update sharing_plan set status = 'published' where id = :id"), {"id": plan.id}
        )


def test_who_sees_a_plan(place: Place) -> None:
    plan_id = place.propose().public_id
    seen = set()
    for name, actor in place.people.items():
        set_scope(place.session, actor)
        try:
            plans.read(place.session, plan_id)
        except NotFound:
            continue
        seen.add(name)
    assert seen == {"机主", "财务", "科技"}
