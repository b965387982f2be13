"""Give an applicant's unit a voucher out of the pool of a region, under the pool's lock."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from uuid import UUID

from domain import vouchers
from domain.organisations import people
from domain.vouchers import Claim, issuing, ledger
from domain.vouchers.errors import CapReached, PoolExhausted
from engine.contract import BusinessError, Job
from engine.db import as_system
from engine.operations import label, operation


@dataclass(frozen=True)
class Params:
    applicant: UUID = field(metadata=label("申请人", "Applicant"))
    amount_fen: int = field(metadata=label("面额（分）", "Face value (fen)"))
    pool_region: str = field(metadata=label("资金池所属地区", "Region of the pool"))
    yearly_cap_fen: int = field(metadata=label("年度申领上限（分）", "Most issued in a year (fen)"))
    months: int = field(
        metadata=label("有效月数（0为当年年底）", "Months valid (0: to the end of the year)")
    )
    remind_days: int = field(metadata=label("到期前几天提醒", "Days before the end to remind"))


@dataclass(frozen=True)
class Result:
    voucher_id: UUID = field(metadata=label("创新券", "Voucher"))
    voucher_number: str = field(metadata=label("创新券编号", "Voucher number"))
    valid_until: date = field(metadata=label("有效期至（含）", "Valid to (included)"))
    remind_at: datetime = field(metadata=label("提醒时间", "Reminder"))
    expire_at: datetime = field(metadata=label("到期时间", "End"))


@operation(
    mode="inline",
    title=("发放创新券", "Issue a voucher"),
    errors=("pool_exhausted", "cap_reached"),
)
def issue_voucher(params: Params, job: Job) -> Result:
    session = job.session
    assert session is not None  # noqa: S101 - inline operations have the case's transaction
    with as_system(session):
        day = vouchers.today(session)
        person = people.read(session, params.applicant)
        pool = vouchers.pool_for(session, region=params.pool_region, year=day.year)
        if pool is None or person.unit_id is None:
            raise BusinessError(PoolExhausted.code, "no pool of this region and year")
        claim = Claim(
            pool_id=pool.public_id,
            unit_id=person.unit_id,
            face_fen=params.amount_fen,
            valid_until=issuing.end_of(day, params.months),
            cap_fen=params.yearly_cap_fen,
            case_id=job.case_id,
        )
        try:
            voucher = vouchers.issue(session, claim, key=f"issue:{job.key}")
        except (PoolExhausted, CapReached) as refused:
            raise BusinessError(refused.code, str(refused), **refused.params) from refused
    end = datetime.combine(voucher.valid_until, time(), ledger.SHANGHAI)
    # A voucher of a few weeks is reminded of halfway, not at once.
    halfway = job.now + (end - job.now) / 2
    remind = max(end - timedelta(days=params.remind_days), halfway)
    return Result(voucher.public_id, voucher.number, vouchers.last_day(voucher), remind, end)
