"""Show one mail as it was sent, its story, and what can be decided of it.

Its personal links are shortened before the mail is written, so they stand whole nowhere: not in
its text, its HTML or its source. Who has the answer link can answer in the organization's name.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlmodel import Session

from outreach.domain.message import RECEIPT_KINDS, MessageEvent, MessageState, answer_of
from outreach.domain.settlement import Decision, Standing, possible_decisions, why_not
from outreach.domain.views import CampaignFacts
from outreach.links import LinkSigner, ShortenedLinks
from outreach.mail.assemble import Attachment
from outreach.mail.headers import HeaderRefused
from outreach.mail.readable import ReadableMail, read_mail
from outreach.services.compose_message import MessageComposer
from outreach.services.keep_sent import CannotRefill, is_as_sent, refill
from outreach.services.settle_mails import MailNotFound
from outreach.store import campaigns, ledger, mail_stories, outgoing, prospects, sent_mails
from outreach.store.mail_stories import MailFacts, ToldEvent
from outreach.store.sent_mails import Found

_WITH_SOMEBODY = (MessageEvent.ACCEPTED, MessageEvent.LAPSED_AFTER_DATA)


class Truth(StrEnum):
    """How near what is shown is to what went out."""

    AS_SENT = "as_sent"  # the same to the byte, but for the shortened links
    KEPT = "kept"  # from what was kept, and some byte of it differs
    REWRITTEN = "rewritten"  # nothing was kept: written again from today's facts
    PLANNED = "planned"  # it has not gone out: as it would now


@dataclass(frozen=True)
class Copy:
    """One sending of a message, the links in it shortened."""

    truth: Truth
    mail: ReadableMail


@dataclass(frozen=True)
class ShownMail:
    """``copies``: more than one where it was sent again after doubt, none where it cannot be
    written any more. ``hindrance``: why one that waits for a person cannot go again or now."""

    campaign: CampaignFacts
    facts: MailFacts
    events: tuple[ToldEvent, ...]
    copies: tuple[Copy, ...]
    decisions: tuple[Decision, ...]
    hindrance: str


@dataclass(frozen=True)
class MailWriter:
    """Writes mails for somebody else than their reader. ``composer`` makes shortened links;
    ``links`` are those of the mails themselves, to check what was kept."""

    composer: MessageComposer
    links: LinkSigner
    shortened: ShortenedLinks


def show_mail(
    session: Session, writer: MailWriter, *, slug: str, message_pk: int, now: datetime
) -> ShownMail:
    """Raises CampaignNotFound, MailNotFound."""
    campaign = campaigns.require_campaign(session, slug)
    assert campaign.id is not None
    facts = mail_stories.find_mail(session, campaign.id, message_pk)
    if facts is None:
        raise MailNotFound(f"'{slug}' has no mail {message_pk}")
    (prospect,) = prospects.load_prospects(session, campaign.id, [message_pk])
    return ShownMail(
        campaign=campaigns.campaign_facts(campaign),
        facts=facts,
        events=tuple(mail_stories.list_events(session, message_pk)),
        copies=_copies(session, writer, facts, now=now),
        decisions=possible_decisions(prospect.standing, now=now),
        hindrance=_hindrance(prospect.standing, facts, now=now),
    )


def _hindrance(standing: Standing, facts: MailFacts, *, now: datetime) -> str:
    if standing.state in (MessageState.UNCERTAIN, MessageState.FAILED):
        return why_not(standing, Decision.AGAIN, now=now)
    is_put_off = standing.state is MessageState.QUEUED and bool(facts.words)
    return why_not(standing, Decision.NOW, now=now) if is_put_off and facts.due_at > now else ""


def _copies(
    session: Session, writer: MailWriter, facts: MailFacts, *, now: datetime
) -> tuple[Copy, ...]:
    kept = sent_mails.find_sent(session, facts.id)
    # What a server has refused or put off is with nobody: shown where there is nothing else.
    chosen = [one for one in kept if one.event in _WITH_SOMEBODY] or kept[-1:]
    try:
        if chosen:
            proof = _proof(session, writer, facts)
            return tuple(_kept(one, writer, proof) for one in chosen)
        return _composed(session, writer, facts, now=now)
    except (CannotRefill, HeaderRefused):
        return ()


def _proof(session: Session, writer: MailWriter, facts: MailFacts) -> Attachment | None:
    """The file that a receipt brought. It is not kept with the mail, for it never changes."""
    answer_id = answer_of(facts.step)
    if facts.kind not in RECEIPT_KINDS or answer_id is None:
        return None
    logged = ledger.events_of_answers(session, [answer_id])
    return writer.composer.proof(logged.get(answer_id))


def _kept(found: Found, writer: MailWriter, proof: Attachment | None) -> Copy:
    for brought in (proof, None):  # a discreet one brings none
        if is_as_sent(found, writer.links.by_key(), attachment=brought):
            mail = read_mail(refill(found, writer.shortened, attachment=brought))
            return Copy(Truth.AS_SENT, mail)
    return Copy(Truth.KEPT, read_mail(refill(found, writer.shortened, attachment=proof)))


def _composed(
    session: Session, writer: MailWriter, facts: MailFacts, *, now: datetime
) -> tuple[Copy, ...]:
    """One whose contact has no live link any more cannot be written."""
    found = outgoing.load_outgoing(session, [facts.id]).get(facts.id)
    if found is None:
        return ()
    left_at = facts.sent_at or facts.data_at
    mail = read_mail(writer.composer.compose(found, now=left_at or now).body)
    has_gone = facts.state != MessageState.QUEUED and left_at is not None
    return (Copy(Truth.REWRITTEN if has_gone else Truth.PLANNED, mail),)
