"""Fifty clients at a barrier, round after round: a slot has one winner, a voucher is spent once.

RACE_ROUNDS says how many rounds (make faults: a thousand). The naive twins show that the crowd
really meets.
"""

import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session, sessionmaker

from app.database import Database
from app.scenario_world import make_world
from domain import payments, vouchers
from domain.booking import Booking, Request, bookings
from domain.booking.opening import SHANGHAI
from domain.booking.states import KEEPS_TIME
from domain.payments import ServiceOrder, tariffs
from domain.vouchers import Voucher, ledger, spending
from engine.actors import SYSTEM
from engine.clock import FixedClock
from engine.contract import BusinessError, Job
from engine.db import connect, make_sessions, set_scope
from engine.errors import EngineError
from engine.identity import uuid7
from handlers.release_voucher import Params as ReleaseVoucher
from handlers.release_voucher import release_voucher
from handlers.reserve_voucher import Params as ReserveVoucher
from handlers.reserve_voucher import reserve_voucher

CROWD = 50
ROUNDS = int(os.environ.get("RACE_ROUNDS", "50"))
NINE = datetime(2026, 11, 24, 9, tzinfo=SHANGHAI)
HOUR = timedelta(hours=1)
PRICE = 10_000
ALWAYS = {str(day): [["00:00", "24:00"]] for day in range(1, 8)}
ROOMY = {"opening": ALWAYS, "open_on_holidays": True, "horizon_days": 4000, "max_minutes": 60}
GIVEN = {
    "units": {"大学": {"region": "330106"}, "企业": {"region": "330109", "kind": "enterprise"}},
    "people": {
        "机主": {"unit": "大学", "roles": ["instrument_manager"]},
        **{f"用户{number}": {"unit": "企业"} for number in range(CROWD)},
    },
    "instruments": {
        "电镜": {"unit": "大学", "managers": ["机主"], "hour_fen": {"enterprise": PRICE}, **ROOMY}
    },
    "pools": {"省池": {"region": "330000", "budget_fen": 10**9}},
}

pytestmark = [pytest.mark.slow, pytest.mark.timeout(6 * 3600)]


class Crowd:
    """Fifty threads with a connection each that do one thing together, again and again."""

    def __init__(self, sessions: sessionmaker[Session]) -> None:
        self.sessions = sessions
        with sessions() as session:
            set_scope(session, SYSTEM)
            world = make_world(session, GIVEN)
            session.commit()
        self.people = [world.people[f"用户{number}"] for number in range(CROWD)]
        self.instrument = UUID(world.values["电镜"])
        self.pool = UUID(str(self._pool()))
        self.unit = self.people[0].grants[0].unit_id or self._unit()

    def _pool(self) -> UUID:
        with self.sessions() as session:
            set_scope(session, SYSTEM)
            return session.scalars(select(vouchers.Pool.public_id)).one()

    def _unit(self) -> int:
        with self.sessions() as session:
            set_scope(session, SYSTEM)
            person = bookings._person(session, self.people[0].id)
            assert person.unit_id is not None
            return person.unit_id

    def at_once(self, work: Callable[[int, int], None], rounds: int) -> list[Counter[str]]:
        """Run ``work(round, number)`` of all numbers together; what came of it, by round."""
        barrier = threading.Barrier(CROWD, timeout=300)
        outcomes: list[list[str]] = [["did not run"] * CROWD for _ in range(rounds)]

        def run(number: int) -> None:
            for turn in range(rounds):
                barrier.wait()
                try:
                    work(turn, number)
                    outcomes[turn][number] = "won"
                except (EngineError, BusinessError) as error:
                    outcomes[turn][number] = error.code
                except Exception as error:  # noqa: BLE001 - a thread's failure must reach the test
                    outcomes[turn][number] = f"{type(error).__name__}: {error}"

        threads = [threading.Thread(target=run, args=(number,)) for number in range(CROWD)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return [Counter(turn) for turn in outcomes]

    def hold(self, turn: int, number: int) -> None:
        """Book the slot of a round, as a request does: own scope, one verb, one commit."""
        start = NINE + turn * HOUR
        person = self.people[number]
        with self.sessions() as session:
            set_scope(session, person)
            bookings.hold(session, Request(self.instrument, person.id, start, start + HOUR))
            session.commit()

    def orders(self) -> list[UUID]:
        """Place an order of each client, for an hour of its own."""
        found = []
        for number, person in enumerate(self.people):
            start = NINE + timedelta(days=400) + number * HOUR
            with self.sessions() as session:
                set_scope(session, SYSTEM)
                wish = Request(self.instrument, person.id, start, start + HOUR)
                booking = bookings.hold(session, wish)
                quote = payments.quote(
                    session, booking.instrument, tier="enterprise", minutes=60,
                    on=tariffs.today(session),
                )  # fmt: skip
                order = payments.place(
                    session, booking_id=booking.public_id, case_id=None, quote=quote
                )
                found.append(order.public_id)
                session.commit()
        return found

    def issue(self, face_fen: int) -> UUID:
        with self.sessions() as session:
            set_scope(session, SYSTEM)
            claim = vouchers.Claim(self.pool, self.unit, face_fen, date(2027, 6, 1), 10**12)
            voucher = vouchers.issue(session, claim, key=str(uuid7()))
            session.commit()
            return voucher.public_id

    def reserve(self, voucher: UUID, order: UUID) -> None:
        """What the service task of the booking does, in one transaction."""
        with self.sessions() as session:
            set_scope(session, SYSTEM)
            reserve_voucher(ReserveVoucher(voucher, order, 50, 0, 10**9), job(session))
            session.commit()

    def release(self, order: UUID) -> None:
        with self.sessions() as session:
            set_scope(session, SYSTEM)
            release_voucher(ReleaseVoucher(order), job(session))
            payments.set_offset(session, order, 0)
            session.commit()

    def spent(self, voucher: UUID) -> tuple[int, int, int]:
        """Available and reserved fen of a voucher, and what orders say it takes over."""
        with self.sessions() as session:
            set_scope(session, SYSTEM)
            row = session.scalars(select(Voucher).where(Voucher.public_id == voucher)).one()
            said = session.scalar(select(func.coalesce(func.sum(ServiceOrder.offset_fen), 0)))
            return row.available_fen, row.reserved_fen, int(said or 0)


def job(session: Session) -> Job:
    return Job("any", str(uuid7()), UUID(int=7), "YY-1", "any", 1, datetime.now(SHANGHAI), session)


@pytest.fixture
def crowd(database: Database, clock: FixedClock) -> Iterator[Crowd]:
    engine = connect(database.app_url, pool_size=CROWD + 2, max_overflow=0, pool_timeout=60)
    yield Crowd(make_sessions(engine, clock=clock))
    engine.dispose()


def test_one_slot_has_one_winner_in_every_round(crowd: Crowd) -> None:
    outcomes = crowd.at_once(crowd.hold, ROUNDS)
    assert outcomes == [Counter({"won": 1, "slot_taken": CROWD - 1})] * ROUNDS
    with crowd.sessions() as session:
        set_scope(session, SYSTEM)
        held = select(func.count(Booking.id)).where(Booking.status.in_(KEEPS_TIME))
        assert session.scalar(held) == ROUNDS


def test_one_voucher_is_spent_once_in_every_round(crowd: Crowd) -> None:
    """Its face is what one order may take; the winner gives it back before the next round."""
    orders, voucher = crowd.orders(), crowd.issue(PRICE // 2)
    for _ in range(ROUNDS):
        [outcome] = crowd.at_once(lambda _, number: crowd.reserve(voucher, orders[number]), 1)
        assert outcome == {"won": 1, "voucher_unavailable": CROWD - 1}
        assert crowd.spent(voucher) == (0, PRICE // 2, PRICE // 2)
        for order in orders:
            crowd.release(order)
        assert crowd.spent(voucher) == (PRICE // 2, 0, 0)


def test_reserving_and_giving_back_at_once_neither_deadlock_nor_lose_a_fen(crowd: Crowd) -> None:
    """Half of the crowd reserves while the other half gives back what the same orders hold."""
    orders, voucher = crowd.orders()[: CROWD // 2], crowd.issue(PRICE)

    def work(_: int, number: int) -> None:
        order = orders[number % len(orders)]
        if number < len(orders):
            crowd.reserve(voucher, order)
        else:
            crowd.release(order)

    seen: Counter[str] = Counter()
    for outcome in crowd.at_once(work, ROUNDS):
        seen.update(outcome)
    assert set(seen) <= {"won", "voucher_unavailable"}
    assert seen["won"] > ROUNDS * len(orders)
    available, reserved, said = crowd.spent(voucher)
    assert (available + reserved, reserved) == (PRICE, said)


def test_without_locks_and_guards_the_same_crowd_spends_a_voucher_twice(
    crowd: Crowd, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The naive twin: look, think, write."""
    owner = connect(database.owner_url)
    with owner.begin() as connection:
        for statement in (
            "drop trigger balances on voucher_entry",
            "drop trigger balances on voucher_move",
            "alter table voucher drop constraint ck_voucher_balances",
        ):
            connection.execute(text(statement))
    owner.dispose()
    monkeypatch.setattr(ledger, "lock_year", lambda *_: None)

    def unlocked(session: Session, voucher_id: int) -> Voucher:
        found = session.get_one(Voucher, voucher_id, populate_existing=True)
        session.execute(text("select pg_sleep(0.05)"))
        return found

    monkeypatch.setattr(ledger, "lock_voucher", unlocked)
    assert spending.ledger is ledger
    orders, voucher = crowd.orders(), crowd.issue(PRICE // 2)
    [outcome] = crowd.at_once(lambda _, number: crowd.reserve(voucher, orders[number]), 1)
    assert outcome["won"] > 1
    assert crowd.spent(voucher)[2] > PRICE // 2
