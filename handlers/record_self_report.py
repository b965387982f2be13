"""Keep a unit's self-report: which of the five points it meets, with files, and a summary."""

from dataclasses import dataclass, field
from uuid import UUID

from domain import deciders
from domain.evaluation import CHECKLIST, reporting
from engine.contract import Job
from engine.operations import label, operation, own_transaction


@dataclass(frozen=True)
class Params:
    eval_unit_id: UUID = field(metadata=label("参评单位", "Evaluated unit"))
    task: str = field(metadata=label("自评任务", "Task of the report"))
    summary: str = field(metadata=label("自评说明", "Summary"))
    rules_files: list[str] = field(
        default_factory=list, metadata=label("开放共享管理制度", "Rules of open sharing")
    )
    prices_files: list[str] = field(
        default_factory=list, metadata=label("收费标准公示", "Prices published")
    )
    income_files: list[str] = field(
        default_factory=list, metadata=label("服务收入分配办法", "How income is shared out")
    )
    staff_files: list[str] = field(
        default_factory=list, metadata=label("实验技术人员激励", "Incentives for staff")
    )
    report_files: list[str] = field(
        default_factory=list, metadata=label("年度报告", "Yearly report")
    )


@dataclass(frozen=True)
class Result:
    points_met: int = field(metadata=label("达成要点数", "Points met"))


@operation(mode="job", title=("登记自评报告", "Record the self-report"))
def record_self_report(params: Params, job: Job) -> Result:
    files = {point: list(getattr(params, f"{point}_files")) for point in CHECKLIST}
    checklist = {point: {"met": bool(names), "files": names} for point, names in files.items()}
    with own_transaction() as session:
        who = deciders.of_task(session, job.case_id, params.task)
        reporting.report(session, params.eval_unit_id, checklist, params.summary, by=who)
    return Result(sum(said["met"] is True for said in checklist.values()))
