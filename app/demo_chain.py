"""The booking chain driven from outside: people and the payer's bank, HTTP only, the clock moved.

Search, price, booking, approval, voucher, payment at the provider, use, final price, result,
confirmation, rating; at the end order, voucher ledger and provider must agree to the fen.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from app.demo.accounts import GUIDE, PASSWORD
from app.demo_client import Payer, Person, ProviderFacts, Refused

#: Where the chain ends, and the steps that must each have been done exactly once.
OUTCOME = "完成"
STEPS = (
    "choose_voucher", "check_in", "check_out", "upload_result", "confirm_result", "rate",
)  # fmt: skip
#: Who reads and verifies the case at the end.
AUDITOR = "mengfei"
#: The use ends so long before the booked end, so that money goes back too.
SHORTER = timedelta(minutes=30)
#: Seconds that the provider's notice may take before the payer says so.
NOTICE_WITHIN = 20.0
#: Form → what the person in that step submits.
ANSWERS: dict[str, dict[str, Any]] = {
    "booking_approval": {"approval_decision": "approved", "approval_note": "请按时签到。"},
    "choose_voucher": {"offset_choice": "voucher"},
    "booking_payment": {},
    "pay_difference": {},
    "booking_check_in": {"rules_accepted": True, "sample_count": 3},
    "booking_check_out": {"instrument_state": "normal", "measured_count": 3},
    "booking_result": {"result_summary": "三个样品已完成测试，形貌均匀，图像见附件。"},
    "booking_confirmation": {"result_decision": "accepted"},
    "booking_rating": {"score": 5, "rating_comment": "响应快，数据好。"},
}
_AMOUNTS = (
    "gross_fen", "offset_fen", "payable_fen", "paid_fen", "refunded_fen", "voucher_settled_fen",
)  # fmt: skip


@dataclass
class Report:
    """What came of the chain; ``money`` are the order's amounts in fen."""

    case: str = ""
    number: str = ""
    status: str = ""
    outcome: str = ""
    events: int = 0
    verified: bool = False
    done: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    money: dict[str, int] = field(default_factory=dict)
    disagreements: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """The case reached its proper end, its history verifies every step, every sum agrees."""
        settled = self.outcome == OUTCOME and self.verified and not self.missing
        return settled and bool(self.money) and not self.disagreements


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
        self.payer = Payer()
        self.managers: dict[str, Person] = {}
        self.skip = skip
        self.patience = patience
        self.report = Report()
        self.paid: dict[str, str] = {}

    def run(self) -> Report:
        """Drive the case to its end and examine its history and its money."""
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
                self._wait_for_the_moment(task)
                self._timed(person, task["name"], partial(self._do, person, task))
                return True
        return False

    def _wait_for_the_moment(self, task: dict[str, Any]) -> None:
        self._move_clock_to(task["follow_up_at"])
        if task["form"] == "booking_check_out":
            end = datetime.fromisoformat(task["due_at"])
            self._move_clock_to((end - SHORTER).isoformat())

    def _do(self, person: Person, task: dict[str, Any]) -> None:
        if task["form"] in ("booking_payment", "pay_difference"):
            self._pay(person, task)
        else:
            self._complete(person, task)

    def _complete(self, person: Person, task: dict[str, Any]) -> None:
        try:
            data = dict(ANSWERS[task["form"]])
            if task["form"] == "choose_voucher":
                known = person.get(f"/api/v1/tasks/{task['id']}")["data"]
                data["voucher_id"] = known["vouchers"][0]["value"]
            person.post(f"/api/v1/tasks/{task['id']}/complete", {"data": data})
        except Refused as refused:
            # It was done before the connection broke, or a timer was quicker.
            if refused.status not in (404, 409):
                raise
        self.report.done.append(task["element"])

    def _pay(self, person: Person, task: dict[str, Any]) -> None:
        """Pay on the provider's page; its notice ends the task, else the payer says so."""
        try:
            known = person.get(f"/api/v1/tasks/{task['id']}")["data"]
        except Refused as refused:
            if refused.status in (404, 409):
                return
            raise
        self.payer.pay(known["pay_url"])
        self.paid[known["payment_number"]] = known["pay_url"]
        until = time.monotonic() + NOTICE_WITHIN
        while time.monotonic() < until:
            waiting = person.get("/api/v1/tasks", case=self.report.case)["items"]
            if task["id"] not in [one["id"] for one in waiting]:
                return
            time.sleep(0.1)
        try:
            person.post(f"/api/v1/tasks/{task['id']}/complete", {"data": {}})
        except Refused as refused:
            if refused.status not in (404, 409):
                raise

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
        """Let an auditor of the province read the case, its history, its proof and its money."""
        self._timed(self.auditor, "登录", self.auditor.sign_in)
        self._timed(self.auditor, "校验历史", self._read_and_verify)
        self._timed(self.auditor, "核对订单、创新券账与支付机构", self._compare)
        return self.report

    def _read_and_verify(self) -> None:
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

    def _compare(self) -> None:
        """Note every sum of order, ledger and provider that differs (fen)."""
        try:
            order = self.auditor.get(f"/api/v1/cases/{self.report.case}/order")
        except Refused as refused:
            self.report.disagreements = [str(refused)]
            return
        self.report.money = {name: order[name] for name in _AMOUNTS}
        provider = {number: self.payer.read(url) for number, url in self.paid.items()}
        self.report.disagreements = disagreements(order, provider)


def disagreements(order: dict[str, Any], provider: dict[str, ProviderFacts]) -> list[str]:
    """Return each sum that differs between a settled order, the voucher ledger and the provider.

    ``provider`` maps our payment numbers to what the provider's pages say.
    """
    came = {p["number"]: p["amount_fen"] for p in order["payments"] if p["status"] == "succeeded"}
    went = sum(r["amount_fen"] for r in order["refunds"] if r["status"] == "succeeded")
    expected = {
        "order settled": (order["status"], "settled"),
        "payable": (
            order["payable_fen"], order["gross_fen"] - order["discount_fen"] - order["offset_fen"],
        ),
        "paid": (order["paid_fen"], sum(came.values())),
        "refunded": (order["refunded_fen"], went),
        "kept": (order["paid_fen"] - order["refunded_fen"], order["payable_fen"]),
        "voucher settled": (order["voucher_settled_fen"], order["offset_fen"]),
        "voucher reserved": (order["voucher_reserved_fen"], 0),
        "provider's payments": (
            {number: said.amount_fen for number, said in provider.items()
             if said.status == "succeeded"},
            came,
        ),
        "provider's refunds": (sum(said.returned_fen for said in provider.values()), went),
    }  # fmt: skip
    return [f"{what}: {one} ≠ {other}" for what, (one, other) in expected.items() if one != other]
