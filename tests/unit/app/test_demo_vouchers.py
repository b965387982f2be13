"""The demo's vouchers: several states, a right ledger, and a second seeding changes nothing."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session, sessionmaker

from app.demo import seed, vouchers
from domain import vouchers as ledger
from domain.organisations import Unit
from domain.vouchers import Move, Voucher
from engine.actors import SYSTEM
from engine.clock import FixedClock
from engine.db import set_scope


@pytest.fixture(params=[0, 60, 200], ids=["November", "January", "June"])
def seeded(
    request: pytest.FixtureRequest, sessions: sessionmaker[Session], clock: FixedClock
) -> sessionmaker[Session]:
    clock.move(timedelta(days=request.param))
    with sessions.begin() as session:
        set_scope(session, SYSTEM)
        seed(session)
    assert vouchers.seed(sessions)
    return sessions


def test_vouchers_of_twenty_enterprises_stand_in_several_states(seeded) -> None:
    with seeded() as session:
        set_scope(session, SYSTEM)
        held = session.scalars(select(Voucher)).all()
        assert len({voucher.unit_id for voucher in held}) == 21
        states = Counter(voucher.status for voucher in held)
        assert states["expired"] == 2
        assert states["revoked"] == 1
        assert sum(voucher.frozen for voucher in held) == 1
        assert sum(voucher.reserved_fen > 0 for voucher in held) == 2
        assert sum(voucher.settled_fen > 0 for voucher in held) > 8
        assert all(figures.free_fen > 0 for figures in ledger.pool_figures(session))
        expec = session.scalar(select(Unit).where(Unit.code == "0025"))
        day = ledger.today(session)
        assert len(ledger.usable(session, unit_id=expec.id, on=day)) == 3


def test_a_second_seeding_writes_nothing(seeded) -> None:
    assert not vouchers.seed(seeded)
    with seeded() as session:
        set_scope(session, SYSTEM)
        moves = session.scalar(select(func.count()).select_from(Move))
        assert moves == session.scalar(text("select count(distinct request_key) from voucher_move"))
