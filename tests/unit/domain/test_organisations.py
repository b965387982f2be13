from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.errors import GrantRefused
from domain.organisations import (
    DEPARTMENT_NAMES,
    ROLE_NAMES,
    Person,
    RoleGrant,
    actors,
    grant,
    names,
    people,
    regions,
    revoke,
    roles,
    uscc,
)
from engine.actors import DEPARTMENTS, ROLES, SYSTEM, Actor, Grant
from engine.clock import FixedClock
from engine.db import set_scope
from engine.errors import NotAllowed, NotFound


def test_every_role_and_department_has_a_chinese_and_an_english_name() -> None:
    assert set(ROLE_NAMES) == ROLES
    assert set(DEPARTMENT_NAMES) == DEPARTMENTS
    assert all(zh and en.isascii() for zh, en in [*ROLE_NAMES.values(), *DEPARTMENT_NAMES.values()])


@pytest.mark.parametrize("code", ["91330106MA2H2NPM7J", "12330000470051355L"])
def test_any_single_changed_character_of_a_credit_code_is_noticed(code: str) -> None:
    valid = code[:17] + uscc.check_character(code[:17])
    assert uscc.is_valid(valid)
    for position in range(18):
        other = "1" if valid[position] != "1" else "2"
        assert not uscc.is_valid(valid[:position] + other + valid[position + 1 :])


def test_a_credit_code_known_to_be_real_is_valid() -> None:
    assert uscc.is_valid("91110000600037341L")
    assert not uscc.is_valid("91110000600037342L")
    assert not uscc.is_valid("9111000060003734IL")


def test_prefixes_of_a_region_go_from_the_province_down() -> None:
    assert regions.path("330106") == ["33", "3301", "330106"]
    assert regions.path("330100") == ["33", "3301"]
    assert regions.path("330000") == ["33"]
    assert regions.full_code(regions.prefix("330100")) == "330100"


def test_an_actor_has_only_the_roles_that_count_now(world, clock: FixedClock) -> None:
    session = world.session
    given = Grant("instrument_manager", unit_id=world.unit.id)
    until = clock.at + timedelta(days=1)
    grant(session, world.user.public_id, given, by=SYSTEM, until=until)
    row = grant(session, world.user.public_id, Grant("applicant"), by=SYSTEM)
    assert actors.load(session, world.user.public_id).grants == (given, Grant("applicant"))
    revoke(session, row.public_id, by=SYSTEM)
    assert actors.load(session, world.user.public_id).grants == (given,)
    clock.move(timedelta(days=1))
    assert actors.load(session, world.user.public_id).grants == ()


def test_an_inactive_or_unknown_person_is_no_actor(world) -> None:
    world.user.active = False
    world.session.flush()
    for public_id in (world.user.public_id, uuid4()):
        with pytest.raises(NotFound):
            actors.load(world.session, public_id)


def _refused(session: Session, person: Person, given: Grant, by: Actor) -> str:
    with pytest.raises(GrantRefused) as caught:
        grant(session, person.public_id, given, by=by)
    return str(caught.value.params["reason"])


def test_a_grant_is_never_wider_than_the_granters_own(world) -> None:
    session = world.session
    own = Grant("unit_administrator", unit_id=world.unit.id)
    administrator = world.actor(world.administrator, own)
    leader = world.actor(
        world.manager, Grant("department_leader", region="3301", department="science")
    )
    inside = Grant("instrument_manager", unit_id=world.unit.id)
    county = Grant("department_officer", region="330106", department="science")
    assert grant(session, world.user.public_id, inside, by=administrator).id
    assert grant(session, world.user.public_id, county, by=leader).id
    wider = [
        (Grant("instrument_manager", unit_id=world.other.id), administrator),
        (county, administrator),
        (Grant("operator"), administrator),
        (Grant("department_officer", region="33", department="science"), leader),
        (Grant("department_officer", region="3302", department="science"), leader),
        (Grant("department_officer", region="330106", department="finance"), leader),
        (Grant("expert", region="330106"), leader),
        (Grant("applicant"), world.actor(world.outsider)),
    ]
    for given, by in wider:
        assert _refused(session, world.user, given, by) == "wider"


def test_a_person_of_another_unit_is_not_an_administrators_to_equip(world) -> None:
    own = Grant("unit_administrator", unit_id=world.unit.id)
    by = world.actor(world.administrator, own)
    assert _refused(world.session, world.outsider, Grant("enterprise_agent"), by) == "wider"


def test_nobody_gives_a_role_to_themselves(world) -> None:
    by = world.actor(world.user, Grant("platform_administrator"))
    assert _refused(world.session, world.user, Grant("operator"), by) == "self"
    assert grant(world.session, world.manager.public_id, Grant("operator"), by=by).id


@pytest.mark.parametrize(
    "given",
    [
        Grant("king"),
        Grant("instrument_manager"),
        Grant("instrument_manager", unit_id=10**9),
        Grant("department_officer", region="33"),
        Grant("department_officer", region="3399", department="science"),
        Grant("department_officer", region="330", department="science"),
        Grant("department_officer", region="33", department="sport"),
        Grant("operator", region="33"),
        Grant("auditor"),
    ],
)
def test_a_role_and_a_scope_that_do_not_fit_are_refused(world, given: Grant) -> None:
    assert _refused(world.session, world.user, given, SYSTEM) in {"role", "scope"}


def test_an_auditor_holds_no_role_that_auditors_examine(world) -> None:
    session, auditor = world.session, Grant("auditor", region="33")
    officer = Grant("department_officer", region="33", department="science")
    grant(session, world.user.public_id, auditor, by=SYSTEM)
    assert _refused(session, world.user, officer, SYSTEM) == "conflict"
    grant(session, world.outsider.public_id, officer, by=SYSTEM)
    assert _refused(session, world.outsider, auditor, SYSTEM) == "conflict"


def test_a_term_that_ends_before_it_begins_is_refused(world, clock: FixedClock) -> None:
    with pytest.raises(GrantRefused):
        grant(world.session, world.user.public_id, Grant("applicant"), by=SYSTEM, until=clock.at)


def test_only_somebody_who_could_give_a_role_can_take_it(world) -> None:
    row = grant(world.session, world.user.public_id, Grant("operator"), by=SYSTEM)
    with pytest.raises(NotAllowed):
        revoke(world.session, row.public_id, by=world.actor(world.outsider))
    first = revoke(world.session, row.public_id, by=SYSTEM).revoked_at
    assert first is not None
    assert revoke(world.session, row.public_id, by=SYSTEM).revoked_at == first
    with pytest.raises(NotFound):
        revoke(world.session, uuid4(), by=SYSTEM)


def test_names_of_everybody_but_contact_data_of_ones_own_unit_only(world) -> None:
    session = world.session
    set_scope(session, world.actor(world.outsider))
    ids = [world.user.public_id, world.outsider.public_id, SYSTEM.id, uuid4()]
    assert names(session, ids) == {
        world.user.public_id: "张伟",
        world.outsider.public_id: "李娟",
        SYSTEM.id: SYSTEM.name,
    }
    user_id, outsider_id, unit_id = world.user.public_id, world.outsider.public_id, world.unit.id
    managing = world.managing()
    session.expunge_all()
    with pytest.raises(NotFound):
        people.read(session, user_id)
    assert people.read(session, outsider_id).email == "a@example.cn"
    set_scope(session, managing)
    assert people.read(session, user_id).name == "张伟"
    assert [p.name for p in people.of_unit(session, unit_id)] == ["刘洋", "张伟", "王芳"]


def test_role_grants_of_others_are_hidden(world) -> None:
    session = world.session
    grant(session, world.user.public_id, Grant("applicant"), by=SYSTEM)
    set_scope(session, world.actor(world.outsider))
    assert session.scalar(select(func.count()).select_from(RoleGrant)) == 0
    set_scope(session, world.actor(world.user))
    assert [row.role for row in roles.held(session, world.user.public_id)] == ["applicant"]
