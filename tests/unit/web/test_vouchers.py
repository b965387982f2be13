"""The pages of vouchers: what each reader finds, and who finds nothing."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session, sessionmaker

from domain import vouchers
from domain.organisations.models import Unit
from domain.vouchers import Claim, Voucher
from engine import definitions, operations
from engine.actors import SYSTEM
from engine.db import set_scope
from tests.voucher_kit import a_pool

PROCESS = Path(__file__).parents[3] / "processes" / "voucher"
#: An id that nothing has; fixed, for test processes must collect the same names.
NOBODY = UUID("019a0000-0000-7000-8000-000000000000")
CLAIM = {"claim_yuan": 8000, "claim_purpose": "委托测定合金成分", "not_funded": True}


@dataclass
class Shop:
    sessions: sessionmaker[Session]
    holder: Unit
    voucher: Voucher
    pool_id: UUID

    def read(self) -> Voucher:
        with self.sessions() as session:
            set_scope(session, SYSTEM)
            return vouchers.read(session, self.voucher.public_id)

    @property
    def page(self) -> str:
        return f"/vouchers/{self.voucher.public_id}"


@pytest.fixture
def shop(world, sessions) -> Shop:
    operations.discover("handlers")
    holder = world.unit(
        "明光阀门有限公司", name_en="Mingguang Valves", kind="enterprise", region="331083"
    )
    other = world.unit("别家公司", kind="enterprise", region="330211")
    university = world.unit("浙江大学", kind="university")
    world.person("lijuan", "enterprise_agent", unit=holder, name="李娟")
    world.person("caiwu", "unit_finance", unit=holder)
    world.person("bieren", "enterprise_agent", unit=other)
    world.person("jiaoshi", "applicant", unit=university)
    world.person("xiaocai", "unit_finance", unit=university)
    world.person("taizhou", "voucher_officer", region="3310", department="science", name="台专员")
    world.person("ningbo", "voucher_officer", region="3302", department="science")
    world.person("shenji", "auditor", region="33")
    with sessions.begin() as session:
        set_scope(session, SYSTEM)
        definitions.publish(session, definitions.read_folder(PROCESS), actor=SYSTEM)
        pool = a_pool(session, "331083", 100_000_000, "玉环市创新券")
        claim = Claim(pool.public_id, holder.id, 2_000_000, date(2027, 1, 1), 10**9)
        voucher = vouchers.issue(session, claim, key="first")
        session.expunge_all()
    return Shop(sessions, holder, voucher, pool.public_id)


def test_an_agent_finds_the_enterprises_vouchers(shop: Shop, signed_in) -> None:
    page = signed_in("lijuan").get("/vouchers").text
    for fact in (shop.voucher.number, "20,000.00 元", "2026年12月31日", "可用", "申领创新券"):
        assert fact in page


def test_the_wallet_speaks_english(shop: Shop, signed_in) -> None:
    reader = signed_in("lijuan")
    reader.get("/language/en")
    page = reader.get("/vouchers").text
    assert "Mingguang Valves" in page
    assert "Usable" in page


def test_finance_reads_the_wallet_but_does_not_claim(shop: Shop, signed_in) -> None:
    reader = signed_in("caiwu")
    page = reader.get("/vouchers").text
    assert shop.voucher.number in page
    assert "/vouchers/apply" not in page
    assert reader.get("/vouchers/apply").status_code == 404


def test_a_wallet_without_vouchers_says_what_to_do(shop: Shop, signed_in) -> None:
    page = signed_in("bieren").get("/vouchers").text
    assert "本企业还没有创新券" in page
    assert "/vouchers/apply" in page
    assert shop.voucher.number not in page


def test_a_university_is_told_that_vouchers_are_for_enterprises(shop: Shop, signed_in) -> None:
    reader = signed_in("xiaocai")
    assert "创新券面向企业" in reader.get("/vouchers").text
    assert reader.get("/vouchers/apply").status_code == 404


@pytest.mark.parametrize(
    ("login", "found"),
    [
        ("lijuan", {"/vouchers", "/vouchers/apply", "page"}),
        ("caiwu", {"/vouchers", "page"}),
        ("bieren", {"/vouchers", "/vouchers/apply"}),
        ("jiaoshi", set()),
        ("xiaocai", {"/vouchers"}),
        ("taizhou", {"page", "/voucher-pools", "pool", "page/freeze", "page/revoke"}),
        ("ningbo", {"/voucher-pools"}),
        ("shenji", {"page", "/voucher-pools", "pool"}),
    ],
)
def test_everybody_else_finds_nothing(shop: Shop, signed_in, login: str, found: set[str]) -> None:
    addresses = {
        "/vouchers": "/vouchers",
        "/vouchers/apply": "/vouchers/apply",
        "page": shop.page,
        "page/freeze": f"{shop.page}/freeze",
        "page/revoke": f"{shop.page}/revoke",
        "/voucher-pools": "/voucher-pools",
        "pool": f"/voucher-pools/{shop.pool_id}",
    }
    reader = signed_in(login)
    statuses = {name: reader.get(path).status_code for name, path in addresses.items()}
    assert statuses == {name: 200 if name in found else 404 for name in addresses}


def test_strangers_are_led_to_the_sign_in_page(shop: Shop, visitor) -> None:
    for path in ("/vouchers", shop.page, "/voucher-pools"):
        assert visitor.get(path).status_code == 302


@pytest.mark.parametrize("path", ["/vouchers/1", f"/vouchers/{NOBODY}", f"/voucher-pools/{NOBODY}"])
def test_senseless_addresses_are_not_found(shop: Shop, signed_in, path: str) -> None:
    assert signed_in("taizhou").get(path).status_code == 404


def test_an_officer_finds_pools_and_vouchers_by_holder(shop: Shop, signed_in) -> None:
    reader = signed_in("taizhou")
    assert "玉环市创新券" in reader.get("/voucher-pools").text
    pool = f"/voucher-pools/{shop.pool_id}"
    assert shop.voucher.number in reader.get(f"{pool}?q=明光").text
    assert "没有找到创新券" in reader.get(f"{pool}?q=没有这家").text
    assert shop.voucher.number in reader.get(f"{pool}?page=99999999&q=").text
    assert reader.get("/voucher-pools?year=abcd").status_code == 200


def decide(reader, shop: Shop, kind: str, **form: str):
    said = {"reason": "抽查中，报告待核", "looked": "yes", "_key": str(uuid4()), **form}
    return reader.command(f"{shop.page}/{kind}", data=said)


def test_an_officer_freezes_releases_and_takes_back(shop: Shop, signed_in) -> None:
    reader = signed_in("taizhou")
    assert decide(reader, shop, "freeze").status_code == 303
    assert shop.read().frozen
    page = reader.get(shop.page).text
    for fact in ("已冻结", "抽查中，报告待核", "台专员", "unfreeze"):
        assert fact in page
    assert decide(reader, shop, "unfreeze").status_code == 303
    assert decide(reader, shop, "revoke").status_code == 303
    assert (shop.read().status, shop.read().revoked_fen) == ("revoked", 2_000_000)
    assert decide(reader, shop, "revoke").status_code == 409
    assert "/revoke" not in reader.get(shop.page).text


@pytest.mark.parametrize("form", [{"reason": " "}, {"reason": "短"}, {"looked": ""}])
def test_a_decision_needs_a_reason_and_a_second_look(shop: Shop, signed_in, form) -> None:
    answer = decide(signed_in("taizhou"), shop, "revoke", **form)
    assert answer.status_code == 422
    assert shop.read().status == "open"


@pytest.mark.parametrize("login", ["lijuan", "bieren", "ningbo", "shenji"])
def test_nobody_else_decides(shop: Shop, signed_in, login: str) -> None:
    assert decide(signed_in(login), shop, "revoke").status_code == 404
    assert shop.read().status == "open"


def test_an_unknown_decision_is_not_found(shop: Shop, signed_in) -> None:
    reader = signed_in("taizhou")
    assert reader.get(f"{shop.page}/delete").status_code == 404
    assert decide(reader, shop, "delete").status_code == 404


def test_a_claim_that_is_granted_at_once_shows_the_voucher(shop: Shop, signed_in) -> None:
    reader = signed_in("lijuan")
    assert "voucher_claim_form" in reader.get("/vouchers/apply").text
    answer = reader.command("/vouchers/apply", json={"data": CLAIM})
    assert answer.status_code == 200
    page = reader.get(answer.json["next"]).text
    assert "8,000.00 元" in page
    assert "已即时发放" in page


def test_a_wrong_claim_names_the_field(shop: Shop, signed_in) -> None:
    answer = signed_in("lijuan").command(
        "/vouchers/apply",
        json={"data": {**CLAIM, "claim_yuan": 0}},
        headers={"Accept": "application/json"},
    )
    assert answer.status_code == 422
    assert "claim_yuan" in answer.text


def test_a_refused_claim_leads_to_its_reason(shop: Shop, signed_in) -> None:
    answer = signed_in("lijuan").command(
        "/vouchers/apply", json={"data": {**CLAIM, "claim_yuan": 20_001}}
    )
    assert answer.json["next"].startswith("/cases/")


def test_a_claim_under_way_is_shown_and_can_be_taken_back(shop: Shop, signed_in) -> None:
    reader = signed_in("bieren")
    answer = reader.command("/vouchers/apply", json={"data": CLAIM})
    assert answer.json["next"] == "/vouchers"
    page = reader.get("/vouchers").text
    assert answer.json["number"] in page
    address = page.split('action="/vouchers/claims/')[1].split('"')[0]
    withdraw = f"/vouchers/claims/{address}"
    assert signed_in("lijuan").command(withdraw, data={"_key": "a"}).status_code == 404
    assert reader.command(withdraw, data={"_key": "b"}).status_code == 303
    assert "/vouchers/claims/" not in reader.get("/vouchers").text


@pytest.mark.parametrize("login", ["caiwu", "xiaocai", "jiaoshi", "taizhou"])
def test_only_agents_of_enterprises_claim(shop: Shop, signed_in, login: str) -> None:
    assert signed_in(login).command("/vouchers/apply", json={"data": CLAIM}).status_code == 404
