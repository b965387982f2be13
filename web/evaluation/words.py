"""What inputs, summands and evidence of the indicators are called, in the reader's language."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext

_SECONDS = 3600
#: Columns of evidence that are not for reading.
_HIDDEN = frozenset({"instrument", "digest", "booking", "mark", "point"})


def inputs() -> dict[str, str]:
    """Return the names of the inputs."""
    return {
        "met": gettext("Points met"),
        "points": gettext("Points asked for"),
        "fresh_seconds": gettext("Time with fresh data (s)"),
        "seconds": gettext("Time looked at (s)"),
        "mean_quality": gettext("Mean quality of records"),
        "instruments": gettext("Instruments"),
        "reporting": gettext("Sensors that report"),
        "required": gettext("Sensors required"),
        "instrument_years": gettext("Instrument-years"),
        "effective_seconds": gettext("Effective time (s)"),
        "external_seconds": gettext("External time (s)"),
        "registered": gettext("Registered instruments"),
        "services": gettext("Services"),
        "income_fen": gettext("Income (fen)"),
        "marks": gettext("Marks"),
        "opened": gettext("Instruments open to others"),
        "enterprises": gettext("Enterprise users"),
        "score_sum": gettext("Sum of ratings"),
        "ratings": gettext("Ratings"),
    }


def parts() -> dict[str, str]:
    """Return the names of the summands."""
    return {
        "checklist": gettext("Points met"),
        "fresh": gettext("Time with fresh data"),
        "quality": gettext("Quality of records"),
        "sensors": gettext("Sensors that report"),
        "effective": gettext("Effective hours of the target"),
        "registered": gettext("Registration rate"),
        "services": gettext("Services of the target"),
        "income": gettext("Income of the target"),
        "panel": gettext("Mean of the panel"),
        "external": gettext("External hours of the target"),
        "sharing": gettext("Sharing rate of the target"),
        "opened": gettext("Opening rate"),
        "enterprises": gettext("Enterprise users of the target"),
        "satisfaction": gettext("Weighted mean of ratings"),
    }


def columns(lines: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Return key and title of the columns that lines of evidence have."""
    titles = {
        "name": gettext("Instrument"),
        "met": gettext("Met"),
        "files": gettext("Files"),
        "fresh_days": gettext("Days with fresh data"),
        "quality": gettext("Quality"),
        "empty": gettext("Empty fields"),
        "wrong": gettext("Wrong fields"),
        "sensor": gettext("Sensor"),
        "effective_seconds": gettext("Effective hours"),
        "external_seconds": gettext("External hours"),
        "recorded_seconds": gettext("Hours as recorded"),
        "sensor_seconds": gettext("Hours by the sensor"),
        "uses": gettext("Records"),
        "problems": gettext("Problems"),
        "score": gettext("Score"),
    }
    # The database keeps the keys of a line in an order of its own.
    there = {key for line in lines for key in line} - _HIDDEN
    return [(key, title) for key, title in titles.items() if key in there]


def cell(key: str, value: Any) -> str:  # noqa: ANN401 - JSON
    """Return a value of evidence as the table writes it."""
    if key.endswith("_seconds"):
        return f"{int(value) / _SECONDS:,.1f}"
    if isinstance(value, bool):
        return str(gettext("Yes") if value else gettext("No"))
    if isinstance(value, list):
        return str(len(value)) if key == "files" else "、".join(map(str, value)) or "—"
    states = {
        "reporting": gettext("reporting"),
        "silent": gettext("silent"),
        "waived": gettext("waived"),
        "none": gettext("none"),
    }
    return states.get(value, str(value)) if key == "sensor" else str(value)
