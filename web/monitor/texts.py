"""Words of this room that several pages say: how a case stands, kinds of incidents."""

from flask_babel import gettext


def status_text(status: str) -> str:
    """Return how a case stands, for people."""
    texts = {
        "active": gettext("in progress"),
        "incident": gettext("needs repair"),
        "completed": gettext("completed"),
        "cancelled": gettext("cancelled"),
    }
    return texts.get(status, status)
