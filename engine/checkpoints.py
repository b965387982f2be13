"""Signed Merkle tree heads over all events: what a rewriter of a whole chain cannot forge."""

import hashlib
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from psycopg.errors import LockNotAvailable
from sqlalchemy import insert, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from engine import clock, db
from engine.models import Checkpoint, Event
from engine.records import Verification, canonical, merkle_root, stamp

_NOTHING_BEFORE = "0" * 64


def checkpoint(session: Session, key: Ed25519PrivateKey) -> Checkpoint | None:
    """Sign the Merkle root over the events since the last checkpoint.

    None where there are no new events, or where transactions go on writing events for more than
    a second: numbers are given before they are committed, and a late one would fall behind the
    checkpoint. The next attempt then covers them all.
    """
    with db.as_system(session):
        return sign_new_events(session, key) if _holds_events(session) else None


def _holds_events(session: Session) -> bool:
    try:
        with session.begin_nested():
            session.execute(text("select hold_events()"))
    except OperationalError as error:
        if isinstance(error.orig, LockNotAvailable):
            return False
        raise
    return True


def sign_new_events(session: Session, key: Ed25519PrivateKey) -> Checkpoint | None:
    """Sign what is visible now; only safe while nobody is writing events."""
    last = session.scalars(select(Checkpoint).order_by(Checkpoint.id.desc()).limit(1)).first()
    first_id = last.last_event_id + 1 if last else 1
    statement = select(Event.id, Event.hash).where(Event.id >= first_id).order_by(Event.id)
    events = session.execute(statement).all()
    if not events:
        return None
    values = {
        "first_event_id": first_id,
        "last_event_id": events[-1].id,
        "events": len(events),
        "root": merkle_root(bytes.fromhex(event.hash) for event in events),
        "previous": _digest(last) if last else _NOTHING_BEFORE,
        "at": clock.now(session),
    }
    values["signature"] = key.sign(_signed_text(Checkpoint(**values))).hex()
    return session.scalars(insert(Checkpoint).returning(Checkpoint), values).one()


def verify_checkpoints(session: Session, public_key: Ed25519PublicKey) -> Verification:
    """Check every checkpoint: its signature, its place after the one before, and its events.

    ``bad_seq`` is the number of the first bad checkpoint; ``events`` counts covered events.
    """
    with db.as_system(session):
        previous, next_id, covered = _NOTHING_BEFORE, 1, 0
        for found in session.scalars(select(Checkpoint).order_by(Checkpoint.last_event_id)):
            reason = _problem(session, found, public_key, (previous, next_id))
            if reason is not None:
                return Verification(False, covered, found.id, reason)
            previous, next_id = _digest(found), found.last_event_id + 1
            covered += found.events
        return Verification(True, covered)


def _problem(
    session: Session, found: Checkpoint, public_key: Ed25519PublicKey, expected: tuple[str, int]
) -> str | None:
    try:
        public_key.verify(bytes.fromhex(found.signature), _signed_text(found))
    except (InvalidSignature, ValueError):
        return "signature"
    if (found.previous, found.first_event_id) != expected:
        return "previous"
    statement = (
        select(Event.hash)
        .where(Event.id.between(found.first_event_id, found.last_event_id))
        .order_by(Event.id)
    )
    hashes = session.scalars(statement).all()
    if len(hashes) != found.events:
        return "events"
    root = merkle_root(bytes.fromhex(value) for value in hashes)
    return None if root == found.root else "root"


def _signed_text(found: Checkpoint) -> bytes:
    at: datetime = found.at
    return canonical(
        {
            "v": 1,
            "first": found.first_event_id,
            "last": found.last_event_id,
            "events": found.events,
            "root": found.root,
            "previous": found.previous,
            "at": stamp(at),
        }
    ).encode()


def _digest(found: Checkpoint) -> str:
    return hashlib.sha256(_signed_text(found)).hexdigest()
