"""Idle or not: what the decision table says of an instrument's figures.

The table is asked instrument by instrument, and each verdict keeps the table's version, the rule
that applied and what it was asked. An instrument about which the sensor said too little is
unknown, never idle (离线 ≠ 关机); the code refuses a table that says otherwise.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from domain.errors import OfflineNeverIdle
from domain.instruments.models import Instrument
from domain.measures import Figures, Period, half_up, rate
from domain.measures.rates import exact
from engine import decisions
from engine.clock import now
from engine.values import tag

#: verdict → its name in Chinese and in English.
VERDICTS = {
    "idle": ("闲置", "Idle"),
    "low": ("低效", "Low use"),
    "unknown": ("未知", "Unknown"),
    "excused": ("停机或豁免", "Out of service or waived"),
    "new": ("启用不足六个月", "In use for less than six months"),
    "normal": ("正常", "Normal"),
}
#: Running states of an instrument in which nobody can expect it to run.
_OUT = frozenset({"repair", "scrap"})


@dataclass(frozen=True)
class Judged:
    """A verdict with the figures it rests on (two decimals) and the rule that gave it."""

    figures: Figures
    verdict: str
    running_hours: Decimal
    effective_hours: Decimal
    offline_percent: Decimal
    rule: dict[str, Any]


def judge(session: Session, decision: str, figures: Figures, period: Period) -> Judged:
    """Ask the table named about one instrument.

    Raises NotFound, DecisionFailed, and OfflineNeverIdle where a changed table would call an
    instrument idle or little used although its sensor was offline too long (rule column
    ``offline_limit``).
    """
    facts = _facts(figures, period)
    answer = decisions.evaluate(session, decision, facts, now=now(session))
    (hit,) = answer.matched
    verdict = str(answer.value["verdict"])
    limit = exact(answer.value["offline_limit"])
    if verdict in ("idle", "low") and figures.offline_share >= limit:
        raise OfflineNeverIdle("unknown is not idle", instrument=figures.instrument.name_zh)
    rule = {
        "decision": decision,
        "version": answer.version,
        "rule": hit.index,
        "note": hit.annotation,
        "inputs": {name: value for name, value in facts.items() if name != "period_end"},
    }
    return Judged(
        figures,
        verdict,
        half_up(figures.running.hours, 2),
        half_up(figures.effective.hours, 2),
        half_up(figures.offline_share, 2),
        rule,
    )


def _facts(figures: Figures, period: Period) -> dict[str, Any]:
    days = exact(period.length.total_seconds()) / 86400
    in_60_days = figures.running.hours * 60 / days
    return {
        "period_end": tag(period.last_day),
        "run_hours_60_days": float(half_up(in_60_days, 4)),
        "offline_percent": float(half_up(figures.offline_share, 4)),
        "age_months": months(figures.instrument.begin_date, period.last_day),
        "out_of_service": is_out(figures.instrument),
        "use_percent": float(half_up(rate(figures.running.hours, figures.rated).raw, 4)),
    }


def is_out(instrument: Instrument) -> bool:
    """Tell whether an instrument is out of service or waived from running."""
    return instrument.run_status in _OUT or instrument.lifecycle != "online"


def months(first: date, last: date) -> int:
    """Return the whole months from one day to another."""
    return (last.year - first.year) * 12 + last.month - first.month - (last.day < first.day)
