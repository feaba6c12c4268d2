"""Answers that contradict an organization's standing one, and their word in the ledger."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_KINDS = (
    "'invited', 'viewed', 'signed', 'declined', 'deferred', 'corrected', 'withdrawn', 'recorded',"
    " 'reconfirmed', 'erased', 'closed', 'published'"
)
_WIDER = f"{_KINDS}, 'contradicted'"
_WORDS = ("credit_line", "sort_name", "signer_name", "capacity", "authority", "privacy", "reason")


def upgrade() -> None:
    op.create_table(
        "review",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("organization_id", sa.Integer(), nullable=False),
        sa.Column("invitation_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("statement_sha256", sa.String(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in _WORDS),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("standing", sa.String(), nullable=False),
        sa.Column("standing_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("standing_by", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("settled_by", sa.Integer(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.CheckConstraint("kind IN ('sign', 'decline', 'withdraw')", name="kind_is_known"),
        sa.CheckConstraint(
            "standing IN ('signed', 'declined', 'withdrawn')", name="standing_is_known"
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'kept', 'replaced', 'agreed')", name="state_is_known"
        ),
        sa.CheckConstraint(
            "state NOT IN ('kept', 'replaced') OR settled_by IS NOT NULL",
            name="settled_by_somebody",
        ),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"]),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"]),
        sa.ForeignKeyConstraint(["invitation_id"], ["invitation.id"]),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"]),
        sa.ForeignKeyConstraint(["standing_by"], ["contact.id"]),
        sa.ForeignKeyConstraint(["settled_by"], ["coordinator.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    for column in ("campaign_id", "organization_id"):
        op.create_index(f"ix_review_{column}", "review", [column])
    op.create_index(
        "uq_review_waiting",
        "review",
        ["invitation_id"],
        unique=True,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    _let_kinds_be(_KINDS, _WIDER)


def downgrade() -> None:
    _let_kinds_be(_WIDER, _KINDS)
    op.drop_table("review")


def _let_kinds_be(before: str, after: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint("kind_is_known", "ledger_event", type_="check")
        op.create_check_constraint("kind_is_known", "ledger_event", f"kind IN ({after})")
    else:
        _rebuild_on_sqlite(before, after)


def _rebuild_on_sqlite(before: str, after: str) -> None:
    """The table is made anew from its own words, and so are its indexes and the triggers that keep
    it append-only: dropping it takes them along, and asks none of them."""
    rows = op.get_bind().execute(
        sa.text("SELECT type, sql FROM sqlite_master WHERE tbl_name = 'ledger_event' AND sql <> ''")
    )
    found = [(row.type, row.sql) for row in rows]
    table = next(words for kind, words in found if kind == "table")
    assert table.count("ledger_event") == 1
    assert before in table
    wider = table.replace("ledger_event", "ledger_event_new").replace(before, after)
    op.execute(wider)
    op.execute("INSERT INTO ledger_event_new SELECT * FROM ledger_event")
    op.execute("DROP TABLE ledger_event")
    op.execute("ALTER TABLE ledger_event_new RENAME TO ledger_event")
    for kind, words in found:
        if kind != "table":
            op.execute(words)
