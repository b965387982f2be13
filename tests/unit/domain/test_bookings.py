from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from domain.booking import (
    TRANSITIONS,
    Booking,
    Request,
    check_in,
    check_out,
    conduct,
    confirm,
    finish,
    has_used,
    hold,
    mark_no_show,
    of_case,
    of_person,
    qualify,
    read,
    release,
)
from domain.booking.opening import SHANGHAI
from domain.booking.qualifications import withdraw
from domain.booking.states import MODE_NAMES, STATUS_NAMES, check
from domain.errors import (
    BookingOver,
    InstrumentUnavailable,
    NotShared,
    QualificationMissing,
    SlotTaken,
    WrongStatus,
)
from engine.actors import SYSTEM, Grant
from engine.clock import FixedClock
from engine.db import set_scope
from engine.errors import NotAllowed, NotFound

ENDS = {"settled", "cancelled", "rejected", "no_show", "expired"}


def moment(text_: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text_}").replace(tzinfo=SHANGHAI)


def request(world, start="11-24 09:00", end="11-24 10:00", person=None, **more) -> Request:
    who = person or world.user
    return Request(world.instrument.public_id, who.public_id, moment(start), moment(end), **more)


def test_a_booking_goes_through_its_life(world, clock: FixedClock) -> None:
    session = world.session
    case_id = uuid4()
    booking = hold(session, request(world, case_id=case_id, purpose="形貌观察"))
    assert (booking.status, booking.external) == ("held", False)
    assert of_case(session, case_id) is booking
    assert confirm(session, booking.public_id).status == "confirmed"
    clock.at = moment("11-24 09:05")
    assert check_in(session, booking.public_id).status == "in_use"
    clock.at = moment("11-24 09:45")
    used = check_out(session, booking.public_id)
    assert (used.status, used.use_minutes) == ("finished", 40)
    assert finish(session, booking.public_id).status == "settled"
    assert booking.version == 5
    assert has_used(session, world.user.public_id, world.instrument)
    assert not has_used(session, world.outsider.public_id, world.instrument)
    assert of_person(session, world.user.public_id) == [booking]


def test_another_legal_entity_is_external(world) -> None:
    assert hold(world.session, request(world, person=world.outsider)).external


def test_every_state_has_names_and_a_place_in_the_table() -> None:
    assert set(TRANSITIONS) == set(STATUS_NAMES)
    assert {state for state, after in TRANSITIONS.items() if not after} == ENDS
    assert set(MODE_NAMES) == {"occupy", "technical", "commission", "remote"}


@pytest.mark.parametrize("status", list(TRANSITIONS))
@pytest.mark.parametrize("wanted", list(TRANSITIONS))
def test_only_the_ways_of_the_table_are_open(status: str, wanted: str) -> None:
    if wanted in TRANSITIONS[status]:
        check(status, wanted)
        return
    with pytest.raises(WrongStatus) as caught:
        check(status, wanted)
    assert caught.value.params == {"status": status, "wanted": wanted}


def test_a_verb_out_of_turn_is_refused_and_changes_nothing(world) -> None:
    session = world.session
    booking = hold(session, request(world))
    for verb in (check_in, check_out, finish, mark_no_show):
        with pytest.raises(WrongStatus):
            verb(session, booking.public_id)
    release(session, booking.public_id, outcome="rejected", reason="样品不合要求")
    for verb in (confirm, release):
        with pytest.raises(WrongStatus):
            verb(session, booking.public_id)
    session.refresh(booking)
    assert (booking.status, booking.version) == ("rejected", 2)


def test_taken_time_is_refused_and_neighbouring_time_is_not(world) -> None:
    session = world.session
    hold(session, request(world))
    with pytest.raises(SlotTaken) as caught:
        hold(session, request(world, "11-24 09:30", "11-24 10:30", person=world.outsider))
    assert caught.value.params["start"].startswith("2026-11-24T09:30")
    assert hold(session, request(world, "11-24 10:00", "11-24 11:00", person=world.outsider)).id


@pytest.mark.parametrize("way", ["cancelled", "rejected", "expired", "no_show", "finished"])
def test_time_that_is_given_back_can_be_booked_again(world, clock: FixedClock, way: str) -> None:
    session = world.session
    world.change(min_minutes=30)
    first = hold(session, request(world, "11-24 09:00", "11-24 12:00"))
    if way in ("no_show", "finished"):
        confirm(session, first.public_id)
        clock.at = moment("11-24 09:30")
    if way == "finished":
        check_in(session, first.public_id)
        check_out(session, first.public_id)
    elif way == "no_show":
        mark_no_show(session, first.public_id)
    else:
        release(session, first.public_id, outcome=way)
    assert first.status == way
    second = hold(session, request(world, "11-24 10:00", "11-24 11:00", person=world.outsider))
    assert second.status == "held"


def test_the_database_itself_refuses_an_overlap(world) -> None:
    session = world.session
    booking = hold(session, request(world))
    copy = text(
        "insert into booking (public_id, instrument_id, person_id, external, during, status, mode,"
        " purpose, created_at, closed_reason, unit_id, region_path, version) "
        "select gen_random_uuid(), instrument_id, person_id, external, during, :status, mode,"
        " purpose, created_at, '', unit_id, region_path, 1 from booking where id = :id"
    )
    session.execute(copy, {"id": booking.id, "status": "cancelled"})
    with pytest.raises(IntegrityError, match="booking_no_overlap"):
        session.execute(copy, {"id": booking.id, "status": "held"})


def test_nobody_books_in_anothers_name(world) -> None:
    set_scope(world.session, world.actor(world.outsider))
    with pytest.raises(NotAllowed):
        hold(world.session, request(world, person=world.user))
    assert hold(world.session, request(world, person=world.outsider)).status == "held"


def test_an_instrument_that_is_not_there_or_not_in_service_cannot_be_booked(world) -> None:
    session = world.session
    unknown = Request(uuid4(), world.user.public_id, moment("11-24 09:00"), moment("11-24 10:00"))
    with pytest.raises(NotFound):
        hold(session, unknown)
    world.change(run_status="repair")
    with pytest.raises(InstrumentUnavailable) as caught:
        hold(session, request(world))
    assert caught.value.params == {"reason": "repair"}
    world.change(run_status="normal", lifecycle="suspended")
    with pytest.raises(InstrumentUnavailable) as caught:
        hold(session, request(world))
    assert caught.value.params == {"reason": "suspended"}


def test_sharing_within_the_unit_keeps_others_out(world) -> None:
    world.change(share_mode="internal")
    with pytest.raises(NotShared):
        hold(world.session, request(world, person=world.outsider))
    assert hold(world.session, request(world)).id
    world.change(share_mode="none")
    with pytest.raises(NotShared):
        hold(world.session, request(world, "11-25 09:00", "11-25 10:00"))


def test_a_qualification_is_asked_for_at_booking_and_again_at_check_in(
    world, clock: FixedClock
) -> None:
    session = world.session
    world.change(needs_qualification=True)
    with pytest.raises(QualificationMissing):
        hold(session, request(world))
    assert hold(session, request(world, "11-24 10:00", "11-24 11:00", mode="technical")).id
    row = qualify(session, world.user.public_id, world.instrument, by=world.managing())
    booking = hold(session, request(world))
    confirm(session, booking.public_id)
    withdraw(session, row.public_id, by=world.managing())
    clock.at = moment("11-24 09:00")
    with pytest.raises(QualificationMissing):
        check_in(session, booking.public_id)
    assert booking.status == "confirmed"


def test_only_trainers_of_the_unit_vouch_and_never_for_themselves(world) -> None:
    session = world.session
    stranger = world.actor(world.outsider, Grant("instrument_manager", unit_id=world.other.id))
    for by in (stranger, world.actor(world.user)):
        with pytest.raises(NotAllowed):
            qualify(session, world.administrator.public_id, world.instrument, by=by)
    with pytest.raises(NotAllowed):
        qualify(session, world.manager.public_id, world.instrument, by=world.managing())


def test_a_qualification_ends_at_its_moment(world, clock: FixedClock) -> None:
    session = world.session
    world.change(needs_qualification=True)
    qualify(
        session,
        world.user.public_id,
        world.instrument,
        by=SYSTEM,
        until=clock.at + timedelta(minutes=5),
    )
    assert hold(session, request(world)).id
    clock.move(timedelta(minutes=5))
    with pytest.raises(QualificationMissing):
        hold(session, request(world, "11-25 09:00", "11-25 10:00"))


def test_check_in_after_the_end_and_no_show_before_the_start_are_refused(
    world, clock: FixedClock
) -> None:
    session = world.session
    booking = hold(session, request(world))
    confirm(session, booking.public_id)
    with pytest.raises(WrongStatus):
        mark_no_show(session, booking.public_id)
    clock.at = moment("11-24 10:00")
    with pytest.raises(BookingOver):
        check_in(session, booking.public_id)
    assert mark_no_show(session, booking.public_id).status == "no_show"


def test_bookings_are_seen_by_their_person_the_unit_and_the_region_only(world) -> None:
    session = world.session
    booking_id = hold(session, request(world)).public_id
    sees = [
        world.actor(world.user),
        world.managing(),
        world.actor(world.outsider, Grant("auditor", region="3301")),
        world.actor(world.outsider, Grant("operator")),
    ]
    blind = [
        world.actor(world.outsider),
        world.actor(world.outsider, Grant("instrument_manager", unit_id=world.other.id)),
        world.actor(world.outsider, Grant("auditor", region="3302")),
    ]
    for actor in sees:
        set_scope(session, actor)
        assert read(session, booking_id).status == "held"
    for actor in blind:
        set_scope(session, actor)
        with pytest.raises(NotFound):
            read(session, booking_id)
        with pytest.raises(NotFound):
            confirm(session, booking_id)


def test_a_person_cannot_write_a_booking_past_the_verbs(world) -> None:
    session = world.session
    booking = hold(session, request(world))
    set_scope(session, world.actor(world.user))
    session.execute(text("update booking set status = 'confirmed'"))
    session.expire(booking)
    assert booking.status == "held"


def _past(world, clock: FixedClock, day: str, end: str) -> Booking:
    clock.at = moment(f"{day} 08:00") - timedelta(days=2)
    booking = hold(world.session, request(world, f"{day} 09:00", f"{day} {end}"))
    confirm(world.session, booking.public_id)
    return booking


def test_conduct_counts_ninety_days_of_what_went_wrong(world, clock: FixedClock) -> None:
    session = world.session
    for day, at, verb in (
        ("11-24", "11-24 09:40", mark_no_show),
        ("11-25", "11-25 09:40", check_in),
        ("11-26", "11-25 10:00", release),
        ("11-27", "11-26 08:59", release),
    ):
        booking = _past(world, clock, day, "10:00")
        clock.at = moment(at)
        verb(session, booking.public_id)
    clock.at = moment("11-30 09:00")
    facts = conduct(session, world.user.public_id)
    assert (facts.no_shows, facts.late_arrivals, facts.open) == (1, 1, 1)
    assert (facts.cancellations, facts.late_cancellations) == (2, 1)
    assert facts.credit == 70
    clock.move(timedelta(days=91))
    assert conduct(session, world.user.public_id).credit == 100
    assert conduct(session, world.outsider.public_id).cancellations == 0
