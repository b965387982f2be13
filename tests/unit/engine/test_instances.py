from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from engine import history, instances
from engine.actors import SYSTEM, Actor, Grant, Scope
from engine.clock import FixedClock
from engine.db import set_scope
from engine.errors import InvalidSubmission, NotAllowed, NotFound, TaskGone
from engine.identity import uuid7
from engine.models import Incident, OpenTask, Timer
from tests.unit.engine import kit
from tests.unit.engine.kit import ANNA, BEN, END, OPERATOR, START, diagram, flows, node, timer, user

SCOPE = Scope(region="330106", unit_id=kit.UNIT, department="science")
LINE = (START, END, user("a"), flows("start -> a -> end"))


def properties(**named: str) -> str:
    inner = "".join(
        f'<zeebe:property name="{name}" value="{value}"/>' for name, value in named.items()
    )
    return f"<zeebe:properties>{inner}</zeebe:properties>"


def test_numbers_count_by_series_and_by_the_year_in_shanghai(
    session: Session, clock: FixedClock
) -> None:
    kit.publish(session, diagram(*LINE, properties=properties(series="YY")))
    numbers = [instances.start(session, "p", actor=ANNA).number for _ in range(2)]
    clock.at = datetime(2026, 12, 31, 16, 0, tzinfo=UTC)
    numbers.append(instances.start(session, "p", actor=ANNA).number)
    assert numbers == ["YY-2026-000001", "YY-2026-000002", "YY-2027-000001"]


@pytest.mark.parametrize(
    ("title", "expected"),
    [("= &quot;预约 &quot; + name", "预约 显微镜"), ("= name +", "p"), ("= missing", "p")],
)
def test_a_case_has_the_title_that_its_process_says_or_the_process_name(
    session: Session, title: str, expected: str
) -> None:
    kit.publish(session, diagram(*LINE, properties=properties(caseTitle=title)))
    assert instances.start(session, "p", actor=ANNA, data={"name": "显微镜"}).title == expected


def test_a_start_form_decides_what_a_case_starts_with(session: Session) -> None:
    hours = {"type": "number", "key": "hours", "id": "f", "validate": {"required": True}}
    secret = {"type": "textfield", "key": "phone", "id": "g", "properties": {"grade": "L3"}}
    kit.publish(session, kit.form("ask", hours, secret), "ask", "form")
    extension = (
        '<bpmn:extensionElements><zeebe:formDefinition formId="ask"/></bpmn:extensionElements>'
    )
    start = node("startEvent", "start", extension)
    kit.publish(session, diagram(start, END, user("a"), flows("start -> a -> end")))
    with pytest.raises(InvalidSubmission):
        instances.start(session, "p", actor=ANNA, data={})
    instance = instances.start(session, "p", actor=ANNA, data={"hours": 2, "phone": "1", "x": 1})
    assert instance.variables == {"hours": 2, "phone": "1"}
    first = history.read(session, instance.id, reveal=True)[0]
    assert first.data["data"] == {"hours": 2}
    assert first.sealed == {"phone": "1"}


def test_a_case_is_seen_within_its_scope_and_by_its_participants_only(
    session: Session, sessions: sessionmaker[Session]
) -> None:
    kit.publish(session, diagram(*LINE))
    friend = Actor(uuid7(), "F", (Grant("applicant"),))
    instance = instances.start(session, "p", actor=ANNA, scope=SCOPE, participants=[friend.id])
    session.commit()
    sees = {
        ANNA: True,
        friend: True,
        BEN: True,
        OPERATOR: True,
        Actor(uuid7(), "A", (Grant("auditor", "3301"),)): True,
        Actor(uuid7(), "A", (Grant("auditor", "3302"),)): False,
        Actor(uuid7(), "U", (Grant("unit_leader", unit_id=8),)): False,
        Actor(uuid7(), "X", (Grant("applicant"),)): False,
    }
    for actor, expected in sees.items():
        with sessions() as theirs:
            set_scope(theirs, actor)
            if expected:
                assert instances.read(theirs, instance.public_id).id == instance.id
            else:
                with pytest.raises(NotFound):
                    instances.read(theirs, instance.public_id)


def test_the_same_process_published_anew_leaves_running_cases_as_they_were(
    session: Session,
) -> None:
    from engine import user_tasks

    kit.publish(session, diagram(*LINE))
    old = instances.start(session, "p", actor=ANNA, scope=SCOPE)
    kit.publish(session, diagram(START, END, user("b"), flows("start -> b -> end")))
    new = instances.start(session, "p", actor=ANNA, scope=SCOPE)
    open_tasks = {t.instance_id: t for t in session.scalars(select(OpenTask))}
    assert (open_tasks[old.id].element_id, open_tasks[new.id].element_id) == ("a", "b")
    user_tasks.complete(session, open_tasks[old.id].public_id, {}, actor=BEN)
    assert old.status == "completed"


def test_cancelling_takes_tasks_and_timers_away_and_keeps_the_reason(session: Session) -> None:
    content = diagram(
        *LINE, node("boundaryEvent", "t", timer("PT1H"), attachedToRef="a"),
        node("endEvent", "late"), flows("t -> late"),
    )  # fmt: skip
    kit.publish(session, content)
    instance = instances.start(session, "p", actor=ANNA, scope=SCOPE)
    with pytest.raises(NotAllowed):
        instances.cancel(session, instance.public_id, actor=BEN, reason="x")
    instances.cancel(session, instance.public_id, actor=ANNA, reason="改期")
    assert (instance.status, instance.next_due) == ("cancelled", None)
    assert session.scalars(select(OpenTask)).all() == []
    assert session.scalars(select(Timer)).all() == []
    entries = {e.kind: e for e in history.read(session, instance.id)}
    assert entries["case_cancelled"].data == {"reason": "改期"}
    assert "case_ended" not in entries
    with pytest.raises(TaskGone):
        instances.cancel(session, instance.public_id, actor=ANNA, reason="again")


def test_an_unknown_process_does_not_start(session: Session) -> None:
    with pytest.raises(NotFound):
        instances.start(session, "none", actor=SYSTEM)
    with pytest.raises(NotFound):
        instances.read(session, UUID(int=5))


def test_expressions_see_the_case_itself(session: Session, clock: FixedClock) -> None:
    seen = "[case.id, case.number, case.process, case.initiator, case.started, case.region]"
    script = (
        f'<bpmn:extensionElements><zeebe:script expression="= {seen}" resultVariable="seen"/>'
        "</bpmn:extensionElements>"
    )
    kit.publish(
        session, diagram(START, END, node("scriptTask", "s", script), flows("start -> s -> end"))
    )
    instance = instances.start(session, "p", actor=ANNA, scope=SCOPE)
    *texts, started, region = instance.variables["seen"]
    assert texts == [str(instance.public_id), instance.number, "p", str(ANNA.id)]
    assert started["@type"] == "date-time"
    assert datetime.fromisoformat(started["@value"]) == clock.at
    assert region == "330106"


def test_region_paths_are_the_prefixes_that_policies_compare() -> None:
    assert instances.region_path("330106") == ["33", "3301", "330106"]
    assert instances.region_path("33") == ["33"]
    assert instances.region_path(None) == []


def test_a_timer_that_cannot_be_read_is_an_incident_that_a_person_can_retry(
    session: Session,
) -> None:
    from engine import jobs

    content = diagram(
        START,
        END,
        node("intermediateCatchEvent", "t", timer("= pause")),
        flows("start -> t -> end"),
    )
    kit.publish(session, content)
    instance = instances.start(session, "p", actor=ANNA)
    incident = session.scalars(select(Incident)).one()
    assert incident.element_id == "t"
    instance.variables = {"pause": {"@type": "duration", "@value": "PT1H"}}
    session.flush()
    jobs.retry(session, incident.public_id, actor=OPERATOR)
    assert instance.next_due == instance.started_at + timedelta(hours=1)
    assert len(session.scalars(select(Timer)).all()) == 1
