"""Regions, units, people and the roles they hold."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engine.db import Base
from engine.identity import uuid7

_ID = Identity(always=True)


class Region(Base):
    """A province, city or county by its GB/T 2260 code; ``level`` province, city or county."""

    __tablename__ = "region"

    code: Mapped[str] = mapped_column(String(6), primary_key=True)
    parent_code: Mapped[str | None] = mapped_column(ForeignKey("region.code"), index=True)
    level: Mapped[str] = mapped_column(String(10))
    name_zh: Mapped[str] = mapped_column(String(40))
    name_en: Mapped[str] = mapped_column(String(60))


class Unit(Base):
    """A legal entity that owns or uses instruments.

    ``uscc`` is the unified social credit code (GB 32100); ``code`` the four digits that stand for
    the unit in asset codes; ``gs1_prefix`` its GS1 company prefix; ``supervisor`` 主管部门.
    """

    __tablename__ = "unit"
    __table_args__ = (
        CheckConstraint(
            "kind in ('university', 'institute', 'new_institute', 'enterprise', 'hospital')",
            name="kind",
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    public_id: Mapped[UUID] = mapped_column(default=uuid7, unique=True)
    uscc: Mapped[str] = mapped_column(String(18), unique=True)
    code: Mapped[str] = mapped_column(String(4), unique=True)
    name_zh: Mapped[str] = mapped_column(String(100), unique=True)
    name_en: Mapped[str] = mapped_column(String(200))
    short_names: Mapped[str] = mapped_column(String(100), default="")
    kind: Mapped[str] = mapped_column(String(20))
    region: Mapped[str] = mapped_column(ForeignKey("region.code"), index=True)
    address: Mapped[str] = mapped_column(String(200), default="")
    supervisor: Mapped[str] = mapped_column(String(60), default="")
    gs1_prefix: Mapped[str | None] = mapped_column(String(10))
    active: Mapped[bool] = mapped_column(default=True)


class Person(Base):
    """Somebody known to the platform; the engine knows only the ``public_id``.

    Phone and e-mail are personal data: row-level security shows them to the person and to the
    person's unit only; names for pages come from ``people.names``.
    """

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    public_id: Mapped[UUID] = mapped_column(default=uuid7, unique=True)
    name: Mapped[str] = mapped_column(String(60))
    name_en: Mapped[str] = mapped_column(String(80), default="")
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)
    title: Mapped[str] = mapped_column(String(60), default="")
    email: Mapped[str] = mapped_column(String(120), default="")
    phone: Mapped[str] = mapped_column(String(20), default="")
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]

    unit: Mapped[Unit | None] = relationship()


class RoleGrant(Base):
    """A role that a person holds within a scope from one moment until another.

    ``region`` is a GB/T 2260 prefix (``33``, ``3301``, ``330106``). Rows are never changed but by
    ``roles.revoke``, so the table answers who could do what at any past moment.
    """

    __tablename__ = "role_grant"
    __table_args__ = (
        Index("ix_role_grant_open", "person_id", postgresql_where=text("revoked_at is null")),
    )

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    public_id: Mapped[UUID] = mapped_column(default=uuid7, unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    role: Mapped[str] = mapped_column(String(30))
    region: Mapped[str | None] = mapped_column(String(6))
    department: Mapped[str | None] = mapped_column(String(20))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)
    valid_from: Mapped[datetime]
    valid_until: Mapped[datetime | None]
    granted_by: Mapped[UUID]
    granted_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(200), default="")
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[UUID | None]

    person: Mapped[Person] = relationship()
    unit: Mapped[Unit | None] = relationship()
