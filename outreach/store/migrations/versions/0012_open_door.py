"""The open door: requests to join, and mails to those who ask."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_STATES = "('unproven', 'waiting', 'admitted', 'refused', 'replaced', 'known')"


def upgrade() -> None:
    op.add_column(
        "campaign",
        sa.Column("open_door", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.create_table(
        "join_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("link_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("organization", sa.String(), nullable=False),
        sa.Column("name_key", sa.String(), nullable=False),
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("capacity", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("email_key", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proven_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.Integer(), nullable=True),
        sa.Column("organization_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(f"state IN {_STATES}", name="state_is_known"),
        sa.CheckConstraint("length(link_id) >= 22", name="id_has_128_bits"),
        sa.CheckConstraint(
            "state <> 'admitted' OR organization_id IS NOT NULL", name="admitted_somewhere"
        ),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"]),
        sa.ForeignKeyConstraint(["settled_by"], ["coordinator.id"]),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("link_id"),
    )
    op.create_index("ix_join_request_campaign_state", "join_request", ["campaign_id", "state"])
    with op.batch_alter_table("notice") as batch_op:
        batch_op.add_column(sa.Column("request_id", sa.Integer(), nullable=True))
        batch_op.alter_column("coordinator_id", existing_type=sa.Integer(), nullable=True)
        batch_op.create_foreign_key(
            "notice_request_id_fkey", "join_request", ["request_id"], ["id"]
        )
        batch_op.create_unique_constraint("notice_request_id_key", ["request_id"])
        batch_op.create_check_constraint(
            "is_for_one_of_them", "(coordinator_id IS NULL) <> (request_id IS NULL)"
        )


def downgrade() -> None:
    op.execute("DELETE FROM notice WHERE request_id IS NOT NULL")
    with op.batch_alter_table("notice") as batch_op:
        batch_op.drop_constraint("is_for_one_of_them", type_="check")
        batch_op.drop_constraint("notice_request_id_key", type_="unique")
        batch_op.drop_constraint("notice_request_id_fkey", type_="foreignkey")
        batch_op.drop_column("request_id")
        batch_op.alter_column("coordinator_id", existing_type=sa.Integer(), nullable=False)
    op.drop_table("join_request")
    with op.batch_alter_table("campaign") as batch_op:
        batch_op.drop_column("open_door")
