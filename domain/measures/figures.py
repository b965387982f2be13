"""The figures of instruments in a period, each with its evidence, and of many together."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from sqlalchemy.orm import Session

from domain.instruments.models import Instrument
from domain.measures import uses
from domain.measures.periods import Period, hours, midnight
from domain.measures.rated import Basis
from domain.measures.rates import Rate, rate
from domain.measures.sensors import State, StateInterval, sensors, times
from domain.measures.stretches import NOTHING, ZERO, Amount, measure
from domain.measures.uses import Use
from engine.clock import now

#: problem of a figure → its name in Chinese and in English.
PROBLEMS = {
    "above_window": (
        "登记机时超过期间总时长，属数据错误",
        "More hours recorded than the period has: a data error",
    ),
    "external_above_effective": (
        "对外机时超过有效机时，属数据错误",
        "More external than effective hours: a data error",
    ),
}


@dataclass(frozen=True)
class Figures:
    """What one instrument did in its window: the part of a period since its first day of use.

    An instrument with ``problems`` has a data error: it gives no rate and counts no hours until
    the records are corrected.
    """

    instrument: Instrument
    window: Period | None
    effective: Amount
    external: Amount
    states: Mapping[State, Amount]
    rated: Fraction
    uses: tuple[Use, ...]
    problems: tuple[str, ...] = ()

    @property
    def length(self) -> timedelta:
        """Return the length of the window."""
        return self.window.length if self.window else NOTHING

    @property
    def provisional(self) -> bool:
        """Tell whether something in it had not ended when it was measured."""
        return self.effective.provisional or any(a.provisional for a in self.states.values())

    @property
    def running(self) -> Amount:
        """Return the sensor's running time (开机; standby is not counted)."""
        return self.states.get("running", ZERO)

    @property
    def offline_share(self) -> Fraction:
        """Return the percentage of the window about which no sensor says anything."""
        if self.window is None:
            return Fraction(100)
        return rate(hours(self.states["offline"].counted), hours(self.window.length)).raw

    @property
    def usage(self) -> Rate | None:
        """Return 使用率: effective of rated hours; None with a data error or without a window."""
        return self._rate(self.effective.hours, self.rated)

    @property
    def sharing(self) -> Rate | None:
        """Return 共享率: external of effective hours, 0 when there are none."""
        return self._rate(self.external.hours, self.effective.hours)

    def _rate(self, part: Fraction, whole: Fraction) -> Rate | None:
        return None if self.problems or self.window is None else rate(part, whole)


def of_instruments(
    session: Session, instruments: Collection[Instrument], period: Period, basis: Basis
) -> list[Figures]:
    """Return the figures of instruments in a period, in the order given.

    What lies after the present is not yet; the figures of a period that runs are provisional.
    """
    at = now(session)
    ids = [instrument.id for instrument in instruments]
    used = uses.in_period(session, ids, period)
    states: dict[int, list[StateInterval]] = {}
    for interval in sensors().intervals(session, ids, period.start, period.end):
        states.setdefault(interval.instrument_id, []).append(interval)
    return [
        figure(one, period, at, basis, used.get(one.id, ()), states.get(one.id, ()))
        for one in instruments
    ]


def figure(
    instrument: Instrument,
    period: Period,
    at: datetime,
    basis: Basis,
    used: Sequence[Use] = (),
    states: Sequence[StateInterval] = (),
) -> Figures:
    """Compute one instrument's figures from its uses and states as known at a moment."""
    window = period.clip(midnight(instrument.begin_date), min(period.end, at))
    if window is None:
        return Figures(instrument, None, ZERO, ZERO, {}, Fraction(0), ())
    effective = measure((use.stretch for use in used), window, at)
    external = measure((use.stretch for use in used if use.external), window, at)
    return Figures(
        instrument,
        window,
        effective,
        external,
        times(states, window, at),
        basis.within(instrument, window),
        tuple(used),
        tuple(_problems(effective, external, window)),
    )


def _problems(effective: Amount, external: Amount, window: Period) -> Iterable[str]:
    if effective.raw > window.length:
        yield "above_window"
    if external.counted > effective.counted:
        yield "external_above_effective"


@dataclass(frozen=True)
class Together:
    """The figures of many instruments: sums in hours, and rates of the sums.

    Instruments with a data error are counted in ``erroneous`` and give no hours.
    """

    count: int
    worth_fen: int
    effective: Fraction
    external: Fraction
    running: Fraction
    rated: Fraction
    opened: int
    erroneous: int
    provisional: bool

    @property
    def usage(self) -> Rate:
        """Return 使用率 of all: effective of rated hours."""
        return rate(self.effective, self.rated)

    @property
    def sharing(self) -> Rate:
        """Return 共享率 of all: external of effective hours."""
        return rate(self.external, self.effective)

    @property
    def opening(self) -> Rate:
        """Return 开放率: instruments open to other units of all that should be."""
        return rate(self.opened, self.count)


def together(figures: Collection[Figures]) -> Together:
    """Add the figures of instruments up."""
    sound = [one for one in figures if not one.problems]
    return Together(
        count=len(figures),
        worth_fen=sum(one.instrument.worth_fen for one in figures),
        effective=sum((one.effective.hours for one in sound), Fraction(0)),
        external=sum((one.external.hours for one in sound), Fraction(0)),
        running=sum((one.running.hours for one in sound), Fraction(0)),
        rated=sum((one.rated for one in sound), Fraction(0)),
        opened=sum(is_open(one.instrument) for one in figures),
        erroneous=len(figures) - len(sound),
        provisional=any(one.provisional for one in figures),
    )


def is_open(instrument: Instrument) -> bool:
    """Tell whether other units can use the instrument (开放率's numerator)."""
    return instrument.share_mode == "external" and instrument.lifecycle == "online"


def is_registered(instrument: Instrument) -> bool:
    """Tell whether the instrument has entered the network (入网率's numerator): it has a code."""
    return instrument.giai is not None and instrument.lifecycle != "retired"
