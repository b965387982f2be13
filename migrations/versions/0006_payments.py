"""payments: tariffs in place of hour prices, orders, payments, refunds, notices, reconciliation"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0006_payments'
down_revision = '0005_studio'
branch_labels = None
depends_on = None


APP = "dayi_app"
SYSTEM = "current_setting('dayi.everything', true) = 'on'"
PERSON = "nullif(current_setting('dayi.person', true), '')::uuid"
UNITS = "string_to_array(nullif(current_setting('dayi.units', true), ''), ',')::bigint[]"
REGIONS = "string_to_array(nullif(current_setting('dayi.regions', true), ''), ',')"
PLACED = f"unit_id = any ({UNITS}) or region_path && {REGIONS}"
OF_ORDER = "exists (select 1 from service_order o where o.id = order_id)"

#: table → who may read its rows; writing always needs system scope.
READERS = {
    # Prices are published: everybody reads them.
    "tariff": "true",
    "service_order": f"{SYSTEM} or payer_id = {PERSON} or payer_unit_id = any ({UNITS}) or {PLACED}",
    "order_line": OF_ORDER,
    "payment": OF_ORDER,
    "refund": OF_ORDER,
    "payment_notice": f"{SYSTEM} or {PLACED}",
    "reconciliation": f"{SYSTEM} or {UNITS} is not null or {REGIONS} is not null",
    "reconciliation_difference": f"{SYSTEM} or {PLACED}",
}
#: table → the columns that may change after a row is written; the rest is frozen, prices above all.
CHANGES = {
    "tariff": "valid",
    "service_order": "case_id, status, gross_fen, discount_fen, offset_fen, payable_fen, paid_fen, "
    "refunded_fen, final_minutes, reason, paid_at, closed_at, closed_by, version",
    "order_line": "",
    "payment": "status, late, transaction_id, pay_url, provider_paid_at, succeeded_at, closed_at, "
    "returned_fen, refund_case_id",
    "refund": "status, refusal, transaction_id, provider_paid_at, ended_at",
    "payment_notice": "",
    "reconciliation": "statement_sha256, lines, in_fen, out_fen, ours_in_fen, ours_out_fen, runs, "
    "ran_at, ran_by",
    "reconciliation_difference": "ours_fen, theirs_fen, ours_status, theirs_status, gone_at",
}

SECURITY = [
    statement
    for table, readers in READERS.items()
    for statement in (
        f"grant select, insert on {table} to {APP}",
        *([f"grant update ({CHANGES[table]}) on {table} to {APP}"] if CHANGES[table] else []),
        f"alter table {table} enable row level security",
        f"create policy sees on {table} for select to {APP} using ({readers})",
        f"create policy adds on {table} for insert to {APP} with check ({SYSTEM})",
        f"create policy moves on {table} for update to {APP} using ({SYSTEM})",
    )
]

#: At the end of every transaction the order's sums are those of its lines, payments and refunds.
#: The owner's function sees all rows, whoever's scope the transaction ends in.
SUMS = """
create function order_sums_hold() returns trigger language plpgsql security definer
set search_path = public as $$
declare
    found_order service_order%rowtype;
    wanted bigint := case when tg_table_name = 'service_order' then new.id
        else (to_jsonb(new) ->> 'order_id')::bigint end;
begin
    select * into found_order from service_order where id = wanted;
    if found_order.gross_fen
        <> coalesce((select sum(amount_fen) from order_line where order_id = wanted), 0) then
        raise exception 'order %: gross is not the sum of its lines', found_order.number
            using errcode = 'check_violation';
    end if;
    if found_order.paid_fen <> coalesce((select sum(amount_fen) from payment
        where order_id = wanted and status = 'succeeded'), 0) then
        raise exception 'order %: paid is not the sum of its payments', found_order.number
            using errcode = 'check_violation';
    end if;
    if found_order.refunded_fen <> coalesce((select sum(amount_fen) from refund
        where order_id = wanted and status = 'succeeded'), 0) then
        raise exception 'order %: refunded is not the sum of its refunds', found_order.number
            using errcode = 'check_violation';
    end if;
    return null;
end $$
"""
WATCHED = ("service_order", "order_line", "payment", "refund")

#: The hour prices that instruments had become tariffs, valid since the instrument is in use.
HOUR_PRICES = """
insert into tariff (public_id, instrument_id, item, tier, price_fen, minimum_fen, valid,
    published_at, published_by, approval_note, unit_id, region_path)
select gen_random_uuid(), i.id, 'hour', t.tier, t.price_fen, 0, daterange(i.begin_date, null),
    i.created_at, '00000000-0000-0000-0000-000000000000', '', i.unit_id, i.region_path
from instrument i, lateral (values ('internal', i.internal_hour_fen),
    ('public_research', i.external_hour_fen), ('enterprise', i.external_hour_fen))
    as t (tier, price_fen)
where t.price_fen is not null
"""


def upgrade() -> None:
    op.create_table('reconciliation',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('public_id', sa.Uuid(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('statement_sha256', sa.String(length=64), nullable=False),
    sa.Column('lines', sa.Integer(), nullable=False),
    sa.Column('in_fen', sa.BigInteger(), nullable=False),
    sa.Column('out_fen', sa.BigInteger(), nullable=False),
    sa.Column('ours_in_fen', sa.BigInteger(), nullable=False),
    sa.Column('ours_out_fen', sa.BigInteger(), nullable=False),
    sa.Column('runs', sa.Integer(), nullable=False),
    sa.Column('ran_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ran_by', sa.Uuid(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reconciliation')),
    sa.UniqueConstraint('day', name=op.f('uq_reconciliation_day')),
    sa.UniqueConstraint('public_id', name=op.f('uq_reconciliation_public_id'))
    )
    op.create_table('reconciliation_difference',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('public_id', sa.Uuid(), nullable=False),
    sa.Column('reconciliation_id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('subject', sa.String(length=8), nullable=False),
    sa.Column('number', sa.String(length=64), nullable=False),
    sa.Column('ours_fen', sa.BigInteger(), nullable=True),
    sa.Column('theirs_fen', sa.BigInteger(), nullable=True),
    sa.Column('ours_status', sa.String(length=12), nullable=False),
    sa.Column('theirs_status', sa.String(length=12), nullable=False),
    sa.Column('order_id', sa.Uuid(), nullable=True),
    sa.Column('found_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('gone_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('unit_id', sa.BigInteger(), nullable=True),
    sa.Column('region_path', sa.ARRAY(sa.Text()), nullable=False),
    sa.CheckConstraint("kind in ('missing_here', 'missing_there', 'amount', 'status')", name=op.f('ck_reconciliation_difference_kind')),
    sa.CheckConstraint("subject in ('payment', 'refund')", name=op.f('ck_reconciliation_difference_subject')),
    sa.ForeignKeyConstraint(['reconciliation_id'], ['reconciliation.id'], name=op.f('fk_reconciliation_difference_reconciliation_id')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_reconciliation_difference_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reconciliation_difference')),
    sa.UniqueConstraint('public_id', name=op.f('uq_reconciliation_difference_public_id')),
    sa.UniqueConstraint('reconciliation_id', 'kind', 'subject', 'number', name=op.f('uq_reconciliation_difference_reconciliation_id_kind_subject_number'))
    )
    op.create_index(op.f('ix_reconciliation_difference_reconciliation_id'), 'reconciliation_difference', ['reconciliation_id'], unique=False)
    op.create_index('ix_reconciliation_difference_region_path', 'reconciliation_difference', ['region_path'], unique=False, postgresql_using='gin')
    op.create_index(op.f('ix_reconciliation_difference_unit_id'), 'reconciliation_difference', ['unit_id'], unique=False)
    op.create_table('tariff',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('public_id', sa.Uuid(), nullable=False),
    sa.Column('instrument_id', sa.BigInteger(), nullable=False),
    sa.Column('item', sa.String(length=8), nullable=False),
    sa.Column('tier', sa.String(length=16), nullable=False),
    sa.Column('price_fen', sa.BigInteger(), nullable=False),
    sa.Column('minimum_fen', sa.BigInteger(), nullable=False),
    sa.Column('valid', postgresql.DATERANGE(), nullable=False),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('published_by', sa.Uuid(), nullable=False),
    sa.Column('approval_note', sa.String(length=200), nullable=False),
    sa.Column('unit_id', sa.BigInteger(), nullable=False),
    sa.Column('region_path', sa.ARRAY(sa.Text()), nullable=False),
    postgresql.ExcludeConstraint((sa.text("int8range(instrument_id, instrument_id, '[]')"), '&&'), (sa.text("int4range((ascii(item) * 256 + ascii(tier)), (ascii(item) * 256 + ascii(tier)), '[]')"), '&&'), (sa.column('valid'), '&&'), using='gist', name='tariff_no_overlap'),
    sa.CheckConstraint("item in ('hour', 'sample', 'time')", name=op.f('ck_tariff_item')),
    sa.CheckConstraint("tier in ('internal', 'public_research', 'enterprise')", name=op.f('ck_tariff_tier')),
    sa.CheckConstraint('not lower_inf(valid)', name=op.f('ck_tariff_valid')),
    sa.CheckConstraint('price_fen >= 0 and minimum_fen >= 0', name=op.f('ck_tariff_amounts')),
    sa.ForeignKeyConstraint(['instrument_id'], ['instrument.id'], name=op.f('fk_tariff_instrument_id')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_tariff_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tariff')),
    sa.UniqueConstraint('public_id', name=op.f('uq_tariff_public_id'))
    )
    op.create_index(op.f('ix_tariff_instrument_id'), 'tariff', ['instrument_id'], unique=False)
    op.create_index('ix_tariff_region_path', 'tariff', ['region_path'], unique=False, postgresql_using='gin')
    op.create_index(op.f('ix_tariff_unit_id'), 'tariff', ['unit_id'], unique=False)
    op.create_table('service_order',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('public_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.String(length=20), nullable=False),
    sa.Column('booking_id', sa.Uuid(), nullable=True),
    sa.Column('case_id', sa.Uuid(), nullable=True),
    sa.Column('instrument_id', sa.BigInteger(), nullable=False),
    sa.Column('payer_id', sa.Uuid(), nullable=False),
    sa.Column('payer_unit_id', sa.BigInteger(), nullable=True),
    sa.Column('status', sa.String(length=12), nullable=False),
    sa.Column('gross_fen', sa.BigInteger(), nullable=False),
    sa.Column('discount_fen', sa.BigInteger(), nullable=False),
    sa.Column('offset_fen', sa.BigInteger(), nullable=False),
    sa.Column('payable_fen', sa.BigInteger(), nullable=False),
    sa.Column('paid_fen', sa.BigInteger(), nullable=False),
    sa.Column('refunded_fen', sa.BigInteger(), nullable=False),
    sa.Column('price', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('final_minutes', sa.Integer(), nullable=True),
    sa.Column('reason', sa.String(length=200), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.Uuid(), nullable=False),
    sa.Column('paid_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closed_by', sa.Uuid(), nullable=True),
    sa.Column('unit_id', sa.BigInteger(), nullable=False),
    sa.Column('region_path', sa.ARRAY(sa.Text()), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("status in ('open', 'paid', 'settled', 'cancelled', 'expired')", name=op.f('ck_service_order_status')),
    sa.CheckConstraint('gross_fen >= 0 and discount_fen >= 0 and offset_fen >= 0', name=op.f('ck_service_order_amounts')),
    sa.CheckConstraint('payable_fen = gross_fen - discount_fen - offset_fen and payable_fen >= 0', name=op.f('ck_service_order_payable')),
    sa.CheckConstraint('refunded_fen >= 0 and refunded_fen <= paid_fen', name=op.f('ck_service_order_refunded')),
    sa.ForeignKeyConstraint(['booking_id'], ['booking.public_id'], name=op.f('fk_service_order_booking_id')),
    sa.ForeignKeyConstraint(['instrument_id'], ['instrument.id'], name=op.f('fk_service_order_instrument_id')),
    sa.ForeignKeyConstraint(['payer_id'], ['person.public_id'], name=op.f('fk_service_order_payer_id')),
    sa.ForeignKeyConstraint(['payer_unit_id'], ['unit.id'], name=op.f('fk_service_order_payer_unit_id')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_service_order_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_service_order')),
    sa.UniqueConstraint('booking_id', name=op.f('uq_service_order_booking_id')),
    sa.UniqueConstraint('number', name=op.f('uq_service_order_number')),
    sa.UniqueConstraint('public_id', name=op.f('uq_service_order_public_id'))
    )
    op.create_index(op.f('ix_service_order_case_id'), 'service_order', ['case_id'], unique=False)
    op.create_index(op.f('ix_service_order_instrument_id'), 'service_order', ['instrument_id'], unique=False)
    op.create_index(op.f('ix_service_order_payer_id'), 'service_order', ['payer_id'], unique=False)
    op.create_index(op.f('ix_service_order_payer_unit_id'), 'service_order', ['payer_unit_id'], unique=False)
    op.create_index('ix_service_order_region_path', 'service_order', ['region_path'], unique=False, postgresql_using='gin')
    op.create_index(op.f('ix_service_order_unit_id'), 'service_order', ['unit_id'], unique=False)
    op.create_table('order_line',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('order_id', sa.BigInteger(), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('tariff_id', sa.Uuid(), nullable=True),
    sa.Column('unit_fen', sa.BigInteger(), nullable=False),
    sa.Column('minutes', sa.Integer(), nullable=True),
    sa.Column('percent', sa.Integer(), nullable=False),
    sa.Column('amount_fen', sa.BigInteger(), nullable=False),
    sa.Column('added_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("kind in ('hours', 'use', 'minimum', 'measured', 'cancellation')", name=op.f('ck_order_line_kind')),
    sa.ForeignKeyConstraint(['order_id'], ['service_order.id'], name=op.f('fk_order_line_order_id')),
    sa.ForeignKeyConstraint(['tariff_id'], ['tariff.public_id'], name=op.f('fk_order_line_tariff_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_order_line')),
    sa.UniqueConstraint('order_id', 'seq', name=op.f('uq_order_line_order_id_seq'))
    )
    op.create_index(op.f('ix_order_line_order_id'), 'order_line', ['order_id'], unique=False)
    op.create_table('payment',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('public_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.String(length=20), nullable=False),
    sa.Column('request_key', sa.String(length=200), nullable=False),
    sa.Column('order_id', sa.BigInteger(), nullable=False),
    sa.Column('purpose', sa.String(length=12), nullable=False),
    sa.Column('amount_fen', sa.BigInteger(), nullable=False),
    sa.Column('status', sa.String(length=12), nullable=False),
    sa.Column('late', sa.Boolean(), nullable=False),
    sa.Column('transaction_id', sa.String(length=64), nullable=True),
    sa.Column('pay_url', sa.String(length=500), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.Uuid(), nullable=False),
    sa.Column('provider_paid_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('succeeded_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('returned_fen', sa.BigInteger(), nullable=False),
    sa.Column('refund_case_id', sa.Uuid(), nullable=True),
    sa.CheckConstraint("purpose in ('booking', 'difference')", name=op.f('ck_payment_purpose')),
    sa.CheckConstraint("status <> 'succeeded' or (transaction_id is not null and succeeded_at is not null)", name=op.f('ck_payment_succeeded')),
    sa.CheckConstraint("status in ('created', 'pending', 'succeeded', 'closed', 'failed')", name=op.f('ck_payment_status')),
    sa.CheckConstraint('amount_fen > 0', name=op.f('ck_payment_amount')),
    sa.CheckConstraint('returned_fen >= 0 and returned_fen <= amount_fen', name=op.f('ck_payment_returned')),
    sa.ForeignKeyConstraint(['order_id'], ['service_order.id'], name=op.f('fk_payment_order_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payment')),
    sa.UniqueConstraint('number', name=op.f('uq_payment_number')),
    sa.UniqueConstraint('public_id', name=op.f('uq_payment_public_id')),
    sa.UniqueConstraint('request_key', name=op.f('uq_payment_request_key')),
    sa.UniqueConstraint('transaction_id', name=op.f('uq_payment_transaction_id'))
    )
    op.create_index(op.f('ix_payment_order_id'), 'payment', ['order_id'], unique=False)
    op.create_index(op.f('ix_payment_provider_paid_at'), 'payment', ['provider_paid_at'], unique=False)
    op.create_index('uq_payment_succeeded_purpose', 'payment', ['order_id', 'purpose'], unique=True, postgresql_where=sa.text("status = 'succeeded' and not late"))
    op.create_table('payment_notice',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('public_id', sa.Uuid(), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('signature', sa.String(length=400), nullable=False),
    sa.Column('nonce', sa.String(length=64), nullable=True),
    sa.Column('notice_id', sa.String(length=64), nullable=True),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('subject_number', sa.String(length=64), nullable=False),
    sa.Column('amount_fen', sa.BigInteger(), nullable=True),
    sa.Column('outcome', sa.String(length=16), nullable=False),
    sa.Column('detail', sa.String(length=200), nullable=False),
    sa.Column('payment_id', sa.BigInteger(), nullable=True),
    sa.Column('unit_id', sa.BigInteger(), nullable=True),
    sa.Column('region_path', sa.ARRAY(sa.Text()), nullable=False),
    sa.CheckConstraint("outcome in ('applied', 'late', 'duplicate', 'superseded', 'wrong_amount', 'unknown', 'forged', 'malformed')", name=op.f('ck_payment_notice_outcome')),
    sa.ForeignKeyConstraint(['payment_id'], ['payment.id'], name=op.f('fk_payment_notice_payment_id')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_payment_notice_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payment_notice')),
    sa.UniqueConstraint('public_id', name=op.f('uq_payment_notice_public_id'))
    )
    op.create_index(op.f('ix_payment_notice_nonce'), 'payment_notice', ['nonce'], unique=False)
    op.create_index(op.f('ix_payment_notice_notice_id'), 'payment_notice', ['notice_id'], unique=False)
    op.create_index(op.f('ix_payment_notice_payment_id'), 'payment_notice', ['payment_id'], unique=False)
    op.create_index(op.f('ix_payment_notice_received_at'), 'payment_notice', ['received_at'], unique=False)
    op.create_index('ix_payment_notice_region_path', 'payment_notice', ['region_path'], unique=False, postgresql_using='gin')
    op.create_index(op.f('ix_payment_notice_unit_id'), 'payment_notice', ['unit_id'], unique=False)
    op.create_table('refund',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('public_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.String(length=20), nullable=False),
    sa.Column('request_key', sa.String(length=200), nullable=False),
    sa.Column('order_id', sa.BigInteger(), nullable=False),
    sa.Column('payment_id', sa.BigInteger(), nullable=False),
    sa.Column('amount_fen', sa.BigInteger(), nullable=False),
    sa.Column('reason', sa.String(length=200), nullable=False),
    sa.Column('status', sa.String(length=12), nullable=False),
    sa.Column('refusal', sa.String(length=60), nullable=False),
    sa.Column('transaction_id', sa.String(length=64), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.Uuid(), nullable=False),
    sa.Column('provider_paid_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("status in ('created', 'pending', 'succeeded', 'refused')", name=op.f('ck_refund_status')),
    sa.CheckConstraint('amount_fen > 0', name=op.f('ck_refund_amount')),
    sa.ForeignKeyConstraint(['order_id'], ['service_order.id'], name=op.f('fk_refund_order_id')),
    sa.ForeignKeyConstraint(['payment_id'], ['payment.id'], name=op.f('fk_refund_payment_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_refund')),
    sa.UniqueConstraint('number', name=op.f('uq_refund_number')),
    sa.UniqueConstraint('public_id', name=op.f('uq_refund_public_id')),
    sa.UniqueConstraint('request_key', name=op.f('uq_refund_request_key')),
    sa.UniqueConstraint('transaction_id', name=op.f('uq_refund_transaction_id'))
    )
    op.create_index(op.f('ix_refund_order_id'), 'refund', ['order_id'], unique=False)
    op.create_index(op.f('ix_refund_payment_id'), 'refund', ['payment_id'], unique=False)
    op.create_index(op.f('ix_refund_provider_paid_at'), 'refund', ['provider_paid_at'], unique=False)

    op.execute(HOUR_PRICES)
    op.drop_column('instrument', 'external_hour_fen')
    op.drop_column('instrument', 'internal_hour_fen')
    for statement in SECURITY:
        op.execute(statement)
    op.execute(SUMS)
    for table in WATCHED:
        op.execute(
            f"create constraint trigger {table}_sums after insert or update on {table} "
            "deferrable initially deferred for each row execute function order_sums_hold()"
        )


def downgrade() -> None:
    raise NotImplementedError("take the data out first, then restore a backup")
