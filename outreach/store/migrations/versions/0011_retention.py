"""When a campaign's contacts are erased after its publication, and whether they are kept."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "campaign",
        sa.Column("contacts_kept", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.add_column(
        "campaign", sa.Column("contacts_erased_at", sa.DateTime(timezone=True), nullable=True)
    )


def downgrade() -> None:
    with op.batch_alter_table("campaign") as batch_op:
        batch_op.drop_column("contacts_erased_at")
        batch_op.drop_column("contacts_kept")
