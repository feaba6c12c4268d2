"""The day on which an organization has said that it decides."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("invitation", sa.Column("decides_on", sa.Date(), nullable=True))
    op.add_column(
        "invitation", sa.Column("ask_again_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column("answer", sa.Column("decides_on", sa.Date(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("answer") as batch_op:
        batch_op.drop_column("decides_on")
    with op.batch_alter_table("invitation") as batch_op:
        batch_op.drop_column("ask_again_at")
        batch_op.drop_column("decides_on")
