"""The fields that the national platform wants of an instrument (object type 4).

``wire`` is the national name, ``key`` ours; lengths and which are required follow the national
interface as far as it is publicly known (handbook 2.6).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from domain.instruments import names
from engine.values import untag

_OTHER = "990000"
_CLASS_DIGITS = 6
_MOST_SUBJECTS = 4
_HOURS_OF_A_YEAR = 8784

SOURCES = {
    "purchase": ("购置", "Purchased"),
    "made": ("研制", "Built"),
    "gift": ("赠送", "Given"),
    "other": ("其他", "Other"),
}
KINDS = {"general": ("通用", "General"), "special": ("专用", "Special")}
FUNDS = {
    "central": ("中央财政资金", "Central government"),
    "local": ("地方财政资金", "Local government"),
    "own": ("单位自有资金", "The unit's own"),
    "other": ("其他资金", "Other"),
}


@dataclass(frozen=True)
class Rule:
    """What one field must be: its national and its shown names, and its greatest length."""

    wire: str
    zh: str
    en: str
    most: int | None = None
    required: bool = True


FIELDS: dict[str, Rule] = {
    "cname": Rule("cname", "中文名称", "Chinese name", 100),
    "ename": Rule("ename", "英文名称", "English name", 100),
    "inner_id": Rule("innerId", "所在单位仪器编号", "Number in the unit", 150),
    "class_code": Rule("instrCategory", "分类编码", "Class code", 6),
    "source": Rule("instrSource", "来源", "Source"),
    "customs": Rule("instrSupervise", "海关监管", "Under customs supervision"),
    "worth_wan": Rule("worth", "原值（万元）", "Original worth (10,000 yuan)"),
    "nation": Rule("nation", "产地国别", "Country of origin", 40),
    "maker": Rule("manufacturer", "生产制造商", "Maker", 50),
    "model": Rule("instrVersion", "规格型号", "Model", 100),
    "begin_date": Rule("beginDate", "启用日期", "In use since"),
    "kind": Rule("type", "设备类别", "Kind"),
    "specs": Rule("technical", "主要技术指标", "Specifications", 500),
    "functions": Rule("function", "主要功能", "Functions", 300),
    "subjects": Rule("subject", "主要学科领域", "Fields of science"),
    "services": Rule("serviceContent", "服务内容", "Services", 200),
    "rules": Rule("requirement", "对外开放共享规定", "Rules of sharing", 500),
    "fee": Rule("fee", "参考收费标准", "Reference prices", 500),
    "street": Rule("street", "安放地址", "Place", 100),
    "run_hours": Rule("runMachine", "年总运行机时", "Running hours a year"),
    "service_hours": Rule("serviceMachine", "年服务机时", "Service hours a year"),
    "funds": Rule("funds", "主要购置经费来源", "Funds"),
    "department": Rule("insideDepart", "所属单位内部门", "Department in the unit", 150),
}
CONTACT: dict[str, Rule] = {
    "person": Rule("contact", "联系人", "Contact", 20),
    "phone": Rule("phone", "电话", "Phone", 20),
    "email": Rule("email", "电子邮箱", "E-mail", 50),
    "address": Rule("address", "通讯地址", "Postal address", 100),
    "postcode": Rule("postalcode", "邮政编码", "Postcode", 6),
}


@dataclass(frozen=True)
class NationalFields:
    """One instrument as its manager describes it; see FIELDS for names and limits."""

    cname: str
    ename: str
    inner_id: str
    class_code: str
    source: Literal["purchase", "made", "gift", "other"]
    worth_wan: float
    nation: str
    maker: str
    model: str
    begin_date: date
    kind: Literal["general", "special"]
    specs: str
    functions: str
    services: str
    rules: str
    fee: str
    street: str
    run_hours: float
    service_hours: float
    department: str
    customs: bool = False
    subjects: str = ""
    funds: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Contact:
    """Whom to ask about the instrument (grade L3)."""

    person: str
    phone: str
    email: str
    address: str
    postcode: str


def missing(fields: Mapping[str, Any], contact: Mapping[str, Any]) -> list[str]:
    """Return the keys of the fields that are empty, too long or impossible, in order.

    Keys of the contact have the prefix ``contact.``.
    """
    found = [key for key, rule in FIELDS.items() if not _fits(key, fields.get(key), rule)]
    found += [
        f"contact.{key}" for key, rule in CONTACT.items() if not _fits(key, contact.get(key), rule)
    ]
    return found


def _fits(key: str, value: Any, rule: Rule) -> bool:  # noqa: ANN401 - JSON
    value = untag(value)
    if value is None or value in ("", []):
        return not rule.required
    if rule.most is not None and len(str(value).strip()) > rule.most:
        return False
    check = _CHECKS.get(key)
    return check(value) if check else bool(str(value).strip())


def _is_class(value: Any) -> bool:  # noqa: ANN401 - JSON
    digits = isinstance(value, str) and value.isdigit() and len(value) == _CLASS_DIGITS
    return digits and (value == _OTHER or value[:4] in names.classes())


def _is_hours(value: Any) -> bool:  # noqa: ANN401 - JSON
    return isinstance(value, int | float) and 0 <= value <= _HOURS_OF_A_YEAR


_CHECKS: dict[str, Callable[[Any], bool]] = {
    "class_code": _is_class,
    "worth_wan": lambda value: isinstance(value, int | float) and value >= 0,
    "run_hours": _is_hours,
    "service_hours": _is_hours,
    "begin_date": lambda value: isinstance(value, date),
    "customs": lambda value: isinstance(value, bool),
    "subjects": lambda value: 1 <= len(subjects(value)) <= _MOST_SUBJECTS,
    "funds": lambda value: bool(value) and set(value) <= set(FUNDS),
    "postcode": lambda value: value.isdigit() and len(value) == CONTACT["postcode"].most,
}


def subjects(text: str) -> list[str]:
    """Return the fields of science of a text that separates them by commas."""
    return [
        one.strip()
        for one in text.replace("、", "，").replace(",", "，").split("，")
        if one.strip()
    ]


def label(key: str) -> tuple[str, str]:
    """Return what a field is called, in Chinese and in English."""
    group, name = (CONTACT, key[8:]) if key.startswith("contact.") else (FIELDS, key)
    return (group[name].zh, group[name].en)
