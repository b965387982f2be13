"""The life of a model: candidate → shadow → active → retired, each step with its condition.

The first model of an instrument (thresholds from its commissioning) becomes active at once: there
is nothing better to compare it with. Every later one learns for ``learning_days`` with
``learning_cycles`` labelled cycles, then tells states in the shadow for ``shadow_days`` beside the
active one, then a named person lets it take over. Nothing is ever deleted: an interval names the
version that told it.
"""

from dataclasses import asdict
from datetime import datetime, timedelta
from uuid import UUID

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.actors import Actor
from engine.clock import now
from engine.db import as_system
from engine.errors import NotFound
from telemetry import algorithms
from telemetry.errors import ModelNotReady, NoModel
from telemetry.models import StateModel
from telemetry.ports import Place
from telemetry.readings import moment
from telemetry.states import CODES, RULES, RUNNING, Rules
from telemetry.training import Taught
from telemetry.windows import Windows


def add(
    session: Session, place: Place, taught: Taught, *, actor: Actor, rules: Rules = RULES
) -> StateModel:
    """Keep a fitted model as the instrument's next version; the first one is active at once."""
    with as_system(session):
        last = session.scalar(
            select(func.max(StateModel.version)).where(StateModel.instrument_id == place.id)
        )
        model = StateModel(
            instrument_id=place.id,
            version=(last or 0) + 1,
            kind=taught.model.kind,
            content=taught.model.dump(),
            metrics=taught.metrics,
            rules=asdict(rules),
            trained_from=moment(taught.start),
            trained_until=moment(taught.end),
            created_at=now(session),
            created_by=actor.id,
            unit_id=place.unit_id,
            region_path=place.region_path,
        )
        if last is None:
            model.status, model.active_at, model.active_by = "active", now(session), actor.id
        session.add(model)
        session.flush()
    return model


def read(session: Session, public_id: UUID) -> StateModel:
    """Return a model that the reader may see; raises NotFound."""
    model = session.scalar(select(StateModel).where(StateModel.public_id == public_id))
    if model is None:
        raise NotFound(f"no model {public_id}", kind="state_model")
    return model


def active(session: Session, instrument_id: int) -> StateModel:
    """Return the instrument's active model; raises NoModel."""
    return _in_use(session, instrument_id, "active")


def _in_use(session: Session, instrument_id: int, status: str) -> StateModel:
    model = session.scalar(
        select(StateModel).where(
            StateModel.instrument_id == instrument_id, StateModel.status == status
        )
    )
    if model is None:
        raise NoModel(f"no {status} model", instrument=instrument_id)
    return model


def to_shadow(session: Session, public_id: UUID) -> StateModel:
    """Let a candidate tell states beside the active model; raises ModelNotReady."""
    with as_system(session):
        model = _locked(session, public_id, "candidate")
        rules = Rules(**model.rules)
        days = (model.trained_until - model.trained_from) / timedelta(days=1)
        _demand("learning_days", rules.learning_days, days)
        _demand("learning_cycles", rules.learning_cycles, model.metrics.get("labelled_cycles", 0.0))
        for other in session.scalars(
            select(StateModel).where(
                StateModel.instrument_id == model.instrument_id, StateModel.status == "shadow"
            )
        ):
            other.status, other.retired_at = "retired", now(session)
        session.flush()
        model.status, model.shadow_at = "shadow", now(session)
        session.flush()
    return model


def activate(session: Session, public_id: UUID, *, actor: Actor) -> StateModel:
    """Let a shadow model take over from the active one; raises ModelNotReady.

    The person who says so is kept. What the former model told stays as it is.
    """
    with as_system(session):
        model = _locked(session, public_id, "shadow")
        since = model.shadow_at or now(session)
        days = (now(session) - since) / timedelta(days=1)
        _demand("shadow_days", Rules(**model.rules).shadow_days, days)
        former = active(session, model.instrument_id)
        former.status, former.retired_at = "retired", now(session)
        session.flush()
        model.status, model.active_at, model.active_by = "active", now(session), actor.id
        session.flush()
    return model


def _locked(session: Session, public_id: UUID, status: str) -> StateModel:
    model = session.scalar(
        select(StateModel)
        .where(StateModel.public_id == public_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if model is None:
        raise NotFound(f"no model {public_id}", kind="state_model")
    if model.status != status:
        raise ModelNotReady("another step", reason="status", wanted=status, found=model.status)
    return model


def _demand(reason: str, wanted: float, found: float) -> None:
    if found < wanted:
        raise ModelNotReady("too early", reason=reason, wanted=wanted, found=round(found, 1))


def compare(session: Session, shadow: StateModel, seen: Windows) -> dict[str, float]:
    """Note in a shadow model's metrics how far it agrees with the active one on these windows."""
    with as_system(session):
        first = active(session, shadow.instrument_id)
        ours, _ = algorithms.load(first.kind, first.content).tell(seen)
        theirs, _ = algorithms.load(shadow.kind, shadow.content).tell(seen)
        use = seen.known & ~seen.offline
        minutes = int(np.count_nonzero(use))
        running = CODES[RUNNING]
        found = {
            "shadow_hours": round(minutes / 60, 2),
            "shadow_agreement_pct": round(100.0 * float(np.mean(ours[use] == theirs[use])), 2)
            if minutes
            else 0.0,
            "shadow_running_hours": round(float(np.count_nonzero(theirs[use] == running)) / 60, 2),
            "active_running_hours": round(float(np.count_nonzero(ours[use] == running)) / 60, 2),
        }
        shadow.metrics = {**shadow.metrics, **found}
        session.flush()
    return found


def versions(session: Session, instrument_id: int) -> list[StateModel]:
    """Return the instrument's models, the newest first."""
    query = select(StateModel).where(StateModel.instrument_id == instrument_id)
    return list(session.scalars(query.order_by(StateModel.version.desc())))


def trained_before(model: StateModel, at: datetime) -> bool:
    """Tell whether a model is older than a moment (the weekly drift check asks)."""
    return model.trained_until < at
