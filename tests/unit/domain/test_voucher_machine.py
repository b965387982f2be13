"""Random requests against the ledger: MACHINE_STEPS says how many (make faults: a million)."""

import os
import sys
from collections import Counter
from types import SimpleNamespace

import pytest
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.database import Database
from domain import vouchers
from domain.errors import DomainError
from domain.vouchers import spending
from domain.vouchers.errors import VoucherUnavailable
from engine.db import connect
from engine.identity import uuid7
from tests.voucher_machine import VoucherMachine, a_place, settings_for

STEPS = int(os.environ.get("MACHINE_STEPS", "20000"))
#: How a machine tells that it found something: by the model, by a refusal, by the database.
FOUND = (AssertionError, DomainError, IntegrityError)
VERBS = {name: getattr(vouchers, name) for name in vouchers.__all__}


def machine(engine: Engine, **verbs) -> type[VoucherMachine]:
    place = a_place(engine, SimpleNamespace(**{**VERBS, **verbs}))
    return type("Machine", (VoucherMachine,), {"place": place, "steps": Counter()})


@pytest.mark.slow
@pytest.mark.timeout(6 * 3600)
def test_the_ledger_agrees_with_the_model_whatever_is_asked(db_engine: Engine) -> None:
    random = STEPS > 20_000
    ledger = machine(db_engine)
    run_state_machine_as_test(ledger, settings=settings_for(STEPS, derandomize=not random))
    done = ledger.steps
    sys.stdout.write(f"{done.total()} steps: {dict(done.most_common())}\n")
    assert done.total() >= STEPS * 0.95
    # Every outcome was met: a machine that only ever hears a refusal tests nothing.
    for outcome in ("done", "cap_reached", "pool_exhausted", "settled_too_much", "again", "expire"):
        assert done[outcome] > STEPS / 1000, outcome
    for reason in ("expired", "frozen", "revoked", "other_unit", "insufficient", "cap",
                   "already_used", "related_party"):  # fmt: skip
        assert done[f"voucher_unavailable {reason}"] > STEPS / 10_000, reason


def forgetful(verb):
    """Sabotage: a verb that takes every repeated request for a new one (a double spend)."""
    return lambda *args, **values: verb(*args, **{**values, "key": uuid7().hex})


@pytest.mark.parametrize("name", ["issue", "reserve", "settle", "release", "change_budget"])
def test_the_machine_finds_a_verb_that_forgets_what_it_did(db_engine: Engine, name: str) -> None:
    sabotaged = machine(db_engine, **{name: forgetful(VERBS[name])})
    # Settling and giving back stay right without the key, for nothing is left; but a repeat is
    # told of nought instead of the amount.
    with pytest.raises(FOUND):
        run_state_machine_as_test(sabotaged, settings=settings_for(4_000, shrink=False))


def without_guards(database: Database) -> None:
    owner = connect(database.owner_url)
    with owner.begin() as connection:
        for statement in (
            "drop trigger balances on voucher_entry",
            "drop trigger balances on voucher_move",
            "drop trigger has_an_issue on voucher",
            "alter table voucher drop constraint ck_voucher_balances",
        ):
            connection.execute(text(statement))
    owner.dispose()


_check = spending._check


def careless(session: Session, voucher: vouchers.Voucher, wish: vouchers.Wish, year: int) -> None:
    """Sabotage: whoever asks for more than is left gets it."""
    try:
        _check(session, voucher, wish, year)
    except VoucherUnavailable as refused:
        if refused.params["reason"] != "insufficient" or wish.amount_fen <= 0:
            raise


def test_the_machine_finds_a_double_spend_when_nothing_guards_the_balance(
    database: Database, db_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_guards(database)
    monkeypatch.setattr(spending, "_check", careless)
    with pytest.raises(FOUND):
        run_state_machine_as_test(machine(db_engine), settings=settings_for(4_000, shrink=False))


def test_the_database_stops_the_same_double_spend(
    db_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spending, "_check", careless)
    with pytest.raises(IntegrityError, match="ck_voucher_balances"):
        run_state_machine_as_test(machine(db_engine), settings=settings_for(4_000, shrink=False))


def test_the_machine_finds_an_expiry_that_steals_a_reserved_offset(
    db_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def back_to_the_holder(*_: object) -> str:
        """Sabotage: what is given back after the end may be spent again."""
        return "available"

    monkeypatch.setattr(spending, "_home", back_to_the_holder)
    with pytest.raises(FOUND):
        run_state_machine_as_test(machine(db_engine), settings=settings_for(8_000, shrink=False))
