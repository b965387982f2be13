"""Applications for a purchase: submitted, corrected by a new revision, never edited.

Budgets come in 万元 (as officials write them) and are kept in fen.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from domain.instruments import names
from domain.organisations import regions
from domain.organisations.models import Person, Unit
from domain.purchases.errors import NotEntitled, PurchaseClosed
from domain.purchases.models import Purchase, PurchaseRevision
from engine.actors import UNIT_ROLES, Actor
from engine.clock import now
from engine.db import as_system
from engine.errors import NotFound

_FEN_PER_WAN = 1_000_000
_MONTH = timedelta(days=30)
#: Words that make a name a bundle or a batch rather than one instrument's standard name.
_BUNDLES = ("一批", "若干", "套装", "打包", "等设备", "及配套")
_HOURS_OF_A_YEAR = 8760
#: 其他: what fits no class of the national list.
_OTHER = "990000"

Funds = Literal["central", "fiscal", "own"]
Special = Literal["none", "online", "accessory", "unsuitable"]


@dataclass(frozen=True)
class Application:
    """What a unit fills in. ``set_budget_wan`` is the budget of one set in 万元."""

    name: str
    class_code: str
    specs: str
    set_budget_wan: float
    quantity: int
    funds: Funds
    project: str
    justification: str
    expected_hours: int
    staff: str
    site: str
    maker: str | None = None
    model: str | None = None
    special: Special = "none"
    special_reason: str | None = None
    gap: bool = False
    gap_reason: str | None = None
    duty_free: bool = False
    split_reason: str | None = None

    @property
    def set_budget_fen(self) -> int:
        """Return the budget of one set in fen."""
        fen = Decimal(str(self.set_budget_wan)) * _FEN_PER_WAN
        return int(fen.quantize(Decimal(1), ROUND_HALF_UP))


@dataclass(frozen=True)
class Splitting:
    """When purchases together look like one that was split ([A], handbook 2.2).

    The same unit and class, the same project or maker, within ``months``: each below one of
    ``thresholds_fen`` and their sum at or above it.
    """

    months: int
    thresholds_fen: Sequence[int]


def submit(
    session: Session, case_id: UUID, application: Application, *, by: Actor
) -> PurchaseRevision:
    """Keep an application as the next revision of the case's purchase.

    Raises NotEntitled for somebody without a role in a unit, PurchaseClosed once it is decided.
    """
    with as_system(session):
        purchase = session.scalar(
            select(Purchase).where(Purchase.case_id == case_id).with_for_update()
        )
        if purchase is None:
            purchase = _open(session, case_id, by)
        if purchase.status != "open":
            raise PurchaseClosed("no more revisions", status=purchase.status)
        purchase.revision += 1
        purchase.version += 1
        revision = PurchaseRevision(
            purchase=purchase,
            number=purchase.revision,
            name=application.name.strip(),
            class_code=application.class_code,
            maker=(application.maker or "").strip(),
            model=(application.model or "").strip(),
            project=application.project.strip(),
            set_budget_fen=application.set_budget_fen,
            quantity=application.quantity,
            content=asdict(application),
            submitted_by=by.id,
            submitted_at=now(session),
        )
        session.add(revision)
        session.flush()
    return revision


def _open(session: Session, case_id: UUID, by: Actor) -> Purchase:
    person = session.scalar(select(Person).where(Person.public_id == by.id, Person.active))
    unit = person.unit if person is not None else None
    if unit is None or not _acts_for(by, unit):
        raise NotEntitled("no role in a unit")
    purchase = Purchase(
        case_id=case_id,
        unit_id=unit.id,
        region_path=regions.path(unit.region),
        applicant_id=by.id,
        revision=0,
        created_at=now(session),
        version=0,
        status="open",
    )
    session.add(purchase)
    session.flush()
    return purchase


def _acts_for(by: Actor, unit: Unit) -> bool:
    return any(grant.role in UNIT_ROLES and grant.unit_id == unit.id for grant in by.grants)


def problems(session: Session, revision: PurchaseRevision, rule: Splitting) -> list[str]:
    """Return the codes of what the form check (形式审查) finds; empty when complete.

    ``unknown_class``, ``bundled_name``, ``hours_impossible``, ``special_unexplained``,
    ``splitting`` (only while the unit has not explained it).
    """
    content = revision.content
    found = {
        "unknown_class": not _is_class(revision.class_code),
        "bundled_name": any(word in revision.name for word in _BUNDLES),
        "hours_impossible": content["expected_hours"] > _HOURS_OF_A_YEAR,
        "special_unexplained": content["special"] != "none"
        and not (content["special_reason"] or "").strip(),
        "splitting": not (content["split_reason"] or "").strip()
        and bool(split_with(session, revision, rule)),
    }
    return [code for code, is_so in found.items() if is_so]


def _is_class(code: str) -> bool:
    return code == _OTHER or code[:4] in names.classes()


def split_with(session: Session, revision: PurchaseRevision, rule: Splitting) -> list[Purchase]:
    """Return the unit's other purchases that look like parts of the same one."""
    own = revision.set_budget_fen * revision.quantity
    since = revision.submitted_at - rule.months * _MONTH
    same = or_(
        and_(PurchaseRevision.project == revision.project, PurchaseRevision.project != ""),
        and_(PurchaseRevision.maker == revision.maker, PurchaseRevision.maker != ""),
    )
    query = (
        select(Purchase, PurchaseRevision)
        .join(PurchaseRevision, PurchaseRevision.purchase_id == Purchase.id)
        .where(
            Purchase.unit_id == revision.purchase.unit_id,
            Purchase.id != revision.purchase_id,
            Purchase.status.not_in(("withdrawn", "lapsed")),
            PurchaseRevision.number == Purchase.revision,
            PurchaseRevision.class_code == revision.class_code,
            PurchaseRevision.submitted_at >= since,
            same,
        )
        .order_by(Purchase.id)
    )
    with as_system(session):
        rows = [(p, r.set_budget_fen * r.quantity) for p, r in session.execute(query)]
    for threshold in rule.thresholds_fen:
        below = [(purchase, worth) for purchase, worth in rows if worth < threshold]
        if own < threshold <= own + sum(worth for _, worth in below) and below:
            return [purchase for purchase, _ in below]
    return []


def read(session: Session, public_id: UUID) -> Purchase:
    """Return a purchase; raises NotFound where the session's scope hides it."""
    purchase = session.scalar(select(Purchase).where(Purchase.public_id == public_id))
    if purchase is None:
        raise NotFound(f"no purchase {public_id}", kind="purchase")
    return purchase


def lock(session: Session, public_id: UUID) -> Purchase:
    """Lock a purchase and return it as it is now; needs system scope."""
    purchase = session.scalar(
        select(Purchase)
        .where(Purchase.public_id == public_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if purchase is None:
        raise NotFound(f"no purchase {public_id}", kind="purchase")
    return purchase


def of_case(session: Session, case_id: UUID) -> Purchase | None:
    """Return the purchase of a case, if the session's scope shows it."""
    return session.scalar(select(Purchase).where(Purchase.case_id == case_id))


def latest(session: Session, purchase: Purchase) -> PurchaseRevision:
    """Return the revision that counts."""
    query = select(PurchaseRevision).where(
        PurchaseRevision.purchase_id == purchase.id,
        PurchaseRevision.number == purchase.revision,
    )
    return session.scalars(query).one()


def keep_advice(
    session: Session, public_id: UUID, *, run_id: UUID, advice: dict[str, object]
) -> Purchase:
    """Keep what the search and the tables advise on the current revision."""
    with as_system(session):
        purchase = lock(session, public_id)
        purchase.run_id, purchase.advice = run_id, advice
        purchase.version += 1
        session.flush()
    return purchase
