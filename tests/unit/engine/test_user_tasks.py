import json
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session, sessionmaker

from engine import history, instances, user_tasks
from engine.actors import Actor, Grant, Scope
from engine.clock import FixedClock
from engine.db import set_scope
from engine.errors import AlreadyCompleted, InvalidSubmission, NotAllowed, NotFound, TaskGone
from engine.identity import uuid7
from engine.models import Draft, Instance, OpenTask
from tests.unit.engine import kit
from tests.unit.engine.kit import ANNA, BEN, CARA, END, START, diagram, flows, node, timer, user

SCOPE = Scope(region="330106", unit_id=kit.UNIT, department="science")
ELSEWHERE = Actor(uuid7(), "Else", (Grant("instrument_manager", unit_id=99),))


def begin(session: Session, *parts: str, actor: Actor = ANNA, **data: object) -> Instance:
    content = diagram(START, END, *(parts or (user("a"), flows("start -> a -> end"))))
    kit.publish(session, content)
    return instances.start(session, "p", actor=actor, data=data, scope=SCOPE)


def only(session: Session) -> UUID:
    return session.scalars(select(OpenTask.public_id)).one()


def as_actor(sessions: sessionmaker[Session], actor: Actor) -> Session:
    session = sessions()
    set_scope(session, actor)
    return session


def officer(region: str, department: str | None = "science") -> Actor:
    return Actor(uuid7(), "O", (Grant("department_officer", region, department),))


def test_each_sees_in_the_list_exactly_what_they_may_do(
    session: Session, sessions: sessionmaker[Session]
) -> None:
    begin(session)
    begin(
        session,
        user("o", candidateGroups="department_officer:science"),
        flows("start -> o -> end"),
    )
    begin(session, user("mine", assignee="= case.initiator"), flows("start -> mine -> end"))
    named = user("n", candidateUsers=f"{CARA.id}")
    begin(session, named, flows("start -> n -> end"))
    session.commit()
    expected = {
        ANNA: {"mine"},
        BEN: {"a"},
        CARA: {"a", "n"},
        ELSEWHERE: set(),
        officer("3301"): {"o"},
        officer("330106"): {"o"},
        officer("3302"): set(),
        officer("33", "finance"): set(),
        officer("33", None): set(),
    }
    for actor, elements in expected.items():
        with as_actor(sessions, actor) as theirs:
            found = user_tasks.waiting(theirs, actor)
            assert {task.element_id for task in found} == elements, actor
            assert user_tasks.count(theirs, actor) == len(elements)
            for task in found:
                assert user_tasks.read(theirs, task.public_id, actor).may_complete


def test_the_initiator_cannot_complete_what_was_offered_to_a_group_they_belong_to(
    session: Session,
) -> None:
    begin(session, actor=BEN)
    with pytest.raises(NotAllowed):
        user_tasks.complete(session, only(session), {}, actor=BEN)
    with pytest.raises(NotAllowed):
        user_tasks.claim(session, only(session), actor=BEN)
    assert user_tasks.waiting(session, BEN) == []
    assert user_tasks.complete(session, only(session), {}, actor=CARA).status == "completed"


def test_the_initiator_completes_what_is_assigned_to_them(session: Session) -> None:
    begin(session, user("mine", assignee="= case.initiator"), flows("start -> mine -> end"))
    assert user_tasks.complete(session, only(session), {}, actor=ANNA).status == "completed"


def test_what_an_actor_cannot_see_does_not_exist_for_them(
    session: Session, sessions: sessionmaker[Session]
) -> None:
    begin(session)
    task = only(session)
    session.commit()
    with as_actor(sessions, ELSEWHERE) as theirs:
        for act in (
            lambda: user_tasks.read(theirs, task, ELSEWHERE),
            lambda: user_tasks.complete(theirs, task, {}, actor=ELSEWHERE),
            lambda: user_tasks.claim(theirs, task, actor=ELSEWHERE),
            lambda: user_tasks.save_draft(theirs, task, {}, actor=ELSEWHERE),
        ):
            with pytest.raises(NotFound):
                act()


def test_someone_who_sees_the_case_but_was_not_asked_is_refused(session: Session) -> None:
    begin(session)
    with pytest.raises(NotAllowed):
        user_tasks.complete(session, only(session), {}, actor=ELSEWHERE)
    assert session.scalars(select(Instance.status)).one() == "active"


def test_a_second_completion_says_who_was_first_and_when(
    session: Session, clock: FixedClock
) -> None:
    begin(session)
    task = only(session)
    user_tasks.complete(session, task, {}, actor=BEN)
    at = clock.at
    clock.move(timedelta(minutes=5))
    with pytest.raises(AlreadyCompleted) as caught:
        user_tasks.complete(session, task, {}, actor=CARA)
    assert caught.value.params == {"who": str(BEN.id), "at": at.isoformat()}


def test_a_task_that_was_cancelled_says_so(session: Session) -> None:
    instance = begin(session)
    task = only(session)
    instances.cancel(session, instance.public_id, actor=ANNA, reason="no")
    with pytest.raises(TaskGone):
        user_tasks.complete(session, task, {}, actor=BEN)
    with pytest.raises(NotFound):
        user_tasks.complete(session, uuid7(), {}, actor=BEN)


def claimed_before_the_lock(
    sessions: sessionmaker[Session], monkeypatch: pytest.MonkeyPatch, task: UUID
) -> None:
    """Let Ben claim the task after somebody has looked at it and before they lock the case."""
    lock = user_tasks.lock_with_forms

    def late(*args):
        with as_actor(sessions, BEN) as theirs:
            user_tasks.claim(theirs, task, actor=BEN)
            theirs.commit()
        return lock(*args)

    monkeypatch.setattr(user_tasks, "lock_with_forms", late)


def test_a_task_claimed_between_look_and_lock_is_refused(
    session: Session, sessions: sessionmaker[Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(session)
    session.commit()
    task = only(session)
    session.commit()
    claimed_before_the_lock(sessions, monkeypatch, task)
    with as_actor(sessions, CARA) as theirs, pytest.raises(NotAllowed):
        user_tasks.complete(theirs, task, {}, actor=CARA)
    assert only(session) == task


def test_without_the_second_look_the_claim_would_be_overrun(
    session: Session, sessions: sessionmaker[Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(session)
    session.commit()
    task = only(session)
    session.commit()
    claimed_before_the_lock(sessions, monkeypatch, task)
    look, seen = user_tasks._allowed, []

    def once(*args):
        seen.append(seen[0] if seen else look(*args))
        return seen[-1]

    monkeypatch.setattr(user_tasks, "_allowed", once)
    with as_actor(sessions, CARA) as theirs:
        user_tasks.complete(theirs, task, {}, actor=CARA)
        theirs.commit()
    assert len(seen) == 2


def test_a_claimed_task_is_nobody_elses_until_it_is_released(session: Session) -> None:
    begin(session)
    task = only(session)
    user_tasks.claim(session, task, actor=BEN)
    assert user_tasks.claim(session, task, actor=BEN).assignee_id == BEN.id
    assert user_tasks.waiting(session, CARA) == []
    for act in (user_tasks.claim, user_tasks.release):
        with pytest.raises(NotAllowed):
            act(session, task, actor=CARA)
    with pytest.raises(NotAllowed):
        user_tasks.complete(session, task, {}, actor=CARA)
    user_tasks.release(session, task, actor=BEN)
    assert user_tasks.complete(session, task, {}, actor=CARA).status == "completed"
    (instance,) = session.scalars(select(Instance))
    kinds = [entry.kind for entry in history.read(session, instance.id)]
    assert kinds.count("task_claimed") == kinds.count("task_released") == 1


def test_tasks_come_by_due_time_and_then_by_priority(session: Session, clock: FixedClock) -> None:
    for number, more in enumerate(
        (
            '<zeebe:priorityDefinition priority="10"/>',
            '<zeebe:priorityDefinition priority="= 40 + 50"/>',
            '<zeebe:taskSchedule dueDate="P3D"/>',
            '<zeebe:taskSchedule dueDate="= now() + duration(&quot;P1D&quot;)"/>',
        )
    ):
        element = f"t{number}"
        begin(
            session,
            user(element, more, candidateGroups="instrument_manager"),
            flows(f"start -> {element} -> end"),
        )
    found = user_tasks.waiting(session, BEN)
    assert [task.element_id for task in found] == ["t3", "t2", "t1", "t0"]
    assert found[0].due_at == clock.at + timedelta(days=1)
    assert [t.element_id for t in user_tasks.waiting(session, BEN, limit=2, offset=1)] == [
        "t2",
        "t1",
    ]


def test_a_draft_is_kept_for_its_writer_and_goes_with_the_task(session: Session) -> None:
    begin(session)
    task = only(session)
    user_tasks.save_draft(session, task, {"x": 1}, actor=BEN)
    user_tasks.save_draft(session, task, {"x": 2}, actor=BEN)
    assert user_tasks.read(session, task, BEN).draft == {"x": 2}
    assert user_tasks.read(session, task, CARA).draft is None
    user_tasks.complete(session, task, {}, actor=CARA)
    assert session.scalars(select(Draft)).all() == []


@pytest.mark.parametrize("name", ["typename", "__builtins__", "data", "children", "__class__"])
def test_no_field_name_can_brick_a_case(session: Session, name: str) -> None:
    instance = begin(
        session, user("a"), user("b"), flows("start -> a -> b -> end"), **{name: "UUID"}
    )
    user_tasks.complete(session, only(session), {"in": {name: "Task"}, name: {name: 1}}, actor=BEN)
    user_tasks.complete(session, only(session), {}, actor=BEN)
    assert instance.status == "completed"
    assert instance.variables == {name: {name: 1}, "in": {name: "Task"}}


@pytest.mark.parametrize(
    ("data", "path"),
    [
        ({"@type": "x"}, "@type"),
        ({"a": {"@v": 1}}, "a.@v"),
        ({"case": {"initiator": "me"}}, "case"),
        ({"a": ["b\x00"]}, "a[0]"),
        ({"a": float("nan")}, "a"),
    ],
)
def test_data_that_cannot_be_kept_are_refused_with_their_place(
    session: Session, data: dict[str, object], path: str
) -> None:
    begin(session)
    with pytest.raises(InvalidSubmission) as caught:
        user_tasks.complete(session, only(session), data, actor=BEN)
    assert list(caught.value.problems) == [path]


def test_what_was_submitted_stays_in_the_history_as_it_was(session: Session) -> None:
    instance = begin(session, user("a"), user("b"), flows("start -> a -> b -> end"))
    data = {"list": [{"v": 1}]}
    user_tasks.complete(session, only(session), data, actor=BEN)
    data["list"][0]["v"] = 99
    user_tasks.complete(session, only(session), {"list": [{"v": 2}]}, actor=CARA)
    submitted = [
        entry.data for entry in history.read(session, instance.id) if entry.kind == "task_completed"
    ]
    assert submitted == [{"list": [{"v": 1}]}, {"list": [{"v": 2}]}]


def test_input_mappings_are_the_tasks_own_and_output_mappings_choose_what_stays(
    session: Session,
) -> None:
    mapping = (
        '<zeebe:ioMapping><zeebe:input source="= total * 2" target="shown"/>'
        '<zeebe:output source="= ok" target="result.ok"/></zeebe:ioMapping>'
    )
    instance = begin(
        session,
        user("a", mapping, candidateGroups="instrument_manager"),
        user("b"),
        flows("start -> a -> b -> end"),
        total=4,
        result={"old": True},
    )
    user_tasks.complete(session, only(session), {"ok": True, "noise": 1}, actor=BEN)
    assert instance.variables == {"total": 4, "result": {"old": True, "ok": True}}


def test_candidates_and_completers_become_participants(session: Session) -> None:
    instance = begin(session, user("a", candidateUsers=str(CARA.id)), flows("start -> a -> end"))
    assert instance.participants == [ANNA.id, CARA.id]
    user_tasks.complete(session, only(session), {}, actor=CARA)
    assert instance.participants == [ANNA.id, CARA.id]


def test_a_task_after_its_timer_fired_cannot_be_completed(
    session: Session, clock: FixedClock
) -> None:
    from engine import timers

    begin(
        session,
        user("a"),
        node("boundaryEvent", "t", timer("PT1H"), attachedToRef="a"),
        node("endEvent", "late"),
        flows("start -> a -> end", "t -> late"),
    )
    task = only(session)
    clock.move(timedelta(hours=1))
    timers.wake(session, timers.due(session)[0])
    with pytest.raises(TaskGone):
        user_tasks.complete(session, task, {}, actor=BEN)


def test_a_form_decides_what_is_accepted_and_sensitive_fields_are_sealed(
    session: Session,
) -> None:
    kit.publish(
        session,
        kit.form(
            "ask",
            {"type": "number", "key": "hours", "label": "h", "id": "f1", "validate": {"max": 8}},
            {
                "type": "textfield",
                "key": "phone",
                "label": "p",
                "id": "f2",
                "properties": {"grade": "L3"},
            },
        ),
        "ask",
        "form",
    )
    form = '<zeebe:formDefinition formId="ask"/>'
    instance = begin(
        session,
        user("a", form, candidateGroups="instrument_manager"),
        user("b"),
        flows("start -> a -> b -> end"),
    )
    task = only(session)
    with pytest.raises(InvalidSubmission) as caught:
        user_tasks.complete(session, task, {"hours": 9}, actor=BEN)
    assert caught.value.problems["hours"][0]["code"] == "too_large"
    view = user_tasks.read(session, task, BEN)
    assert view.schema is not None
    assert view.definition.key == "p"
    user_tasks.complete(session, task, {"hours": 2, "phone": "138", "extra": 1}, actor=BEN)
    assert instance.variables == {"hours": 2, "phone": "138"}
    (entry,) = [
        e for e in history.read(session, instance.id, reveal=True) if e.kind == "task_completed"
    ]
    assert entry.data == {"hours": 2}
    assert entry.sealed == {"phone": "138"}
    raw = session.scalars(text("select record from event where kind = 'task_completed'")).one()
    assert "138" not in json.dumps(json.loads(raw)["data"])
