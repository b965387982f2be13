"""The blueprint of this room and who may do what in it."""

from flask import Blueprint

blueprint = Blueprint("studio", __name__)

#: Who reads the published processes and decisions.
READERS = (
    "process_designer",
    "process_publisher",
    "department_officer",
    "department_leader",
    "auditor",
    "operator",
    "platform_administrator",
)
#: Who may upload a changed file and have it checked; publishing is engine.definitions' rule.
DESIGNERS = ("process_designer", "process_publisher", "platform_administrator")
PUBLISHERS = ("process_publisher", "platform_administrator")
