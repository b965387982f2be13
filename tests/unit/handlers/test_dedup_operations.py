"""The operations of the search for likes, on a case's own transaction."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.scenario_world import make_world
from domain.dedup import runs, training
from domain.instruments import Instrument, catalogue
from engine.contract import BusinessError, Job
from engine.operations import discover
from handlers.find_similar_instruments import Params as Find
from handlers.find_similar_instruments import find_similar_instruments
from handlers.record_dedup_decision import Params as Record
from handlers.record_dedup_decision import record_dedup_decision

GIVEN: dict[str, Any] = {
    "units": {"大学": {"region": "330106"}, "企业": {"region": "330109", "kind": "enterprise"}},
    "people": {"申请人": {"unit": "大学"}, "处长": {"unit": "大学", "roles": ["applicant"]}},
    "instruments": {
        "扫描电镜": {"unit": "企业"},
        "核磁共振波谱仪": {"unit": "大学"},
    },
}
MODELS = (("扫描电镜", "Hitachi", "SU8010"), ("核磁共振波谱仪", "Bruker", "Avance NEO 600"))
NOW = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def place(session: Session, home: Path, tmp_path: Path) -> Iterator[tuple[Any, Job]]:
    training.configure(home)
    catalogue.configure(tmp_path)
    world = make_world(session, GIVEN)
    for name, maker, model in MODELS:
        instrument = session.scalars(select(Instrument).where(Instrument.name_zh == name)).one()
        instrument.maker, instrument.model = maker, model
    session.flush()
    yield world, Job("find_similar_instruments", "k", uuid4(), "1", "e", 1, NOW, session)
    training.configure(None)
    catalogue.configure(None)


def _find(world: Any, **more: Any) -> Find:
    fields = {
        "name": "场发射扫描电镜",
        "model": "SU-8010",
        "maker": "日立",
        "applicant": world.people["申请人"].id,
        "model_from": 0.5,
        "function_from": 0.5,
    }
    return Find(**{**fields, **more})


def test_a_search_answers_with_counts_for_the_decision_table_and_keeps_itself(place) -> None:
    world, job = place
    found = find_similar_instruments(_find(world), job)
    assert (found.same_model_count, found.similar_count, found.reachable_count) == (1, 1, 1)
    assert found.best_same_model > 0.9
    assert found.similar[0]["name"] == "扫描电镜"
    assert "型号相同：SU-8010 = SU8010" in found.similar[0]["why"]
    kept = runs.read(job.session, found.dedup_run)
    assert (kept.case_id, kept.algorithm) == (job.case_id, found.dedup_version)
    assert runs.reproduce(job.session, found.dedup_run) == len(found.similar)


def test_within_the_applicants_unit_nothing_similar_is_found(place) -> None:
    world, job = place
    found = find_similar_instruments(_find(world, searched_in="unit"), job)
    assert (found.similar_count, found.mean_hours) == (0, 0.0)


def test_the_quality_says_how_much_of_the_request_could_be_compared(place) -> None:
    world, job = place
    bare = find_similar_instruments(_find(world, name="某仪器", model="", maker=""), job)
    full = find_similar_instruments(_find(world, class_code="010103", specs="1.0 nm"), job)
    assert (bare.data_quality, full.data_quality) == (0.0, 1.0)


def test_a_decision_that_departs_without_a_reason_is_an_error_of_the_process(place) -> None:
    world, job = place
    run = find_similar_instruments(_find(world), job).dedup_run
    leader = world.people["处长"].id
    with pytest.raises(BusinessError) as refused:
        record_dedup_decision(Record(run, "不建议", "建议", leader), job)
    assert refused.value.code == "dedup_reason_needed"
    departing = record_dedup_decision(Record(run, "不建议", "建议", leader, "机时已满"), job)
    assert departing.departs_from_advice


def test_both_operations_are_in_the_catalogue() -> None:
    known = discover("handlers")
    assert {"find_similar_instruments", "record_dedup_decision"} <= set(known)
