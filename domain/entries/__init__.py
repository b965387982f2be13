"""Entry into the network (仪器入网): fields, code, sensor, approval, the national platform."""

from domain.entries import codes, entries, fields, national, registration, same_machine, signals
from domain.entries.models import Entry

__all__ = [
    "Entry",
    "codes",
    "entries",
    "fields",
    "national",
    "registration",
    "same_machine",
    "signals",
]
