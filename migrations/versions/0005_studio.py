"""studio: proposals of changed definitions"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0005_studio'
down_revision = '0004_heartbeat'
branch_labels = None
depends_on = None


APP = "dayi_app"


def upgrade() -> None:
    op.create_table('proposal',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('public_id', sa.Uuid(), nullable=False),
    sa.Column('process_key', sa.String(length=100), nullable=False),
    sa.Column('files', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('proposed_by', sa.Uuid(), nullable=False),
    sa.Column('proposed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('deployment_id', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['deployment_id'], ['deployment.id'], name=op.f('fk_proposal_deployment_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_proposal')),
    sa.UniqueConstraint('public_id', name=op.f('uq_proposal_public_id'))
    )
    op.create_index(op.f('ix_proposal_process_key'), 'proposal', ['process_key'], unique=False)
    # What was proposed stays as it was; only its publishing is noted.
    op.execute(f"grant select, insert on proposal to {APP}")
    op.execute(f"grant update (note, deployment_id) on proposal to {APP}")


def downgrade() -> None:
    op.drop_table('proposal')
