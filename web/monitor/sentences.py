"""Each line of a history as a sentence that needs no training, in the reader's language."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from engine.history import Entry
from web.formats import when
from web.monitor.texts import gettext
from web.words import say

Names = Mapping[UUID, str]
Words = Mapping[str, str]


def sentence(entry: Entry, words: Words, names: Names) -> str:
    """Return what an entry tells: who did what at which step.

    ``words`` are the process's English words, ``names`` the people by public id.
    """
    tell = _TELLERS.get(entry.kind)
    if tell is None:
        return entry.kind
    return tell(entry, _Facts(entry, words, names))


class _Facts:
    """The parts of a sentence, already in the reader's language."""

    def __init__(self, entry: Entry, words: Words, names: Names) -> None:
        self.words = words
        self.names = names
        self.who = self.name(entry.actor_id)
        self.step = say(words, entry.element_name or "") or entry.element_id or ""
        self.data = entry.data

    def name(self, person: UUID | str | None) -> str:
        try:
            known = self.names.get(person if isinstance(person, UUID) else UUID(str(person)))
        except ValueError:
            known = None
        return known or gettext("somebody")

    def text(self, *keys: str) -> str:
        return next((str(self.data[key]) for key in keys if self.data.get(key)), "")


def _started(_: Entry, facts: _Facts) -> str:
    return gettext("%(who)s started the case.", who=facts.who)


def _created(_: Entry, facts: _Facts) -> str:
    whom = waiting_for(facts.data, facts.names)
    if not whom:
        return gettext("“%(step)s” was opened.", step=facts.step)
    return gettext("“%(step)s” now waits for %(whom)s.", step=facts.step, whom=whom)


def waiting_for(data: Mapping[str, Any], names: Names) -> str:
    """Return for whom a task waits, from its assignee, candidate users and candidate groups."""
    people = [data["assignee"]] if data.get("assignee") else list(data.get("users") or ())
    known = [names.get(UUID(str(person))) or gettext("somebody") for person in people]
    return "、".join([*known, *(group_name(g) for g in data.get("groups") or ())])


def group_name(group: str) -> str:
    """Return the name of a candidate group (a role, perhaps of a department)."""
    # The domain's names are data of the province; they are looked up where they are shown.
    from domain.organisations import DEPARTMENT_NAMES, ROLE_NAMES  # noqa: PLC0415
    from web.formats import language  # noqa: PLC0415

    role, _, department = group.partition(":")
    chinese, english = ROLE_NAMES.get(role, (role, role))
    owner = DEPARTMENT_NAMES.get(department, (department, department))
    if language() == "zh":
        return f"{owner[0]}{chinese}"
    return f"the {english.lower()}" + (f" ({owner[1].lower()})" if department else "")


def _claimed(_: Entry, facts: _Facts) -> str:
    return gettext("%(who)s took on “%(step)s”.", who=facts.who, step=facts.step)


def _released(_: Entry, facts: _Facts) -> str:
    return gettext("%(who)s gave “%(step)s” back.", who=facts.who, step=facts.step)


def _completed(_: Entry, facts: _Facts) -> str:
    return gettext("%(who)s completed “%(step)s”.", who=facts.who, step=facts.step)


def _task_cancelled(_: Entry, facts: _Facts) -> str:
    return gettext("“%(step)s” was withdrawn: it is no longer needed.", step=facts.step)


def _went_on(_: Entry, facts: _Facts) -> str:
    passed = [say(facts.words, str(name)) for name in facts.data.get("names") or () if name]
    if passed:
        return gettext("The case went on: %(steps)s.", steps=" → ".join(passed))
    return gettext("The case went on.")


def _entered(_: Entry, facts: _Facts) -> str:
    return gettext("The case reached “%(step)s”.", step=facts.step)


def _passed(_: Entry, facts: _Facts) -> str:
    return gettext("The case passed “%(step)s”.", step=facts.step)


def _decided(_: Entry, facts: _Facts) -> str:
    hits = [str(rule.get("index")) for rule in facts.data.get("rules") or ()]
    if not hits:
        return gettext("“%(step)s” was decided by its table: no rule fired.", step=facts.step)
    return gettext(
        "“%(step)s” was decided by its table: rule %(rules)s fired.",
        step=facts.step,
        rules=gettext(" and ").join(hits),
    )


def _done(_: Entry, facts: _Facts) -> str:
    return gettext("The platform carried out “%(step)s”.", step=facts.step)


def _failed(_: Entry, facts: _Facts) -> str:
    why = facts.text("message", "code")
    if facts.text("outcome") == "error":
        return gettext("“%(step)s” came to another result: %(why)s", step=facts.step, why=why)
    return gettext("“%(step)s” failed and is tried again: %(why)s", step=facts.step, why=why)


def _queued(_: Entry, facts: _Facts) -> str:
    return gettext("“%(step)s” was handed to the platform.", step=facts.step)


def _raised(_: Entry, facts: _Facts) -> str:
    why = facts.text("message", "error", "reason")
    return gettext("“%(step)s” failed and waits for an operator: %(why)s", step=facts.step, why=why)


def _resolved(_: Entry, facts: _Facts) -> str:
    if facts.text("how").startswith("skip"):
        return gettext(
            "%(who)s skipped “%(step)s”: %(why)s",
            who=facts.who,
            step=facts.step,
            why=facts.text("reason") or "—",
        )
    return gettext("%(who)s let “%(step)s” be tried again.", who=facts.who, step=facts.step)


def _timer_set(_: Entry, facts: _Facts) -> str:
    due = facts.text("due", "due_at", "at")
    until = when(due) if due else "—"
    return gettext("The clock of “%(step)s” was set to %(at)s.", step=facts.step, at=until)


def _timer_fired(_: Entry, facts: _Facts) -> str:
    return gettext("The time of “%(step)s” came.", step=facts.step)


def _received(_: Entry, facts: _Facts) -> str:
    if facts.step:
        return gettext("%(who)s: the message for “%(step)s” came.", who=facts.who, step=facts.step)
    return gettext("%(who)s sent a message to the case.", who=facts.who)


def _sent(_: Entry, facts: _Facts) -> str:
    return gettext("“%(step)s” sent its message.", step=facts.step)


def _caught(_: Entry, facts: _Facts) -> str:
    code = facts.text("message", "code")
    return gettext(
        "The case took the way of “%(step)s”: %(code)s", step=facts.step, code=code or "—"
    )


def _ended(_: Entry, facts: _Facts) -> str:
    if facts.step:
        return gettext("The case ended: %(outcome)s.", outcome=facts.step)
    return gettext("The case ended.")


def _cancelled(_: Entry, facts: _Facts) -> str:
    why = facts.text("reason") or "—"
    return gettext("%(who)s cancelled the case: %(why)s", who=facts.who, why=why)


_TELLERS: dict[str, Callable[[Entry, _Facts], str]] = {
    "case_started": _started,
    "task_created": _created,
    "task_claimed": _claimed,
    "task_released": _released,
    "task_completed": _completed,
    "task_cancelled": _task_cancelled,
    "path": _went_on,
    "flow_taken": _went_on,
    "element_entered": _entered,
    "element_completed": _passed,
    "decision_evaluated": _decided,
    "operation_done": _done,
    "operation_failed": _failed,
    "job_queued": _queued,
    "incident_raised": _raised,
    "incident_resolved": _resolved,
    "timer_set": _timer_set,
    "timer_fired": _timer_fired,
    "message_received": _received,
    "message_sent": _sent,
    "error_caught": _caught,
    "case_ended": _ended,
    "case_cancelled": _cancelled,
}
