"""Bulletins, evaluation and overview: who sees which page, and what it must say."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session, sessionmaker

from domain.bulletins import BulletinUnit, publishing
from domain.organisations.models import Unit
from engine import definitions, operations
from engine.actors import SYSTEM
from engine.db import set_scope
from engine.models import Instance
from tests.measured import Figures, fill

SignIn = Callable[[str], Any]


@dataclass
class Set:
    figures: Figures
    unit: Unit
    part: str


@pytest.fixture
def made(world, sessions: sessionmaker[Session]) -> Set:
    operations.discover("handlers")
    unit = world.unit("甲研究所", region="331181")
    other = world.unit("乙研究所", region="331121")
    for number in range(3):
        world.instrument(unit, f"仪器{number}", begin_date=_begun(number))
    world.instrument(other, "别家仪器")
    world.person("admin", "unit_administrator", unit=unit)
    world.person("keeper", "instrument_manager", unit=unit)
    world.person("stranger", "unit_administrator", unit=other)
    world.person("user", "applicant", unit=unit)
    world.person("science", "department_officer", region="33", department="science")
    world.person("ningbo", "department_officer", region="3302", department="science")
    with sessions.begin() as session:
        set_scope(session, SYSTEM)
        for folder in ("bulletin", "evaluation", "idle_remediation"):
            resources = definitions.read_folder(Path("processes") / folder)
            definitions.publish(session, resources, actor=SYSTEM)
        figures = fill(session, session.get(Unit, unit.id), "3311")
        part = str(publishing.of_unit(session, figures.draft, unit.id).public_id)
    return Set(figures, unit, part)


def _begun(number: int):
    from datetime import date

    return date(2018 + number, 5, 1)


def paths(made: Set) -> dict[str, str]:
    figures = made.figures
    unit = f"/evaluations/units/{figures.evaluated.public_id}"
    return {
        "published": f"/bulletins/{figures.published.public_id}",
        "draft": f"/bulletins/{figures.draft.public_id}",
        "part": f"/bulletins/units/{made.part}",
        "round": f"/evaluations/{figures.evaluated.period.public_id}",
        "unit": unit,
        "indicator": f"{unit}/I5",
        "overview": "/overview",
    }


SEES = {
    "published": {"nobody", "admin", "keeper", "stranger", "user", "science", "ningbo"},
    "draft": {"science"},
    "part": {"admin", "keeper"},
    "round": {"nobody", "admin", "keeper", "stranger", "user", "science", "ningbo"},
    "unit": {"admin", "keeper", "science"},
    "indicator": {"admin", "keeper", "science"},
    "overview": {"admin", "keeper", "stranger", "science", "ningbo"},
}


def test_everybody_sees_what_is_theirs_and_finds_nothing_else(
    made: Set, signed_in: SignIn, visitor: Any
) -> None:
    seen: dict[str, set[str]] = {page: set() for page in SEES}
    for who in ("nobody", "admin", "keeper", "stranger", "user", "science", "ningbo"):
        browser = visitor if who == "nobody" else signed_in(who)
        for page, path in paths(made).items():
            answer = browser.get(path)
            if answer.status_code == 200:
                seen[page].add(who)
            elif who == "nobody":
                assert answer.status_code in (302, 303, 401, 404), (who, page)
            else:
                assert answer.status_code == 404, (who, page, answer.status_code)
    assert seen == SEES


def test_every_percentage_names_its_basis(made: Set, signed_in: SignIn, visitor: Any) -> None:
    admin = signed_in("admin")
    for page in ("part", "unit", "indicator", "overview"):
        assert "通用 1400 小时、专用 800 小时" in admin.get(paths(made)[page]).text, page
    assert "通用 1400 小时、专用 800 小时" in visitor.get(paths(made)["published"]).text


def test_instruments_are_named_to_their_people_only(
    made: Set, signed_in: SignIn, visitor: Any
) -> None:
    path = paths(made)["published"]
    assert "仪器0" not in visitor.get(path).text
    assert "仪器0" in signed_in("admin").get(path).text
    assert "仪器0" not in signed_in("stranger").get(path).text
    assert "仪器0" in signed_in("science").get(path).text


def test_the_files_are_those_of_the_bulletin(made: Set, signed_in: SignIn, visitor: Any) -> None:
    path = paths(made)["published"]
    pdf = visitor.get(f"{path}/file.pdf")
    assert pdf.data.startswith(b"%PDF-")
    assert pdf.data == visitor.get(f"{path}/file.pdf").data
    assert visitor.get(f"{path}/file.docx").data.startswith(b"PK")
    assert visitor.get(f"{path}/file.pdf?annex=1").data == pdf.data
    assert signed_in("science").get(f"{path}/file.pdf?annex=1").data != pdf.data
    assert visitor.get(f"{paths(made)['draft']}/file.pdf").status_code == 404


def test_a_unit_replies_once_for_itself(
    made: Set, signed_in: SignIn, sessions: sessionmaker[Session]
) -> None:
    path = f"{paths(made)['part']}/reply"
    form = {"reply": "objection", "remark": "九月检修两周"}
    assert signed_in("stranger").command(path, data=form).status_code == 404
    assert signed_in("keeper").command(path, data=form).status_code == 404
    assert signed_in("admin").command(path, data=form).status_code == 303
    with sessions() as session:
        set_scope(session, SYSTEM)
        row = session.query(BulletinUnit).filter(BulletinUnit.public_id == made.part).one()
        assert (row.reply, row.remark) == ("objection", "九月检修两周")


def test_an_objection_says_what_is_wrong(made: Set, signed_in: SignIn) -> None:
    answer = signed_in("admin").command(
        f"{paths(made)['part']}/reply", data={"reply": "objection", "remark": ""}
    )
    assert answer.status_code == 409


def test_points_lead_to_the_records_behind_them(made: Set, signed_in: SignIn) -> None:
    admin = signed_in("admin")
    page = admin.get(paths(made)["unit"]).text
    assert "重算一致" in page
    assert "/I5" in page
    indicator = admin.get(paths(made)["indicator"]).text
    address = indicator.split("/instruments/")[1].split('"')[0]
    sources = admin.get(f"{paths(made)['unit']}/instruments/{address}").text
    assert "记录与计分时一致" in sources
    assert "某" not in sources  # the user's name is not needed to follow the hours
    assert "外单位" in sources


def test_a_record_that_came_later_shows_as_a_change(
    made: Set, signed_in: SignIn, sessions: sessionmaker[Session], world
) -> None:
    from datetime import UTC, datetime

    from domain import measures
    from domain.evaluation import scope

    with sessions.begin() as session:
        set_scope(session, SYSTEM)
        row = scope.read_unit(session, made.figures.evaluated.public_id)
        instrument = scope.instruments(session, row)[0]
        late = measures.Declared(
            "late", datetime(2025, 8, 1, tzinfo=UTC), datetime(2025, 8, 2, tzinfo=UTC),
            user_name="补报",
        )  # fmt: skip
        measures.declare(session, instrument.public_id, late, by=SYSTEM)
    page = signed_in("admin").get(f"{paths(made)['unit']}/instruments/{instrument.public_id}").text
    assert "记录在计分后有变化" in page


def test_an_official_launches_a_year_and_again_opens_nothing(
    made: Set, signed_in: SignIn, sessions: sessionmaker[Session], clock
) -> None:
    from datetime import datetime

    from domain.booking.opening import SHANGHAI

    clock.at = datetime(2027, 3, 1, 9, tzinfo=SHANGHAI)
    science = signed_in("science")
    for _ in range(2):
        form = {"region": "330000"}
        assert science.command("/evaluations/launch", data=form).status_code == 303
    assert signed_in("admin").command("/evaluations/launch", data=form).status_code == 404
    assert science.command("/evaluations/launch", data={"region": "330200"}).status_code == 404
    with sessions() as session:
        set_scope(session, SYSTEM)
        cases = session.query(Instance).filter(Instance.process_key == "evaluation").all()
        assert sorted(case.unit_id for case in cases) == sorted({case.unit_id for case in cases})
        assert len(cases) == 2


def test_the_pages_speak_english(made: Set, signed_in: SignIn) -> None:
    admin = signed_in("admin")
    admin.get("/language/en?next=/")
    assert "Rated hours a year: 1,400 general, 800 special" in admin.get("/overview").text
    assert "computed again: the same" in admin.get(paths(made)["unit"]).text
