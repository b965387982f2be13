"""Tagged temporal values: how dates, times and durations travel inside JSON process variables.

``{"@type": "date" | "time" | "date-time" | "duration", "@value": "<ISO 8601>"}``; date-times carry
an offset. As bare strings they would compare as text, silently and wrongly.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

#: The zone in which officials read and write clock times; a date-time without offset is meant so.
ZONE = ZoneInfo("Asia/Shanghai")

TYPES = frozenset({"date", "time", "date-time", "duration"})

_ZONE_NAME = re.compile(r"[\[@]([A-Za-z_]+(?:/[A-Za-z_+\-0-9]+)*)\]?$")
_DURATION = re.compile(
    r"(?P<sign>-?)P(?=\d|T\d)(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?"
    r"(?:(?P<days>\d+)D)?(?:T(?=\d)(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?"
    r"(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
)


def is_tagged(x: object) -> bool:
    """Say whether a JSON value is a tagged temporal."""
    return (
        isinstance(x, Mapping)
        and x.get("@type") in TYPES
        and isinstance(x.get("@value"), str)
        and len(x) == 2  # noqa: PLR2004 - exactly the two keys
    )


def tag(x: Any) -> Any:  # noqa: ANN401 - JSON in, JSON out
    """Replace temporals by their tagged form, deep; what is tagged already stays as it is."""
    if isinstance(x, Mapping):
        return {key: tag(value) for key, value in x.items()}
    if isinstance(x, list | tuple):
        return [tag(value) for value in x]
    return _tag_one(x)


def _tag_one(x: Any) -> Any:  # noqa: ANN401
    if isinstance(x, datetime):
        return _tagged("date-time", in_zone(x).isoformat())
    if isinstance(x, date):
        return _tagged("date", x.isoformat())
    if isinstance(x, time):
        return _tagged("time", x.isoformat())
    if isinstance(x, timedelta):
        return _tagged("duration", format_duration(x))
    return x


def _tagged(kind: str, value: str) -> dict[str, str]:
    return {"@type": kind, "@value": value}


def untag(x: Any) -> Any:  # noqa: ANN401 - JSON in, Python values out
    """Replace tagged temporals by Python's, deep; raises ValueError for a malformed one.

    Durations with years or months have no length in Python: they stay tagged.
    """
    if isinstance(x, Mapping):
        if is_tagged(x):
            return _untag_one(x)
        return {key: untag(value) for key, value in x.items()}
    if isinstance(x, list | tuple):
        return [untag(value) for value in x]
    return x


def _untag_one(x: Mapping[str, Any]) -> Any:  # noqa: ANN401
    value = x["@value"]
    match x["@type"]:
        case "date":
            return date.fromisoformat(value)
        case "time":
            return time.fromisoformat(value)
        case "date-time":
            return read_date_time(value)
        case _:
            length = read_duration(value)
            return dict(x) if length is None else length


def in_zone(x: datetime) -> datetime:
    """Return the instant on the platform's clock; a naive date-time is meant there already."""
    return x.replace(tzinfo=ZONE) if x.tzinfo is None else x.astimezone(ZONE)


def read_date_time(text: str) -> datetime:
    """Read an ISO 8601 date-time, also with a zone name as FEEL writes it (``…@Asia/Shanghai``).

    Raises ValueError.
    """
    named = _ZONE_NAME.search(text)
    if named is None:
        return in_zone(datetime.fromisoformat(text))
    bare = text[: named.start()]
    read = datetime.fromisoformat(bare)
    try:
        zone = ZoneInfo(named.group(1))
    except OSError as error:  # ZoneInfoNotFoundError is a KeyError, a folder's name an OSError
        raise ValueError(f"unknown time zone {named.group(1)}") from error
    except KeyError as error:
        raise ValueError(f"unknown time zone {named.group(1)}") from error
    return in_zone(read if read.tzinfo is not None else read.replace(tzinfo=zone))


def read_duration(text: str) -> timedelta | None:
    """Read an ISO 8601 duration; None if it has years or months; raises ValueError."""
    found = _DURATION.fullmatch(text)
    if found is None:
        raise ValueError(f"not a duration: {text}")
    if found["years"] or found["months"]:
        return None
    length = timedelta(
        weeks=int(found["weeks"] or 0),
        days=int(found["days"] or 0),
        hours=int(found["hours"] or 0),
        minutes=int(found["minutes"] or 0),
        seconds=float(found["seconds"] or 0),
    )
    return -length if found["sign"] else length


def format_duration(length: timedelta) -> str:
    """Write a duration as ISO 8601 with days, hours, minutes and seconds (``P1DT2H30M``)."""
    sign = "-" if length < timedelta(0) else ""
    length = abs(length)
    hours, rest = divmod(length.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    fraction = f".{length.microseconds:06d}".rstrip("0") if length.microseconds else ""
    clock = "".join(
        (
            f"{hours}H" if hours else "",
            f"{minutes}M" if minutes else "",
            f"{seconds}{fraction}S" if seconds or fraction else "",
        )
    )
    days = f"{length.days}D" if length.days else ""
    if not days and not clock:
        return "PT0S"
    return f"{sign}P{days}{'T' + clock if clock else ''}"
