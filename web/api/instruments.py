"""Instruments and their free times."""

from typing import Any
from uuid import UUID

from domain import booking, instruments
from domain.booking.slots import is_bookable
from domain.instruments.models import Instrument
from engine import clock
from web import database
from web.api import schemas
from web.api.contract import endpoint
from web.formats import local

_SHOWN = (
    "public_id", "giai", "name_zh", "name_en", "maker", "model", "region", "share_mode",
    "run_status", "needs_qualification",
)  # fmt: skip


@endpoint(
    "GET", "/instruments", query=schemas.InstrumentQuery, answer=schemas.Instrument, is_list=True
)
def find_instruments(query: dict[str, Any]) -> tuple[list[Any], int]:
    """Search the instruments that the caller may see."""
    found = instruments.search(
        database.session(), query["q"], page=query["page"], size=query["size"]
    )
    return [_brief(instrument) for instrument in found.items], found.total


@endpoint("GET", "/instruments/<uuid:instrument_id>", answer=schemas.Instrument)
def read_instrument(instrument_id: UUID) -> dict[str, Any]:
    """Read one instrument."""
    return _brief(instruments.read(database.session(), instrument_id))


def _brief(instrument: Instrument) -> dict[str, Any]:
    facts = {name: getattr(instrument, name) for name in _SHOWN}
    return facts | {"bookable": is_bookable(instrument)}


@endpoint(
    "GET",
    "/instruments/<uuid:instrument_id>/slots",
    query=schemas.SlotQuery,
    answer=schemas.Slot,
    is_list=True,
)
def list_free_slots(instrument_id: UUID, query: dict[str, Any]) -> tuple[list[Any], int]:
    """List the times at which an instrument is free."""
    session = database.session()
    instrument = instruments.read(session, instrument_id)
    first_day = query["first_day"] or local(clock.now(session)).date()
    slots = booking.free_slots(session, instrument, first_day, query["days"])
    return list(slots), len(slots)
