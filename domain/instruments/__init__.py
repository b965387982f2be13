"""The instruments of the network: find one, read one."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from domain.instruments.facets import FacetValue
from domain.instruments.models import Instrument
from domain.instruments.names import (
    APPROVALS,
    LIFECYCLES,
    RUN_STATUSES,
    SHARE_MODES,
    class_name,
    classes,
    majors,
)
from domain.instruments.search import Filters, Page, search
from engine.errors import NotFound

__all__ = [
    "APPROVALS",
    "LIFECYCLES",
    "RUN_STATUSES",
    "SHARE_MODES",
    "FacetValue",
    "Filters",
    "Instrument",
    "Page",
    "class_name",
    "classes",
    "majors",
    "read",
    "search",
]


def read(session: Session, public_id: UUID) -> Instrument:
    """Return an instrument with its unit; raises NotFound."""
    query = select(Instrument).where(Instrument.public_id == public_id)
    instrument = session.scalar(query.options(joinedload(Instrument.unit)))
    if instrument is None:
        raise NotFound(f"no instrument {public_id}", kind="instrument")
    return instrument
