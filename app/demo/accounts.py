"""The demo's sign-in accounts: who they are, and which ones a visitor is shown first."""

from dataclasses import dataclass
from uuid import UUID

from app.demo.tables import public_id, rows

#: One password for all demo accounts; the accounts are made in demo mode only.
PASSWORD = "dayi-demo-2026"  # noqa: S105 - shown on the demo's own sign-in page

#: The applicant of ``dayi demo``, of an enterprise with a voucher: without other bookings, so that
#: a clock moved by days makes no no-show.
GUIDE = "heyun"

#: login → what the account is for, in Chinese and in English; in the order of the sign-in page.
_SHOWN = {
    "zhangwei": ("申请人（浙江大学）", "Applicant (Zhejiang University)"),
    "chenyu": ("申请人（浙江工业大学）", "Applicant (Zhejiang University of Technology)"),
    "lijuan": ("企业代办人（谱育科技）", "Enterprise agent (EXPEC)"),
    "wangfang": ("机主（浙江大学）", "Instrument manager (Zhejiang University)"),
    "liuyang": ("单位管理员（浙江大学）", "Unit administrator (Zhejiang University)"),
    "caixia": ("单位财务（浙江大学）", "Unit finance (Zhejiang University)"),
    "jiangnan": ("单位负责人（浙江大学）", "Unit leader (Zhejiang University)"),
    "chenjie": ("省科技主管部门经办人", "Official (science, province)"),
    "wuhao": ("省科技主管部门负责人", "Leader (science, province)"),
    "zhengyan": ("省财政主管部门经办人", "Official (finance, province)"),
    "xiaoyun": ("省教育主管部门经办人", "Official (education, province)"),
    "renkai": ("海关经办人", "Official (customs)"),
    "luoting": ("创新券专员（省）", "Voucher officer (province)"),
    "tanglin": ("评审专家", "Expert"),
    "mengfei": ("审计员（省）", "Auditor (province)"),
    "xuzhe": ("流程设计员", "Process designer"),
    "linqing": ("流程发布员", "Process publisher"),
    "zhuhai": ("运维人员", "Operator"),
    "guanning": ("平台管理员", "Platform administrator"),
}


@dataclass(frozen=True)
class Account:
    """A demo account. ``role`` is the first role; ``label`` is set for those shown first."""

    login: str
    name: str
    name_en: str
    role: str
    person_id: UUID
    label: tuple[str, str] | None = None

    @property
    def main(self) -> bool:
        """Tell whether the sign-in page shows this account."""
        return self.label is not None


def _read() -> tuple[Account, ...]:
    return tuple(
        Account(
            login=row["login"],
            name=row["name"],
            name_en=row["name_en"],
            role=row["roles"].split()[-1].partition("@")[0],
            person_id=public_id("person", number),
            label=_SHOWN.get(row["login"]),
        )
        for number, row in enumerate(rows("people"), start=1)
    )


ACCOUNTS = _read()
BY_LOGIN = {account.login: account for account in ACCOUNTS}
MAIN_ACCOUNTS = tuple(BY_LOGIN[login] for login in _SHOWN)
