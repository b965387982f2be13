"""Runs a search for likes on the platform's instruments and keeps it as evidence.

A run is written once: what was asked, by which version, what was found with both answers and why.
From its snapshots alone it can be run again with the same result. What the rules advise and what
a named person decides stand beside it, apart from each other.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import func, insert, or_, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from domain.dedup import availability, training
from domain.dedup.catalogues import CANDIDATES
from domain.dedup.errors import AlreadyDecided, AnotherVersion, NotReproduced, ReasonNeeded
from domain.dedup.explain import reasons
from domain.dedup.models import DedupDecision, DedupHit, DedupRun
from domain.dedup.training import Likeness
from domain.instruments import catalogue
from domain.instruments.models import Instrument
from domain.lexicon.entries import Entry
from domain.lexicon.queries import likes
from domain.organisations.regions import path
from engine.actors import Actor
from engine.clock import now
from engine.db import as_system
from engine.errors import NotAllowed, NotFound

SearchedIn = Literal["unit", "province"]
#: Within one unit the index must propose more, because it knows no units.
_CANDIDATES_OF_A_UNIT = 600
_OWN_AT_MOST = 100
_OWN = text("instrument.changed_in = pg_current_xact_id_if_assigned()::text::bigint")


@dataclass(frozen=True)
class Wish:
    """What is looked for, for whom, and from which probabilities on a hit counts.

    ``leave_out`` is an instrument's own public id where it is compared with all others.
    """

    entry: Entry
    requested_by: UUID
    unit_id: int | None
    region: str | None
    case_id: UUID | None = None
    searched_in: SearchedIn = "province"
    top: int = 20
    model_from: float = 0.5
    function_from: float = 0.5
    leave_out: UUID | None = None


@dataclass(frozen=True)
class _Found:
    instrument: Instrument
    entry: Entry
    likeness: Likeness


def run(session: Session, wish: Wish) -> DedupRun:
    """Search the instruments of the network, also those that wait to enter, and keep the run."""
    judge = training.judge()
    with as_system(session):
        index = catalogue.look(session)
        instruments = _candidates(session, wish)
        entries = [catalogue.entry_of(instrument) for instrument in instruments]
        judged = judge.compare(wish.entry, entries)
        found = [_Found(*each) for each in zip(instruments, entries, judged, strict=True)]
        found.sort(key=lambda each: (-each.likeness.order, each.instrument.id))
        made = DedupRun(
            case_id=wish.case_id,
            requested_by=wish.requested_by,
            unit_id=wish.unit_id,
            region_path=path(wish.region) if wish.region else [],
            searched_in=wish.searched_in,
            snapshot=_snapshot(wish.entry),
            snapshot_hash=_hash(_snapshot(wish.entry)),
            algorithm=judge.version,
            scorer=judge.fingerprint,
            searched=_searched(session, wish, index.count()),
            model_from=wish.model_from,
            function_from=wish.function_from,
            ran_at=now(session),
        )
        session.add(made)
        session.flush()
        session.add_all(_hits(session, made, wish, found[: wish.top]))
        session.flush()
        session.expire(made, ["hits"])
    return made


def _candidates(session: Session, wish: Wish) -> Sequence[Instrument]:
    """Return the instruments that the index proposes, as far as they are looked for."""
    within = wish.searched_in == "unit"
    limit = _CANDIDATES_OF_A_UNIT if within else CANDIDATES
    ids = [hit.number for hit in catalogue.store(session).search(likes(wish.entry), limit)]
    # What this very transaction has written is in no index yet.
    own = select(Instrument.id).where(_OWN).order_by(Instrument.id.desc()).limit(_OWN_AT_MOST)
    query = (
        select(Instrument)
        .where(or_(Instrument.id.in_(ids), Instrument.id.in_(own)))
        .where(Instrument.lifecycle != "retired")
        .options(joinedload(Instrument.unit))
        .order_by(Instrument.id)
    )
    if within:
        query = query.where(Instrument.unit_id == wish.unit_id)
    if wish.leave_out is not None:
        query = query.where(Instrument.public_id != wish.leave_out)
    return session.scalars(query).all()


def _searched(session: Session, wish: Wish, indexed: int) -> int:
    if wish.searched_in != "unit":
        return indexed
    counted = select(func.count()).where(Instrument.unit_id == wish.unit_id)
    return session.scalar(counted) or 0


def _hits(session: Session, made: DedupRun, wish: Wish, found: Sequence[_Found]) -> list[DedupHit]:
    facts = availability.of(session, [each.instrument for each in found])
    return [
        DedupHit(
            run_id=made.id,
            rank=rank,
            instrument_id=each.instrument.public_id,
            snapshot=_snapshot(each.entry),
            same_model=each.likeness.same_model,
            same_function=each.likeness.same_function,
            reasons=_reasons(wish.entry, each.entry),
            availability=facts[each.instrument.id],
        )
        for rank, each in enumerate(found, 1)
    ]


def _reasons(wanted: Entry, found: Entry) -> list[dict[str, str]]:
    return [{**asdict(reason)} for reason in reasons(wanted, found)]


def _snapshot(entry: Entry) -> dict[str, Any]:
    return {field.name: getattr(entry, field.name) for field in fields(entry)}


def _hash(snapshot: Mapping[str, Any]) -> str:
    text = json.dumps(snapshot, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def read(session: Session, public_id: UUID) -> DedupRun:
    """Return a run in the actor's scope; raises NotFound."""
    found = session.scalar(select(DedupRun).where(DedupRun.public_id == public_id))
    if found is None:
        raise NotFound(f"no search {public_id}", kind="dedup_run")
    return found


def reproduce(session: Session, public_id: UUID) -> int:
    """Run a search again from its snapshots and compare; return how many hits were compared.

    Raises AnotherVersion where another version made it, NotReproduced with the rank of the first
    hit that comes out differently (0: the request itself was changed).
    """
    kept, judge = read(session, public_id), training.judge()
    if (kept.algorithm, kept.scorer) != (judge.version, judge.fingerprint):
        recorded, installed = kept.algorithm, judge.version
        raise AnotherVersion(f"made by {recorded}", recorded=recorded, installed=installed)
    if _hash(kept.snapshot) != kept.snapshot_hash:
        raise NotReproduced("the request was changed", run=str(public_id), rank=0)
    wanted = Entry(**kept.snapshot)
    entries = [Entry(**hit.snapshot) for hit in kept.hits]
    for hit, entry, again in zip(kept.hits, entries, judge.compare(wanted, entries), strict=True):
        same = (hit.same_model, hit.same_function) == (again.same_model, again.same_function)
        if not same or hit.reasons != _reasons(wanted, entry):
            raise NotReproduced(f"hit {hit.rank}", run=str(public_id), rank=hit.rank)
    return len(entries)


@dataclass(frozen=True)
class Decision:
    """What the rules advise and what a person decides about it."""

    advice: str
    decision: str
    reason: str = ""


def decide(session: Session, public_id: UUID, said: Decision, *, by: Actor) -> DedupDecision:
    """Keep a named person's decision beside the advice.

    Raises NotAllowed for the platform itself and for whoever asked for the search,
    ReasonNeeded where the decision departs from the advice without a word, AlreadyDecided.
    """
    kept = read(session, public_id)
    if by.is_system or by.id == kept.requested_by:
        raise NotAllowed("a person who did not ask for the search decides")
    departs = said.decision != said.advice
    if departs and not said.reason.strip():
        raise ReasonNeeded
    values = {**asdict(said), "reason": said.reason.strip(), "departs": departs}
    written = insert(DedupDecision).values(
        run_id=kept.id, **values, decided_by=by.id, decided_at=now(session)
    )
    with as_system(session):
        try:
            with session.begin_nested():
                session.execute(written)
        except IntegrityError as taken:
            # The key of the table is the run: of two decisions at once one comes second.
            raise AlreadyDecided(str(public_id), run=str(public_id)) from taken
        session.expire(kept, ["decision"])
        return session.scalars(select(DedupDecision).where(DedupDecision.run_id == kept.id)).one()
