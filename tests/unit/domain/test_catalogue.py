"""The index follows the rows: late commits, renamed units, lost files, other databases."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session, sessionmaker

from domain.instruments import Instrument, catalogue, search
from domain.lexicon.stores import Store
from engine.actors import SYSTEM, Actor, Grant
from engine.db import set_scope


@pytest.fixture
def session(sessions: sessionmaker[Session]) -> Iterator[Session]:
    """A session of the test's own database, because these tests commit."""
    with sessions() as open_session:
        set_scope(open_session, SYSTEM)
        yield open_session


@pytest.fixture
def place(session: Session, build):
    unit = build.unit(session, 1, "浙江某大学", "330106", "university")
    one = build.instrument(session, unit, inner_id="one")
    two = build.instrument(session, unit, inner_id="two", name_zh="核磁共振波谱仪", name_en="NMR")
    session.commit()
    catalogue.refresh(session)
    session.commit()
    return unit, one, two


def found(session: Session, text: str) -> set[str]:
    names = {item.inner_id for item in search(session, text).items}
    session.commit()
    return names


def _rename(session: Session, instrument: Instrument, name: str) -> None:
    session.get_one(Instrument, instrument.id).name_zh = name
    session.flush()


def _late_commit(session: Session, sessions, place, remember) -> set[str]:
    """One change begins first and commits last; ``remember`` is what is kept in between."""
    _, one, two = place
    with sessions() as slow:
        set_scope(slow, SYSTEM)
        _rename(slow, one, "迟来的离心机")
        _rename(session, two, "先到的离心机")
        session.commit()
        catalogue.refresh(session)
        session.commit()
        remember(catalogue.store(session))
        slow.commit()
    catalogue.refresh(session)
    session.commit()
    return found(session, "离心机")


def test_a_change_that_commits_late_is_not_missed(session, sessions, place) -> None:
    assert _late_commit(session, sessions, place, Store.state) == {"one", "two"}


def test_a_mark_at_the_newest_change_would_miss_it(session, sessions, place) -> None:
    """The sabotage twin: remembering the highest number seen, as one would at first."""

    def highest(store) -> None:
        seen = max(store.state()["recent"].values())
        store.note({"low": seen + 1, "recent": {}})

    assert _late_commit(session, sessions, place, highest) == {"two"}


def test_what_was_rolled_back_is_not_in_the_index(session, sessions, place) -> None:
    _, one, _ = place
    with sessions() as other:
        set_scope(other, SYSTEM)
        _rename(other, one, "离心机")
        assert search(other, "离心机").total == 0
        other.rollback()
    assert found(session, "离心机") == set()
    assert found(session, "扫描电镜") == {"one"}


def test_a_search_works_a_few_changes_in_by_itself(session, place) -> None:
    _, one, _ = place
    _rename(session, one, "离心机")
    session.commit()
    assert found(session, "离心机") == {"one"}


def test_many_changes_are_left_to_the_timers(session, place, build, monkeypatch) -> None:
    monkeypatch.setattr(catalogue, "_FEW", 1)
    unit, *_ = place
    for number in range(2):
        build.instrument(session, unit, inner_id=f"more{number}", name_zh="离心机")
    session.commit()
    assert found(session, "离心机") == set()
    assert catalogue.refresh(session) == 2
    session.commit()
    assert found(session, "离心机") == {"more0", "more1"}


def test_a_renamed_unit_renames_its_instruments_in_the_index(session, place) -> None:
    unit, *_ = place
    unit.name_zh = "之江大学"
    session.commit()
    assert found(session, "之江大学") == {"one", "two"}
    assert found(session, "浙江某大学") == set()


def test_a_lost_index_is_made_anew(session, place, index_folder: Path) -> None:
    shutil.rmtree(index_folder / "search")
    assert found(session, "NMR") == {"two"}


def test_an_index_of_a_younger_database_is_made_anew(session, place) -> None:
    store = catalogue.store(session)
    store.rebuild([], {"low": 2**50, "recent": {}})
    assert found(session, "NMR") == {"two"}


def test_an_index_that_lacks_records_is_noticed_by_counting(session, place) -> None:
    store = catalogue.store(session)
    assert not catalogue.check(session)
    store.rebuild([], store.state())
    assert catalogue.check(session)
    session.commit()
    assert found(session, "NMR") == {"two"}


def test_the_index_proposes_and_the_database_decides(session, place, build) -> None:
    """A record that the index still has and the database hides or has changed is not shown."""
    unit, one, _ = place
    person = build.person(session, "张伟", unit)
    one.lifecycle = "retired"
    session.commit()
    set_scope(session, Actor(person.public_id, "张伟", (Grant("applicant"),)))
    assert "one" not in found(session, "扫描电镜")
    set_scope(session, SYSTEM)


def test_an_instrument_that_waits_to_enter_is_not_shown(session, place, build) -> None:
    unit, *_ = place
    build.instrument(session, unit, inner_id="new", name_zh="离心机", lifecycle="pending")
    session.commit()
    assert found(session, "离心机") == set()
