"""The booking chain driven from outside: three people, HTTP only, the demo clock moved."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from app.demo.accounts import GUIDE, PASSWORD
from app.demo_client import Person, Refused

#: Where the chain ends, and the steps that must each have been done exactly once.
OUTCOME = "完成"
STEPS = ("check_in", "check_out", "upload_result", "confirm_result", "rate")
#: Who reads and verifies the case at the end.
AUDITOR = "mengfei"
#: Form → what the person in that step submits.
ANSWERS: dict[str, dict[str, Any]] = {
    "booking_approval": {"approval_decision": "approved", "approval_note": "请按时签到。"},
    "booking_check_in": {"rules_accepted": True, "sample_count": 3},
    "booking_check_out": {"instrument_state": "normal", "measured_count": 3},
    "booking_result": {"result_summary": "三个样品已完成测试，形貌均匀，图像见附件。"},
    "booking_confirmation": {"result_decision": "accepted"},
    "booking_rating": {"score": 5, "rating_comment": "响应快，数据好。"},
}


@dataclass
class Report:
    """What came of the chain."""

    case: str = ""
    number: str = ""
    status: str = ""
    outcome: str = ""
    events: int = 0
    verified: bool = False
    done: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """The case reached its proper end and its history holds and verifies every step."""
        return self.outcome == OUTCOME and self.verified and not self.missing


class BookingDemo:
    """One run of the chain; ``show`` is called after each step."""

    def __init__(
        self,
        base: str,
        show: Callable[[dict[str, object]], None],
        *,
        applicant: str = GUIDE,
        skip: int = 0,
        patience: float = 180.0,
    ) -> None:
        self.base = base
        self.show = show
        self.applicant = Person(base, applicant, PASSWORD)
        self.auditor = Person(base, AUDITOR, PASSWORD)
        self.managers: dict[str, Person] = {}
        self.skip = skip
        self.patience = patience
        self.report = Report()

    def run(self) -> Report:
        """Drive the case to its end and examine its history."""
        self._timed(self.applicant, "登录", self.applicant.sign_in)
        found = self._timed(self.applicant, "检索仪器", self._search)
        start, end = self._timed(self.applicant, "查看空闲时段", lambda: self._slot(found))
        self._timed(self.applicant, "提交预约", lambda: self._book(found, start, end))
        until = time.monotonic() + self.patience
        while time.monotonic() < until:
            case = self.applicant.get(f"/api/v1/cases/{self.report.case}")
            if case["status"] != "active":
                break
            if not self._act(case):
                self._wait(case)
        return self._examine()

    def _timed(self, who: Person, what: str, do: Callable[[], Any]) -> Any:  # noqa: ANN401
        begun = time.perf_counter()
        result = do()
        ms = round((time.perf_counter() - begun) * 1000, 1)
        self.show({"who": who.name or who.login, "what": what, "ms": ms})
        return result

    def _search(self) -> dict[str, Any]:
        page = self.applicant.get("/api/v1/instruments", q="扫描电镜")
        found: dict[str, Any] = next(i for i in page["items"][self.skip :] if i["bookable"])
        return found

    def _slot(self, instrument: dict[str, Any]) -> tuple[datetime, datetime]:
        answer = self.applicant.get(f"/api/v1/instruments/{instrument['id']}/slots", days=14)
        for slot in answer["items"]:
            start = datetime.fromisoformat(slot["start"])
            end = datetime.fromisoformat(slot["end"])
            if end - start >= timedelta(hours=2):
                return start, start + timedelta(hours=2)
        raise LookupError("no free slot of two hours in the next fourteen days")

    def _book(self, instrument: dict[str, Any], start: datetime, end: datetime) -> None:
        data = {
            "instrument_id": instrument["id"],
            "start": {"@type": "date-time", "@value": start.isoformat()},
            "end": {"@type": "date-time", "@value": end.isoformat()},
            "purpose": "锂电池正极材料形貌观察",
            "mode": "technical",
        }
        case = self.applicant.post("/api/v1/cases", {"process": "booking", "data": data})
        self.report.case, self.report.number = case["id"], case["number"]

    def _act(self, case: dict[str, Any]) -> bool:
        """Do the next open task of the case as a person it waits for; False: there is none."""
        for login in case["demo_logins"]:
            person = self._person(login)
            for task in person.get("/api/v1/tasks", case=self.report.case)["items"]:
                self._move_clock_to(task["follow_up_at"])
                self._timed(person, task["name"], partial(self._complete, person, task))
                return True
        return False

    def _complete(self, person: Person, task: dict[str, Any]) -> None:
        try:
            person.post(f"/api/v1/tasks/{task['id']}/complete", {"data": ANSWERS[task["form"]]})
        except Refused as refused:
            # It was done before the connection broke, or a timer was quicker.
            if refused.status not in (404, 409):
                raise
        self.report.done.append(task["element"])

    def _person(self, login: str) -> Person:
        if login == self.applicant.login:
            return self.applicant
        if login not in self.managers:
            self.managers[login] = Person(self.base, login, PASSWORD).sign_in()
        return self.managers[login]

    def _wait(self, case: dict[str, Any]) -> None:
        """Nobody can act: let a worker finish, or move the clock to the next moment."""
        due = case["next_due"]
        if case["jobs_open"] or due is None:
            time.sleep(0.1)
            return
        self._move_clock_to(due)

    def _move_clock_to(self, moment: str | None) -> None:
        if moment is None:
            return
        now = datetime.fromisoformat(self.applicant.get("/api/v1/demo/clock")["now"])
        ahead = datetime.fromisoformat(moment) - now
        if ahead < timedelta(0):
            return
        step = {"advance": f"PT{int(ahead.total_seconds()) + 1}S"}
        self._timed(
            self.applicant, "时钟前进", lambda: self.applicant.post("/api/v1/demo/clock", step)
        )

    def _examine(self) -> Report:
        """Let an auditor of the province read the case, its history and its verification."""
        self._timed(self.auditor, "登录", self.auditor.sign_in)
        return self._timed(self.auditor, "校验历史", self._read_and_verify)  # type: ignore[no-any-return]

    def _read_and_verify(self) -> Report:
        report, here = self.report, f"/api/v1/cases/{self.report.case}"
        case = self.auditor.get(here)
        history = self.auditor.get(f"{here}/history", limit=1000)["items"]
        check = self.auditor.get(f"{here}/verification")
        report.status, report.outcome = case["status"], case["outcome"] or ""
        report.events, report.verified = len(history), bool(check["ok"])
        completed = [e["element"] for e in history if e["kind"] == "task_completed"]
        report.missing = [
            x for x in dict.fromkeys([*STEPS, *report.done]) if completed.count(x) != 1
        ]
        kinds = [e["kind"] for e in history]
        report.missing += [k for k in ("case_started", "case_ended") if kinds.count(k) != 1]
        return report
