"""The words of this room."""

import flask_babel

from telemetry.states import NAMES
from web.formats import language


def gettext(text: str, **values: object) -> str:
    """Return a text in the language of the request; flask_babel itself has no types."""
    return str(flask_babel.gettext(text, **values))


def state_name(state: str) -> str:
    """Return a state's official name, or its English one."""
    zh, en = NAMES[state]
    return zh if language() == "zh" else en


def percent(share: float) -> str:
    """Show a share given in per cent, with one decimal."""
    return f"{share:.1f} %"
