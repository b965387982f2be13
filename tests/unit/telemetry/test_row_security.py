"""Raw current shows working habits: who sees it is the database's decision."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from engine.actors import SYSTEM, Actor, Grant
from engine.db import set_scope
from engine.identity import uuid7
from telemetry import readings, sensors, telling
from telemetry.decoding import Message
from telemetry.topics import topic_of
from tests.unit.telemetry.conftest import Lab, a_day

RAW = ("reading", "sensor_pulse", "sensor_binding", "sensor", "reading_quarantine")
USAGE = ("state_interval", "instrument_watch", "state_model")


@pytest.fixture
def filled(lab: Lab) -> Lab:
    seen = a_day(lab)
    lab.feed(seen)
    lab.teach(seen)
    telling.tell(lab.session, lab.place, lab.clock.at - timedelta(days=1), lab.clock.at)
    bad = Message(topic_of(lab.sensor.code), b"?", lab.clock.at)
    readings.store(lab.session, [bad])
    return lab


def sees(lab: Lab, actor: Actor, tables: tuple[str, ...]) -> list[bool]:
    lab.session.flush()
    set_scope(lab.session, actor)
    found = [bool(lab.session.scalar(text(f"select count(*) from {name}"))) for name in tables]
    set_scope(lab.session, SYSTEM)
    return found


def person(*grants: Grant) -> Actor:
    return Actor(uuid7(), "某人", grants)


def test_managers_of_the_instrument_and_unit_administrators_see_the_raw_current(
    filled: Lab,
) -> None:
    for name in ("机主", "管理员"):
        assert all(sees(filled, filled.people[name], RAW + USAGE)), name


def test_a_colleague_of_the_unit_sees_states_but_no_current(filled: Lab) -> None:
    colleague = filled.people["同事"]
    assert all(sees(filled, colleague, USAGE))
    assert not any(sees(filled, colleague, RAW))


def test_finance_and_leaders_of_the_unit_see_no_current(filled: Lab) -> None:
    for role in ("unit_finance", "unit_leader"):
        actor = person(Grant(role, unit_id=filled.place.unit_id))
        assert all(sees(filled, actor, USAGE))
        assert not any(sees(filled, actor, RAW))


def test_officials_and_auditors_see_their_region_and_no_other(filled: Lab) -> None:
    for role in ("department_officer", "department_leader", "auditor"):
        assert all(sees(filled, person(Grant(role, region="3301")), RAW + USAGE)), role
        assert not any(sees(filled, person(Grant(role, region="3302")), RAW + USAGE)), role


def test_applicants_and_nobody_see_nothing(filled: Lab) -> None:
    assert not any(sees(filled, filled.people["申请人"], RAW + USAGE))
    assert not any(sees(filled, person(), RAW + USAGE))


def test_only_the_policies_hide_the_current(filled: Lab) -> None:
    """The twin: in system scope the same queries find everything."""
    assert all(sees(filled, SYSTEM, RAW + USAGE))


def test_nobody_but_the_platform_writes(filled: Lab) -> None:
    set_scope(filled.session, filled.people["机主"])
    with pytest.raises(ProgrammingError, match="row-level security"), filled.session.begin_nested():
        filled.session.execute(
            text("insert into reading values (:s, now(), 0, 1, 1.0, now())"),
            {"s": filled.sensor.id},
        )
    with pytest.raises(ProgrammingError, match="permission denied"), filled.session.begin_nested():
        filled.session.execute(text("update reading set i_rms = 0"))
    assert filled.session.execute(text("delete from state_interval")).rowcount == 0


def test_a_sensor_that_moved_on_takes_its_readings_to_no_new_manager(filled: Lab) -> None:
    lab = filled
    other = Actor(uuid7(), "新机主", (Grant("instrument_manager", unit_id=lab.place.unit_id),))
    (binding,) = sensors.bindings(
        lab.session, lab.place.id, lab.clock.at - timedelta(hours=1), lab.clock.at
    )
    sensors.release(lab.session, binding.public_id, lab.clock.at, actor=SYSTEM)
    elsewhere = _another_instrument(lab, other)
    sensors.bind(lab.session, lab.sensor, elsewhere, lab.clock.at, actor=SYSTEM)
    assert sees(lab, other, ("sensor", "reading", "sensor_pulse")) == [True, False, False]
    assert sees(lab, lab.people["机主"], ("reading",)) == [True]


def _another_instrument(lab: Lab, manager: Actor):
    from app import surroundings
    from app.scenario_world import make_world
    from domain import instruments

    given = {
        "units": {"新": {"region": "330106"}},
        "people": {"新机主": {"unit": "新", "roles": ["instrument_manager"]}},
        "instruments": {"新仪器": {"unit": "新", "managers": ["新机主"]}},
    }
    world = make_world(lab.session, given)
    found = instruments.read(lab.session, world.values["新仪器"])
    found.manager_ids = [manager.id]
    lab.session.flush()
    set_scope(lab.session, SYSTEM)
    return surroundings.place_of(found)
