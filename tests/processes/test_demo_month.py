"""The demo's month of bookings: real cases in all stages, with whole histories, made once."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from app import demo
from app.demo import bookings
from app.prepare import PROCESSES
from domain.booking.models import Booking, Rating
from domain.payments import ServiceOrder
from engine import definitions, history, operations
from engine.actors import SYSTEM
from engine.clock import FixedClock
from engine.db import set_scope
from engine.models import Incident, Instance, Job, OpenTask, Timer


@pytest.fixture
def month(sessions: sessionmaker[Session]) -> int:
    operations.discover("handlers")
    with sessions.begin() as session:
        set_scope(session, SYSTEM)
        resources = definitions.read_folder(PROCESSES / "booking")
        definitions.publish(session, resources, actor=SYSTEM)
        demo.seed(session)
    return bookings.seed(sessions)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_month_shows_every_stage_leaves_nothing_undone_and_is_made_once(
    month: int, sessions: sessionmaker[Session], clock: FixedClock
) -> None:
    assert month >= 90
    with sessions() as session:
        set_scope(session, SYSTEM)
        cases = session.scalars(select(Instance)).all()
        outcomes = Counter(case.outcome for case in cases)
        assert set(outcomes) == {
            None, "完成", "不符合预约条件", "时段已被占用", "未获批准", "已取消", "爽约",
            "支付超时",
        }  # fmt: skip
        waiting = Counter(session.scalars(select(OpenTask.element_id)))
        assert {"approve", "check_in", "rate"} <= set(waiting)
        assert len(waiting) >= 4
        manager = demo.accounts.BY_LOGIN["wangfang"].person_id
        asked = select(func.count(OpenTask.id)).where(OpenTask.candidate_users.contains([manager]))
        assert session.scalar(asked.where(OpenTask.element_id == "approve")) >= 2
        assert session.scalar(select(func.count(Rating.id))) >= 20
        assert _accounts_differ(session) == []
        ahead = select(func.count(Booking.id)).where(func.lower(Booking.during) > clock.at)
        assert session.scalar(ahead) >= 10
        assert not session.scalars(select(Timer).where(Timer.due_at <= clock.at)).all()
        assert not session.scalars(select(Job).where(Job.status != "done")).all()
        assert not session.scalars(select(Incident)).all()
        assert min(c.started_at for c in cases) < clock.at - timedelta(days=19)
        broken = [c.number for c in cases if not history.verify(session, c.id).ok]
        assert broken == []
        times = [e.at for c in cases for e in history.read(session, c.id)]
        assert max(times) <= clock.at
    assert bookings.seed(sessions) == 0
    with sessions() as session:
        set_scope(session, SYSTEM)
        assert session.scalar(select(func.count(Instance.id))) == month


def _accounts_differ(session: Session) -> list[str]:
    """Return the closed orders that owe or are owed something; there are some of every kind."""
    orders = session.scalars(select(ServiceOrder)).all()
    assert {"paid", "settled", "cancelled", "expired"} <= {order.status for order in orders}
    assert sum(order.paid_fen > 0 for order in orders) >= 40
    closed = [order for order in orders if order.status in ("settled", "cancelled", "expired")]
    return [
        order.number
        for order in closed
        if order.kept_fen != (0 if order.status == "expired" else order.payable_fen)
    ]
