"""Start a case of another process, of the same unit and region, in somebody's name."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import select

from domain.organisations import actors
from engine import definitions, instances
from engine.actors import Scope
from engine.contract import Job
from engine.errors import NotFound
from engine.models import Instance
from engine.operations import label, operation, own_transaction


@dataclass(frozen=True)
class Params:
    process: str = field(metadata=label("流程", "Process"))
    person: UUID = field(metadata=label("以谁的名义", "In whose name"))
    payload: dict[str, Any] = field(default_factory=dict, metadata=label("内容", "Content"))


@dataclass(frozen=True)
class Result:
    case_started: bool = field(metadata=label("已启动", "Started"))
    started_number: str = field(metadata=label("新案号", "Number of the new case"))


@operation(mode="job", title=("启动另一案件", "Start another case"))
def start_case(params: Params, job: Job) -> Result:
    """A process that is not published here is a plain fact, not a fault: then nothing starts.

    A repeated call finds the case that the first one started.
    """
    with own_transaction() as session:
        known = session.scalar(select(Instance).where(Instance.business_key == job.key))
        if known is not None:
            return Result(case_started=True, started_number=known.number)
        try:
            definitions.current(session, "bpmn", params.process)
        except NotFound:
            return Result(case_started=False, started_number="")
        here = instances.read(session, job.case_id)
        case = instances.start(
            session,
            params.process,
            actor=actors.load(session, params.person),
            data=params.payload,
            scope=Scope(region=here.region, unit_id=here.unit_id),
            business_key=job.key,
        )
        return Result(case_started=True, started_number=case.number)
