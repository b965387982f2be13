"""An enterprise's wallet and the officers' pools in the browser."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from app.demo import vouchers
from engine.clock import FixedClock
from engine.db import connect, make_sessions
from tests.e2e.conftest import DESK, PHONE, Platform, Visit

Begin = Callable[..., Visit]
WINDOWS = [(DESK, "zh"), (DESK, "en"), (PHONE, "zh"), (PHONE, "en")]


@pytest.fixture(scope="module", autouse=True)
def issued(platform: Platform) -> None:
    engine = connect(platform.database.app_url)
    vouchers.seed(make_sessions(engine, clock=FixedClock(platform.clock.at)))
    engine.dispose()


@pytest.mark.parametrize(("size", "language"), WINDOWS)
def test_the_wallet_a_voucher_and_the_claim_are_in_order_in_every_window(
    visit: Begin, size: tuple[int, int], language: str
) -> None:
    seen = visit(size=size, language=language)
    seen.sign_in("lijuan")
    page = seen.open("/vouchers")
    assert page.locator(".vc-list tbody tr").count() >= 3
    seen.shoot(f"wallet-{size[0]}-{language}")
    seen.check()
    page.locator(".vc-list tbody th a").first.click()
    page.wait_for_load_state("networkidle")
    seen.shoot(f"voucher-{size[0]}-{language}")
    seen.check()
    seen.open("/vouchers/apply")
    page.locator("#task-form .fjs-form").wait_for()
    seen.shoot(f"apply-{size[0]}-{language}")
    seen.check()


@pytest.mark.parametrize(("size", "language"), WINDOWS)
def test_pools_a_pool_and_a_decision_are_in_order_in_every_window(
    visit: Begin, size: tuple[int, int], language: str
) -> None:
    seen = visit(size=size, language=language)
    seen.sign_in("luoting")
    page = seen.open("/voucher-pools")
    seen.shoot(f"pools-{size[0]}-{language}")
    seen.check()
    page.locator(".vc-list tbody th a").first.click()
    page.wait_for_load_state("networkidle")
    seen.shoot(f"pool-{size[0]}-{language}")
    seen.check()
    page.locator(".vc-list tbody th a").first.click()
    page.wait_for_load_state("networkidle")
    page.locator("a.btn-danger").click()
    page.wait_for_load_state("networkidle")
    seen.shoot(f"decide-{size[0]}-{language}")
    seen.check()


def test_a_wallet_without_vouchers_shows_the_way(visit: Begin) -> None:
    seen = visit()
    seen.sign_in("liuyang")
    seen.open("/vouchers")
    expect(seen.page.locator(".dy-empty")).to_be_visible()
    seen.shoot("wallet-empty")
    seen.check()


def test_an_agent_claims_a_small_voucher_and_has_it_at_once(visit: Begin) -> None:
    seen = visit(size=PHONE)
    seen.sign_in("huangzhiyuan")
    page = seen.open("/vouchers/apply")
    page.locator("#task-form .fjs-form").wait_for()
    page.get_by_label("申领金额（元）").fill("6000")
    page.get_by_label("拟开展的检测或试验").fill("磁材微观组织观察")
    page.get_by_role("checkbox").check()
    page.click("#task-form-submit")
    page.wait_for_url("**/vouchers/*-*")
    expect(page.locator("h1")).to_contain_text("可用")
    expect(page.locator(".vc-list")).to_contain_text("6,000.00")
    seen.shoot("claimed")
    seen.check()


def test_an_officer_looks_twice_before_freezing(visit: Begin) -> None:
    seen = visit()
    seen.sign_in("luoting")
    page = seen.open("/voucher-pools")
    page.locator(".vc-list tbody th a").first.click()
    page.locator(".vc-list tbody tr", has=page.locator(".dy-badge.good")).last.locator(
        "th a"
    ).click()
    page.locator("a[href$='/freeze']").click()
    page.fill("#reason", "抽查中：检测报告待核")
    page.locator("form button.btn-primary").click()
    expect(page.locator("#reason")).to_be_visible()  # the box was not ticked: nothing is sent
    page.locator("input[name=looked]").check()
    page.locator("form button.btn-primary").click()
    expect(page.locator("h1")).to_contain_text("已冻结")
    seen.check()
