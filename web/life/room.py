"""The blueprint of this room, who may enter which of its pages, and its recurring words."""

from flask import Blueprint

from web.error_texts import N_

blueprint = Blueprint("life", __name__)

#: Who may begin something in a unit's name.
STARTERS = ("instrument_manager", "unit_administrator", "unit_finance", "unit_leader")
#: Who sees the list by stage; row-level security narrows what each of them finds.
WATCHERS = (
    *STARTERS,
    "department_officer",
    "department_leader",
    "auditor",
    "operator",
    "platform_administrator",
)
DECISIONS = {
    "approve": N_("Approved"),
    "partial": N_("Approved in part"),
    "reject": N_("Rejected"),
    "reuse": N_("Use an existing one"),
}
VERDICTS = {
    "buy": N_("Recommended"),
    "do_not_buy": N_("Not recommended"),
    "expert_review": N_("For experts to judge"),
}
ROLES = {
    "expert": N_("Expert"),
    "science": N_("Science and technology"),
    "finance": N_("Finance"),
    "education": N_("Education"),
    "customs": N_("Customs"),
}
PURCHASE_STATUSES = {
    "open": N_("Under review"),
    "decided": N_("Decided, not published"),
    "published": N_("Conclusion published"),
    "withdrawn": N_("Withdrawn"),
    "lapsed": N_("Returned, not corrected"),
    "recorded": N_("Recorded only"),
    "handed_over": N_("Handed over to central review"),
}
ENTRY_STATUSES = {
    "open": N_("In progress"),
    "registered": N_("In the network"),
    "exempt": N_("Exempt"),
    "withdrawn": N_("Withdrawn"),
    "merged": N_("Merged into an existing record"),
}
DUTIES = {
    "must": N_("Must be entered"),
    "voluntary": N_("Voluntary"),
    "exempt": N_("Exempt with approval"),
}
SIGNALS = {
    "ok": N_("Signal received"),
    "silent": N_("No sufficient signal"),
    "not_wired": N_("No telemetry connected; not tested"),
}
MILESTONES = {
    "applied": N_("Purchase applied for"),
    "concluded": N_("Conclusion published"),
    "accepted": N_("Entry begun"),
    "approved": N_("Entry approved"),
    "registered": N_("In the network"),
    "shared": N_("Sharing published"),
    "not_shared": N_("Not shared, with approval"),
}
PROCESS_NAMES = {
    "purchase_review": N_("Purchase review"),
    "network_entry": N_("Entry into the network"),
    "sharing": N_("Opening and prices"),
}
