"""Keep and give out the files of cases; who sees the case sees the file."""

import hashlib
from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from domain.documents.kinds import clean_name, media_type
from domain.documents.models import Document
from domain.errors import DocumentRefused
from engine.actors import Actor
from engine.clock import now
from engine.db import as_system
from engine.errors import NotAllowed, NotFound
from engine.models import Instance

MAX_BYTES = 20 * 1024 * 1024


def store(
    session: Session, *, name: str, content: bytes, by: Actor, case_id: UUID | None = None
) -> Document:
    """Keep a file, for a case or (before the case has begun) for its uploader alone.

    Raises DocumentRefused, or NotFound for a case that the session's scope hides.
    """
    if not content:
        raise DocumentRefused("empty", reason="empty")
    if len(content) > MAX_BYTES:
        raise DocumentRefused("too large", reason="too_large", max_bytes=MAX_BYTES)
    shown = clean_name(name)
    kind = media_type(shown, content)
    if case_id is not None:
        _check_case(session, case_id)
    document = Document(
        case_id=case_id,
        name=shown,
        media_type=kind,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        content=content,
        uploaded_by=by.id,
        uploaded_at=now(session),
    )
    with as_system(session):
        session.add(document)
        session.flush()
    return document


def _check_case(session: Session, case_id: UUID) -> None:
    if session.scalar(select(Instance.id).where(Instance.public_id == case_id)) is None:
        raise NotFound(f"no case {case_id}", kind="case")


def read(session: Session, public_id: UUID) -> Document:
    """Return a file with its content; raises NotFound where the session's scope hides it."""
    query = select(Document).where(Document.public_id == public_id)
    document = session.scalar(query.options(undefer(Document.content)))
    if document is None:
        raise NotFound(f"no document {public_id}", kind="document")
    return document


def of_case(session: Session, case_id: UUID) -> list[Document]:
    """Return the files of a case in the order of their arrival, without their content."""
    return list(
        session.scalars(select(Document).where(Document.case_id == case_id).order_by(Document.id))
    )


def attach(session: Session, public_ids: Iterable[UUID], case_id: UUID, *, by: Actor) -> int:
    """Give files that were kept before the case began to the case; returns how many moved.

    Raises NotFound, and NotAllowed for another's file or one that belongs to another case.
    """
    _check_case(session, case_id)
    moved = 0
    for public_id in public_ids:
        document = session.scalar(select(Document).where(Document.public_id == public_id))
        if document is None:
            raise NotFound(f"no document {public_id}", kind="document")
        if document.case_id == case_id:
            continue
        if document.case_id is not None or not (by.is_system or document.uploaded_by == by.id):
            raise NotAllowed("this file belongs elsewhere")
        with as_system(session):
            document.case_id = case_id
            session.flush()
        moved += 1
    return moved
