from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError

from domain.booking import Booking, Grades, rate
from domain.booking.ratings import comments, summary
from domain.errors import AlreadyRated, InvalidRating, WrongStatus
from engine.clock import FixedClock
from engine.db import set_scope
from engine.errors import NotAllowed, NotFound


@pytest.fixture
def used(world) -> Booking:
    start = datetime(2026, 11, 20, 1, tzinfo=UTC)
    booking = Booking(
        instrument_id=world.instrument.id,
        person_id=world.outsider.public_id,
        during=Range(start, start + timedelta(hours=1)),
        status="finished",
        created_at=start,
        unit_id=world.unit.id,
        region_path=["33", "3301", "330106"],
    )
    world.session.add(booking)
    world.session.flush()
    return booking


def test_the_user_rates_a_finished_use_and_everybody_reads_it(world, used: Booking) -> None:
    session, by = world.session, world.actor(world.outsider)
    set_scope(session, by)
    rate(session, used.public_id, Grades(5, quality=4), by=by, comment="很好")
    set_scope(session, world.actor(world.user))
    assert (summary(session, world.instrument).count, summary(session, world.instrument).mean) == (
        1,
        5.0,
    )
    assert [(c.who, c.comment, c.score) for c in comments(session, world.instrument)] == [
        ("李娟", "很好", 5)
    ]


def test_an_anonymous_rating_names_nobody(world, used: Booking) -> None:
    by = world.actor(world.outsider)
    rate(world.session, used.public_id, Grades(2), by=by, comment="等了很久", anonymous=True)
    assert comments(world.session, world.instrument)[0].who == ""


def test_a_rating_can_be_changed_for_seven_days(world, used: Booking, clock: FixedClock) -> None:
    session, by = world.session, world.actor(world.outsider)
    rate(session, used.public_id, Grades(1), by=by)
    clock.move(timedelta(days=7, seconds=-1))
    rate(session, used.public_id, Grades(4), by=by)
    assert summary(session, world.instrument).mean == 4.0
    clock.move(timedelta(seconds=1))
    with pytest.raises(AlreadyRated):
        rate(session, used.public_id, Grades(5), by=by)
    assert summary(session, world.instrument).count == 1


def test_nobody_else_rates_and_no_manager_rates_their_own_instrument(world, used: Booking) -> None:
    session = world.session
    with pytest.raises(NotAllowed):
        rate(session, used.public_id, Grades(5), by=world.actor(world.user))
    used.person_id = world.manager.public_id
    session.flush()
    with pytest.raises(NotAllowed):
        rate(session, used.public_id, Grades(5), by=world.managing())
    set_scope(session, world.actor(world.user))
    with pytest.raises(NotFound):
        rate(session, used.public_id, Grades(5), by=world.actor(world.user))


@pytest.mark.parametrize("status", ["held", "confirmed", "in_use", "cancelled", "no_show"])
def test_a_use_that_has_not_ended_is_not_rated(world, used: Booking, status: str) -> None:
    used.status = status
    world.session.flush()
    with pytest.raises(WrongStatus):
        rate(world.session, used.public_id, Grades(5), by=world.actor(world.outsider))


@pytest.mark.parametrize(
    "grades", [Grades(0), Grades(6), Grades(3, price=0), Grades(3, attitude=9), Grades("5")]
)
def test_a_grade_is_a_whole_number_from_one_to_five(world, used: Booking, grades: Grades) -> None:
    with pytest.raises(InvalidRating):
        rate(world.session, used.public_id, grades, by=world.actor(world.outsider))


def test_the_database_refuses_a_grade_that_passes_the_verb(world, used: Booking) -> None:
    by = world.actor(world.outsider)
    rating = rate(world.session, used.public_id, Grades(3), by=by)
    rating.score = 6
    with pytest.raises(IntegrityError):
        world.session.flush()
