import csv
from pathlib import Path

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from domain.errors import InvalidValue
from domain.instruments import Instrument, giai
from domain.instruments.models import GiaiCode
from engine.actors import SYSTEM
from engine.db import connect, set_scope

PREFIX = "6901234"
VECTORS = list(csv.DictReader(Path(__file__).with_name("giai_vectors.csv").open(encoding="utf-8")))


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["why"][:24])
def test_the_form_of_a_code_is_judged_as_gs1_judges_it(vector: dict[str, str]) -> None:
    if vector["valid"] == "1":
        giai.check_form(vector["value"])
    else:
        with pytest.raises(InvalidValue):
            giai.check_form(vector["value"])


@pytest.mark.parametrize("code", ["6901234ZJDY000001", "690123456789012345678901234567"])
def test_a_code_of_set_82_up_to_thirty_characters_is_taken(code: str) -> None:
    giai.check(code, PREFIX)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("6901234567890123456789012345678", "characters"),
        ("ABC12345", "prefix"),
        ("6901234 A", "characters"),
        ("6901234#4", "characters"),
        ("6901234仪器1", "characters"),
        ("6901234zjdy000001", "case"),
        ("6901234", "characters"),
        ("", "characters"),
        ("6901234A\n", "characters"),
    ],
)
def test_a_wrong_code_is_refused_with_its_reason(code: str, reason: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        giai.check(code, PREFIX)
    assert caught.value.params["reason"] == reason


def test_a_prefix_alone_is_no_asset() -> None:
    with pytest.raises(InvalidValue) as caught:
        giai.check("69012345", "69012345")
    assert caught.value.params["reason"] == "reference"


def test_a_made_code_names_prefix_unit_year_and_serial() -> None:
    assert giai.make(PREFIX, "0012", 2026, 7) == "6901234ZJ00122026000007"


@pytest.fixture
def unit(session: Session, build):
    made = build.unit(session, 12, "甲大学", "330106", "university")
    giai.register_prefix(session, made, PREFIX)
    return made


def test_codes_are_issued_one_after_the_other_and_stay(session: Session, unit, build) -> None:
    one, two = (build.instrument(session, unit, inner_id=name) for name in "ab")
    assert giai.issue(session, one) == "6901234ZJ00122026000001"
    assert giai.issue(session, two) == "6901234ZJ00122026000002"
    assert giai.issue(session, one) == "6901234ZJ00122026000001"


def test_a_code_that_was_given_up_is_never_used_again(session: Session, unit, build) -> None:
    one, two = (build.instrument(session, unit, inner_id=name) for name in "ab")
    old = giai.issue(session, one)
    giai.retire(session, one)
    assert giai.issue(session, one) == "6901234ZJ00122026000002"
    again = update(Instrument).where(Instrument.id == two.id).values(giai=old)
    with pytest.raises(IntegrityError, match="giai_code"), session.begin_nested():
        session.execute(again)
    kept = session.get(GiaiCode, old)
    assert kept is not None
    assert kept.retired_at is not None


def test_a_changed_code_names_the_one_that_took_its_place(session: Session, unit, build) -> None:
    instrument = build.instrument(session, unit, giai="6901234OLD1")
    instrument.giai = "6901234NEW1"
    session.flush()
    rows = session.execute(select(GiaiCode.code, GiaiCode.superseded_by).order_by(GiaiCode.code))
    assert [tuple(row) for row in rows] == [("6901234NEW1", None), ("6901234OLD1", "6901234NEW1")]


def test_without_the_register_an_old_code_would_come_back(
    sessions: sessionmaker[Session], database, build
) -> None:
    """The sabotage twin: what refuses the old code is the database's register."""
    owner = connect(database.owner_url, isolation_level="AUTOCOMMIT")
    with owner.connect() as connection:
        connection.execute(text("drop trigger registers_new_giai on instrument"))
    owner.dispose()
    with sessions() as session:
        set_scope(session, SYSTEM)
        unit = build.unit(session, 12, "甲大学", "330106", "university")
        one = build.instrument(session, unit, giai="6901234OLD1", inner_id="a")
        giai.retire(session, one)
        two = build.instrument(session, unit, inner_id="b")
        two.giai = "6901234OLD1"
        session.flush()


def test_no_prefix_no_code_and_no_prefix_within_another(session: Session, unit, build) -> None:
    other = build.unit(session, 13, "乙所", "330211", "institute")
    with pytest.raises(InvalidValue) as caught:
        giai.issue(session, build.instrument(session, other))
    assert caught.value.params["reason"] == "prefix"
    for prefix, reason in (("69012345", "taken"), ("12ab", "prefix")):
        with pytest.raises(InvalidValue) as caught:
            giai.register_prefix(session, other, prefix)
        assert caught.value.params["reason"] == reason
