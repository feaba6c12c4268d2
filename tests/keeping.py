"""Mails composed as a sender does, and kept as they leave."""

from datetime import datetime

from sqlmodel import Session

from outreach.domain.message import MessageEvent, MessageKind
from outreach.ledger.note import LogKey
from outreach.links import LinkSigner
from outreach.mail.prepared import PERSONAL
from outreach.mail.templates import (
    MailContext,
    MailTemplates,
    RenderedMail,
    email_template_folder,
)
from outreach.services.compose_message import MessageComposer
from outreach.services.keep_sent import Leaving, SentKeeper, Variant, leaving
from outreach.store.outgoing import load_outgoing
from outreach.store.tables import DeliveryEvent, Message
from tests.factories import NOW
from tests.sending import LINKS, PUBLIC_URL

SENDER = "The Coalition <sign@coalition.example>"


class _Recorded(MailTemplates):
    """Keeps what was rendered last: the cut wording of a variant."""

    last: RenderedMail

    def render(self, kind: MessageKind, *, locale: str, context: MailContext) -> RenderedMail:
        self.last = super().render(kind, locale=locale, context=context)
        return self.last


def leave(
    session: Session,
    message: Message,
    *,
    now: datetime = NOW,
    links: LinkSigner = LINKS,
    public_url: str = PUBLIC_URL,
    ledger_key: LogKey | None = None,
) -> tuple[bytes, Leaving]:
    """The bytes that go out, and what is to be kept of them."""
    assert message.id is not None
    templates = _Recorded(email_template_folder())
    composer = MessageComposer(
        templates, links, sender=SENDER, public_url=public_url, ledger_key=ledger_key
    )
    found = load_outgoing(session, [message.id])[message.id]
    body = composer.compose(found, now=now).body
    variant = Variant.of(
        templates.last,
        sender=SENDER,
        reply_to=found.campaign.reply_to,
        language=templates.choose_locale(found.language),
        public_url=public_url,
    )
    personal = composer._personal(found)  # as compose() has it in hand
    own = leaving(
        variant,
        [personal[name] for name in PERSONAL],
        link_id=found.link_id,
        in_reply_to=found.in_reply_to,
        date=now,
        body=body,
    )
    return body, own


def keep(
    session: Session,
    message: Message,
    *,
    event: MessageEvent = MessageEvent.ACCEPTED,
    now: datetime = NOW,
    links: LinkSigner = LINKS,
    public_url: str = PUBLIC_URL,
    ledger_key: LogKey | None = None,
) -> bytes:
    """Keeps the mail as it leaves now, and that this came of it. Returns its bytes."""
    assert message.id is not None
    body, one = leave(
        session, message, now=now, links=links, public_url=public_url, ledger_key=ledger_key
    )
    SentKeeper().keep(session, [one])
    told = DeliveryEvent(message_pk=message.id, event=event, sent=one.sent, at=now)
    session.add(told)
    session.flush()
    return body
