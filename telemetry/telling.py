"""States of an instrument told from its readings and kept as intervals; and how it stands now."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import Range, insert
from sqlalchemy.orm import Session

from engine.clock import now
from engine.db import as_system
from telemetry import algorithms, intervals, model_life, periods, readings, sensors
from telemetry.intervals import Interval
from telemetry.models import (
    InstrumentWatch,
    SensorBinding,
    SensorPulse,
    StateInterval,
    StateModel,
)
from telemetry.ports import Place
from telemetry.readings import moment
from telemetry.states import RULES, Rules
from telemetry.windows import MINUTE, Readings, Windows, windows

#: Read before and after the told time, so that its edges are seen in their surroundings.
_CONTEXT = timedelta(hours=2)
#: How far back an update tells again: features and the gap rule look that far ahead.
_UNSETTLED = timedelta(minutes=45)
_FIRST = timedelta(days=7)


@dataclass(frozen=True)
class Told:
    """What was told of ``[start, end)``; ``closed`` says that part of it was closed already."""

    start: datetime
    end: datetime
    intervals: list[Interval]
    model_version: int
    closed: bool


@dataclass(frozen=True)
class _Row:
    """An interval on its way into the table."""

    interval: Interval
    version: int
    told_at: datetime
    place: Place

    def values(self) -> dict[str, object]:
        each = self.interval
        return {
            "instrument_id": self.place.id,
            "state": each.state,
            "during": Range(moment(each.start), moment(each.end), bounds="[)"),
            "model_version": self.version,
            "confidence": each.confidence,
            "told_at": self.told_at,
            "unit_id": self.place.unit_id,
            "region_path": self.place.region_path,
        }


def tell(
    session: Session, place: Place, start: datetime, end: datetime, rules: Rules = RULES
) -> Told:
    """Tell the states of an instrument in ``[start, end)`` anew, where that time is still open.

    Time before the first sensor is left alone; a closed period keeps the intervals it has. The
    same readings under the same model give the same intervals, in whatever order they came.
    Raises NoModel.
    """
    with as_system(session):
        _take_turn(session, place)
        model = model_life.active(session, place.id)
        first = _first_bound(session, place)
        # Bound only later: nothing is told, which is an empty span and no backward one.
        start, end = _minute(min(max(start, first or end), end)), _minute(end)
        parts = periods.open_parts(session, place.region_path, start, end) if start < end else []
        for begin, finish in parts:
            _replace(session, place, model, _told(session, place, model, (begin, finish), rules))
        found = between(session, place.id, start, end)
        _stand(session, place)
    closed = sum((b - a for a, b in parts), timedelta(0)) < end - start
    return Told(start, end, found, model.version, closed)


def _take_turn(session: Session, place: Place) -> None:
    session.execute(
        text("select pg_advisory_xact_lock(hashtextextended(:name, 0))"),
        {"name": f"states {place.id}"},
    )


def _minute(at: datetime) -> datetime:
    return moment(at.timestamp() // MINUTE * MINUTE)


def _first_bound(session: Session, place: Place) -> datetime | None:
    found: datetime | None = session.scalar(
        text(
            "select min(lower(during)) from sensor_binding"
            " where instrument_id = :instrument and channel = 1"
        ),
        {"instrument": place.id},
    )
    return found


def seen(
    session: Session, place: Place, start: datetime, end: datetime, rules: Rules = RULES
) -> tuple[Windows, Readings]:
    """Return the windows and readings of ``[start, end)``, whichever sensor measured when."""
    bound = sensors.bindings(session, place.id, start, end)
    pieces = []
    for each in bound:
        begin = max(start, each.during.lower or start)
        pieces.append(readings.read(session, each.sensor_id, begin, min(end, _upper(each, end))))
    joined = readings.together(pieces)
    interval = float(max((each.sensor.interval_seconds for each in bound), default=0))
    found = windows(joined, start.timestamp(), end.timestamp(), rules, interval)
    return found, joined


def _upper(binding: SensorBinding, otherwise: datetime) -> datetime:
    return binding.during.upper or otherwise


def _told(
    session: Session, place: Place, model: StateModel, span: tuple[datetime, datetime], rules: Rules
) -> list[Interval]:
    start, end = span
    last = min(end + _CONTEXT, max(end, _minute(now(session))))
    found, _ = seen(session, place, start - _CONTEXT, last, rules)
    told = intervals.tell(algorithms.load(model.kind, model.content), found)
    return intervals.cut(told, int(start.timestamp()), int(end.timestamp()))


def _replace(session: Session, place: Place, model: StateModel, told: Sequence[Interval]) -> None:
    """Put intervals in the place of what was told of their time before."""
    if not told:
        return
    start, end = moment(told[0].start), moment(told[-1].end)
    touched = list(
        session.scalars(
            select(StateInterval).where(
                StateInterval.instrument_id == place.id,
                StateInterval.during.op("&&")(Range(start, end, bounds="[)")),
            )
        )
    )
    rest = [(part, old) for old in touched for part in _outside(old, told[0].start, told[-1].end)]
    if touched:
        session.execute(
            delete(StateInterval).where(StateInterval.id.in_([each.id for each in touched]))
        )
    present = now(session)
    rows = [_Row(part, old.model_version, old.told_at, place) for part, old in rest]
    rows += [_Row(each, model.version, present, place) for each in told]
    session.execute(insert(StateInterval), [row.values() for row in _joined(rows)])


def _as_interval(row: StateInterval) -> Interval:
    lower, upper = row.during.lower, row.during.upper
    assert lower is not None  # noqa: S101 - the table's check says so
    assert upper is not None  # noqa: S101
    return Interval(int(lower.timestamp()), int(upper.timestamp()), row.state, row.confidence)


def _outside(old: StateInterval, start: int, end: int) -> Iterable[Interval]:
    """Return what an interval has before ``start`` and after ``end``."""
    whole = _as_interval(old)
    if whole.start < start:
        yield replace(whole, end=start)
    if whole.end > end:
        yield replace(whole, start=end)


def _joined(rows: Iterable[_Row]) -> list[_Row]:
    """Join neighbours of one state and one model version, which a cut has parted."""
    kept: list[_Row] = []
    for row in sorted(rows, key=lambda one: one.interval.start):
        if kept and _continues(kept[-1], row):
            kept[-1] = replace(row, interval=_one(kept[-1].interval, row.interval))
        else:
            kept.append(row)
    return kept


def _continues(before: _Row, row: _Row) -> bool:
    same = before.interval.state == row.interval.state and before.version == row.version
    return same and before.interval.end == row.interval.start


def _one(first: Interval, second: Interval) -> Interval:
    confidence = None
    if first.confidence is not None and second.confidence is not None:
        weighted = first.confidence * first.hours + second.confidence * second.hours
        confidence = round(weighted / (first.hours + second.hours), 4)
    return Interval(first.start, second.end, first.state, confidence)


def between(session: Session, instrument_id: int, start: datetime, end: datetime) -> list[Interval]:
    """Return what was told of ``[start, end)``, cut to it, in order; row security applies."""
    query = (
        select(StateInterval)
        .where(
            StateInterval.instrument_id == instrument_id,
            StateInterval.during.op("&&")(Range(start, end, bounds="[)")),
        )
        .order_by(func.lower(StateInterval.during))
    )
    rows = map(_as_interval, session.scalars(query))
    return intervals.cut(rows, int(start.timestamp()), int(end.timestamp()))


def _stand(session: Session, place: Place) -> None:
    """Note how the instrument stands at the end of what has been told."""
    last = session.scalar(
        select(StateInterval)
        .where(StateInterval.instrument_id == place.id)
        .order_by(func.lower(StateInterval.during).desc())
        .limit(1)
    )
    if last is None:
        return
    values = {
        "state": last.state,
        "since": _since(session, last),
        "until": last.during.upper,
        "confidence": last.confidence,
        "model_version": last.model_version,
    }
    scope = {"unit_id": place.unit_id, "region_path": place.region_path}
    session.execute(
        insert(InstrumentWatch)
        .values(instrument_id=place.id, **values, **scope)
        .on_conflict_do_update(index_elements=["instrument_id"], set_={**values, **scope})
    )


def _since(session: Session, last: StateInterval) -> datetime | None:
    """Return since when the instrument has been in its state, whichever version told it."""
    found: datetime | None = session.scalar(
        text(
            "select max(upper(during)) from state_interval"
            " where instrument_id = :instrument and state <> :state"
        ),
        {"instrument": last.instrument_id, "state": last.state},
    )
    return found or last.during.lower


def update(session: Session, place: Place, rules: Rules = RULES) -> Told | None:
    """Tell what has come in since the last time, up to this minute; None without a model.

    Late readings are told from where they belong, as far as that time is still open.
    """
    with as_system(session):
        fresh = claim(session, place)
        watch = session.get(InstrumentWatch, place.id, populate_existing=True)
        present = now(session)
        known = [at for at in (fresh, watch.until if watch else None) if at is not None]
        start = min(known, default=present - _FIRST) - _UNSETTLED
        has_model = session.scalar(
            select(StateModel.id).where(
                StateModel.instrument_id == place.id, StateModel.status == "active"
            )
        )
        if has_model is None:
            return None
        return tell(session, place, start, present, rules)


def claim(session: Session, place: Place) -> datetime | None:
    """Take the mark of unclassified readings away and return the oldest one's time.

    Taken before the readings are read: what comes in between makes a new mark.
    """
    found = session.scalars(
        text(
            "with mine as (select p.sensor_id, p.fresh_from from sensor_pulse p"
            " join sensor_binding b using (sensor_id)"
            " where b.instrument_id = :instrument and upper_inf(b.during)"
            " and p.fresh_from is not null for update of p)"
            " update sensor_pulse p set fresh_from = null from mine"
            " where p.sensor_id = mine.sensor_id returning mine.fresh_from"
        ),
        {"instrument": place.id},
    ).all()
    return min(found, default=None)


def due(session: Session, idle: timedelta = timedelta(minutes=10)) -> list[int]:
    """Return the instruments that have unclassified readings, or that fell silent; system scope.

    An instrument that says nothing is looked at again after ``idle``, until it is offline.
    """
    query = (
        "select distinct b.instrument_id from sensor_binding b"
        " join sensor_pulse p using (sensor_id)"
        " left join instrument_watch w using (instrument_id)"
        " where b.channel = 1 and upper_inf(b.during) and (p.fresh_from is not null"
        " or w.until < :present - :idle)"
    )
    found = session.scalars(text(query), {"present": now(session), "idle": idle})
    return sorted(found)


def pulse(session: Session, sensor_id: int) -> SensorPulse | None:
    """Return the latest sign of a sensor that the reader may see."""
    return session.get(SensorPulse, sensor_id)
