"""The eight indicators: from stored inputs to a share of 1, exactly and by the inputs alone.

Names of the indicators are a reconstruction from the clauses of the provincial notice, weights
and targets are decision tables of ``processes/evaluation`` (本平台默认). Everything here is pure:
the same inputs and targets give the same fraction for ever (INV-09).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from domain.measures.rates import exact, rate

Inputs = Mapping[str, Any]
Targets = Mapping[str, Any]

BLOCKS = {
    "organisation": ("组织管理", "Organisation"),
    "operation": ("运行使用", "Operation and use"),
    "sharing": ("开放共享", "Open sharing"),
}
#: indicator → block, and its name in Chinese and in English.
INDICATORS = {
    "I1": ("organisation", "制度建设与管理", "Rules and administration"),
    "I2": ("organisation", "平台数据对接", "Docking with the platform"),
    "I3": ("organisation", "信息数据质量", "Quality of records"),
    "I4": ("organisation", "传感器安装", "Sensors installed"),
    "I5": ("operation", "运行、入网、服务与收入", "Running, registration, service, income"),
    "I6": ("operation", "支撑科研任务与产出", "Research supported and brought forth"),
    "I7": ("sharing", "对外开放共享运行", "Operation open to others"),
    "I8": ("sharing", "服务满意度", "Satisfaction of users"),
}
_ONE = Fraction(1)
_PERCENT = Fraction(100)
#: With at least this many marks the highest and the lowest do not count (handbook D8).
_ENOUGH_MARKS = 5


@dataclass(frozen=True)
class Part:
    """One summand of an indicator: its share (0 to 1), how much it counts, and its raw value."""

    name: str
    raw: Fraction
    share: Fraction
    counts: Fraction


def _part(name: str, raw: Fraction, counts: object = 1) -> Part:
    return Part(name, raw, min(_ONE, max(Fraction(0), raw)), exact(counts))


def _ratio(part: object, whole: object) -> Fraction:
    """Return part of whole; where nothing is demanded, everything demanded is there."""
    return exact(part) / exact(whole) if exact(whole) else _ONE


def _of_target(value: Fraction, target: Fraction) -> Fraction:
    return value / target if target else _ONE


def _i1(given: Inputs, _: Targets) -> Sequence[Part]:
    return [_part("checklist", _ratio(given["met"], given["points"]))]


def _i2(given: Inputs, _: Targets) -> Sequence[Part]:
    return [_part("fresh", _ratio(given["fresh_seconds"], given["seconds"]))]


def _i3(given: Inputs, _: Targets) -> Sequence[Part]:
    return [_part("quality", exact(given["mean_quality"]))]


def _i4(given: Inputs, targets: Targets) -> Sequence[Part]:
    full = exact(targets["sensor_full_percent"]) / _PERCENT
    return [_part("sensors", _of_target(_ratio(given["reporting"], given["required"]), full))]


def _i5(given: Inputs, targets: Targets) -> Sequence[Part]:
    count = exact(given["instruments"])
    target = exact(targets["hours_target"]) * exact(given["instrument_years"])
    hours = exact(given["effective_seconds"]) / 3600
    services = exact(targets["services_target"]) * count
    income = exact(targets["income_target_yuan"]) * 100 * count
    return [
        _part("effective", _of_target(hours, target), targets["hours_part"]),
        _part("registered", _ratio(given["registered"], count), targets["registered_part"]),
        _part("services", _of_target(exact(given["services"]), services), targets["services_part"]),
        _part("income", _of_target(exact(given["income_fen"]), income), targets["income_part"]),
    ]


def panel_mean(marks: Sequence[int]) -> Fraction:
    """Return the mean of the experts' marks (0 to 100), without the extremes from five on."""
    counted = sorted(marks)
    if len(counted) >= _ENOUGH_MARKS:
        counted = counted[1:-1]
    return Fraction(sum(counted), len(counted)) if counted else Fraction(0)


def _i6(given: Inputs, _: Targets) -> Sequence[Part]:
    return [_part("panel", panel_mean(given["marks"]) / _PERCENT)]


def _i7(given: Inputs, targets: Targets) -> Sequence[Part]:
    count = exact(given["instruments"])
    external = exact(given["external_seconds"]) / 3600
    target = exact(targets["external_target"]) * exact(given["instrument_years"])
    sharing = rate(exact(given["external_seconds"]), exact(given["effective_seconds"])).raw
    wanted = exact(targets["sharing_target_percent"])
    enterprises = exact(targets["enterprises_target"]) * count
    users = exact(given["enterprises"])
    return [
        _part("external", _of_target(external, target), targets["external_part"]),
        _part("sharing", _of_target(sharing, wanted), targets["sharing_part"]),
        _part("opened", _ratio(given["opened"], count), targets["opened_part"]),
        _part("enterprises", _of_target(users, enterprises), targets["enterprises_part"]),
    ]


def _i8(given: Inputs, targets: Targets) -> Sequence[Part]:
    prior, weight = exact(targets["rating_prior"]), exact(targets["rating_prior_weight"])
    mean = (prior * weight + exact(given["score_sum"])) / (weight + exact(given["ratings"]))
    return [_part("satisfaction", mean / 5)]


_RULES: dict[str, Callable[[Inputs, Targets], Sequence[Part]]] = {
    "I1": _i1, "I2": _i2, "I3": _i3, "I4": _i4, "I5": _i5, "I6": _i6, "I7": _i7, "I8": _i8,
}  # fmt: skip


def parts(code: str, inputs: Inputs, targets: Targets) -> list[Part]:
    """Return the summands of an indicator, each with its raw and its counted share."""
    return list(_RULES[code](inputs, targets))


def share(code: str, inputs: Inputs, targets: Targets) -> Fraction:
    """Return how much of an indicator's weight is reached: exactly, from 0 to 1."""
    return sum((one.share * one.counts for one in parts(code, inputs, targets)), Fraction(0))
