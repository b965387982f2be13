"""Send an approved entry to the national platform."""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from domain.entries import entries, national
from domain.entries.errors import NationalUnavailable
from engine.contract import BusinessError, Job, RetryLater
from engine.operations import label, operation, own_transaction

_AGAIN_AFTER = timedelta(minutes=5)


@dataclass(frozen=True)
class Params:
    entry_id: UUID = field(metadata=label("入网登记", "Entry"))


@dataclass(frozen=True)
class Result:
    national_code: int = field(metadata=label("国家平台返回码", "National return code"))
    national_message: str = field(metadata=label("国家平台说明", "National platform's words"))


@operation(
    mode="job",
    title=("报送国家平台", "Report to the national platform"),
    errors=("national_refused",),
)
def push_national(params: Params, job: Job) -> Result:
    """100 is done, 301 is tried again later, every other code is for people to correct."""
    with own_transaction() as session:
        entry = entries.read(session, params.entry_id)
        record = national.record_of(session, entry)
        platform, unit_code = national.of(session), entry.unit.uscc
    try:
        answer = platform.push(unit_code, national.SINGLE_INSTRUMENT, record, key=job.key)
    except NationalUnavailable as silent:
        raise RetryLater(str(silent), _AGAIN_AFTER) from silent
    with own_transaction() as session:
        national.note(session, entries.read(session, params.entry_id), answer)
    if answer.code == national.DATABASE:
        raise RetryLater(f"{answer.code} {answer.message}", _AGAIN_AFTER)
    if answer.code != national.OK:
        raise BusinessError(
            "national_refused",
            answer.message,
            national_code=answer.code,
            national_message=answer.message,
        )
    return Result(answer.code, answer.message)
