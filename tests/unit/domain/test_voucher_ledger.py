"""What the database itself refuses, whoever writes: the guards stand without our verbs."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session, sessionmaker

from app.database import Database
from domain import vouchers
from engine.actors import SYSTEM, Grant
from engine.db import connect, set_scope
from tests.voucher_kit import Wallet, a_pool, balances

TABLES = (
    "enterprise_register",
    "voucher_pool",
    "voucher",
    "voucher_year",
    "voucher_move",
    "voucher_entry",
)


@pytest.fixture
def session(sessions: sessionmaker[Session]) -> Iterator[Session]:
    """A session of the test's own database, because these tests commit."""
    with sessions() as open_session:
        set_scope(open_session, SYSTEM)
        yield open_session


@pytest.fixture
def wallet(world) -> Wallet:
    wallet = Wallet(
        world.session, world.other, world.unit, a_pool(world.session, "330211", 100_000)
    )
    world.session.commit()
    return wallet


def move(session: Session, kind: str, voucher, amount: int, **values) -> int:
    """Write a move by hand and return its inner id."""
    row = {
        "kind": kind,
        "voucher": voucher.id,
        "amount": amount,
        "key": f"hand:{kind}:{amount}",
        "at": values.get("at"),
        "order_id": values.get("order"),
        "cap": values.get("cap"),
        "reason": values.get("reason", "手工"),
    }
    return session.scalar(
        text(
            "insert into voucher_move (public_id, kind, request_key, voucher_id, order_id, "
            "amount_fen, cap_fen, actor, at, reason) values (gen_random_uuid(), :kind, :key, "
            ":voucher, :order_id, :amount, :cap, gen_random_uuid(), "
            "coalesce(cast(:at as timestamptz), '2026-11-23 02:00Z'), :reason) returning id"
        ),
        row,
    )


def entries(session: Session, move_id: int, voucher, **amounts: int) -> None:
    for account, amount in amounts.items():
        session.execute(
            text(
                "insert into voucher_entry (move_id, voucher_id, account, amount_fen) "
                "values (:move, :voucher, :account, :amount)"
            ),
            {"move": move_id, "voucher": voucher.id, "account": account, "amount": amount},
        )


def by_hand(session: Session, voucher, kind: str, amount: int, amounts: dict[str, int]) -> None:
    written = move(session, kind, voucher, amount, order=ORDER if kind == "reserve" else None)
    entries(session, written, voucher, **amounts)
    session.commit()


ORDER = "01a00000-0000-7000-8000-000000000001"
REFUSED = r"voucher ledger|ck_voucher_balances"


@pytest.mark.parametrize(
    ("kind", "amount", "amounts"),
    [
        # money from nowhere, money to nowhere, another sum than the move says
        ("reserve", 100, {"reserved": 100}),
        ("reserve", 100, {"available": -100}),
        ("reserve", 100, {"available": -100, "reserved": 99}),
        ("reserve", 200, {"available": -100, "reserved": 100}),
        ("reserve", 100, {}),
        # sums that balance on ways that do not exist
        ("reserve", 100, {"pool": -100, "reserved": 100}),
        ("reserve", 100, {"available": -100, "redeemed": 100}),
        ("reserve", 100, {"available": 100, "reserved": -100}),
        ("freeze", 100, {"available": -100, "revoked": 100}),
        # more than there is
        ("reserve", 20_001, {"available": -20_001, "reserved": 20_001}),
    ],
)
def test_entries_that_are_wrong_are_refused_at_the_end(wallet, kind, amount, amounts) -> None:
    session, voucher = wallet.session, wallet.issue(20_000)
    session.commit()
    with pytest.raises(DatabaseError, match=REFUSED):
        by_hand(session, voucher, kind, amount, amounts)
    session.rollback()
    session.refresh(voucher)
    assert balances(voucher) == {"available": 20_000}


def test_the_same_by_hand_and_right_is_accepted(wallet: Wallet) -> None:
    session, voucher = wallet.session, wallet.issue(20_000)
    session.commit()
    written = move(session, "reserve", voucher, 100, order=ORDER)
    entries(session, written, voucher, available=-100, reserved=100)
    session.commit()
    session.refresh(voucher)
    assert balances(voucher) == {"available": 19_900, "reserved": 100}


def test_a_committed_move_takes_no_more_entries(wallet: Wallet) -> None:
    session, voucher = wallet.session, wallet.issue(20_000)
    written = move(session, "reserve", voucher, 100, order=ORDER)
    entries(session, written, voucher, available=-100, reserved=100)
    session.commit()
    with pytest.raises(DatabaseError, match="another time"):
        entries(session, written, voucher, settled=1)
    session.rollback()


def test_a_voucher_without_an_issue_is_refused(wallet: Wallet) -> None:
    session = wallet.session
    session.add(
        vouchers.Voucher(
            number="CXQ-X",
            pool_id=wallet.pool.id,
            unit_id=wallet.holder.id,
            face_fen=1,
            valid_from=vouchers.today(session),
            valid_until=vouchers.today(session) + timedelta(days=1),
            issued_at=wallet.pool.created_at,
        )
    )
    with pytest.raises(DatabaseError, match="not the sum of its entries"):
        session.commit()
    session.rollback()


def test_no_pool_is_overspent_even_by_hand(wallet: Wallet) -> None:
    session = wallet.session
    for number, face in enumerate((60_000, 60_001)):
        voucher = vouchers.Voucher(
            number=f"CXQ-{number}",
            pool_id=wallet.pool.id,
            unit_id=wallet.holder.id,
            face_fen=face,
            valid_from=vouchers.today(session),
            valid_until=vouchers.today(session) + timedelta(days=1),
            issued_at=wallet.pool.created_at,
        )
        session.add(voucher)
        session.flush()
        written = move(session, "issue", voucher, face)
        entries(session, written, voucher, pool=-face, available=face)
    with pytest.raises(DatabaseError, match="overspent"):
        session.commit()
    session.rollback()


def test_the_cap_that_a_move_was_weighed_by_holds(wallet: Wallet) -> None:
    session, voucher = wallet.session, wallet.issue(20_000)
    wallet.reserve(voucher, 900)
    session.commit()
    written = move(session, "reserve", voucher, 101, order=ORDER, cap=1_000)
    entries(session, written, voucher, available=-101, reserved=101)
    with pytest.raises(DatabaseError, match="over its cap"):
        session.commit()
    session.rollback()


def test_an_order_gives_back_no_more_than_it_holds(wallet: Wallet) -> None:
    session, voucher = wallet.session, wallet.issue(20_000)
    mine = wallet.reserve(voucher, 100)
    wallet.reserve(voucher, 5_000)
    session.commit()
    written = move(session, "release", voucher, 101, order=mine)
    entries(session, written, voucher, reserved=-101, available=101)
    with pytest.raises(DatabaseError, match="less than none"):
        session.commit()
    session.rollback()


@pytest.mark.parametrize(
    ("kind", "at", "match"),
    [
        ("reserve", "2027-06-01", "cannot be reserved"),
        ("expire", "2026-11-23", "still valid"),
    ],
)
def test_the_calendar_holds_by_hand_too(wallet: Wallet, kind: str, at: str, match: str) -> None:
    voucher = wallet.issue(20_000)
    order = ORDER if kind == "reserve" else None
    with pytest.raises(DatabaseError, match=match):
        move(wallet.session, kind, voucher, 0, at=f"{at} 02:00Z", order=order)
    wallet.session.rollback()


def test_what_is_frozen_or_taken_back_is_not_reserved_by_hand(wallet: Wallet) -> None:
    session = wallet.session
    voucher = wallet.issue(20_000)
    session.commit()
    for kind in ("freeze", "revoke"):
        move(session, kind, voucher, 0)
        with pytest.raises(DatabaseError, match="cannot be reserved"):
            move(session, "reserve", voucher, 1, order=ORDER)
        session.rollback()


@pytest.mark.parametrize("table", ["voucher_move", "voucher_entry"])
@pytest.mark.parametrize("verb", ["update", "delete", "truncate"])
def test_what_is_written_stays_for_the_application_and_for_the_owner(
    wallet: Wallet, database: Database, table: str, verb: str
) -> None:
    wallet.issue()
    wallet.session.commit()
    statement = {
        "update": f"update {table} set amount_fen = amount_fen + 1",
        "delete": f"delete from {table}",
        "truncate": f"truncate {table} cascade",
    }[verb]
    with pytest.raises(DatabaseError, match="permission denied"):
        wallet.session.execute(text(statement))
    wallet.session.rollback()
    owner = connect(database.owner_url)
    with owner.connect() as connection, pytest.raises(DatabaseError, match="what is written stays"):
        connection.execute(text(statement))
    owner.dispose()


@pytest.mark.parametrize(
    "statement",
    [
        "update voucher set available_fen = available_fen + 1",
        "update voucher set frozen = false",
        "update voucher set valid_until = valid_until + 30",
        "update voucher_pool set budget_fen = 1",
        "delete from voucher",
        "insert into voucher_entry (id, move_id, voucher_id, account, amount_fen) "
        "overriding system value values (1, 1, 1, 'available', 1)",
    ],
)
def test_the_application_cannot_write_a_balance(wallet: Wallet, statement: str) -> None:
    with pytest.raises(DatabaseError, match="permission denied"):
        wallet.session.execute(text(statement))
    wallet.session.rollback()


@pytest.mark.parametrize(
    ("statement", "match"),
    [
        ("update voucher set available_fen = available_fen + 1", "not the sum"),
        (
            "update voucher set available_fen = available_fen - 1, settled_fen = 1",
            "not the sum",
        ),
        ("update voucher_pool set budget_fen = budget_fen + 1", "was not moved"),
    ],
)
def test_even_the_owner_cannot_commit_a_wrong_balance(
    wallet: Wallet, database: Database, statement: str, match: str
) -> None:
    wallet.issue()
    wallet.session.commit()
    owner = connect(database.owner_url)
    with owner.connect() as connection:
        connection.execute(text(statement))
        with pytest.raises(DatabaseError, match=match):
            connection.commit()
    owner.dispose()


def _counts(session: Session) -> dict[str, int]:
    return {table: session.scalar(text(f"select count(*) from {table}")) or 0 for table in TABLES}


def test_everybody_sees_of_the_ledger_what_concerns_them(wallet: Wallet, world, build) -> None:
    session = wallet.session
    wallet.reserve(wallet.issue(), 1_000)
    wallet.issue()
    session.commit()
    third = build.unit(session, 3, "丙公司", "330211", "enterprise")
    stranger = build.person(session, "陈晨", third)
    session.commit()
    everything = {
        "enterprise_register": 0,
        "voucher_pool": 1,
        "voucher": 2,
        "voucher_year": 1,
        "voucher_move": 4,
        "voucher_entry": 6,
    }
    nothing = dict.fromkeys(TABLES, 0)
    official = everything | {"voucher_year": 0}
    seen = {
        "the platform": (SYSTEM, everything),
        # The budget's own move is the officials' business.
        "the holder's people": (world.actor(world.outsider), everything | {"voucher_move": 3}),
        "the carrier's finance": (
            world.actor(world.administrator, Grant("unit_finance", unit_id=world.unit.id)),
            nothing | {"voucher_move": 1, "voucher_entry": 2},
        ),
        "a colleague of the carrier": (world.actor(world.user), nothing),
        "another enterprise": (world.actor(stranger, Grant("enterprise_agent")), nothing),
        "the county's voucher officer": (
            world.actor(stranger, Grant("voucher_officer", region="330211", department="science")),
            official,
        ),
        "the city's auditor": (world.actor(stranger, Grant("auditor", region="3302")), official),
        "the finance department": (
            world.actor(stranger, Grant("department_officer", "33", "finance")),
            official,
        ),
        "customs": (world.actor(stranger, Grant("department_officer", "33", "customs")), nothing),
        "another city": (
            world.actor(stranger, Grant("voucher_officer", region="3301", department="science")),
            nothing,
        ),
    }
    for name, (actor, expected) in seen.items():
        set_scope(session, actor)
        assert _counts(session) == expected, name
        session.commit()


def test_nobody_outside_the_platform_writes_in_the_ledger(wallet: Wallet, world) -> None:
    voucher = wallet.issue()
    wallet.session.commit()
    set_scope(wallet.session, world.actor(world.outsider))
    with pytest.raises(DatabaseError, match="row-level security"):
        move(wallet.session, "freeze", voucher, 0)
    wallet.session.rollback()
    written = wallet.session.execute(text("update voucher set reminded_at = now()"))
    assert written.rowcount == 0
