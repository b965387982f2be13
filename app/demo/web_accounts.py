"""The demo's sign-in accounts, for the people of the demo province."""

from argon2 import PasswordHasher
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.demo.accounts import ACCOUNTS, PASSWORD
from app.demo.tables import SINCE
from engine.db import as_system
from web.signin.models import Account


def seed(session: Session) -> None:
    """Write the accounts that are not there yet; a second call changes nothing."""
    with as_system(session):
        known = set(session.scalars(select(Account.login)))
        missing = [account for account in ACCOUNTS if account.login not in known]
        if not missing:
            return
        # One hash for all: the password is public, and forty hashes would take seconds.
        password = PasswordHasher().hash(PASSWORD)
        session.add_all(
            Account(
                person_id=account.person_id,
                login=account.login,
                email=f"{account.login}@example.cn",
                password=password,
                created_at=SINCE,
            )
            for account in missing
        )
        session.flush()
