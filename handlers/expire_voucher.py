"""Let an ended voucher's unspent rest go back to its pool."""

from dataclasses import dataclass, field
from uuid import UUID

from domain import vouchers
from engine.contract import Job
from engine.db import as_system
from engine.operations import label, operation


@dataclass(frozen=True)
class Params:
    voucher_id: UUID = field(metadata=label("创新券", "Voucher"))


@dataclass(frozen=True)
class Result:
    expired_fen: int = field(metadata=label("到期退回（分）", "Returned to the pool (fen)"))
    voucher_status: str = field(metadata=label("创新券状态", "Status of the voucher"))


@operation(mode="inline", title=("创新券到期", "Let a voucher end"))
def expire_voucher(params: Params, job: Job) -> Result:
    session = job.session
    assert session is not None  # noqa: S101 - inline operations have the case's transaction
    with as_system(session):
        vouchers.expire(session, params.voucher_id)
        voucher = vouchers.read(session, params.voucher_id)
    # Whoever swept it away first: what has returned to the pool by now is the same.
    return Result(voucher.expired_fen, voucher.status)
