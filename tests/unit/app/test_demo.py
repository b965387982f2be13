import time
from collections import Counter

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session, sessionmaker

from app.demo import seed
from app.demo.accounts import ACCOUNTS, MAIN_ACCOUNTS
from domain import instruments
from domain.booking import Qualification
from domain.instruments import Instrument, giai
from domain.organisations import Person, RoleGrant, Unit, actors, uscc
from engine.actors import DEPARTMENTS, ROLES

_TABLES = ("unit", "person", "role_grant", "instrument", "qualification")


@pytest.fixture
def seeded(session: Session) -> Session:
    seed(session)
    session.flush()
    return session


def _print(session: Session) -> dict[str, str]:
    return {
        table: session.scalar(
            text(f"select md5(string_agg(t::text, '|' order by id)) from {table} t")
        )
        for table in _TABLES
    }


def test_a_second_seeding_changes_nothing(session: Session) -> None:
    began = time.monotonic()
    seed(session)
    session.flush()
    assert time.monotonic() - began < 15
    before = _print(session)
    assert None not in before.values()
    seed(session)
    session.flush()
    assert _print(session) == before


def test_seeding_writes_the_same_rows_in_every_installation(seeded: Session) -> None:
    ids = seeded.scalars(select(Instrument.public_id).order_by(Instrument.public_id)).all()
    worth = seeded.scalar(select(func.sum(Instrument.worth_fen)))
    assert str(ids[0]) == "016f5e66-e800-7003-8000-0000000003e9"
    assert (len(ids), worth) == (412, EXPECTED_WORTH)


EXPECTED_WORTH = 142_333_300_000


def test_units_stand_in_all_eleven_cities_with_valid_credit_codes(seeded: Session) -> None:
    units = seeded.scalars(select(Unit)).all()
    assert len(units) >= 40
    assert len({unit.region[:4] for unit in units}) == 11
    assert all(uscc.is_valid(unit.uscc) for unit in units)


def test_every_role_and_department_has_somebody(seeded: Session) -> None:
    grants = seeded.scalars(select(RoleGrant)).all()
    assert {grant.role for grant in grants} == ROLES
    assert {grant.department for grant in grants} - {None} == DEPARTMENTS
    regions = {grant.region for grant in grants if grant.role == "department_officer"}
    assert {"33", "3301", "3302", "3303", "330110"} <= regions


def test_every_account_belongs_to_a_person_who_can_act_in_the_shown_role(seeded: Session) -> None:
    assert len({account.login for account in ACCOUNTS}) == len(ACCOUNTS) >= 40
    for account in ACCOUNTS:
        actor = actors.load(seeded, account.person_id)
        assert actor.name == account.name
        assert actor.has(account.role)
    assert {account.role for account in MAIN_ACCOUNTS} >= {
        "applicant",
        "enterprise_agent",
        "instrument_manager",
        "unit_administrator",
        "department_officer",
        "auditor",
        "process_designer",
        "process_publisher",
        "operator",
        "platform_administrator",
    }


def test_instruments_are_complete_plausible_and_managed_by_somebody_of_their_unit(
    seeded: Session,
) -> None:
    people = {p.public_id: p.unit_id for p in seeded.scalars(select(Person))}
    found = seeded.scalars(select(Instrument)).all()
    assert len(found) >= 320
    for instrument in found:
        giai.check(instrument.giai, "6901234")
        assert instrument.class_code[:4] in instruments.classes()
        assert all(people[who] == instrument.unit_id for who in instrument.manager_ids)
        assert instrument.manager_ids
        assert 30 * 1_000_000 <= instrument.worth_fen <= 6000 * 1_000_000
        assert instrument.max_minutes % instrument.step_minutes == 0
        assert instrument.name_en.isascii()
    makers = Counter(instrument.maker for instrument in found)
    assert len(makers) > 60


def test_some_people_are_qualified(seeded: Session) -> None:
    assert seeded.scalar(select(func.count()).select_from(Qualification)) >= 10


def test_a_visitor_without_scope_sees_instruments_but_no_person(
    seeded: Session, sessions: sessionmaker[Session]
) -> None:
    seeded.commit()
    with sessions() as bare:
        assert instruments.search(bare, "扫描电镜").total > 0
        assert bare.scalar(select(func.count()).select_from(Person)) == 0
