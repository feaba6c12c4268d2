"""Mail that says nothing of what it is about: for a whole campaign, or one contact."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("campaign", "contact"):
        op.add_column(
            table, sa.Column("discreet", sa.Boolean(), nullable=False, server_default=sa.false())
        )


def downgrade() -> None:
    for table in ("contact", "campaign"):
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_column("discreet")
