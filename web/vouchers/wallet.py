"""An enterprise's wallet: its vouchers, what is claimed, and every move of each."""

from uuid import UUID

from flask import render_template
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain import vouchers
from domain.organisations.models import Person, Unit
from domain.payments.models import ServiceOrder
from domain.vouchers import Line, Pool
from engine.db import as_system
from web import database
from web.access import current_actor, requires
from web.monitor.people import names
from web.vouchers import claims, texts
from web.vouchers.room import CLAIMANTS, HOLDERS, blueprint

_ENTERPRISE = "enterprise"


def own_unit(session: Session) -> Unit | None:
    """Return the reader's unit if it is an enterprise: only enterprises hold vouchers."""
    query = (
        select(Unit)
        .join(Person, Person.unit_id == Unit.id)
        .where(Person.public_id == current_actor().id, Unit.kind == _ENTERPRISE)
    )
    with as_system(session):
        return session.scalar(query)


@blueprint.get("/vouchers")
@requires(*HOLDERS)
def wallet() -> str:
    """Show the vouchers of the reader's enterprise and the claims under way."""
    session = database.session()
    unit = own_unit(session)
    held = vouchers.of_unit(session, unit.id) if unit else []
    usable = [v for v in held if texts.state(v).look == "good"]
    return render_template(
        "vouchers/wallet.html",
        unit=unit,
        held=held,
        usable=usable,
        usable_fen=sum(voucher.available_fen for voucher in usable),
        reserved_fen=sum(voucher.reserved_fen for voucher in held),
        used_fen=sum(voucher.settled_fen + voucher.redeemed_fen for voucher in held),
        may_claim=unit is not None and current_actor().has(*CLAIMANTS),
        claims=claims.open_claims(session),
        state=texts.state,
        last_day=vouchers.last_day,
    )


@blueprint.get("/vouchers/<uuid:voucher_id>")
@requires()
def voucher_page(voucher_id: UUID) -> str:
    """Show a voucher with every move; whoever may not see it finds nothing."""
    session, actor = database.session(), current_actor()
    voucher = vouchers.read(session, voucher_id)
    lines = vouchers.statement(session, voucher)
    with as_system(session):
        pool = session.get_one(Pool, voucher.pool_id)
        holder = session.get_one(Unit, voucher.unit_id)
    return render_template(
        "vouchers/voucher.html",
        voucher=voucher,
        pool=pool,
        holder=holder,
        lines=lines,
        orders=_orders(session, lines),
        names=names(session, {line.move.actor for line in lines}),
        state=texts.state(voucher),
        balances=texts.balances(voucher),
        sentence=texts.sentence,
        details=texts.details,
        last_day=vouchers.last_day(voucher),
        is_officer=actor.has("voucher_officer", "auditor"),
        may_decide=voucher.status == "open" and vouchers.may_decide(actor, pool),
    )


def _orders(session: Session, lines: list[Line]) -> dict[str, str]:
    """Return the numbers of the orders of a statement, by public id."""
    ids = {line.move.order_id for line in lines if line.move.order_id}
    query = select(ServiceOrder.public_id, ServiceOrder.number).where(
        ServiceOrder.public_id.in_(ids)
    )
    with as_system(session):
        return {str(public_id): number for public_id, number in session.execute(query)}
