"""Gathers what the indicators rest on: inputs as plain numbers, and the evidence behind each."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain import measures
from domain.booking.models import Booking, Rating
from domain.evaluation import scope
from domain.evaluation.indicators import Targets
from domain.evaluation.models import EvalUnit, PanelScore
from domain.evaluation.quality import quality
from domain.instruments.models import Instrument
from domain.measures import Basis, Figures, Period
from domain.measures.periods import shares_of_years
from domain.measures.rates import exact, half_up
from domain.measures.sensors import sensors
from domain.measures.stretches import Source, merged

#: point of indicator I1 → its name in Chinese and in English.
CHECKLIST = {
    "rules": ("开放共享管理制度", "Rules of open sharing"),
    "prices": ("收费标准公示", "Prices published"),
    "income": ("服务收入分配办法", "How income is shared out"),
    "staff": ("实验技术人员激励", "Incentives for technical staff"),
    "report": ("年度报告", "Yearly report"),
}
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Gathered:
    """An indicator's inputs (JSON: whole numbers, or fractions as text) and their evidence."""

    inputs: dict[str, Any]
    evidence: list[dict[str, Any]]


@dataclass(frozen=True)
class Material:
    """All that the indicators of one unit are gathered from."""

    session: Session
    row: EvalUnit
    period: Period
    instruments: Sequence[Instrument]
    figures: Sequence[Figures]
    targets: Targets

    @property
    def ids(self) -> list[int]:
        """Return the inner ids of the instruments."""
        return [one.id for one in self.instruments]

    def line(self, instrument: Instrument, **facts: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        """Return a line of evidence about an instrument."""
        return {"instrument": str(instrument.public_id), "name": instrument.name_zh, **facts}


def gather(session: Session, row: EvalUnit, basis: Basis, targets: Targets) -> dict[str, Gathered]:
    """Return the inputs of all eight indicators of a unit; needs system scope."""
    period = Period(row.period.period_start, row.period.period_end)
    instruments = scope.instruments(session, row)
    figures = measures.of_instruments(session, instruments, period, basis)
    material = Material(session, row, period, instruments, figures, targets)
    return {code: rule(material) for code, rule in _RULES.items()}


def digest(sources: Iterable[Source]) -> str:
    """Return the hash of a set of records, by which a page sees whether they are still the same."""
    lines = "\n".join(sorted(f"{one.kind}:{one.id}" for one in sources))
    return hashlib.sha256(lines.encode()).hexdigest()


def _i1(of: Material) -> Gathered:
    said = of.row.checklist
    lines: list[dict[str, Any]] = [
        {"point": point, "met": bool(said.get(point, {}).get("met")), "files": _files(said, point)}
        for point in CHECKLIST
    ]
    return Gathered({"met": sum(line["met"] for line in lines), "points": len(CHECKLIST)}, lines)


def _files(said: dict[str, Any], point: str) -> list[str]:
    found = said.get(point, {}).get("files")
    return list(found) if isinstance(found, list) else []


def _i2(of: Material) -> Gathered:
    """Count the time in which the last data of an instrument was at most so many days old."""
    fresh_for = timedelta(days=int(of.targets["fresh_days"]))
    lines, fresh, whole = [], 0, 0
    for figures in of.figures:
        if figures.window is None:
            continue
        parts = [
            part
            for start, end in _data_times(of, figures)
            if (part := figures.window.clip(start, end + fresh_for)) is not None
        ]
        seconds = sum((part.length for part in merged(parts)), timedelta()) // _SECOND
        fresh, whole = fresh + seconds, whole + figures.length // _SECOND
        lines.append(of.line(figures.instrument, fresh_days=seconds // 86400))
    return Gathered({"fresh_seconds": fresh, "seconds": whole}, lines)


def _data_times(of: Material, figures: Figures) -> Iterable[tuple[Any, Any]]:
    window = figures.window or of.period
    for use in figures.uses:
        yield use.stretch.start, use.stretch.end or window.end
    found = sensors().intervals(of.session, [figures.instrument.id], window.start, window.end)
    for interval in found:
        if interval.state != "offline":
            yield interval.start, interval.end or window.end


def _i3(of: Material) -> Gathered:
    lines, total = [], Fraction(0)
    for instrument in of.instruments:
        value, empty, wrong = quality(instrument)
        total += value
        lines.append(of.line(instrument, quality=str(value), empty=empty, wrong=wrong))
    mean = total / len(lines) if lines else Fraction(0)
    return Gathered({"mean_quality": str(mean), "instruments": len(lines)}, lines)


def _i4(of: Material) -> Gathered:
    at = of.period.end
    bound = sensors().bound(of.session, of.ids, at)
    waived = sensors().waived(of.session, of.ids, at)
    lines = []
    for figures in of.figures:
        reporting = figures.window is not None and figures.offline_share < 100  # noqa: PLR2004
        number = figures.instrument.id
        state = "waived" if number in waived else "none"
        if number in bound:
            state = "reporting" if reporting else "silent"
        lines.append(of.line(figures.instrument, sensor=state))
    required = sum(line["sensor"] != "waived" for line in lines)
    reporting_count = sum(line["sensor"] == "reporting" for line in lines)
    return Gathered({"reporting": reporting_count, "required": required}, lines)


def _hours_lines(of: Material) -> list[dict[str, Any]]:
    return [
        of.line(
            one.instrument,
            effective_seconds=one.effective.counted // _SECOND,
            external_seconds=one.external.counted // _SECOND,
            recorded_seconds=one.effective.raw // _SECOND,
            sensor_seconds=one.running.counted // _SECOND,
            uses=len(one.effective.sources),
            problems=list(one.problems),
            digest=digest(one.effective.sources),
        )
        for one in of.figures
    ]


def _seconds(figures: Collection[Figures], what: Callable[[Figures], timedelta]) -> int:
    """Add up what sound figures say; one with a data error counts nothing until corrected."""
    return sum(what(one) // _SECOND for one in figures if not one.problems)


def _years(of: Material) -> str:
    windows = [one.window for one in of.figures if one.window is not None]
    return str(sum((shares_of_years(window) for window in windows), Fraction(0)))


def _i5(of: Material) -> Gathered:
    uses = [use for one in of.figures if not one.problems for use in one.uses]
    inputs = {
        "instruments": len(of.instruments),
        "instrument_years": _years(of),
        "effective_seconds": _seconds(of.figures, lambda one: one.effective.counted),
        "registered": sum(measures.is_registered(one) for one in of.instruments),
        "services": len(uses),
        "income_fen": sum(use.charge_fen for use in uses),
    }
    return Gathered(inputs, _hours_lines(of))


def _i6(of: Material) -> Gathered:
    query = select(PanelScore).where(PanelScore.eval_unit_id == of.row.id).order_by(PanelScore.id)
    rows = of.session.scalars(query).all()
    lines = [{"mark": str(row.public_id), "score": row.score} for row in rows]
    return Gathered({"marks": [row.score for row in rows]}, lines)


def _i7(of: Material) -> Gathered:
    external = [use for one in of.figures if not one.problems for use in one.uses if use.external]
    inputs = {
        "instruments": len(of.instruments),
        "instrument_years": _years(of),
        "effective_seconds": _seconds(of.figures, lambda one: one.effective.counted),
        "external_seconds": _seconds(of.figures, lambda one: one.external.counted),
        "opened": sum(measures.is_open(one) for one in of.instruments),
        "enterprises": len({use.customer for use in external if use.enterprise and use.customer}),
    }
    return Gathered(inputs, _hours_lines(of))


def _i8(of: Material) -> Gathered:
    query = (
        select(Rating, Booking.public_id)
        .join(Booking)
        .where(
            Rating.instrument_id.in_(of.ids),
            Rating.visible,
            Rating.rated_at >= of.period.start,
            Rating.rated_at < of.period.end,
        )
        .order_by(Rating.id)
    )
    rows = of.session.execute(query).all()
    lines = [{"booking": str(booking), "score": rating.score} for rating, booking in rows]
    inputs = {"score_sum": sum(rating.score for rating, _ in rows), "ratings": len(lines)}
    return Gathered(inputs, lines)


_RULES: dict[str, Callable[[Material], Gathered]] = {
    "I1": _i1, "I2": _i2, "I3": _i3, "I4": _i4, "I5": _i5, "I6": _i6, "I7": _i7, "I8": _i8,
}  # fmt: skip


def shown_number(value: object) -> str:
    """Return an input as a page writes it: fractions with four decimals."""
    number = exact(value)
    return str(number) if number.denominator == 1 else str(half_up(number, 4))
