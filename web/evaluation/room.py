"""The blueprint of this room and who may enter which of its pages."""

from flask import Blueprint

blueprint = Blueprint("evaluation", __name__)

OFFICIALS = ("department_officer", "department_leader", "auditor")
LAUNCHERS = ("department_officer", "department_leader")
UNITS = ("unit_administrator", "unit_leader", "unit_finance", "instrument_manager")
