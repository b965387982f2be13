"""What lies outside the platform, inside this process: for scenarios and the demo's own past."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from domain.entries.national import OK, Answer

WORDS = {
    100: "成功",
    101: "数据填写有误",
    200: "单位编码错误",
    201: "填报数据类型错误",
    202: "推送格式错误",
    203: "验证数据格式错误",
    204: "其他异常",
    301: "数据库异常",
}


class NationalInside:
    """Answers with the codes said for an instrument's number in its unit, then with success."""

    def __init__(self, codes: Mapping[str, Sequence[int]] | None = None) -> None:
        self.codes = {number: list(said) for number, said in (codes or {}).items()}
        self.received: list[dict[str, Any]] = []

    def push(self, unit_code: str, kind: int, record: Mapping[str, Any], *, key: str) -> Answer:
        """Keep the record and answer."""
        self.received.append({"insCode": unit_code, "instruType": kind, "key": key, **record})
        left = self.codes.get(str(record["innerId"]))
        code = left.pop(0) if left else OK
        return Answer(code, WORDS[code])


class SensorsInside:
    """Hears from each sensor as often as it is told, 100 times from others."""

    def __init__(self, samples: Mapping[str, int] | None = None) -> None:
        self.counts = dict(samples or {})

    def samples(self, _session: Session, sensor: str, since: datetime, until: datetime) -> int:
        """Return the number of samples said for a sensor; none in no time."""
        return self.counts.get(sensor, 100) if since < until else 0
