"""What went out, kept so that it can be read again as it was."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from outreach.store.desk_tables import SentVariant
from outreach.store.driver_sql import DriverSqlForMany
from outreach.store.tables import DeliveryEvent, Message

VARIANT = "variant"  # where the kept part of a mail names its variant

# The first of those who write a variant at the same moment decides, and all write the same.
_KEEP_VARIANTS = DriverSqlForMany(
    "INSERT INTO sent_variant (key, content) VALUES (:key, :content) ON CONFLICT DO NOTHING",
    postgresql="INSERT INTO sent_variant (key, content)"
    " SELECT key, content FROM {source} ON CONFLICT DO NOTHING",
    columns={"key": "text", "content": "bytea"},
)


@dataclass(frozen=True)
class Found:
    """One body that went out: what came of it, its own part, and the content of its variant."""

    message_id: str
    event: str
    own: Mapping[str, Any]
    variant: bytes


def keep_variants(session: Session, contents: Mapping[str, bytes]) -> None:
    """By key. One that is kept already stays as it is."""
    if contents:  # in one order for all, so that no two wait for each other
        rows = [{"key": key, "content": contents[key]} for key in sorted(contents)]
        _KEEP_VARIANTS.run(session, rows)


def find_sent(session: Session, message_pk: int) -> list[Found]:
    """Every body of this message that went out and was kept, the first first."""
    query = (
        select(col(Message.message_id), col(DeliveryEvent.event), col(DeliveryEvent.sent))
        .join(Message, col(Message.id) == col(DeliveryEvent.message_pk))
        .where(col(DeliveryEvent.message_pk) == message_pk, col(DeliveryEvent.sent).is_not(None))
        .order_by(col(DeliveryEvent.id))
    )
    rows: Iterable[Any] = session.connection().execute(query)
    kept = [(row[0], row[1], json.loads(row[2])) for row in rows]
    variants = _variants(session, {own[VARIANT] for _, _, own in kept})
    return [
        Found(message_id, event, own, variants[own[VARIANT]])
        for message_id, event, own in kept
        if own[VARIANT] in variants
    ]


def _variants(session: Session, keys: set[str]) -> dict[str, bytes]:
    if not keys:
        return {}
    query = select(col(SentVariant.key), col(SentVariant.content)).where(
        col(SentVariant.key).in_(keys)
    )
    rows: Iterable[Any] = session.connection().execute(query)
    return {row[0]: row[1] for row in rows}
