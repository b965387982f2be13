"""What happens beyond the platform in scenarios: payers pay or fail to, notices come or do not."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.doubles.inside import ProviderInside
from domain.payments import late, payments
from engine import messages
from engine.actors import SYSTEM
from engine.scenario_file import BadScenario
from engine.scenarios import Happening

_KEPT = timedelta(days=7)


def happenings(provider: ProviderInside) -> dict[str, Happening]:
    """Return what can happen at a provider, by the name that a scenario gives it.

    ``pay`` pays the case's latest payment; with ``notice: dropped`` the platform is not told.
    ``decline`` lets the bank refuse it. ``notify`` tells the platform (again) that it was paid.
    """

    def pay(session: Session, variables: Mapping[str, Any], data: Mapping[str, Any]) -> None:
        provider.pay(_number(variables))
        if data.get("notice") != "dropped":
            notify(session, variables, data)

    def decline(_: Session, variables: Mapping[str, Any], __: Mapping[str, Any]) -> None:
        provider.decline(_number(variables))

    def notify(session: Session, variables: Mapping[str, Any], _: Mapping[str, Any]) -> None:
        state = provider.query(_number(variables))
        payment = payments.by_number(session, state.number)
        if payment is None:
            raise BadScenario(f"the platform knows no payment {state.number}")
        payments.take_in(session, payment.public_id, state)
        late.start_refunds(session)
        messages.deliver(
            session,
            "payment.succeeded",
            state.number,
            {"payment_status": "paid"},
            actor=SYSTEM,
            message_id=f"notice:{state.transaction_id}",
            ttl=_KEPT,
        )

    return {"pay": pay, "decline": decline, "notify": notify}


def _number(variables: Mapping[str, Any]) -> str:
    number = variables.get("payment_number")
    if not isinstance(number, str):
        raise BadScenario("the case has no payment yet")
    return number
