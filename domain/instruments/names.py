"""What classes and states of instruments are called, in Chinese and in English."""

import csv
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent
_MAJOR_DIGITS = 2

SHARE_MODES = {
    "external": ("外部共享", "Shared with everybody"),
    "internal": ("内部共享", "Shared within the unit"),
    "none": ("不共享", "Not shared"),
}
RUN_STATUSES = {
    "normal": ("正常", "Normal"),
    "occasional_fault": ("偶有故障", "Occasional faults"),
    "frequent_fault": ("故障频繁", "Frequent faults"),
    "repair": ("待修", "Awaiting repair"),
    "scrap": ("待报废", "Awaiting disposal"),
}
LIFECYCLES = {
    "pending": ("待入网", "Awaiting entry"),
    "online": ("在网", "In the network"),
    "suspended": ("停用", "Suspended"),
    "retired": ("退出", "Retired"),
}
APPROVALS = {
    "none": ("无需审批", "No approval"),
    "first_time": ("首次使用需审批", "Approval of the first use"),
    "always": ("每次审批", "Approval every time"),
}


@cache
def classes() -> dict[str, tuple[str, str]]:
    """Return the names of majors (two digits) and middle classes (four digits) by code.

    The scheme is the national platform's list of twelve majors; other lists number the majors
    differently, so a code means something only together with ``Instrument.class_scheme``.
    """
    with (_FOLDER / "classes.csv").open(encoding="utf-8", newline="") as file:
        return {row["code"]: (row["name_zh"], row["name_en"]) for row in csv.DictReader(file)}


def majors() -> dict[str, tuple[str, str]]:
    """Return the names of the majors by their two digits."""
    return {code: both for code, both in classes().items() if len(code) == _MAJOR_DIGITS}


def class_name(code: str) -> tuple[str, str]:
    """Return the most exact name known for a class code of two to six digits."""
    known = classes()
    for digits in (4, _MAJOR_DIGITS):
        if code[:digits] in known:
            return known[code[:digits]]
    return (code, code)
