"""One transaction a request, and commands that are carried out once however often they come."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeVar, cast
from uuid import UUID

from flask import Response, g, make_response, request
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from engine import clock
from engine.errors import EngineError
from engine.identity import uuid7
from engine.models import Command
from web.access import SignInNeeded, current_actor, is_signed_in

View = TypeVar("View", bound=Callable[..., Any])

KEY_FIELD = "_key"
KEY_HEADER = "Idempotency-Key"
#: A key may be longer than a UUID, but must fit its column.
LONGEST_KEY = 100
#: How long the second of two identical commands waits for the first one's answer.
PATIENCE = "10s"
_LOCK_NOT_AVAILABLE = "55P03"
_KEPT_HEADERS = ("Content-Type", "Location", "HX-Redirect", "HX-Trigger")
_NOT_CONTENT = frozenset({KEY_FIELD, "csrf_token"})


class KeyMissing(EngineError):
    """A command came without an idempotency key."""

    code = "key_missing"


class KeyReused(EngineError):
    """The idempotency key was used before, for something else."""

    code = "key_reused"


class StillRunning(EngineError):
    """The same command is still being carried out; ask again in a moment."""

    code = "still_running"


def new_key() -> str:
    """Return a key for a form that is about to be shown."""
    return str(uuid7())


@contextmanager
def transaction() -> Iterator[Session]:
    """Commit at the end, or roll back what was done when an error leaves the block."""
    session: Session = g.session
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise


def command(view: View) -> View:
    """Carry a POST out once: one transaction, one commit, the answer kept under its key.

    The key comes in the header ``Idempotency-Key`` or the hidden field ``_key`` and counts for
    one person. The same command again gets the kept answer; while the first is still running
    the second waits for it. Another body under a known key raises KeyReused. A refused command
    leaves nothing behind, so its key may be used again. CSRF is checked for every POST of the
    application before this runs.
    """

    @wraps(view)
    def carried_out(*args: Any, **kwargs: Any) -> Response:  # noqa: ANN401 - any view
        if not is_signed_in():
            raise SignInNeeded
        key, actor_id, fingerprint = _key(), current_actor().id, _fingerprint()
        with transaction() as session:
            _wait_for_turn(session, actor_id, key)
            known = session.scalar(
                select(Command).where(Command.actor_id == actor_id, Command.key == key)
            )
            if known is not None:
                return _replay(known, fingerprint)
            response = make_response(view(*args, **kwargs))
            if response.status_code >= 400:  # noqa: PLR2004 - refused: leave nothing behind
                session.rollback()
                return response
            session.add(_record(session, (actor_id, key, fingerprint), response))
        return response

    return cast("View", carried_out)


def _key() -> str:
    key = request.headers.get(KEY_HEADER) or request.form.get(KEY_FIELD, "")
    if not key or len(key) > LONGEST_KEY:
        raise KeyMissing
    return key


def _fingerprint() -> str:
    """Hash what was asked for: method, address, fields and files, or the raw body."""
    digest = hashlib.sha256(f"{request.method} {request.full_path}\n".encode())
    if request.form or request.files:
        for name, values in sorted(request.form.lists()):
            if name not in _NOT_CONTENT:
                digest.update(repr((name, values)).encode())
        for name, file in sorted(request.files.items(multi=True), key=lambda item: item[0]):
            digest.update(repr((name, file.filename)).encode())
            digest.update(file.stream.read())
            file.stream.seek(0)
    else:
        digest.update(request.get_data())
    return digest.hexdigest()


def _wait_for_turn(session: Session, actor_id: UUID, key: str) -> None:
    session.execute(text("select set_config('lock_timeout', :for, true)"), {"for": PATIENCE})
    try:
        session.execute(
            text("select pg_advisory_xact_lock(hashtextextended(:name, 0))"),
            {"name": f"command {actor_id} {key}"},
        )
    except OperationalError as refused:
        if getattr(refused.orig, "sqlstate", "") == _LOCK_NOT_AVAILABLE:
            raise StillRunning from refused
        raise
    session.execute(text("select set_config('lock_timeout', '0', true)"))


def _replay(known: Command, fingerprint: str) -> Response:
    if known.request_hash != fingerprint:
        raise KeyReused
    response = Response(known.body, known.status, known.headers)
    response.headers["Idempotent-Replay"] = "true"
    return response


def _record(session: Session, what: tuple[UUID, str, str], response: Response) -> Command:
    actor_id, key, fingerprint = what
    return Command(
        actor_id=actor_id,
        key=key,
        request_hash=fingerprint,
        status=response.status_code,
        headers={n: response.headers[n] for n in _KEPT_HEADERS if n in response.headers},
        body=response.get_data(),
        at=clock.now(session),
    )
