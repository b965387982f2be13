"""Keep what the user says of the instrument, unless it is the user's own."""

from dataclasses import dataclass, field
from uuid import UUID

from domain.booking import bookings, ratings
from engine.actors import Actor
from engine.contract import Job
from engine.errors import NotAllowed
from engine.operations import label, operation


@dataclass(frozen=True)
class Params:
    booking_id: UUID = field(metadata=label("预约", "Booking"))
    score: int = field(metadata=label("总体满意度", "Overall grade"))
    quality: int | None = field(default=None, metadata=label("结果质量", "Quality of the result"))
    timeliness: int | None = field(default=None, metadata=label("响应及时", "Timeliness"))
    attitude: int | None = field(default=None, metadata=label("服务态度", "Attitude"))
    comment: str | None = field(default=None, metadata=label("评语", "Comment"))
    anonymous: bool = field(default=False, metadata=label("匿名评价", "Anonymous"))


@dataclass(frozen=True)
class Result:
    rated: bool = field(metadata=label("评价已计入", "Rating counts"))


@operation(mode="inline", title=("登记评价", "Record the rating"))
def record_rating(params: Params, job: Job) -> Result:
    assert job.session is not None  # noqa: S101 - inline operations have the case's transaction
    booking = bookings.read(job.session, params.booking_id)
    grades = ratings.Grades(params.score, params.quality, params.timeliness, params.attitude)
    try:
        ratings.rate(
            job.session,
            params.booking_id,
            grades,
            by=Actor(booking.person_id, ""),
            comment=params.comment or "",
            anonymous=params.anonymous,
        )
    except NotAllowed:
        # A manager's opinion of the own instrument stays in the case but does not count.
        return Result(rated=False)
    return Result(rated=True)
