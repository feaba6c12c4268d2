"""A test mail to the coordinator who asks for it, at once. Its links are samples."""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session

from outreach.domain.coordinator import Actor
from outreach.domain.message import MessageKind
from outreach.mail.connection import Envelope
from outreach.mail.reply_table import Outcome
from outreach.mail.single_send import send_single
from outreach.mail.target import SmtpTarget
from outreach.services.compose_message import ComposedMail, MessageComposer
from outreach.services.note_activity import note_activity
from outreach.services.preview_wording import read_in, sample_mail
from outreach.store import campaigns

SEND_LIMIT = 15.0


@dataclass(frozen=True)
class TestSent:
    """``words`` are the server's where it did not take the mail."""

    __test__ = False  # for pytest: this is a mail

    arrived: bool
    words: str


def compose_test(
    session: Session,
    composer: MessageComposer,
    *,
    slug: str,
    kind: MessageKind,
    locale: str,
    contact_id: int | None,
    to: str,
    mail_domain: str,
    by: Actor,
    now: datetime,
) -> ComposedMail:
    """The mail as that contact would get it, in the words of ``locale``, but addressed to the
    coordinator; noted as activity.

    Raises CampaignNotFound, PlaceRefused, HeaderRefused.
    """
    sample = sample_mail(session, slug=slug, kind=kind, contact_id=contact_id, now=now)
    found = replace(
        read_in(sample, locale, composer),
        contact_email=to,
        message_id=f"{secrets.token_hex(16)}@{mail_domain}",
    )
    composed = composer.compose(found, now=now)
    note_activity(
        session,
        by=by,
        action="mail.test",
        campaign_id=campaigns.require_campaign(session, slug).id,
        detail=f"{kind.value.replace('_', ' ')} to themselves",
        now=now,
    )
    return composed


def send_test(mail: ComposedMail, target: SmtpTarget) -> TestSent:
    """Opens no transaction; ends within SEND_LIMIT."""
    envelope = Envelope(mail.sender, mail.recipient)
    reply = send_single(target, envelope, mail.body, within=SEND_LIMIT)
    return TestSent(reply.outcome is Outcome.ACCEPTED, reply.words)
