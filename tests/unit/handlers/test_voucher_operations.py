"""The operations of vouchers: what they answer, what they refuse, and what an order then owes."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from app.scenario_world import make_world
from domain import payments, vouchers
from domain.payments.models import ServiceOrder
from engine.actors import SYSTEM, Actor
from engine.clock import FixedClock, now
from engine.contract import BusinessError, Job
from engine.identity import uuid7
from engine.models import Definition, Deployment, Instance
from handlers.check_enterprise import Params as CheckEnterprise
from handlers.check_enterprise import check_enterprise
from handlers.expire_voucher import Params as ExpireVoucher
from handlers.expire_voucher import expire_voucher
from handlers.find_vouchers import Params as FindVouchers
from handlers.find_vouchers import find_vouchers
from handlers.issue_voucher import Params as IssueVoucher
from handlers.issue_voucher import issue_voucher
from handlers.release_voucher import Params as ReleaseVoucher
from handlers.release_voucher import release_voucher
from handlers.remind_voucher import Params as RemindVoucher
from handlers.remind_voucher import remind_voucher
from handlers.reserve_voucher import Params as ReserveVoucher
from handlers.reserve_voucher import reserve_voucher
from handlers.settle_voucher import Params as SettleVoucher
from handlers.settle_voucher import settle_voucher
from tests.voucher_kit import balances

TEN = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
CAP = 20_000_000
#: Two hours at 400 yuan: an order of 80,000 fen.
GIVEN: dict[str, Any] = {
    "units": {
        "大学": {"region": "330106"},
        "企业": {"region": "331083", "kind": "enterprise"},
        "别家": {"region": "330602", "kind": "enterprise"},
    },
    "people": {
        "代办人": {"unit": "企业", "roles": ["enterprise_agent", "applicant"]},
        "外人": {"unit": "别家"},
        "机主": {"unit": "大学", "roles": ["instrument_manager"]},
    },
    "instruments": {
        "电镜": {"unit": "大学", "managers": ["机主"], "hour_fen": {"enterprise": 40_000}}
    },
    "orders": {
        "单": {"instrument": "电镜", "payer": "代办人", "start": TEN},
        "外单": {"instrument": "电镜", "payer": "外人", "start": TEN + timedelta(hours=3)},
    },
    "registers": {"tech_sme": ["企业"]},
    "pools": {"玉环池": {"region": "331083", "budget_fen": 10_000_000}},
    "vouchers": {
        "大券": {"pool": "玉环池", "unit": "企业", "face_fen": 2_000_000},
        "小券": {"pool": "玉环池", "unit": "企业", "face_fen": 30_000, "until": date(2026, 12, 1)},
        "冻结券": {"pool": "玉环池", "unit": "企业", "face_fen": 50_000, "frozen": True},
    },
}


@dataclass
class Place:
    session: Session
    clock: FixedClock
    people: dict[str, Actor]
    values: dict[str, Any]
    case: Instance
    calls: int = 0

    def id(self, name: str) -> UUID:
        return UUID(self.values[name])

    def do(self, operation: Any, params: Any, key: str = "") -> Any:
        self.calls += 1
        key = key or f"case:{self.calls}"
        job = Job("any", key, self.case.public_id, "CX-1", "any", 1, self.clock.at, self.session)
        return operation(params, job)

    def reserve(self, voucher: str, order: str = "单", key: str = "", **values: int) -> Any:
        rule = {"offset_percent": 50, "full_offset_up_to_fen": 0, "yearly_cap_fen": CAP, **values}
        params = ReserveVoucher(self.id(voucher), self.id(order), **rule)
        return self.do(reserve_voucher, params, key)

    def refusal(self, voucher: str, order: str = "单", **values: int) -> str:
        with pytest.raises(BusinessError) as refused:
            self.reserve(voucher, order, **values)
        assert refused.value.code == "voucher_unavailable"
        return refused.value.data["reason"]

    def order(self, name: str = "单") -> ServiceOrder:
        return payments.read(self.session, self.id(name))

    def balances(self, name: str) -> dict[str, int]:
        return balances(vouchers.read(self.session, self.id(name)))


@pytest.fixture
def place(session: Session, clock: FixedClock):
    world = make_world(session, GIVEN)
    yield Place(session, clock, world.people, world.values, a_case(session))
    session.rollback()


def a_case(session: Session) -> Instance:
    deployment = Deployment(actor_id=SYSTEM.id, at=now(session))
    session.add(deployment)
    session.flush()
    definition = Definition(
        kind="bpmn", key="voucher", version=1, hash="0", name="x", content="",
        deployment_id=deployment.id, published_at=now(session), published_by=SYSTEM.id,
    )  # fmt: skip
    session.add(definition)
    session.flush()
    case = Instance(
        number="CX-1", process_key="voucher", definition_id=definition.id,
        started_at=now(session), initiator_id=uuid7(), region_path=[], history_hash="",
    )  # fmt: skip
    session.add(case)
    session.flush()
    return case


def test_the_payer_is_offered_what_can_be_used_what_ends_first_first(place: Place) -> None:
    found = place.do(find_vouchers, FindVouchers(place.id("单"), place.people["代办人"].id))
    assert [choice["value"] for choice in found.vouchers] == [
        place.values["小券"],
        place.values["大券"],
    ]
    number = vouchers.read(place.session, place.id("小券")).number
    assert found.vouchers[0] == {
        "value": place.values["小券"],
        "label": f"{number} · ¥300.00 · → 2026-11-30",
        "region": "331083",
    }
    assert found.has_vouchers


@pytest.mark.parametrize(("order", "person"), [("外单", "外人"), ("单", "外人")])
def test_nobody_is_offered_the_vouchers_of_others(place: Place, order: str, person: str) -> None:
    found = place.do(find_vouchers, FindVouchers(place.id(order), place.people[person].id))
    assert (found.vouchers, found.has_vouchers) == ([], False)


def test_a_voucher_takes_over_its_share_and_the_rest_stays_payable(place: Place) -> None:
    taken = place.reserve("大券")
    assert (taken.offset_fen, taken.payable_fen) == (40_000, 40_000)
    assert place.balances("大券") == {"available": 1_960_000, "reserved": 40_000}
    order = place.order()
    assert (order.offset_fen, order.payable_fen, order.status) == (40_000, 40_000, "open")


def test_a_small_price_is_taken_over_whole_and_then_the_order_is_paid(place: Place) -> None:
    taken = place.reserve("大券", full_offset_up_to_fen=1_000_000)
    assert (taken.offset_fen, taken.payable_fen) == (80_000, 0)
    assert place.order().status == "paid"


def test_no_more_is_taken_over_than_the_voucher_has(place: Place) -> None:
    assert place.reserve("小券").offset_fen == 30_000


def test_no_more_is_taken_over_than_the_years_cap_leaves(place: Place) -> None:
    assert place.reserve("大券", yearly_cap_fen=10_000).offset_fen == 10_000


def test_the_same_call_again_reserves_nothing_more(place: Place) -> None:
    first = place.reserve("大券", key="case:same")
    assert place.reserve("大券", key="case:same") == first
    assert place.balances("大券")["reserved"] == 40_000


def test_each_obstacle_has_its_reason(place: Place) -> None:
    assert place.refusal("冻结券") == "frozen"
    assert place.refusal("大券", "外单") == "other_unit"
    assert place.refusal("大券", yearly_cap_fen=0) == "cap"
    place.values["没有"] = str(uuid7())
    assert place.refusal("没有") == "other_unit"
    place.clock.move(timedelta(days=10))
    assert place.refusal("小券") == "expired"


def test_finished_work_settles_what_was_taken_over(place: Place) -> None:
    place.reserve("大券")
    order = place.order()
    order.status = "paid"
    order.paid_fen = 40_000
    place.session.flush()
    payments.final_price(place.session, order.public_id, minutes=30)
    settled = place.do(settle_voucher, SettleVoucher(order.public_id), "case:settle")
    # Half an hour costs 20,000 fen: less than was reserved, so the rest is free again.
    assert settled.settled_fen == 20_000
    assert place.balances("大券") == {"available": 1_980_000, "settled": 20_000}
    again = place.do(settle_voucher, SettleVoucher(order.public_id), "case:settle")
    assert again.settled_fen == 20_000


def test_without_a_voucher_there_is_nothing_to_settle_or_release(place: Place) -> None:
    assert place.do(settle_voucher, SettleVoucher(place.id("单"))).settled_fen == 0
    assert place.do(release_voucher, ReleaseVoucher(place.id("单"))).released_fen == 0


def test_who_gives_a_voucher_back_can_take_another(place: Place) -> None:
    place.reserve("大券")
    assert place.do(release_voucher, ReleaseVoucher(place.id("单"))).released_fen == 40_000
    assert place.order().payable_fen == 80_000
    assert place.reserve("小券").payable_fen == 50_000
    assert place.balances("大券") == {"available": 2_000_000}


def test_a_cancelled_order_keeps_its_own_figures_when_the_voucher_goes_back(place: Place) -> None:
    place.reserve("大券")
    payments.cancel(place.session, place.id("单"), penalty_percent=0, reason="不做了")
    assert place.do(release_voucher, ReleaseVoucher(place.id("单"))).released_fen == 40_000
    assert place.order().status == "cancelled"


def test_the_facts_of_an_enterprise_and_the_case_before_its_officers(place: Place) -> None:
    facts = place.do(check_enterprise, CheckEnterprise(place.people["代办人"].id))
    assert (facts.claim_date, facts.unit_kind, facts.county, facts.province) == (
        date(2026, 11, 23),
        "enterprise",
        "331083",
        "33",
    )
    assert (facts.register_known, facts.in_register, facts.excluded) == (True, True, False)
    assert facts.issued_this_year_fen == 2_080_000
    assert place.case.region_path == ["33/science", "3310/science", "331083/science"]
    other = place.do(check_enterprise, CheckEnterprise(place.people["外人"].id))
    assert (other.register_known, other.in_register) == (False, False)
    assert place.do(check_enterprise, CheckEnterprise(uuid7())).unit_kind == ""


def issue(place: Place, **values: Any) -> Any:
    said = {
        "applicant": place.people["代办人"].id,
        "amount_fen": 100_000,
        "pool_region": "331083",
        "yearly_cap_fen": 10_000_000,
        "months": 0,
        "remind_days": 30,
        **values,
    }
    return place.do(issue_voucher, IssueVoucher(**said))


def test_a_voucher_is_issued_reminded_of_and_ends(place: Place) -> None:
    place.clock.at = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
    issued = issue(place)
    assert issued.valid_until == date(2026, 12, 31)
    assert issued.expire_at == datetime(2026, 12, 31, 16, 0, tzinfo=UTC)
    assert issued.remind_at == datetime(2026, 12, 1, 16, 0, tzinfo=UTC)
    assert place.do(remind_voucher, RemindVoucher(issued.voucher_id)).left_fen == 100_000
    early = place.do(expire_voucher, ExpireVoucher(issued.voucher_id))
    assert (early.expired_fen, early.voucher_status) == (0, "open")
    place.clock.at = issued.expire_at
    for _ in range(2):
        ended = place.do(expire_voucher, ExpireVoucher(issued.voucher_id))
        assert (ended.expired_fen, ended.voucher_status) == (100_000, "expired")


def test_a_voucher_of_a_few_weeks_is_reminded_of_halfway(place: Place) -> None:
    issued = issue(place)
    present = place.clock.at
    assert issued.remind_at == present + (issued.expire_at - present) / 2


@pytest.mark.parametrize(
    ("day", "months", "last"),
    [
        (date(2026, 11, 23), 12, date(2027, 11, 22)),
        (date(2026, 8, 31), 6, date(2027, 2, 27)),
        (date(2026, 12, 1), 1, date(2026, 12, 31)),
    ],
)
def test_months_are_calendar_months(place: Place, day: date, months: int, last: date) -> None:
    place.clock.at = datetime(day.year, day.month, day.day, 2, tzinfo=UTC)
    assert issue(place, months=months).valid_until == last


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"amount_fen": 9_000_000, "yearly_cap_fen": 10**9}, "pool_exhausted"),
        ({"pool_region": "330000"}, "pool_exhausted"),
        ({"yearly_cap_fen": 2_100_000}, "cap_reached"),
    ],
)
def test_what_cannot_be_issued_is_a_foreseen_refusal(place: Place, values, code: str) -> None:
    with pytest.raises(BusinessError) as refused:
        issue(place, **values)
    assert refused.value.code == code
