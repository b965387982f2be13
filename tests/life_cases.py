"""A purchase, an entry and a plan made by the rooms' own verbs, for tests of their pages."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.dedup.models import DedupHit, DedupRun
from domain.entries import codes, entries
from domain.entries.entries import AssetCard, Origin
from domain.entries.models import Entry
from domain.instruments.models import Instrument
from domain.organisations import actors
from domain.purchases import Application, Purchase, applications, conclusions, opinions, reviewers
from domain.purchases.conclusions import Advice, Ruling
from domain.purchases.opinions import Said
from engine.clock import now
from engine.identity import uuid7

APPLICATION = Application(
    name="飞行时间质谱仪",
    class_code="010201",
    specs="分辨率高于 60000，离子淌度分离",
    set_budget_wan=320,
    quantity=1,
    funds="fiscal",
    project="蛋白质组平台",
    justification="现有质谱没有离子淌度分离",
    expected_hours=1600,
    staff="王工",
    site="生命楼",
    gap=True,
    gap_reason="没有离子淌度",
)
_FACTS: dict[str, Any] = {
    "similar_count": 1, "reachable_count": 1, "mean_hours": 320.5, "data_quality": 0.8,
}  # fmt: skip


def a_purchase(session: Session, applicant: UUID, official: UUID, like: Instrument) -> Purchase:
    """Make a purchase with a kept search, an opinion, and a decision against the advice."""
    by = actors.load(session, applicant)
    purchase = applications.submit(session, uuid7(), APPLICATION, by=by).purchase
    run = _a_run(session, purchase, like)
    applications.keep_advice(
        session,
        purchase.public_id,
        run_id=run.public_id,
        advice={
            "verdict": {"verdict": "do_not_buy", "advice": "reject"},
            "reasons": ["找到同类仪器"],
            "facts": _FACTS,
        },
    )
    opinions.record(
        session, purchase.public_id, Said("approve", "需要"), by=official, role="science"
    )
    ruling = Ruling("approve", "同意购置一台", "样品不能外运")
    conclusions.conclude(session, purchase.public_id, ruling, Advice("reject"), by=official)
    return conclusions.publish(session, purchase.public_id, valid_months=12)


def an_opinion(session: Session, applicant: UUID) -> tuple[Purchase, UUID]:
    """Make a purchase on which the first expert of the panel has spoken; return both."""
    by = actors.load(session, applicant)
    purchase = applications.submit(session, uuid7(), APPLICATION, by=by).purchase
    panel = reviewers.draw(session, purchase.public_id, 1)
    said = Said("reject", "可以使用现有仪器")
    opinions.record(session, purchase.public_id, said, by=panel[0], role="expert")
    return purchase, panel[0]


def _a_run(session: Session, purchase: Purchase, like: Instrument) -> DedupRun:
    run = DedupRun(
        case_id=purchase.case_id,
        requested_by=purchase.applicant_id,
        unit_id=purchase.unit_id,
        region_path=purchase.region_path,
        searched_in="province",
        snapshot={},
        snapshot_hash="0" * 64,
        algorithm="1-test",
        scorer="0" * 16,
        searched=412,
        model_from=0.5,
        function_from=0.5,
        ran_at=now(session),
    )
    session.add(run)
    session.flush()
    hit = DedupHit(
        run_id=run.id,
        rank=1,
        instrument_id=like.public_id,
        snapshot={"maker": like.maker, "model": like.model},
        same_model=0.03,
        same_function=0.97,
        reasons=[
            {"effect": "agrees", "point": "kind", "zh": "同为质谱仪", "en": "Same kind"},
            {"effect": "unknown", "point": "outside", "zh": "未比对价格", "en": "Not price"},
        ],
        availability={
            "name": like.name_zh, "unit": "某研究所", "unit_en": "An institute",
            "region": like.region, "reachable": True, "hours": 320.5,
        },
    )  # fmt: skip
    session.add(hit)
    session.flush()
    return run


def an_entry(session: Session, manager: UUID, instrument: Instrument) -> Entry:
    """Make the entry of an instrument from stock, overdue for years, with its code."""
    card = AssetCard("ZC-1", instrument.name_zh, 350, date(2019, 5, 6))
    origin = Origin(instrument_id=instrument.public_id)
    entry = entries.open_entry(session, uuid7(), card, origin, by=actors.load(session, manager))
    entries.set_duty(session, entry.public_id, "must", now(session).replace(year=2019))
    if instrument.unit.gs1_prefix:
        codes.issue(session, entry.public_id)
    return session.scalars(select(Entry).where(Entry.id == entry.id)).one()
