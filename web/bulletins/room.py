"""The blueprint of this room and who may enter which of its pages."""

from flask import Blueprint

blueprint = Blueprint("bulletins", __name__)

OFFICIALS = ("department_officer", "department_leader", "auditor")
UNITS = ("unit_administrator", "unit_leader", "instrument_manager")
REPLIERS = ("unit_administrator", "unit_leader")
