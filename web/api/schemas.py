"""The shapes of what the interface takes and answers."""

from typing import Any

from marshmallow import Schema, fields, validate

_MOST = 200
_DAYS = 31


class Paging(Schema):
    """Which part of a list is wanted."""

    limit = fields.Integer(load_default=50, validate=validate.Range(1, _MOST))
    offset = fields.Integer(load_default=0, validate=validate.Range(0))


class SignIn(Schema):
    """Account and password."""

    login = fields.String(required=True, validate=validate.Length(1, 120))
    password = fields.String(required=True, validate=validate.Length(1, 200))


class Token(Schema):
    """The token that every POST of this session sends as X-CSRF-Token."""

    csrf_token = fields.String(required=True)


class Grant(Schema):
    """A role and where it counts."""

    role = fields.String(required=True)
    region = fields.String(allow_none=True)
    department = fields.String(allow_none=True)


class Me(Schema):
    """Who is signed in."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)
    roles = fields.List(fields.Nested(Grant), required=True)


class InstrumentQuery(Schema):
    """Words to search for, and the page."""

    q = fields.String(load_default="", validate=validate.Length(max=200))
    page = fields.Integer(load_default=1, validate=validate.Range(1, 10_000))
    size = fields.Integer(load_default=20, validate=validate.Range(1, 100))


class Instrument(Schema):
    """One instrument, in brief."""

    id = fields.UUID(required=True, attribute="public_id")
    giai = fields.String(allow_none=True)
    name_zh = fields.String(required=True)
    name_en = fields.String(required=True)
    maker = fields.String()
    model = fields.String()
    region = fields.String()
    share_mode = fields.String()
    run_status = fields.String()
    needs_qualification = fields.Boolean()
    bookable = fields.Boolean()


class SlotQuery(Schema):
    """First day (default: today) and number of days."""

    first_day = fields.Date(data_key="from", load_default=None)
    days = fields.Integer(load_default=7, validate=validate.Range(1, _DAYS))


class Slot(Schema):
    """A free time, half-open: [start, end)."""

    start = fields.AwareDateTime(required=True)
    end = fields.AwareDateTime(required=True)


class StartCase(Schema):
    """Which process, and the data of its start form."""

    process = fields.String(required=True, validate=validate.Length(1, 100))
    data = fields.Dict(keys=fields.String(), load_default=dict)


class HistoryQuery(Schema):
    """Which part of a history is wanted."""

    limit = fields.Integer(load_default=1000, validate=validate.Range(1, 5000))
    offset = fields.Integer(load_default=0, validate=validate.Range(0))


class Case(Schema):
    """A case; ``demo_logins`` (accounts that could act now) exists in a demonstration only."""

    id = fields.UUID(required=True, attribute="public_id")
    number = fields.String(required=True)
    process = fields.String(required=True, attribute="process_key")
    process_version = fields.Integer(required=True, attribute="definition.version")
    title = fields.String(required=True)
    status = fields.String(required=True)
    outcome = fields.String(allow_none=True)
    initiator = fields.UUID(required=True, attribute="initiator_id")
    started_at = fields.AwareDateTime(required=True)
    ended_at = fields.AwareDateTime(allow_none=True)


class CaseNow(Case):
    """A case with what it waits for: the next timer, jobs that still run."""

    next_due = fields.AwareDateTime(allow_none=True)
    jobs_open = fields.Integer(required=True)
    demo_logins = fields.List(fields.String())


class Event(Schema):
    """One line of a case's history; sensitive values are sealed and not shown here."""

    seq = fields.Integer(required=True)
    kind = fields.String(required=True)
    at = fields.AwareDateTime(required=True)
    actor = fields.UUID(required=True, attribute="actor_id")
    element = fields.String(allow_none=True, attribute="element_id")
    element_name = fields.String(allow_none=True)
    task = fields.UUID(allow_none=True, attribute="task_id")
    data = fields.Dict()


class Verification(Schema):
    """Whether a case's chain of history holds, and where it first does not."""

    ok = fields.Boolean(required=True)
    events = fields.Integer(required=True)
    bad_seq = fields.Integer(allow_none=True)
    reason = fields.String(allow_none=True)


class OrderPayment(Schema):
    """One attempt to pay an order, or money that went back (fen)."""

    number = fields.String(required=True)
    status = fields.String(required=True)
    amount_fen = fields.Integer(required=True)
    transaction_id = fields.String(allow_none=True)


class Order(Schema):
    """What a case's booking costs and how it was paid; all amounts in fen."""

    id = fields.UUID(required=True, attribute="public_id")
    number = fields.String(required=True)
    status = fields.String(required=True)
    gross_fen = fields.Integer(required=True)
    discount_fen = fields.Integer(required=True)
    offset_fen = fields.Integer(required=True)
    payable_fen = fields.Integer(required=True)
    paid_fen = fields.Integer(required=True)
    refunded_fen = fields.Integer(required=True)
    payments = fields.List(fields.Nested(OrderPayment))
    refunds = fields.List(fields.Nested(OrderPayment))
    voucher_reserved_fen = fields.Integer(required=True)
    voucher_settled_fen = fields.Integer(required=True)


class TaskQuery(Paging):
    """Tasks of one case only, or all that wait for the caller."""

    case = fields.UUID(load_default=None)


class Task(Schema):
    """A task that waits for the caller."""

    id = fields.UUID(required=True, attribute="public_id")
    name = fields.String(required=True)
    element = fields.String(required=True, attribute="element_id")
    form = fields.String(allow_none=True, attribute="form.key")
    case = fields.UUID(required=True, attribute="instance.public_id")
    case_number = fields.String(required=True, attribute="instance.number")
    assignee = fields.UUID(allow_none=True, attribute="assignee_id")
    candidate_groups = fields.List(fields.String())
    due_at = fields.AwareDateTime(allow_none=True)
    follow_up_at = fields.AwareDateTime(allow_none=True)
    priority = fields.Integer()
    created_at = fields.AwareDateTime(required=True)


class TaskDetail(Schema):
    """A task with its form and the data to begin with."""

    task = fields.Nested(Task, required=True)
    schema = fields.Dict(allow_none=True)
    data = fields.Dict()
    may_complete = fields.Boolean(required=True)


class Complete(Schema):
    """The data of the task's form."""

    data = fields.Dict(keys=fields.String(), required=True)


class Message(Schema):
    """A message from outside; the same ``message_id`` again changes nothing."""

    name = fields.String(required=True, validate=validate.Length(1, 100))
    key = fields.String(required=True, validate=validate.Length(1, 200))
    payload = fields.Dict(keys=fields.String(), load_default=dict)
    message_id = fields.String(required=True, validate=validate.Length(8, 100))


class Delivery(Schema):
    """The case that the message reached."""

    delivered = fields.Boolean(required=True)
    case = fields.UUID(allow_none=True)


class Advance(Schema):
    """How far to move the clock: an ISO 8601 duration such as PT2H, PT90S or P3D."""

    advance = fields.String(required=True, validate=validate.Length(3, 40))


class Clock(Schema):
    """The platform's time."""

    now = fields.AwareDateTime(required=True)


class Problem(Schema):
    """One problem of one field."""

    code = fields.String(required=True)
    message = fields.String()


class Error(Schema):
    """What every refusal looks like; ``reference`` finds the line in the log."""

    code = fields.String(required=True)
    message = fields.String(required=True)
    problems: Any = fields.Dict(
        keys=fields.String(), values=fields.List(fields.Nested(Problem)), allow_none=True
    )
    reference = fields.String(allow_none=True)
