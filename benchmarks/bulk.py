"""A large outbox, written by the database itself: a million messages in some seconds.

Each column that is not named here gets its default, so that a new one needs no word.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Table, bindparam, text
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from benchmarks.outbox import SLUG, Person, draft, launch
from outreach.clock import utc_now
from outreach.store.columns import UtcDateTime
from outreach.store.database import Database
from outreach.store.tables import Contact, Invitation, Link, Message, Organization

# One invitation in ten messages: the rest are reminders, each its own step.
_STEPS = 10
_NUMBERS = """
    WITH RECURSIVE numbers(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < :many)
"""
# Of ten messages seven are sent, one is due and two are due later; as in a campaign that runs.
_STATE = "CASE WHEN i % 10 < 7 THEN 'sent' ELSE 'queued' END"
_SENT_AT = "CASE WHEN i % 10 < 7 THEN {past} END"
_DUE_AT = "CASE WHEN i % 10 = 9 THEN {past} WHEN i % 10 < 7 THEN {past} ELSE {future} END"


def store_messages(database: Database, *, many: int) -> None:
    """A campaign with ``many`` messages, a tenth of them due now."""
    with database.transaction() as session:
        draft(session, slug=SLUG, people=[Person(0)])
        launch(session, slug=SLUG)
    people = many // _STEPS
    with database.transaction() as session:
        connection = session.connection()
        for model, facts, size in _everything(people):
            table: Table = model.__table__
            _write(connection, table, facts, many=size)
    if database.is_postgresql:
        with database.engine.connect() as connection:  # as autovacuum would, some minutes later
            connection.execution_options(isolation_level="AUTOCOMMIT")
            connection.execute(text("VACUUM ANALYZE"))


def _everything(people: int) -> list[tuple[Any, Mapping[str, str], int]]:
    first = 1_000  # ids above those of the campaign that was made the usual way
    person = f"{first} + 1 + (i - 1) / {_STEPS}"
    own = f"{first} + i"
    past, future = ":past", ":future"
    organization = {"id": own, "campaign_id": "1", "name": "'Organization ' || i"}
    contact = {"id": own, "campaign_id": "1", "organization_id": own, "name": "'Ada ' || i"}
    invitation = {"id": own, "campaign_id": "1", "organization_id": own, "state": "'awaiting'"}
    link = {"id": "'benchmark-link-number-' || i", "invitation_id": own, "contact_id": own}
    message = {
        "id": own,
        "campaign_id": "1",
        "invitation_id": person,
        "contact_id": person,
        "kind": f"CASE WHEN i % {_STEPS} = 0 THEN 'invitation' ELSE 'reminder' END",
        "step": f"'s' || (i % {_STEPS})",
        "message_id": "'benchmark-' || i || '@example.org'",
        "priority": "1",
        "state": _STATE,
        "due_at": _DUE_AT.format(past=past, future=future),
        "sent_at": _SENT_AT.format(past=past),
    }
    address = {"email": "'ada@o' || i || '.example'", "email_key": "'ada@o' || i || '.example'"}
    return [
        (Organization, organization | {"name_key": "'organization' || i"}, people),
        (Contact, contact | address | {"language": "'en'", "zone": "'UTC'"}, people),
        (Invitation, invitation, people),
        (Link, link, people),
        (Message, message, people * _STEPS),
    ]


def _write(connection: Connection, table: Table, facts: Mapping[str, str], *, many: int) -> None:
    columns = {"created_at": ":past"} | dict(facts)
    columns |= {
        column.name: _literal(column.default.arg)
        for column in table.columns
        if column.name not in columns and isinstance(column.default, ScalarElementColumnDefault)
    }
    names, values = ", ".join(columns), ", ".join(columns.values())
    statement = f"{_NUMBERS} SELECT {values} FROM numbers"
    now = utc_now()
    moments = {"past": now - timedelta(hours=1), "future": now + timedelta(days=1)}
    bound = [
        bindparam(name, value, UtcDateTime)
        for name, value in moments.items()
        if f":{name}" in values
    ]
    query = text(f"INSERT INTO {table.name} ({names}) {statement}")
    connection.execute(query.bindparams(*bound, bindparam("many", many)))


def _literal(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else f"'{value}'"
