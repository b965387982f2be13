"""The operations of a booking: what they answer, and what they refuse."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from app.scenario_world import make_world
from domain.booking import bookings, ratings
from domain.booking.models import Booking
from domain.documents import files
from domain.documents.models import Document
from engine import operations
from engine.actors import SYSTEM, Actor
from engine.clock import FixedClock, now
from engine.contract import BusinessError, Job
from engine.db import set_scope
from engine.errors import NotAllowed
from engine.models import Definition, Deployment, Instance
from handlers.approval_times import Params as ApprovalTimes
from handlers.approval_times import approval_times
from handlers.check_booking import Params as CheckBooking
from handlers.check_booking import check_booking
from handlers.hold_slot import Params as HoldSlot
from handlers.hold_slot import hold_slot
from handlers.issue_confirmation import Params as IssueConfirmation
from handlers.issue_confirmation import _fold, issue_confirmation
from handlers.record_rating import Params as RecordRating
from handlers.record_rating import record_rating
from handlers.record_usage import Params as RecordUsage
from handlers.record_usage import record_usage
from handlers.release_slot import Params as ReleaseSlot
from handlers.release_slot import release_slot
from handlers.remind import Params as Remind
from handlers.remind import remind
from handlers.start_use import Params as StartUse
from handlers.start_use import start_use

HOUR = timedelta(hours=1)
#: Wednesday 2026-11-25 10:00 in Shanghai.
TEN = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
GIVEN: dict[str, Any] = {
    "units": {"大学": {"region": "330106"}, "企业": {"region": "330109", "kind": "enterprise"}},
    "people": {
        "申请人": {"unit": "大学"},
        "外单位": {"unit": "企业"},
        "机主": {"unit": "大学", "roles": ["instrument_manager", "applicant"]},
    },
    "instruments": {"质谱仪": {"unit": "大学", "managers": ["机主"]}},
}


@dataclass
class Place:
    session: Session
    clock: FixedClock
    people: dict[str, Actor]
    instrument: UUID
    case: Instance

    def job(self, *, inline: bool = True) -> Job:
        return Job(
            operation="any",
            key="case:token",
            case_id=self.case.public_id,
            case_number=self.case.number,
            element_id="any",
            attempt=1,
            now=self.clock.at,
            session=self.session if inline else None,
        )

    def wish(self, start: datetime = TEN, hours: float = 2) -> dict[str, Any]:
        return {
            "instrument_id": self.instrument,
            "applicant": self.people["申请人"].id,
            "start": start,
            "end": start + hours * HOUR,
        }

    def held(self) -> UUID:
        return hold_slot(HoldSlot(**self.wish()), self.job()).booking_id

    def question(self, start: datetime = TEN, hours: float = 2) -> dict[str, Any]:
        return {**self.wish(start, hours), "day_from": "08:00", "day_until": "18:00"}

    def used(self) -> UUID:
        booking_id = self.held()
        bookings.confirm(self.session, booking_id)
        self.clock.at = TEN
        bookings.check_in(self.session, booking_id)
        return booking_id


def a_case(session: Session, initiator: UUID) -> Instance:
    """Insert a case that belongs nowhere yet."""
    present = now(session)
    deployment = Deployment(actor_id=SYSTEM.id, at=present, note="")
    definition = Definition(
        kind="bpmn",
        key="booking",
        version=1,
        hash="0" * 64,
        content="",
        deployment=deployment,
        published_at=present,
        published_by=SYSTEM.id,
    )
    session.add(definition)
    session.flush()
    case = Instance(
        number="YY-2026-000001",
        process_key="booking",
        definition_id=definition.id,
        started_at=present,
        initiator_id=initiator,
        participants=[initiator],
    )
    session.add(case)
    session.flush()
    return case


@pytest.fixture
def place(session: Session, clock: FixedClock) -> Place:
    world = make_world(session, GIVEN)
    case = a_case(session, world.people["申请人"].id)
    return Place(session, clock, dict(world.people), UUID(world.values["质谱仪"]), case)


def test_the_facts_of_a_good_request_name_no_broken_rule(place: Place) -> None:
    facts = check_booking(CheckBooking(**place.question()), place.job())
    assert (facts.slot_problem, facts.hours, facts.lead_hours) == ("none", 2.0, 49.0)
    assert facts.use_date.isoformat() == "2026-11-25"
    assert facts.managers == [place.people["机主"].id]
    assert (facts.internal, facts.own_instrument, facts.first_time) == (True, False, True)
    assert facts.night_or_weekend is False


def test_checking_puts_the_case_into_the_instruments_unit_and_region(place: Place) -> None:
    check_booking(CheckBooking(**place.question()), place.job())
    assert place.case.region == "330106"
    assert place.case.region_path == ["33", "3301", "330106"]
    assert place.case.unit_id is not None


@pytest.mark.parametrize(
    ("start", "hours", "problem"),
    [
        (TEN, 0.5, "slot_too_short"),
        (TEN, 9, "slot_too_long"),
        (TEN, -1, "empty_slot"),
        (TEN + timedelta(minutes=10), 2, "off_step"),
        (TEN + 11 * HOUR, 2, "outside_opening_hours"),
        (TEN + timedelta(days=60), 2, "beyond_horizon"),
        (TEN - timedelta(days=3), 2, "in_the_past"),
    ],
)
def test_the_first_broken_rule_of_the_instrument_is_named(
    place: Place, start: datetime, hours: float, problem: str
) -> None:
    facts = check_booking(CheckBooking(**place.question(start, hours)), place.job())
    assert facts.slot_problem == problem


def test_an_unknown_instrument_is_a_broken_rule_and_no_incident(place: Place) -> None:
    wish = {**place.question(), "instrument_id": uuid4()}
    facts = check_booking(CheckBooking(**wish), place.job())
    assert (facts.slot_problem, facts.managers) == ("instrument_unknown", [])


def test_evening_counts_as_night_and_another_unit_as_external(place: Place) -> None:
    wish = {**place.question(TEN + 8 * HOUR), "applicant": place.people["外单位"].id}
    facts = check_booking(CheckBooking(**wish), place.job())
    assert (facts.night_or_weekend, facts.internal) == (True, False)
    assert facts.unit_kind == "enterprise"


def test_what_counts_as_night_is_told_by_the_table(place: Place) -> None:
    late = {**place.question(TEN + 8 * HOUR), "day_until": "20:00"}
    assert check_booking(CheckBooking(**late), place.job()).night_or_weekend is False
    early = {**place.question(), "day_from": "10:30"}
    assert check_booking(CheckBooking(**early), place.job()).night_or_weekend is True


def test_a_taken_time_is_the_foreseen_error(place: Place) -> None:
    place.held()
    with pytest.raises(BusinessError) as refused:
        hold_slot(HoldSlot(**place.wish(TEN + HOUR)), place.job())
    assert refused.value.code == "slot_taken"


def test_approval_is_due_in_working_days_and_lapses_before_the_use(place: Place) -> None:
    place.clock.at = datetime(2026, 11, 27, 1, 0, tzinfo=UTC)  # Friday
    start = datetime(2026, 12, 4, 2, 0, tzinfo=UTC)
    times = approval_times(ApprovalTimes(start, 2, 12, 2), place.job())
    assert times.approval_due.isoformat() == "2026-12-01T09:00:00+08:00"  # Tuesday
    assert times.approval_lapse == start - 12 * HOUR


def test_a_manager_always_has_the_least_hours_but_never_beyond_the_start(place: Place) -> None:
    soon = place.clock.at + 5 * HOUR
    times = approval_times(ApprovalTimes(soon, 2, 12, 2), place.job())
    assert times.approval_lapse == place.clock.at + 2 * HOUR == times.approval_due
    now = approval_times(ApprovalTimes(place.clock.at + HOUR, 2, 12, 2), place.job())
    assert now.approval_lapse == place.clock.at + HOUR


def test_a_release_tells_how_long_before_the_start_it_came(place: Place) -> None:
    result = release_slot(ReleaseSlot(place.held(), "cancelled", "理" * 300), place.job())
    assert (result.booking_status, result.hours_before) == ("cancelled", 49.0)


def test_nobody_checks_in_before_the_early_minutes(place: Place) -> None:
    booking_id = place.held()
    bookings.confirm(place.session, booking_id)
    place.clock.at = TEN - timedelta(minutes=16)
    with pytest.raises(BusinessError) as refused:
        start_use(StartUse(booking_id, 15), place.job())
    assert refused.value.code == "too_early"
    place.clock.at = TEN - timedelta(minutes=15)
    assert start_use(StartUse(booking_id, 15), place.job()).booking_status == "in_use"


def test_the_use_is_counted_in_minutes_and_its_result_due_in_working_days(place: Place) -> None:
    booking_id = place.used()
    place.clock.at = TEN + timedelta(minutes=95)
    result = record_usage(RecordUsage(booking_id, 5), place.job())
    assert (result.booking_status, result.use_minutes) == ("finished", 95)
    assert result.result_due.isoformat() == "2026-12-02T11:35:00+08:00"


def test_who_forgets_to_sign_out_is_counted_until_the_end_of_the_booked_time(place: Place) -> None:
    booking_id = place.used()
    place.clock.move(14 * HOUR)
    result = record_usage(RecordUsage(booking_id, 5, by_itself=True), place.job())
    assert result.use_minutes == 120


def test_a_managers_rating_of_the_own_instrument_does_not_count(place: Place) -> None:
    booking_id = place.used()
    bookings.check_out(place.session, booking_id)
    booking = bookings.read(place.session, booking_id)
    booking.person_id = place.people["机主"].id
    place.session.flush()
    assert record_rating(RecordRating(booking_id, 5), place.job()).rated is False
    with pytest.raises(NotAllowed):
        ratings.rate(place.session, booking_id, ratings.Grades(5), by=place.people["机主"])
    booking.person_id = place.people["申请人"].id
    assert record_rating(RecordRating(booking_id, 5), place.job()).rated is True


def test_a_reminder_says_whom_it_reminded_and_nothing_else(place: Place) -> None:
    result = remind(Remind([uuid4(), uuid4()], "审批"), place.job(inline=False))
    assert (result.reminded_at, result.reminded_people) == (place.clock.at, 2)


def test_a_repeated_confirmation_keeps_one_file(
    place: Place, sessions: sessionmaker[Session]
) -> None:
    booking_id = place.held()
    job = place.job(inline=False)
    place.session.commit()
    before = operations.wire(sessions)
    try:
        first = issue_confirmation(IssueConfirmation(booking_id), job)
        assert issue_confirmation(IssueConfirmation(booking_id), job) == first
    finally:
        operations.wire(before)
    with sessions() as session:
        set_scope(session, SYSTEM)
        assert session.scalar(select(func.count(Document.id))) == 1
        document = files.read(session, first.confirmation_id)
        booking = session.scalars(select(Booking)).one()
    lines = document.content.decode().split("\r\n")
    assert document.media_type == "text/calendar"
    assert f"UID:{booking.public_id}@dayi" in lines
    assert "DTSTART:20261125T020000Z" in lines
    assert all(len(line.encode()) <= 75 for line in lines)


def test_long_lines_are_folded_without_cutting_a_character() -> None:
    line = "SUMMARY:" + "仪" * 60
    folded = _fold(line)
    assert all(len(part.encode()) <= 75 for part in folded)
    assert folded[0] + "".join(part[1:] for part in folded[1:]) == line
