"""Readings are stored once, in whatever order and however often they come."""

import random
from datetime import timedelta

from sqlalchemy import text

from telemetry import readings
from telemetry.decoding import Message
from telemetry.models import Quarantined, SensorPulse
from telemetry.topics import topic_of
from tests.unit.telemetry.conftest import Lab

TEN = timedelta(seconds=10)


def everything(lab: Lab) -> list[tuple]:
    query = text(
        "select sensor_id, ts, boot, seq, i_rms, received_at from reading order by 1, 2, 4"
    )
    return [tuple(row) for row in lab.session.execute(query)]


def refused(lab: Lab) -> dict[str, int]:
    rows = lab.session.query(Quarantined).all()
    return {row.reason: sum(r.times for r in rows if r.reason == row.reason) for row in rows}


def a_stream(lab: Lab, count: int = 60) -> list[Message]:
    return [lab.message(n, lab.clock.at + n * TEN, amps=n / 10) for n in range(count)]


def test_a_stream_shuffled_three_times_over_leaves_the_same_table(lab: Lab) -> None:
    stream = a_stream(lab)
    assert readings.store(lab.session, stream) == readings.Stored(60, 0, 0)
    clean = everything(lab)
    chance = random.Random(4)
    for _ in range(3):
        again = [*stream, *stream, *stream]
        chance.shuffle(again)
        assert readings.store(lab.session, again).kept == 0
    assert everything(lab) == clean


def test_the_order_of_arrival_does_not_matter(lab: Lab) -> None:
    stream = a_stream(lab)
    random.Random(5).shuffle(stream)
    for start in range(0, 60, 7):
        readings.store(lab.session, [*stream[start : start + 7], *stream[:3]])
    seen = readings.read(lab.session, lab.sensor.id, lab.clock.at, lab.clock.at + 60 * TEN)
    assert len(seen.ts) == 60
    assert seen.amps[10] == 1.0
    pulse = lab.session.get(SensorPulse, lab.sensor.id)
    assert pulse is not None
    assert (pulse.seq, pulse.ts) == (59, lab.clock.at + 59 * TEN)
    assert pulse.fresh_from == lab.clock.at


def test_a_count_that_comes_again_with_another_time_is_the_same_reading(lab: Lab) -> None:
    at = lab.clock.at
    assert readings.store(lab.session, [lab.message(1, at)]).kept == 1
    repaired = lab.message(1, at + timedelta(seconds=2))
    assert readings.store(lab.session, [repaired]) == readings.Stored(0, 1, 0)
    restarted = lab.message(1, at + TEN, boot=1)
    assert readings.store(lab.session, [restarted]).kept == 1


def test_missing_counts_are_gaps_and_the_rest_is_none(lab: Lab) -> None:
    stream = a_stream(lab)
    kept = [m for n, m in enumerate(stream) if n not in {7, 20, 21, 22}]
    readings.store(lab.session, kept)
    found = readings.gaps(lab.session, lab.sensor.id, lab.clock.at, lab.clock.at + 60 * TEN)
    assert [(gap.missing, gap.after, gap.before) for gap in found] == [
        (1, lab.clock.at + 6 * TEN, lab.clock.at + 8 * TEN),
        (3, lab.clock.at + 19 * TEN, lab.clock.at + 23 * TEN),
    ]
    readings.store(lab.session, stream)
    assert readings.gaps(lab.session, lab.sensor.id, lab.clock.at, lab.clock.at + 60 * TEN) == []


def test_a_restart_of_the_count_is_no_gap(lab: Lab) -> None:
    at = lab.clock.at
    readings.store(lab.session, [lab.message(900, at), lab.message(0, at + TEN, boot=1)])
    assert readings.gaps(lab.session, lab.sensor.id, at, at + 9 * TEN) == []


def test_bad_payloads_are_kept_apart_and_the_good_ones_of_the_batch_are_stored(lab: Lab) -> None:
    at = lab.clock.at
    bad = Message(topic_of(lab.sensor.code), b"\x00\xff garbage", at)
    strange = Message(topic_of("NOBODY-1"), lab.message(1, at).payload, at)
    batch = [bad, lab.message(1, at), strange, bad, Message("x\0y", b"", at)]
    assert readings.store(lab.session, batch) == readings.Stored(1, 0, 4)
    assert refused(lab) == {"json": 2, "unknown_sensor": 1, "topic": 1}
    kept = lab.session.query(Quarantined).filter_by(reason="json").one()
    assert (kept.payload, kept.times, kept.sensor_id) == (b"\x00\xff garbage", 2, lab.sensor.id)


def test_a_clock_that_is_off_by_more_than_five_minutes_is_quarantined(lab: Lab) -> None:
    at, minute = lab.clock.at, timedelta(minutes=1)
    batch = [
        lab.message(1, at + 5 * minute, received=at),
        lab.message(2, at + 5 * minute + TEN, received=at),
        lab.message(3, at - 6 * minute, received=at),
        # Kept by the device and sent later, with its clock beside it.
        lab.message(4, at - 300 * minute, received=at, sent=at),
        lab.message(5, at + 20 * minute, received=at, sent=at),
    ]
    assert readings.store(lab.session, batch) == readings.Stored(2, 0, 3)
    assert refused(lab) == {"clock_skew": 3}


def test_what_the_broker_kept_while_nobody_listened_is_no_skew(lab: Lab) -> None:
    at, hour = lab.clock.at, timedelta(hours=1)
    late = [lab.message(1, at - 2 * hour, received=at), lab.message(2, at - 4 * hour, received=at)]
    assert readings.store(lab.session, late, backlog_since=at - 3 * hour).kept == 1


def test_retention_forgets_old_readings_only(lab: Lab) -> None:
    readings.store(lab.session, a_stream(lab))
    assert readings.forget(lab.session, lab.clock.at + 10 * TEN) == 10
    assert len(everything(lab)) == 50
