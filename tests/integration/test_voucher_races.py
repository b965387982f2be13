"""Many orders want one voucher at one moment: never more than it has, however often they ask."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session, sessionmaker

from app.database import Database
from domain import vouchers
from domain.vouchers import Claim, Wish, ledger, spending
from engine.actors import SYSTEM
from engine.clock import FixedClock
from engine.db import connect, make_sessions, set_scope
from engine.errors import EngineError
from engine.identity import uuid7
from tests.voucher_kit import a_pool, balances
from tests.voucher_machine import Place, a_place

CROWD = 16
CAP = 10**9


@pytest.fixture
def crowd(database: Database, clock: FixedClock) -> Iterator[tuple[sessionmaker[Session], Place]]:
    engine = connect(database.app_url, pool_size=CROWD, max_overflow=0, pool_timeout=60)
    yield make_sessions(engine, clock=clock), a_place(engine)
    engine.dispose()


def at_once(sessions: sessionmaker[Session], ask: Callable[[Session, int], object]) -> Counter[str]:
    """Ask from many connections that start together, each request twice; count the answers."""
    barrier = threading.Barrier(CROWD, timeout=120)
    outcomes: list[str] = []

    def run(number: int) -> None:
        for attempt in range(2):
            try:
                with sessions.begin() as session:
                    set_scope(session, SYSTEM)
                    session.execute(text("select 1"))
                    if attempt == 0:
                        barrier.wait()
                    ask(session, number)
                outcomes.append("done")
            except EngineError as refused:
                outcomes.append(refused.code)
            except DatabaseError as refused:
                outcomes.append(type(refused).__name__)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(CROWD)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Counter(outcomes)


def issued(sessions: sessionmaker[Session], place: Place, face_fen: int) -> vouchers.Voucher:
    with sessions.begin() as session:
        set_scope(session, SYSTEM)
        pool = a_pool(session, "330211", 10_000)
        claim = Claim(pool.public_id, place.holders[0], face_fen, date(2027, 6, 1), CAP)
        voucher = vouchers.issue(session, claim, key="issued")
        session.expunge_all()
    return voucher


def reserving(place: Place, voucher: vouchers.Voucher, amount_fen: int, cap_fen: int = CAP):
    orders = [uuid7() for _ in range(CROWD)]

    def ask(session: Session, number: int) -> None:
        wish = Wish(
            voucher.public_id, orders[number], place.holders[0], place.carrier, amount_fen, cap_fen
        )
        vouchers.reserve(session, wish, key=f"order:{number}")

    return ask


def stand(sessions: sessionmaker[Session], voucher: vouchers.Voucher) -> dict[str, int]:
    with sessions() as session:
        set_scope(session, SYSTEM)
        return balances(vouchers.read(session, voucher.public_id))


def test_a_crowd_takes_no_more_than_a_voucher_has(crowd) -> None:
    sessions, place = crowd
    voucher = issued(sessions, place, 1_000)
    outcomes = at_once(sessions, reserving(place, voucher, 300))
    # Three orders of sixteen get it; each asked twice and was told the same twice.
    assert outcomes == {"done": 6, "voucher_unavailable": 26}
    assert stand(sessions, voucher) == {"available": 100, "reserved": 900}


def test_a_crowd_takes_no_more_than_the_years_cap(crowd) -> None:
    sessions, place = crowd
    voucher = issued(sessions, place, 8_000)
    outcomes = at_once(sessions, reserving(place, voucher, 300, cap_fen=1_000))
    assert outcomes == {"done": 6, "voucher_unavailable": 26}
    assert stand(sessions, voucher) == {"available": 7_100, "reserved": 900}


def test_a_crowd_is_given_no_more_than_the_pool_has(crowd) -> None:
    sessions, place = crowd
    with sessions.begin() as session:
        set_scope(session, SYSTEM)
        pool_id = a_pool(session, "330211", 10_000).public_id

    def ask(session: Session, number: int) -> None:
        unit = place.holders[number % 2]
        claim = Claim(pool_id, unit, 3_000, date(2027, 6, 1), CAP)
        vouchers.issue(session, claim, key=f"claim:{number}")

    assert at_once(sessions, ask) == {"done": 6, "pool_exhausted": 26}


def test_settling_and_giving_back_at_once_happens_once(crowd) -> None:
    sessions, place = crowd
    voucher = issued(sessions, place, 1_000)
    order = uuid7()
    with sessions.begin() as session:
        set_scope(session, SYSTEM)
        wish = Wish(voucher.public_id, order, place.holders[0], place.carrier, 600, CAP)
        vouchers.reserve(session, wish, key="held")

    def ask(session: Session, number: int) -> None:
        if number % 2:
            vouchers.settle(session, order_id=order, amount_fen=500, key=f"s:{number}")
        else:
            vouchers.release(session, order_id=order, key=f"r:{number}")

    assert at_once(sessions, ask) == {"done": 2 * CROWD}
    assert stand(sessions, voucher) in (
        {"available": 1_000},
        {"available": 500, "settled": 500},
    )


def careless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sabotage: nothing is locked, so everybody weighs what nobody has taken yet."""
    unlocked = {
        "lock_year": lambda *_: None,
        "lock_voucher": lambda session, voucher_id: session.get(
            vouchers.Voucher, voucher_id, populate_existing=True
        ),
    }
    for name, verb in unlocked.items():
        monkeypatch.setattr(ledger, name, verb)
    together = threading.Barrier(CROWD, timeout=120)
    check = spending._check

    def all_look_first(*args: object) -> None:
        check(*args)
        if together.n_waiting < CROWD and not together.broken:
            try:
                together.wait(20)
            except threading.BrokenBarrierError:
                return

    monkeypatch.setattr(spending, "_check", all_look_first)


def test_the_database_refuses_what_careless_code_lets_through(crowd, monkeypatch) -> None:
    sessions, place = crowd
    voucher = issued(sessions, place, 1_000)
    careless(monkeypatch)
    at_once(sessions, reserving(place, voucher, 300))
    assert stand(sessions, voucher) == {"available": 100, "reserved": 900}


def test_without_locks_and_guards_the_same_crowd_overspends(
    crowd, monkeypatch, database: Database
) -> None:
    sessions, place = crowd
    voucher = issued(sessions, place, 1_000)
    owner = connect(database.owner_url)
    with owner.begin() as connection:
        for statement in (
            "drop trigger balances on voucher_entry",
            "drop trigger balances on voucher_move",
            "alter table voucher drop constraint ck_voucher_balances",
        ):
            connection.execute(text(statement))
    owner.dispose()
    careless(monkeypatch)
    at_once(sessions, reserving(place, voucher, 300))
    assert stand(sessions, voucher)["available"] < 0
