"""Booking an instrument's time: hold, confirm, use, finish, rate."""

from domain.booking.behaviour import Conduct, conduct, has_used
from domain.booking.bookings import (
    Request,
    check_in,
    check_out,
    confirm,
    finish,
    hold,
    mark_no_show,
    may_book,
    of_case,
    of_person,
    read,
    release,
)
from domain.booking.models import Booking, Qualification, Rating
from domain.booking.opening import Interval
from domain.booking.qualifications import is_qualified, qualify
from domain.booking.ratings import Grades, rate
from domain.booking.slots import Slot, free_slots, free_times
from domain.booking.states import MODE_NAMES, STATUS_NAMES, TRANSITIONS
from domain.booking.timetable import Busy, Calendar, calendar

__all__ = [
    "MODE_NAMES",
    "STATUS_NAMES",
    "TRANSITIONS",
    "Booking",
    "Busy",
    "Calendar",
    "Conduct",
    "Grades",
    "Interval",
    "Qualification",
    "Rating",
    "Request",
    "Slot",
    "calendar",
    "check_in",
    "check_out",
    "conduct",
    "confirm",
    "finish",
    "free_slots",
    "free_times",
    "has_used",
    "hold",
    "is_qualified",
    "mark_no_show",
    "may_book",
    "of_case",
    "of_person",
    "qualify",
    "rate",
    "read",
    "release",
]
