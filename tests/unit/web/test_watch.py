"""The wall and the day: empty, filtered, refused, and what their data says."""

from datetime import timedelta
from uuid import uuid4

import pytest

from app import surroundings
from engine.actors import SYSTEM
from engine.db import set_scope
from telemetry import readings, sensors, simulator, telling, training
from telemetry.model_life import add
from telemetry.readings import Row, moment

HOUR = timedelta(hours=1)


@pytest.fixture
def unit(world):
    return world.unit("浙江大学", kind="university")


@pytest.fixture
def watched(world, unit, sessions, clock):
    """An instrument of wangfang's that has been measured for a day, with states told."""
    manager = world.person("wangfang", "instrument_manager", unit=unit)
    instrument = world.instrument(unit, "核磁共振波谱仪", manager_ids=[manager.public_id])
    end = int(clock.at.timestamp())
    states = [
        simulator.Interval(end - 86_400, end - 40_000, "off", None),
        simulator.Interval(end - 40_000, end - 20_000, "standby", None),
        simulator.Interval(end - 20_000, end, "running", None),
    ]
    seen = simulator.simulate(simulator.ARCHETYPES["diffractometer"], states, interval=60)
    with sessions.begin() as session:
        set_scope(session, SYSTEM)
        place = surroundings.place_of(instrument)
        device = sensors.Device("INS-1", interval_seconds=60)
        sensor = sensors.register(session, device, place, actor=SYSTEM)
        sensors.bind(session, sensor, place, clock.at - 24 * HOUR, actor=SYSTEM)
        rows = zip(seen.readings.ts, seen.readings.amps, strict=True)
        readings.keep(
            session,
            [Row(sensor.id, moment(t), 0, n, float(i), moment(t)) for n, (t, i) in enumerate(rows)],
        )
        add(session, place, training.teach(seen.readings, states), actor=SYSTEM)
        telling.tell(session, place, clock.at - 24 * HOUR, clock.at)
    return instrument


def text_of(answer) -> str:
    return answer.get_data(as_text=True)


def test_a_wall_without_sensors_says_what_comes_next(world, unit, signed_in) -> None:
    world.person("wangfang", "instrument_manager", unit=unit)
    world.instrument(unit)
    page = text_of(signed_in("wangfang").get("/states"))
    assert "您负责的仪器还没有传感器" in page
    assert "wa-tile" not in page


def test_the_wall_shows_state_and_current_and_the_filters_of_real_values(
    watched, signed_in
) -> None:
    visitor = signed_in("wangfang")
    page = text_of(visitor.get("/states"))
    assert page.count('class="wa-tile') == 1
    assert "核磁共振波谱仪" in page
    assert "开机" in page
    assert " A</span>" in page
    for query, count in (
        ("state=running", 1), ("state=off", 0), ("text=核磁", 1), ("text=%25", 1),
        ("text=nothing", 0), (f"unit={watched.unit_id}", 1), ("unit=99999", 0),
        ("region=3301", 1), ("region=3302", 0), ("state=nonsense&unit=x&region=x&page=-3", 1),
        ("page=99", 1), ("page=x", 1), ("unit=" + "9" * 40, 1),
    ):  # fmt: skip
        found = text_of(visitor.get(f"/states?{query}"))
        assert found.count('class="wa-tile') == count, query


def test_a_day_and_its_data_agree(watched, signed_in, clock) -> None:
    visitor = signed_in("wangfang")
    page = visitor.get(f"/states/{watched.public_id}?day=2026-11-22")
    assert page.status_code == 200
    drawn = visitor.get(f"/states/{watched.public_id}/day.json?day=2026-11-22").get_json()
    assert drawn["end"] - drawn["start"] == 86_400_000
    assert drawn["start"] % 86_400_000 == 0  # midnight of the wall clock
    heard = [point for point in drawn["current"] if point[1] is not None]
    assert len(heard) == 15 * 60
    assert drawn["states"][0]["start"] == drawn["start"] + 9 * 3_600_000
    assert drawn["states"][-1]["end"] == drawn["end"]


def test_a_day_that_cannot_be_is_today(watched, signed_in) -> None:
    visitor = signed_in("wangfang")
    for day in ("", "2026-13-45", "tomorrow", "2099-01-01"):
        page = visitor.get(f"/states/{watched.public_id}?day={day}")
        assert page.status_code == 200
        assert "2026年11月23日" in text_of(page)


def test_nobody_else_finds_the_current(world, unit, watched, signed_in) -> None:
    other = world.unit("宁波大学", region="330203")
    world.person("colleague", "instrument_manager", unit=unit)
    world.person("stranger", "unit_administrator", unit=other)
    world.person("official", "department_officer", region="3302", department="science")
    world.person("applicant", "applicant", unit=unit)
    for login in ("colleague", "stranger", "official", "applicant"):
        visitor = signed_in(login)
        for address in (f"/states/{watched.public_id}", f"/states/{watched.public_id}/day.json"):
            answer = visitor.get(address)
            assert answer.status_code == 404, login
            assert "核磁" not in text_of(answer)
        assert "核磁" not in text_of(visitor.get("/states"))


def test_those_in_charge_find_it(world, unit, watched, signed_in) -> None:
    world.person("administrator", "unit_administrator", unit=unit)
    world.person("official", "department_officer", region="3301", department="science")
    world.person("auditor", "auditor", region="33")
    for login in ("administrator", "official", "auditor"):
        visitor = signed_in(login)
        assert "核磁" in text_of(visitor.get("/states")), login
        assert visitor.get(f"/states/{watched.public_id}/day.json").status_code == 200


def test_an_instrument_without_a_sensor_has_no_day(world, unit, watched, signed_in) -> None:
    bare = world.instrument(unit)
    visitor = signed_in("wangfang")
    assert visitor.get(f"/states/{bare.public_id}").status_code == 404
    assert visitor.get(f"/states/{uuid4()}").status_code == 404
    assert visitor.get("/states/x").status_code == 404


def test_a_visitor_is_asked_to_sign_in(visitor) -> None:
    assert visitor.get("/states").status_code == 302
