"""A search for likes is evidence: kept as it was, run again alike, seen by those concerned."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError, MultipleResultsFound
from sqlalchemy.orm import Session, sessionmaker

from domain.dedup import runs, training
from domain.dedup.errors import AlreadyDecided, AnotherVersion, NotReproduced, ReasonNeeded
from domain.instruments import catalogue
from domain.lexicon.entries import Entry
from engine.actors import SYSTEM, Actor, Grant
from engine.db import set_scope
from engine.errors import NotAllowed, NotFound

WANTED = Entry("场发射扫描电镜", model="GEMINI-300", maker="德国蔡司", category="010103")


@pytest.fixture(scope="session")
def judge_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("judge")


@pytest.fixture(autouse=True)
def judge(judge_home: Path) -> Iterator[training.Judge]:
    training.configure(judge_home)
    yield training.judge()
    training.configure(None)


@pytest.fixture
def session(sessions: sessionmaker[Session]) -> Iterator[Session]:
    """A session of the test's own database, because these tests commit."""
    with sessions() as open_session:
        set_scope(open_session, SYSTEM)
        yield open_session


def wish(world, **more) -> runs.Wish:
    fields = {
        "entry": WANTED,
        "requested_by": world.user.public_id,
        "unit_id": world.unit.id,
        "region": world.unit.region,
    }
    return runs.Wish(**{**fields, **more})


def test_the_same_model_comes_first_with_its_reasons_and_its_facts(world, build) -> None:
    session = world.session
    build.instrument(session, world.other, inner_id="nmr", name_zh="核磁共振波谱仪",
                     name_en="NMR", maker="Bruker", model="Avance NEO 600")  # fmt: skip
    session.commit()
    made = runs.run(session, wish(world))
    first, *others = made.hits
    assert first.instrument_id == world.instrument.public_id
    assert first.same_model > 0.9
    assert max(hit.same_model for hit in others) < 0.5
    assert {reason["point"]: reason["effect"] for reason in first.reasons} == {
        "model": "agrees", "maker": "agrees", "kind": "agrees", "name": "near",
        "class": "agrees", "specs": "unknown", "outside": "unknown",
    }  # fmt: skip
    assert first.availability["reachable"] is True
    assert made.searched == 2


def test_an_instrument_of_the_same_transaction_is_found_before_any_index_has_it(
    world, build
) -> None:
    world.session.commit()
    catalogue.refresh(world.session)
    fresh = build.instrument(world.session, world.unit, inner_id="fresh")
    made = runs.run(world.session, wish(world))
    assert fresh.public_id in {hit.instrument_id for hit in made.hits}


def test_a_search_within_the_unit_and_without_the_own_instrument(world, build) -> None:
    session = world.session
    build.instrument(session, world.other, inner_id="there")
    session.commit()
    assert len(runs.run(session, wish(world)).hits) == 2
    within = runs.run(session, wish(world, searched_in="unit"))
    assert [hit.instrument_id for hit in within.hits] == [world.instrument.public_id]
    assert within.searched == 1
    own = world.instrument.public_id
    without = runs.run(session, wish(world, searched_in="unit", leave_out=own))
    assert without.hits == []


def test_a_run_comes_out_the_same_again_and_a_changed_one_is_noticed(world, database) -> None:
    session = world.session
    session.commit()
    made = runs.run(session, wish(world))
    assert runs.reproduce(session, made.public_id) == 1
    made.hits[0].same_model = 0.1
    with pytest.raises(NotReproduced), session.no_autoflush:
        runs.reproduce(session, made.public_id)
    session.expire_all()
    made.snapshot = {**made.snapshot, "model": "Gemini 500"}
    with pytest.raises(NotReproduced), session.no_autoflush:
        runs.reproduce(session, made.public_id)
    session.expire_all()
    made.scorer = "another"
    with pytest.raises(AnotherVersion), session.no_autoflush:
        runs.reproduce(session, made.public_id)


def test_the_instrument_may_change_without_changing_the_run(world) -> None:
    session = world.session
    session.commit()
    made = runs.run(session, wish(world))
    world.change(model="Sigma 500", name_zh="别的")
    assert runs.reproduce(session, made.public_id) == 1


@pytest.mark.parametrize("table", ["dedup_run", "dedup_hit", "dedup_decision"])
def test_the_application_cannot_rewrite_a_run(world, table: str) -> None:
    world.session.commit()
    runs.run(world.session, wish(world))
    world.session.commit()
    for statement in (f"update {table} set run_id = run_id", f"delete from {table}"):
        with pytest.raises(DatabaseError, match="permission denied"):
            world.session.execute(text(statement.replace("run_id = run_id", _same(table))))
        world.session.rollback()


def _same(table: str) -> str:
    return "searched = searched" if table == "dedup_run" else "run_id = run_id"


def test_a_run_is_seen_by_whoever_asked_their_unit_and_their_region_only(world) -> None:
    session = world.session
    session.commit()
    made = runs.run(session, wish(world))
    session.commit()
    readers = [
        (world.actor(world.user), True),
        (world.managing(), True),
        (Actor(uuid4(), "审计", (Grant("auditor", region="3301"),)), True),
        (world.actor(world.outsider), False),
        (Actor(uuid4(), "宁波审计", (Grant("auditor", region="3302"),)), False),
    ]
    for reader, may_see in readers:
        set_scope(session, reader)
        hits = session.scalar(text("select count(*) from dedup_hit"))
        if may_see:
            assert runs.read(session, made.public_id).searched == 1
        else:
            with pytest.raises(NotFound):
                runs.read(session, made.public_id)
        assert (hits == 1) is may_see
        session.commit()


def test_a_person_decides_beside_the_advice_and_says_why_when_departing(world) -> None:
    session = world.session
    session.commit()
    made = runs.run(session, wish(world))
    session.commit()
    manager = world.managing()
    departing = runs.Decision("不建议购置", "建议购置")
    with pytest.raises(ReasonNeeded):
        runs.decide(session, made.public_id, departing, by=manager)
    with pytest.raises(NotAllowed):
        runs.decide(session, made.public_id, departing, by=SYSTEM)
    with pytest.raises(NotAllowed):
        runs.decide(session, made.public_id, departing, by=world.actor(world.user))
    said = runs.Decision("不建议购置", "建议购置", "现有机时已满")
    kept = runs.decide(session, made.public_id, said, by=manager)
    assert (kept.departs, kept.decided_by) == (True, world.manager.public_id)
    with pytest.raises(AlreadyDecided):
        runs.decide(session, made.public_id, said, by=manager)
    session.commit()
    session.expire_all()
    assert made.decision is not None


def test_without_the_key_of_the_table_there_would_be_two_decisions(world, database) -> None:
    """The sabotage twin: what refuses the second decision is the table's key."""
    from engine.db import connect

    session = world.session
    session.commit()
    made = runs.run(session, wish(world))
    session.commit()
    owner = connect(database.owner_url, isolation_level="AUTOCOMMIT")
    with owner.connect() as connection:
        connection.execute(text("alter table dedup_decision drop constraint pk_dedup_decision"))
    owner.dispose()
    said = runs.Decision("a", "a")
    runs.decide(session, made.public_id, said, by=world.managing())
    with pytest.raises(MultipleResultsFound):
        runs.decide(session, made.public_id, said, by=world.managing())
    assert session.scalar(text("select count(*) from dedup_decision")) == 2
