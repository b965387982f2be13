"""The blueprint of this room and who may enter."""

from flask import Blueprint

blueprint = Blueprint("watch", __name__)

#: Who looks at current and states; row-level security narrows which instruments each of them sees:
#: raw current (level L3) is for an instrument's own managers, the administrators of its unit,
#: officials and auditors of its region.
WATCHERS = (
    "instrument_manager",
    "unit_administrator",
    "department_officer",
    "department_leader",
    "auditor",
    "operator",
    "platform_administrator",
)
