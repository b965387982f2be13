"""/purchases/<id>: the wanted instrument beside those that are like it, advice beside decision."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import g, render_template
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.dedup.models import DedupRun
from domain.organisations import people, regions
from domain.purchases import Purchase, applications, conclusions, opinions
from engine import definitions
from engine.db import as_system
from engine.models import Instance
from web.access import requires
from web.formats import language
from web.life.room import DECISIONS, PURCHASE_STATUSES, ROLES, VERDICTS, blueprint
from web.words import say

_SAME_COUNTY, _SAME_CITY = 6, 4


@dataclass(frozen=True)
class Similar:
    """One instrument of the network beside the wanted one."""

    instrument_id: UUID
    name: str
    maker: str
    model: str
    unit: str
    same_model: float
    same_function: float
    reachable: bool
    hours: float
    place: str
    near: str
    reasons: list[dict[str, str]]


@blueprint.get("/purchases/<uuid:public_id>")
@requires()
def purchase_panel(public_id: UUID) -> str:
    """Show a purchase to whoever sees its case; nobody else learns that it exists."""
    session: Session = g.session
    purchase = applications.read(session, public_id)
    decided = conclusions.of_purchase(session, purchase)
    said = opinions.of_purchase(session, purchase)
    ids = {one.decided_by for one in decided} | {one.reviewer_id for one in said}
    run = _run(session, purchase)
    return render_template(
        "life/purchase.html",
        purchase=purchase,
        revision=applications.latest(session, purchase),
        case=session.scalar(select(Instance).where(Instance.public_id == purchase.case_id)),
        unit=purchase.unit,
        similar=_similar(session, purchase, run),
        run=run,
        advice=purchase.advice,
        reasons=_reasons(session, purchase),
        decided=decided,
        said=said,
        objection=conclusions.objection_of(session, purchase),
        people=people.names(session, {*ids, purchase.applicant_id}),
        decisions=DECISIONS,
        verdicts=VERDICTS,
        roles=ROLES,
        statuses=PURCHASE_STATUSES,
    )


def _run(session: Session, purchase: Purchase) -> DedupRun | None:
    """Return the kept search: evidence for everybody who sees the purchase, experts too."""
    if purchase.run_id is None:
        return None
    with as_system(session):
        run = session.scalar(select(DedupRun).where(DedupRun.public_id == purchase.run_id))
        if run is not None:
            list(run.hits)
        return run


def _similar(session: Session, purchase: Purchase, run: DedupRun | None) -> list[Similar]:
    if run is None:
        return []
    pick = 0 if language() == "zh" else 1
    names = regions.names(session)
    own = max(purchase.region_path, key=len)
    return [_one(hit, own, names, pick) for hit in run.hits]


def _one(hit: Any, own: str, names: dict[str, tuple[str, str]], pick: int) -> Similar:  # noqa: ANN401 - DedupHit's JSON
    facts = hit.availability
    region = str(facts["region"])
    key = ("zh", "en")[pick]
    return Similar(
        instrument_id=hit.instrument_id,
        name=facts["name"],
        maker=hit.snapshot["maker"],
        model=hit.snapshot["model"],
        unit=facts["unit"] if pick == 0 else facts.get("unit_en") or facts["unit"],
        same_model=hit.same_model,
        same_function=hit.same_function,
        reachable=bool(facts["reachable"]),
        hours=float(facts["hours"]),
        place=names.get(region, (region, region))[pick],
        near=_nearness(own, region),
        reasons=[{"effect": one["effect"], "text": one[key]} for one in hit.reasons],
    )


def _nearness(own: str, region: str) -> str:
    """Return how far away a region is in the plain steps of the province's map."""
    for digits, word in ((_SAME_COUNTY, "county"), (_SAME_CITY, "city")):
        if own[:digits] == region[:digits] and len(own) >= digits:
            return word
    return "province"


def _reasons(session: Session, purchase: Purchase) -> list[str]:
    found = list(dict.fromkeys(purchase.advice.get("reasons", [])))
    if not found:
        return []
    words = definitions.latest(session, "dmn", "purchase_reasons").words
    return [say(words, one) for one in found]
