"""Who may learn that an organization has signed, and how many a published list does not name."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Written out: SQLite adds and drops a column with its check so, and in no other way.
    op.execute(
        "ALTER TABLE signature ADD COLUMN privacy VARCHAR NOT NULL DEFAULT 'public'"
        " CONSTRAINT privacy_is_known CHECK (privacy IN ('public', 'addressee', 'counted'))"
    )
    op.execute(
        "ALTER TABLE answer ADD COLUMN privacy VARCHAR NOT NULL DEFAULT ''"
        " CONSTRAINT privacy_is_known CHECK (privacy IN ('', 'public', 'addressee', 'counted'))"
    )
    op.execute("ALTER TABLE campaign ADD COLUMN unnamed INTEGER NOT NULL DEFAULT 0")
    op.execute("ALTER TABLE campaign ADD COLUMN counted INTEGER NOT NULL DEFAULT 0")


def downgrade() -> None:
    op.execute("ALTER TABLE campaign DROP COLUMN counted")
    op.execute("ALTER TABLE campaign DROP COLUMN unnamed")
    op.execute("ALTER TABLE answer DROP COLUMN privacy")
    op.execute("ALTER TABLE signature DROP COLUMN privacy")
