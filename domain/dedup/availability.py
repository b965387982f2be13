"""Whether a candidate could be used: facts beside the likeness, never part of it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.booking.models import Booking
from domain.instruments.models import Instrument
from engine.clock import now

_YEAR = timedelta(days=365)
_MINUTES = 60
_WORKING = ("normal", "occasional_fault")


def of(session: Session, instruments: Sequence[Instrument]) -> dict[int, dict[str, Any]]:
    """Return the facts by instrument; ``hours`` are those of bookings used in the last 365 days.

    ``reachable`` means shared with everybody, in the network and working; ``worth_fen`` is the
    original value in fen.
    """
    hours = _hours(session, [each.id for each in instruments])
    return {
        each.id: {
            "name": each.name_zh,
            "unit": each.unit.name_zh,
            "unit_en": each.unit.name_en,
            "region": each.region,
            "share_mode": each.share_mode,
            "run_status": each.run_status,
            "lifecycle": each.lifecycle,
            "reachable": is_reachable(each),
            "worth_fen": each.worth_fen,
            "begin_date": each.begin_date.isoformat(),
            "hours": hours.get(each.id, 0.0),
        }
        for each in instruments
    }


def is_reachable(instrument: Instrument) -> bool:
    """Tell whether somebody of another unit could use the instrument now."""
    shared = instrument.share_mode == "external"
    return shared and instrument.lifecycle == "online" and instrument.run_status in _WORKING


def _hours(session: Session, ids: Sequence[int]) -> dict[int, float]:
    used = (
        select(Booking.instrument_id, func.sum(Booking.use_minutes))
        .where(
            Booking.instrument_id.in_(ids),
            Booking.use_minutes.is_not(None),
            Booking.checked_out_at > now(session) - _YEAR,
        )
        .group_by(Booking.instrument_id)
    )
    return {id_: round((minutes or 0) / _MINUTES, 2) for id_, minutes in session.execute(used)}
