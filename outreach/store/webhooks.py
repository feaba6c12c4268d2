"""Webhooks, and the calls to them: an outbox as that of mails, its rows won by lease."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from outreach.domain.moves import next_state
from outreach.domain.webhook import CALL_MOVES, CallEvent, CallState
from outreach.store.desk_tables import Webhook, WebhookCall


@dataclass(frozen=True)
class ClaimedCall:
    """A call won, with where it goes; ``secret`` is sealed."""

    id: int
    webhook_id: int
    url: str
    secret: str
    key: str
    payload: str
    attempts: int


def add_webhook(session: Session, webhook: Webhook) -> Webhook:
    session.add(webhook)
    session.flush()
    return webhook


def list_webhooks(session: Session) -> Sequence[Webhook]:
    """Those that are called first, each part newest first."""
    query = select(Webhook).order_by(col(Webhook.disabled_at).is_not(None), col(Webhook.id).desc())
    return session.exec(query).all()


def find_webhook(session: Session, webhook_id: int) -> Webhook | None:
    return session.get(Webhook, webhook_id)


def lock_webhook(session: Session, webhook_id: int) -> Webhook | None:
    """Held until the transaction ends; answers that queue a call to it do not wait."""
    return session.get(
        Webhook, webhook_id, with_for_update={"key_share": True}, populate_existing=True
    )


def listening(session: Session, event: str) -> list[int]:
    """The ids of the webhooks that are to be told of it."""
    query = select(Webhook.id, Webhook.events).where(col(Webhook.disabled_at).is_(None))
    rows = session.exec(query.order_by(col(Webhook.id)))
    return [found for found, events in rows if found is not None and event in events.split()]


def queue_calls(
    session: Session,
    webhook_ids: Iterable[int],
    *,
    key: str,
    event: str,
    payload: str,
    now: datetime,
) -> list[WebhookCall]:
    """One row for each, due now. The unique key refuses a second of the same (webhook, key)."""
    calls = [
        WebhookCall(
            webhook_id=one, key=key, event=event, payload=payload, due_at=now, created_at=now
        )
        for one in webhook_ids
    ]
    session.add_all(calls)
    session.flush()
    return calls


def claim_call(
    session: Session, *, owner: str, lease: timedelta, now: datetime
) -> ClaimedCall | None:
    """Wins the call that is due longest for ``owner``, those of dead workers among them.

    A webhook that has a call in hand waits for its next: a slow one takes one hand, not all.
    """
    other = aliased(WebhookCall)
    busy = select(other.id).where(
        col(other.webhook_id) == col(WebhookCall.webhook_id),
        col(other.state) == CallState.SENDING,
        col(other.lease_until) > now,
    )
    is_due = (col(WebhookCall.state) == CallState.QUEUED) & (col(WebhookCall.due_at) <= now)
    query = (
        select(WebhookCall, Webhook)
        .join(Webhook, col(Webhook.id) == col(WebhookCall.webhook_id))
        .where(is_due | _lapsed(now), col(Webhook.disabled_at).is_(None), ~busy.exists())
        .order_by(col(WebhookCall.due_at), col(WebhookCall.id))
        .limit(1)
        .with_for_update(skip_locked=True, of=WebhookCall)
    )
    row = session.exec(query, execution_options={"populate_existing": True}).first()
    if row is None:
        return None
    call, webhook = row
    assert call.id is not None
    call.state = next_state(CALL_MOVES, CallState(call.state), CallEvent.CLAIM)
    call.owner, call.lease_until = owner, now + lease
    session.add(call)
    session.flush()
    return ClaimedCall(
        id=call.id,
        webhook_id=call.webhook_id,
        url=webhook.url,
        secret=webhook.secret,
        key=call.key,
        payload=call.payload,
        attempts=call.attempts,
    )


def lock_call(session: Session, call_id: int) -> WebhookCall | None:
    return session.get(WebhookCall, call_id, with_for_update=True, populate_existing=True)


def lock_own_call(session: Session, call_id: int, *, owner: str) -> WebhookCall | None:
    """None where it is another's by now: a stalled worker that wakes up overwrites nothing."""
    call = lock_call(session, call_id)
    is_ours = call and call.owner == owner and call.state == CallState.SENDING
    return call if is_ours else None


def record_call(
    session: Session,
    call: WebhookCall,
    event: CallEvent,
    *,
    words: str,
    due_at: datetime | None = None,
    now: datetime,
) -> None:
    """What came of a call in hand. Raises MoveRefused."""
    call.state = next_state(CALL_MOVES, CallState(call.state), event)
    call.attempts += 1
    call.owner = call.lease_until = None
    call.last_reply = words
    call.due_at = due_at or call.due_at
    call.sent_at = now if event is CallEvent.ACCEPTED else None
    session.add(call)
    session.flush()


def queue_again(session: Session, call: WebhookCall, *, now: datetime) -> None:
    """With all its attempts, and the same id. Raises MoveRefused unless it is over."""
    call.state = next_state(CALL_MOVES, CallState(call.state), CallEvent.RETRY)
    call.attempts, call.due_at, call.sent_at = 0, now, None
    session.add(call)
    session.flush()


def switch_off(session: Session, webhook: Webhook, *, reason: str, now: datetime) -> None:
    """It is called no more; what waits for it, or a dead worker held, fails with the reason."""
    webhook.disabled_at = now
    session.add(webhook)
    session.flush()
    of_it = col(WebhookCall.webhook_id) == webhook.id
    _drop(session, CallState.QUEUED, of_it, reason=reason)
    _drop(session, CallState.SENDING, of_it & _lapsed(now), reason=reason)


def drop_abandoned(session: Session, *, reason: str, now: datetime) -> None:
    """What dead workers held of webhooks that are switched off."""
    off = select(Webhook.id).where(col(Webhook.disabled_at).is_not(None))
    of_them = col(WebhookCall.webhook_id).in_(off)
    _drop(session, CallState.SENDING, of_them & _lapsed(now), reason=reason)


def _drop(session: Session, state: CallState, which: ColumnElement[bool], *, reason: str) -> None:
    dropped = next_state(CALL_MOVES, state, CallEvent.DROP)
    session.connection().execute(
        update(WebhookCall)
        .where(col(WebhookCall.state) == state, which)
        .values(state=dropped, owner=None, lease_until=None, last_reply=reason)
    )


def _lapsed(now: datetime) -> ColumnElement[bool]:
    """In the hand of a worker that has not been heard of for its lease."""
    return (col(WebhookCall.state) == CallState.SENDING) & (col(WebhookCall.lease_until) <= now)


def switch_on(session: Session, webhook: Webhook) -> None:
    webhook.disabled_at = None
    session.add(webhook)
    session.flush()


def count_enabled(session: Session) -> tuple[int, int]:
    """How many are called, and how many of their calls failed for good."""
    enabled = col(Webhook.disabled_at).is_(None)
    failed = (
        select(func.count())
        .select_from(WebhookCall)
        .join(Webhook, col(Webhook.id) == col(WebhookCall.webhook_id))
        .where(enabled, col(WebhookCall.state) == CallState.FAILED)
    )
    query = select(func.count()).select_from(Webhook).where(enabled)
    return session.exec(query).one(), session.exec(failed).one()


def recent_calls(session: Session, webhook_id: int, *, many: int) -> Sequence[WebhookCall]:
    """Newest first."""
    query = (
        select(WebhookCall)
        .where(col(WebhookCall.webhook_id) == webhook_id)
        .order_by(col(WebhookCall.id).desc())
        .limit(many)
    )
    return session.exec(query).all()


def last_calls(session: Session) -> dict[int, WebhookCall]:
    """The newest call of each webhook that has one."""
    newest = aliased(WebhookCall)
    later = select(newest.id).where(
        col(newest.webhook_id) == col(WebhookCall.webhook_id),
        col(newest.id) > col(WebhookCall.id),
    )
    query = select(WebhookCall).where(~later.exists())
    return {call.webhook_id: call for call in session.exec(query)}
