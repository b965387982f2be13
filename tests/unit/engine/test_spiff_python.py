"""No text of a diagram is ever run as Python, wherever the library would have evaluated it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.camunda.parser.CamundaParser import CamundaParser
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import instances, user_tasks
from engine.actors import SYSTEM
from engine.errors import EngineError
from engine.models import Incident, OpenTask
from engine.spiff.parser import CannotRun, specification
from engine.spiff.workflow import NoPython
from tests.unit.engine import kit
from tests.unit.engine.kit import ANNA, END, START, diagram, flows, node, service, timer, user


@pytest.fixture
def proof(tmp_path: Path) -> Path:
    """The file that exists once any Python below was run."""
    return tmp_path / "ran"


def attack(proof: Path) -> str:
    return f"__import__(&quot;pathlib&quot;).Path(&quot;{proof}&quot;).touch()"


def boundary(inner: str) -> str:
    return node("boundaryEvent", "t", inner, attachedToRef="a")


BODY = (user("a"), node("endEvent", "e2"))
PLACES: dict[str, Callable[[str], str]] = {
    "duration": lambda x: diagram(
        START, END, *BODY, boundary(timer(x)), flows("start -> a -> end", "t -> e2")
    ),
    "date": lambda x: diagram(
        START, END, *BODY, boundary(timer(x, "timeDate")), flows("start -> a -> end", "t -> e2")
    ),
    "cycle": lambda x: diagram(
        START, END, *BODY, boundary(timer(x, "timeCycle")), flows("start -> a -> end", "t -> e2")
    ),
    "condition": lambda x: diagram(
        START, END, *BODY, node("exclusiveGateway", "g", default="g_end"),
        f'<bpmn:sequenceFlow id="c" sourceRef="g" targetRef="e2"><bpmn:conditionExpression>{x}'
        "</bpmn:conditionExpression></bpmn:sequenceFlow>",
        flows("start -> g -> end", "a -> e2"),
    ),
    "inclusive": lambda x: diagram(
        START, END, *BODY, node("inclusiveGateway", "g", default="g_end"),
        f'<bpmn:sequenceFlow id="c" sourceRef="g" targetRef="e2"><bpmn:conditionExpression>{x}'
        "</bpmn:conditionExpression></bpmn:sequenceFlow>",
        flows("start -> g -> end", "a -> e2"),
    ),
    "input": lambda x: diagram(
        START, END, service("w", "test_inline", f"in:text={x}"), flows("start -> w -> end")
    ),
    "assignee": lambda x: diagram(START, END, user("a", assignee=x), flows("start -> a -> end")),
    "due": lambda x: diagram(
        START, END,
        user("a", f'<zeebe:taskSchedule dueDate="{x}"/>', candidateGroups="instrument_manager"),
        flows("start -> a -> end"),
    ),
    "script": lambda x: diagram(
        START, END,
        node("scriptTask", "s", f'<bpmn:extensionElements><zeebe:script expression="{x}" '
             'resultVariable="r"/></bpmn:extensionElements>'),
        flows("start -> s -> end"),
    ),
    "correlation": lambda x: diagram(
        START, END, node("receiveTask", "r", messageRef="m"), flows("start -> r -> end"),
        outside='<bpmn:message id="m" name="n"><bpmn:extensionElements>'
        f'<zeebe:subscription correlationKey="{x}"/></bpmn:extensionElements></bpmn:message>',
    ),
}  # fmt: skip


@pytest.mark.parametrize("prefix", ["", "="])
@pytest.mark.parametrize("place", PLACES)
def test_python_in_a_diagram_never_runs(
    session: Session, proof: Path, place: str, prefix: str
) -> None:
    kit.operations()
    kit.publish(session, PLACES[place](f"{prefix}{attack(proof)}"))
    instances.start(session, "p", actor=ANNA)
    assert not proof.exists()


def test_the_same_text_does_run_in_the_library_as_it_comes(proof: Path) -> None:
    """The twin: stock SpiffWorkflow executes the condition that ours refuses."""
    parser = CamundaParser()
    parser.add_bpmn_str(PLACES["condition"](attack(proof)).encode())
    workflow = BpmnWorkflow(parser.get_spec("p"))
    workflow.do_engine_steps()
    assert proof.exists()


def test_a_python_script_task_is_refused_before_it_can_start() -> None:
    content = diagram(
        START,
        END,
        node("scriptTask", "s", "<bpmn:script>x = 1</bpmn:script>"),
        flows("start -> s -> end"),
    )
    with pytest.raises(CannotRun):
        specification(content, "p")


def test_what_stands_where_the_library_would_run_python_only_refuses() -> None:
    engine = NoPython()
    for act in (engine.evaluate, engine.execute, engine.call_service, engine.environment.evaluate):
        with pytest.raises(EngineError):
            act(None, "1 + 1")


def test_form_data_can_at_most_stop_their_own_case_and_never_choose_its_way(
    session: Session,
) -> None:
    gateway = node("exclusiveGateway", "g", default="g_end")
    content = diagram(
        START, END, user("a"), gateway, node("endEvent", "e2"),
        flows("start -> a -> g ->[= abs(-2) = 2 and case.number != null] e2", "g -> end"),
    )  # fmt: skip
    kit.publish(session, content)
    instance = instances.start(session, "p", actor=ANNA, data={"__builtins__": {}, "eval": 1})
    task = session.scalars(select(OpenTask.public_id)).one()
    user_tasks.complete(session, task, {"abs": 5, "number": None}, actor=SYSTEM)
    assert instance.outcome in ("e2", None)
    stopped = session.scalars(select(Incident.kind)).all()
    assert stopped == ([] if instance.outcome else ["expression_failed"])
