"""An instrument's life driven from outside: everybody it takes, HTTP only, the demo clock moved.

From the application over review, entry and sharing to an instrument that can be booked; later
stages (monitoring, evaluation) can be added to ``STAGES``.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from app.demo.accounts import PASSWORD
from app.demo.life_answers import CONTACT, FIELDS, JOINT, OPINION, PLAN
from app.demo_client import Person, Refused
from engine.values import tag

#: Who begins everything in the unit's name, and who reads and verifies at the end.
MANAGER, AUDITOR = "wangfang", "mengfei"
Answer = Mapping[str, Any] | Callable[["LifeDemo"], Mapping[str, Any]]
_VIEW = {"department_view": "approve", "department_text": "同意"}
#: A sensor that nobody has heard: the test finds it silent, then the manager asks for a waiver.
_SILENT = {"sensor_choice": "sensor", "sensor": "CT-SILENT-1"}
_WAIVER = {"sensor_choice": "waiver", "waiver_reason": "直流供电，无法安装钳式传感器"}


def _sensor(demo: "LifeDemo") -> Mapping[str, Any]:
    return _WAIVER if "arrange_sensor" in demo.done else _SILENT


#: Form → what the person in that step submits.
ANSWERS: dict[str, Answer] = {
    "purchase_department_opinion": _VIEW,
    "purchase_expert_opinion": OPINION,
    "purchase_decision": {"decision": "approve", "decision_text": "同意购置一台"},
    "entry_fields": lambda demo: {"fields": demo.fields(), "contact": CONTACT},
    "entry_review": {"review": "right"},
    "entry_same_machine": {"same_judgement": "different", "same_reason": "出厂编号不同"},
    "entry_sensor": _sensor,
    "entry_waiver": {"waiver_decision": "granted"},
    "entry_approval": {"entry_decision": "approved"},
    "sharing_approval": {"price_decision": "approved"},
}


@dataclass
class Report:
    """What came of the chain: its cases by process with outcome and verification."""

    cases: dict[str, dict[str, Any]] = field(default_factory=dict)
    instrument: str = ""
    bookable: bool = False
    problems: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Every case went as it should, every history verifies, the instrument can be booked."""
        verified = all(case["verified"] for case in self.cases.values())
        return self.bookable and verified and not self.problems


class LifeDemo:
    """One run of the chain; ``show`` is called after each step."""

    def __init__(
        self, base: str, show: Callable[[dict[str, object]], None], *, patience: float = 300.0
    ) -> None:
        self.base, self.show = base, show
        self.people: dict[str, Person] = {}
        self.until = time.monotonic() + patience
        self.mark = str(int(time.time()))
        self.done: list[str] = []
        self.report = Report()

    def run(self) -> Report:
        """Drive the instrument through its stages and examine what was kept."""
        purchase = self._purchase()
        instrument = self._entry(purchase)
        self._share(instrument)
        return self._examine(instrument)

    def fields(self) -> dict[str, Any]:
        """Return the national fields with a number of this run's own."""
        fields: dict[str, Any] = tag({**FIELDS, "inner_id": f"DEMO-{self.mark}"})
        return fields

    def _purchase(self) -> str:
        application = {**JOINT, "project": f"演示平台 {self.mark}"}
        case = self._start("purchase_review", {"application": application})
        self._drive(case, "同意")
        return self._found(case, "submit_purchase", "purchase_id")

    def _entry(self, purchase: str) -> str:
        today = datetime.fromisoformat(self._manager().get("/api/v1/demo/clock")["now"]).date()
        card = {
            "asset_no": f"ZC-{self.mark}",
            "name": JOINT["name"],
            "worth_wan": 318.5,
            "accepted_on": tag(today),
            "public_money": True,
            "research_use": True,
            "purchase_id": purchase,
        }
        case = self._start("network_entry", card)
        self._drive(case, "已入网")
        return self._found(case, "register_instrument", "instrument_id")

    def _share(self, instrument: str) -> None:
        today = datetime.fromisoformat(self._manager().get("/api/v1/demo/clock")["now"]).date()
        plan = {**PLAN, "valid_from": tag(today)}
        case = self._start("sharing", {"instrument_id": instrument, "plan": plan})
        self._drive(case, None)
        self._found(case, "publish_sharing", "review_at")

    def _start(self, process: str, data: dict[str, Any]) -> str:
        body = {"process": process, "data": data}
        case = self._timed(
            self._manager(), f"启动 {process}", lambda: self._manager().post("/api/v1/cases", body)
        )
        self.report.cases[process] = {"id": case["id"], "number": case["number"]}
        return str(case["id"])

    def _drive(self, case_id: str, outcome: str | None) -> None:
        """Do what waits until the case has ended, or, without an outcome, waits for a year."""
        while time.monotonic() < self.until:
            case = self._manager().get(f"/api/v1/cases/{case_id}")
            if case["status"] != "active":
                if case["outcome"] != outcome:
                    self.report.problems.append(f"{case['number']}: {case['outcome']}")
                return
            if not self._act(case) and not self._wait(case, forever=outcome is not None):
                return
        raise TimeoutError(f"{case_id} did not come to its end in time")

    def _act(self, case: dict[str, Any]) -> bool:
        for login in case["demo_logins"]:
            person = self._person(login)
            for task in person.get("/api/v1/tasks", case=case["id"])["items"]:
                self._timed(person, task["name"], partial(self._complete, person, task))
                return True
        return False

    def _complete(self, person: Person, task: dict[str, Any]) -> None:
        answer = ANSWERS[task["form"]]
        data = answer(self) if callable(answer) else answer
        try:
            person.post(f"/api/v1/tasks/{task['id']}/complete", {"data": dict(data)})
        except Refused as refused:
            # It was done before the connection broke, or a timer was quicker.
            if refused.status not in (404, 409):
                raise
        self.done.append(task["element"])

    def _wait(self, case: dict[str, Any], *, forever: bool) -> bool:
        """Nobody can act: let a worker finish, or move the clock to the next moment."""
        if case["jobs_open"] or case["next_due"] is None:
            time.sleep(0.1)
            return True
        manager = self._manager()
        now = datetime.fromisoformat(manager.get("/api/v1/demo/clock")["now"])
        ahead = datetime.fromisoformat(case["next_due"]) - now
        if not forever and ahead > timedelta(days=60):
            return False
        # A step that has just ended may be about to wait for somebody: look twice.
        time.sleep(0.3)
        if manager.get(f"/api/v1/cases/{case['id']}") != case:
            return True
        if ahead > timedelta(0):
            step = {"advance": f"PT{int(ahead.total_seconds()) + 1}S"}
            self._timed(manager, "时钟前进", lambda: manager.post("/api/v1/demo/clock", step))
        else:
            time.sleep(0.1)
        return True

    def _found(self, case_id: str, operation: str, name: str) -> str:
        """Return what an operation of a case answered last, read from the case's history."""
        history = self._person(AUDITOR).get(f"/api/v1/cases/{case_id}/history", limit=1000)
        for entry in reversed(history["items"]):
            data = entry.get("data") or {}
            if entry["kind"] == "operation_done" and data.get("operation") == operation:
                return str(data["result"][name])
        self.report.problems.append(f"{case_id}: {operation} has not happened")
        return ""

    def _examine(self, instrument: str) -> Report:
        auditor = self._person(AUDITOR)
        for case in self.report.cases.values():
            here = f"/api/v1/cases/{case['id']}"
            case["outcome"] = auditor.get(here)["outcome"] or ""
            case["events"] = len(auditor.get(f"{here}/history", limit=1000)["items"])
            check = self._timed(auditor, "校验历史", partial(auditor.get, f"{here}/verification"))
            case["verified"] = bool(check["ok"])
        self.report.instrument = instrument
        slots = self._manager().get(f"/api/v1/instruments/{instrument}/slots", days=14)
        self.report.bookable = bool(slots["items"])
        return self.report

    def _manager(self) -> Person:
        return self._person(MANAGER)

    def _person(self, login: str) -> Person:
        if login not in self.people:
            person = Person(self.base, login, PASSWORD)
            self.people[login] = person
            self._timed(person, "登录", person.sign_in)
        return self.people[login]

    def _timed(self, who: Person, what: str, do: Callable[[], Any]) -> Any:  # noqa: ANN401
        begun = time.perf_counter()
        result = do()
        ms = round((time.perf_counter() - begun) * 1000, 1)
        self.show({"who": who.name or who.login, "what": what, "ms": ms})
        return result
