"""One activity for each item of a list: in parallel, in turn, again after rework."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from engine import history, instances, jobs, timers, user_tasks
from engine.actors import SYSTEM, Scope
from engine.clock import FixedClock
from engine.db import set_scope
from engine.errors import NotAllowed
from engine.models import Incident, Instance, Job, OpenTask, Timer
from tests.unit.engine import kit
from tests.unit.engine.kit import (
    ANNA,
    BEN,
    CARA,
    END,
    START,
    diagram,
    flows,
    node,
    service,
    timer,
    user,
)  # fmt: skip

SCOPE = Scope(region="330106", unit_id=kit.UNIT)
PEOPLE = {"id": BEN.id, "name": "Ben"}, {"id": CARA.id, "name": "Cara"}
EXPERTS = [{"id": str(one["id"]), "name": one["name"]} for one in PEOPLE]
WHO = {BEN.id: BEN, CARA.id: CARA}


@pytest.fixture(autouse=True)
def memory() -> kit.Memory:
    return kit.operations()


def repeated(element: str, *, sequential: bool = False, until: str = "", **said: str) -> str:
    """An element of the kit, made multi-instance."""
    words = " ".join(f'{name}="{value}"' for name, value in said.items())
    condition = f"<bpmn:completionCondition>{until}</bpmn:completionCondition>" if until else ""
    marker = (
        f'<bpmn:multiInstanceLoopCharacteristics isSequential="{str(sequential).lower()}">'
        f"<bpmn:extensionElements><zeebe:loopCharacteristics {words}/></bpmn:extensionElements>"
        f"{condition}</bpmn:multiInstanceLoopCharacteristics>"
    )
    head, tail = element.rsplit("</bpmn:", 1)
    return f"{head}{marker}</bpmn:{tail}"


OPINIONS = {
    "inputCollection": "=experts",
    "inputElement": "expert",
    "outputCollection": "opinions",
    "outputElement": "=opinion",
}


def review(**more: object) -> str:
    return repeated(user("review", assignee="=expert.id"), **{**OPINIONS, **more})


def begin(session: Session, *parts: str, **data: object) -> Instance:
    kit.publish(session, diagram(START, END, *parts))
    data.setdefault("experts", EXPERTS)
    return instances.start(session, "p", actor=ANNA, data=data, scope=SCOPE)


def open_tasks(session: Session) -> list[OpenTask]:
    return list(session.scalars(select(OpenTask).order_by(OpenTask.id)))


def complete(session: Session, task: OpenTask, **data: object) -> Instance:
    actor = WHO.get(task.assignee_id, BEN)
    return user_tasks.complete(session, task.public_id, data, actor=actor)


def entries(session: Session, instance: Instance, kind: str) -> list[history.Entry]:
    return [entry for entry in history.read(session, instance.id) if entry.kind == kind]


def test_every_item_gets_a_task_of_its_own_and_results_keep_the_order_of_the_items(
    session: Session,
) -> None:
    instance = begin(session, review(), flows("start -> review -> end"))
    first, second = open_tasks(session)
    assert [first.assignee_id, second.assignee_id] == [BEN.id, CARA.id]
    assert {first.element_id, second.element_id} == {"review"}
    complete(session, second, opinion="no")
    assert instance.status == "active"
    assert "opinions" not in instance.variables
    complete(session, first, opinion="yes")
    assert instance.status == "completed"
    assert instance.variables == {"experts": EXPERTS, "opinions": ["yes", "no"]}
    assert history.verify(session, instance.id).ok


def test_the_history_tells_each_round_and_the_way_on_once(session: Session) -> None:
    instance = begin(session, review(), flows("start -> review -> end"))
    for task in open_tasks(session):
        complete(session, task, opinion="yes")
    assert [e.data["round"] for e in entries(session, instance, "task_created")] == [1, 2]
    assert len(entries(session, instance, "task_completed")) == 2
    elements = [x for e in entries(session, instance, "path") for x in e.data["elements"]]
    taken = [x for e in entries(session, instance, "path") for x in e.data["flows"]]
    assert elements == ["start", "review", "review", "end"]
    assert taken == ["start_review", "review_end"]


def test_one_after_the_other_each_task_appears_when_the_one_before_is_done(
    session: Session,
) -> None:
    instance = begin(session, review(sequential=True), flows("start -> review -> end"))
    for number, opinion in enumerate(("yes", "no")):
        (task,) = open_tasks(session)
        assert task.assignee_id == (BEN.id, CARA.id)[number]
        complete(session, task, opinion=opinion)
    assert instance.status == "completed"
    assert instance.variables["opinions"] == ["yes", "no"]


def test_an_empty_list_goes_on_at_once_with_an_empty_result(session: Session) -> None:
    instance = begin(session, review(), flows("start -> review -> end"), experts=[])
    assert instance.status == "completed"
    assert instance.variables["opinions"] == []


def test_an_item_belongs_to_its_round_alone_and_to_its_form(session: Session) -> None:
    instance = begin(
        session,
        repeated(
            user("review", '<zeebe:ioMapping><zeebe:input source="=expert.name" target="who"/>'
                 "</zeebe:ioMapping>", assignee="=expert.id"),
            **OPINIONS,
        ),
        flows("start -> review -> end"),
        expert="the case's own",
    )  # fmt: skip
    seen = [user_tasks._context(session, task) for task in open_tasks(session)]
    assert [(s["expert"]["name"], s["loopCounter"], s["who"]) for s in seen] == [
        ("Ben", 1, "Ben"), ("Cara", 2, "Cara"),
    ]  # fmt: skip
    for task in open_tasks(session):
        complete(session, task, opinion="x")
    assert instance.variables["expert"] == "the case's own"
    assert "loopCounter" not in instance.variables


def test_a_completion_condition_ends_it_early_and_takes_the_other_tasks_away(
    session: Session,
) -> None:
    instance = begin(
        session,
        review(until="=numberOfCompletedInstances &gt;= 1 and opinion = &quot;no&quot;"),
        flows("start -> review -> end"),
    )
    complete(session, open_tasks(session)[0], opinion="no")
    assert instance.status == "completed"
    assert instance.variables["opinions"] == ["no", None]
    assert open_tasks(session) == []
    assert len(entries(session, instance, "task_cancelled")) == 1


def test_sequence_ends_early_too_and_begins_no_further_round(session: Session) -> None:
    instance = begin(
        session,
        review(sequential=True, until="=numberOfActiveInstances = 0 and loopCounter = 1"),
        flows("start -> review -> end"),
    )
    complete(session, open_tasks(session)[0], opinion="yes")
    assert instance.status == "completed"
    assert instance.variables["opinions"] == ["yes", None]


def test_after_rework_it_is_entered_again_with_fresh_results(session: Session) -> None:
    instance = begin(
        session,
        review(),
        user("decide"),
        node("exclusiveGateway", "g", default="g_end"),
        flows("start -> review -> decide -> g ->[= again] review", "g -> end"),
    )
    for opinion in ("bad", "bad"):
        complete(session, open_tasks(session)[0], opinion=opinion)
    complete(session, open_tasks(session)[0], again=True)
    assert [t.assignee_id for t in open_tasks(session)] == [BEN.id, CARA.id]
    assert instance.variables["opinions"] == ["bad", "bad"]
    for opinion in ("good", "fine"):
        complete(session, open_tasks(session)[0], opinion=opinion)
    complete(session, open_tasks(session)[0], again=False)
    assert instance.status == "completed"
    assert instance.variables["opinions"] == ["good", "fine"]


def test_what_was_not_an_output_does_not_run_together(session: Session) -> None:
    """Zeebe's rule: a result without a variable of the round goes to the case, the last stands."""
    instance = begin(session, review(), flows("start -> review -> end"))
    for number, task in enumerate(open_tasks(session)):
        complete(session, task, opinion="x", remark=number)
    assert instance.variables["remark"] == 1
    assert "opinion" not in instance.variables


def test_each_item_is_claimed_and_completed_by_itself(session: Session) -> None:
    begin(
        session,
        repeated(user("review"), **OPINIONS),
        flows("start -> review -> end"),
    )
    first, second = open_tasks(session)
    user_tasks.claim(session, first.public_id, actor=BEN)
    with pytest.raises(NotAllowed):
        user_tasks.complete(session, first.public_id, {}, actor=CARA)
    user_tasks.complete(session, second.public_id, {"opinion": 2}, actor=CARA)
    done = user_tasks.complete(session, first.public_id, {"opinion": 1}, actor=BEN)
    assert done.variables["opinions"] == [1, 2]


def test_operations_of_the_step_itself_run_for_each_item(
    session: Session, memory: kit.Memory
) -> None:
    work = repeated(
        service("work", "test_inline", "in:text==name", "out:answer==answer"),
        inputCollection="=names",
        inputElement="name",
        outputCollection="answers",
        outputElement="=answer",
    )
    instance = begin(session, work, flows("start -> work -> end"), names=["a", "b", "c"])
    assert instance.status == "completed"
    assert memory.texts == ["a", "b", "c"]
    assert instance.variables["answers"] == ["a!", "b!", "c!"]
    assert "answer" not in instance.variables


def test_jobs_for_each_item_have_keys_of_their_own(
    session: Session, sessions: sessionmaker[Session]
) -> None:
    work = repeated(
        service("work", "test_job", "in:text==name"),
        inputCollection="=names",
        inputElement="name",
        outputCollection="answers",
        outputElement="=answer",
    )
    instance = begin(session, work, flows("start -> work -> end"), names=["a", "b"])
    session.commit()
    keys = session.scalars(select(Job.key)).all()
    assert len(set(keys)) == 2
    for job in session.scalars(select(Job.id).order_by(Job.id.desc())).all():
        lease = jobs.claim(session, job, "me")
        session.commit()
        assert jobs.finish(session, lease, jobs.perform(lease))
        session.commit()
    session.refresh(instance)
    assert instance.status == "completed"
    assert instance.variables["answers"] == ["a!", "b!"]


def test_a_timer_on_the_whole_takes_every_open_task_away(
    session: Session, clock: FixedClock
) -> None:
    late = node("boundaryEvent", "late", timer("P2D"), attachedToRef="review")
    instance = begin(
        session, review(), late, user("instead"),
        flows("start -> review -> end", "late -> instead -> end"),
    )  # fmt: skip
    complete(session, open_tasks(session)[0], opinion="yes")
    clock.move(timedelta(days=3))
    assert [timers.wake(session, one) for one in timers.due(session)] == [True]
    assert [task.element_id for task in open_tasks(session)] == ["instead"]
    complete(session, open_tasks(session)[0])
    assert instance.status == "completed"
    assert "opinions" not in instance.variables


def test_done_in_time_the_timer_of_the_whole_goes(session: Session) -> None:
    late = node("boundaryEvent", "late", timer("P2D"), attachedToRef="review")
    begin(session, review(), late, flows("start -> review -> end", "late -> end"))
    assert len(session.scalars(select(Timer)).all()) == 1
    for task in open_tasks(session):
        complete(session, task, opinion="yes")
    assert session.scalars(select(Timer)).all() == []


REPLACED = repeated(
    node(
        "subProcess",
        "jury",
        node("startEvent", "in")
        + user("review", assignee="=expert.id")
        + node("boundaryEvent", "late", timer("P2D"), attachedToRef="review")
        + user("other", candidateGroups="instrument_manager")
        + node("endEvent", "out")
        + flows("in -> review -> out", "late -> other -> out"),
    ),
    **OPINIONS,
)


def test_an_expert_is_replaced_after_the_deadline_and_the_others_stay(
    session: Session, clock: FixedClock
) -> None:
    instance = begin(session, REPLACED, flows("start -> jury -> end"))
    ben, cara = open_tasks(session)
    assert (ben.assignee_id, cara.assignee_id) == (BEN.id, CARA.id)
    clock.move(timedelta(days=1))
    complete(session, cara, opinion="fine")
    clock.move(timedelta(days=2))
    assert [timers.wake(session, one) for one in timers.due(session)] == [True]
    (instead,) = open_tasks(session)
    assert instead.element_id == "other"
    assert user_tasks._context(session, instead)["expert"]["name"] == "Ben"
    complete(session, instead, opinion="late but good")
    assert instance.status == "completed"
    assert instance.variables["opinions"] == ["late but good", "fine"]
    assert history.verify(session, instance.id).ok


def test_rounds_of_a_sub_process_run_in_turn(session: Session) -> None:
    content = REPLACED.replace('isSequential="false"', 'isSequential="true"')
    instance = begin(session, content, flows("start -> jury -> end"))
    for person in (BEN.id, CARA.id):
        (task,) = open_tasks(session)
        assert task.assignee_id == person
        complete(session, task, opinion=str(person))
    assert instance.variables["opinions"] == [str(BEN.id), str(CARA.id)]
    assert session.scalars(select(Timer)).all() == []


def test_an_error_of_one_round_is_caught_at_the_whole(session: Session, memory: kit.Memory) -> None:
    from engine.contract import BusinessError

    memory.answers[:] = ["ok", BusinessError("broken")]
    work = repeated(
        service("work", "test_inline", "in:text==name"),
        inputCollection="=names",
        inputElement="name",
    )
    error = node("boundaryEvent", "bad", '<bpmn:errorEventDefinition errorRef="e1"/>',
                 attachedToRef="work")  # fmt: skip
    kit.publish(
        session,
        diagram(
            START, END, work, error, node("endEvent", "failed"),
            flows("start -> work -> end", "bad -> failed"),
            outside='<bpmn:error id="e1" errorCode="broken"/>',
        ),
    )  # fmt: skip
    instance = instances.start(session, "p", actor=ANNA, data={"names": ["a", "b", "c"]})
    assert instance.outcome == "failed"
    assert memory.texts == ["a", "b"]


@pytest.mark.parametrize("experts", ["nobody", None, [1] * 501])
def test_what_is_no_list_or_too_long_is_an_incident_that_can_be_retried(
    session: Session, experts: object
) -> None:
    instance = begin(session, review(), flows("start -> review -> end"), experts=experts)
    incident = session.scalars(select(Incident)).one()
    assert (incident.kind, incident.element_id) == ("expression_failed", "review")
    assert instance.status == "active"
    jobs.retry(session, incident.public_id, actor=SYSTEM)
    assert open_tasks(session) == []
    assert instance.status == "active"


def test_a_result_that_fails_keeps_its_round_open(session: Session) -> None:
    work = repeated(
        service("work", "test_inline", "in:text==name"),
        inputCollection="=names",
        inputElement="name",
        outputCollection="answers",
        outputElement="=nothing_like(answer)",
    )
    instance = begin(session, work, flows("start -> work -> end"), names=["a"])
    incident = session.scalars(select(Incident)).one()
    assert (incident.element_id, instance.status) == ("work", "active")


def test_cancelling_the_case_takes_every_round_away(session: Session) -> None:
    instance = begin(session, REPLACED, flows("start -> jury -> end"))
    instances.cancel(session, instance.public_id, actor=SYSTEM, reason="x")
    assert open_tasks(session) == []
    assert session.scalars(select(Timer)).all() == []


def test_hundreds_of_items_run_in_one_step(session: Session, memory: kit.Memory) -> None:
    work = repeated(
        service("work", "test_inline", "in:text==name"),
        inputCollection="=for i in 1..300 return string(i)",
        inputElement="name",
        outputCollection="answers",
        outputElement="=answer",
    )
    instance = begin(session, work, flows("start -> work -> end"))
    assert instance.status == "completed"
    assert instance.variables["answers"][299] == "300!"


def test_others_see_only_their_own_tasks(session: Session, sessions: sessionmaker[Session]) -> None:
    begin(session, review(), flows("start -> review -> end"))
    session.commit()
    with sessions() as theirs:
        set_scope(theirs, BEN)
        assert [t.assignee_id for t in user_tasks.waiting(theirs, BEN)] == [BEN.id]
