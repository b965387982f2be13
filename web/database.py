"""The web's database sessions: Flask-SQLAlchemy over the house's one metadata."""

from typing import Any

from flask import Flask, current_app, g, request
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy.orm import DeclarativeBase, Session

from engine.db import Announce, Base


class RequestSession(FlaskSession):
    """A request's session; it carries the platform's clock and doorbell like any other."""

    def __init__(self, db: SQLAlchemy, **options: Any) -> None:  # noqa: ANN401 - SQLAlchemy's own
        super().__init__(db, info=dict(current_app.extensions["dayi-session"]), **options)


class SharedBase(DeclarativeBase):
    """The house's base as Flask-SQLAlchemy can take it: the same registry, the same metadata.

    It copies the class it is given, and SQLAlchemy refuses a copy of ``Base`` itself because of
    its type map, which the registry holds already.
    """

    registry = Base.registry
    metadata = Base.metadata


db = SQLAlchemy(
    model_class=SharedBase,
    disable_autonaming=True,
    session_options={"class_": RequestSession, "expire_on_commit": False},
)


def open_database(app: Flask, url: str, *, clock: object, announce: Announce | None) -> None:
    """Bind the application to the database at ``url`` (the application's own login)."""
    app.config["SQLALCHEMY_DATABASE_URI"] = url.replace("postgresql://", "postgresql+psycopg://", 1)
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"pool_pre_ping": True, "pool_size": 8}
    app.extensions["dayi-session"] = {"clock": clock, "announce": announce}
    db.init_app(app)
    app.before_request(_open_session)


def _open_session() -> None:
    if request.endpoint != "static":
        g.session = db.session()


def session() -> Session:
    """Return the request's session, in the scope of the person who asks."""
    open_session: Session = g.session
    return open_session
