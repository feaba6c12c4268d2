"""Webhooks: added, tested, switched off and on; their calls shown and tried again."""

import base64
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlmodel import Session

from outreach.calling import AddressRefused, check_address
from outreach.domain.coordinator import Actor
from outreach.domain.errors import FieldErrors, MoveRefused, Refused
from outreach.domain.webhook import TEST_EVENT, WebhookEvent
from outreach.sealing import Sealer
from outreach.services.note_activity import note_activity
from outreach.services.tell_webhooks import payload_of
from outreach.store import webhooks
from outreach.store.desk_tables import Webhook, WebhookCall

_SECRET_BYTES = 32
_SHOWN_CALLS = 50
_SWITCHED_OFF = "the webhook was switched off"
SEALED_FOR = "webhook"


class WebhookRefused(Refused):
    """There is no such webhook or call, or it does not take this."""


class WebhookNotFound(WebhookRefused):
    """No webhook has this number."""

    def __init__(self) -> None:
        super().__init__("there is no such webhook")


@dataclass(frozen=True)
class ShownCall:
    """``state`` is queued, sending, sent or failed; ``words`` what the other side answered."""

    id: int
    key: str
    event: str
    state: str
    attempts: int
    words: str
    due_at: datetime
    created_at: datetime
    sent_at: datetime | None


@dataclass(frozen=True)
class ShownWebhook:
    id: int
    url: str
    events: tuple[str, ...]
    created_at: datetime
    disabled_at: datetime | None
    last: ShownCall | None = None


def add_webhook(
    session: Session,
    sealer: Sealer,
    *,
    url: str,
    events: Collection[str],
    private: bool,
    coordinator_id: int,
    by: Actor,
    now: datetime,
) -> tuple[int, str]:
    """The webhook's id, and the secret with which its calls are signed. Raises FieldErrors."""
    url = url.strip()
    chosen = _checked(url, events, private=private)
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()
    webhook = webhooks.add_webhook(
        session,
        Webhook(
            url=url,
            secret=sealer.seal(secret, purpose=SEALED_FOR),
            events=" ".join(chosen),
            coordinator_id=coordinator_id,
            created_at=now,
        ),
    )
    note_activity(session, by=by, action="webhook.add", detail=_host(url), now=now)
    return _id(webhook), secret


def _checked(url: str, events: Collection[str], *, private: bool) -> list[str]:
    errors = {}
    try:
        check_address(url, private=private)
    except AddressRefused as refused:
        errors["url"] = f"This address cannot be called: {refused}."
    chosen = [event.value for event in WebhookEvent if event in events]
    if not chosen or len(chosen) != len(set(events)):
        errors["events"] = "Please choose at least one."
    if errors:
        raise FieldErrors(errors)
    return chosen


def list_webhooks(session: Session) -> list[ShownWebhook]:
    last = webhooks.last_calls(session)
    return [_shown(one, last.get(_id(one))) for one in webhooks.list_webhooks(session)]


def show_webhook(session: Session, *, webhook_id: int) -> tuple[ShownWebhook, Sequence[ShownCall]]:
    """With its newest calls. Raises WebhookRefused."""
    found = webhooks.find_webhook(session, webhook_id)
    if found is None:
        raise WebhookNotFound
    calls = webhooks.recent_calls(session, webhook_id, many=_SHOWN_CALLS)
    return _shown(found, None), [_shown_call(one) for one in calls]


def call_for_test(session: Session, *, webhook_id: int, by: Actor, now: datetime) -> None:
    """Queues a call that tells of nothing. Raises WebhookRefused where it is switched off."""
    webhook = _require(session, webhook_id)
    if webhook.disabled_at is not None:
        raise WebhookRefused("it is switched off")
    webhooks.queue_calls(
        session,
        [webhook_id],
        key=f"msg_{secrets.token_hex(16)}",
        event=TEST_EVENT,
        payload=payload_of(TEST_EVENT, {}, now=now),
        now=now,
    )
    note_activity(session, by=by, action="webhook.test", detail=_host(webhook.url), now=now)


def retry_call(
    session: Session, *, webhook_id: int, call_id: int, by: Actor, now: datetime
) -> None:
    """Queues a call that is over once more, with the same id. Raises WebhookRefused."""
    webhook = _require(session, webhook_id)
    call = webhooks.lock_call(session, call_id)
    if call is None or call.webhook_id != webhook_id:
        raise WebhookRefused("there is no such call")
    if webhook.disabled_at is not None:
        raise WebhookRefused("it is switched off")
    try:
        webhooks.queue_again(session, call, now=now)
    except MoveRefused:
        raise WebhookRefused(
            f"this call is {call.state}; only one that is over is repeated"
        ) from None
    note_activity(session, by=by, action="webhook.retry", detail=_host(webhook.url), now=now)


def disable_webhook(session: Session, *, webhook_id: int, by: Actor, now: datetime) -> None:
    """It is called no more, and what waits for it fails. Raises WebhookRefused."""
    webhook = _require(session, webhook_id)
    if webhook.disabled_at is None:
        webhooks.switch_off(session, webhook, reason=_SWITCHED_OFF, now=now)
        note_activity(session, by=by, action="webhook.disable", detail=_host(webhook.url), now=now)


def give_up_abandoned(session: Session, *, now: datetime) -> None:
    """Calls that a worker had in hand when their webhook was switched off, and died with: nobody
    takes them up any more."""
    webhooks.drop_abandoned(session, reason=_SWITCHED_OFF, now=now)


def enable_webhook(session: Session, *, webhook_id: int, by: Actor, now: datetime) -> None:
    """It is told of what happens from now on. Raises WebhookRefused."""
    webhook = _require(session, webhook_id)
    if webhook.disabled_at is not None:
        webhooks.switch_on(session, webhook)
        note_activity(session, by=by, action="webhook.enable", detail=_host(webhook.url), now=now)


def _require(session: Session, webhook_id: int) -> Webhook:
    found = webhooks.lock_webhook(session, webhook_id)
    if found is None:
        raise WebhookNotFound
    return found


def _host(url: str) -> str:
    """Enough for people to know it by: the rest of an address may be a secret."""
    return urlsplit(url).netloc.rpartition("@")[2]


def _shown(webhook: Webhook, last: WebhookCall | None) -> ShownWebhook:
    return ShownWebhook(
        id=_id(webhook),
        url=webhook.url,
        events=tuple(webhook.events.split()),
        created_at=webhook.created_at,
        disabled_at=webhook.disabled_at,
        last=_shown_call(last) if last else None,
    )


def _shown_call(call: WebhookCall) -> ShownCall:
    assert call.id is not None
    return ShownCall(
        id=call.id,
        key=call.key,
        event=call.event,
        state=call.state,
        attempts=call.attempts,
        words=call.last_reply,
        due_at=call.due_at,
        created_at=call.created_at,
        sent_at=call.sent_at,
    )


def _id(webhook: Webhook) -> int:
    assert webhook.id is not None
    return webhook.id
