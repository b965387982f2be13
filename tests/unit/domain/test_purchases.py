"""Purchases: revisions, the lot, opinions, decisions against the advice."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from app.scenario_world import make_world
from domain.purchases import Application, applications, conclusions, opinions, reviewers, statistics
from domain.purchases.conclusions import Advice, Ruling, months_on
from domain.purchases.errors import (
    AlreadyObjected,
    NotAsked,
    NotEntitled,
    OpinionGiven,
    PurchaseClosed,
    ReasonMissing,
    TooFewExperts,
)
from domain.purchases.models import Purchase, PurchaseRevision
from engine.actors import Actor
from engine.clock import FixedClock, now
from engine.db import set_scope
from engine.errors import NotFound

GIVEN: dict[str, Any] = {
    "units": {"大学": {"region": "330106"}, "别的大学": {"region": "330109"}},
    "people": {
        "申报人": {"unit": "大学", "roles": ["instrument_manager", "expert@33"]},
        "学生": {"unit": "大学"},
        "外人": {"unit": "别的大学", "roles": ["unit_administrator"]},
        "科技": {"roles": ["department_officer@33:science"]},
        "外市": {"roles": ["department_officer@3302:science"]},
        "本校专家": {"unit": "大学", "roles": ["expert@33"]},
        "外省专家": {"unit": "别的大学", "roles": ["expert@34"]},
        "甲": {"unit": "别的大学", "roles": ["expert@33"]},
        "乙": {"unit": "别的大学", "roles": ["expert@33"]},
        "丙": {"unit": "别的大学", "roles": ["expert@3301"]},
        "丁": {"unit": "别的大学", "roles": ["expert@330106"]},
    },
}
APPLICATION = Application(
    name="飞行时间质谱仪",
    class_code="010201",
    specs="分辨率高于 60000",
    set_budget_wan=120.005,
    quantity=1,
    funds="fiscal",
    project="蛋白质组平台",
    justification="没有离子淌度",
    expected_hours=1400,
    staff="王工",
    site="B102",
)
RULE = applications.Splitting(12, [50_000_000, 200_000_000])
YES = opinions.Said("approve", "需要")
NO = opinions.Said("reject", "不需要")


@dataclass
class Place:
    session: Session
    people: dict[str, Actor]

    def apply(self, application: Application = APPLICATION, case: UUID | None = None) -> Purchase:
        revision = applications.submit(
            self.session, case or uuid4(), application, by=self.people["申报人"]
        )
        return revision.purchase

    def panel(self, count: int = 3) -> tuple[UUID, list[UUID]]:
        purchase = self.apply()
        return purchase.public_id, reviewers.draw(self.session, purchase.public_id, count)

    def decided(self, ruling: Ruling, advice: Advice) -> UUID:
        purchase = self.apply()
        conclusions.conclude(
            self.session, purchase.public_id, ruling, advice, by=self.people["科技"].id
        )
        return purchase.public_id


@pytest.fixture
def place(session: Session) -> Place:
    return Place(session, dict(make_world(session, GIVEN).people))


def test_money_is_kept_in_whole_fen(place: Place) -> None:
    revision = applications.latest(place.session, place.apply())
    assert revision.set_budget_fen == 120_005_000


def test_only_people_with_a_role_in_a_unit_apply(place: Place) -> None:
    for who in ("学生", "科技"):
        with pytest.raises(NotEntitled):
            applications.submit(place.session, uuid4(), APPLICATION, by=place.people[who])


def test_a_submitted_application_is_corrected_by_a_new_revision_only(place: Place) -> None:
    case = uuid4()
    place.apply(case=case)
    purchase = place.apply(replace(APPLICATION, quantity=2), case)
    assert purchase.revision == 2
    kept = place.session.query(PurchaseRevision).filter_by(purchase_id=purchase.id)
    assert [row.quantity for row in kept.order_by(PurchaseRevision.number)] == [1, 2]


@pytest.mark.parametrize(
    "table",
    [
        "purchase_revision",
        "purchase_reviewer",
        "review_opinion",
        "purchase_conclusion",
        "purchase_objection",
    ],
)
@pytest.mark.parametrize("change", ["update {} set purchase_id = purchase_id", "delete from {}"])
def test_what_was_said_cannot_be_rewritten_even_by_the_platform(
    place: Place, table: str, change: str
) -> None:
    with pytest.raises(DatabaseError, match="permission denied"):
        place.session.execute(text(change.format(table)))


def test_the_purchase_itself_can_move_on(place: Place) -> None:
    """The twin of the test above: the same statement where writing is meant."""
    place.apply()
    done = place.session.execute(text("update purchase set version = version + 1"))
    assert done.rowcount == 1


def test_the_form_check_names_what_is_wrong(place: Place) -> None:
    wrong = replace(
        APPLICATION,
        name="质谱仪一批",
        class_code="880000",
        expected_hours=9000,
        special="online",
        special_reason="  ",
    )
    found = applications.problems(
        place.session, applications.latest(place.session, place.apply(wrong)), RULE
    )
    assert found == ["unknown_class", "bundled_name", "hours_impossible", "special_unexplained"]
    right = applications.latest(place.session, place.apply(replace(APPLICATION, project="别的")))
    assert applications.problems(place.session, right, RULE) == []


def test_purchases_that_pass_a_threshold_only_together_look_split(place: Place) -> None:
    first = place.apply()
    second = applications.latest(place.session, place.apply())
    assert applications.split_with(place.session, second, RULE) == [first]
    assert applications.problems(place.session, second, RULE) == ["splitting"]
    explained = place.apply(replace(APPLICATION, split_reason="两个校区各一台"))
    latest = applications.latest(place.session, explained)
    assert applications.problems(place.session, latest, RULE) == []
    assert len(applications.split_with(place.session, latest, RULE)) == 2


def test_old_or_withdrawn_or_different_purchases_are_no_splitting(
    place: Place, clock: FixedClock
) -> None:
    other = place.apply()
    conclusions.close(place.session, other.public_id, "withdrawn")
    place.apply(replace(APPLICATION, class_code="010101"))
    place.apply(replace(APPLICATION, project="别的项目"))
    own = applications.latest(place.session, place.apply())
    assert applications.split_with(place.session, own, RULE) == []
    place.session.connection()
    clock.at = clock.at.replace(year=clock.at.year + 2)
    assert (
        applications.split_with(
            place.session, applications.latest(place.session, place.apply()), RULE
        )
        == []
    )


def test_nobody_with_a_conflict_is_ever_drawn(place: Place) -> None:
    _, panel = place.panel(4)
    assert set(panel) == {place.people[one].id for one in ("甲", "乙", "丙", "丁")}
    with pytest.raises(TooFewExperts) as refused:
        place.panel(5)
    assert refused.value.params == {"wanted": 5, "found": 4}


def test_the_lot_gives_the_same_panel_again_and_different_ones_to_different_purchases(
    place: Place,
) -> None:
    purchase_id, panel = place.panel(2)
    assert reviewers.draw(place.session, purchase_id, 2) == panel
    panels = {tuple(place.panel(2)[1]) for _ in range(12)}
    assert len(panels) > 1


def test_a_replaced_expert_never_comes_back_and_the_last_ones_stay(place: Place) -> None:
    purchase_id, panel = place.panel(3)
    exchanged = reviewers.replace(place.session, purchase_id, panel, reason="late")
    assert len(exchanged) == 1
    asked = reviewers.pending(place.session, purchase_id)
    assert set(asked) == set(panel) - set(exchanged) | set(exchanged.values())
    assert reviewers.replace(place.session, purchase_id, asked, reason="late") == {}


def test_one_opinion_per_reviewer_and_revision(place: Place) -> None:
    purchase_id, panel = place.panel()
    opinions.record(place.session, purchase_id, YES, by=panel[0], role="expert")
    with pytest.raises(OpinionGiven):
        opinions.record(place.session, purchase_id, NO, by=panel[0], role="expert")
    with pytest.raises(NotAsked):
        opinions.record(
            place.session, purchase_id, YES, by=place.people["本校专家"].id, role="expert"
        )
    assert reviewers.pending(place.session, purchase_id) == panel[1:]


@pytest.mark.parametrize(
    ("said", "advice", "share"),
    [
        ((YES, YES, NO), "approve", 0.6667),
        ((YES, NO, NO), "reject", 0.3333),
        ((YES, opinions.Said("partial", ""), opinions.Said(None, conflict=True)), "approve", 1.0),
        ((opinions.Said(None, conflict=True),), "reject", 0.0),
    ],
)
def test_two_thirds_of_those_who_voted_make_the_advice(
    place: Place, said: tuple[opinions.Said, ...], advice: str, share: float
) -> None:
    purchase_id, panel = place.panel()
    for person, one in zip(panel, said, strict=False):
        opinions.record(place.session, purchase_id, one, by=person, role="expert")
    found = opinions.tally(place.session, purchase_id, agree_share=2 / 3)
    assert (found.advice, found.share) == (advice, share)


@pytest.mark.parametrize(
    ("decision", "algorithm", "panel", "departs"),
    [
        ("approve", "approve", "none", False),
        ("partial", "approve", "approve", False),
        ("reject", "approve", "none", True),
        ("reuse", "approve", "none", True),
        ("approve", "reject", "none", True),
        ("approve", "none", "reject", True),
        ("approve", "reject", "approve", True),
        ("reject", "none", "none", False),
    ],
)
def test_a_decision_against_the_advice_needs_a_reason_and_is_counted(
    place: Place, decision: Any, algorithm: str, panel: str, departs: bool
) -> None:
    advice = Advice(algorithm, panel)
    if departs:
        with pytest.raises(ReasonMissing):
            place.decided(Ruling(decision, reason=" \x85 "), advice)
    place.decided(Ruling(decision, reason="另有考虑" if departs else ""), advice)
    at = now(place.session)
    (counted,) = statistics.departures(place.session, at.replace(hour=0), at.replace(hour=23))
    assert (counted.decisions, counted.departures) == (1, int(departs))
    assert counted.share == float(departs)


def test_the_database_too_refuses_a_departure_without_a_reason(place: Place) -> None:
    purchase_id = place.decided(Ruling("approve"), Advice())
    row = text(
        "insert into purchase_conclusion (purchase_id, number, revision, decision, advice, "
        "panel_advice, departs, reason, text, decided_by, decided_at) select id, 9, 1, 'reject', "
        "'approve', 'none', true, '', '', applicant_id, now() from purchase where public_id = :p"
    )
    with pytest.raises(DatabaseError, match="ck_purchase_conclusion_reason"):
        place.session.execute(row, {"p": purchase_id})


def test_an_objection_comes_once_and_a_published_conclusion_is_final(place: Place) -> None:
    purchase_id = place.decided(Ruling("reject"), Advice())
    applicant = place.people["申报人"].id
    conclusions.object_to(place.session, purchase_id, "不同意", by=applicant)
    with pytest.raises(AlreadyObjected):
        conclusions.object_to(place.session, purchase_id, "还是不同意", by=applicant)
    ruling = Ruling("partial", quantity=1)
    conclusions.conclude(place.session, purchase_id, ruling, Advice(), by=place.people["科技"].id)
    purchase = conclusions.publish(place.session, purchase_id, valid_months=12)
    assert (purchase.conclusion, purchase.approved_quantity) == ("partial", 1)
    assert purchase.valid_until is not None
    assert purchase.valid_until.isoformat() == "2027-11-23"
    with pytest.raises(PurchaseClosed):
        conclusions.conclude(
            place.session, purchase_id, ruling, Advice(), by=place.people["科技"].id
        )
    with pytest.raises(PurchaseClosed):
        applications.submit(place.session, purchase.case_id, APPLICATION, by=place.people["申报人"])


def test_months_end_on_the_last_day_where_the_day_is_missing() -> None:
    from datetime import date

    assert months_on(date(2026, 8, 31), 6) == date(2027, 2, 28)
    assert months_on(date(2026, 12, 1), 1) == date(2027, 1, 1)


def test_who_sees_a_purchase_and_what_its_experts_said(place: Place) -> None:
    purchase_id, panel = place.panel()
    opinions.record(place.session, purchase_id, YES, by=panel[0], role="expert")
    opinions.record(place.session, purchase_id, NO, by=panel[1], role="expert")
    experts = {actor.id: actor for actor in place.people.values()}
    seen = {}
    for name, actor in {**place.people, "第一位": experts[panel[0]]}.items():
        set_scope(place.session, actor)
        try:
            purchase = applications.read(place.session, purchase_id)
        except NotFound:
            continue
        seen[name] = len(opinions.of_purchase(place.session, purchase))
    assert seen["申报人"] == 0
    assert seen["科技"] == 2
    assert not {"学生", "外人", "外市", "外省专家"} & set(seen)
