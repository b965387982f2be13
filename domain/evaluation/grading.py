"""Ranks and grades: the grade is what the decision table says of total, rank and vetoes."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from domain.evaluation.models import EvalUnit
from domain.measures.rates import rate
from engine import decisions
from engine.clock import now

#: grade → its name in Chinese and in English (中 is our own word for the middle one).
GRADES = {
    "excellent": ("优", "Excellent"),
    "good": ("良", "Good"),
    "fair": ("中", "Fair"),
    "poor": ("差", "Poor"),
}
#: veto → its name in Chinese and in English.
VETOES = {
    "falsified": ("数据弄虚作假", "Falsified data"),
    "no_report": ("未提交自评报告", "No self-report"),
}


@dataclass(frozen=True)
class Standing:
    """A rank among so many; equal totals share the better rank."""

    rank: int
    ranked: int

    @property
    def percent(self) -> float:
        """Return the rank in percent of all: 12 means among the best 12 %."""
        return float(rate(self.rank, self.ranked).raw)


@dataclass(frozen=True)
class Grade:
    """A grade with the veto behind it (or none) and the rule of the table that gave it."""

    grade: str
    veto: str
    rule: dict[str, Any]


def ranks(totals: Sequence[Decimal]) -> list[int]:
    """Return the rank of each total, 1 for the highest; equal ones share theirs."""
    return [1 + sum(other > total for other in totals) for total in totals]


def veto_of(row: EvalUnit) -> str:
    """Return what vetoes a unit's grade, empty for nothing."""
    if row.falsified:
        return "falsified"
    return "no_report" if row.reported_at is None else ""


def grade(
    session: Session, decision: str, row: EvalUnit, total: Decimal, standing: Standing
) -> Grade:
    """Grade a rounded total by the decision table named, which an official may have changed.

    Raises NotFound for an unpublished table and DecisionFailed where it has a gap.
    """
    veto = veto_of(row)
    facts = {
        "total": float(total),
        "rank_percent": standing.percent,
        "veto": veto or "none",
        "year": row.period.year,
    }
    answer = decisions.evaluate(session, decision, facts, now=now(session))
    (hit,) = answer.matched
    return Grade(
        str(answer.value["grade"]),
        veto,
        {
            "decision": decision,
            "version": answer.version,
            "rule": hit.index,
            "note": hit.annotation,
            "inputs": facts,
        },
    )
