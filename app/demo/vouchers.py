"""The demo's innovation vouchers: the province's pool of this year, one voucher an enterprise."""

from datetime import date

from sqlalchemy.orm import Session

from app.demo import organisations
from domain import vouchers

_PROVINCE = "330000"
_NAME = "省级创新券"
_BUDGET_FEN = 100_000_000
_FACE_FEN = 5_000_000
_CAP_FEN = 20_000_000


def seed(session: Session) -> None:
    """Open the pool and issue the vouchers that are not there yet."""
    year = vouchers.today(session).year
    pool = vouchers.open_pool(session, region=_PROVINCE, year=year, name=_NAME)
    vouchers.change_budget(
        session, pool.public_id, by_fen=_BUDGET_FEN, reason="演示数据", key=f"demo:budget:{year}"
    )
    for unit in organisations.by_code(session).values():
        if unit.kind == "enterprise":
            claim = vouchers.Claim(
                pool_id=pool.public_id,
                unit_id=unit.id,
                face_fen=_FACE_FEN,
                valid_until=date(year + 1, 12, 31),
                cap_fen=_CAP_FEN,
            )
            vouchers.issue(session, claim, key=f"demo:voucher:{year}:{unit.code}")
