"""Percentages with their raw and their capped value; rounding happens only where they are shown."""

import math
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

_WHOLE = Fraction(100)


@dataclass(frozen=True)
class Rate:
    """A part of a whole in percent: ``raw`` as computed, ``capped`` never above 100."""

    raw: Fraction

    @property
    def capped(self) -> Fraction:
        """Return the rate, 100 at most."""
        return min(self.raw, _WHOLE)


def rate(part: Fraction | int, whole: Fraction | int) -> Rate:
    """Return part of whole in percent, and 0 when the whole is 0 (national rule of 共享率)."""
    return Rate(_WHOLE * part / whole if whole else Fraction(0))


def half_up(value: Fraction, places: int) -> Decimal:
    """Round half away from zero to decimal places, from the exact value."""
    scale = 10**places
    whole = math.floor(abs(value) * scale + Fraction(1, 2))
    signed = whole if value >= 0 else -whole
    return Decimal(signed).scaleb(-places)


def shown(value: Fraction, places: int = 1) -> str:
    """Return a number as pages and documents write it, without separators."""
    return str(half_up(value, places))


def exact(value: object) -> Fraction:
    """Return a number that came as JSON (0.15 or "0.15") exactly as it is written."""
    return Fraction(str(value))
