"""The sentences for every refusal, by its code; filled in and translated by web.errors."""

from engine.errors import EngineError


def N_(text: str) -> str:  # noqa: N802 - gettext's customary mark for texts translated later
    """Mark a text for the catalogues."""
    return text


UNKNOWN = N_("This is not possible as it stands. Check what you entered and try again.")

TEXTS: dict[str, str] = {
    "engine_error": UNKNOWN,
    "domain_error": UNKNOWN,
    "booking_error": N_("This booking cannot be made as it stands."),
    "not_found": N_("There is nothing here, or it is not meant for you."),
    "not_allowed": N_("You may look at this but not do it. Ask the person in charge."),
    "already_completed": N_("Somebody else has already completed this task."),
    "task_gone": N_("This task is no longer open: its case has moved on. Nothing was changed."),
    "invalid_submission": N_("Some fields need your attention; nothing was sent yet."),
    "invalid_definition": N_("This definition cannot be published; the problems are listed below."),
    "expression_failed": N_("A rule of this process could not be worked out (%(expression)s)."),
    "decision_failed": N_("The decision table “%(decision)s” gives no clear answer for this case."),
    "nothing_matched": N_("No way on applies to this case at “%(element_id)s”."),
    "message_not_expected": N_("No open case waits for this. It may have moved on already."),
    "too_deep": N_("This case has taken more steps than can be right; it was stopped."),
    "error_not_caught": N_("An error (%(error_code)s) happened that this process does not handle."),
    "case_stuck": N_("This case waits for nothing any more. The operators have been told."),
    "unknown_operation": N_("This process needs an operation that is not here: %(operation)s."),
    "bad_parameters": N_("The operation “%(operation)s” was given values that it cannot use."),
    "cannot_run": N_("The diagram cannot run at “%(element_id)s”: %(why)s"),
    "sign_in_needed": N_("Please sign in first."),
    "key_missing": N_("This request came without its key. Reload the page and send it again."),
    "key_reused": N_("This page was already sent with other contents. Reload it and send again."),
    "still_running": N_("The same request is still being worked on. Try again in a moment."),
    "not_json": N_("The body must be a JSON object, sent as application/json."),
    "csrf_failed": N_("This page has been open for too long. Reload it and send again."),
    "wrong_credentials": N_("Account or password is not right."),
    "too_many_attempts": N_("Too many wrong passwords. Try again in %(minutes)s minutes."),
    "slot_taken": N_("Somebody else has just taken this time. Please choose another."),
    "empty_slot": N_("The end must be later than the start."),
    "in_the_past": N_("This time has already begun. Please choose a later one."),
    "too_soon": N_("This instrument must be booked at least %(minutes)s minutes ahead."),
    "beyond_horizon": N_("This instrument can be booked up to %(days)s days ahead."),
    "outside_opening_hours": N_("The instrument is not open during all of this time."),
    "slot_too_short": N_("The shortest booking of this instrument is %(minutes)s minutes."),
    "slot_too_long": N_("The longest booking of this instrument is %(minutes)s minutes."),
    "off_step": N_("Start and end must fall on steps of %(minutes)s minutes."),
    "instrument_unavailable": N_("This instrument cannot be booked now: %(reason)s."),
    "not_shared": N_("This instrument is not open to your unit."),
    "qualification_missing": N_("This instrument needs a qualification that you do not hold yet."),
    "wrong_status": N_("The booking is not at this step any more."),
    "booking_over": N_("The booked time has passed."),
    "already_rated": N_("The rating can no longer be changed after %(days)s days."),
    "invalid_rating": N_("A grade is a whole number from 1 to 5."),
    "grant_refused": N_("This role cannot be given or taken: %(reason)s."),
    "invalid_value": N_("A value does not follow its rule: %(reason)s."),
    "document_refused": N_("The file cannot be kept: %(reason)s."),
    "bad_table": N_("%(file)s, row %(row)s, column %(column)s: %(reason)s."),
    "dedup_not_reproduced": N_("This search gives another result now than it recorded."),
    "dedup_another_version": N_("This search was made by version %(recorded)s of the algorithm."),
    "dedup_reason_needed": N_("Give a reason: this decision departs from the advice."),
    "dedup_already_decided": N_("Somebody has already decided about this search."),
}

REASONS: dict[str, str] = {
    "pending": N_("it has not entered the network yet"),
    "suspended": N_("it is suspended"),
    "retired": N_("it is retired"),
    "repair": N_("it is being repaired"),
    "scrap": N_("it has been scrapped"),
    "frequent_fault": N_("it fails too often"),
    "empty": N_("it is empty"),
    "too_large": N_("it is too large"),
    "type": N_("this type of file is not accepted"),
    "content": N_("its contents are not what its name says"),
    "name": N_("its name cannot be used"),
}

#: Problems of form fields (engine.forms).
FORM: dict[str, str] = {
    "required": N_("Please fill this in."),
    "not_a_number": N_("This must be a number."),
    "too_small": N_("At least %(min)s."),
    "too_large": N_("At most %(max)s."),
    "too_short": N_("At least %(min)s characters."),
    "too_long": N_("At most %(max)s characters."),
    "pattern": N_("This does not have the expected form."),
    "not_an_option": N_("Please choose one of the options."),
    "not_a_date": N_("This must be a date."),
    "not_a_time": N_("This must be a time."),
    "not_an_email": N_("This must be an e-mail address."),
    "not_a_phone": N_("This must be a phone number."),
    "not_a_list": N_("This must be a list."),
    "too_many_decimals": N_("At most %(digits)s digits after the decimal point."),
    "not_a_boolean": N_("This must be yes or no."),
    "not_text": N_("This must be text."),
    "reserved_name": N_("This name is reserved."),
    "too_many_rows": N_("There are too many rows."),
    "unknown_field": N_("There is no field of this name."),
    "not_an_id": N_("This must be an identifier (UUID)."),
    "not_an_object": N_("This must be an object."),
    "invalid_value": N_("This value is not possible here."),
    "expression_failed": N_("A rule of this form could not be worked out."),
}

#: status → code for programs, sentence for people
HTTP: dict[int, tuple[str, str]] = {
    400: ("bad_request", N_("The request could not be understood.")),
    401: ("sign_in_needed", TEXTS["sign_in_needed"]),
    403: ("not_allowed", TEXTS["not_allowed"]),
    404: ("not_found", TEXTS["not_found"]),
    405: ("method_not_allowed", N_("This address does not accept that.")),
    413: ("too_large", N_("What was sent is too large.")),
    415: ("wrong_media_type", N_("This address does not accept that kind of content.")),
    429: ("too_many_requests", N_("Too many requests. Wait a moment and try again.")),
    500: ("internal_error", N_("Something went wrong on our side. Nothing was changed.")),
    503: ("unavailable", N_("The platform is busy or restarting. Try again in a moment.")),
}

_STATUS = {
    "not_found": 404,
    "not_allowed": 403,
    "sign_in_needed": 401,
    "wrong_credentials": 401,
    "too_many_attempts": 429,
    "key_missing": 400,
    "csrf_failed": 400,
    "not_json": 400,
    "invalid_submission": 422,
    "invalid_definition": 422,
    "invalid_value": 422,
    "invalid_rating": 422,
    "document_refused": 422,
    "expression_failed": 422,
    "decision_failed": 422,
    "nothing_matched": 422,
    "key_reused": 422,
    "engine_error": 500,
    "too_deep": 500,
}
#: What does not fit the present state of things; also every domain refusal without its own.
_CONFLICT = 409


def status_of(error: EngineError) -> int:
    """Return the HTTP status of a refusal."""
    return _STATUS.get(error.code, _CONFLICT)


def reason_text(reason: str) -> str:
    """Return the (untranslated) text of a reason code, or the reason as it came."""
    return REASONS.get(reason, reason)
