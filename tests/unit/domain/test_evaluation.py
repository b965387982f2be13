"""Evaluation: frozen scope, weights that make 100, versions that stay, appeals, who sees what."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from domain.errors import (
    AppealRefused,
    EvaluationClosed,
    NoScore,
    ReportRefused,
    ScopeFrozen,
    WeightsRefused,
)
from domain.evaluation import ScopeRule, appeals, grading, reporting, results, scope
from domain.evaluation.scoring import Weights
from engine import decisions
from engine.actors import SYSTEM, Actor, Grant
from engine.clock import now
from engine.db import set_scope
from engine.errors import NotAllowed, NotFound
from engine.identity import uuid7
from tests.unit.domain.evaluation_world import (
    FakeSensors,
    Worked,
    publish_tables,
    scope_rule,
    sensing,
    worked,
)

GRADES = "evaluation_grades"
OFFICER = Grant("department_officer", region="33", department="science")


@pytest.fixture
def example(world, build) -> Iterator[Worked]:
    with sensing(FakeSensors()) as sensors:
        yield worked(world, build, sensors)


def an_official(name: str = "科技经办") -> Actor:
    return Actor(uuid7(), name, (OFFICER,))


def computed(example: Worked, reason: str = ""):
    for row in scope.units(example.session, example.period):
        results.compute(example.session, row, example.rules, reason=reason, by=SYSTEM)
    return results.latest_score(example.session, example.row)


def on_notice(example: Worked):
    computed(example)
    results.grade_all(
        example.session, example.period, GRADES, stage="provisional", reason="", by=SYSTEM
    )
    return results.latest_result(example.session, example.row)


# --- scope


@pytest.mark.parametrize(
    ("begin", "reason"),
    [
        (date(2012, 1, 1), ""), (date(2021, 12, 31), ""),
        (date(2011, 12, 31), "too_old"), (date(2022, 1, 1), "too_new"),
    ],
)  # fmt: skip
def test_the_ten_years_are_those_of_the_notice_of_2022(begin: date, reason: str) -> None:
    assert ScopeRule(10, 30_000_000).excluded(2022, begin, 30_000_000, "online") == reason


def test_small_and_retired_instruments_are_left_out() -> None:
    rule = ScopeRule(10, 30_000_000)
    assert rule.excluded(2022, date(2015, 1, 1), 29_999_999, "online") == "too_small"
    assert rule.excluded(2022, date(2015, 1, 1), 30_000_000, "retired") == "retired"


def test_a_frozen_scope_does_not_follow_later_changes(example: Worked, build, world) -> None:
    build.instrument(example.session, world.unit, inner_id="99", begin_date=date(2020, 1, 1))
    example.spectrometer.begin_date = date(2010, 1, 1)
    example.session.flush()
    assert len(scope.instruments(example.session, example.row)) == 3


def test_a_year_is_frozen_once_and_later_cases_join_until_public_notice(example: Worked) -> None:
    session, rule = example.session, scope_rule(example.rules)
    again = scope.freeze(session, "330000", 2026, rule, by=SYSTEM, case_id=uuid7())
    assert again.id == example.period.id
    on_notice(example)
    with pytest.raises(ScopeFrozen):
        scope.freeze(session, "33", 2026, rule, by=SYSTEM, case_id=uuid7())
    with pytest.raises(NotFound):
        scope.freeze(session, "999999", 2026, rule, by=SYSTEM, case_id=uuid7())


def test_the_application_cannot_change_what_was_frozen_or_scored(example: Worked) -> None:
    computed(example)
    for table, column in (
        ("eval_scope", "included"), ("eval_score", "total"), ("eval_indicator", "inputs"),
        ("eval_result", "grade"), ("bulletin_item", "verdict"), ("bulletin", "content"),
    ):  # fmt: skip
        with (
            pytest.raises(DatabaseError, match="permission denied"),
            example.session.begin_nested(),
        ):
            example.session.execute(text(f"update {table} set {column} = {column}"))


# --- weights and scores


def test_the_published_weights_make_a_hundred(example: Worked) -> None:
    assert sum(Weights.read(example.rules.weights).of.values()) == 100


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda rows: rows[:-1], "indicators"),
        (lambda rows: [{**rows[0], "weight": 9}, *rows[1:]], "total"),
        (
            lambda rows: [{**rows[0], "weight": -1}, {**rows[1], "weight": 15}, *rows[2:]],
            "negative",
        ),
    ],
)
def test_weights_that_are_not_eight_that_make_a_hundred_are_refused(
    example: Worked, change, reason
) -> None:
    with pytest.raises(WeightsRefused) as refused:
        Weights.read(change(list(example.rules.weights)))
    assert refused.value.params["reason"] == reason


def agrees(score) -> bool:
    """INV-09: computed again from the kept inputs and rules it is what was kept."""
    total, points = results.recomputed(score)
    return total == score.total and points == {one.code: one.points for one in score.indicators}


def test_a_kept_score_is_the_one_computed_again_from_its_evidence(example: Worked) -> None:
    score = computed(example)
    example.session.expire_all()
    assert agrees(score)


def test_the_recomputation_notices_a_changed_score_and_changed_evidence(example: Worked) -> None:
    score = computed(example)
    assert len(score.indicators) == 8
    example.session.expunge_all()
    kept = score.total
    score.total = Decimal("99.99")
    assert not agrees(score)
    score.total = kept
    score.indicators[4].inputs = {**score.indicators[4].inputs, "effective_seconds": 1}
    assert not agrees(score)


def test_a_second_computation_is_a_second_version(example: Worked) -> None:
    first = computed(example)
    second = computed(example, "专家复评")
    assert (first.version, second.version, second.reason) == (1, 2, "专家复评")
    assert first.total == second.total


def test_an_instrument_with_a_data_error_counts_no_hours(example: Worked) -> None:
    before = computed(example)
    for number in range(2):
        example.session.execute(
            text(
                "insert into declared_use (public_id, instrument_id, row_key, user_name, external,"
                " enterprise, started_at, ended_at, prepare_minutes, post_minutes, content, "
                "charge_fen, declared_by, declared_at, unit_id, region_path) values "
                "(gen_random_uuid(), :one, :key, 'x', true, false, '2025-01-02', '2025-12-30', "
                "0, 0, '', 0, gen_random_uuid(), now(), :unit, '{33}')"
            ),
            {"one": example.tester.id, "key": f"x{number}", "unit": example.row.unit_id},
        )
    after = computed(example)
    hours = [s.indicators[4].inputs["effective_seconds"] // 3600 for s in (before, after)]
    assert hours == [1284, 1284 - 120]
    (line,) = [
        line
        for line in after.indicators[4].evidence
        if line["instrument"] == str(example.tester.public_id)
    ]
    assert line["problems"] == ["above_window"]


# --- grades


@pytest.mark.parametrize(
    ("total", "rank", "ranked", "veto", "grade"),
    [
        ("85.00", 12, 100, "none", "excellent"),
        ("85.00", 13, 100, "none", "good"),
        ("84.99", 1, 100, "none", "good"),
        ("75.00", 50, 100, "none", "good"),
        ("74.99", 50, 100, "none", "fair"),
        ("60.00", 99, 100, "none", "fair"),
        ("59.99", 99, 100, "none", "poor"),
        ("99.00", 1, 100, "falsified", "poor"),
        ("99.00", 1, 100, "no_report", "poor"),
    ],
)
def test_the_grade_table_reads_total_rank_and_veto(
    session, total, rank, ranked, veto, grade
) -> None:
    publish_tables(session)
    standing = grading.Standing(rank, ranked)
    facts = {
        "total": float(total), "rank_percent": standing.percent, "veto": veto, "year": 2026,
    }  # fmt: skip
    answer = decisions.evaluate(session, GRADES, facts, now=now(session))
    assert answer.value["grade"] == grade


def test_equal_totals_share_the_better_rank() -> None:
    assert grading.ranks([Decimal(80), Decimal(90), Decimal(80), Decimal(70)]) == [2, 1, 2, 4]


def test_the_worked_unit_is_fair_and_keeps_the_rule_that_said_so(example: Worked) -> None:
    result = on_notice(example)
    assert (result.grade, result.total, result.veto) == ("fair", Decimal("69.09"), "")
    assert result.rule["decision"] == GRADES
    assert result.rule["version"] == 1
    assert example.period.status == "public_notice"


def test_a_finding_of_falsified_data_vetoes_the_grade(example: Worked) -> None:
    with pytest.raises(NotAllowed):
        reporting.find_falsified(
            example.session, example.row.public_id, "补记", by=example.administrator
        )
    reporting.find_falsified(example.session, example.row.public_id, "机时补记", by=an_official())
    result = on_notice(example)
    assert (result.grade, result.veto) == ("poor", "falsified")


def test_a_unit_that_did_not_report_is_poor(example: Worked) -> None:
    example.row.reported_at = None
    example.session.flush()
    assert on_notice(example).veto == "no_report"


def test_nobody_is_ranked_before_all_are_scored(example: Worked, world, build) -> None:
    with pytest.raises(NoScore):
        results.grade_all(
            example.session, example.period, GRADES, stage="provisional", reason="", by=SYSTEM
        )


# --- reports and marks


def test_a_point_that_is_met_needs_evidence(example: Worked) -> None:
    with pytest.raises(ReportRefused) as refused:
        reporting.report(
            example.session, example.row.public_id, {"rules": {"met": True}}, "",
            by=example.administrator,
        )  # fmt: skip
    assert refused.value.params["reason"] == "evidence"


def test_an_expert_has_one_mark_and_never_for_the_own_unit(example: Worked) -> None:
    expert = Actor(uuid7(), "专家", (Grant("expert", region="33"),))
    assert reporting.mark(example.session, example.row, 60, expert=expert).score == 60
    assert reporting.mark(example.session, example.row, 70, expert=expert).score == 70
    assert len(computed(example).indicators[5].inputs["marks"]) == 6
    with pytest.raises(ReportRefused):
        reporting.mark(example.session, example.row, 70, expert=example.administrator)


# --- appeals and publishing


def test_an_appeal_that_corrects_changes_the_published_result(example: Worked) -> None:
    session = example.session
    on_notice(example)
    appeal = appeals.lodge(session, example.row, "专家评分有误", by=example.administrator)
    first, second = an_official("受理"), an_official("复核")
    appeals.accept(session, appeal, by=first)
    with pytest.raises(AppealRefused) as refused:
        appeals.decide(session, appeal, "corrected", "应予更正", by=first)
    assert refused.value.params["reason"] == "same_person"
    appeals.decide(session, appeal, "corrected", "应予更正", by=second)
    expert = Actor(uuid7(), "专家", (Grant("expert", region="33"),))
    reporting.mark(session, example.row, 95, expert=expert)
    results.compute(session, example.row, example.rules, reason="申诉更正", by=SYSTEM)
    results.grade_all(session, example.period, GRADES, stage="published", reason="终评", by=SYSTEM)
    found = results.versions(session, example.row)
    assert [one.stage for one in found] == ["provisional", "published"]
    assert found[1].total > found[0].total


def test_an_appeal_that_is_upheld_leaves_the_result(example: Worked) -> None:
    session = example.session
    before = on_notice(example)
    appeal = appeals.lodge(session, example.row, "不服", by=example.administrator)
    appeals.accept(session, appeal, by=an_official())
    appeals.decide(session, appeal, "upheld", "依据充分", by=an_official())
    results.grade_all(session, example.period, GRADES, stage="published", reason="", by=SYSTEM)
    assert results.latest_result(session, example.row).total == before.total


def test_there_is_no_appeal_before_public_notice_and_only_one_at_a_time(example: Worked) -> None:
    with pytest.raises(AppealRefused):
        appeals.lodge(example.session, example.row, "太早", by=example.administrator)
    on_notice(example)
    appeals.lodge(example.session, example.row, "一", by=example.administrator)
    with pytest.raises(AppealRefused):
        appeals.lodge(example.session, example.row, "二", by=example.administrator)
    with pytest.raises(NotAllowed):
        appeals.lodge(example.session, example.row, "别家", by=an_official())


def test_a_correction_after_publishing_is_a_new_version_of_one_unit(example: Worked) -> None:
    session = example.session
    on_notice(example)
    results.grade_all(session, example.period, GRADES, stage="published", reason="", by=SYSTEM)
    with pytest.raises(EvaluationClosed):
        results.grade_all(session, example.period, GRADES, stage="published", reason="", by=SYSTEM)
    first = results.latest_result(session, example.row)
    results.compute(session, example.row, example.rules, reason="审计更正", by=SYSTEM)
    results.correct(session, example.row, GRADES, reason="审计更正", by=SYSTEM)
    assert [one.version for one in results.versions(session, example.row)] == [1, 2, 3]
    current = results.published(session, example.period)
    assert [(one.eval_unit_id, one.version) for one in current] == [(example.row.id, 3)]
    assert first.version == 2


# --- who sees what


@pytest.fixture
def seen(example: Worked, world):
    """Count what somebody sees of the rows of the worked unit."""
    on_notice(example)

    def count(actor: Actor, table: str) -> int:
        set_scope(example.session, actor)
        try:
            return example.session.scalar(text(f"select count(*) from {table}")) or 0
        finally:
            set_scope(example.session, SYSTEM)

    return count


@pytest.mark.parametrize("table", ["eval_unit", "eval_score", "eval_scope", "eval_result"])
def test_a_unit_sees_its_own_and_officials_their_region(example, world, seen, table) -> None:
    all_of_it = seen(SYSTEM, table)
    own = Grant("unit_administrator", unit_id=world.unit.id)
    other = Grant("unit_administrator", unit_id=world.other.id)
    assert seen(world.actor(world.administrator, own), table) == all_of_it > 0
    assert seen(world.actor(world.outsider, other), table) == 0
    assert seen(Actor(uuid7(), "省", (OFFICER,)), table) == all_of_it
    ningbo = Grant("department_officer", region="3302", department="science")
    assert seen(Actor(uuid7(), "宁波", (ningbo,)), table) == 0
    assert seen(world.actor(world.user), table) == 0


def test_a_unit_never_sees_who_marked_it(example: Worked, world, seen) -> None:
    own = Grant("unit_administrator", unit_id=world.unit.id)
    assert seen(world.actor(world.administrator, own), "panel_score") == 0
    assert seen(Actor(uuid7(), "省", (OFFICER,)), "panel_score") == 5


def test_everybody_sees_published_totals_and_nobody_else_the_indicators(
    example: Worked, world, seen
) -> None:
    stranger = world.actor(world.outsider)
    assert seen(stranger, "eval_result") == 0
    results.grade_all(
        example.session, example.period, GRADES, stage="published", reason="", by=SYSTEM
    )
    assert seen(stranger, "eval_result") == 1
    assert seen(stranger, "eval_indicator") == 0
