"""The operation of the monitoring process, and the decision table behind its figures."""

from dataclasses import asdict, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session, sessionmaker

from domain.booking.models import Booking
from engine import decisions, operations
from engine.clock import now
from engine.contract import BusinessError, Job
from engine.identity import uuid7
from handlers.classify_instrument_states import Params, classify_instrument_states
from telemetry.readings import moment
from telemetry.states import RULES
from tests.unit.telemetry.conftest import Lab, a_day

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
TABLE = Path(__file__).resolve().parents[3] / "processes/monitoring/state_rules.dmn"


@pytest.fixture
def job(lab: Lab) -> Job:
    """A job whose own transaction is a savepoint of the test's."""
    stage = sessionmaker(
        lab.session.connection(), join_transaction_mode="create_savepoint", info=lab.session.info
    )
    before = operations.wire(stage)
    yield Job("classify_instrument_states", "k", uuid7(), "JC-1", "t", 1, now(lab.session))
    operations.wire(before)


def test_the_hours_of_a_day_add_up_and_oddities_are_counted(lab: Lab, job: Job) -> None:
    seen = a_day(lab, days=4)
    lab.feed(seen)
    lab.teach(seen)
    start = lab.clock.at - 4 * DAY
    idle = max((i for i in seen.intervals if i.state == "off"), key=lambda each: each.hours)
    _book(lab.session, lab, moment((idle.start + idle.end) / 2))
    lab.session.flush()
    found = classify_instrument_states(Params(lab.instrument.public_id, start, lab.clock.at), job)
    hours = (found.running_hours, found.standby_hours, found.off_hours, found.offline_hours)
    assert sum(hours) == pytest.approx(96, abs=0.05)
    true = sum(each.hours for each in seen.intervals if each.state == "running")
    assert found.running_hours == pytest.approx(true, rel=0.03)
    assert found.booking_without_running == 1
    assert found.model_version == 1
    again = classify_instrument_states(Params(lab.instrument.public_id, start, lab.clock.at), job)
    assert again == found


def _book(session: Session, lab: Lab, start: datetime) -> None:
    person = lab.people["申请人"]
    session.add(
        Booking(
            instrument_id=lab.place.id,
            person_id=person.id,
            during=Range(start, start + HOUR, bounds="[)"),
            status="finished",
            created_at=lab.clock.at,
            unit_id=lab.place.unit_id,
            region_path=lab.place.region_path,
        )
    )


def test_without_a_model_or_a_time_the_process_is_told_why(lab: Lab, job: Job) -> None:
    at, instrument = lab.clock.at, lab.instrument.public_id
    with pytest.raises(BusinessError) as refused:
        classify_instrument_states(Params(instrument, at - DAY, at), job)
    assert refused.value.code == "no_state_model"
    with pytest.raises(BusinessError) as refused:
        classify_instrument_states(Params(instrument, at, at), job)
    assert refused.value.code == "empty_period"


def test_the_decision_table_says_what_the_code_takes_for_granted() -> None:
    from datetime import date

    context = {"use_date": date(2026, 11, 23)}
    decided = decisions.evaluate_xml(
        TABLE.read_text("utf-8"), "state_rules", context, now=datetime(2026, 11, 23, tzinfo=UTC)
    )
    assert decided.value == asdict(RULES)
    assert set(decided.value) == {field.name for field in fields(RULES)}


def test_the_operation_takes_the_figures_of_the_table() -> None:
    defaults = {
        field.name: field.default for field in fields(Params) if field.name in asdict(RULES)
    }
    assert len(defaults) == 4
    assert defaults == {name: asdict(RULES)[name] for name in defaults}
