"""First tables"""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "campaign",
        _id(),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("addressee", sa.String(), nullable=False),
        sa.Column("occasion", sa.String(), nullable=False),
        sa.Column("occasion_date", sa.Date(), nullable=False),
        sa.Column("reply_to", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        _instant("deadline", nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("deadline_round", sa.Integer(), nullable=False),
        _instant("extended_at", nullable=True),
        sa.Column("reminder_steps", sa.String(), nullable=False),
        sa.Column("publish_at_close", sa.Boolean(), nullable=False),
        sa.Column("captured", sa.Boolean(), nullable=False),
        _instant("created_at", nullable=False),
        _instant("launched_at", nullable=True),
        _instant("closed_at", nullable=True),
        _instant("published_at", nullable=True),
        sa.CheckConstraint("slug <> ''", name="slug_is_given"),
        sa.CheckConstraint(
            "state IN ('draft', 'open', 'paused', 'closed', 'published', 'cancelled')",
            name="state_is_known",
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
        sa.UniqueConstraint("slug"),
    )
    op.create_table(
        "suppression",
        _id(),
        sa.Column("email_key", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        _instant("created_at", nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("email_key"),
    )
    op.create_table(
        "organization",
        _id(),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_key", sa.String(), nullable=False),
        sa.Column("sort_name", sa.String(), nullable=False),
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("notes", sa.String(), nullable=False),
        _instant("created_at", nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["campaign.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("campaign_id", "name_key"),
    )
    with op.batch_alter_table("organization", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_organization_campaign_id"), ["campaign_id"], unique=False
        )

    op.create_table(
        "statement_version",
        _id(),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("asks", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        _instant("created_at", nullable=False),
        sa.CheckConstraint("length(sha256) = 64", name="sha256_is_whole"),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["campaign.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("campaign_id", "number", "language"),
    )
    with op.batch_alter_table("statement_version", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_statement_version_campaign_id"), ["campaign_id"], unique=False
        )

    op.create_table(
        "contact",
        _id(),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("email_key", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        _instant("created_at", nullable=False),
        sa.CheckConstraint("role IN ('signs', 'copied')", name="role_is_known"),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["campaign.id"],
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("campaign_id", "email_key"),
    )
    with op.batch_alter_table("contact", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_contact_organization_id"), ["organization_id"], unique=False
        )

    op.create_table(
        "invitation",
        _id(),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        _instant("created_at", nullable=False),
        _instant("answered_at", nullable=True),
        sa.CheckConstraint(
            "state IN ('awaiting', 'deferred', 'signed', 'declined', 'withdrawn', 'reconfirming', 'expired', 'revoked')",
            name="state_is_known",
        ),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["campaign.id"],
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("organization_id"),
    )
    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.create_index(
            "ix_invitation_campaign_state", ["campaign_id", "state"], unique=False
        )

    op.create_table(
        "link",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("invitation_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        _instant("created_at", nullable=False),
        _instant("expires_at", nullable=True),
        _instant("revoked_at", nullable=True),
        sa.CheckConstraint("length(id) >= 22", name="id_has_128_bits"),
        sa.ForeignKeyConstraint(
            ["contact_id"],
            ["contact.id"],
        ),
        sa.ForeignKeyConstraint(
            ["invitation_id"],
            ["invitation.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_link_invitation_id"), ["invitation_id"], unique=False)
        batch_op.create_index(
            "uq_link_live",
            ["contact_id"],
            unique=True,
            sqlite_where=sa.text("revoked_at IS NULL"),
            postgresql_where=sa.text("revoked_at IS NULL"),
        )

    op.create_table(
        "message",
        _id(),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("invitation_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        _instant("due_at", nullable=False),
        sa.Column("owner", sa.String(), nullable=True),
        _instant("lease_until", nullable=True),
        _instant("data_at", nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lapses", sa.Integer(), nullable=False),
        sa.Column("repeats", sa.Integer(), nullable=False),
        sa.Column("last_reply", sa.String(), nullable=False),
        _instant("created_at", nullable=False),
        _instant("sent_at", nullable=True),
        sa.CheckConstraint(
            "state <> 'sending' OR (owner IS NOT NULL AND lease_until IS NOT NULL)",
            name="sending_has_an_owner",
        ),
        sa.CheckConstraint("state <> 'sent' OR sent_at IS NOT NULL", name="sent_has_its_time"),
        sa.CheckConstraint(
            "state IN ('queued', 'sending', 'sent', 'failed', 'uncertain', 'cancelled', 'bounced', 'complained')",
            name="state_is_known",
        ),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["campaign.id"],
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"],
            ["contact.id"],
        ),
        sa.ForeignKeyConstraint(
            ["invitation_id"],
            ["invitation.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("invitation_id", "contact_id", "kind", "step"),
        sa.UniqueConstraint("message_id"),
    )
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.create_index(
            "ix_message_campaign_kind", ["campaign_id", "kind", "state"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_message_contact_id"), ["contact_id"], unique=False)
        batch_op.create_index(
            "ix_message_due",
            ["priority", "due_at", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'queued'"),
            postgresql_where=sa.text("state = 'queued'"),
        )
        batch_op.create_index(
            "ix_message_leased",
            ["lease_until"],
            unique=False,
            sqlite_where=sa.text("state = 'sending'"),
            postgresql_where=sa.text("state = 'sending'"),
        )

    op.create_table(
        "signature",
        _id(),
        sa.Column("invitation_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=True),
        sa.Column("statement_version_id", sa.Integer(), nullable=False),
        sa.Column("credit_line", sa.String(), nullable=False),
        sa.Column("sort_name", sa.String(), nullable=False),
        sa.Column("signer_name", sa.String(), nullable=False),
        sa.Column("capacity", sa.String(), nullable=False),
        sa.Column("authority", sa.String(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        _instant("signed_at", nullable=False),
        _instant("withdrawn_at", nullable=True),
        sa.CheckConstraint("authority <> ''", name="authority_is_confirmed"),
        sa.CheckConstraint("credit_line <> ''", name="credit_line_is_given"),
        sa.CheckConstraint("signer_name <> ''", name="signer_is_named"),
        sa.ForeignKeyConstraint(
            ["contact_id"],
            ["contact.id"],
        ),
        sa.ForeignKeyConstraint(
            ["invitation_id"],
            ["invitation.id"],
        ),
        sa.ForeignKeyConstraint(
            ["statement_version_id"],
            ["statement_version.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("signature", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_signature_invitation_id"), ["invitation_id"], unique=False
        )
        batch_op.create_index(
            "uq_signature_standing",
            ["invitation_id"],
            unique=True,
            sqlite_where=sa.text("withdrawn_at IS NULL"),
            postgresql_where=sa.text("withdrawn_at IS NULL"),
        )

    op.create_table(
        "answer",
        _id(),
        sa.Column("invitation_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("signature_id", sa.Integer(), nullable=True),
        sa.Column("statement_sha256", sa.String(), nullable=False),
        sa.Column("credit_line", sa.String(), nullable=False),
        sa.Column("sort_name", sa.String(), nullable=False),
        sa.Column("signer_name", sa.String(), nullable=False),
        sa.Column("capacity", sa.String(), nullable=False),
        sa.Column("authority", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        _instant("at", nullable=False),
        sa.CheckConstraint(
            "kind IN ('sign', 'decline', 'defer', 'withdraw', 'correct')", name="kind_is_known"
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"],
            ["contact.id"],
        ),
        sa.ForeignKeyConstraint(
            ["invitation_id"],
            ["invitation.id"],
        ),
        sa.ForeignKeyConstraint(
            ["signature_id"],
            ["signature.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("answer", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_answer_invitation_id"), ["invitation_id"], unique=False
        )

    op.create_table(
        "delivery_event",
        _id(),
        sa.Column("message_pk", sa.Integer(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("code", sa.Integer(), nullable=True),
        sa.Column("words", sa.String(), nullable=False),
        _instant("at", nullable=False),
        sa.ForeignKeyConstraint(
            ["message_pk"],
            ["message.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("delivery_event", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_delivery_event_message_pk"), ["message_pk"], unique=False
        )


def downgrade() -> None:
    for table in (
        "delivery_event",
        "answer",
        "signature",
        "message",
        "link",
        "invitation",
        "contact",
        "statement_version",
        "organization",
        "suppression",
        "campaign",
    ):
        op.drop_table(table)


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.Integer(), nullable=False)


def _instant(name: str, *, nullable: bool) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
