import zlib
from datetime import timedelta

import orjson
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from engine import instances, timers
from engine.actors import SYSTEM
from engine.clock import FixedClock
from engine.db import set_scope
from engine.models import Incident, Instance, Timer
from engine.step import lock
from tests.unit.engine import kit
from tests.unit.engine.kit import ANNA, END, START, diagram, flows, node, timer


def begin(session: Session, text: str, kind: str = "timeDuration") -> Instance:
    content = diagram(
        START,
        END,
        node("intermediateCatchEvent", "t", timer(text, kind)),
        flows("start -> t -> end"),
    )
    kit.publish(session, content)
    return instances.start(session, "p", actor=ANNA)


def wake_all(session: Session) -> int:
    return sum(timers.wake(session, timer_id) for timer_id in timers.due(session))


@pytest.mark.parametrize(
    ("text", "kind", "hours"),
    [
        ("PT2H", "timeDuration", 2),
        ('= duration("PT" + string(1 + 1) + "H")', "timeDuration", 2),
        ("2026-11-23T12:00:00", "timeDate", 3),
        ('= date and time("2026-11-23T12:00:00+08:00")', "timeDate", 3),
        ("= case.started + duration(&quot;PT5H&quot;)", "timeDate", 5),
    ],
)
def test_a_timer_is_due_when_its_literal_or_expression_says(
    session: Session, clock: FixedClock, text: str, kind: str, hours: int
) -> None:
    instance = begin(session, text, kind)
    assert instance.next_due == clock.at + timedelta(hours=hours)
    clock.move(timedelta(hours=hours, seconds=-1))
    assert wake_all(session) == 0
    clock.move(timedelta(seconds=1))
    assert wake_all(session) == 1
    assert instance.status == "completed"
    assert instance.next_due is None


def test_a_time_that_has_passed_is_due_at_once(session: Session) -> None:
    instance = begin(session, "2020-01-01T00:00:00Z", "timeDate")
    assert instance.status == "active"
    assert wake_all(session) == 1
    assert instance.status == "completed"


def test_timers_come_earliest_first_and_no_more_than_asked_for(
    session: Session, clock: FixedClock
) -> None:
    for text in ("PT3H", "PT1H", "PT2H"):
        begin(session, text)
    clock.move(timedelta(days=1))
    rows = {row.id: row.due_at for row in session.scalars(select(Timer))}
    found = timers.due(session, limit=2)
    assert [rows[timer_id] for timer_id in found] == sorted(rows.values())[:2]


def test_a_clock_that_jumps_back_fires_nothing_twice(session: Session, clock: FixedClock) -> None:
    begin(session, "PT1H")
    clock.move(timedelta(hours=2))
    (timer_id,) = timers.due(session)
    assert timers.wake(session, timer_id)
    clock.move(timedelta(hours=-2))
    assert not timers.wake(session, timer_id)


def test_a_case_that_somebody_is_moving_is_left_for_the_next_look(
    session: Session, sessions: sessionmaker[Session], clock: FixedClock
) -> None:
    instance = begin(session, "PT1H")
    session.commit()
    clock.move(timedelta(hours=2))
    with sessions() as other:
        set_scope(other, SYSTEM)
        assert lock(other, instance.id) is not None
        (timer_id,) = timers.due(session)
        assert not timers.wake(session, timer_id)
    assert timers.wake(session, timer_id)


def test_a_case_that_cannot_be_restored_becomes_one_incident_and_blocks_no_other(
    session: Session, clock: FixedClock
) -> None:
    broken, sound = begin(session, "PT1H"), begin(session, "PT1H")
    broken.state = zlib.compress(orjson.dumps({"v": 99}))
    session.flush()
    clock.move(timedelta(hours=2))
    assert wake_all(session) == 1
    assert sound.status == "completed"
    assert timers.due(session) == []
    clock.move(timedelta(hours=2))
    assert wake_all(session) == 0
    incident = session.scalars(select(Incident)).one()
    assert "format 99" in incident.message
