"""What happens to a voucher, from its pool to the end of it."""

from datetime import UTC, datetime, timedelta

import pytest

from domain import vouchers
from domain.organisations import uscc
from domain.vouchers import register
from domain.vouchers.errors import (
    CapReached,
    KeyReused,
    PoolExhausted,
    ReasonMissing,
    SettledTooMuch,
    VoucherClosed,
    VoucherUnavailable,
)
from engine.actors import Grant
from engine.errors import NotAllowed
from tests.voucher_kit import Wallet, a_pool, balances, new_year


@pytest.fixture
def wallet(world) -> Wallet:
    pool = a_pool(world.session, "330211", 100_000)
    return Wallet(world.session, world.other, world.unit, pool)


def free(wallet: Wallet) -> int:
    [figures] = [f for f in vouchers.pool_figures(wallet.session) if f.pool is wallet.pool]
    return figures.free_fen


def officer(world, region: str = "3302"):
    return world.actor(
        world.administrator, Grant("voucher_officer", region=region, department="science")
    )


def reason(refused: pytest.ExceptionInfo[VoucherUnavailable]) -> str:
    return refused.value.params["reason"]


def test_a_voucher_comes_out_of_its_pool(wallet: Wallet) -> None:
    voucher = wallet.issue(20_000)
    assert (balances(voucher), voucher.status, free(wallet)) == (
        {"available": 20_000},
        "open",
        80_000,
    )
    assert voucher.number == f"CXQ-2026-{int(voucher.number[-6:]):06d}"
    assert voucher.region_path == [
        f"{place}/{department}"
        for place in ("33", "3302", "330211")
        for department in ("science", "finance")
    ]
    wallet.checked()


def test_a_pool_gives_no_more_than_it_has(wallet: Wallet) -> None:
    wallet.issue(90_000)
    with pytest.raises(PoolExhausted) as refused:
        wallet.issue(10_001)
    assert refused.value.params == {"free_fen": 10_000, "wanted_fen": 10_001}
    wallet.issue(10_000)
    assert free(wallet) == 0


def test_a_closed_pool_gives_nothing(wallet: Wallet) -> None:
    wallet.pool.closed_at = datetime(2026, 11, 1, tzinfo=UTC)
    wallet.session.flush()
    with pytest.raises(PoolExhausted):
        wallet.issue(1)


def test_a_budget_is_not_cut_below_what_is_out(wallet: Wallet) -> None:
    wallet.issue(60_000)
    change = {"reason": "压减", "key": "cut"}
    with pytest.raises(PoolExhausted):
        vouchers.change_budget(wallet.session, wallet.pool.public_id, by_fen=-40_001, **change)
    for _ in range(2):
        vouchers.change_budget(wallet.session, wallet.pool.public_id, by_fen=-40_000, **change)
    assert (wallet.pool.budget_fen, free(wallet)) == (60_000, 0)
    with pytest.raises(ReasonMissing):
        vouchers.change_budget(
            wallet.session, wallet.pool.public_id, by_fen=1, reason=" ", key="more"
        )
    wallet.checked()


def test_a_holder_gets_no_more_in_a_year_than_the_cap(wallet: Wallet, clock) -> None:
    wallet.issue(30_000, cap_fen=50_000)
    with pytest.raises(CapReached) as refused:
        wallet.issue(20_001, cap_fen=50_000)
    assert refused.value.params == {"left_fen": 20_000, "cap_fen": 50_000}
    wallet.issue(20_000, cap_fen=50_000)
    clock.move(timedelta(days=60))
    with pytest.raises(PoolExhausted):
        wallet.issue(1, cap_fen=50_000)
    wallet.issue(30_000, cap_fen=50_000, pool=a_pool(wallet.session, "330211", 50_000))


def test_the_same_request_issues_once(wallet: Wallet) -> None:
    assert wallet.issue(key="claim-1") is wallet.issue(key="claim-1")
    assert free(wallet) == 80_000


def test_an_order_reserves_settles_and_gives_back_the_rest(wallet: Wallet) -> None:
    voucher = wallet.issue(20_000)
    order = wallet.reserve(voucher, 12_000)
    assert balances(voucher) == {"available": 8_000, "reserved": 12_000}
    assert wallet.settle(order, 9_000) == 9_000
    assert balances(voucher) == {"available": 11_000, "settled": 9_000}
    wallet.checked()


def test_a_cancelled_order_gives_everything_back(wallet: Wallet) -> None:
    voucher = wallet.issue(20_000)
    order = wallet.reserve(voucher, 12_000)
    assert wallet.release(order) == 12_000
    assert wallet.release(order) == 0
    assert balances(voucher) == {"available": 20_000}
    wallet.reserve(voucher, 20_000, order=order)
    assert balances(voucher) == {"reserved": 20_000}
    wallet.checked()


def test_repeated_requests_change_nothing(wallet: Wallet) -> None:
    voucher = wallet.issue(20_000)
    order = wallet.reserve(voucher, 12_000, key="r")
    wallet.reserve(voucher, 12_000, order=order, key="r")
    assert balances(voucher) == {"available": 8_000, "reserved": 12_000}
    assert [wallet.settle(order, 9_000, key="s") for _ in range(3)] == [9_000] * 3
    assert balances(voucher) == {"available": 11_000, "settled": 9_000}
    second = wallet.reserve(voucher, 1_000)
    assert [wallet.release(second, key="b") for _ in range(2)] == [1_000] * 2
    assert len(vouchers.statement(wallet.session, voucher)) == 5


def test_a_key_stands_for_one_request(wallet: Wallet) -> None:
    voucher = wallet.issue(20_000)
    wallet.reserve(voucher, 1_000, key="r")
    with pytest.raises(KeyReused):
        wallet.reserve(voucher, 1_000, key="r")


def test_an_order_holds_one_voucher_at_a_time(wallet: Wallet) -> None:
    first, second = wallet.issue(), wallet.issue()
    order = wallet.reserve(first, 1_000)
    for voucher in (first, second):
        with pytest.raises(VoucherUnavailable) as refused:
            wallet.reserve(voucher, 1_000, order=order)
        assert reason(refused) == "already_used"


def test_no_more_is_settled_than_was_reserved(wallet: Wallet) -> None:
    order = wallet.reserve(wallet.issue(), 1_000)
    with pytest.raises(SettledTooMuch):
        wallet.settle(order, 1_001)
    with pytest.raises(SettledTooMuch):
        wallet.settle(order, -1)


@pytest.mark.parametrize("amount", [0, -1, 20_001])
def test_no_more_is_reserved_than_is_there(wallet: Wallet, amount: int) -> None:
    with pytest.raises(VoucherUnavailable) as refused:
        wallet.reserve(wallet.issue(20_000), amount)
    assert reason(refused) == "insufficient"


def test_another_unit_cannot_use_a_voucher(wallet: Wallet, world, build) -> None:
    third = build.unit(world.session, 3, "丙公司", "330211", "enterprise")
    with pytest.raises(VoucherUnavailable) as refused:
        wallet.reserve(wallet.issue(), 1_000, payer=third)
    assert reason(refused) == "other_unit"


def test_use_is_capped_by_the_calendar_year_over_all_vouchers(wallet: Wallet, clock) -> None:
    province = a_pool(wallet.session, "330000", 100_000)
    until = new_year(wallet.session) + timedelta(days=200)
    first, second = wallet.issue(until=until), wallet.issue(pool=province, until=until)
    order = wallet.reserve(first, 10_000, cap_fen=15_000)
    with pytest.raises(VoucherUnavailable) as refused:
        wallet.reserve(second, 5_001, cap_fen=15_000)
    assert (reason(refused), refused.value.params["left_fen"]) == ("cap", 5_000)
    wallet.settle(order, 4_000)
    wallet.reserve(second, 11_000, cap_fen=15_000)
    clock.move(timedelta(days=60))
    wallet.reserve(first, 15_000, cap_fen=15_000)
    wallet.checked()


def test_what_is_given_back_in_january_was_used_in_december(wallet: Wallet, clock) -> None:
    voucher = wallet.issue(until=new_year(wallet.session) + timedelta(days=200))
    order = wallet.reserve(voucher, 10_000, cap_fen=10_000)
    clock.move(timedelta(days=60))
    wallet.reserve(voucher, 5_000, cap_fen=10_000)
    wallet.release(order)
    left = {
        year: vouchers.cap_left(wallet.session, unit_id=wallet.holder.id, year=year, cap_fen=10_000)
        for year in (2026, 2027)
    }
    assert left == {2026: 10_000, 2027: 5_000}


def test_a_voucher_ends_on_its_day_and_the_rest_returns_to_the_pool(wallet, clock) -> None:
    voucher = wallet.issue(20_000)
    wallet.settle(wallet.reserve(voucher, 5_000), 5_000)
    assert vouchers.expire(wallet.session, voucher.public_id) == 0
    clock.move(timedelta(days=37, hours=14, minutes=59))
    assert vouchers.expire_due(wallet.session) == 0
    wallet.release(wallet.reserve(voucher, 1_000))
    clock.move(timedelta(minutes=1))
    with pytest.raises(VoucherUnavailable) as refused:
        wallet.reserve(voucher, 1_000)
    assert reason(refused) == "expired"
    assert vouchers.expire_due(wallet.session) == 1
    assert (balances(voucher), voucher.status) == ({"settled": 5_000, "expired": 15_000}, "expired")
    assert free(wallet) == 95_000
    assert vouchers.expire_due(wallet.session) == 0
    assert vouchers.expire(wallet.session, voucher.public_id) == 0
    wallet.checked()


def test_the_end_of_a_voucher_does_not_steal_a_reserved_offset(wallet: Wallet, clock) -> None:
    voucher = wallet.issue(20_000)
    used, given_back = wallet.reserve(voucher, 5_000), wallet.reserve(voucher, 4_000)
    clock.move(timedelta(days=40))
    vouchers.expire_due(wallet.session)
    assert balances(voucher) == {"reserved": 9_000, "expired": 11_000}
    assert wallet.settle(used, 3_000) == 3_000
    assert wallet.release(given_back) == 4_000
    assert balances(voucher) == {"settled": 3_000, "expired": 17_000}
    assert free(wallet) == 97_000
    wallet.checked()


def test_what_is_given_back_after_the_end_expires_even_before_the_sweep(wallet, clock) -> None:
    voucher = wallet.issue(20_000)
    order = wallet.reserve(voucher, 5_000)
    clock.move(timedelta(days=40))
    wallet.release(order)
    assert balances(voucher) == {"available": 15_000, "expired": 5_000}
    vouchers.expire_due(wallet.session)
    assert balances(voucher) == {"expired": 20_000}
    wallet.checked()


def test_a_frozen_voucher_is_not_reserved_until_it_is_released(wallet: Wallet, world) -> None:
    voucher, by = wallet.issue(20_000), officer(world)
    order = wallet.reserve(voucher, 5_000)
    vouchers.freeze(world.session, voucher.public_id, by=by, reason="核查中", key="f")
    with pytest.raises(VoucherUnavailable) as refused:
        wallet.reserve(voucher, 1_000)
    assert reason(refused) == "frozen"
    assert vouchers.usable(world.session, unit_id=wallet.holder.id, on=voucher.valid_from) == []
    wallet.settle(order, 2_000)
    vouchers.unfreeze(world.session, voucher.public_id, by=by, reason="核查无误", key="u")
    wallet.reserve(voucher, 18_000)
    wallet.checked()


def test_a_revoked_voucher_gives_its_rest_back_to_the_pool_for_good(wallet, world) -> None:
    voucher, by = wallet.issue(20_000), officer(world, "330211")
    kept, given_back = wallet.reserve(voucher, 5_000), wallet.reserve(voucher, 4_000)
    for _ in range(2):
        vouchers.revoke(world.session, voucher.public_id, by=by, reason="材料不实", key="r")
    assert (balances(voucher), voucher.status) == (
        {"reserved": 9_000, "revoked": 11_000},
        "revoked",
    )
    wallet.settle(kept, 5_000)
    wallet.release(given_back)
    assert balances(voucher) == {"settled": 5_000, "revoked": 15_000}
    assert free(wallet) == 95_000
    for verb in (vouchers.freeze, vouchers.unfreeze, vouchers.revoke):
        with pytest.raises(VoucherClosed):
            verb(world.session, voucher.public_id, by=by, reason="再次", key=verb.__name__)
    wallet.checked()


@pytest.mark.parametrize(
    "grant",
    [
        Grant("voucher_officer", region="3301", department="science"),
        Grant("voucher_officer", region="330212", department="science"),
        Grant("department_officer", region="3302", department="science"),
        Grant("auditor", region="33"),
        Grant("applicant"),
    ],
)
def test_only_the_voucher_officers_of_the_pool_decide(wallet, world, grant: Grant) -> None:
    voucher = wallet.issue()
    by = world.actor(world.administrator, grant)
    with pytest.raises(NotAllowed):
        vouchers.freeze(world.session, voucher.public_id, by=by, reason="试试", key="f")


def test_every_decision_of_an_officer_has_a_reason(wallet: Wallet, world) -> None:
    with pytest.raises(ReasonMissing):
        vouchers.revoke(
            world.session, wallet.issue().public_id, by=officer(world), reason=" ", key="r"
        )


def test_a_statement_tells_every_move_and_what_was_left(wallet: Wallet, world) -> None:
    voucher = wallet.issue(20_000)
    wallet.settle(wallet.reserve(voucher, 12_000), 9_000)
    vouchers.revoke(world.session, voucher.public_id, by=officer(world), reason="材料不实", key="r")
    lines = vouchers.statement(wallet.session, voucher)
    assert [(line.move.kind, line.changes, line.available_fen) for line in lines] == [
        ("issue", {"pool": -20_000, "available": 20_000}, 20_000),
        ("reserve", {"available": -12_000, "reserved": 12_000}, 8_000),
        ("settle", {"reserved": -12_000, "settled": 9_000, "available": 3_000}, 11_000),
        ("revoke", {"available": -11_000, "revoked": 11_000}, 0),
    ]
    assert lines[-1].move.actor == world.administrator.public_id


def a_line(unit, **values) -> register.Row:
    start = datetime(2026, 1, 1, tzinfo=UTC).date()
    return register.Row(unit.uscc, unit.name_zh, unit.region, start, **values)


@pytest.mark.parametrize("way", ["same unit", "parent", "same head", "same parent", "strangers"])
def test_related_parties_do_not_pay_each_other_with_vouchers(wallet, world, way: str) -> None:
    first = f"91330211MD{99:07d}"
    third = first + uscc.check_character(first)
    values = {
        "same unit": ({}, {}),
        "parent": ({"parent_uscc": world.unit.uscc}, {}),
        "same head": ({"legal_representative": "赵某"}, {"legal_representative": "赵某"}),
        "same parent": ({"parent_uscc": third}, {"parent_uscc": third}),
        "strangers": ({"legal_representative": "赵某"}, {"legal_representative": "钱某"}),
    }[way]
    for unit, said in zip((world.other, world.unit), values, strict=True):
        register.import_rows(world.session, "tech_sme", [a_line(unit, **said)], source="公示")
    voucher = wallet.issue()
    payee = wallet.holder if way == "same unit" else wallet.carrier
    if way == "strangers":
        wallet.reserve(voucher, 1_000, payee=payee)
        return
    with pytest.raises(VoucherUnavailable) as refused:
        wallet.reserve(voucher, 1_000, payee=payee)
    assert reason(refused) == "related_party"


def test_the_register_says_what_its_lists_say_and_knows_when_it_knows_nothing(world) -> None:
    today = vouchers.today(world.session)
    person = world.outsider.public_id
    standing = register.standing(world.session, person, on=today)
    assert (standing.unit, standing.known, standing.listed) == (world.other, False, False)
    register.import_rows(world.session, "tech_sme", [a_line(world.other)], source="2026年第3批")
    register.import_rows(
        world.session, "blacklist", [a_line(world.other, valid_until=today)], source="失信"
    )
    standing = register.standing(world.session, person, on=today)
    assert (standing.known, standing.listed, standing.excluded) == (True, True, False)
    yesterday = today - timedelta(days=1)
    assert register.standing(world.session, person, on=yesterday).excluded
