"""Everything the domain can refuse, each with a stable code that pages translate."""

from typing import ClassVar

from engine.errors import EngineError


class DomainError(EngineError):
    """Root of the domain's refusals: ``code`` is stable, ``params`` are JSON values."""

    code: ClassVar[str] = "domain_error"


class BookingError(DomainError):
    """Root of what the booking rules refuse."""

    code = "booking_error"


class SlotTaken(BookingError):
    """Somebody else has this time, or part of it; params: start, end (ISO 8601)."""

    code = "slot_taken"


class EmptySlot(BookingError):
    """The end is not after the start."""

    code = "empty_slot"


class InThePast(BookingError):
    """The time has already begun; params: start."""

    code = "in_the_past"


class TooSoon(BookingError):
    """The instrument needs to be told earlier; params: minutes."""

    code = "too_soon"


class BeyondHorizon(BookingError):
    """The instrument cannot be booked so far ahead; params: days."""

    code = "beyond_horizon"


class OutsideOpeningHours(BookingError):
    """The instrument is not open during all of this time; params: date."""

    code = "outside_opening_hours"


class TooShort(BookingError):
    """The time is shorter than the instrument's minimum; params: minutes."""

    code = "slot_too_short"


class TooLong(BookingError):
    """The time is longer than the instrument's maximum; params: minutes."""

    code = "slot_too_long"


class OffStep(BookingError):
    """Start or end does not lie on the instrument's grid; params: minutes."""

    code = "off_step"


class InstrumentUnavailable(BookingError):
    """The instrument cannot be booked now; params: reason (lifecycle or running state)."""

    code = "instrument_unavailable"


class NotShared(BookingError):
    """The instrument is not open to this person's unit; params: share_mode."""

    code = "not_shared"


class QualificationMissing(BookingError):
    """The person holds no valid qualification for this instrument."""

    code = "qualification_missing"


class WrongStatus(BookingError):
    """A booking in this status cannot take this step; params: status, wanted."""

    code = "wrong_status"


class BookingOver(BookingError):
    """The booked time has passed; params: end."""

    code = "booking_over"


class AlreadyRated(BookingError):
    """The rating can no longer be changed; params: days."""

    code = "already_rated"


class InvalidRating(BookingError):
    """A grade is a whole number from 1 to 5; params: field."""

    code = "invalid_rating"


class UseRefused(DomainError):
    """The declared use cannot be kept; params: reason (times, future, minutes, user)."""

    code = "use_refused"


class EvaluationError(DomainError):
    """Root of what the yearly evaluation refuses."""

    code = "evaluation_error"


class ScopeFrozen(EvaluationError):
    """The evaluation of this year is on public notice or published; params: year, region."""

    code = "scope_frozen"


class WeightsRefused(EvaluationError):
    """The weights are not eight that make 100; params: reason (indicators, total, negative)."""

    code = "weights_refused"


class ReportRefused(EvaluationError):
    """The report cannot be kept; params: reason (unknown, evidence, finding, mark, own_unit)."""

    code = "report_refused"


class EvaluationClosed(EvaluationError):
    """The round has moved on, or not yet come so far; params: status."""

    code = "evaluation_closed"


class NoScore(EvaluationError):
    """A unit has no score yet; params: unit."""

    code = "no_score"


class AppealRefused(EvaluationError):
    """Not possible for this appeal; params: reason.

    Reasons: no_result, open, same_person, decided, decision.
    """

    code = "appeal_refused"


class BulletinError(DomainError):
    """Root of what the bulletins refuse."""

    code = "bulletin_error"


class PeriodNotOver(BulletinError):
    """The period still runs; params: end (ISO 8601)."""

    code = "period_not_over"


class PeriodGap(BulletinError):
    """Bulletins follow each other without a gap; params: expected, wanted (ISO 8601 dates)."""

    code = "period_gap"


class BulletinPublished(BulletinError):
    """A published bulletin does not change; params: version."""

    code = "bulletin_published"


class OfflineNeverIdle(BulletinError):
    """A table would call an instrument idle whose sensor was offline; params: instrument."""

    code = "offline_never_idle"


class ReplyRefused(BulletinError):
    """The unit's reply cannot be kept; params: reason (published, empty)."""

    code = "reply_refused"


class GrantRefused(DomainError):
    """The role cannot be given or taken; params: reason, role."""

    code = "grant_refused"


class InvalidValue(DomainError):
    """A value does not follow its national rule; params: field, reason."""

    code = "invalid_value"


class DocumentRefused(DomainError):
    """The file cannot be kept; params: reason (empty, too_large, type, content, name)."""

    code = "document_refused"
