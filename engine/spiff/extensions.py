"""What the zeebe extension elements of a node say, as data."""

from dataclasses import dataclass, field
from typing import Any

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
#: The property of an element that says how long its message is kept (ISO 8601 duration or FEEL).
TIME_TO_LIVE = "timeToLive"
LOOP = "multiInstanceLoopCharacteristics"
ZEEBE = "http://camunda.org/schema/zeebe/1.0"


@dataclass(frozen=True)
class Mapping:
    """One ``zeebe:input`` or ``zeebe:output``: a source expression and its target variable."""

    source: str
    target: str


@dataclass(frozen=True)
class Extensions:
    """The zeebe settings of one element; empty strings where the diagram says nothing."""

    task_type: str = ""
    inputs: tuple[Mapping, ...] = ()
    outputs: tuple[Mapping, ...] = ()
    form_id: str = ""
    assignee: str = ""
    candidate_groups: str = ""
    candidate_users: str = ""
    due: str = ""
    follow_up: str = ""
    priority: str = ""
    decision_id: str = ""
    result_variable: str = ""
    script: str = ""
    properties: dict[str, str] = field(default_factory=dict)


def bpmn(tag: str) -> str:
    """Return the full tag of a BPMN element."""
    return f"{{{BPMN}}}{tag}"


def zeebe(tag: str) -> str:
    """Return the full tag of a zeebe element."""
    return f"{{{ZEEBE}}}{tag}"


def read_loop(node: Any) -> dict[str, str]:
    """Read the attributes of ``zeebe:loopCharacteristics``; empty where there is none."""
    path = "/".join((bpmn(LOOP), bpmn("extensionElements"), zeebe("loopCharacteristics")))
    found = node.find(path)
    return {} if found is None else dict(found.attrib)


def read(node: Any) -> Extensions:
    """Read the zeebe extensions of an element (lxml)."""
    holder = node.find(bpmn("extensionElements"))
    if holder is None:
        return Extensions()

    def get(tag: str, attribute: str) -> str:
        found = holder.find(zeebe(tag))
        return "" if found is None else found.get(attribute) or ""

    def mappings(tag: str) -> tuple[Mapping, ...]:
        return tuple(
            Mapping(item.get("source") or "", item.get("target") or "")
            for item in holder.iterfind(f"{zeebe('ioMapping')}/{zeebe(tag)}")
        )

    return Extensions(
        task_type=get("taskDefinition", "type"),
        inputs=mappings("input"),
        outputs=mappings("output"),
        form_id=get("formDefinition", "formId"),
        assignee=get("assignmentDefinition", "assignee"),
        candidate_groups=get("assignmentDefinition", "candidateGroups"),
        candidate_users=get("assignmentDefinition", "candidateUsers"),
        due=get("taskSchedule", "dueDate"),
        follow_up=get("taskSchedule", "followUpDate"),
        priority=get("priorityDefinition", "priority"),
        decision_id=get("calledDecision", "decisionId"),
        result_variable=get("calledDecision", "resultVariable") or get("script", "resultVariable"),
        script=get("script", "expression"),
        properties={
            item.get("name") or "": item.get("value") or ""
            for item in holder.iterfind(f"{zeebe('properties')}/{zeebe('property')}")
        },
    )
