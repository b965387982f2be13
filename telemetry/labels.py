"""What people say an instrument did at a time, and the models taught with it."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from engine.actors import Actor
from engine.clock import now
from engine.db import as_system
from telemetry import model_life, telling, training
from telemetry.intervals import Interval
from telemetry.models import StateLabel, StateModel
from telemetry.ports import Place
from telemetry.readings import moment
from telemetry.states import RULES, Rules


def say(
    session: Session, place: Place, state: str, during: tuple[datetime, datetime], *, actor: Actor
) -> StateLabel:
    """Keep what a person says: the instrument was in this state during ``[start, end)``.

    Labels are never changed; of two that overlap the later one counts.
    """
    label = StateLabel(
        instrument_id=place.id,
        state=state,
        during=Range(*during, bounds="[)"),
        said_by=actor.id,
        said_at=now(session),
        unit_id=place.unit_id,
        region_path=place.region_path,
    )
    with as_system(session):
        session.add(label)
        session.flush()
    return label


def of(session: Session, instrument_id: int) -> list[Interval]:
    """Return an instrument's labels in the order in which they were said."""
    rows = session.execute(
        select(func.lower(StateLabel.during), func.upper(StateLabel.during), StateLabel.state)
        .where(StateLabel.instrument_id == instrument_id)
        .order_by(StateLabel.id)
    )
    return [
        Interval(int(start.timestamp()), int(end.timestamp()), state, None)
        for start, end, state in rows
    ]


def learn(
    session: Session,
    place: Place,
    *,
    actor: Actor,
    method: training.Method = "auto",
    rules: Rules = RULES,
) -> StateModel:
    """Teach the instrument's next model with all its labels and the readings of their time.

    Raises ValueError where no labelled minute holds a reading.
    """
    with as_system(session):
        told = of(session, place.id)
        if not told:
            raise ValueError("there is no label")
        start = moment(min(each.start for each in told))
        end = moment(max(each.end for each in told))
        _, readings = telling.seen(session, place, start, end, rules)
        taught = training.teach(readings, told, method, rules)
        return model_life.add(session, place, taught, actor=actor, rules=rules)
