"""Keep a plan for the sharing of an instrument and check it."""

from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select

from domain.organisations import actors
from domain.sharing import SharingPlan, Wish, plans
from domain.sharing.errors import SharingNotEntitled
from engine.contract import BusinessError, Job
from engine.db import as_system
from engine.models import Instance
from engine.operations import label, operation


@dataclass(frozen=True)
class Params:
    instrument_id: UUID = field(metadata=label("仪器", "Instrument"))
    applicant: UUID = field(metadata=label("经办人", "Who proposes it"))
    plan: Wish = field(metadata=label("开放方案", "Plan"))


@dataclass(frozen=True)
class Result:
    plan_id: UUID = field(metadata=label("开放方案", "Plan"))
    instrument_name: str = field(metadata=label("仪器名称", "Instrument's name"))
    plan_problems: list[str] = field(metadata=label("方案问题", "Problems of the plan"))
    plan_complete: bool = field(metadata=label("方案齐全", "Plan complete"))
    internal_factor: float = field(metadata=label("校内价与成本之比", "Internal price to cost"))
    public_factor: float = field(metadata=label("科研单位价与成本之比", "Research price to cost"))
    enterprise_factor: float = field(metadata=label("企业价与成本之比", "Enterprise price to cost"))
    changes_prices: bool = field(metadata=label("调整现行价格", "Changes present prices"))
    days_ahead: int = field(metadata=label("提前天数", "Days ahead"))


@operation(
    mode="inline", title=("登记开放方案", "Keep the sharing plan"), errors=("sharing_not_entitled",)
)
def propose_sharing(params: Params, job: Job) -> Result:
    session = job.session
    assert session is not None  # noqa: S101 - inline operations have the case's transaction
    by = actors.load(session, params.applicant)
    try:
        plan = plans.propose(session, job.case_id, params.instrument_id, params.plan, by=by)
    except SharingNotEntitled as refused:
        raise BusinessError(
            refused.code, str(refused), refused_because=refused.params["reason"]
        ) from refused
    with as_system(session):
        _place_case(job, plan)
        found = plans.check(session, plan, params.plan)
        return Result(
            plan_id=plan.public_id,
            instrument_name=plan.instrument.name_zh,
            plan_problems=list(found.problems),
            plan_complete=not found.problems,
            internal_factor=found.internal_factor,
            public_factor=found.public_factor,
            enterprise_factor=found.enterprise_factor,
            changes_prices=found.changes_prices,
            days_ahead=found.days_ahead,
        )


def _place_case(job: Job, plan: SharingPlan) -> None:
    """Put the case into the instrument's unit and region."""
    assert job.session is not None  # noqa: S101 - as above
    case = job.session.scalars(select(Instance).where(Instance.public_id == job.case_id)).one()
    case.unit_id, case.region = plan.unit_id, plan.instrument.region
    case.region_path = list(plan.region_path)
