"""Values as form-js has them in the browser, where temporals are plain ISO 8601 strings."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Any

from engine import values
from engine.forms.components import TEXT, Element

#: Every text from a person must survive PostgreSQL's JSON and UTF-8.
_FIRST_SURROGATE, _LAST_SURROGATE = "\ud800", "\udfff"
_YEARS = range(1900, 10_000)


def as_browser(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Replace tagged temporals by the strings that form-js would hold, deep."""
    if isinstance(value, Mapping):
        if values.is_tagged(value):
            return value["@value"]
        return {key: as_browser(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [as_browser(entry) for entry in value]
    return value


def as_field(element: Element, value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return a value for one field; times in the notation that the field itself writes.

    An empty text is "" there, though the case has null for everything that was not entered.
    """
    if value is None and element.kind in TEXT:
        return ""
    if element.kind != "datetime" or not values.is_tagged(value):
        return as_browser(value)
    zoned = element.raw.get("timeSerializingFormat", "utc_offset") != "no_timezone"
    match value["@type"]:
        case "date-time":
            moment = values.read_date_time(value["@value"])
            text = moment.isoformat(timespec="minutes")
            return text if zoned else text[: len("2026-11-23T09:00")]
        case "time":
            text = time.fromisoformat(value["@value"]).strftime("%H:%M")
            return f"{text}+08:00" if zoned else text
        case _:
            return value["@value"]


def is_storable(text: str) -> bool:
    """Tell whether a text has neither NUL nor half of a surrogate pair."""
    return "\x00" not in text and not any(
        _FIRST_SURROGATE <= sign <= _LAST_SURROGATE for sign in text
    )


def read_temporal(subtype: object, given: object) -> dict[str, str]:
    """Read what a datetime field sends, or the same already tagged; raises ValueError."""
    kind = {"date": "date", "time": "time", "datetime": "date-time"}.get(str(subtype))
    if isinstance(given, Mapping):
        if not values.is_tagged(given) or given["@type"] != kind:
            raise ValueError("another kind of value")
        given = given["@value"]
    if kind is None or not isinstance(given, str) or not given.isascii():
        raise ValueError("not a temporal text")
    read = _READERS[kind](given)
    if isinstance(read, date) and read.year not in _YEARS:
        raise ValueError("no such year here")
    tagged: dict[str, str] = values.tag(read)
    return tagged


def _date(text: str) -> date:
    if len(text) != len("2026-11-23"):
        raise ValueError("not a date")
    return date.fromisoformat(text)


def _time(text: str) -> time:
    read = time.fromisoformat(text)
    if read.tzinfo is None:
        return read
    moment = datetime.combine(date(2026, 1, 1), read)
    return moment.astimezone(values.ZONE).time()


def _date_time(text: str) -> datetime:
    if "T" not in text:
        raise ValueError("not a date-time")
    try:
        return values.read_date_time(text)
    except OverflowError as error:
        raise ValueError("no such instant") from error


_READERS: dict[str, Callable[[str], date | time]] = {
    "date": _date,
    "time": _time,
    "date-time": _date_time,
}
