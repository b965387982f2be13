"""The part of a scenario's world that evaluations, bulletins and remediations need."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from domain import measures
from domain.bulletins import VERDICTS, computing, periods, publishing
from domain.evaluation import Rules, ScopeRule, results, rounds, scope
from domain.instruments.models import Instrument
from domain.measures import StateInterval
from domain.measures.sensors import Sensors, sensors, wire
from domain.organisations.models import Unit
from engine import decisions, definitions
from engine.actors import SYSTEM
from engine.clock import now
from engine.scenario_file import BadScenario
from engine.values import tag

#: What a ``given`` block may say for this part.
KEYS = ("publish", "uses", "states", "bulletin", "evaluated")
_PROCESSES = Path(__file__).resolve().parent.parent / "processes"
_BASIS = {"basis": "MOE_1400_800", "general_hours": 1400, "special_hours": 800}


@dataclass
class PlayedSensors:
    """Sensors of a played world: they know its instruments, all others are asked for outside."""

    outside: Sensors
    recorded: list[StateInterval] = field(default_factory=list)
    own: set[int] = field(default_factory=set)

    def intervals(
        self, session: Session, instrument_ids: Collection[int], start: datetime, end: datetime, /
    ) -> Sequence[StateInterval]:
        inside = [
            one
            for one in self.recorded
            if one.instrument_id in instrument_ids
            and one.start < end
            and (one.end is None or one.end > start)
        ]
        others = set(instrument_ids) - self.own
        return [*inside, *self.outside.intervals(session, others, start, end)]

    def bound(self, session: Session, instrument_ids: Collection[int], at: datetime, /) -> set[int]:
        others = set(instrument_ids) - self.own
        return self.own & set(instrument_ids) | self.outside.bound(session, others, at)

    def waived(
        self, session: Session, instrument_ids: Collection[int], at: datetime, /
    ) -> set[int]:
        return self.outside.waived(session, set(instrument_ids) - self.own, at)


def give(
    session: Session,
    given: Mapping[str, Any],
    instruments: Mapping[str, Instrument],
    units: Mapping[str, Unit],
) -> dict[str, str]:
    """Publish other folders, declare uses, record states, evaluate units, publish a bulletin.

    Returns name → public id: each instrument in the bulletin gives its verdict the name
    ``认定<instrument>``. ``evaluated`` are units that are ready for a stage already.
    """
    for folder in given.get("publish", []):
        resources = definitions.read_folder(_PROCESSES / folder)
        definitions.publish(session, resources, actor=SYSTEM, note="scenario")
    played = PlayedSensors(_real())
    for said in given.get("states", []):
        _record(played, instruments[said["instrument"]], said)
    wire(played)
    for number, said in enumerate(given.get("uses", [])):
        row = measures.Declared(
            row_key=str(number),
            started_at=said["start"],
            ended_at=said["end"],
            user_name=said.get("user", "情景用户"),
            outside=said.get("external", False),
        )
        measures.declare(session, instruments[said["instrument"]].public_id, row, by=SYSTEM)
    for said in given.get("evaluated", []):
        _evaluate(session, said, units[said["unit"]])
    return _bulletin(session, given["bulletin"], instruments) if "bulletin" in given else {}


def _real() -> Sensors:
    """Return the sensors of this process, from under those of an earlier scenario."""
    found = sensors()
    return found.outside if isinstance(found, PlayedSensors) else found


def _record(played: PlayedSensors, instrument: Instrument, said: Mapping[str, Any]) -> None:
    played.own.add(instrument.id)
    played.recorded.append(
        StateInterval(
            instrument.id, said["state"], said["start"], said["end"],
            f"{instrument.id}-{len(played.recorded)}",
        )
    )  # fmt: skip


def _evaluate(session: Session, said: Mapping[str, Any], unit: Unit) -> None:
    """Freeze a round and bring one unit of it to where it waits for the others."""
    rules = _rules(session, int(said["year"]))
    rule = ScopeRule(
        int(rules.targets["scope_years"]), int(rules.targets["least_worth_yuan"]) * 100
    )
    period = scope.freeze(session, said["region"], said["year"], rule, by=SYSTEM, case_id=None)
    row = scope.unit_in(session, period, unit.public_id)
    if row is None:
        raise BadScenario(f"{unit.name_en} is not in the round")
    results.compute(session, row, rules, by=SYSTEM)
    rounds.join(session, row, said["ready_for"], "evaluation_grades", by=SYSTEM)


def _rules(session: Session, year: int) -> Rules:
    asked = {"evaluation_year": year, "period_end": tag(date(year - 1, 12, 31)), "basis_wanted": ""}
    weights, targets, basis = (
        decisions.evaluate(session, name, asked, now=now(session)).value
        for name in ("evaluation_weights", "evaluation_targets", "evaluation_rated_hours")
    )
    return Rules(weights, targets, basis)


def _bulletin(
    session: Session, said: Mapping[str, Any], instruments: Mapping[str, Instrument]
) -> dict[str, str]:
    period = measures.bimonth(said["year"], said["number"])
    row = periods.close(session, said["region"], wanted=period, late_days=0, by=SYSTEM)
    rules = computing.Rules("bulletin_idle", {**_BASIS, "special_classes": "04"}, 0)
    bulletin = computing.compute(session, row, rules, by=SYSTEM)
    if said.get("published", True):
        publishing.publish(session, bulletin, signed_by=SYSTEM.id, by=SYSTEM)
    names = {instrument.id: name for name, instrument in instruments.items()}
    return {
        f"认定{names[item.instrument_id]}": str(item.public_id)
        for item in computing.listed(session, bulletin, list(VERDICTS))
        if item.instrument_id in names
    }
