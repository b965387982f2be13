"""The subscriber's own rules: batches narrowed down, backlog, states of what is due."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.orm import Session, sessionmaker

from app import subscriber
from app.demo import sensors as demo_sensors
from engine.actors import SYSTEM
from engine.db import set_scope
from telemetry import readings
from telemetry.models import InstrumentWatch, Quarantined
from telemetry.mqtt import Broker
from tests.unit.telemetry.conftest import Lab, a_day


@dataclass
class Stage:
    """A platform whose transactions are savepoints of the test's."""

    sessions: sessionmaker[Session]


@pytest.fixture
def stage(lab: Lab) -> Stage:
    lab.session.flush()
    return Stage(
        sessionmaker(
            lab.session.connection(), join_transaction_mode="create_savepoint",
            expire_on_commit=False, info=dict(lab.session.info),
        )
    )  # fmt: skip


def test_one_message_that_cannot_be_stored_does_not_keep_the_others_out(
    lab: Lab, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = [
        lab.message(n, lab.clock.at + n * timedelta(seconds=10), received=datetime.now(UTC))
        for n in range(9)
    ]
    honest = readings.store

    def refuses_five(session, messages, **more):
        if any(b'"seq":5' in message.payload for message in messages):
            raise DataError("insert", {}, ValueError("no"))
        return honest(session, messages, **more)

    monkeypatch.setattr(subscriber.readings, "store", refuses_five)
    assert subscriber.Intake(stage).store(batch) == readings.Stored(8, 0, 1)
    kept = lab.session.query(Quarantined).one()
    assert (kept.reason, kept.payload) == ("not_storable", batch[5].payload)


def test_a_database_that_does_not_answer_is_no_fault_of_the_message(
    lab: Lab, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(session, messages, **more):
        raise OperationalError("insert", {}, OSError("gone"))

    monkeypatch.setattr(subscriber.readings, "store", down)
    with pytest.raises(OperationalError):
        subscriber.Intake(stage).store([lab.message(1, lab.clock.at)])
    assert lab.session.query(Quarantined).count() == 0


def test_messages_are_acknowledged_after_the_commit_and_never_before_a_failed_one(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    listener = subscriber.Listener(
        SimpleNamespace(), SimpleNamespace(acknowledge=lambda _: done.append("ack")),
        states=False,
    )  # fmt: skip
    failures = [OperationalError("x", {}, OSError()), OperationalError("x", {}, OSError())]

    def store(messages):
        if failures:
            done.append("failed")
            raise failures.pop()
        done.append("committed")

    monkeypatch.setattr(listener.intake, "store", store)
    monkeypatch.setattr(subscriber, "RETRY", 0)
    listener._keep([SimpleNamespace(message=lab.message(1, lab.clock.at))])
    assert done == ["failed", "failed", "committed", "ack"]


def test_the_backlog_ends_when_no_late_message_has_come_for_a_while(lab: Lab) -> None:
    at = lab.clock.at
    backlog = subscriber.Backlog()
    backlog.begin(at - timedelta(hours=2))
    late = lab.message(1, at - timedelta(hours=1), received=at)
    for _ in range(30):
        backlog.look([late])
    assert backlog.since is not None
    for n in range(subscriber.Backlog.CALM):
        assert backlog.since is not None, n
        backlog.look([lab.message(2, at)])
    assert backlog.since is None


def test_a_moved_demo_clock_moves_the_time_of_receiving(lab: Lab, stage: Stage) -> None:
    """The test's clock stands at another time than this machine's: so it is moved."""
    message = lab.message(1, lab.clock.at, received=datetime.now(UTC))
    assert subscriber.Intake(stage).store([message]).kept == 1


def test_states_of_what_is_due_are_told_and_one_failure_stops_nobody(
    lab: Lab, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = a_day(lab)
    lab.feed(seen)
    lab.teach(seen)
    keeper = subscriber.StateKeeper(stage)
    assert keeper.tick() == 1
    assert keeper.tick() == 0
    assert lab.session.get(InstrumentWatch, lab.place.id) is not None
    lab.clock.move(timedelta(hours=1))
    honest = keeper._update
    tried = []

    def fails(instrument_id: int) -> bool:
        tried.append(instrument_id)
        if len(tried) == 1:
            raise ValueError("boom")
        return honest(instrument_id)

    monkeypatch.setattr(keeper, "_update", fails)
    assert keeper.tick() == 0
    assert keeper.tick() == 1


def test_an_address_of_a_broker_is_read_or_refused() -> None:
    assert Broker.at("mqtts://a:b%2Fc@host") == Broker("host", 8883, "a", "b/c", tls=True)
    assert Broker.at("mqtt://127.0.0.1:18000") == Broker("127.0.0.1", 18000)
    for bad in ("", "http://host", "mqtt://", "host:1883"):
        with pytest.raises(ValueError, match="mqtt://"):
            Broker.at(bad)


@pytest.mark.slow
def test_the_demos_sensors_get_a_past_once(sessions: sessionmaker[Session]) -> None:
    from app import demo, surroundings

    surroundings.wire()
    with sessions.begin() as session:
        set_scope(session, SYSTEM)
        demo.seed(session)
    assert demo_sensors.install(sessions, 3) == 3
    assert demo_sensors.install(sessions, 3) == 0
    assert demo_sensors.remember(sessions) == 3
    assert demo_sensors.remember(sessions) == 0
    with sessions() as session:
        set_scope(session, SYSTEM)
        watches = session.query(InstrumentWatch).all()
        assert len(watches) == 3
