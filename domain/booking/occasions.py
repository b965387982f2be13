"""Whether a time is an ordinary one: prices and approvals differ at night and on days off."""

from sqlalchemy.orm import Session

from domain import working_days
from domain.booking.opening import Interval, at, local_day


def night_or_weekend(session: Session, wanted: Interval, hours: tuple[str, str]) -> bool:
    """Tell whether a time is not wholly within office hours of a working day (调休 counts).

    ``hours`` are ``HH:MM`` in Shanghai, as the table booking_hours gives them.
    """
    day = local_day(wanted.start)
    office = Interval(*(at(day, clock_time) for clock_time in hours))
    in_office_hours = office.start <= wanted.start and wanted.end <= office.end
    return not (in_office_hours and working_days.is_working_day(session, day))
