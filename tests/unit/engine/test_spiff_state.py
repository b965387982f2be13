import zlib
from datetime import UTC, datetime

import orjson
import pytest

from engine.errors import EngineError
from engine.spiff import state, tokens
from engine.spiff.parser import CannotRun, specification
from engine.spiff.workflow import Case
from tests.unit.engine.kit import END, START, diagram, flows, node, timer, user

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


def case_of(content: str, **variables: object) -> Case:
    case = Case(specification(content, "p"), now=NOW, facts={}, variables=dict(variables))
    run(case)
    return case


def run(case: Case) -> None:
    while (task := case.ready()) is not None:
        tokens.complete(task)


def again(case: Case) -> Case:
    """Store and restore."""
    return state.load(
        state.dump(case), case.specification, now=NOW, facts={}, variables=case.variables
    )


def inside() -> str:
    inner = (
        node("startEvent", "is")
        + user("ia")
        + node("boundaryEvent", "t", timer("PT1H"), attachedToRef="ia")
        + node("endEvent", "ie")
        + node("endEvent", "late")
        + flows("is -> ia -> ie", "t -> late")
    )
    return diagram(START, END, node("subProcess", "sub", inner), flows("start -> sub -> end"))


def test_a_case_inside_a_subprocess_survives_storing_and_goes_on_to_the_end() -> None:
    case = again(again(case_of(inside())))
    (task,) = tokens.unoffered(case)
    assert [due for _, due in tokens.waiting(case).timers.values()]
    tokens.complete(task)
    assert tokens.waiting(case).timers == {}
    case = again(case)
    run(case)
    assert case.completed


def test_only_what_is_open_is_kept() -> None:
    case = case_of(
        diagram(START, END, *[node("task", f"n{i}") for i in range(50)], user("a"),
                flows(" -> ".join(["start", *[f"n{i}" for i in range(50)], "a", "end"])))
    )  # fmt: skip
    assert len(case.tasks) > 50
    state.dump(case)
    assert len(case.tasks) == 3


def test_the_state_holds_no_specification_and_no_variable_of_the_case() -> None:
    text = zlib.decompress(state.dump(case_of(inside(), secret="s3cret")))
    assert b"s3cret" not in text
    assert b"PT1H" not in text


def test_a_state_of_a_later_release_is_refused() -> None:
    later = zlib.compress(orjson.dumps({"v": 99}))
    with pytest.raises(EngineError, match="format 99"):
        state.content(later)


@pytest.mark.parametrize(
    "part",
    [
        node("callActivity", "x", calledElement="y"),
        node("complexGateway", "x"),
        node("adHocSubProcess", "x"),
        node("transaction", "x"),
        node("subProcess", "x", node("startEvent", "q"), triggeredByEvent="true"),
        node("intermediateThrowEvent", "x", "<bpmn:linkEventDefinition/>"),
        node("endEvent", "x", "<bpmn:signalEventDefinition/>"),
        node("userTask", "x", "<bpmn:multiInstanceLoopCharacteristics/>"),
        node("intermediateCatchEvent", "x", "<bpmn:conditionalEventDefinition/>"),
        node("startEvent", "x"),
    ],
)
def test_what_would_fail_silently_in_the_library_is_refused_with_its_element(part: str) -> None:
    with pytest.raises(CannotRun):
        specification(diagram(START, END, part, flows("start -> x -> end")), "p")


def test_ids_of_elements_cannot_meet_the_librarys_own_names() -> None:
    content = diagram(
        node("startEvent", "Start"), node("task", "p.EndJoin"), node("endEvent", "End"),
        flows("Start -> p.EndJoin -> End"),
    )  # fmt: skip
    assert case_of(content).completed


def test_one_specification_serves_all_cases_of_one_content() -> None:
    assert specification(inside(), "p") is specification(inside(), "p")
