"""signs of life of the platform's parts"""

import sqlalchemy as sa
from alembic import op

revision = "0004_heartbeat"
down_revision = "0003_web"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "heartbeat",
        sa.Column("part", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("part", name=op.f("pk_heartbeat")),
    )
    op.execute("grant select, insert, update on heartbeat to dayi_app")


def downgrade() -> None:
    op.drop_table("heartbeat")
