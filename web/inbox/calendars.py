"""A booking as a calendar entry (RFC 5545)."""

from datetime import UTC, datetime

from domain.booking import Booking
from web.formats import language

_LONGEST_LINE = 75


def invitation(booking: Booking, *, stamp: datetime) -> str:
    """Return the entry for one booking; ``stamp`` is the time of writing."""
    instrument = booking.instrument
    name = instrument.name_zh if language() == "zh" else instrument.name_en or instrument.name_zh
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Dayi//Booking//ZH",
        "BEGIN:VEVENT",
        f"UID:{booking.public_id}@dayi",
        f"DTSTAMP:{_utc(stamp)}",
        f"DTSTART:{_utc(booking.start)}",
        f"DTEND:{_utc(booking.end)}",
        f"SUMMARY:{_text(name)}",
        f"LOCATION:{_text(instrument.address)}",
        f"STATUS:{'TENTATIVE' if booking.status == 'held' else 'CONFIRMED'}",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(value: str) -> str:
    for plain, escaped in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        value = value.replace(plain, escaped)
    return value


def _folded(line: str) -> str:
    """Fold a line at 75 octets without cutting a character in two."""
    parts: list[str] = []
    part = ""
    for character in line:
        limit = _LONGEST_LINE if not parts else _LONGEST_LINE - 1
        if len((part + character).encode()) > limit:
            parts.append(part)
            part = ""
        part += character
    return "\r\n ".join([*parts, part])
