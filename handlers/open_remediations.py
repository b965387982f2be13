"""Start one remediation case for each idle instrument of a published bulletin."""

from dataclasses import dataclass, field
from uuid import UUID

from domain.bulletins import computing, read, remeasuring
from engine import instances
from engine.actors import SYSTEM, Scope
from engine.contract import Job
from engine.operations import label, operation, own_transaction


@dataclass(frozen=True)
class Params:
    bulletin_id: UUID = field(metadata=label("通报", "Bulletin"))
    process: str = field(
        default="idle_remediation", metadata=label("整改流程", "Process of remediation")
    )


@dataclass(frozen=True)
class Result:
    opened: int = field(metadata=label("新开整改数", "Remediations opened"))


@operation(mode="job", title=("启动闲置整改", "Start the remediations"))
def open_remediations(params: Params, job: Job) -> Result:
    opened = 0
    with own_transaction() as session:
        bulletin = read(session, params.bulletin_id)
        for item in computing.listed(session, bulletin, ["idle"]):
            # A repeated call finds the cases that the first one opened.
            if item.case_id is not None:
                continue
            case = instances.start(
                session,
                params.process,
                actor=SYSTEM,
                data={"item_id": str(item.public_id)},
                scope=Scope(item.instrument.region, item.unit_id),
            )
            remeasuring.attach_case(session, item, case.public_id)
            opened += 1
    return Result(opened)
