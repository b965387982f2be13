"""Who may sign in: passwords, sessions and the limits on guessing.

Times here are the real ones, never the demo clock's: moving that clock by a day must neither end
anybody's session nor lift a lock.
"""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Flask, current_app, g, request
from flask import session as cookie
from flask_security import Security, SQLAlchemyUserDatastore, current_user
from flask_security.utils import (
    hash_password,
    login_user,
    logout_user,
    verify_and_update_password,
    verify_password,
)
from sqlalchemy import func, or_, select, text
from sqlalchemy.orm import Session

from engine.errors import EngineError
from web.access import enter
from web.database import db
from web.signin.models import Account, SignIn, SignInAttempt
from web.transactions import transaction

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
#: This many wrong passwords for one account, or from one address, within the window lock it.
WINDOW = timedelta(minutes=15)
TRIES_PER_LOGIN = 5
TRIES_PER_ADDRESS = 50
_SESSION = "sign_in"
_LONGEST_LOGIN = 120


class WrongCredentials(EngineError):
    """No account has this name and password."""

    code = "wrong_credentials"


class TooManyAttempts(EngineError):
    """Too many wrong passwords; params: minutes."""

    code = "too_many_attempts"


def init_accounts(app: Flask) -> None:
    """Wire Flask-Security: password hashes and the loading of the signed-in account."""
    app.config.update(
        PERMANENT_SESSION_LIFETIME=IDLE,
        SECURITY_PASSWORD_HASH="argon2",  # noqa: S106 - the name of the method
        SECURITY_PASSWORD_SCHEMES=["argon2"],
        SECURITY_PASSWORD_SINGLE_HASH=["argon2"],
        SECURITY_PASSWORD_SALT="unused",  # noqa: S106 - argon2 salts each hash itself
        SECURITY_JOIN_USER_ROLES=False,
        SECURITY_USER_IDENTITY_ATTRIBUTES=[{"login": {"mapper": str}}],
        SECURITY_DEFAULT_REMEMBER_ME=False,
    )
    account_model: Any = Account
    no_roles: Any = None
    datastore = SQLAlchemyUserDatastore(db, account_model, no_roles)
    security = Security(app, datastore, register_blueprint=False)
    security.login_manager.session_protection = None  # the rows of sign_in do that
    with app.app_context():
        app.extensions["dayi-no-password"] = hash_password("nobody has this password")
    app.before_request(_end_old_session)


def sign_in(login: str, password: str) -> Account:
    """Sign a person in and start a session; ``login`` is an account name or an e-mail address.

    Raises WrongCredentials or TooManyAttempts. Every attempt is kept, also the refused ones.
    """
    name, address = login.strip().lower()[:_LONGEST_LOGIN], request.remote_addr or ""
    with transaction() as session:
        # One at a time for one name: parallel guesses must not slip past the count.
        session.execute(
            text("select pg_advisory_xact_lock(hashtextextended(:name, 1))"), {"name": name}
        )
        _refuse_guessing(session, name, address)
        account = _account_with(session, name, password)
        session.add(
            SignInAttempt(login=name, address=address, succeeded=account is not None, at=_now())
        )
        if account is not None:
            _start(session, account)
    if account is None:
        raise WrongCredentials
    enter(session, account.person_id)
    return account


def sign_out() -> None:
    """End this session for good: its cookie is worth nothing any more, wherever a copy lies."""
    with transaction() as session:
        row = _current(session)
        if row is not None:
            row.ended_at = _now()
        logout_user()
        cookie.clear()


def _now() -> datetime:
    return datetime.now(UTC)


def _refuse_guessing(session: Session, login: str, address: str) -> None:
    since = _now() - WINDOW
    last_success = select(func.max(SignInAttempt.at)).where(
        SignInAttempt.login == login, SignInAttempt.succeeded
    )
    failed = select(func.count()).where(~SignInAttempt.succeeded, SignInAttempt.at > since)
    for_login = session.scalar(
        failed.where(
            SignInAttempt.login == login,
            SignInAttempt.at > func.coalesce(last_success.scalar_subquery(), since),
        )
    )
    from_address = session.scalar(failed.where(SignInAttempt.address == address))
    if (for_login or 0) >= TRIES_PER_LOGIN or (from_address or 0) >= TRIES_PER_ADDRESS:
        raise TooManyAttempts(minutes=int(WINDOW.total_seconds() // 60))


def _account_with(session: Session, login: str, password: str) -> Account | None:
    account = session.scalar(
        select(Account).where(or_(Account.login == login, Account.email == login))
    )
    if account is None:
        # As long as for a real account: the time must not tell which names exist.
        verify_password(password, _nobodys_password())
        return None
    user: Any = account
    right = verify_and_update_password(password, user)
    return account if right and account.active else None


def _nobodys_password() -> str:
    kept: str = current_app.extensions["dayi-no-password"]
    return kept


def _start(session: Session, account: Account) -> None:
    row = SignIn(account_id=account.id, started_at=_now())
    session.add(row)
    session.flush()
    # Nothing of the time before sign-in goes on, so a planted session is worth nothing.
    cookie.clear()
    user: Any = account
    login_user(user, authn_via=["password"])
    cookie.permanent = True
    cookie[_SESSION] = str(row.id)


def _current(session: Session) -> SignIn | None:
    kept = cookie.get(_SESSION)
    return session.get(SignIn, UUID(kept)) if kept else None


def _end_old_session() -> None:
    """Refuse a session that was ended or has lasted long enough, whatever its cookie says."""
    if request.endpoint == "static" or not current_user.is_authenticated:
        return
    row = _current(g.session)
    alive = row is not None and row.ended_at is None and _now() - row.started_at < LONGEST
    if row is None or not alive or row.account_id != current_user.id:
        logout_user()
        cookie.clear()
