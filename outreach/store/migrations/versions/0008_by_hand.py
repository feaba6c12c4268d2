"""Consents recorded by hand."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "recorded_consent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("invitation_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=True),
        sa.Column("statement_version_id", sa.Integer(), nullable=False),
        sa.Column("last_answer_id", sa.Integer(), nullable=True),
        sa.Column("event_position", sa.Integer(), nullable=False),
        sa.Column("recorded_by", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("capacity", sa.String(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("credit_line", sa.String(), nullable=False),
        sa.Column("sort_name", sa.String(), nullable=False),
        sa.Column("privacy", sa.String(), nullable=False),
        sa.Column("authority", sa.String(), nullable=False),
        sa.Column("quote", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("settled_by", sa.Integer(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("answer_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "channel IN ('phone', 'message', 'email', 'letter', 'in_person')",
            name="channel_is_known",
        ),
        sa.CheckConstraint("state IN ('waiting', 'confirmed', 'refused')", name="state_is_known"),
        sa.CheckConstraint(
            "privacy IN ('public', 'addressee', 'counted')", name="privacy_is_known"
        ),
        sa.CheckConstraint("person <> ''", name="person_is_named"),
        sa.CheckConstraint("credit_line <> ''", name="credit_line_is_given"),
        sa.CheckConstraint("authority <> ''", name="authority_is_confirmed"),
        sa.CheckConstraint(
            "state <> 'confirmed' OR (settled_by IS NOT NULL AND settled_by <> recorded_by"
            " AND answer_id IS NOT NULL)",
            name="confirmed_by_another",
        ),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"]),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"]),
        sa.ForeignKeyConstraint(["invitation_id"], ["invitation.id"]),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"]),
        sa.ForeignKeyConstraint(["statement_version_id"], ["statement_version.id"]),
        sa.ForeignKeyConstraint(["last_answer_id"], ["answer.id"]),
        sa.ForeignKeyConstraint(["recorded_by"], ["coordinator.id"]),
        sa.ForeignKeyConstraint(["settled_by"], ["coordinator.id"]),
        sa.ForeignKeyConstraint(["answer_id"], ["answer.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("answer_id"),
    )
    for column in ("campaign_id", "organization_id"):
        op.create_index(f"ix_recorded_consent_{column}", "recorded_consent", [column])
    op.create_index(
        "uq_recorded_consent_waiting",
        "recorded_consent",
        ["invitation_id"],
        unique=True,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "consent_file",
        sa.Column("consent_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["consent_id"], ["recorded_consent.id"]),
        sa.PrimaryKeyConstraint("consent_id"),
    )


def downgrade() -> None:
    op.drop_table("consent_file")
    op.drop_table("recorded_consent")
