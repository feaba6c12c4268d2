"""What is printed with an organization's name: acronym and country in the line, and its website."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_ADDED = {
    "signature": ("acronym", "country", "url"),
    "recorded_consent": ("acronym", "country", "url"),
    "review": ("acronym", "country", "url"),
    "answer": ("url",),
}


def upgrade() -> None:
    for table, names in _ADDED.items():
        for name in names:
            op.add_column(table, sa.Column(name, sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    for table, names in _ADDED.items():
        for name in names:
            op.execute(f"ALTER TABLE {table} DROP COLUMN {name}")
