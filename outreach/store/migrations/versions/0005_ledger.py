"""The ledger: events, openings, checkpoints, erasures, and the triggers that keep them."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_KINDS = (
    "'invited', 'viewed', 'signed', 'declined', 'deferred', 'corrected', 'withdrawn', 'recorded',"
    " 'reconfirmed', 'erased', 'closed', 'published'"
)
_KEPT = ("ledger_log", "ledger_event", "ledger_checkpoint")
# REPLACE deletes what it meets without asking a DELETE trigger: refused, by each of its keys.
_TAKEN = {
    "ledger_log": "campaign_id = NEW.campaign_id OR origin = NEW.origin",
    "ledger_event": "(campaign_id = NEW.campaign_id AND position >= NEW.position)"
    " OR answer_id = NEW.answer_id OR message_pk = NEW.message_pk",
    "ledger_checkpoint": "campaign_id = NEW.campaign_id AND size = NEW.size",
}


def upgrade() -> None:
    op.create_table(
        "ledger_log",
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"]),
        sa.PrimaryKeyConstraint("campaign_id"),
        sa.UniqueConstraint("origin"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ledger_event",
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.Column("before", sa.LargeBinary(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=True),
        sa.Column("answer_id", sa.Integer(), nullable=True),
        sa.Column("message_pk", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(f"kind IN ({_KINDS})", name="kind_is_known"),
        sa.CheckConstraint("position >= 0", name="position_is_one"),
        sa.CheckConstraint("length(leaf) = 32", name="leaf_is_whole"),
        sa.ForeignKeyConstraint(["campaign_id"], ["ledger_log.campaign_id"]),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"]),
        sa.ForeignKeyConstraint(["answer_id"], ["answer.id"]),
        sa.ForeignKeyConstraint(["message_pk"], ["message.id"]),
        sa.PrimaryKeyConstraint("campaign_id", "position"),
        sa.UniqueConstraint("answer_id"),
        sa.UniqueConstraint("message_pk"),
        sqlite_with_rowid=False,  # a row's number would be one more key to REPLACE it by
    )
    op.create_index("ix_ledger_event_kind", "ledger_event", ["campaign_id", "kind"])
    op.create_index("ix_ledger_event_contact_id", "ledger_event", ["contact_id"])
    op.create_table(
        "ledger_opening",
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("salt", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["ledger_log.campaign_id"]),
        sa.PrimaryKeyConstraint("campaign_id", "position", "field"),
    )
    op.create_table(
        "ledger_checkpoint",
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["ledger_log.campaign_id"]),
        sa.PrimaryKeyConstraint("campaign_id", "size"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "erasure",
        sa.Column("address_hash", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("address_hash"),
    )
    if op.get_bind().dialect.name == "postgresql":
        _guard_postgresql()
    else:
        _guard_sqlite()


def _guard_sqlite() -> None:
    for table in _KEPT:
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table}"
                f" BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        taken = f"EXISTS (SELECT 1 FROM {table} WHERE {_TAKEN[table]})"  # noqa: S608 - our words
        op.execute(
            f"CREATE TRIGGER {table}_once BEFORE INSERT ON {table} BEGIN"
            f" SELECT RAISE(ABORT, '{table} is append-only') WHERE {taken}; END"
        )
    op.execute(
        "CREATE TRIGGER ledger_event_in_order BEFORE INSERT ON ledger_event BEGIN"
        " SELECT RAISE(ABORT, 'ledger_event has no gaps') WHERE NEW.position > 0 AND NOT EXISTS"
        " (SELECT 1 FROM ledger_event WHERE campaign_id = NEW.campaign_id"
        " AND position = NEW.position - 1); END"
    )


def _guard_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    for table in _KEPT:
        op.execute(
            f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION ledger_is_append_only()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_never_emptied BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only()"
        )
    op.execute(
        "CREATE FUNCTION ledger_event_has_no_gaps() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF NEW.position > 0 AND NOT EXISTS (SELECT 1 FROM ledger_event"
        " WHERE campaign_id = NEW.campaign_id AND position = NEW.position - 1)"
        " THEN RAISE EXCEPTION 'ledger_event has no gaps'; END IF; RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER ledger_event_in_order BEFORE INSERT ON ledger_event"
        " FOR EACH ROW EXECUTE FUNCTION ledger_event_has_no_gaps()"
    )


def downgrade() -> None:
    for table in ("erasure", "ledger_checkpoint", "ledger_opening", "ledger_event", "ledger_log"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION ledger_is_append_only()")
        op.execute("DROP FUNCTION ledger_event_has_no_gaps()")
