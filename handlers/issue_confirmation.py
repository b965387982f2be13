"""Write the calendar file (iCalendar) that confirms a booking and keep it with the case."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from domain.booking import bookings
from domain.booking.models import Booking
from domain.documents import files
from engine.actors import SYSTEM
from engine.contract import Job
from engine.operations import label, operation, own_transaction


@dataclass(frozen=True)
class Params:
    booking_id: UUID = field(metadata=label("预约", "Booking"))


@dataclass(frozen=True)
class Result:
    confirmation_id: UUID = field(metadata=label("预约确认单", "Confirmation document"))


#: RFC 5545, 3.1: a content line has at most 75 octets.
_LINE = 75


@operation(mode="job", title=("出具预约确认单", "Issue the confirmation"))
def issue_confirmation(params: Params, job: Job) -> Result:
    name = f"预约确认单-{job.case_number}.ics"
    with own_transaction() as session:
        # A repeated call finds what the first one kept: the instrument's lock makes them queue.
        booking = bookings.read(session, params.booking_id)
        bookings.lock(session, booking.instrument.public_id)
        for document in files.of_case(session, job.case_id):
            if document.name == name:
                return Result(document.public_id)
        content = _calendar(booking, job).encode()
        document = files.store(session, name=name, content=content, by=SYSTEM, case_id=job.case_id)
        return Result(document.public_id)


def _calendar(booking: Booking, job: Job) -> str:
    instrument = booking.instrument
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Dayi//Booking//ZH",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:{booking.public_id}@dayi",
        f"DTSTAMP:{_utc(job.now)}",
        f"DTSTART:{_utc(booking.start)}",
        f"DTEND:{_utc(booking.end)}",
        f"SUMMARY:{_text(f'仪器预约 {instrument.name_zh}')}",
        f"LOCATION:{_text(instrument.address)}",
        f"DESCRIPTION:{_text(f'预约编号 {job.case_number}。请按时签到，逾时记为爽约。')}",
        "STATUS:CONFIRMED",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(f"{folded}\r\n" for line in lines for folded in _fold(line))


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _text(value: str) -> str:
    for plain, escaped in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        value = value.replace(plain, escaped)
    return value


def _fold(line: str) -> list[str]:
    """Fold a content line at 75 octets without cutting a character in two."""
    folded, current = [], ""
    for character in line:
        if len((current + character).encode()) > _LINE:
            folded.append(current)
            current = " "
        current += character
    return [*folded, current]
