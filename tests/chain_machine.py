"""A state machine over bookings, orders, payments and vouchers together.

It builds on the voucher ledger's machine: vouchers are reserved by real orders of real bookings,
which are paid at a provider inside the process, whose notices come late, twice, or wrong. After
every step the ledger agrees with its model, and one query finds no sum that differs.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, ClassVar
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule
from sqlalchemy import Engine, text

from app.doubles.inside import ProviderInside
from domain import payments as prices
from domain import vouchers
from domain.booking import Booking, Request, bookings
from domain.booking.opening import SHANGHAI
from domain.errors import SlotTaken
from domain.instruments.models import Instrument
from domain.organisations import regions
from domain.organisations.models import Person, Unit
from domain.payments import Payment, ServiceOrder, orders, payments, refunds, tariffs
from domain.payments.errors import ProviderRefused
from domain.payments.provider import Demand
from domain.vouchers import Wish
from engine.actors import SYSTEM
from engine.clock import FixedClock
from engine.db import make_sessions, set_scope
from engine.identity import uuid7
from tests.voucher_machine import START, WHICH, Held, Known, Place, VoucherMachine, a_place

HALF_HOUR = timedelta(minutes=30)
HOUR_FEN = 1_000
#: What the machine asks of the payments room; a saboteur replaces one of them.
MONEY = {
    "place": orders.place,
    "set_offset": orders.set_offset,
    "final_price": orders.final_price,
    "cancel": orders.cancel,
    "expire": orders.expire,
    "settle": orders.settle,
    "open_attempt": payments.open_attempt,
    "take_in": payments.take_in,
    "plan": refunds.plan,
    "refunded": refunds.take_in,
}


@dataclass
class Shop(Place):
    """The voucher machine's place with an instrument, its price, and a person of each holder."""

    instrument: UUID = field(default_factory=uuid7)
    people: list[UUID] = field(default_factory=list)
    money: Any = field(default_factory=lambda: SimpleNamespace(**MONEY))


@dataclass
class Deal:
    """A booking with its order, as the machine remembers it."""

    booking: Booking
    order: ServiceOrder
    holder: int
    payments: list[Payment] = field(default_factory=list)

    @property
    def status(self) -> str:
        return self.booking.status

    @property
    def pending(self) -> list[Payment]:
        return [one for one in self.payments if one.status == "pending"]


class ChainMachine(VoucherMachine):
    """Rules over a shop; each does what the process does in one step."""

    place: ClassVar[Shop]

    #: Orders reserve, settle and release vouchers here; budgets are the ledger's own affair.
    settle = release = reserve_plainly = change_budget = None

    def __init__(self) -> None:
        super().__init__()
        self.money = self.place.money
        self.provider = ProviderInside(lambda: self.clock.at)
        self.deals: list[Deal] = []
        self.all_payments: list[Payment] = []
        self.checked: dict[str, int] = {}

    def pick(self, which: int, *statuses: str, order: str = "") -> Deal | None:
        """One of the deals in these states."""
        found = [
            d for d in self.deals if d.status in statuses and (not order or d.order.status == order)
        ]
        return found[which % len(found)] if found else None

    @rule(which=WHICH)
    def go_on(self, which: int) -> None:
        """Take a deal one step further on the straight way, so that many reach its end."""
        deal = self.pick(which, "held", "confirmed", "finished")
        if deal is None:
            return
        position = [d for d in self.deals if d.status == deal.status].index(deal)
        if deal.status == "confirmed":
            self.use(position, 30 * (which % 5))
        elif deal.order.status == "open" and self._use_a_voucher(deal):
            pass
        elif deal.order.due_fen:
            self.open_payment_of(deal)
            for payment in deal.pending:
                self._try("pay", payment.number)
                self._take_in(payment, self.provider.query(payment.number))
        elif deal.status == "held":
            bookings.confirm(self.session, deal.booking.public_id)
            self.steps["confirmed"] += 1
        else:
            self.finish_deal(deal)

    def _use_a_voucher(self, deal: Deal) -> bool:
        """Let a deal use a voucher that its holder can spend; False where there is none."""
        if deal.pending or self.model.orders.get(deal.order.public_id):
            return False
        mine = [v for v in self.model.vouchers if v.unit == deal.holder and not self._state(v)]
        known = next((v for v in mine if v.balance["available"]), None)
        left = 20_000 - self.model.used[deal.holder, self.today.year]
        amount = min(deal.order.gross_fen // 2, known.balance["available"] if known else 0, left)
        if known is None or amount <= 0:
            return False
        self._reserve(deal, known, amount, 20_000, "")
        return True

    # -- booking ---------------------------------------------------------------------------------

    @rule(holder=st.booleans(), begin=st.integers(0, 7), length=st.integers(1, 4),
          percent=st.sampled_from([80, 100, 100]))  # fmt: skip
    def book(self, holder: bool, begin: int, length: int, percent: int) -> None:
        start = self._morning() + begin * HALF_HOUR
        end = start + length * HALF_HOUR
        taken = any(
            d.status in ("held", "confirmed", "in_use")
            and d.booking.start < end
            and start < d.booking.end
            for d in self.deals
        )
        person = self.place.people[holder]
        try:
            booking = bookings.hold(
                self.session, Request(self.place.instrument, person, start, end)
            )
        except SlotTaken:
            self.steps["slot_taken"] += 1
            assert taken, "the time is free"
            return
        assert not taken, "two have one time"
        self.steps["booked"] += 1
        quote = prices.quote(
            self.session, booking.instrument, tier="enterprise", minutes=length * 30,
            time_percent=percent, on=tariffs.today(self.session),
        )  # fmt: skip
        order = self.money.place(
            self.session, booking_id=booking.public_id, case_id=None, quote=quote
        )
        assert order.gross_fen == length * HOUR_FEN * percent // 200
        self.deals.append(Deal(booking, order, self.place.holders[holder]))

    def _morning(self) -> datetime:
        local = self.clock.at.astimezone(SHANGHAI)
        return local.replace(hour=8, minute=0, second=0, microsecond=0) + timedelta(days=1)

    # -- paying ----------------------------------------------------------------------------------

    @precondition(lambda self: self.model.vouchers and self.pick(0, "held", order="open"))
    @rule(which=WHICH, voucher=WHICH, percent=st.sampled_from([30, 50, 100]),
          full=st.sampled_from([0, 600]), cap=st.sampled_from([500, 2_000, 10_000]))  # fmt: skip
    def reserve(self, which: int, voucher: int, percent: int, full: int, cap: int) -> None:
        deal, known = self.pick(which, "held", order="open"), self.voucher(voucher)
        if deal is None or deal.pending:
            return
        left = cap - self.model.used[known.unit, self.today.year]
        amount = vouchers.offset(
            price_fen=deal.order.gross_fen, available_fen=known.balance["available"],
            cap_left_fen=left, percent=percent, full_up_to_fen=full,
        )  # fmt: skip
        expected = self._refusal(known, amount, cap, deal.order.public_id)
        if known.unit != deal.holder:
            expected = "voucher_unavailable other_unit"
        self._reserve(deal, known, amount, cap, expected)

    def _reserve(self, deal: Deal, known: Known, amount: int, cap: int, expected: str) -> None:
        wish = Wish(
            known.public_id, deal.order.public_id, deal.holder, self.place.carrier, amount, cap
        )
        key = self.key()
        if self.ask(lambda: self.verbs.reserve(self.session, wish, key=key).public_id, expected):
            known.balance.update(available=-amount, reserved=amount)
            self.model.orders[deal.order.public_id] = Held(known, amount, self.today.year)
            self.model.used[known.unit, self.today.year] += amount
            self.money.set_offset(self.session, deal.order.public_id, amount)

    @rule(which=WHICH)
    def open_payment(self, which: int) -> None:
        deal = self.pick(which, "held", "finished")
        if deal is not None:
            self.open_payment_of(deal)

    def open_payment_of(self, deal: Deal) -> None:
        """Ask the provider to collect what is due, unless it does so already."""
        if deal.pending or deal.order.due_fen == 0:
            return
        purpose = "booking" if deal.status == "held" else "difference"
        payment = self.money.open_attempt(
            self.session, deal.order.public_id, purpose=purpose, minutes=30, key=self.key()
        )
        state = self.provider.create(Demand(payment.number, payment.amount_fen, "", 1800))
        payments.note_opened(self.session, payment.public_id, state)
        deal.payments.append(payment)
        self.all_payments.append(payment)
        self.steps["payment opened"] += 1

    @precondition(lambda self: self.all_payments)
    @rule(which=WHICH, how=st.sampled_from(["pay", "pay", "pay", "decline"]))
    def payer_acts(self, which: int, how: str) -> None:
        self._try(how, self.all_payments[-1 - which % len(self.all_payments)].number)

    def _try(self, how: str, number: str) -> None:
        try:
            getattr(self.provider, how)(number)
            self.steps[how] += 1
        except ProviderRefused:
            self.steps["too late to pay"] += 1

    @precondition(lambda self: self.all_payments)
    @rule(which=WHICH, wrong=st.sampled_from([False] * 7 + [True]))
    def notice(self, which: int, wrong: bool) -> None:
        payment = self.all_payments[-1 - which % len(self.all_payments)]
        state = self.provider.query(payment.number)
        if wrong and state.status == "succeeded" and payment.status != "succeeded":
            before = payment.order.paid_fen
            state = replace(state, amount_fen=state.amount_fen + 1)
            assert self._take_in(payment, state) == "wrong_amount"
            assert payment.order.paid_fen == before
            return
        self._take_in(payment, state)

    def _take_in(self, payment: Payment, state: Any) -> str:
        taken = self.money.take_in(self.session, payment.public_id, state).taken
        self.steps[f"notice {taken}"] += 1
        return str(taken)

    def _close_payments(self, deal: Deal) -> None:
        for payment in deal.pending:
            self._take_in(payment, self.provider.close(payment.number))

    @rule(which=WHICH)
    def confirm(self, which: int) -> None:
        deal = self.pick(which, "held", order="paid")
        if deal is not None:
            bookings.confirm(self.session, deal.booking.public_id)
            self.steps["confirmed"] += 1

    @rule(which=WHICH)
    def overdue(self, which: int) -> None:
        deal = self.pick(which, "held", order="open")
        if deal is None:
            return
        self._close_payments(deal)
        if deal.order.status == "paid":
            self.steps["paid after all"] += 1
            return
        self._release_voucher(deal)
        self.money.expire(self.session, deal.order.public_id)
        bookings.release(self.session, deal.booking.public_id, outcome="expired")
        self.steps["expired"] += 1

    # -- ending ----------------------------------------------------------------------------------

    @rule(which=WHICH, percent=st.sampled_from([0, 30, 50]))
    def cancel(self, which: int, percent: int) -> None:
        deal = self.pick(which, "held", "confirmed")
        if deal is None:
            return
        bookings.release(self.session, deal.booking.public_id)
        self._close_payments(deal)
        self._charge(deal, percent, None)
        self.steps["cancelled"] += 1

    @rule(which=WHICH)
    def nobody_comes(self, which: int) -> None:
        deal = self.pick(which, "confirmed")
        if deal is None:
            return
        self.clock.at = max(self.clock.at, deal.booking.start + HALF_HOUR)
        bookings.mark_no_show(self.session, deal.booking.public_id)
        self._charge(deal, 100, 60)
        self.steps["no show"] += 1

    def _charge(self, deal: Deal, percent: int, most_minutes: int | None) -> None:
        kept, payable = deal.order.kept_fen, deal.order.payable_fen
        done = self.money.cancel(
            self.session, deal.order.public_id, penalty_percent=percent,
            most_minutes=most_minutes, reason="",
        )  # fmt: skip
        assert done.fee_fen <= min(kept, payable)
        assert done.fee_fen + done.refund_fen == kept
        self._release_voucher(deal)
        self._refund(deal, done.refund_fen)

    def _release_voucher(self, deal: Deal) -> None:
        held = self.model.orders.get(deal.order.public_id)
        key = self.key()
        order = deal.order.public_id
        given = self.ask(lambda: self.verbs.release(self.session, order_id=order, key=key), "")
        assert given == (held.amount if held else 0)
        if held is None:
            self.repeatable.pop()
        else:
            self._end(order, held, 0)

    def _refund(self, deal: Deal, amount: int) -> None:
        if amount <= 0:
            return
        plan = self.money.plan(
            self.session, deal.order.public_id, amount_fen=amount, reason="", key=self.key()
        )
        for refund in plan:
            source = refund.payment.number
            state = self.provider.refund(refund.number, source, refund.amount_fen, "")
            for _ in range(2):
                self.money.refunded(self.session, refund.number, state)
        self.steps["refunded"] += 1

    @rule(which=WHICH, minutes=st.sampled_from([10, 30, 45, 90, 150]))
    def use(self, which: int, minutes: int) -> None:
        deal = self.pick(which, "confirmed")
        if deal is None:
            return
        self.clock.at = max(self.clock.at, deal.booking.start)
        if self.clock.at >= deal.booking.end:
            return
        bookings.check_in(self.session, deal.booking.public_id)
        self.clock.move(timedelta(minutes=minutes))
        bookings.check_out(self.session, deal.booking.public_id)
        found = self.money.final_price(self.session, deal.order.public_id, minutes=minutes)
        assert found.extra_fen == 0 or found.refund_fen == 0
        self._refund(deal, found.refund_fen)
        self.steps["used"] += 1

    @rule(which=WHICH)
    def finish(self, which: int) -> None:
        deal = self.pick(which, "finished", order="paid")
        if deal is not None and not deal.order.due_fen:
            self.finish_deal(deal)

    def finish_deal(self, deal: Deal) -> None:
        """Settle voucher and order of a finished use that owes nothing, as the process does."""
        self._close_payments(deal)
        order, held = deal.order, self.model.orders.get(deal.order.public_id)
        key, amount = self.key(), deal.order.offset_fen
        settled = self.ask(
            lambda: self.verbs.settle(
                self.session, order_id=order.public_id, amount_fen=amount, key=key
            ),
            "",
        )
        assert settled == amount
        if held is None:
            self.repeatable.pop()
        else:
            self._end(order.public_id, held, amount)
        self.money.settle(self.session, order.public_id)
        bookings.finish(self.session, deal.booking.public_id)
        self.steps["settled"] += 1

    @precondition(lambda self: any(p.late for p in self.all_payments))
    @rule(which=WHICH)
    def late_money_goes_back(self, which: int) -> None:
        late = [p for p in self.all_payments if p.late and p.returned_fen < p.amount_fen]
        if late:
            payment = late[which % len(late)]
            deal = next(d for d in self.deals if payment in d.payments)
            self._refund(deal, payment.amount_fen - payment.returned_fen)

    # -- what always holds -----------------------------------------------------------------------

    @invariant()
    def every_sum_agrees(self) -> None:
        self.steps["steps"] += 1
        if self.unchanged("sums"):
            return
        self.session.flush()
        wrong = self.session.execute(_WRONG).all()
        assert [tuple(row) for row in wrong] == []

    def unchanged(self, check: str) -> bool:
        """Tell whether nothing was done since a check was made last."""
        done = self.steps.total() - self.steps["steps"]
        before, self.checked[check] = self.checked.get(check), done
        return before == done

    @invariant()
    def the_database_agrees(self) -> None:
        if not self.unchanged("ledger"):
            super().the_database_agrees()

    @invariant()
    def the_provider_agrees(self) -> None:
        for payment in self.all_payments:
            kept = self.provider.payments[payment.number]
            taken = payment.status == "succeeded"
            assert not taken or kept.state.status == "succeeded"
            assert kept.returned_fen == (payment.returned_fen if taken else 0)


#: Each row is a promise broken: what, and of which order or booking.
_WRONG = text("""
with held as (
    select m.order_id, sum(e.amount_fen) filter (where e.account = 'reserved') as reserved,
        coalesce(sum(e.amount_fen) filter (where e.account = 'settled'), 0) as settled
    from voucher_move m join voucher_entry e on e.move_id = m.id
    where m.order_id is not null group by m.order_id
), came as (
    select order_id, sum(amount_fen) as fen from payment where status = 'succeeded'
    group by order_id
), went as (
    select order_id, sum(amount_fen) as fen from refund where status = 'succeeded'
    group by order_id
), unneeded as (
    select order_id, sum(amount_fen - returned_fen) as fen from payment
    where status = 'succeeded' and late group by order_id
), o as (
    select s.*, coalesce(h.reserved, 0) as reserved, coalesce(h.settled, 0) as settled,
        coalesce(c.fen, 0) as came, coalesce(w.fen, 0) as went, coalesce(u.fen, 0) as unneeded
    from service_order s
    left join held h on h.order_id = s.public_id
    left join came c on c.order_id = s.id
    left join went w on w.order_id = s.id
    left join unneeded u on u.order_id = s.id
)
select 'overlap', one.id::text from booking one join booking two
    on one.id < two.id and one.instrument_id = two.instrument_id and one.during && two.during
    where one.status in ('held', 'confirmed', 'in_use')
    and two.status in ('held', 'confirmed', 'in_use')
union all select 'paid is what came in', number from o where paid_fen <> came
union all select 'refunded is what went back', number from o where refunded_fen <> went
union all select 'offset is reserved', number from o
    where status in ('open', 'paid') and final_minutes is null and offset_fen <> reserved
union all select 'offset stays within the reservation', number from o
    where status = 'paid' and final_minutes is not null and offset_fen > reserved
union all select 'a closed order reserves nothing', number from o
    where status in ('settled', 'cancelled', 'expired') and reserved <> 0
union all select 'the offset is settled', number from o
    where settled <> case when status = 'settled' then offset_fen else 0 end
union all select 'what is kept is the price', number from o
    where status in ('settled', 'cancelled') and paid_fen - refunded_fen - unneeded <> payable_fen
union all select 'an expired order keeps nothing', number from o
    where status = 'expired' and paid_fen - refunded_fen <> unneeded
union all select 'a paid order is paid', number from o
    where status = 'paid' and final_minutes is null
    and paid_fen - refunded_fen - unneeded <> payable_fen
union all select 'lines add up', number from o where gross_fen <>
    (select coalesce(sum(amount_fen), 0) from order_line l where l.order_id = o.id)
""")


def a_shop(engine: Engine, verbs: Any = vouchers, money: dict[str, Any] | None = None) -> Shop:
    """Commit two enterprises with a person each, and a carrier with a priced instrument."""
    place = a_place(engine, verbs)
    with make_sessions(engine, clock=FixedClock(START)).begin() as session:
        set_scope(session, SYSTEM)
        carrier = session.get_one(Unit, place.carrier)
        people = [
            Person(name=f"用户{unit}", unit_id=unit, created_at=START) for unit in place.holders
        ]
        instrument = Instrument(
            unit_id=carrier.id, inner_id="1", name_zh="电镜", name_en="Microscope",
            class_code="990000", maker="—", model="—", worth_fen=1, begin_date=START.date(),
            region=carrier.region, region_path=regions.path(carrier.region), created_at=START,
            opening={str(day): [["00:00", "24:00"]] for day in range(1, 8)},
            open_on_holidays=True, min_minutes=30, max_minutes=480, step_minutes=30,
            notice_minutes=0, horizon_days=400, share_mode="external",
        )  # fmt: skip
        session.add_all([*people, instrument])
        session.flush()
        tariffs.publish(
            session, instrument, tariffs.Price("hour", "enterprise", HOUR_FEN),
            valid_from=START.date(), by=SYSTEM, approval_note="",
        )  # fmt: skip
        ids = (instrument.public_id, [person.public_id for person in people])
    return Shop(
        place.engine, place.holders, place.carrier, verbs, *ids,
        SimpleNamespace(**{**MONEY, **(money or {})}),
    )  # fmt: skip
