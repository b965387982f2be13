"""The part of a scenario's world that purchases and entries need."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from app.national_inside import NationalInside, SensorsInside
from domain.entries import national, signals
from domain.instruments.models import Instrument
from domain.organisations import actors
from domain.organisations.models import Person
from domain.purchases import Application, Purchase, applications, conclusions
from domain.sharing import SharingPlan
from engine.actors import SYSTEM
from engine.identity import uuid7


def wire_outside(given: Mapping[str, Any]) -> None:
    """Give played time a national platform and sensors.

    ``national`` maps an instrument's number in its unit to the codes that its pushes get, before
    100; ``sensors`` maps a sensor to the samples heard of it.
    """
    national.wire_played(NationalInside(given.get("national")))
    signals.wire_played(SensorsInside(given.get("sensors")))


def give_purchases(
    session: Session, given: Mapping[str, Any], people: Mapping[str, Person]
) -> dict[str, Purchase]:
    """Make the purchases that were reviewed and published before, by name."""
    return {
        name: _purchase(session, said, people[said["applicant"]])
        for name, said in given.get("purchases", {}).items()
    }


def give_plans(
    session: Session, given: Mapping[str, Any], instruments: Mapping[str, Instrument]
) -> None:
    """Make sharing plans that were, or are going to be, published at some moment."""
    for said in given.get("plans", []):
        instrument = instruments[said["instrument"]]
        session.add(
            SharingPlan(
                case_id=uuid7(),
                instrument_id=instrument.id,
                unit_id=instrument.unit_id,
                region_path=list(instrument.region_path),
                proposed_by=SYSTEM.id,
                share_mode="external",
                cost_fen=0,
                wish={},
                status="published",
                approved_by=SYSTEM.id,
                published_at=said["published"],
                created_at=said["published"],
            )
        )


def _purchase(session: Session, said: Mapping[str, Any], person: Person) -> Purchase:
    applicant = actors.load(session, person.public_id)
    application = Application(
        name=said["name"],
        class_code=said.get("class_code", "990000"),
        specs="—",
        set_budget_wan=said.get("set_budget_wan", 100),
        quantity=said.get("quantity", 1),
        funds="fiscal",
        project="情景",
        justification="情景",
        expected_hours=1000,
        staff="—",
        site=said.get("site", "—"),
        maker=said.get("maker"),
        model=said.get("model"),
    )
    purchase = applications.submit(session, uuid7(), application, by=applicant).purchase
    ruling = conclusions.Ruling(said.get("conclusion", "approve"))
    conclusions.conclude(session, purchase.public_id, ruling, conclusions.Advice(), by=applicant.id)
    return conclusions.publish(
        session, purchase.public_id, valid_months=said.get("valid_months", 12)
    )
