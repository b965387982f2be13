"""Note that a holder was reminded of a voucher's end, and say how much is still unspent."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from domain import vouchers
from engine.contract import Job
from engine.operations import label, operation


@dataclass(frozen=True)
class Params:
    voucher_id: UUID = field(metadata=label("创新券", "Voucher"))


@dataclass(frozen=True)
class Result:
    left_fen: int = field(metadata=label("未用余额（分）", "Unspent (fen)"))
    reminded_at: datetime = field(metadata=label("提醒时间", "Reminded at"))


@operation(mode="inline", title=("提醒创新券将到期", "Remind of a voucher's end"))
def remind_voucher(params: Params, job: Job) -> Result:
    assert job.session is not None  # noqa: S101 - inline operations have the case's transaction
    voucher = vouchers.note_reminder(job.session, params.voucher_id)
    return Result(voucher.available_fen, job.now)
