"""Names for public ids: pages join them, history never holds them."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from domain.organisations.models import Person, Region, Unit
from engine.actors import SYSTEM
from engine.db import as_system
from web.formats import language
from web.monitor.texts import gettext

_MOST_NAMESAKES = 200


def _name() -> ColumnElement[str]:
    if language() == "zh":
        return Person.name.expression
    return func.coalesce(func.nullif(Person.name_en, ""), Person.name)


def names(session: Session, ids: Iterable[UUID]) -> dict[UUID, str]:
    """Return the names behind public ids in the page's language; the platform has one too.

    A name is all that everybody may know of everybody, so this reads with the platform's eyes.
    """
    found: dict[UUID, str] = {SYSTEM.id: gettext("The platform")}
    wanted = {each for each in ids if each != SYSTEM.id}
    if wanted:
        query = select(Person.public_id, _name()).where(Person.public_id.in_(wanted))
        with as_system(session):
            found.update((row[0], row[1]) for row in session.execute(query))
    return found


def ids_named(session: Session, text: str) -> list[UUID]:
    """Return the people whose name contains a text; the caller shows only cases in scope."""
    query = select(Person.public_id).where(
        Person.name.icontains(text, autoescape=True)
        | Person.name_en.icontains(text, autoescape=True)
    )
    with as_system(session):
        return list(session.scalars(query.limit(_MOST_NAMESAKES)))


def unit_names(session: Session, ids: Iterable[int | None]) -> dict[int, str]:
    """Return the names of units in the page's language."""
    column = Unit.name_zh if language() == "zh" else Unit.name_en
    rows = session.execute(select(Unit.id, column).where(Unit.id.in_({i for i in ids if i})))
    return {row[0]: row[1] for row in rows}


def region_names(session: Session, codes: Iterable[str]) -> dict[str, str]:
    """Return the names of regions by their six-digit codes in the page's language."""
    column = Region.name_zh if language() == "zh" else Region.name_en
    rows = session.execute(select(Region.code, column).where(Region.code.in_(set(codes))))
    return {row[0]: row[1] for row in rows}
