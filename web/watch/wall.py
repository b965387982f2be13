"""Which instruments a reader watches, how they stand, and how many stand so.

The queries join the binding of the sensor, whose row-level security says who may see the current:
an instrument that is not on somebody's wall is not in their answer either.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session, joinedload

from domain.instruments.models import Instrument
from domain.organisations.models import Unit
from telemetry.models import InstrumentWatch, SensorBinding, SensorPulse
from telemetry.states import OFF, OFFLINE, RUNNING, STANDBY

PAGE_SIZE = 60
#: In the order in which they are shown: what works first, what is unknown last.
ORDER = (RUNNING, STANDBY, OFF, OFFLINE)
UNTOLD = "untold"


@dataclass(frozen=True)
class Filters:
    """What the reader wants to see; empty: everything."""

    state: str = ""
    unit: str = ""
    region: str = ""
    text: str = ""

    @property
    def any(self) -> bool:
        """Tell whether anything is filtered."""
        return any((self.state, self.unit, self.region, self.text))

    def as_query(self, **changes: str) -> dict[str, str]:
        """Return the filters as parameters of an address."""
        found = {"state": self.state, "unit": self.unit, "region": self.region, "text": self.text}
        return {name: value for name, value in {**found, **changes}.items() if value}


@dataclass(frozen=True)
class Tile:
    """One instrument on the wall; ``state`` is empty where no model has told anything yet."""

    instrument: Instrument
    state: str
    since: datetime | None
    amps: float | None
    heard: datetime | None


def read_filters(asked: Mapping[str, str]) -> Filters:
    """Read the filters of an address; values that cannot be are taken for none."""
    state, unit, region = (asked.get(name, "") for name in ("state", "unit", "region"))
    return Filters(
        state if state in (*ORDER, UNTOLD) else "",
        unit if unit.isascii() and unit.isdigit() and len(unit) <= 15 else "",  # noqa: PLR2004
        region if region.isascii() and region.isdigit() and len(region) <= 6 else "",  # noqa: PLR2004
        asked.get("text", "").strip()[:100],
    )


def _watched(wanted: Filters) -> Select[Instrument, InstrumentWatch, SensorPulse]:
    query = (
        select(Instrument, InstrumentWatch, SensorPulse)
        .join(
            SensorBinding,
            (SensorBinding.instrument_id == Instrument.id)
            & (SensorBinding.channel == 1)
            & func.upper_inf(SensorBinding.during),
        )
        .outerjoin(InstrumentWatch, InstrumentWatch.instrument_id == Instrument.id)
        .outerjoin(SensorPulse, SensorPulse.sensor_id == SensorBinding.sensor_id)
    )
    return query.where(*_conditions(wanted))


def _conditions(wanted: Filters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.unit:
        found.append(Instrument.unit_id == int(wanted.unit))
    if wanted.region:
        found.append(Instrument.region_path.contains([wanted.region]))
    if wanted.text:
        like = f"%{wanted.text.replace('%', '').replace('_', '')}%"
        found.append(
            or_(
                Instrument.name_zh.ilike(like),
                Instrument.name_en.ilike(like),
                Instrument.model.ilike(like),
                Instrument.inner_id.ilike(like),
            )
        )
    return found


def _in_state(state: str) -> ColumnElement[bool]:
    if state == UNTOLD:
        return InstrumentWatch.state.is_(None)
    return InstrumentWatch.state == state


def counts(session: Session, wanted: Filters) -> dict[str, int]:
    """Return how many instruments stand in each state, whichever state is chosen."""
    state = func.coalesce(InstrumentWatch.state, UNTOLD)
    query = _watched(wanted).with_only_columns(state, func.count()).group_by(state)
    return dict(session.execute(query).all())


def tiles(session: Session, wanted: Filters, page: int) -> list[Tile]:
    """Return one page of the wall: running first, then by name."""
    rank = func.array_position(list(ORDER), InstrumentWatch.state)
    query = (
        _watched(wanted)
        .options(joinedload(Instrument.unit))
        .order_by(rank.asc().nulls_last(), Instrument.name_zh, Instrument.id)
    )
    if wanted.state:
        query = query.where(_in_state(wanted.state))
    query = query.offset((page - 1) * PAGE_SIZE).limit(PAGE_SIZE)
    return [
        Tile(
            instrument,
            watch.state if watch else "",
            watch.since if watch else None,
            pulse.i_rms if pulse else None,
            pulse.ts if pulse else None,
        )
        for instrument, watch, pulse in session.execute(query)
    ]


def units(session: Session) -> list[Unit]:
    """Return the units whose instruments the reader watches."""
    inner = _watched(Filters()).with_only_columns(Instrument.unit_id)
    return list(session.scalars(select(Unit).where(Unit.id.in_(inner)).order_by(Unit.name_zh)))


def cities(session: Session) -> list[str]:
    """Return the codes of the cities whose instruments the reader watches."""
    city = func.substr(Instrument.region, 1, 4)
    return sorted(session.scalars(_watched(Filters()).with_only_columns(city).distinct()))
