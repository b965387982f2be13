"""The words of these rooms: gettext with types, and how a case stands."""

import flask_babel


def gettext(text: str, **values: object) -> str:
    """Return a text in the language of the request; flask_babel itself has no types."""
    return str(flask_babel.gettext(text, **values))


def ngettext(one: str, many: str, number: int, **values: object) -> str:
    """Return a text for a number of things in the language of the request."""
    return str(flask_babel.ngettext(one, many, number, **values))


def status_text(status: str) -> str:
    """Return how a case stands, for people."""
    texts = {
        "active": gettext("in progress"),
        "incident": gettext("needs repair"),
        "completed": gettext("completed"),
        "cancelled": gettext("cancelled"),
    }
    return texts.get(status, status)
