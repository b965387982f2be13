"""Small diagrams for the engine's tests, and operations with a memory."""

import hashlib
import itertools
import json
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.orm import Session

from engine import clock
from engine.actors import Actor, Grant
from engine.contract import Job, Operation, register
from engine.identity import uuid7
from engine.models import Definition, Deployment

UNIT = 7
ANNA = Actor(uuid7(), "Anna", (Grant("applicant"),))
BEN = Actor(uuid7(), "Ben", (Grant("instrument_manager", unit_id=UNIT),))
CARA = Actor(uuid7(), "Cara", (Grant("instrument_manager", unit_id=UNIT),))
OPERATOR = Actor(uuid7(), "Olga", (Grant("operator"),))


def user(element: str, more: str = "", **said: str) -> str:
    """A user task; keywords become its assignment (assignee, candidateGroups, …)."""
    said = said or {"candidateGroups": "instrument_manager"}
    words = " ".join(f'{name}="{value}"' for name, value in said.items())
    inner = f"<zeebe:assignmentDefinition {words}/>{more}"
    return (
        f'<bpmn:userTask id="{element}" name="{element}"><bpmn:extensionElements>{inner}'
        "</bpmn:extensionElements></bpmn:userTask>"
    )


def service(element: str, operation: str, *mappings: str) -> str:
    """A service task; mappings like ``in:name==a`` or ``out:b==result``."""
    tags = {"in": "input", "out": "output"}
    made = ""
    for mapping in mappings:
        kind, rest = mapping.split(":", 1)
        target, source = rest.split("=", 1)
        made += f'<zeebe:{tags[kind]} source="{source}" target="{target}"/>'
    return (
        f'<bpmn:serviceTask id="{element}"><bpmn:extensionElements>'
        f'<zeebe:taskDefinition type="{operation}"/><zeebe:ioMapping>{made}</zeebe:ioMapping>'
        "</bpmn:extensionElements></bpmn:serviceTask>"
    )


def node(kind: str, element: str, inner: str = "", **attributes: str) -> str:
    words = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f'<bpmn:{kind} id="{element}"{words}>{inner}</bpmn:{kind}>'


def timer(text: str, kind: str = "timeDuration") -> str:
    return (
        f"<bpmn:timerEventDefinition><bpmn:{kind}>{text}</bpmn:{kind}></bpmn:timerEventDefinition>"
    )


def flows(*paths: str) -> str:
    """Flows like ``a -> b -> c``; a condition stands in brackets: ``g ->[= x > 1] b``."""
    made = []
    for path in paths:
        parts = [_part(text) for text in path.replace("->", "\0").split("\0")]
        for (source, _), (target, condition) in itertools.pairwise(parts):
            made.append(
                f'<bpmn:sequenceFlow id="{source}_{target}" sourceRef="{source}" '
                f'targetRef="{target}">{condition}</bpmn:sequenceFlow>'
            )
    return "".join(made)


def _part(text: str) -> tuple[str, str]:
    text = text.strip()
    if not text.startswith("["):
        return text, ""
    condition, _, name = text[1:].partition("]")
    condition = condition.replace("&", "&amp;").replace("<", "&lt;")
    return name.strip(), f"<bpmn:conditionExpression>{condition}</bpmn:conditionExpression>"


def diagram(*parts: str, key: str = "p", outside: str = "", properties: str = "") -> str:
    extension = f"<bpmn:extensionElements>{properties}</bpmn:extensionElements>"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
        'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" targetNamespace="http://dayi">'
        f'{outside}<bpmn:process id="{key}" name="测试" isExecutable="true">'
        f"{extension if properties else ''}{''.join(parts)}</bpmn:process></bpmn:definitions>"
    )


START, END = node("startEvent", "start"), node("endEvent", "end")


def publish(session: Session, content: str, key: str = "p", kind: str = "bpmn") -> Definition:
    """Publish without the checks, so that tests reach what the checks would refuse."""
    now = clock.now(session)
    deployment = Deployment(actor_id=UUID(int=0), at=now, note="")
    session.add(deployment)
    session.flush()
    known = session.query(Definition).filter_by(kind=kind, key=key).count()
    made = Definition(
        kind=kind,
        key=key,
        version=known + 1,
        hash=hashlib.sha256(content.encode()).hexdigest(),
        name=key,
        content=content,
        words={},
        deployment_id=deployment.id,
        published_at=now,
        published_by=UUID(int=0),
    )
    session.add(made)
    session.flush()
    return made


def form(key: str, *components: dict[str, object]) -> str:
    return json.dumps({"id": key, "type": "default", "components": list(components)})


@dataclass(frozen=True)
class Params:
    text: str = ""
    number: float = 0


@dataclass(frozen=True)
class Result:
    answer: str


@dataclass
class Memory:
    """What the test operations did and shall do."""

    calls: list[Job] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    answers: list[object] = field(default_factory=list)

    def next(self, params: Params, job: Job) -> Result:
        self.calls.append(job)
        self.texts.append(params.text)
        answer = self.answers.pop(0) if self.answers else f"{params.text}!"
        if isinstance(answer, BaseException):
            raise answer
        return Result(str(answer))


MEMORY = Memory()


def _call(params: Params, job: Job) -> Result:
    return MEMORY.next(params, job)


def operations() -> Memory:
    """Enter the two test operations (once) and forget what they did."""
    MEMORY.calls.clear()
    MEMORY.texts.clear()
    MEMORY.answers.clear()
    for name, mode in (("test_inline", "inline"), ("test_job", "job")):
        register(Operation(name, "A test.", mode, Params, Result, _call))
    return MEMORY
