"""Keep the fields of an entry and name what is missing or impossible."""

from dataclasses import dataclass, field
from uuid import UUID

from domain.entries import entries
from domain.entries import fields as national
from domain.entries.fields import Contact, NationalFields
from engine.contract import Job
from engine.operations import label, operation


@dataclass(frozen=True)
class Params:
    entry_id: UUID = field(metadata=label("入网登记", "Entry"))
    fields: NationalFields = field(metadata=label("入网信息", "Fields"))
    contact: Contact = field(metadata=label("联系信息", "Contact"))


@dataclass(frozen=True)
class Result:
    missing: list[str] = field(metadata=label("缺项", "Missing fields"))
    missing_text: str = field(metadata=label("缺项名称", "Missing fields in words"))
    fields_complete: bool = field(metadata=label("信息齐全", "Fields complete"))


@operation(mode="inline", title=("核对入网信息", "Check the entry's fields"))
def check_entry(params: Params, job: Job) -> Result:
    assert job.session is not None  # noqa: S101 - inline operations have the case's transaction
    entry = entries.keep_fields(job.session, params.entry_id, params.fields, params.contact)
    found = national.missing(entry.fields, entry.contact)
    return Result(found, "、".join(national.label(key)[0] for key in found), not found)
