"""Bulletins every two months: figures of units and regions, idle instruments, what follows."""

from domain.bulletins import computing, periods, printing, publishing, remeasuring, wording
from domain.bulletins.judging import VERDICTS
from domain.bulletins.models import (
    Bulletin,
    BulletinItem,
    BulletinPeriod,
    BulletinUnit,
    Remeasure,
)
from domain.bulletins.publishing import REPLIES, read

__all__ = [
    "REPLIES",
    "VERDICTS",
    "Bulletin",
    "BulletinItem",
    "BulletinPeriod",
    "BulletinUnit",
    "Remeasure",
    "computing",
    "periods",
    "printing",
    "publishing",
    "read",
    "remeasuring",
    "wording",
]
