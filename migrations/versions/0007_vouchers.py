"""vouchers: an append-only double-entry ledger that the database itself keeps right"""

import sqlalchemy as sa
from alembic import op

revision = '0007_vouchers'
down_revision = '0006_payments'
branch_labels = None
depends_on = None


APP = "dayi_app"
SYSTEM = "current_setting('dayi.everything', true) = 'on'"
PERSON = "nullif(current_setting('dayi.person', true), '')::uuid"
UNITS = "string_to_array(nullif(current_setting('dayi.units', true), ''), ',')::bigint[]"
REGIONS = "string_to_array(nullif(current_setting('dayi.regions', true), ''), ',')"

#: The people of a unit see what the unit holds, whatever their role in it.
OWN_UNIT = f"(select p.unit_id from person p where p.public_id = {PERSON})"
HOLDER = f"unit_id = any ({UNITS}) or unit_id = {OWN_UNIT}"
#: table → who may read its rows; writing always needs system scope.
READERS = {
    "enterprise_register": f"{SYSTEM} or region_path && {REGIONS}",
    "voucher_pool": f"{SYSTEM} or region_path && {REGIONS} "
    "or exists (select 1 from voucher v where v.pool_id = voucher_pool.id)",
    "voucher": f"{SYSTEM} or {HOLDER} or region_path && {REGIONS}",
    "voucher_year": f"{SYSTEM} or {HOLDER}",
    # A carrier sees the moves of its own orders, and nothing else of the voucher.
    "voucher_move": f"{SYSTEM} or {HOLDER} or region_path && {REGIONS} "
    f"or carrier_unit_id = any ({UNITS})",
    "voucher_entry": "exists (select 1 from voucher_move m where m.id = move_id)",
}
#: table → what the application may write; balances and everything derived is not among it.
WRITES = {
    "enterprise_register": ("insert", "update"),
    "voucher_pool": (
        "insert (public_id, region, region_path, year, name, created_at, created_by, closed_at)",
        "update (name, closed_at)",
    ),
    "voucher": (
        "insert (public_id, number, pool_id, unit_id, region_path, case_id, face_fen, valid_from, "
        "valid_until, issued_at, reminded_at)",
        "update (reminded_at)",
    ),
    "voucher_year": ("insert", "update (weighed_at)"),
    "voucher_move": (
        "insert (public_id, kind, request_key, pool_id, voucher_id, order_id, carrier_unit_id, "
        "amount_fen, cap_fen, actor, at, reason)",
    ),
    "voucher_entry": ("insert (move_id, voucher_id, account, amount_fen)",),
}

DAY = "({at} at time zone 'Asia/Shanghai')::date"

FUNCTIONS = [
    # What a move concerns is looked up, not believed; what it depends on is locked, in the order
    # of the house: the holder's year, the pool, the voucher.
    f"""
create function voucher_move_begins() returns trigger language plpgsql
security definer set search_path = pg_catalog, public as $$
declare
  v voucher;
  today date := {DAY.format(at="new.at")};
begin
  new.transaction := pg_current_xact_id()::text::bigint;
  if new.kind = 'budget' then
    select p.year, p.region_path into new.year, new.region_path
      from voucher_pool p where p.id = new.pool_id for no key update;
    update voucher_pool set budget_fen = budget_fen + new.amount_fen where id = new.pool_id;
    return new;
  end if;
  select * into v from voucher where id = new.voucher_id;
  if v.id is null then
    raise exception 'voucher ledger: a move without a voucher' using errcode = 'check_violation';
  end if;
  new.pool_id := v.pool_id;
  new.unit_id := v.unit_id;
  new.region_path := v.region_path;
  new.year := extract(year from today);
  if new.kind in ('issue', 'reserve') then
    insert into voucher_year (unit_id, year, weighed_at) values (v.unit_id, new.year, new.at)
      on conflict (unit_id, year) do update set weighed_at = excluded.weighed_at;
  end if;
  if new.kind = 'issue' then
    perform from voucher_pool where id = v.pool_id for no key update;
  end if;
  select * into v from voucher where id = new.voucher_id for no key update;
  if new.kind in ('settle', 'release') then
    -- What is given back counts for the year in which it was taken.
    select m.year into new.year from voucher_move m
      where m.voucher_id = v.id and m.order_id = new.order_id and m.kind = 'reserve'
      order by m.id desc limit 1;
  end if;
  perform voucher_move_allowed(new, v, today);
  update voucher set
      frozen = case new.kind when 'freeze' then true when 'unfreeze' then false else frozen end,
      status = case new.kind when 'expire' then 'expired' when 'revoke' then 'revoked'
        else status end
    where id = v.id and new.kind in ('freeze', 'unfreeze', 'expire', 'revoke');
  return new;
end $$""",
    """
create function voucher_move_allowed(m voucher_move, v voucher, today date) returns void
language plpgsql set search_path = pg_catalog, public as $$
begin
  if m.kind = 'reserve'
      and (v.frozen or v.status <> 'open' or today < v.valid_from or today >= v.valid_until) then
    raise exception 'voucher ledger: % cannot be reserved now', v.number
      using errcode = 'check_violation';
  elsif m.kind in ('expire', 'revoke', 'freeze', 'unfreeze') and v.status <> 'open' then
    raise exception 'voucher ledger: % is closed', v.number using errcode = 'check_violation';
  elsif m.kind = 'expire' and today < v.valid_until then
    raise exception 'voucher ledger: % is still valid', v.number
      using errcode = 'check_violation';
  end if;
end $$""",
    # An entry belongs to a move of the same transaction: what was committed takes no more.
    """
create function voucher_entry_begins() returns trigger language plpgsql
security definer set search_path = pg_catalog, public as $$
declare
  m voucher_move;
begin
  select * into m from voucher_move where id = new.move_id;
  if m.transaction is distinct from pg_current_xact_id()::text::bigint
      or m.voucher_id is distinct from new.voucher_id then
    raise exception 'voucher ledger: an entry for another time or another voucher'
      using errcode = 'check_violation';
  end if;
  update voucher set
      available_fen = available_fen + case new.account when 'available' then new.amount_fen else 0 end,
      reserved_fen = reserved_fen + case new.account when 'reserved' then new.amount_fen else 0 end,
      settled_fen = settled_fen + case new.account when 'settled' then new.amount_fen else 0 end,
      redeemed_fen = redeemed_fen + case new.account when 'redeemed' then new.amount_fen else 0 end,
      expired_fen = expired_fen + case new.account when 'expired' then new.amount_fen else 0 end,
      revoked_fen = revoked_fen + case new.account when 'revoked' then new.amount_fen else 0 end
    where id = new.voucher_id;
  return new;
end $$""",
    # At the end of the transaction: every move is zero in sum and goes one of the known ways.
    """
create function voucher_move_balances() returns trigger language plpgsql
security definer set search_path = pg_catalog, public as $$
declare
  m voucher_move;
  total bigint;
  gross bigint;
  ways boolean;
begin
  if tg_table_name = 'voucher_entry' then
    select * into m from voucher_move where id = new.move_id;
  else
    m := new;
  end if;
  select coalesce(sum(e.amount_fen), 0),
      coalesce(sum(e.amount_fen) filter (where e.amount_fen > 0), 0),
      coalesce(bool_and(coalesce(case when e.amount_fen < 0 then e.account = (case m.kind
          when 'issue' then 'pool' when 'reserve' then 'available' when 'settle' then 'reserved'
          when 'release' then 'reserved' when 'expire' then 'available'
          when 'revoke' then 'available' end)
        else e.account = any (case m.kind when 'issue' then array['available']
          when 'reserve' then array['reserved'] when 'expire' then array['expired']
          when 'revoke' then array['revoked']
          when 'settle' then array['settled', 'available', 'expired', 'revoked']
          when 'release' then array['available', 'expired', 'revoked'] end) end, false)), true)
    into total, gross, ways
    from voucher_entry e where e.move_id = m.id;
  if m.kind = 'budget' then
    gross := m.amount_fen;
  end if;
  if total <> 0 or not ways or gross <> m.amount_fen then
    raise exception 'voucher ledger: the entries of % % do not balance', m.kind, m.request_key
      using errcode = 'check_violation';
  end if;
  perform voucher_limits(m);
  if m.voucher_id is not null then
    perform voucher_is_whole(m.voucher_id);
  end if;
  return null;
end $$""",
    # Budgets, caps and orders: what a single move cannot show. The locks were taken when it began.
    """
create function voucher_limits(m voucher_move) returns void language plpgsql
security definer set search_path = pg_catalog, public as $$
declare
  amount bigint;
begin
  if m.kind in ('issue', 'budget') then
    select coalesce(sum(v.face_fen - v.expired_fen - v.revoked_fen), 0) into amount
      from voucher v where v.pool_id = m.pool_id;
    if amount > (select budget_fen from voucher_pool where id = m.pool_id) then
      raise exception 'voucher ledger: pool % is overspent', m.pool_id
        using errcode = 'check_violation';
    end if;
  end if;
  if m.cap_fen is not null and m.kind in ('issue', 'reserve') then
    select coalesce(sum(e.amount_fen), 0) into amount
      from voucher_entry e join voucher_move o on o.id = e.move_id
      where o.unit_id = m.unit_id and o.year = m.year
        and case m.kind when 'issue' then o.kind = 'issue' and e.account = 'available'
          else e.account in ('reserved', 'settled', 'redeemed') end;
    if amount > m.cap_fen then
      raise exception 'voucher ledger: unit % is over its cap of %', m.unit_id, m.year
        using errcode = 'check_violation';
    end if;
  end if;
  if m.order_id is not null and exists (
      select 1 from voucher_entry e join voucher_move o on o.id = e.move_id
      where o.order_id = m.order_id and e.account = 'reserved'
      group by e.voucher_id having sum(e.amount_fen) < 0
        or (sum(e.amount_fen) > 0 and e.voucher_id <> m.voucher_id)) then
    raise exception 'voucher ledger: order % has more than one reservation, or less than none',
      m.order_id using errcode = 'check_violation';
  end if;
end $$""",
    """
create function voucher_is_whole(which bigint) returns void language plpgsql
security definer set search_path = pg_catalog, public as $$
begin
  if exists (
    select 1 from voucher v left join lateral (
      select coalesce(sum(amount_fen) filter (where account = 'available'), 0) as available,
        coalesce(sum(amount_fen) filter (where account = 'reserved'), 0) as reserved,
        coalesce(sum(amount_fen) filter (where account = 'settled'), 0) as settled,
        coalesce(sum(amount_fen) filter (where account = 'redeemed'), 0) as redeemed,
        coalesce(sum(amount_fen) filter (where account = 'expired'), 0) as expired,
        coalesce(sum(amount_fen) filter (where account = 'revoked'), 0) as revoked,
        coalesce(-sum(amount_fen) filter (where account = 'pool'), 0) as issued
      from voucher_entry e where e.voucher_id = v.id) l on true
    where v.id = which and (
      (v.available_fen, v.reserved_fen, v.settled_fen, v.redeemed_fen, v.expired_fen,
        v.revoked_fen, v.face_fen)
        is distinct from
        (l.available, l.reserved, l.settled, l.redeemed, l.expired, l.revoked, l.issued)
      or v.face_fen <> v.available_fen + v.reserved_fen + v.settled_fen + v.redeemed_fen
        + v.expired_fen + v.revoked_fen
      or (v.status <> 'open' and v.available_fen > 0))) then
    raise exception 'voucher ledger: voucher % is not the sum of its entries', which
      using errcode = 'check_violation';
  end if;
end $$""",
    """
create function voucher_stays_whole() returns trigger language plpgsql
security definer set search_path = pg_catalog, public as $$
begin
  perform voucher_is_whole(new.id);
  return null;
end $$""",
    """
create function voucher_budget_is_moved() returns trigger language plpgsql
security definer set search_path = pg_catalog, public as $$
begin
  if (select budget_fen from voucher_pool where id = new.id) <> (
      select coalesce(sum(amount_fen), 0) from voucher_move
      where pool_id = new.id and kind = 'budget') then
    raise exception 'voucher ledger: the budget of pool % was not moved', new.id
      using errcode = 'check_violation';
  end if;
  return null;
end $$""",
    """
create function voucher_ledger_only_grows() returns trigger language plpgsql as $$
begin
  raise exception 'voucher ledger: what is written stays' using errcode = 'check_violation';
end $$""",
]

TRIGGERS = [
    "create trigger begins before insert on voucher_move "
    "for each row execute function voucher_move_begins()",
    "create trigger begins before insert on voucher_entry "
    "for each row execute function voucher_entry_begins()",
    "create constraint trigger balances after insert on voucher_move "
    "deferrable initially deferred for each row execute function voucher_move_balances()",
    "create constraint trigger balances after insert on voucher_entry "
    "deferrable initially deferred for each row execute function voucher_move_balances()",
    "create constraint trigger has_an_issue after insert on voucher "
    "deferrable initially deferred for each row execute function voucher_stays_whole()",
    # What the entries' own trigger writes is checked with the entries.
    "create constraint trigger stays_whole after update on voucher "
    "deferrable initially deferred for each row when (pg_trigger_depth() = 0) "
    "execute function voucher_stays_whole()",
    "create constraint trigger budget_is_moved after insert or update on voucher_pool "
    "deferrable initially deferred for each row when (pg_trigger_depth() = 0) "
    "execute function voucher_budget_is_moved()",
    *[
        statement
        for table in ("voucher_move", "voucher_entry")
        for statement in (
            f"create trigger only_grows before update or delete on {table} "
            "for each row execute function voucher_ledger_only_grows()",
            f"create trigger only_grows_whole before truncate on {table} "
            "for each statement execute function voucher_ledger_only_grows()",
        )
    ],
]

SECURITY = [
    statement
    for table, readers in READERS.items()
    for statement in (
        f"grant select, {', '.join(WRITES[table])} on {table} to {APP}",
        f"alter table {table} enable row level security",
        f"create policy sees on {table} for select to {APP} using ({readers})",
        f"create policy adds on {table} for insert to {APP} with check ({SYSTEM})",
        f"create policy moves on {table} for update to {APP} using ({SYSTEM})",
    )
]


def upgrade() -> None:
    op.create_table('enterprise_register',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('register', sa.String(length=20), nullable=False),
    sa.Column('uscc', sa.String(length=18), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('region', sa.String(length=6), nullable=False),
    sa.Column('region_path', sa.ARRAY(sa.Text()), nullable=False),
    sa.Column('legal_representative', sa.String(length=60), nullable=False),
    sa.Column('parent_uscc', sa.String(length=18), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_until', sa.Date(), nullable=True),
    sa.Column('source', sa.String(length=200), nullable=False),
    sa.Column('imported_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('imported_by', sa.Uuid(), nullable=False),
    sa.CheckConstraint("register in ('tech_sme', 'startup_team', 'blacklist')", name=op.f('ck_enterprise_register_register')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_enterprise_register')),
    sa.UniqueConstraint('register', 'uscc', name=op.f('uq_enterprise_register_register_uscc'))
    )
    op.create_index('ix_enterprise_register_region_path', 'enterprise_register', ['region_path'], unique=False, postgresql_using='gin')
    op.create_index(op.f('ix_enterprise_register_uscc'), 'enterprise_register', ['uscc'], unique=False)
    op.create_table('voucher_pool',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('public_id', sa.Uuid(), nullable=False),
    sa.Column('region', sa.String(length=6), nullable=False),
    sa.Column('region_path', sa.ARRAY(sa.Text()), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('budget_fen', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.Uuid(), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('budget_fen >= 0', name=op.f('ck_voucher_pool_budget')),
    sa.ForeignKeyConstraint(['region'], ['region.code'], name=op.f('fk_voucher_pool_region')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_voucher_pool')),
    sa.UniqueConstraint('public_id', name=op.f('uq_voucher_pool_public_id')),
    sa.UniqueConstraint('region', 'year', 'name', name=op.f('uq_voucher_pool_region_year_name'))
    )
    op.create_index('ix_voucher_pool_region_path', 'voucher_pool', ['region_path'], unique=False, postgresql_using='gin')
    op.create_table('voucher',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('public_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.String(length=20), nullable=False),
    sa.Column('pool_id', sa.BigInteger(), nullable=False),
    sa.Column('unit_id', sa.BigInteger(), nullable=False),
    sa.Column('region_path', sa.ARRAY(sa.Text()), nullable=False),
    sa.Column('case_id', sa.Uuid(), nullable=True),
    sa.Column('face_fen', sa.BigInteger(), nullable=False),
    sa.Column('available_fen', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('reserved_fen', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('settled_fen', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('redeemed_fen', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('expired_fen', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('revoked_fen', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_until', sa.Date(), nullable=False),
    sa.Column('frozen', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('status', sa.String(length=10), server_default='open', nullable=False),
    sa.Column('issued_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('reminded_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("status in ('open', 'expired', 'revoked')", name=op.f('ck_voucher_status')),
    sa.CheckConstraint('face_fen > 0', name=op.f('ck_voucher_face')),
    sa.CheckConstraint('least(available_fen, reserved_fen, settled_fen, redeemed_fen, expired_fen, revoked_fen) >= 0', name=op.f('ck_voucher_balances')),
    sa.CheckConstraint('valid_from < valid_until', name=op.f('ck_voucher_validity')),
    sa.ForeignKeyConstraint(['pool_id'], ['voucher_pool.id'], name=op.f('fk_voucher_pool_id')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_voucher_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_voucher')),
    sa.UniqueConstraint('number', name=op.f('uq_voucher_number')),
    sa.UniqueConstraint('public_id', name=op.f('uq_voucher_public_id'))
    )
    op.create_index(op.f('ix_voucher_case_id'), 'voucher', ['case_id'], unique=False)
    op.create_index(op.f('ix_voucher_pool_id'), 'voucher', ['pool_id'], unique=False)
    op.create_index('ix_voucher_region_path', 'voucher', ['region_path'], unique=False, postgresql_using='gin')
    op.create_index(op.f('ix_voucher_unit_id'), 'voucher', ['unit_id'], unique=False)
    op.create_index(op.f('ix_voucher_valid_until'), 'voucher', ['valid_until'], unique=False)
    op.create_table('voucher_year',
    sa.Column('unit_id', sa.BigInteger(), nullable=False),
    sa.Column('year', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('weighed_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_voucher_year_unit_id')),
    sa.PrimaryKeyConstraint('unit_id', 'year', name=op.f('pk_voucher_year'))
    )
    op.create_table('voucher_move',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('public_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('request_key', sa.String(length=200), nullable=False),
    sa.Column('pool_id', sa.BigInteger(), nullable=False),
    sa.Column('voucher_id', sa.BigInteger(), nullable=True),
    sa.Column('order_id', sa.Uuid(), nullable=True),
    sa.Column('carrier_unit_id', sa.BigInteger(), nullable=True),
    sa.Column('amount_fen', sa.BigInteger(), nullable=False),
    sa.Column('cap_fen', sa.BigInteger(), nullable=True),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('actor', sa.Uuid(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('unit_id', sa.BigInteger(), nullable=True),
    sa.Column('region_path', sa.ARRAY(sa.Text()), nullable=False),
    sa.Column('transaction', sa.BigInteger(), nullable=False),
    sa.CheckConstraint("(kind = 'budget') = (voucher_id is null)", name=op.f('ck_voucher_move_voucher')),
    sa.CheckConstraint("(kind in ('reserve', 'settle', 'release')) = (order_id is not null)", name=op.f('ck_voucher_move_order')),
    sa.CheckConstraint("kind = 'budget' or amount_fen >= 0", name=op.f('ck_voucher_move_amount')),
    sa.CheckConstraint("kind in ('budget', 'issue', 'reserve', 'settle', 'release', 'expire', 'freeze', 'unfreeze', 'revoke')", name=op.f('ck_voucher_move_kind')),
    sa.CheckConstraint("kind not in ('freeze', 'unfreeze', 'revoke', 'budget') or reason <> ''", name=op.f('ck_voucher_move_reason')),
    sa.ForeignKeyConstraint(['carrier_unit_id'], ['unit.id'], name=op.f('fk_voucher_move_carrier_unit_id')),
    sa.ForeignKeyConstraint(['pool_id'], ['voucher_pool.id'], name=op.f('fk_voucher_move_pool_id')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_voucher_move_unit_id')),
    sa.ForeignKeyConstraint(['voucher_id'], ['voucher.id'], name=op.f('fk_voucher_move_voucher_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_voucher_move')),
    sa.UniqueConstraint('public_id', name=op.f('uq_voucher_move_public_id')),
    sa.UniqueConstraint('request_key', name=op.f('uq_voucher_move_request_key'))
    )
    op.create_index(op.f('ix_voucher_move_carrier_unit_id'), 'voucher_move', ['carrier_unit_id'], unique=False)
    op.create_index(op.f('ix_voucher_move_order_id'), 'voucher_move', ['order_id'], unique=False)
    op.create_index(op.f('ix_voucher_move_pool_id'), 'voucher_move', ['pool_id'], unique=False)
    op.create_index('ix_voucher_move_region_path', 'voucher_move', ['region_path'], unique=False, postgresql_using='gin')
    op.create_index('ix_voucher_move_unit_id_year', 'voucher_move', ['unit_id', 'year'], unique=False)
    op.create_index(op.f('ix_voucher_move_voucher_id'), 'voucher_move', ['voucher_id'], unique=False)
    op.create_index('uq_voucher_move_issue', 'voucher_move', ['voucher_id'], unique=True, postgresql_where=sa.text("kind = 'issue'"))
    op.create_table('voucher_entry',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('move_id', sa.BigInteger(), nullable=False),
    sa.Column('voucher_id', sa.BigInteger(), nullable=False),
    sa.Column('account', sa.String(length=10), nullable=False),
    sa.Column('amount_fen', sa.BigInteger(), nullable=False),
    sa.CheckConstraint("account in ('pool', 'available', 'reserved', 'settled', 'redeemed', 'expired', 'revoked')", name=op.f('ck_voucher_entry_account')),
    sa.CheckConstraint('amount_fen <> 0', name=op.f('ck_voucher_entry_amount')),
    sa.ForeignKeyConstraint(['move_id'], ['voucher_move.id'], name=op.f('fk_voucher_entry_move_id')),
    sa.ForeignKeyConstraint(['voucher_id'], ['voucher.id'], name=op.f('fk_voucher_entry_voucher_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_voucher_entry')),
    sa.UniqueConstraint('move_id', 'account', name=op.f('uq_voucher_entry_move_id_account'))
    )
    op.create_index(op.f('ix_voucher_entry_voucher_id'), 'voucher_entry', ['voucher_id'], unique=False)
    for statement in [*FUNCTIONS, *TRIGGERS, *SECURITY]:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("take the ledger out first, then restore a backup")

