"""The blueprint of this room and who may enter which of its pages."""

from flask import Blueprint

blueprint = Blueprint("vouchers", __name__)

#: Who looks after an enterprise's vouchers; row-level security narrows what each of them finds.
HOLDERS = ("enterprise_agent", "unit_finance", "unit_administrator", "unit_leader")
#: Who claims vouchers for an enterprise.
CLAIMANTS = ("enterprise_agent",)
#: Who watches pools. Only voucher officers decide; the domain asks again.
WATCHERS = ("voucher_officer", "auditor")
