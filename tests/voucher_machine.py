"""A state machine over the voucher ledger: random requests, and a model that knows better.

The model is a few dictionaries of whole numbers. After every step the database checks what it
checks at the end of a transaction, and every balance is compared with the model. An example is
one transaction that is rolled back, so thousands of them share one database. Rules of further
rooms subclass ``VoucherMachine``.
"""

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from types import ModuleType
from typing import Any, ClassVar
from uuid import UUID

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from domain import vouchers
from domain.errors import DomainError
from domain.organisations.models import Unit
from domain.vouchers import Claim, Wish
from engine.actors import SYSTEM
from engine.clock import FixedClock
from engine.db import make_sessions, set_scope
from engine.identity import uuid7

START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
BUDGET = 30_000
ACCOUNTS = vouchers.ACCOUNTS[1:]
WHICH = st.integers(0, 40)


@dataclass
class Known:
    """What the model knows of a voucher."""

    public_id: UUID
    unit: int
    pool: int
    until: date
    face: int
    balance: Counter[str] = field(default_factory=Counter)
    frozen: bool = False
    status: str = "open"


@dataclass
class Held:
    """What the model knows of an order's reservation."""

    voucher: Known
    amount: int
    year: int


@dataclass
class Model:
    """The whole ledger in whole numbers."""

    vouchers: list[Known] = field(default_factory=list)
    orders: dict[UUID, Held | None] = field(default_factory=dict)
    budget: Counter[int] = field(default_factory=Counter)
    used: Counter[tuple[int, int]] = field(default_factory=Counter)
    issued: Counter[tuple[int, int]] = field(default_factory=Counter)

    def free(self, pool: int) -> int:
        """What a pool has left."""
        out = sum(
            v.face - v.balance["expired"] - v.balance["revoked"]
            for v in self.vouchers
            if v.pool == pool
        )
        return self.budget[pool] - out


@dataclass
class Place:
    """Where the machine works: a database with two enterprises and a carrier in it."""

    engine: Engine
    holders: list[int]
    carrier: int
    verbs: ModuleType | Any = vouchers


class VoucherMachine(RuleBasedStateMachine):
    """Rules over ``place``, which a test sets; ``steps`` counts what was done in all examples."""

    place: ClassVar[Place]
    steps: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.clock = FixedClock(START)
        self.session: Session = make_sessions(self.place.engine, clock=self.clock)()
        set_scope(self.session, SYSTEM)
        self.verbs = self.place.verbs
        self.model = Model()
        self.repeatable: list[tuple[Callable[[], Any], Any]] = []
        self.keys = 0
        self.pools = [self._a_pool(year) for year in (2026, 2026, 2027)]

    def teardown(self) -> None:
        self.session.rollback()
        self.session.close()

    def _a_pool(self, year: int) -> vouchers.Pool:
        pool = vouchers.open_pool(self.session, region="330000", year=year, name=f"池 {self.key()}")
        self.model.budget[pool.id] = BUDGET
        return vouchers.change_budget(
            self.session, pool.public_id, by_fen=BUDGET, reason="预算", key=self.key()
        )

    def key(self) -> str:
        """A new request key."""
        self.keys += 1
        return f"machine:{self.keys}"

    @property
    def today(self) -> date:
        """The day in Shanghai."""
        return vouchers.today(self.session)

    def ask(self, request: Callable[[], Any], expected: str) -> Any:
        """Make a request; ``expected`` is the refusal's code (and reason), or nothing."""
        self.steps[expected or "done"] += 1
        try:
            result = request()
        except DomainError as refused:
            told = f"{refused.code} {refused.params.get('reason', '')}".strip()
            assert told == expected, f"refused with {told}, not {expected or 'done'}"
            return None
        assert not expected, f"done, but {expected} was due"
        self.repeatable.append((request, result))
        return result

    def voucher(self, which: int) -> Known:
        """One of the vouchers."""
        return self.model.vouchers[which % len(self.model.vouchers)]

    # -- rules ---------------------------------------------------------------------------------

    @rule(
        which=WHICH,
        holder=st.booleans(),
        face=st.integers(1, 4_000),
        days=st.integers(1, 150),
        cap=st.sampled_from([5_000, 30_000, 30_000]),
    )
    def issue(self, which: int, holder: bool, face: int, days: int, cap: int) -> None:
        pool = self.pools[which % len(self.pools)]
        unit = self.place.holders[holder]
        year = self.today.year
        expected = ""
        if self.model.issued[unit, year] + face > cap:
            expected = "cap_reached"
        elif pool.year != year or face > self.model.free(pool.id):
            expected = "pool_exhausted"
        until = self.today + timedelta(days=days)
        claim = Claim(pool.public_id, unit, face, until, cap)
        key = self.key()
        made = self.ask(lambda: self.verbs.issue(self.session, claim, key=key).public_id, expected)
        if made:
            known = Known(made, unit, pool.id, until, face, Counter(available=face))
            self.model.vouchers.append(known)
            self.model.issued[unit, year] += face

    @precondition(lambda self: self.model.vouchers)
    @rule(
        which=WHICH,
        wrong_holder=st.sampled_from([False] * 7 + [True]),
        related=st.sampled_from([False] * 7 + [True]),
        amount=st.integers(0, 2_500),
        cap=st.sampled_from([500, 20_000]),
        again=st.one_of(st.none(), WHICH),
    )
    def reserve(self, which: int, wrong_holder: bool, related: bool, amount: int, cap: int,
                again: int | None) -> None:  # fmt: skip
        self.reserve_for(which, amount, cap, again, (wrong_holder, related))

    def reserve_for(
        self, which: int, amount: int, cap: int, again: int | None, wrong: tuple[bool, bool]
    ) -> None:
        """Reserve for a new order or a known one; ``wrong``: another's voucher, related carrier."""
        wrong_holder, related = wrong
        known = self.voucher(which)
        orders = list(self.model.orders)
        order = uuid7() if again is None or not orders else orders[again % len(orders)]
        payer = self.place.carrier if wrong_holder else known.unit
        payee = known.unit if related else self.place.carrier
        expected = self._refusal(known, amount, cap, order)
        if related and not self._state(known):
            expected = "voucher_unavailable related_party"
        if wrong_holder:
            expected = "voucher_unavailable other_unit"
        wish = Wish(known.public_id, order, payer, payee, amount, cap)
        key = self.key()
        if self.ask(lambda: self.verbs.reserve(self.session, wish, key=key).public_id, expected):
            known.balance.update(available=-amount, reserved=amount)
            self.model.orders[order] = Held(known, amount, self.today.year)
            self.model.used[known.unit, self.today.year] += amount

    def _state(self, known: Known) -> str:
        if known.status != "open":
            return known.status
        if known.frozen:
            return "frozen"
        return "expired" if self.today >= known.until else ""

    def _refusal(self, known: Known, amount: int, cap: int, order: UUID) -> str:
        left = cap - self.model.used[known.unit, self.today.year]
        reason = self._state(known)
        if not reason and not 0 < amount <= known.balance["available"]:
            reason = "insufficient"
        if not reason and amount > left:
            reason = "cap"
        if not reason and self.model.orders.get(order):
            reason = "already_used"
        return f"voucher_unavailable {reason}" if reason else ""

    @precondition(lambda self: self.model.vouchers)
    @rule(which=WHICH, amount=st.integers(1, 800))
    def reserve_plainly(self, which: int, amount: int) -> None:
        """The usual request, so that orders are common."""
        usable = [
            number
            for number, known in enumerate(self.model.vouchers)
            if known.balance["available"] and not self._state(known)
        ]
        chosen = usable[which % len(usable)] if usable else which
        self.reserve_for(chosen, amount, 20_000, None, (False, False))

    def order(self, which: int) -> UUID:
        """One of the orders, seven times in eight one that holds something if there is one."""
        every = list(self.model.orders)
        live = [order for order in every if self.model.orders[order]]
        chosen = live if live and which % 8 else every
        return chosen[which % len(chosen)]

    @precondition(lambda self: self.model.orders)
    @rule(which=WHICH, percent=st.integers(0, 120))
    def settle(self, which: int, percent: int) -> None:
        order = self.order(which)
        held, key = self.model.orders[order], self.key()
        amount = (held.amount if held else 100) * percent // 100
        too_much = held is not None and amount > held.amount
        settled = self.ask(
            lambda: self.verbs.settle(self.session, order_id=order, amount_fen=amount, key=key),
            "settled_too_much" if too_much else "",
        )
        if held is None:
            # Nothing was done, so nothing was written: the key may still do something later.
            assert settled == 0
            self.repeatable.pop()
        elif not too_much:
            assert settled == amount
            self._end(order, held, amount)

    @precondition(lambda self: self.model.orders)
    @rule(which=WHICH)
    def release(self, which: int) -> None:
        order = self.order(which)
        held, key = self.model.orders[order], self.key()
        given = self.ask(lambda: self.verbs.release(self.session, order_id=order, key=key), "")
        assert given == (held.amount if held else 0)
        if held is None:
            self.repeatable.pop()
        else:
            self._end(order, held, 0)

    def _end(self, order: UUID, held: Held, settled: int) -> None:
        known, rest = held.voucher, held.amount - settled
        home = "available"
        if known.status != "open":
            home = known.status
        elif self.today >= known.until:
            home = "expired"
        known.balance.update({"reserved": -held.amount})
        known.balance.update({"settled": settled})
        known.balance.update({home: rest})
        self.model.orders[order] = None
        self.model.used[known.unit, held.year] -= rest

    @rule(hours=st.sampled_from([0, 1, 12, 24, 24 * 3]), sweep=st.booleans())
    def time_passes(self, hours: int, sweep: bool) -> None:
        self._wait(timedelta(hours=hours), sweep)

    @precondition(lambda self: self.model.vouchers)
    @rule(which=WHICH, sweep=st.booleans())
    def a_voucher_reaches_its_end(self, which: int, sweep: bool) -> None:
        days = max(timedelta(0), self.voucher(which).until - self.today)
        self._wait(min(days, timedelta(days=60)), sweep)

    def _wait(self, time: timedelta, sweep: bool) -> None:
        # Within the two years of the pools, so that issuing stays possible.
        if self.today < date(2027, 10, 1):
            self.clock.move(time)
        self.steps["expire" if sweep else "time"] += 1
        if sweep:
            due = [v for v in self.model.vouchers if v.status == "open" and self.today >= v.until]
            assert self.verbs.expire_due(self.session) == len(due)
            for known in due:
                self._close(known, "expired")

    @staticmethod
    def _close(known: Known, account: str) -> None:
        rest = known.balance["available"]
        known.balance.update({"available": -rest})
        known.balance.update({account: rest})
        known.status = account

    @precondition(lambda self: self.model.vouchers)
    @rule(which=WHICH, kind=st.sampled_from(["freeze", "unfreeze", "unfreeze", "revoke"]))
    def decide(self, which: int, kind: str) -> None:
        known, key = self.voucher(which), self.key()
        expected = "" if known.status == "open" else "voucher_closed"
        verb = getattr(self.verbs, kind)
        self.ask(
            lambda: (
                verb(self.session, known.public_id, by=SYSTEM, reason="核查", key=key).public_id
            ),
            expected,
        )
        if not expected and kind == "revoke":
            self._close(known, "revoked")
        elif not expected:
            known.frozen = kind == "freeze"

    @rule(which=WHICH, by=st.integers(-3_000, 3_000))
    def change_budget(self, which: int, by: int) -> None:
        pool, key = self.pools[which % len(self.pools)], self.key()
        expected = "pool_exhausted" if self.model.free(pool.id) + by < 0 else ""
        self.ask(
            lambda: (
                self.verbs.change_budget(
                    self.session, pool.public_id, by_fen=by, reason="调整", key=key
                ).public_id
            ),
            expected,
        )
        if not expected:
            self.model.budget[pool.id] += by

    @precondition(lambda self: self.repeatable)
    @rule(which=WHICH)
    def the_same_request_again(self, which: int) -> None:
        request, result = self.repeatable[-1 - which % len(self.repeatable)]
        self.steps["again"] += 1
        assert request() == result

    # -- what always holds -----------------------------------------------------------------------

    @invariant()
    def the_database_agrees(self) -> None:
        """What the database checks at the end of a transaction, and every number of the model."""
        self.run("set constraints all immediate; set constraints all deferred")
        held = [
            (str(v.public_id), v.face, *(v.balance[a] for a in ACCOUNTS), v.status, v.frozen)
            for v in self.model.vouchers
        ]
        assert self.run(_ROWS) == held
        assert all(v.face == sum(v.balance.values()) for v in self.model.vouchers)
        assert self.run("select id, budget_fen from voucher_pool order by id") == sorted(
            self.model.budget.items()
        )
        assert all(self.model.free(pool.id) >= 0 for pool in self.pools)
        used = {key: amount for key, amount in self.model.used.items() if amount}
        assert {(unit, year): amount for unit, year, amount in self.run(_USED)} == used

    def run(self, statement: str) -> list[tuple[Any, ...]]:
        """Ask the driver directly: this happens after every step."""
        driver = self.session.connection().connection.driver_connection
        cursor = driver.execute(statement)
        return cursor.fetchall() if cursor.description else []


_ROWS = (
    f"select public_id::text, face_fen, {', '.join(f'{a}_fen' for a in ACCOUNTS)}, status, frozen "
    "from voucher order by id"
)
_USED = (
    "select m.unit_id, m.year, sum(e.amount_fen)::bigint from voucher_entry e "
    "join voucher_move m on m.id = e.move_id where e.account in ('reserved', 'settled', 'redeemed')"
    " group by 1, 2 having sum(e.amount_fen) <> 0"
)


def settings_for(
    steps: int, *, length: int = 80, derandomize: bool = True, shrink: bool = True
) -> settings:
    """Settings that do at least so many steps; some examples are cut short."""
    phases = [Phase.generate, Phase.shrink] if shrink else [Phase.generate]
    return settings(
        max_examples=max(1, math.ceil(steps * 1.15 / length)),
        stateful_step_count=length,
        deadline=None,
        database=None,
        derandomize=derandomize,
        phases=phases,
        suppress_health_check=list(HealthCheck),
    )


def a_place(engine: Engine, verbs: Any = vouchers) -> Place:
    """Commit two enterprises and a carrier in a database, for machines to work with."""
    with make_sessions(engine, clock=FixedClock(START)).begin() as session:
        set_scope(session, SYSTEM)
        units = [
            Unit(
                uscc=f"91330211MD000000{number}X",
                code=f"000{number}",
                name_zh=f"单位{number}",
                name_en=f"Unit {number}",
                kind="enterprise",
                region="330211",
            )
            for number in range(3)
        ]
        session.add_all(units)
        session.flush()
        ids = [unit.id for unit in units]
    return Place(engine, ids[:2], ids[2], verbs)
