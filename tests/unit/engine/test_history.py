import json
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from app.database import Database
from engine import clock as clocks
from engine import history, sealing
from engine.actors import SYSTEM, Actor, Grant
from engine.checkpoints import sign_new_events
from engine.db import connect, set_scope
from engine.errors import NotFound
from engine.identity import uuid7
from engine.models import Definition, Deployment, Instance
from engine.records import Link, canonical, chain_problem, first_link, link_hash, plain

ZHANG = Actor(uuid7(), "张伟", (Grant("applicant"),))
VERIFIER = Path(__file__).resolve().parents[3] / "docs" / "verify_history.py"


def a_case(session: Session, number: str = "YY-2026-000001", **columns) -> Instance:
    now = clocks.now(session)
    deployment = Deployment(actor_id=SYSTEM.id, at=now)
    session.add(deployment)
    session.flush()
    definition = Definition(
        kind="bpmn", key=f"p_{number}", version=1, hash="0" * 64, content="",
        deployment_id=deployment.id, published_at=now, published_by=SYSTEM.id,
    )  # fmt: skip
    session.add(definition)
    session.flush()
    instance = Instance(
        number=number, process_key="p", definition_id=definition.id, started_at=now,
        initiator_id=ZHANG.id, **columns,
    )  # fmt: skip
    session.add(instance)
    session.flush()
    return instance


def a_written_case(session: Session, number: str = "YY-2026-000001") -> Instance:
    instance = a_case(session, number)
    task = uuid7()
    history.append(session, instance, "case_started", actor=ZHANG, data={"目的": "测样", "n": 1.5})
    history.append_many(
        session,
        instance,
        [
            history.Happening("task_created", SYSTEM, "approve", "审批", task),
            history.Happening("task_completed", ZHANG, "approve", "审批", task, {"agree": True}),
            history.Happening("path", SYSTEM, data={"elements": ["a"], "flows": ["b"]}),
            history.Happening("case_ended", SYSTEM),
        ],
    )
    session.commit()
    return instance


@pytest.fixture
def as_owner(database: Database):
    """Run one statement as the owner of the tables with the append-only triggers switched off."""
    owner = connect(database.owner_url)

    def run(statement: str, **values) -> None:
        with owner.begin() as connection:
            connection.execute(text("alter table event disable trigger user"))
            connection.execute(text("alter table checkpoint disable trigger user"))
            connection.execute(text(statement), values)

    yield run
    owner.dispose()


def test_what_was_written_is_read_back_in_order(session: Session) -> None:
    instance = a_written_case(session)
    entries = history.read(session, instance.id)
    assert [entry.seq for entry in entries] == [1, 2, 3, 4, 5]
    assert entries[0].data == {"目的": "测样", "n": 1.5}
    assert entries[2].element_name == "审批"
    assert entries[2].actor_id == ZHANG.id
    assert entries[0].at == clocks.now(session)


def test_an_untouched_history_verifies(session: Session) -> None:
    instance = a_written_case(session)
    assert history.verify(session, instance.id) == history.Verification(True, 5)


def test_several_events_of_a_step_take_one_insert_and_no_select(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance = a_case(session)
    statements: list[str] = []
    plain = psycopg.Cursor.execute

    def execute(self, query, *args, **named):
        statements.append(str(query).lower())
        return plain(self, query, *args, **named)

    monkeypatch.setattr(psycopg.Cursor, "execute", execute)
    happenings = [history.Happening("path", SYSTEM, data={"n": n}) for n in range(20)]
    history.append_many(session, instance, happenings)
    assert len(statements) == 1
    assert statements[0].startswith("insert into event")


def test_the_first_completion_of_a_task_is_found_by_the_task(session: Session) -> None:
    instance = a_written_case(session)
    task = history.read(session, instance.id)[2].task_id
    assert task is not None
    found = history.completion_of(session, task)
    assert found is not None
    assert (found.kind, found.actor_id) == ("task_completed", ZHANG.id)
    assert history.completion_of(session, uuid4()) is None


def test_an_unknown_kind_of_event_is_refused(session: Session) -> None:
    with pytest.raises(ValueError, match="no kind"):
        history.append(session, a_case(session), "draft_saved", actor=ZHANG)


def test_a_writer_with_a_stale_case_cannot_fork_the_chain(
    sessions: sessionmaker[Session],
) -> None:
    with sessions() as one, sessions() as two:
        set_scope(one, SYSTEM)
        set_scope(two, SYSTEM)
        mine = a_written_case(one)
        theirs = two.get_one(Instance, mine.id)
        history.append(one, mine, "path", actor=SYSTEM)
        one.commit()
        with pytest.raises(IntegrityError):
            history.append(two, theirs, "path", actor=SYSTEM)


def test_a_rolled_back_step_leaves_the_chain_where_it_was(session: Session) -> None:
    instance = a_written_case(session)
    history.append(session, instance, "path", actor=SYSTEM)
    session.rollback()
    history.append(session, instance, "path", actor=SYSTEM)
    session.commit()
    assert history.verify(session, instance.id) == history.Verification(True, 6)


def test_a_rolled_back_savepoint_leaves_the_chain_where_it_was(session: Session) -> None:
    instance = a_written_case(session)
    history.append(session, instance, "path", actor=SYSTEM)
    inner = session.begin_nested()
    history.append(session, instance, "operation_done", actor=SYSTEM)
    inner.rollback()
    history.append(session, instance, "operation_failed", actor=SYSTEM)
    session.commit()
    assert history.verify(session, instance.id) == history.Verification(True, 7)
    assert [entry.kind for entry in history.read(session, instance.id)][-1] == "operation_failed"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("kind = 'task_cancelled'", "column:kind"),
        ("at = at + interval '1 second'", "column:at"),
        ("actor_id = gen_random_uuid()", "column:actor_id"),
        ("element_id = 'reject'", "column:element_id"),
        ("task_public_id = gen_random_uuid()", "column:task_public_id"),
        ("record = replace(record, 'true', 'false')", "hash"),
        ("record = 'not json'", "record"),
        ("previous = repeat('0', 64)", "previous"),
        ("hash = repeat('0', 64)", "hash"),
        ("seq = 300", "gap"),
        ("instance_id = instance_id + 1", "gap"),
    ],
)
def test_an_edit_of_any_column_of_an_event_is_found(
    session: Session, as_owner, change: str, reason: str
) -> None:
    instance = a_written_case(session)
    a_written_case(session, "YY-2026-000002")
    as_owner("alter table event drop constraint uq_event_instance_id_seq")
    as_owner(f"update event set {change} where seq = 3 and instance_id = :id", id=instance.id)
    found = history.verify(session, instance.id)
    assert not found.ok
    assert (found.bad_seq, found.reason) == (3, reason)


def test_every_column_of_the_event_table_is_tried_above() -> None:
    tried = {"kind", "at", "actor_id", "element_id", "task_public_id", "record", "previous",
             "hash", "seq", "instance_id"}  # fmt: skip
    assert {column.name for column in history.Event.__table__.columns} - {"id"} == tried


def test_without_the_column_check_an_edited_column_goes_unnoticed(
    session: Session, as_owner
) -> None:
    instance = a_written_case(session)
    as_owner("update event set actor_id = gen_random_uuid() where seq = 3")
    links = history._links(session, instance.id)
    assert chain_problem(instance.public_id, instance.number, links, with_columns=False).ok
    assert not chain_problem(instance.public_id, instance.number, links).ok


@pytest.mark.parametrize("seq", [1, 3, 5])
def test_a_deleted_event_is_found_even_at_the_end(session: Session, as_owner, seq: int) -> None:
    instance = a_written_case(session)
    as_owner("delete from event where seq = :seq", seq=seq)
    assert history.verify(session, instance.id).ok is False


def test_an_inserted_event_is_found(session: Session, as_owner) -> None:
    instance = a_written_case(session)
    as_owner(
        "insert into event (instance_id, seq, kind, at, actor_id, record, previous, hash) "
        "select instance_id, 6, kind, at, actor_id, record, hash, hash from event where seq = 5"
    )
    found = history.verify(session, instance.id)
    assert (found.ok, found.bad_seq) == (False, 6)


def test_two_exchanged_events_are_found(session: Session, as_owner) -> None:
    instance = a_written_case(session)
    as_owner("alter table event drop constraint uq_event_instance_id_seq")
    as_owner("update event set seq = 6 - seq where seq in (2, 4)")
    assert history.verify(session, instance.id).bad_seq == 2


def test_a_case_out_of_scope_has_no_history_to_verify(session: Session) -> None:
    instance = a_written_case(session)
    set_scope(session, ZHANG)
    assert history.read(session, instance.id) == []
    with pytest.raises(NotFound):
        history.verify(session, instance.id)


def test_sealed_values_are_not_in_the_table_and_open_only_on_request(session: Session) -> None:
    instance = a_case(session)
    secret = {"phone": "13812345678"}
    history.append(session, instance, "case_started", actor=ZHANG, sealed=secret)
    session.commit()
    stored = session.scalar(text("select record from event"))
    assert stored is not None
    assert "13812345678" not in stored
    assert history.read(session, instance.id)[0].sealed is None
    assert history.read(session, instance.id)[0].sealed_for == ZHANG.id
    assert history.read(session, instance.id, reveal=True)[0].sealed == secret


def test_erasing_a_person_erases_the_values_and_leaves_the_chain_whole(session: Session) -> None:
    instance = a_case(session)
    history.append(session, instance, "case_started", actor=ZHANG, sealed={"phone": "138"})
    assert history.erase(session, ZHANG.id)
    assert not history.erase(session, ZHANG.id)
    history.append(session, instance, "path", actor=ZHANG, sealed={"phone": "139"})
    session.commit()
    old, new = history.read(session, instance.id, reveal=True)
    assert (old.sealed, new.sealed) == (None, {"phone": "139"})
    assert history.verify(session, instance.id).ok


def test_a_sealed_value_moved_to_another_event_does_not_open(session: Session) -> None:
    key = sealing.key_of(session, ZHANG.id)
    sealed = sealing.seal(key, ZHANG.id, {"a": 1}, "case/1")
    assert sealing.unseal(key, sealed, "case/1") == {"a": 1}
    assert sealing.unseal(key, sealed, "case/2") is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), json_values, max_size=5))
def test_no_value_can_stop_the_history(data: dict) -> None:
    written = canonical({"data": data})
    assert set(json.loads(written)["data"]) == set(plain(data))
    assert "\x00" not in written
    assert written.encode()


@settings(max_examples=400)
@given(st.dictionaries(st.text(), json_values, max_size=5))
def test_the_quick_way_to_canonical_json_gives_the_same_bytes(data: dict) -> None:
    assert canonical(data) == rfc8785.dumps(plain(data)).decode()


def test_keys_are_ordered_as_rfc_8785_wants_them() -> None:
    assert canonical({"\U0001f600": 1, "\uffee": 2}) == '{"\U0001f600":1,"\uffee":2}'


def test_numbers_that_json_cannot_carry_exactly_are_written_as_text() -> None:
    written = json.loads(canonical({"big": 2**60, "nan": float("nan"), "lone": "\ud800"}))
    assert written["big"] == {"@type": "integer", "@value": str(2**60)}
    assert written["nan"] == {"@type": "number", "@value": "nan"}
    json.dumps(written).encode()


def test_checkpoints_cover_everything_once_and_verify(session: Session) -> None:
    key = Ed25519PrivateKey.generate()
    assert history.checkpoint(session, key) is None
    a_written_case(session)
    first = history.checkpoint(session, key)
    session.commit()
    assert first is not None
    assert first.events == 5
    assert history.checkpoint(session, key) is None
    a_written_case(session, "YY-2026-000002")
    second = history.checkpoint(session, key)
    session.commit()
    assert second is not None
    assert second.first_event_id == first.last_event_id + 1
    assert history.verify_checkpoints(session, key.public_key()) == history.Verification(True, 10)


def test_checkpoints_of_another_key_are_refused(session: Session) -> None:
    a_written_case(session)
    history.checkpoint(session, Ed25519PrivateKey.generate())
    found = history.verify_checkpoints(session, Ed25519PrivateKey.generate().public_key())
    assert (found.ok, found.reason) == (False, "signature")


def test_a_chain_rewritten_with_right_hashes_is_found_by_the_checkpoint_alone(
    session: Session, as_owner
) -> None:
    key = Ed25519PrivateKey.generate()
    instance = a_written_case(session)
    history.checkpoint(session, key)
    session.commit()
    _rewrite_everything(session, as_owner, instance)
    assert history.verify(session, instance.id).ok
    assert history.verify_checkpoints(session, key.public_key()).reason == "root"


def _rewrite_everything(session: Session, as_owner, instance: Instance) -> None:
    previous = first_link(instance.public_id)
    for link in history._links(session, instance.id):
        record = link.record.replace("true", "false")
        digest = link_hash(previous, record)
        as_owner(
            "update event set record = :r, previous = :p, hash = :h where seq = :seq",
            r=record, p=previous, h=digest, seq=link.columns["seq"],
        )  # fmt: skip
        previous = digest
    as_owner("update instance set history_hash = :h", h=previous)
    session.rollback()


@pytest.mark.parametrize(
    "change",
    ["root = repeat('0', 64)", "events = events - 1", "last_event_id = last_event_id - 1",
     "first_event_id = 2", "previous = repeat('1', 64)", "at = at + interval '1 day'",
     "signature = 'zz'"],
)  # fmt: skip
def test_an_edited_checkpoint_is_found(session: Session, as_owner, change: str) -> None:
    key = Ed25519PrivateKey.generate()
    a_written_case(session)
    history.checkpoint(session, key)
    session.commit()
    as_owner(f"update checkpoint set {change}")
    assert not history.verify_checkpoints(session, key.public_key()).ok


def test_a_deleted_checkpoint_is_found_by_the_next(session: Session, as_owner) -> None:
    key = Ed25519PrivateKey.generate()
    for number in ("YY-2026-000001", "YY-2026-000002"):
        a_written_case(session, number)
        history.checkpoint(session, key)
        session.commit()
    as_owner("delete from checkpoint where id = (select min(id) from checkpoint)")
    found = history.verify_checkpoints(session, key.public_key())
    assert (found.ok, found.reason) == (False, "previous")


def test_a_checkpoint_never_overtakes_events_that_are_not_committed_yet(
    sessions: sessionmaker[Session],
) -> None:
    key = Ed25519PrivateKey.generate()
    with sessions() as slow, sessions() as signer:
        set_scope(slow, SYSTEM)
        set_scope(signer, SYSTEM)
        history.append(slow, a_case(slow), "case_started", actor=ZHANG)
        a_written_case_by_another(sessions)
        assert history.checkpoint(signer, key) is None
        slow.commit()
        made = history.checkpoint(signer, key)
        assert made is not None
        assert made.events == 6
        assert history.verify_checkpoints(signer, key.public_key()).ok


def test_a_checkpoint_made_without_waiting_would_miss_an_event_for_ever(
    sessions: sessionmaker[Session],
) -> None:
    """The sabotage twin of the test above."""
    key = Ed25519PrivateKey.generate()
    with sessions() as slow, sessions() as signer:
        set_scope(slow, SYSTEM)
        set_scope(signer, SYSTEM)
        history.append(slow, a_case(slow), "case_started", actor=ZHANG)
        a_written_case_by_another(sessions)
        sign_new_events(signer, key)
        signer.commit()
        slow.commit()
        assert history.verify_checkpoints(signer, key.public_key()).reason == "events"


def a_written_case_by_another(sessions: sessionmaker[Session]) -> None:
    with sessions() as other:
        set_scope(other, SYSTEM)
        a_written_case(other, "YY-2026-000009")


def _checked_outside(folder: Path, exported: dict) -> subprocess.CompletedProcess[str]:
    file = folder / "case.json"
    file.write_text(json.dumps(exported), encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-I", "-S", str(VERIFIER), str(file)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_outside_verifier_agrees_using_the_standard_library_only(
    session: Session, tmp_path: Path
) -> None:
    instance = a_written_case(session)
    answer = _checked_outside(tmp_path, history.export(session, instance.id))
    assert answer.returncode == 0, answer.stderr
    assert "5" in answer.stdout


@pytest.mark.parametrize("how", ["edit", "delete", "cut", "swap", "insert", "other case"])
def test_the_outside_verifier_finds_every_tampering(
    session: Session, tmp_path: Path, how: str
) -> None:
    exported = history.export(session, a_written_case(session).id)
    events = exported["events"]
    if how == "edit":
        events[2]["record"] = events[2]["record"].replace("true", "false")
    if how == "delete":
        del events[1]
    if how == "cut":
        events.pop()
    if how == "swap":
        events[1], events[2] = events[2], events[1]
    if how == "insert":
        events.append(events[-1])
    if how == "other case":
        exported["case"] = str(uuid4())
    assert _checked_outside(tmp_path, exported).returncode == 1


def test_a_link_says_everything_that_the_verifier_needs() -> None:
    assert set(Link.__dataclass_fields__) == {"record", "previous", "hash", "columns"}
