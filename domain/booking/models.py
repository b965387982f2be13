"""Bookings, the qualifications that some instruments ask for, and ratings."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    String,
    Text,
    func,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, INT8RANGE, TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column, relationship

from domain.instruments.models import Instrument
from engine.db import Base
from engine.identity import uuid7

_ID = Identity(always=True)


class Booking(Base):
    """A time of an instrument for a person; two that count never overlap.

    ``during`` is half-open ``[start, end)``. ``person_unit_id`` is the user's unit at the time of
    booking: ``external`` means another legal entity than the owner's. ``unit_id`` and
    ``region_path`` are the instrument's, for row-level security. ``use_minutes`` is the time
    between check-in and check-out.
    """

    __tablename__ = "booking"
    __table_args__ = (
        # A one-value int8range has a gist operator class without the btree_gist extension.
        ExcludeConstraint(
            (
                func.int8range(
                    literal_column("instrument_id"),
                    literal_column("instrument_id"),
                    literal_column("'[]'"),
                    type_=INT8RANGE,
                ),
                "&&",
            ),
            ("during", "&&"),
            where=text("status in ('held', 'confirmed', 'in_use')"),
            name="booking_no_overlap",
        ),
        CheckConstraint(
            "status in ('held', 'confirmed', 'in_use', 'finished', 'settled', 'cancelled', "
            "'rejected', 'no_show', 'expired')",
            name="status",
        ),
        CheckConstraint("mode in ('occupy', 'technical', 'commission', 'remote')", name="mode"),
        CheckConstraint(
            "not isempty(during) and lower_inc(during) and not upper_inc(during) "
            "and not lower_inf(during) and not upper_inf(during)",
            name="during",
        ),
        Index("ix_booking_region_path", "region_path", postgresql_using="gin"),
        Index("ix_booking_person_status", "person_id", "status"),
    )

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    public_id: Mapped[UUID] = mapped_column(default=uuid7, unique=True)
    instrument_id: Mapped[int] = mapped_column(ForeignKey("instrument.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.public_id"))
    person_unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    external: Mapped[bool] = mapped_column(default=False)
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    status: Mapped[str] = mapped_column(String(12), default="held")
    mode: Mapped[str] = mapped_column(String(12), default="occupy")
    purpose: Mapped[str] = mapped_column(String(500), default="")
    case_id: Mapped[UUID | None] = mapped_column(index=True)
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    checked_in_at: Mapped[datetime | None]
    checked_out_at: Mapped[datetime | None]
    use_minutes: Mapped[int | None]
    closed_at: Mapped[datetime | None]
    closed_reason: Mapped[str] = mapped_column(String(200), default="")
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    region_path: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    version: Mapped[int] = mapped_column(default=1)

    instrument: Mapped[Instrument] = relationship()

    @property
    def start(self) -> datetime:
        """Return the first moment of the booked time."""
        assert self.during.lower is not None  # noqa: S101 - the table's check says so
        return self.during.lower

    @property
    def end(self) -> datetime:
        """Return the first moment after the booked time."""
        assert self.during.upper is not None  # noqa: S101 - the table's check says so
        return self.during.upper


class Qualification(Base):
    """Leave to use an instrument, or all instruments of a class in its unit, by oneself.

    Exactly one of ``instrument_id`` and ``class_prefix`` (two, four or six digits) is given.
    """

    __tablename__ = "qualification"
    __table_args__ = (
        CheckConstraint("(instrument_id is null) <> (class_prefix is null)", name="target"),
        Index("ix_qualification_region_path", "region_path", postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    public_id: Mapped[UUID] = mapped_column(default=uuid7, unique=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.public_id"), index=True)
    instrument_id: Mapped[int | None] = mapped_column(ForeignKey("instrument.id"), index=True)
    class_prefix: Mapped[str | None] = mapped_column(String(6))
    level: Mapped[str] = mapped_column(String(12), default="operator")
    evidence: Mapped[str] = mapped_column(String(200), default="")
    valid_from: Mapped[datetime]
    valid_until: Mapped[datetime | None]
    granted_by: Mapped[UUID]
    withdrawn_at: Mapped[datetime | None]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    region_path: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)


class Rating(Base):
    """What a user says of a finished booking: 1 to 5 overall and in four dimensions."""

    __tablename__ = "rating"
    __table_args__ = (
        CheckConstraint("score between 1 and 5", name="score"),
        CheckConstraint(
            "least(quality, timeliness, attitude, price) >= 1 "
            "and greatest(quality, timeliness, attitude, price) <= 5",
            name="dimensions",
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id"), unique=True)
    instrument_id: Mapped[int] = mapped_column(ForeignKey("instrument.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.public_id"), index=True)
    score: Mapped[int]
    quality: Mapped[int | None]
    timeliness: Mapped[int | None]
    attitude: Mapped[int | None]
    price: Mapped[int | None]
    comment: Mapped[str] = mapped_column(String(1000), default="")
    anonymous: Mapped[bool] = mapped_column(default=False)
    visible: Mapped[bool] = mapped_column(default=True)
    reply: Mapped[str] = mapped_column(String(1000), default="")
    rated_at: Mapped[datetime]

    booking: Mapped[Booking] = relationship()
