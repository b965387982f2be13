"""Seals a person's sensitive values in the history under a key that can be erased."""

import json
import os
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from engine import clock, db
from engine.models import PersonKey

_NONCE_BYTES = 12


def key_of(session: Session, person_id: UUID) -> bytes:
    """Return the person's key (32 bytes), made on first use; system scope."""
    found = session.scalar(select(PersonKey.key).where(PersonKey.person_id == person_id))
    if found is not None:
        return found
    row = {
        "person_id": person_id,
        "key": AESGCM.generate_key(bit_length=256),
        "created_at": clock.now(session),
    }
    session.execute(insert(PersonKey).values(row).on_conflict_do_nothing())
    # Another transaction may have made the key first: what the table holds is what counts.
    return session.scalars(select(PersonKey.key).where(PersonKey.person_id == person_id)).one()


def keys_of(session: Session, people: Iterable[UUID]) -> dict[UUID, bytes]:
    """Return the keys that still exist, by person."""
    wanted = set(people)
    if not wanted:
        return {}
    with db.as_system(session):
        rows = session.execute(
            select(PersonKey.person_id, PersonKey.key).where(PersonKey.person_id.in_(wanted))
        )
        return {row.person_id: row.key for row in rows}


def seal(key: bytes, person_id: UUID, values: Mapping[str, Any], place: str) -> dict[str, str]:
    """Encrypt values with AES-256-GCM; ``place`` binds the text to one event of one case."""
    nonce = os.urandom(_NONCE_BYTES)
    plain = json.dumps(values, ensure_ascii=False, sort_keys=True).encode()
    text = AESGCM(key).encrypt(nonce, plain, place.encode())
    return {
        "for": str(person_id),
        "nonce": b64encode(nonce).decode(),
        "text": b64encode(text).decode(),
    }


def unseal(key: bytes | None, sealed: Mapping[str, str], place: str) -> dict[str, Any] | None:
    """Decrypt what ``seal`` made; None where the key was erased (or made anew since)."""
    if key is None:
        return None
    try:
        plain = AESGCM(key).decrypt(
            b64decode(sealed["nonce"]), b64decode(sealed["text"]), place.encode()
        )
    except InvalidTag:
        return None
    values: dict[str, Any] = json.loads(plain)
    return values


def erase(session: Session, person_id: UUID) -> bool:
    """Delete the person's key, and with it everything sealed; tell whether there was one."""
    with db.as_system(session):
        gone = session.execute(
            delete(PersonKey).where(PersonKey.person_id == person_id).returning(PersonKey.person_id)
        )
        return gone.first() is not None
