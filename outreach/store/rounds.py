"""What a round of a sender's connections reads and writes, in few statements for all of them."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from outreach.domain.campaign import CAMPAIGN_MOVES, CampaignEvent, CampaignState
from outreach.domain.delivery import LastLook
from outreach.domain.invitation import InvitationState
from outreach.domain.message import (
    MESSAGE_MOVES,
    RECEIPT_KINDS,
    MessageEvent,
    MessageKind,
    MessageState,
    answer_of,
)
from outreach.domain.moves import next_state
from outreach.store.driver_sql import DriverSql, DriverSqlForMany, read_instant

# "IS TRUE" keeps PostgreSQL off the index of what is being sent: in a bulk that holds every row
# that ever was, until a vacuum.
_LOOK = DriverSql(
    """
    SELECT message.id, message.kind, message.step, message.invitation_id,
           campaign.state, campaign.deadline, campaign.deadline_round, campaign.reminder_steps,
           invitation.state, contact.role, suppression.reason, invitation.open_until
    FROM message
    JOIN campaign ON campaign.id = message.campaign_id
    JOIN invitation ON invitation.id = message.invitation_id
    JOIN contact ON contact.id = message.contact_id
    LEFT JOIN suppression ON suppression.email_key = contact.email_key
    WHERE message.id {ids} AND message.owner = :owner
      AND (message.state = 'sending') IS TRUE
    """,
    lock="FOR UPDATE OF message",
)
_NEWEST_ANSWERS = DriverSql(
    "SELECT invitation_id, max(id) FROM answer WHERE invitation_id {ids} GROUP BY invitation_id"
)
_MARK = DriverSql("UPDATE message SET data_at = :now, lease_until = :lease_until WHERE id {ids}")
_STOP = DriverSql(
    "UPDATE campaign SET state = :paused, pause_reason = :reason"
    " WHERE id = :pk AND state = 'open' RETURNING id"
)
_RECORD_SQL = """
    UPDATE message SET owner = NULL, lease_until = NULL,
        state = {0}state, last_reply = coalesce({0}words, message.last_reply),
        sent_at = coalesce({0}sent_at, message.sent_at),
        due_at = coalesce({0}due_at, message.due_at),
        attempts = coalesce({0}attempts, message.attempts)
"""
_RECORD = DriverSqlForMany(
    _RECORD_SQL.format(":") + "WHERE id = :pk",
    postgresql=_RECORD_SQL.format("source.") + "FROM {source} WHERE message.id = source.pk",
    columns={
        "pk": "integer",
        "state": "text",
        "words": "text",
        "sent_at": "timestamptz",
        "due_at": "timestamptz",
        "attempts": "integer",
    },
)
_NOTE = DriverSqlForMany(
    "INSERT INTO delivery_event (message_pk, event, code, words, at, sent)"
    " VALUES (:pk, :event, :code, :words, :at, :sent)",
    postgresql="INSERT INTO delivery_event (message_pk, event, code, words, at, sent)"
    " SELECT pk, event, code, words, at, sent FROM {source}",
    columns={
        "pk": "integer",
        "event": "text",
        "code": "integer",
        "words": "text",
        "at": "timestamptz",
        "sent": "text",
    },
)


@dataclass(frozen=True)
class Result:
    """What became of one message, to be written while it is still its sender's. ``sent``: what is
    kept of its body, where that went out (services/keep_sent.py)."""

    message_pk: int
    event: MessageEvent
    code: int | None = None
    words: str = ""
    due_at: datetime | None = None
    attempts: int | None = None
    sent: str | None = None


def last_looks(
    session: Session, results: Iterable[int], offered: Collection[int], *, owner: str
) -> tuple[set[int], dict[int, LastLook]]:
    """Which of all those are still this owner's to send, held until the transaction ends; and
    what is true at this moment of the ``offered``."""
    rows = _LOOK.rows(session, ids=[*results, *offered], owner=owner)
    judged = [row for row in rows if row[0] in offered]
    outdated = _answered_later(session, [row for row in judged if row[1] in RECEIPT_KINDS])
    looks = {
        row[0]: LastLook(
            kind=MessageKind(row[1]),
            step=row[2],
            campaign_state=CampaignState(row[4]),
            deadline=read_instant(row[5]),
            deadline_round=row[6],
            reminder_steps=row[7],
            invitation_state=InvitationState(row[8]),
            role=row[9],
            suppressed=row[10] or "",
            answered_later=row[0] in outdated,
            open_until=read_instant(row[11]) if row[11] else None,
        )
        for row in judged
    }
    return {row[0] for row in rows}, looks


def _answered_later(session: Session, receipts: Sequence[Any]) -> set[int]:
    """The receipts whose answer was followed by another of the organization's."""
    if not receipts:
        return set()
    newest = {row[0]: row[1] for row in _NEWEST_ANSWERS.rows(session, ids=[r[3] for r in receipts])}
    answers = ((row[0], answer_of(row[2]), newest.get(row[3], 0)) for row in receipts)
    return {pk for pk, answer, last in answers if answer is not None and last > answer}


def record_results(session: Session, results: Sequence[Result], *, now: datetime) -> None:
    """Writes what became of messages that the caller holds."""
    if not results:
        return
    _RECORD.run(
        session,
        [
            {
                "pk": result.message_pk,
                "state": next_state(MESSAGE_MOVES, MessageState.SENDING, result.event).value,
                "words": result.words or None,
                "sent_at": now if result.event is MessageEvent.ACCEPTED else None,
                "due_at": result.due_at,
                "attempts": result.attempts,
            }
            for result in results
        ],
    )
    _NOTE.run(
        session,
        [
            {
                "pk": result.message_pk,
                "event": result.event.value,
                "code": result.code,
                "words": result.words,
                "at": now,
                "sent": result.sent,
            }
            for result in results
        ],
    )


def mark_data(
    session: Session, message_pks: Sequence[int], *, lease_until: datetime, now: datetime
) -> None:
    """Their bodies may go out from here on: says so durably, before they do."""
    if message_pks:
        _MARK.run(session, ids=list(message_pks), lease_until=lease_until, now=now)


def stop_campaign(session: Session, campaign_id: int, *, reason: str) -> bool:
    """Pauses an open campaign whose mail the server will not have, for a person to look at.

    Returns whether it was open."""
    paused = next_state(CAMPAIGN_MOVES, CampaignState.OPEN, CampaignEvent.PAUSE)
    return bool(_STOP.rows(session, pk=campaign_id, paused=paused.value, reason=reason))
