"""Readable numbers: ``DD-2026-000123`` for orders, ``ZF`` for payments, ``TK`` for refunds."""

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from engine.clock import now
from engine.models import CaseNumber
from engine.values import ZONE

ORDER, PAYMENT, REFUND = "DD", "ZF", "TK"


def take(session: Session, series: str) -> str:
    """Take the next number of a series in this year (Shanghai's). Needs system scope."""
    year = now(session).astimezone(ZONE).year
    statement = (
        insert(CaseNumber)
        .values(series=series, year=year, last=1)
        .on_conflict_do_update(
            index_elements=[CaseNumber.series, CaseNumber.year],
            set_={"last": CaseNumber.last + 1},
        )
        .returning(CaseNumber.last)
    )
    return f"{series}-{year}-{session.scalar(statement):06d}"
