"""From shares and weights to a total: full precision throughout, rounded once at the end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from domain.errors import WeightsRefused
from domain.evaluation.indicators import INDICATORS, Inputs, Targets, share
from domain.measures.rates import exact, half_up

_WHOLE = Fraction(100)


@dataclass(frozen=True)
class Weights:
    """The weight of each of the eight indicators; they add up to 100."""

    of: Mapping[str, Fraction]

    @classmethod
    def read(cls, rows: Sequence[Mapping[str, Any]]) -> "Weights":
        """Build them from the answer of ``evaluation_weights``.

        Raises WeightsRefused (reason: indicators, total, negative).
        """
        codes = [str(row["indicator"]) for row in rows]
        if sorted(codes) != sorted(INDICATORS):
            raise WeightsRefused(f"weights for {codes}", reason="indicators")
        found = {str(row["indicator"]): exact(row["weight"]) for row in rows}
        if min(found.values()) < 0:
            raise WeightsRefused("a negative weight", reason="negative")
        total = sum(found.values(), Fraction(0))
        if total != _WHOLE:
            raise WeightsRefused(f"the weights make {total}", reason="total", total=str(total))
        return cls(found)


@dataclass(frozen=True)
class Scored:
    """An indicator's weight, share and points, exactly."""

    code: str
    weight: Fraction
    share: Fraction

    @property
    def points(self) -> Fraction:
        """Return the points that count towards the total."""
        return self.weight * self.share


def score(inputs: Mapping[str, Inputs], weights: Weights, targets: Targets) -> list[Scored]:
    """Score the eight indicators from their inputs."""
    return [
        Scored(code, weights.of[code], share(code, inputs[code], targets)) for code in INDICATORS
    ]


def total(scored: Sequence[Scored]) -> Decimal:
    """Return the total out of 100, rounded half up to two decimals: the only rounding there is."""
    return half_up(sum((one.points for one in scored), Fraction(0)), 2)
