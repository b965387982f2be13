"""Hours and rates of instruments, each number with the records it comes from."""

from domain.measures.declaring import Declared, declare
from domain.measures.figures import (
    PROBLEMS,
    Figures,
    Together,
    figure,
    is_open,
    is_registered,
    of_instruments,
    together,
)
from domain.measures.models import DeclaredUse, UsageCheck
from domain.measures.periods import Period, bimonth, bimonth_before, bimonth_of, hours, year
from domain.measures.rated import BASES, Basis
from domain.measures.rates import Rate, half_up, rate, shown
from domain.measures.sensors import STATE_NAMES, Sensors, StateInterval
from domain.measures.stretches import Amount, Source, Stretch, measure

__all__ = [
    "BASES",
    "PROBLEMS",
    "STATE_NAMES",
    "Amount",
    "Basis",
    "Declared",
    "DeclaredUse",
    "Figures",
    "Period",
    "Rate",
    "Sensors",
    "Source",
    "StateInterval",
    "Stretch",
    "Together",
    "UsageCheck",
    "bimonth",
    "bimonth_before",
    "bimonth_of",
    "declare",
    "figure",
    "half_up",
    "hours",
    "is_open",
    "is_registered",
    "measure",
    "of_instruments",
    "rate",
    "shown",
    "together",
    "year",
]
