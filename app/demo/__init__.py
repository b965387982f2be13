"""A made-up province in working order: units, people, instruments. For demonstrations and tests.

The units exist; the people, the asset codes, the credit codes and which unit owns which
instrument are invented.
"""

from sqlalchemy.orm import Session

from app.demo import instruments, organisations, people
from engine.db import as_system


def seed(session: Session) -> None:
    """Write the demo data that is not there yet; a second call changes nothing."""
    with as_system(session):
        organisations.seed(session)
        people.seed(session)
        instruments.seed(session)
        session.flush()
