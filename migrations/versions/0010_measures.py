"""hours, evaluation, bulletins"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0010_measures'
down_revision = '0009_telemetry'
branch_labels = None
depends_on = None


APP = "dayi_app"
SYSTEM = "current_setting('dayi.everything', true) = 'on'"
PERSON = "nullif(current_setting('dayi.person', true), '')::uuid"
UNITS = "string_to_array(nullif(current_setting('dayi.units', true), ''), ',')::bigint[]"
REGIONS = "string_to_array(nullif(current_setting('dayi.regions', true), ''), ',')"

OFFICIALS = f"{SYSTEM} or region_path && {REGIONS}"
#: A unit sees its own, officials what lies in their region.
SCOPED = f"{OFFICIALS} or unit_id = any ({UNITS})"
#: table → who may read its rows; writing always needs system scope.
READERS = {
    "declared_use": SCOPED,
    "usage_check": SCOPED,
    "eval_period": "true",
    "eval_unit": SCOPED,
    "eval_scope": SCOPED,
    "panel_score": f"{OFFICIALS} or expert_id = {PERSON}",
    "eval_score": SCOPED,
    "eval_indicator": SCOPED,
    "eval_result": f"{SCOPED} or stage = 'published'",
    "eval_appeal": SCOPED,
    "bulletin_period": "true",
    "bulletin": f"{OFFICIALS} or status <> 'draft'",
    "bulletin_unit": SCOPED,
    "bulletin_item": SCOPED,
    "remeasure": SCOPED,
}
#: table → what of it may change after it was written; the others are only ever added to.
CHANGES = {
    "usage_check": "",
    "eval_period": "(status, published_at)",
    "eval_unit": "(checklist, summary, reported_at, reported_by, falsified, finding, case_id, ready_for, changed_by)",
    "panel_score": "(score, comment, scored_at)",
    "eval_appeal": "(accepted_by, outcome, decision, decided_by, decided_at)",
    "bulletin": "(status, document_year, document_number, signed_by, published_on)",
    "bulletin_item": "(case_id)",
    "bulletin_unit": "(reply, remark, replied_by, replied_at)",
}

SECURITY = [
    *[
        statement
        for table, readers in READERS.items()
        for statement in (
            f"grant select, insert on {table} to {APP}",
            f"alter table {table} enable row level security",
            f"create policy sees on {table} for select to {APP} using ({readers})",
            f"create policy adds on {table} for insert to {APP} with check ({SYSTEM})",
            f"create policy moves on {table} for update to {APP} using ({SYSTEM})",
        )
    ],
    *[f"grant update {columns} on {table} to {APP}" for table, columns in CHANGES.items()],
]


def upgrade() -> None:
    op.create_table('bulletin_period',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('public_id', sa.Uuid(), nullable=False),
    sa.Column('region', sa.String(length=6), nullable=False),
    sa.Column('period_start', sa.DateTime(timezone=True), nullable=False),
    sa.Column('period_end', sa.DateTime(timezone=True), nullable=False),
    sa.Column('case_id', sa.Uuid(), nullable=True),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('closed_by', sa.Uuid(), nullable=False),
    sa.CheckConstraint('period_end > period_start', name=op.f('ck_bulletin_period_period')),
    sa.ForeignKeyConstraint(['region'], ['region.code'], name=op.f('fk_bulletin_period_region')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_bulletin_period')),
    sa.UniqueConstraint('public_id', name=op.f('uq_bulletin_period_public_id')),
    sa.UniqueConstraint('region', 'period_start', name=op.f('uq_bulletin_period_region_period_start'))
    )
    op.create_index(op.f('ix_bulletin_period_case_id'), 'bulletin_period', ['case_id'], unique=False)
    op.create_table('eval_period',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('public_id', sa.Uuid(), nullable=False),
    sa.Column('region', sa.String(length=6), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('period_start', sa.DateTime(timezone=True), nullable=False),
    sa.Column('period_end', sa.DateTime(timezone=True), nullable=False),
    sa.Column('status', sa.String(length=20), nullable=False),
    sa.Column('case_id', sa.Uuid(), nullable=True),
    sa.Column('frozen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('frozen_by', sa.Uuid(), nullable=False),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("status in ('frozen', 'public_notice', 'published')", name=op.f('ck_eval_period_status')),
    sa.CheckConstraint('period_end > period_start', name=op.f('ck_eval_period_period')),
    sa.ForeignKeyConstraint(['region'], ['region.code'], name=op.f('fk_eval_period_region')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_eval_period')),
    sa.UniqueConstraint('public_id', name=op.f('uq_eval_period_public_id')),
    sa.UniqueConstraint('region', 'year', name=op.f('uq_eval_period_region_year'))
    )
    op.create_index(op.f('ix_eval_period_case_id'), 'eval_period', ['case_id'], unique=False)
    op.create_table('bulletin',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('public_id', sa.Uuid(), nullable=False),
    sa.Column('period_id', sa.BigInteger(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('region', sa.String(length=6), nullable=False),
    sa.Column('status', sa.String(length=12), nullable=False),
    sa.Column('content', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('rules', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('document_year', sa.Integer(), nullable=True),
    sa.Column('document_number', sa.Integer(), nullable=True),
    sa.Column('computed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('computed_by', sa.Uuid(), nullable=False),
    sa.Column('signed_by', sa.Uuid(), nullable=True),
    sa.Column('published_on', sa.Date(), nullable=True),
    sa.Column('region_path', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.CheckConstraint("(status = 'draft') = (published_on is null)", name=op.f('ck_bulletin_published')),
    sa.CheckConstraint("status in ('draft', 'published', 'replaced')", name=op.f('ck_bulletin_status')),
    sa.ForeignKeyConstraint(['period_id'], ['bulletin_period.id'], name=op.f('fk_bulletin_period_id')),
    sa.ForeignKeyConstraint(['region'], ['region.code'], name=op.f('fk_bulletin_region')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_bulletin')),
    sa.UniqueConstraint('document_year', 'document_number', 'region', name=op.f('uq_bulletin_document_year_document_number_region')),
    sa.UniqueConstraint('period_id', 'version', name=op.f('uq_bulletin_period_id_version')),
    sa.UniqueConstraint('public_id', name=op.f('uq_bulletin_public_id'))
    )
    op.create_index('ix_bulletin_region_path', 'bulletin', ['region_path'], unique=False, postgresql_using='gin')
    op.create_table('eval_unit',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('public_id', sa.Uuid(), nullable=False),
    sa.Column('period_id', sa.BigInteger(), nullable=False),
    sa.Column('unit_id', sa.BigInteger(), nullable=False),
    sa.Column('checklist', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('summary', sa.String(length=4000), nullable=False),
    sa.Column('reported_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('reported_by', sa.Uuid(), nullable=True),
    sa.Column('falsified', sa.Boolean(), nullable=False),
    sa.Column('finding', sa.String(length=1000), nullable=False),
    sa.Column('case_id', sa.Uuid(), nullable=True),
    sa.Column('ready_for', sa.String(length=12), nullable=False),
    sa.Column('changed_by', sa.Uuid(), nullable=False),
    sa.Column('region_path', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.CheckConstraint("ready_for in ('', 'provisional', 'published')", name=op.f('ck_eval_unit_ready_for')),
    sa.ForeignKeyConstraint(['period_id'], ['eval_period.id'], name=op.f('fk_eval_unit_period_id')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_eval_unit_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_eval_unit')),
    sa.UniqueConstraint('period_id', 'unit_id', name=op.f('uq_eval_unit_period_id_unit_id')),
    sa.UniqueConstraint('public_id', name=op.f('uq_eval_unit_public_id'))
    )
    op.create_index(op.f('ix_eval_unit_case_id'), 'eval_unit', ['case_id'], unique=False)
    op.create_index('ix_eval_unit_region_path', 'eval_unit', ['region_path'], unique=False, postgresql_using='gin')
    op.create_index(op.f('ix_eval_unit_unit_id'), 'eval_unit', ['unit_id'], unique=False)
    op.create_table('bulletin_item',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('public_id', sa.Uuid(), nullable=False),
    sa.Column('bulletin_id', sa.BigInteger(), nullable=False),
    sa.Column('instrument_id', sa.BigInteger(), nullable=False),
    sa.Column('verdict', sa.String(length=10), nullable=False),
    sa.Column('running_hours', sa.Numeric(precision=10, scale=2), nullable=False),
    sa.Column('effective_hours', sa.Numeric(precision=10, scale=2), nullable=False),
    sa.Column('offline_percent', sa.Numeric(precision=5, scale=2), nullable=False),
    sa.Column('rule', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('case_id', sa.Uuid(), nullable=True),
    sa.Column('computed_by', sa.Uuid(), nullable=False),
    sa.Column('unit_id', sa.BigInteger(), nullable=False),
    sa.Column('region_path', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.CheckConstraint("verdict in ('idle', 'low', 'unknown', 'excused', 'new', 'normal')", name=op.f('ck_bulletin_item_verdict')),
    sa.ForeignKeyConstraint(['bulletin_id'], ['bulletin.id'], name=op.f('fk_bulletin_item_bulletin_id')),
    sa.ForeignKeyConstraint(['instrument_id'], ['instrument.id'], name=op.f('fk_bulletin_item_instrument_id')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_bulletin_item_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_bulletin_item')),
    sa.UniqueConstraint('bulletin_id', 'instrument_id', name=op.f('uq_bulletin_item_bulletin_id_instrument_id')),
    sa.UniqueConstraint('public_id', name=op.f('uq_bulletin_item_public_id'))
    )
    op.create_index(op.f('ix_bulletin_item_instrument_id'), 'bulletin_item', ['instrument_id'], unique=False)
    op.create_index(op.f('ix_bulletin_item_case_id'), 'bulletin_item', ['case_id'], unique=False)
    op.create_index('ix_bulletin_item_region_path', 'bulletin_item', ['region_path'], unique=False, postgresql_using='gin')
    op.create_index(op.f('ix_bulletin_item_unit_id'), 'bulletin_item', ['unit_id'], unique=False)
    op.create_table('bulletin_unit',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('public_id', sa.Uuid(), nullable=False),
    sa.Column('bulletin_id', sa.BigInteger(), nullable=False),
    sa.Column('unit_id', sa.BigInteger(), nullable=False),
    sa.Column('figures', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('reply', sa.String(length=12), nullable=False),
    sa.Column('remark', sa.String(length=1000), nullable=False),
    sa.Column('replied_by', sa.Uuid(), nullable=True),
    sa.Column('replied_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('computed_by', sa.Uuid(), nullable=False),
    sa.Column('region_path', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.CheckConstraint("reply in ('', 'confirmed', 'objection')", name=op.f('ck_bulletin_unit_reply')),
    sa.ForeignKeyConstraint(['bulletin_id'], ['bulletin.id'], name=op.f('fk_bulletin_unit_bulletin_id')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_bulletin_unit_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_bulletin_unit')),
    sa.UniqueConstraint('bulletin_id', 'unit_id', name=op.f('uq_bulletin_unit_bulletin_id_unit_id')),
    sa.UniqueConstraint('public_id', name=op.f('uq_bulletin_unit_public_id'))
    )
    op.create_index('ix_bulletin_unit_region_path', 'bulletin_unit', ['region_path'], unique=False, postgresql_using='gin')
    op.create_index(op.f('ix_bulletin_unit_unit_id'), 'bulletin_unit', ['unit_id'], unique=False)
    op.create_table('declared_use',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('public_id', sa.Uuid(), nullable=False),
    sa.Column('instrument_id', sa.BigInteger(), nullable=False),
    sa.Column('row_key', sa.String(length=64), nullable=False),
    sa.Column('user_unit_id', sa.BigInteger(), nullable=True),
    sa.Column('user_name', sa.String(length=120), nullable=False),
    sa.Column('enterprise', sa.Boolean(), nullable=False),
    sa.Column('external', sa.Boolean(), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('prepare_minutes', sa.Integer(), nullable=False),
    sa.Column('post_minutes', sa.Integer(), nullable=False),
    sa.Column('content', sa.String(length=300), nullable=False),
    sa.Column('charge_fen', sa.BigInteger(), nullable=False),
    sa.Column('declared_by', sa.Uuid(), nullable=False),
    sa.Column('declared_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('unit_id', sa.BigInteger(), nullable=False),
    sa.Column('region_path', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.CheckConstraint('ended_at is null or ended_at > started_at', name=op.f('ck_declared_use_times')),
    sa.CheckConstraint('least(prepare_minutes, post_minutes, charge_fen) >= 0', name=op.f('ck_declared_use_amounts')),
    sa.CheckConstraint('user_unit_id is null or external = (user_unit_id <> unit_id)', name=op.f('ck_declared_use_external')),
    sa.ForeignKeyConstraint(['instrument_id'], ['instrument.id'], name=op.f('fk_declared_use_instrument_id')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_declared_use_unit_id')),
    sa.ForeignKeyConstraint(['user_unit_id'], ['unit.id'], name=op.f('fk_declared_use_user_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_declared_use')),
    sa.UniqueConstraint('instrument_id', 'row_key', name=op.f('uq_declared_use_instrument_id_row_key')),
    sa.UniqueConstraint('public_id', name=op.f('uq_declared_use_public_id'))
    )
    op.create_index('ix_declared_use_instrument_started', 'declared_use', ['instrument_id', 'started_at'], unique=False)
    op.create_index('ix_declared_use_region_path', 'declared_use', ['region_path'], unique=False, postgresql_using='gin')
    op.create_index(op.f('ix_declared_use_unit_id'), 'declared_use', ['unit_id'], unique=False)
    op.create_table('eval_scope',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('eval_unit_id', sa.BigInteger(), nullable=False),
    sa.Column('instrument_id', sa.BigInteger(), nullable=False),
    sa.Column('included', sa.Boolean(), nullable=False),
    sa.Column('reason', sa.String(length=20), nullable=False),
    sa.Column('begin_date', sa.Date(), nullable=False),
    sa.Column('worth_fen', sa.BigInteger(), nullable=False),
    sa.Column('added_by', sa.Uuid(), nullable=False),
    sa.Column('unit_id', sa.BigInteger(), nullable=False),
    sa.Column('region_path', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.CheckConstraint("included = (reason = '')", name=op.f('ck_eval_scope_reason')),
    sa.ForeignKeyConstraint(['eval_unit_id'], ['eval_unit.id'], name=op.f('fk_eval_scope_eval_unit_id')),
    sa.ForeignKeyConstraint(['instrument_id'], ['instrument.id'], name=op.f('fk_eval_scope_instrument_id')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_eval_scope_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_eval_scope')),
    sa.UniqueConstraint('eval_unit_id', 'instrument_id', name=op.f('uq_eval_scope_eval_unit_id_instrument_id'))
    )
    op.create_index(op.f('ix_eval_scope_instrument_id'), 'eval_scope', ['instrument_id'], unique=False)
    op.create_index('ix_eval_scope_region_path', 'eval_scope', ['region_path'], unique=False, postgresql_using='gin')
    op.create_index(op.f('ix_eval_scope_unit_id'), 'eval_scope', ['unit_id'], unique=False)
    op.create_table('eval_score',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('public_id', sa.Uuid(), nullable=False),
    sa.Column('eval_unit_id', sa.BigInteger(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('total', sa.Numeric(precision=5, scale=2), nullable=False),
    sa.Column('rules', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('computed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('computed_by', sa.Uuid(), nullable=False),
    sa.Column('unit_id', sa.BigInteger(), nullable=False),
    sa.Column('region_path', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.ForeignKeyConstraint(['eval_unit_id'], ['eval_unit.id'], name=op.f('fk_eval_score_eval_unit_id')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_eval_score_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_eval_score')),
    sa.UniqueConstraint('eval_unit_id', 'version', name=op.f('uq_eval_score_eval_unit_id_version')),
    sa.UniqueConstraint('public_id', name=op.f('uq_eval_score_public_id'))
    )
    op.create_index('ix_eval_score_region_path', 'eval_score', ['region_path'], unique=False, postgresql_using='gin')
    op.create_index(op.f('ix_eval_score_unit_id'), 'eval_score', ['unit_id'], unique=False)
    op.create_table('panel_score',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('public_id', sa.Uuid(), nullable=False),
    sa.Column('eval_unit_id', sa.BigInteger(), nullable=False),
    sa.Column('expert_id', sa.Uuid(), nullable=False),
    sa.Column('score', sa.Integer(), nullable=False),
    sa.Column('comment', sa.String(length=1000), nullable=False),
    sa.Column('scored_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('region_path', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.CheckConstraint('score between 0 and 100', name=op.f('ck_panel_score_score')),
    sa.ForeignKeyConstraint(['eval_unit_id'], ['eval_unit.id'], name=op.f('fk_panel_score_eval_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_panel_score')),
    sa.UniqueConstraint('eval_unit_id', 'expert_id', name=op.f('uq_panel_score_eval_unit_id_expert_id')),
    sa.UniqueConstraint('public_id', name=op.f('uq_panel_score_public_id'))
    )
    op.create_index('ix_panel_score_region_path', 'panel_score', ['region_path'], unique=False, postgresql_using='gin')
    op.create_table('usage_check',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('public_id', sa.Uuid(), nullable=False),
    sa.Column('instrument_id', sa.BigInteger(), nullable=False),
    sa.Column('period_start', sa.DateTime(timezone=True), nullable=False),
    sa.Column('period_end', sa.DateTime(timezone=True), nullable=False),
    sa.Column('declared_minutes', sa.Integer(), nullable=False),
    sa.Column('sensor_minutes', sa.Integer(), nullable=False),
    sa.Column('offline_minutes', sa.Integer(), nullable=False),
    sa.Column('verdict', sa.String(length=12), nullable=False),
    sa.Column('explanation', sa.String(length=1000), nullable=False),
    sa.Column('explained_by', sa.Uuid(), nullable=True),
    sa.Column('explained_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('checked_by', sa.Uuid(), nullable=False),
    sa.Column('checked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('unit_id', sa.BigInteger(), nullable=False),
    sa.Column('region_path', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.CheckConstraint("verdict in ('consistent', 'doubtful', 'unmeasured')", name=op.f('ck_usage_check_verdict')),
    sa.CheckConstraint('period_end > period_start', name=op.f('ck_usage_check_period')),
    sa.ForeignKeyConstraint(['instrument_id'], ['instrument.id'], name=op.f('fk_usage_check_instrument_id')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_usage_check_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_usage_check')),
    sa.UniqueConstraint('instrument_id', 'period_start', 'period_end', name=op.f('uq_usage_check_instrument_id_period_start_period_end')),
    sa.UniqueConstraint('public_id', name=op.f('uq_usage_check_public_id'))
    )
    op.create_index('ix_usage_check_region_path', 'usage_check', ['region_path'], unique=False, postgresql_using='gin')
    op.create_index(op.f('ix_usage_check_unit_id'), 'usage_check', ['unit_id'], unique=False)
    op.create_table('eval_indicator',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('score_id', sa.BigInteger(), nullable=False),
    sa.Column('code', sa.String(length=4), nullable=False),
    sa.Column('weight', sa.Numeric(precision=5, scale=2), nullable=False),
    sa.Column('share', sa.Numeric(precision=12, scale=10), nullable=False),
    sa.Column('points', sa.Numeric(precision=12, scale=8), nullable=False),
    sa.Column('inputs', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('evidence', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('computed_by', sa.Uuid(), nullable=False),
    sa.Column('unit_id', sa.BigInteger(), nullable=False),
    sa.Column('region_path', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.CheckConstraint('share between 0 and 1', name=op.f('ck_eval_indicator_share')),
    sa.ForeignKeyConstraint(['score_id'], ['eval_score.id'], name=op.f('fk_eval_indicator_score_id')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_eval_indicator_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_eval_indicator')),
    sa.UniqueConstraint('score_id', 'code', name=op.f('uq_eval_indicator_score_id_code'))
    )
    op.create_index('ix_eval_indicator_region_path', 'eval_indicator', ['region_path'], unique=False, postgresql_using='gin')
    op.create_index(op.f('ix_eval_indicator_unit_id'), 'eval_indicator', ['unit_id'], unique=False)
    op.create_table('eval_result',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('public_id', sa.Uuid(), nullable=False),
    sa.Column('eval_unit_id', sa.BigInteger(), nullable=False),
    sa.Column('period_id', sa.BigInteger(), nullable=False),
    sa.Column('score_id', sa.BigInteger(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('stage', sa.String(length=12), nullable=False),
    sa.Column('total', sa.Numeric(precision=5, scale=2), nullable=False),
    sa.Column('grade', sa.String(length=10), nullable=False),
    sa.Column('rank', sa.Integer(), nullable=False),
    sa.Column('ranked', sa.Integer(), nullable=False),
    sa.Column('veto', sa.String(length=20), nullable=False),
    sa.Column('rule', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('made_by', sa.Uuid(), nullable=False),
    sa.Column('unit_id', sa.BigInteger(), nullable=False),
    sa.Column('region_path', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.CheckConstraint("grade in ('excellent', 'good', 'fair', 'poor')", name=op.f('ck_eval_result_grade')),
    sa.CheckConstraint("stage in ('provisional', 'published')", name=op.f('ck_eval_result_stage')),
    sa.CheckConstraint('rank between 1 and ranked', name=op.f('ck_eval_result_rank')),
    sa.ForeignKeyConstraint(['eval_unit_id'], ['eval_unit.id'], name=op.f('fk_eval_result_eval_unit_id')),
    sa.ForeignKeyConstraint(['period_id'], ['eval_period.id'], name=op.f('fk_eval_result_period_id')),
    sa.ForeignKeyConstraint(['score_id'], ['eval_score.id'], name=op.f('fk_eval_result_score_id')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_eval_result_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_eval_result')),
    sa.UniqueConstraint('eval_unit_id', 'version', name=op.f('uq_eval_result_eval_unit_id_version')),
    sa.UniqueConstraint('public_id', name=op.f('uq_eval_result_public_id'))
    )
    op.create_index(op.f('ix_eval_result_period_id'), 'eval_result', ['period_id'], unique=False)
    op.create_index('ix_eval_result_region_path', 'eval_result', ['region_path'], unique=False, postgresql_using='gin')
    op.create_index(op.f('ix_eval_result_unit_id'), 'eval_result', ['unit_id'], unique=False)
    op.create_table('remeasure',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('public_id', sa.Uuid(), nullable=False),
    sa.Column('item_id', sa.BigInteger(), nullable=False),
    sa.Column('period_start', sa.DateTime(timezone=True), nullable=False),
    sa.Column('period_end', sa.DateTime(timezone=True), nullable=False),
    sa.Column('verdict', sa.String(length=10), nullable=False),
    sa.Column('running_hours', sa.Numeric(precision=10, scale=2), nullable=False),
    sa.Column('offline_percent', sa.Numeric(precision=5, scale=2), nullable=False),
    sa.Column('rule', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('case_id', sa.Uuid(), nullable=True),
    sa.Column('measured_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('measured_by', sa.Uuid(), nullable=False),
    sa.Column('unit_id', sa.BigInteger(), nullable=False),
    sa.Column('region_path', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.CheckConstraint('period_end > period_start', name=op.f('ck_remeasure_period')),
    sa.ForeignKeyConstraint(['item_id'], ['bulletin_item.id'], name=op.f('fk_remeasure_item_id')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_remeasure_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_remeasure')),
    sa.UniqueConstraint('item_id', 'period_start', name=op.f('uq_remeasure_item_id_period_start')),
    sa.UniqueConstraint('public_id', name=op.f('uq_remeasure_public_id'))
    )
    op.create_index(op.f('ix_remeasure_case_id'), 'remeasure', ['case_id'], unique=False)
    op.create_index('ix_remeasure_region_path', 'remeasure', ['region_path'], unique=False, postgresql_using='gin')
    op.create_index(op.f('ix_remeasure_unit_id'), 'remeasure', ['unit_id'], unique=False)
    op.create_table('eval_appeal',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('public_id', sa.Uuid(), nullable=False),
    sa.Column('eval_unit_id', sa.BigInteger(), nullable=False),
    sa.Column('result_id', sa.BigInteger(), nullable=False),
    sa.Column('grounds', sa.String(length=2000), nullable=False),
    sa.Column('lodged_by', sa.Uuid(), nullable=False),
    sa.Column('lodged_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('accepted_by', sa.Uuid(), nullable=True),
    sa.Column('outcome', sa.String(length=12), nullable=False),
    sa.Column('decision', sa.String(length=2000), nullable=False),
    sa.Column('decided_by', sa.Uuid(), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('unit_id', sa.BigInteger(), nullable=False),
    sa.Column('region_path', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.CheckConstraint("outcome in ('', 'upheld', 'corrected')", name=op.f('ck_eval_appeal_outcome')),
    sa.CheckConstraint('decided_by is null or decided_by <> accepted_by', name=op.f('ck_eval_appeal_two_people')),
    sa.ForeignKeyConstraint(['eval_unit_id'], ['eval_unit.id'], name=op.f('fk_eval_appeal_eval_unit_id')),
    sa.ForeignKeyConstraint(['result_id'], ['eval_result.id'], name=op.f('fk_eval_appeal_result_id')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_eval_appeal_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_eval_appeal')),
    sa.UniqueConstraint('public_id', name=op.f('uq_eval_appeal_public_id'))
    )
    op.create_index(op.f('ix_eval_appeal_eval_unit_id'), 'eval_appeal', ['eval_unit_id'], unique=False)
    op.create_index('ix_eval_appeal_region_path', 'eval_appeal', ['region_path'], unique=False, postgresql_using='gin')
    op.create_index(op.f('ix_eval_appeal_unit_id'), 'eval_appeal', ['unit_id'], unique=False)
    for statement in SECURITY:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("take the data out first, then restore a backup")
