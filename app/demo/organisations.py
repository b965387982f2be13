"""The demo's units: real names, invented credit codes."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.demo.tables import public_id, rows
from domain.organisations import Unit, uscc

#: kind → first two characters of the credit code (registering authority and kind of entity).
_ENTITY = {
    "university": "12",
    "institute": "12",
    "hospital": "12",
    "new_institute": "52",
    "enterprise": "91",
}
#: A company prefix of the test range; all demo units share it.
GS1_PREFIX = "6901234"


def seed(session: Session) -> None:
    """Write the units that are not there yet."""
    known = set(session.scalars(select(Unit.public_id)))
    for row in rows("units"):
        unit_id = public_id("unit", int(row["code"]))
        if unit_id not in known:
            session.add(
                Unit(
                    public_id=unit_id,
                    uscc=_credit_code(row),
                    code=row["code"],
                    name_zh=row["name_zh"],
                    name_en=row["name_en"],
                    short_names=row["short_names"],
                    kind=row["kind"],
                    region=row["region"],
                    address=row["address"],
                    supervisor=row["supervisor"],
                    gs1_prefix=GS1_PREFIX,
                )
            )
    session.flush()


def _credit_code(row: dict[str, str]) -> str:
    first = f"{_ENTITY[row['kind']]}{row['region']}MD{int(row['code']):07d}"
    return first + uscc.check_character(first)


def by_code(session: Session) -> dict[str, Unit]:
    """Return the demo's units by their four-digit code."""
    ids = [public_id("unit", int(row["code"])) for row in rows("units")]
    return {
        unit.code: unit for unit in session.scalars(select(Unit).where(Unit.public_id.in_(ids)))
    }
