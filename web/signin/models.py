"""Accounts with which people sign in, their sessions, and the attempts that are counted."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base
from engine.identity import uuid7

_ID = Identity(always=True)


class Account(Base):
    """How one person signs in; what they may do is in their role grants, never here.

    ``login`` and ``email`` are kept in lower case. Changing ``fs_uniquifier`` ends every session
    of the account.
    """

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.public_id"), unique=True)
    login: Mapped[str] = mapped_column(String(60), unique=True)
    email: Mapped[str | None] = mapped_column(String(120), unique=True)
    password: Mapped[str] = mapped_column(String(255))
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True, default=lambda: uuid4().hex)
    created_at: Mapped[datetime]

    #: Flask-Security asks; our roles have a scope and come from the person's grants.
    roles: ClassVar[list[str]] = []
    is_authenticated: ClassVar[bool] = True
    is_anonymous: ClassVar[bool] = False

    @property
    def is_active(self) -> bool:
        """Tell whether this account may be used (Flask-Login asks)."""
        return self.active

    def get_id(self) -> str:
        """Return what the session cookie keeps of this account (Flask-Login asks)."""
        return self.fs_uniquifier


class SignIn(Base):
    """One session from sign-in to sign-out; ending it here ends it in every browser."""

    __tablename__ = "sign_in"

    id: Mapped[UUID] = mapped_column(default=uuid7, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class SignInAttempt(Base):
    """One attempt to sign in, right or wrong; they are counted to slow guessing down."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (
        Index("ix_sign_in_attempt_login_at", "login", "at"),
        Index("ix_sign_in_attempt_address_at", "address", "at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    login: Mapped[str] = mapped_column(String(120))
    address: Mapped[str] = mapped_column(String(45))
    succeeded: Mapped[bool]
    at: Mapped[datetime]
