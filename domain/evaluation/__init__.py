"""The yearly evaluation of units: scope, indicators, scores, grades, appeals."""

from domain.evaluation import appeals, reporting, results, rounds, scope
from domain.evaluation.evidence import CHECKLIST
from domain.evaluation.grading import GRADES, VETOES
from domain.evaluation.indicators import BLOCKS, INDICATORS
from domain.evaluation.models import (
    EvalAppeal,
    EvalIndicator,
    EvalPeriod,
    EvalResult,
    EvalScope,
    EvalScore,
    EvalUnit,
    PanelScore,
)
from domain.evaluation.results import Rules
from domain.evaluation.scope import ScopeRule

__all__ = [
    "BLOCKS",
    "CHECKLIST",
    "GRADES",
    "INDICATORS",
    "VETOES",
    "EvalAppeal",
    "EvalIndicator",
    "EvalPeriod",
    "EvalResult",
    "EvalScope",
    "EvalScore",
    "EvalUnit",
    "PanelScore",
    "Rules",
    "ScopeRule",
    "appeals",
    "reporting",
    "results",
    "rounds",
    "scope",
]
