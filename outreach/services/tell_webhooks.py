"""Queue the calls that tell others of a fact, in the transaction of the fact."""

import hashlib
import json
from datetime import datetime

from sqlmodel import Session

from outreach.domain.webhook import WebhookEvent
from outreach.store import webhooks
from outreach.store.tables import Campaign, Invitation


def tell_of_answer(
    session: Session,
    event: WebhookEvent,
    *,
    campaign: Campaign,
    invitation: Invitation,
    answer_id: int | None,
    now: datetime,
) -> None:
    """``answer_id`` makes the fact one: told once to each webhook."""
    data: dict[str, object] = {
        "organization": invitation.organization_id,
        "state": str(invitation.state),
    }
    _tell(session, event, campaign, data, fact=f"answer {answer_id}", now=now)


def tell_of_campaign(
    session: Session, event: WebhookEvent, *, campaign: Campaign, now: datetime
) -> None:
    """That it was closed, or published."""
    data: dict[str, object] = {"state": str(campaign.state)}
    _tell(session, event, campaign, data, fact=f"at {now.isoformat()}", now=now)


def payload_of(event: str, data: dict[str, object], *, now: datetime) -> str:
    """The body of a call, word for word as it is signed: names nobody."""
    content = {"type": event, "timestamp": now.isoformat(timespec="seconds"), "data": data}
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def _tell(
    session: Session,
    event: WebhookEvent,
    campaign: Campaign,
    data: dict[str, object],
    *,
    fact: str,
    now: datetime,
) -> None:
    to = webhooks.listening(session, event)
    if not to:
        return
    known = hashlib.sha256(f"{campaign.key}|{event}|{fact}".encode()).hexdigest()
    payload = payload_of(event, {"campaign": campaign.slug, **data}, now=now)
    webhooks.queue_calls(
        session, to, key=f"msg_{known[:32]}", event=event, payload=payload, now=now
    )
