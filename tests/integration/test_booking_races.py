"""Many people want one time at one moment: one gets it, whatever they do."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session, aliased, sessionmaker

from app.database import Database
from app.demo import seed
from app.demo.accounts import ACCOUNTS
from domain.booking import Booking, Request, confirm, hold, release
from domain.booking.opening import SHANGHAI
from domain.booking.states import KEEPS_TIME
from domain.instruments import Instrument
from domain.organisations import actors
from engine.actors import SYSTEM
from engine.clock import FixedClock
from engine.db import connect, make_sessions, set_scope
from engine.errors import EngineError

CROWD = 50
NINE = datetime(2026, 11, 24, 9, tzinfo=SHANGHAI)


@pytest.fixture
def crowd(database: Database, clock: FixedClock) -> Iterator[sessionmaker[Session]]:
    """Sessions for as many connections as there are people, over the demo province."""
    engine = connect(database.app_url, pool_size=CROWD, max_overflow=0, pool_timeout=60)
    sessions = make_sessions(engine, clock=clock)
    with sessions() as session:
        set_scope(session, SYSTEM)
        seed(session)
        session.commit()
    yield sessions
    engine.dispose()


def _two_easy_instruments(sessions: sessionmaker[Session]) -> tuple[UUID, UUID]:
    with sessions() as session:
        found = session.scalars(
            select(Instrument.public_id)
            .where(
                Instrument.name_zh == "场发射扫描电子显微镜",
                Instrument.notice_minutes < 1440,
                Instrument.needs_qualification.is_(False),
            )
            .order_by(Instrument.id)
            .limit(2)
        ).all()
    return found[0], found[1]


def _at_once(work: Callable[[int], None], count: int = CROWD) -> list[str]:
    """Run ``work(0..count-1)`` in threads that start together; return each one's outcome."""
    barrier = threading.Barrier(count, timeout=120)
    outcomes = ["did not run"] * count

    def run(number: int) -> None:
        barrier.wait()
        try:
            work(number)
            outcomes[number] = "won"
        except EngineError as error:
            outcomes[number] = error.code
        except Exception as error:  # noqa: BLE001 - a thread's failure must reach the test
            outcomes[number] = f"{type(error).__name__}: {error}"

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return outcomes


def _overlaps(session: Session) -> int:
    one, two = aliased(Booking), aliased(Booking)
    count = session.scalar(
        select(func.count()).where(
            one.id < two.id,
            one.instrument_id == two.instrument_id,
            one.status.in_(KEEPS_TIME),
            two.status.in_(KEEPS_TIME),
            one.during.op("&&")(two.during),
        )
    )
    assert count is not None
    return count


def _books(
    sessions: sessionmaker[Session], number: int, instrument_id: UUID, start: datetime, hours: int
) -> None:
    """Do what a request does: the person's own actor and scope, one verb, one commit."""
    person_id = ACCOUNTS[number].person_id
    with sessions() as session:
        set_scope(session, actors.load(session, person_id))
        hold(session, Request(instrument_id, person_id, start, start + timedelta(hours=hours)))
        session.commit()


def _count(sessions: sessionmaker[Session]) -> tuple[int, int]:
    with sessions() as session:
        set_scope(session, SYSTEM)
        held = session.scalar(select(func.count()).where(Booking.status.in_(KEEPS_TIME)))
        return held or 0, _overlaps(session)


def test_fifty_people_at_one_slot_leave_exactly_one_winner(crowd) -> None:
    instrument_id, _ = _two_easy_instruments(crowd)
    outcomes = _at_once(lambda number: _books(crowd, number, instrument_id, NINE, 2))
    assert Counter(outcomes) == {"won": 1, "slot_taken": CROWD - 1}
    assert _count(crowd) == (1, 0)


def test_times_that_overlap_partly_never_stand_side_by_side(crowd) -> None:
    instrument_id, _ = _two_easy_instruments(crowd)

    def work(number: int) -> None:
        start = NINE + timedelta(minutes=30 * (number % 10))
        _books(crowd, number, instrument_id, start, 1 + number % 3)

    outcomes = _at_once(work)
    assert set(outcomes) <= {"won", "slot_taken"}
    held, overlaps = _count(crowd)
    assert held == outcomes.count("won") >= 2
    assert overlaps == 0


def test_bookings_of_two_instruments_in_opposite_order_do_not_lock_each_other_out(crowd) -> None:
    """Verbs that meet on one instrument queue; nothing waits in a circle."""
    one, two = _two_easy_instruments(crowd)

    def work(number: int) -> None:
        first, second = (one, two) if number % 2 else (two, one)
        person_id = ACCOUNTS[number].person_id
        start = NINE + timedelta(days=number // 4, minutes=60 * (number % 4))
        for instrument_id in (first, second):
            with crowd() as session:
                set_scope(session, SYSTEM)
                end = start + timedelta(hours=1)
                booking = hold(session, Request(instrument_id, person_id, start, end))
                confirm(session, booking.public_id)
                session.commit()

    outcomes = _at_once(work, 16)
    assert Counter(outcomes) == {"won": 16}
    assert _count(crowd) == (32, 0)


def test_confirming_and_cancelling_at_once_ends_in_one_of_the_two_lawful_ways(crowd) -> None:
    instrument_id, _ = _two_easy_instruments(crowd)
    with crowd() as session:
        set_scope(session, SYSTEM)
        end = NINE + timedelta(hours=1)
        wish = Request(instrument_id, ACCOUNTS[0].person_id, NINE, end)
        booking_id = hold(session, wish).public_id
        session.commit()

    def work(number: int) -> None:
        with crowd() as session:
            set_scope(session, SYSTEM)
            (confirm if number % 2 else release)(session, booking_id)
            session.commit()

    outcomes = Counter(_at_once(work, 16))
    with crowd() as session:
        set_scope(session, SYSTEM)
        booking = session.scalars(select(Booking)).one()
        # confirmed and then cancelled is lawful, cancelled and then confirmed is not
        confirmed = booking.confirmed_at is not None
        assert booking.status == "cancelled"
        assert outcomes == {"won": 1 + confirmed, "wrong_status": 15 - confirmed}


def test_a_slot_given_back_is_taken_by_exactly_one_of_those_who_wait(crowd) -> None:
    instrument_id, _ = _two_easy_instruments(crowd)
    _books(crowd, 0, instrument_id, NINE, 1)
    with crowd() as session:
        set_scope(session, SYSTEM)
        booking_id = session.scalars(select(Booking.public_id)).one()

    def work(number: int) -> None:
        if number:
            _books(crowd, number, instrument_id, NINE, 1)
            return
        with crowd() as session:
            set_scope(session, SYSTEM)
            release(session, booking_id)
            session.commit()

    outcomes = _at_once(work, 16)
    assert outcomes[0] == "won"
    held, overlaps = _count(crowd)
    assert (held, overlaps) == (outcomes[1:].count("won"), 0)
    assert held <= 1


_NAIVE_BOOKING = text(
    "insert into booking (public_id, instrument_id, person_id, external, during, status, mode,"
    " purpose, created_at, closed_reason, unit_id, region_path, version) "
    "select gen_random_uuid(), i.id, :person, false, tstzrange(:start, :end), 'held', 'occupy',"
    " '', now(), '', i.unit_id, i.region_path, 1 from instrument i where i.public_id = :instrument"
)
_TAKEN = text(
    "select count(*) from booking b join instrument i on i.id = b.instrument_id "
    "where i.public_id = :instrument and b.during && tstzrange(:start, :end)"
)


def _naively(sessions: sessionmaker[Session], number: int, values: dict[str, Any]) -> bool:
    """Look first, then write: the way that seems right and is not."""
    with sessions() as session:
        set_scope(session, SYSTEM)
        if session.scalar(_TAKEN, values):
            return False
        session.execute(text("select pg_sleep(0.05)"))
        session.execute(_NAIVE_BOOKING, {**values, "person": ACCOUNTS[number].person_id})
        session.commit()
        return True


def _values(instrument_id: UUID) -> dict[str, Any]:
    return {"instrument": instrument_id, "start": NINE, "end": NINE + timedelta(hours=1)}


def test_the_naive_way_without_lock_and_constraint_books_one_slot_twice(
    crowd, database: Database
) -> None:
    """The sabotage twin: it shows that the crowd of these tests really meets."""
    instrument_id, _ = _two_easy_instruments(crowd)
    owner: Engine = connect(database.owner_url, isolation_level="AUTOCOMMIT")
    with owner.connect() as connection:
        connection.execute(text("alter table booking drop constraint booking_no_overlap"))
    owner.dispose()
    _at_once(lambda number: _naively(crowd, number, _values(instrument_id)) or None, 16)
    held, overlaps = _count(crowd)
    assert held > 1
    assert overlaps > 0


def test_the_constraint_alone_stops_even_the_naive_way(crowd) -> None:
    instrument_id, _ = _two_easy_instruments(crowd)
    outcomes = _at_once(lambda number: _naively(crowd, number, _values(instrument_id)) or None, 16)
    assert _count(crowd) == (1, 0)
    assert any("booking_no_overlap" in outcome or "deadlock" in outcome for outcome in outcomes)


def test_the_lock_alone_stops_the_crowd_without_the_constraint(crowd, database: Database) -> None:
    instrument_id, _ = _two_easy_instruments(crowd)
    owner: Engine = connect(database.owner_url, isolation_level="AUTOCOMMIT")
    with owner.connect() as connection:
        connection.execute(text("alter table booking drop constraint booking_no_overlap"))
    owner.dispose()
    outcomes = _at_once(lambda number: _books(crowd, number, instrument_id, NINE, 1), 16)
    assert Counter(outcomes) == {"won": 1, "slot_taken": 15}
    assert _count(crowd) == (1, 0)
