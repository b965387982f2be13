"""Rated hours (定额机时): three bases exist, so every percentage names the one it uses."""

from dataclasses import dataclass
from fractions import Fraction

from domain.instruments.models import Instrument
from domain.measures.periods import Period, shares_of_years

#: basis → its name in Chinese and in English, as it stands beside every percentage.
BASES = {
    "MOE_1400_800": (
        "年定额机时：通用 1400 小时、专用 800 小时",
        "Rated hours a year: 1,400 general, 800 special",
    ),
    "NATIONAL_1600": ("年定额机时：1600 小时", "Rated hours a year: 1,600"),
    "LOCAL": ("年定额机时：本地规定", "Rated hours a year: local rule"),
}


@dataclass(frozen=True)
class Basis:
    """Rated hours a year; ``special_classes`` are majors (two digits) with the special figure."""

    name: str
    general: int
    special: int
    special_classes: frozenset[str] = frozenset()

    @classmethod
    def read(cls, answer: dict[str, object]) -> "Basis":
        """Build it from the answer of the decision ``rated_hours``."""
        majors = str(answer["special_classes"] or "")
        return cls(
            str(answer["basis"]),
            int(str(answer["general_hours"])),
            int(str(answer["special_hours"])),
            frozenset(part for part in majors.split(",") if part),
        )

    def yearly(self, instrument: Instrument) -> int:
        """Return the rated hours a year of an instrument."""
        return self.special if instrument.class_code[:2] in self.special_classes else self.general

    def within(self, instrument: Instrument, window: Period | None) -> Fraction:
        """Return the rated hours of a window: a part of a year has that part of the hours."""
        if window is None:
            return Fraction(0)
        return self.yearly(instrument) * shares_of_years(window)
