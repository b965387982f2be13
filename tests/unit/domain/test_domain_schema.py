import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session, sessionmaker

from domain.organisations.models import Region


def test_zhejiang_has_eleven_cities_and_ninety_counties(session: Session) -> None:
    counts = dict(session.execute(select(Region.level, func.count()).group_by(Region.level)).all())
    assert counts == {"province": 1, "city": 11, "county": 90}


def test_everybody_may_read_the_regions_but_nobody_outside_the_platform_may_change_them(
    session: Session, sessions: sessionmaker[Session]
) -> None:
    with sessions() as bare:
        assert bare.scalar(select(Region.name_zh).where(Region.code == "330602")) == "越城区"
        bare.execute(text("update region set name_zh = 'x'"))
        assert bare.scalar(select(Region.name_zh).where(Region.code == "330602")) == "越城区"
        with pytest.raises(DatabaseError, match="row-level security"):
            bare.execute(
                text("insert into region (code, level, name_zh, name_en) values ('1','x','x','x')")
            )
