"""The blueprint of this room and who may enter which of its pages."""

from flask import Blueprint

blueprint = Blueprint("monitor", __name__)

#: Who searches cases; row-level security narrows what each of them finds.
WATCHERS = (
    "instrument_manager",
    "unit_administrator",
    "unit_leader",
    "department_officer",
    "department_leader",
    "auditor",
    "operator",
    "platform_administrator",
)
#: Who sees a case's variables; people who only take part see what was submitted.
EXAMINERS = (
    "department_officer",
    "department_leader",
    "auditor",
    "operator",
    "platform_administrator",
)
OPERATORS = ("operator", "platform_administrator")
