"""The national platform's fields of an instrument, and what an instrument still lacks for them."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from domain.instruments.models import Instrument
from domain.instruments.names import RUN_STATUSES, SHARE_MODES

_FILE = Path(__file__).with_name("national_fields.json")
_FEN_PER_WAN = 1_000_000
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_CODE = re.compile(r"[0-9A-Za-z_\-]+")
_CLASS = re.compile(r"\d{6}")
_MOST_SUBJECTS = 4
_DECIMALS = -2


@dataclass(frozen=True)
class Field:
    """A field of the wire: its name there, its names for people and its rule."""

    wire: str
    zh: str
    en: str
    type: str
    required: bool
    max_len: int | None
    options: tuple[str, ...]


@dataclass(frozen=True)
class Problem:
    """A field that the national platform would refuse; ``reason`` is a stable word."""

    field: str
    reason: str
    zh: str
    en: str


@cache
def fields() -> dict[str, Field]:
    """Return the fields of a single instrument (object type 4) by their names on the wire."""
    read = json.loads(_FILE.read_text("utf-8"))["instrument"]
    return {
        row["wire"]: Field(
            row["wire"],
            row["zh"],
            row["en"],
            row["type"],
            row["required"],
            row.get("max_len"),
            tuple(row.get("options", ())),
        )
        for row in read
    }


@cache
def return_codes() -> dict[str, str]:
    """Return what the platform's answer codes mean."""
    read: dict[str, str] = json.loads(_FILE.read_text("utf-8"))["return_codes"]
    return read


def _decimal(value: str) -> bool:
    try:
        number = Decimal(value)
    except InvalidOperation:
        return False
    exponent = number.as_tuple().exponent
    return isinstance(exponent, int) and number >= 0 and exponent >= _DECIMALS


def _date(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _address(value: str) -> bool:
    parts = urlsplit(value)
    return parts.scheme in ("http", "https") and bool(parts.netloc)


#: type of a field → (rule for one value, what is wanted in zh and en)
_RULES: dict[str, tuple[Callable[[str], bool], str, str]] = {
    "decimal": (_decimal, "应为不小于 0、至多两位小数的数", "a number from 0 with two decimals"),
    "date": (_date, "应为 YYYY-MM-DD", "a date as YYYY-MM-DD"),
    "email": (lambda v: bool(_MAIL.fullmatch(v)), "应为电子邮箱", "an e-mail address"),
    "digits": (lambda v: bool(_CLASS.fullmatch(v)), "应为六位数字", "six digits"),
    "code": (lambda v: bool(_CODE.fullmatch(v)), "应为编码", "a code of letters and digits"),
    "url": (_address, "应为网址", "a web address"),
}


def check(values: Mapping[str, Any]) -> list[Problem]:
    """Return the problems of an instrument's values, by their names on the wire, in field order."""
    found = [_problem(field, values.get(field.wire)) for field in fields().values()]
    return [problem for problem in found if problem]


def _problem(field: Field, value: Any) -> Problem | None:  # noqa: ANN401 - a value of the wire
    parts = [str(each).strip() for each in (value if isinstance(value, list) else [value])]
    if value is None or not any(parts):
        return _told(field, "missing", "未填写", "missing") if field.required else None
    if field.max_len and len("".join(parts)) > field.max_len:
        most = field.max_len
        return _told(field, "too_long", f"不得超过 {most} 字", f"at most {most} characters")
    return _wrong_choice(field, parts) or _wrong_form(field, parts)


def _wrong_choice(field: Field, parts: list[str]) -> Problem | None:
    if field.options and any(part not in field.options for part in parts):
        allowed = "/".join(field.options)
        return _told(field, "not_a_choice", f"只能是 {allowed}", f"one of {allowed}")
    if field.type == "list" and len(parts) > _MOST_SUBJECTS:
        return _told(field, "too_many", f"至多 {_MOST_SUBJECTS} 项", f"at most {_MOST_SUBJECTS}")
    return None


def _wrong_form(field: Field, parts: list[str]) -> Problem | None:
    if field.wire == "instrCategory" and not _CLASS.fullmatch(parts[0]):
        return _told(field, "form", "应为六位分类编码", "a class code of six digits")
    rule = _RULES.get(field.type)
    if rule and not all(rule[0](part) for part in parts):
        return _told(field, "form", rule[1], rule[2])
    return None


def _told(field: Field, reason: str, zh: str, en: str) -> Problem:
    return Problem(field.wire, reason, f"{field.zh}：{zh}", f"{field.en}: {en}")


def values_of(instrument: Instrument) -> dict[str, Any]:
    """Return what the platform knows of an instrument in the wire's form; the rest is missing."""
    worth = Decimal(instrument.worth_fen) / _FEN_PER_WAN
    return {
        "cname": instrument.name_zh,
        "ename": instrument.name_en,
        "innerId": instrument.inner_id,
        "insCode": instrument.unit.uscc,
        "instrCategory": instrument.class_code,
        "worth": f"{worth:.2f}",
        "nation": instrument.nation,
        "manufacturer": instrument.maker,
        "beginDate": instrument.begin_date.isoformat(),
        "instrVersion": instrument.model,
        "technical": instrument.specs,
        "function": instrument.functions,
        "serviceContent": instrument.services,
        "requirement": instrument.rules,
        "province/city/county": instrument.region,
        "street": instrument.address,
        "status": RUN_STATUSES[instrument.run_status][0],
        "shareMode": SHARE_MODES[instrument.share_mode][0],
        "contact": instrument.contact,
        "phone": instrument.phone,
    }
