"""Computes a bulletin: figures of every unit and region, and the verdict on every instrument."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain import measures
from domain.booking.opening import SHANGHAI
from domain.bulletins.judging import VERDICTS, Judged, judge
from domain.bulletins.models import Bulletin, BulletinItem, BulletinPeriod, BulletinUnit
from domain.bulletins.periods import wait_for_others
from domain.errors import BulletinPublished
from domain.instruments.models import Instrument
from domain.measures import Basis, Period, Together, half_up, shown, together
from domain.organisations import regions
from domain.organisations.models import Unit
from engine.actors import Actor
from engine.clock import now
from engine.db import as_system

_LISTED = ("idle", "low", "unknown")


@dataclass(frozen=True)
class Rules:
    """The decision that judges instruments, and the rated hours (JSON of ``rated_hours``).

    ``key`` names the call: the same one again finds the version that it made.
    """

    idle_decision: str
    basis: Mapping[str, Any]
    least_fen: int
    key: str = ""


def compute(
    session: Session, row: BulletinPeriod, rules: Rules, *, reason: str = "", by: Actor
) -> Bulletin:
    """Compute the next version of a period's bulletin.

    A draft is replaced by the next version, a published one only with a reason (correction).
    Raises BulletinPublished.
    """
    with as_system(session):
        wait_for_others(session, row.region)
        before = latest(session, row)
        if rules.key and before is not None and before.rules.get("key") == rules.key:
            return before
        if before is not None and before.status == "published" and not reason:
            raise BulletinPublished("say why it is corrected", version=before.version)
        period = Period(row.period_start, row.period_end)
        judged = _judge_all(session, row.region, period, rules)
        bulletin = Bulletin(
            period_id=row.id,
            version=before.version + 1 if before else 1,
            region=row.region,
            content=_content(session, row.region, period, rules, judged),
            rules={"idle": rules.idle_decision, "basis": dict(rules.basis), "key": rules.key},
            reason=reason,
            computed_at=now(session),
            computed_by=by.id,
            region_path=regions.path(row.region),
        )
        session.add(bulletin)
        session.flush()
        _add_rows(session, bulletin, judged, by)
        session.flush()
    return bulletin


def latest(session: Session, row: BulletinPeriod) -> Bulletin | None:
    """Return the last version of a period's bulletin, as far as the scope shows it."""
    query = (
        select(Bulletin)
        .where(Bulletin.period_id == row.id)
        .order_by(Bulletin.version.desc())
        .limit(1)
    )
    return session.scalar(query)


def _judge_all(
    session: Session, region: str, period: Period, rules: Rules
) -> dict[int, list[Judged]]:
    """Judge the region's instruments that were in use before the period ended, by unit."""
    query = (
        select(Instrument)
        .join(Unit)
        .where(
            Unit.region.startswith(regions.prefix(region)),
            Instrument.worth_fen >= rules.least_fen,
            Instrument.begin_date <= period.last_day,
            Instrument.lifecycle != "retired",
        )
        .order_by(Unit.code, Instrument.id)
    )
    instruments = session.scalars(query).all()
    basis = Basis.read(dict(rules.basis))
    found: dict[int, list[Judged]] = {}
    for figures in measures.of_instruments(session, instruments, period, basis):
        verdict = judge(session, rules.idle_decision, figures, period)
        found.setdefault(figures.instrument.unit_id, []).append(verdict)
    return found


def _add_rows(
    session: Session, bulletin: Bulletin, judged: Mapping[int, Sequence[Judged]], by: Actor
) -> None:
    units = _units(session, judged)
    for unit_id, verdicts in judged.items():
        path = regions.path(units[unit_id].region)
        session.add(
            BulletinUnit(
                bulletin_id=bulletin.id,
                unit_id=unit_id,
                figures=_row_of(verdicts),
                computed_by=by.id,
                region_path=path,
            )
        )
        session.add_all(_item(bulletin, one, path, by) for one in verdicts)


def _item(bulletin: Bulletin, one: Judged, path: list[str], by: Actor) -> BulletinItem:
    return BulletinItem(
        bulletin_id=bulletin.id,
        instrument_id=one.figures.instrument.id,
        verdict=one.verdict,
        running_hours=one.running_hours,
        effective_hours=one.effective_hours,
        offline_percent=one.offline_percent,
        rule=one.rule,
        computed_by=by.id,
        unit_id=one.figures.instrument.unit_id,
        region_path=path,
    )


def _units(session: Session, wanted: Mapping[int, object]) -> dict[int, Unit]:
    return {
        unit.id: unit
        for unit in session.scalars(select(Unit).where(Unit.id.in_(wanted)).order_by(Unit.code))
    }


def _content(
    session: Session,
    region: str,
    period: Period,
    rules: Rules,
    judged: Mapping[int, Sequence[Judged]],
) -> dict[str, Any]:
    """Return all that is printed, in plain values already rounded."""
    units = _units(session, judged)
    names = regions.names(session)
    by_city: dict[str, list[Judged]] = {}
    for unit_id, unit in units.items():
        by_city.setdefault(f"{unit.region[:4]}00", []).extend(judged[unit_id])
    everything = [one for verdicts in judged.values() for one in verdicts]
    return {
        "region": _named(names, region),
        "first_day": period.start.astimezone(SHANGHAI).date().isoformat(),
        "last_day": period.last_day.isoformat(),
        "basis": dict(rules.basis),
        "total": {**_row_of(everything), "units": len(units)},
        "cities": [
            {**_named(names, code), **_row_of(by_city[code])} for code in sorted(by_city)
        ],
        "units": [
            {"zh": unit.name_zh, "en": unit.name_en, "kind": unit.kind, "id": str(unit.public_id),
             **_row_of(judged[unit_id])}
            for unit_id, unit in units.items()
        ],
    }  # fmt: skip


def _named(names: Mapping[str, tuple[str, str]], code: str) -> dict[str, str]:
    zh, en = names.get(code, (code, code))
    return {"code": code, "zh": zh, "en": en}


def _row_of(verdicts: Sequence[Judged]) -> dict[str, Any]:
    """Return the figures of some instruments as printed: hours and percent with one decimal."""
    sums: Together = together([one.figures for one in verdicts])
    counts = {name: sum(one.verdict == name for one in verdicts) for name in VERDICTS}
    return {
        "instruments": sums.count,
        "worth_wan": str(half_up(measures.rates.exact(sums.worth_fen) / 1_000_000, 2)),
        "effective": shown(sums.effective),
        "external": shown(sums.external),
        "running": shown(sums.running),
        "rated": shown(sums.rated),
        "usage": shown(sums.usage.capped),
        "usage_raw": shown(sums.usage.raw),
        "sharing": shown(sums.sharing.capped),
        "opening": shown(sums.opening.capped),
        "erroneous": sums.erroneous,
        "provisional": sums.provisional,
        "verdicts": counts,
    }


def listed(
    session: Session, bulletin: Bulletin, verdicts: Sequence[str] = _LISTED
) -> list[BulletinItem]:
    """Return the instruments with certain verdicts, as far as the session's scope shows them."""
    query = (
        select(BulletinItem)
        .where(BulletinItem.bulletin_id == bulletin.id, BulletinItem.verdict.in_(verdicts))
        .order_by(BulletinItem.unit_id, BulletinItem.verdict, BulletinItem.id)
    )
    return list(session.scalars(query))
