"""Who asks: the actor of a request, and which roles a page needs."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast
from uuid import UUID

from flask import Flask, g, request
from flask_security import current_user
from sqlalchemy.orm import Session

from domain.organisations import actors
from engine.actors import Actor
from engine.db import as_system, set_scope
from engine.errors import EngineError, NotFound

View = TypeVar("View", bound=Callable[..., Any])

#: Somebody who has not signed in: holds nothing and takes part in nothing.
ANONYMOUS = Actor(id=UUID(int=2**128 - 1), name="")


class SignInNeeded(EngineError):
    """The page is for people who have signed in."""

    code = "sign_in_needed"


def init_access(app: Flask) -> None:
    """Give every request its actor and its session that actor's scope."""
    app.before_request(_load_actor)


def _load_actor() -> None:
    if request.endpoint == "static":
        return
    session: Session = g.session
    set_scope(session, ANONYMOUS)
    g.actor = ANONYMOUS
    if current_user.is_authenticated:
        enter(session, current_user.person_id)


def enter(session: Session, person_id: UUID) -> Actor:
    """Make a person the actor of this request and narrow the session to what they may see."""
    with as_system(session):
        actor = actors.load(session, person_id)
    set_scope(session, actor)
    g.actor = actor
    return actor


def current_actor() -> Actor:
    """Return who asks; ANONYMOUS before sign-in."""
    actor: Actor = g.get("actor", ANONYMOUS)
    return actor


def is_signed_in() -> bool:
    """Tell whether somebody has signed in."""
    return current_actor() is not ANONYMOUS


def requires(*roles: str) -> Callable[[View], View]:
    """Let only holders of one of these roles in; none named: anybody who has signed in.

    Everybody else gets the same "not found" as for an address that does not exist.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - any view
            if not is_signed_in():
                raise SignInNeeded
            if roles and not current_actor().has(*roles):
                raise NotFound
            return view(*args, **kwargs)

        return cast("View", guarded)

    return decorate
