"""Random bookings, payments and vouchers: MACHINE_STEPS says how many (make faults: a million)."""

import os
from collections import Counter
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy import Engine

from domain import vouchers
from domain.payments import orders, payments
from domain.vouchers.errors import VoucherUnavailable
from engine.identity import uuid7
from tests.chain_machine import ChainMachine, a_shop
from tests.voucher_machine import settings_for

STEPS = int(os.environ.get("MACHINE_STEPS", "10000"))
VERBS = {name: getattr(vouchers, name) for name in vouchers.__all__}


def machine(
    engine: Engine, money: dict[str, Any] | None = None, **verbs: Any
) -> type[ChainMachine]:
    place = a_shop(engine, SimpleNamespace(**{**VERBS, **verbs}), money)
    return type("Machine", (ChainMachine,), {"place": place, "steps": Counter()})


@pytest.mark.slow
@pytest.mark.timeout(12 * 3600)
def test_bookings_orders_and_vouchers_agree_whatever_happens(
    db_engine: Engine, record_property: Callable[[str, object], None]
) -> None:
    chain = machine(db_engine)
    run_state_machine_as_test(chain, settings=settings_for(STEPS, derandomize=STEPS <= 20_000))
    done = chain.steps
    record_property("steps", dict(done.most_common()))
    assert done["steps"] >= STEPS * 0.9
    # Every way was gone: a machine that never pays tests nothing.
    for way in ("slot_taken", "booked", "pay", "notice applied", "notice duplicate", "confirmed",
                "expired", "cancelled", "used", "refunded", "settled", "again"):  # fmt: skip
        assert done[way] > 0, way


def run(sabotaged: type[ChainMachine]) -> None:
    """Look for the fault only; making the example small would take minutes."""
    looking = settings(settings_for(8_000), phases=[Phase.generate])
    run_state_machine_as_test(sabotaged, settings=looking)


def test_the_machine_finds_a_voucher_spent_twice(db_engine: Engine) -> None:
    """A verb that takes a repeated request for a new one."""

    def forgetful(*args: Any, **values: Any) -> Any:
        return vouchers.reserve(*args, **{**values, "key": uuid7().hex})

    # The second request is refused, which the first one's repetition must never be.
    with pytest.raises((AssertionError, VoucherUnavailable)):
        run(machine(db_engine, reserve=forgetful))


def test_the_machine_finds_money_that_is_counted_twice(db_engine: Engine) -> None:
    """A callback that does not look whether its payment has been counted."""

    def careless(session: Any, payment_id: Any, state: Any) -> Any:
        payment = payments.read(session, payment_id)
        counted = payment.status == "succeeded" == state.status
        receipt = payments.take_in(session, payment_id, state)
        if counted:
            receipt.order.paid_fen += payment.amount_fen
            session.flush()
        return receipt

    with pytest.raises(AssertionError):
        run(machine(db_engine, {"take_in": careless}))


def test_the_machine_finds_an_order_that_forgets_its_voucher(db_engine: Engine) -> None:
    """A reservation whose order still asks for the whole price: paid twice over."""

    def forgets(session: Any, order_id: Any, offset_fen: int) -> Any:
        return orders.read(session, order_id)

    with pytest.raises(AssertionError):
        run(machine(db_engine, {"set_offset": forgets}))
