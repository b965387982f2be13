"""States are kept as intervals: told once or again, late data or not, closed or open."""

import random
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from engine.actors import SYSTEM
from engine.errors import NotFound
from telemetry import (
    anomalies,
    intervals,
    model_life,
    periods,
    readings,
    sensors,
    simulator,
    telling,
    training,
)
from telemetry.errors import BindingTaken, ModelNotReady, NoModel, PeriodClosed
from telemetry.intervals import Interval
from telemetry.models import InstrumentWatch, SensorPulse, StateInterval, StateModel
from telemetry.ports import Use
from telemetry.readings import moment
from tests.unit.telemetry.conftest import BOUND, HOUR, Lab, a_day

DAY = timedelta(days=1)


def table(lab: Lab) -> list[tuple]:
    query = select(StateInterval).order_by(func.lower(StateInterval.during))
    return [
        (row.during.lower, row.during.upper, row.state, row.model_version, row.confidence)
        for row in lab.session.scalars(query)
    ]


def truth_share(seen: simulator.Simulated, told: list[Interval]) -> float:
    """Return the share of the readings' time that was told as it was."""
    begins = [each.start for each in told]
    import numpy as np

    where = np.searchsorted(begins, seen.readings.ts, side="right") - 1
    from telemetry.states import CODES

    codes = np.array([CODES[each.state] for each in told])[where]
    return float(np.mean(codes == seen.truth))


def test_a_day_of_readings_becomes_a_day_of_states(lab: Lab) -> None:
    seen = a_day(lab, days=3)
    lab.feed(seen)
    lab.teach(seen)
    start = lab.clock.at - 3 * DAY
    told = telling.tell(lab.session, lab.place, start, lab.clock.at)
    assert told.model_version == 1
    assert not told.closed
    assert told.intervals[0].start == start.timestamp()
    assert told.intervals[-1].end == lab.clock.at.timestamp()
    assert all(a.end == b.start for a, b in pairwise(told.intervals))
    assert sum(intervals.hours(told.intervals).values()) == pytest.approx(72)
    assert truth_share(seen, told.intervals) > 0.97


def test_telling_again_changes_nothing(lab: Lab) -> None:
    seen = a_day(lab, days=2)
    lab.feed(seen)
    lab.teach(seen)
    start = lab.clock.at - 2 * DAY
    telling.tell(lab.session, lab.place, start, lab.clock.at)
    once = table(lab)
    for begin in (start, start + 5 * HOUR):
        telling.tell(lab.session, lab.place, begin, lab.clock.at)
    assert [row[:4] for row in table(lab)] == [row[:4] for row in once]


def test_the_order_in_which_readings_come_does_not_change_the_states(lab: Lab) -> None:
    seen = a_day(lab, days=2)
    start, present = lab.clock.at - 2 * DAY, lab.clock.at
    lab.teach(seen)
    found = list(zip(seen.readings.ts, seen.readings.amps, strict=True))
    rows = [
        readings.Row(lab.sensor.id, moment(ts), 0, n, float(amps), moment(ts))
        for n, (ts, amps) in enumerate(found)
    ]
    random.Random(1).shuffle(rows)
    for first in range(0, len(rows), 1500):
        readings.keep(lab.session, rows[first : first + 1500])
        telling.update(lab.session, lab.place)
    telling.tell(lab.session, lab.place, start, present)
    piecemeal = telling.between(lab.session, lab.place.id, start, present)
    lab.session.execute(text("delete from state_interval"))
    assert telling.tell(lab.session, lab.place, start, present).intervals == piecemeal


def test_late_readings_reopen_what_is_open_and_leave_what_is_closed(lab: Lab) -> None:
    seen = a_day(lab, days=4)
    first, third = lab.clock.at - 4 * DAY, lab.clock.at - 2 * DAY
    lab.teach(seen)
    start, border = int(first.timestamp()), int(third.timestamp())
    late = simulator.Simulated(seen.readings.between(start, border + 86_400), seen.truth, [])
    lab.feed(
        simulator.Simulated(seen.readings.between(border + 86_400, 2**40), seen.truth, []), 9_000
    )
    before = telling.tell(lab.session, lab.place, first, lab.clock.at)
    assert intervals.hours(before.intervals)["offline"] > 70
    periods.close(lab.session, "33", first, third, actor=SYSTEM, note="通报")
    closed = telling.between(lab.session, lab.place.id, first, third)

    lab.feed(late)
    after = telling.update(lab.session, lab.place)
    assert after is not None
    assert after.closed
    assert telling.between(lab.session, lab.place.id, first, third) == closed
    reopened = telling.between(lab.session, lab.place.id, third, lab.clock.at)
    assert intervals.hours(reopened)["offline"] == 0
    whole = telling.between(lab.session, lab.place.id, first, lab.clock.at)
    assert all(a.end == b.start for a, b in pairwise(whole))
    pulse = lab.session.get(SensorPulse, lab.sensor.id, populate_existing=True)
    assert pulse is not None
    assert pulse.fresh_from is None


def test_a_period_is_closed_once(lab: Lab) -> None:
    start = lab.clock.at - 10 * DAY
    periods.close(lab.session, "33", start, start + DAY, actor=SYSTEM)
    with pytest.raises(PeriodClosed):
        periods.close(lab.session, "33", start + HOUR, start + 2 * HOUR, actor=SYSTEM)
    periods.close(lab.session, "3302", start, start + DAY, actor=SYSTEM)
    parts = periods.open_parts(lab.session, ["33", "3301"], start - HOUR, start + DAY + HOUR)
    assert parts == [(start - HOUR, start), (start + DAY, start + DAY + HOUR)]


def test_an_instrument_that_falls_silent_goes_offline_and_stands_so_on_the_wall(lab: Lab) -> None:
    seen = a_day(lab, days=1)
    lab.feed(seen)
    lab.teach(seen)
    telling.update(lab.session, lab.place)
    assert telling.due(lab.session) == []
    lab.clock.move(timedelta(minutes=12))
    assert telling.due(lab.session) == [lab.place.id]
    told = telling.update(lab.session, lab.place)
    assert told is not None
    assert told.intervals[-1].state != "offline"
    lab.clock.move(timedelta(minutes=10))
    telling.update(lab.session, lab.place)
    watch = lab.session.get(InstrumentWatch, lab.place.id, populate_existing=True)
    assert watch is not None
    assert (watch.state, watch.until) == ("offline", lab.clock.at)
    assert watch.since == lab.clock.at - timedelta(minutes=22)


def test_time_before_the_first_sensor_is_left_alone(lab: Lab) -> None:
    lab.teach(a_day(lab))
    told = telling.tell(lab.session, lab.place, BOUND - DAY, BOUND + HOUR)
    assert [(each.state, each.hours) for each in told.intervals] == [("offline", 1.0)]


def test_of_a_time_wholly_before_the_first_sensor_nothing_is_told(lab: Lab) -> None:
    lab.teach(a_day(lab))
    told = telling.tell(lab.session, lab.place, BOUND - 2 * DAY, BOUND - DAY)
    assert told.intervals == []
    assert not told.closed


def test_nothing_is_told_without_a_model(lab: Lab) -> None:
    with pytest.raises(NoModel):
        telling.tell(lab.session, lab.place, lab.clock.at - HOUR, lab.clock.at)
    assert telling.update(lab.session, lab.place) is None


def test_the_table_refuses_two_states_at_one_time(lab: Lab) -> None:
    seen = a_day(lab)
    lab.feed(seen)
    lab.teach(seen)
    telling.tell(lab.session, lab.place, lab.clock.at - DAY, lab.clock.at)
    copy = text(
        "insert into state_interval (instrument_id, state, during, model_version, told_at, unit_id,"
        " region_path) select instrument_id, 'off', during, 1, told_at, unit_id, region_path"
        " from state_interval limit 1"
    )
    with (
        pytest.raises(IntegrityError, match="state_interval_no_overlap"),
        lab.session.begin_nested(),
    ):
        lab.session.execute(copy)


def test_a_sensor_measures_one_place_and_a_supply_has_one_sensor(lab: Lab) -> None:
    other = sensors.register(lab.session, sensors.Device("INS-000002"), lab.place, actor=SYSTEM)
    with pytest.raises(BindingTaken):
        sensors.bind(lab.session, other, lab.place, lab.clock.at, actor=SYSTEM)
    with pytest.raises(BindingTaken):
        sensors.bind(lab.session, lab.sensor, lab.place, lab.clock.at, actor=SYSTEM, channel=2)
    sensors.bind(lab.session, other, lab.place, lab.clock.at, actor=SYSTEM, channel=2)
    (first,) = sensors.bindings(lab.session, lab.place.id, lab.clock.at, lab.clock.at + HOUR)
    sensors.release(lab.session, first.public_id, lab.clock.at, actor=SYSTEM)
    with pytest.raises(NotFound):
        sensors.release(lab.session, first.public_id, lab.clock.at, actor=SYSTEM)
    third = sensors.register(lab.session, sensors.Device("INS-000003"), lab.place, actor=SYSTEM)
    sensors.bind(lab.session, third, lab.place, lab.clock.at, actor=SYSTEM)


def test_a_day_with_two_sensors_is_told_from_both(lab: Lab) -> None:
    seen = a_day(lab, days=1)
    lab.teach(seen)
    half = lab.clock.at - 12 * HOUR
    early = seen.readings.between(0, half.timestamp())
    lab.feed(simulator.Simulated(early, seen.truth, []))
    (first,) = sensors.bindings(lab.session, lab.place.id, half, half + HOUR)
    sensors.release(lab.session, first.public_id, half, actor=SYSTEM)
    second = sensors.register(lab.session, sensors.Device("INS-000009"), lab.place, actor=SYSTEM)
    sensors.bind(lab.session, second, lab.place, half, actor=SYSTEM)
    lab.sensor = second
    lab.feed(simulator.Simulated(seen.readings.between(half.timestamp(), 2**40), seen.truth, []))
    told = telling.tell(lab.session, lab.place, lab.clock.at - DAY, lab.clock.at)
    assert intervals.hours(told.intervals)["offline"] == 0


def test_a_model_takes_each_step_of_its_life_only_when_it_may(lab: Lab) -> None:
    seen = a_day(lab, days=15)
    lab.feed(seen)
    first = lab.teach(seen)
    assert first.status == "active"
    short = training.teach(seen.readings, seen.intervals[:6], "trees")
    early = model_life.add(lab.session, lab.place, short, actor=SYSTEM)
    with pytest.raises(ModelNotReady) as refused:
        model_life.to_shadow(lab.session, early.public_id)
    assert refused.value.params["reason"] == "learning_days"
    second = model_life.add(
        lab.session, lab.place, training.teach(seen.readings, seen.intervals, "trees"), actor=SYSTEM
    )
    assert (second.version, second.status) == (3, "candidate")
    model_life.to_shadow(lab.session, second.public_id)
    grid, _ = telling.seen(lab.session, lab.place, lab.clock.at - 2 * DAY, lab.clock.at)
    assert model_life.compare(lab.session, second, grid)["shadow_agreement_pct"] > 90
    with pytest.raises(ModelNotReady):
        model_life.activate(lab.session, second.public_id, actor=SYSTEM)
    lab.clock.move(7 * DAY)
    person = lab.people["管理员"]
    model_life.activate(lab.session, second.public_id, actor=person)
    assert (second.status, second.active_by) == ("active", person.id)
    lab.session.refresh(first)
    assert first.status == "retired"
    assert model_life.active(lab.session, lab.place.id).version == 3
    assert [m.version for m in model_life.versions(lab.session, lab.place.id)] == [3, 2, 1]


def test_one_model_of_an_instrument_is_active(lab: Lab) -> None:
    lab.teach(a_day(lab))
    second = lab.teach(a_day(lab, seed=4))
    with pytest.raises(IntegrityError, match="uq_state_model_in_use"), lab.session.begin_nested():
        lab.session.execute(
            text("update state_model set status = 'active' where id = :id"), {"id": second.id}
        )


def test_what_was_told_keeps_the_version_that_told_it(lab: Lab, session: Session) -> None:
    seen = a_day(lab, days=2)
    lab.feed(seen)
    first = lab.teach(seen)
    telling.tell(session, lab.place, lab.clock.at - 2 * DAY, lab.clock.at)
    second = lab.teach(seen)
    session.execute(
        text("update state_model set status = 'retired' where id = :i"), {"i": first.id}
    )
    session.execute(
        text("update state_model set status = 'active' where id = :i"), {"i": second.id}
    )
    session.expire_all()
    telling.tell(session, lab.place, lab.clock.at - DAY, lab.clock.at)
    versions = {(lower < lab.clock.at - DAY, version) for lower, _, _, version, _ in table(lab)}
    assert versions == {(True, 1), (False, 2)}
    assert session.scalar(select(func.count()).select_from(StateModel)) == 2


def at(hours: float) -> datetime:
    return moment(1_790_000_000 + hours * 3600)


def of(start: float, end: float, state: str) -> Interval:
    return Interval(int(at(start).timestamp()), int(at(end).timestamp()), state, 1.0)


def test_anomalies_are_found_and_offline_proves_nothing() -> None:
    told = [
        of(0, 30, "offline"), of(30, 32, "running"), of(32, 34, "standby"), of(34, 36, "running"),
        of(36, 37, "off"), of(37, 112, "standby"),
    ]  # fmt: skip
    uses = [Use(at(30), at(32), True), Use(at(40), at(42), True), Use(at(29), at(29.5), True)]
    found = anomalies.find(told, uses, [(at(29), at(35)), (at(39), at(43))])
    assert anomalies.counts(found) == {
        "long_offline": 1,
        "odd_hours": 1,
        "running_without_booking": 1,
        "booking_without_running": 1,
        "long_standby": 1,
    }
    odd = next(each for each in found if each.kind == "odd_hours")
    assert (odd.start, odd.end) == (at(35).timestamp(), at(36).timestamp())


def test_a_booking_that_is_only_partly_told_is_not_called_unused() -> None:
    found = anomalies.find([of(0, 5, "off")], [Use(at(4), at(6), True)], [])
    assert anomalies.counts(found)["booking_without_running"] == 0
