"""dedup: the index's mark, searches for likes with their decisions, imports, asset codes"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0008_dedup'
down_revision = '0007_vouchers'
branch_labels = None
depends_on = None


APP = "dayi_app"
SYSTEM = "current_setting('dayi.everything', true) = 'on'"
PERSON = "nullif(current_setting('dayi.person', true), '')::uuid"
UNITS = "string_to_array(nullif(current_setting('dayi.units', true), ''), ',')::bigint[]"
REGIONS = "string_to_array(nullif(current_setting('dayi.regions', true), ''), ',')"

SCOPED = f"{SYSTEM} or unit_id = any ({UNITS}) or region_path && {REGIONS}"
#: table → who may read its rows; writing always needs system scope.
READERS = {
    "dedup_run": f"{SCOPED} or requested_by = {PERSON} "
    "or exists (select 1 from instance i where i.public_id = case_id)",
    "dedup_hit": "exists (select 1 from dedup_run r where r.id = run_id)",
    "dedup_decision": "exists (select 1 from dedup_run r where r.id = run_id)",
    "import_batch": f"{SCOPED} or imported_by = {PERSON}",
    "import_row": "exists (select 1 from import_batch b where b.id = batch_id)",
    "giai_code": "true",
}
#: What may be changed after it was written; everything else stays as it was.
CHANGES = {
    "import_batch": "total, ok, warned, rejected, finished_at",
    "giai_code": "retired_at, retired_by, superseded_by",
}

TRIGGERS = [
    """create function instrument_changed() returns trigger language plpgsql as $$
begin
  new.changed_in := pg_current_xact_id()::text::bigint;
  return new;
end $$""",
    "create trigger marks_change before insert or update on instrument"
    " for each row execute function instrument_changed()",
    """create function unit_renamed() returns trigger language plpgsql as $$
begin
  update instrument set version = version where unit_id = new.id;
  return null;
end $$""",
    "create trigger marks_instruments after update of name_zh, name_en, short_names on unit"
    " for each row when ((old.name_zh, old.name_en, old.short_names)"
    " is distinct from (new.name_zh, new.name_en, new.short_names))"
    " execute function unit_renamed()",
    # Whoever writes a code enters it in the register, where no code stands twice and none is
    # ever free again.
    f"""create function giai_registered() returns trigger language plpgsql as $$
declare
  person uuid := coalesce({PERSON}, '00000000-0000-0000-0000-000000000000');
begin
  if tg_op = 'UPDATE' and old.giai is not null then
    update giai_code set retired_at = now(), retired_by = person
      where code = old.giai and retired_at is null;
  end if;
  if new.giai is not null then
    insert into giai_code (code, unit_id, instrument_id, issued_by, issued_at)
      values (new.giai, new.unit_id, new.id, person, now());
    if tg_op = 'UPDATE' and old.giai is not null then
      update giai_code set superseded_by = new.giai where code = old.giai;
    end if;
  end if;
  return null;
end $$""",
    "create trigger registers_giai after insert on instrument"
    " for each row when (new.giai is not null) execute function giai_registered()",
    "create trigger registers_new_giai after update of giai on instrument"
    " for each row when (new.giai is distinct from old.giai) execute function giai_registered()",
]


def _secure(table: str, readers: str) -> list[str]:
    grants = [f"grant select, insert on {table} to {APP}"]
    if table in CHANGES:
        grants.append(f"grant update ({CHANGES[table]}) on {table} to {APP}")
    return [
        *grants,
        f"alter table {table} enable row level security",
        f"create policy sees on {table} for select to {APP} using ({readers})",
        f"create policy adds on {table} for insert to {APP} with check ({SYSTEM})",
        f"create policy moves on {table} for update to {APP} using ({SYSTEM})",
    ]


def upgrade() -> None:
    op.drop_column('instrument', 'search_text')
    op.add_column('instrument', sa.Column('changed_in', sa.BigInteger(), server_default=sa.text('0'), nullable=False))
    op.create_index(op.f('ix_instrument_changed_in'), 'instrument', ['changed_in'], unique=False)
    op.drop_constraint(op.f('ck_instrument_lifecycle'), 'instrument', type_='check')
    op.create_check_constraint(op.f('ck_instrument_lifecycle'), 'instrument', "lifecycle in ('pending', 'online', 'suspended', 'retired')")
    op.create_table('dedup_run',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('public_id', sa.Uuid(), nullable=False),
    sa.Column('case_id', sa.Uuid(), nullable=True),
    sa.Column('requested_by', sa.Uuid(), nullable=False),
    sa.Column('unit_id', sa.BigInteger(), nullable=True),
    sa.Column('region_path', sa.ARRAY(sa.Text()), nullable=False),
    sa.Column('searched_in', sa.String(length=10), nullable=False),
    sa.Column('snapshot', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('snapshot_hash', sa.String(length=64), nullable=False),
    sa.Column('algorithm', sa.String(length=60), nullable=False),
    sa.Column('scorer', sa.String(length=16), nullable=False),
    sa.Column('searched', sa.Integer(), nullable=False),
    sa.Column('model_from', sa.Float(), nullable=False),
    sa.Column('function_from', sa.Float(), nullable=False),
    sa.Column('ran_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_dedup_run_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_dedup_run')),
    sa.UniqueConstraint('public_id', name=op.f('uq_dedup_run_public_id'))
    )
    op.create_index(op.f('ix_dedup_run_case_id'), 'dedup_run', ['case_id'], unique=False)
    op.create_index(op.f('ix_dedup_run_requested_by'), 'dedup_run', ['requested_by'], unique=False)
    op.create_index(op.f('ix_dedup_run_unit_id'), 'dedup_run', ['unit_id'], unique=False)
    op.create_index('ix_dedup_run_region_path', 'dedup_run', ['region_path'], unique=False, postgresql_using='gin')
    op.create_table('dedup_hit',
    sa.Column('run_id', sa.BigInteger(), nullable=False),
    sa.Column('rank', sa.Integer(), nullable=False),
    sa.Column('instrument_id', sa.Uuid(), nullable=False),
    sa.Column('snapshot', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('same_model', sa.Float(), nullable=False),
    sa.Column('same_function', sa.Float(), nullable=False),
    sa.Column('reasons', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('availability', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.ForeignKeyConstraint(['run_id'], ['dedup_run.id'], name=op.f('fk_dedup_hit_run_id')),
    sa.PrimaryKeyConstraint('run_id', 'rank', name=op.f('pk_dedup_hit'))
    )
    op.create_index(op.f('ix_dedup_hit_instrument_id'), 'dedup_hit', ['instrument_id'], unique=False)
    op.create_table('dedup_decision',
    sa.Column('run_id', sa.BigInteger(), nullable=False),
    sa.Column('advice', sa.String(length=40), nullable=False),
    sa.Column('decision', sa.String(length=40), nullable=False),
    sa.Column('departs', sa.Boolean(), nullable=False),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('decided_by', sa.Uuid(), nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("departs = (advice <> decision) and (not departs or reason <> '')", name=op.f('ck_dedup_decision_reason')),
    sa.ForeignKeyConstraint(['run_id'], ['dedup_run.id'], name=op.f('fk_dedup_decision_run_id')),
    sa.PrimaryKeyConstraint('run_id', name=op.f('pk_dedup_decision'))
    )
    op.create_table('import_batch',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('public_id', sa.Uuid(), nullable=False),
    sa.Column('unit_id', sa.BigInteger(), nullable=False),
    sa.Column('region_path', sa.ARRAY(sa.Text()), nullable=False),
    sa.Column('file_name', sa.String(length=200), nullable=False),
    sa.Column('file_hash', sa.String(length=64), nullable=False),
    sa.Column('imported_by', sa.Uuid(), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('total', sa.Integer(), nullable=False),
    sa.Column('ok', sa.Integer(), nullable=False),
    sa.Column('warned', sa.Integer(), nullable=False),
    sa.Column('rejected', sa.Integer(), nullable=False),
    sa.CheckConstraint('finished_at is null or total = ok + warned + rejected', name=op.f('ck_import_batch_counts')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_import_batch_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_import_batch')),
    sa.UniqueConstraint('public_id', name=op.f('uq_import_batch_public_id')),
    sa.UniqueConstraint('unit_id', 'file_hash', name=op.f('uq_import_batch_unit_id_file_hash'))
    )
    op.create_index('ix_import_batch_region_path', 'import_batch', ['region_path'], unique=False, postgresql_using='gin')
    op.create_table('import_row',
    sa.Column('batch_id', sa.BigInteger(), nullable=False),
    sa.Column('row', sa.Integer(), nullable=False),
    sa.Column('status', sa.String(length=10), nullable=False),
    sa.Column('values', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('problems', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('instrument_id', sa.Uuid(), nullable=True),
    sa.CheckConstraint("status in ('ok', 'warned', 'rejected')", name=op.f('ck_import_row_status')),
    sa.ForeignKeyConstraint(['batch_id'], ['import_batch.id'], name=op.f('fk_import_row_batch_id')),
    sa.PrimaryKeyConstraint('batch_id', 'row', name=op.f('pk_import_row'))
    )
    op.create_table('giai_code',
    sa.Column('code', sa.String(length=30), nullable=False),
    sa.Column('unit_id', sa.BigInteger(), nullable=False),
    sa.Column('instrument_id', sa.BigInteger(), nullable=False),
    sa.Column('issued_by', sa.Uuid(), nullable=False),
    sa.Column('issued_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('retired_by', sa.Uuid(), nullable=True),
    sa.Column('retired_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('superseded_by', sa.String(length=30), nullable=True),
    sa.CheckConstraint('(retired_by is null) = (retired_at is null)', name=op.f('ck_giai_code_retired')),
    sa.ForeignKeyConstraint(['instrument_id'], ['instrument.id'], name=op.f('fk_giai_code_instrument_id')),
    sa.ForeignKeyConstraint(['superseded_by'], ['giai_code.code'], name=op.f('fk_giai_code_superseded_by')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_giai_code_unit_id')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_giai_code'))
    )
    op.create_index(op.f('ix_giai_code_instrument_id'), 'giai_code', ['instrument_id'], unique=False)
    op.create_index(op.f('ix_giai_code_unit_id'), 'giai_code', ['unit_id'], unique=False)
    op.create_index('uq_giai_code_live', 'giai_code', ['instrument_id'], unique=True, postgresql_where=sa.text('retired_at is null'))
    # Codes that instruments carry already are taken.
    op.execute(
        "insert into giai_code (code, unit_id, instrument_id, issued_by, issued_at)"
        " select giai, unit_id, id, '00000000-0000-0000-0000-000000000000', created_at"
        " from instrument where giai is not null"
    )
    for statement in TRIGGERS:
        op.execute(statement)
    for table, readers in READERS.items():
        for statement in _secure(table, readers):
            op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("take the data out first, then restore a backup")
