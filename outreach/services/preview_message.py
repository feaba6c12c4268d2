"""A mail as one organization would get it. Nothing is written, and its links lead nowhere."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from outreach.domain.errors import Refused
from outreach.domain.invitation import InvitationState
from outreach.domain.message import REVIEW_KINDS, MessageKind
from outreach.domain.recorded_consent import Channel
from outreach.partners.keys import name_key
from outreach.services.compose_message import MessageComposer
from outreach.store import campaigns, partners, signatures
from outreach.store.outgoing import GivenAnswer, Outgoing, campaign_text
from outreach.store.tables import Contact

_A_WEEK = timedelta(days=7)
_NO_LINK = "preview-of-a-personal-link"


class PreviewRefused(Refused):
    """There is no such organization or kind to show."""


@dataclass(frozen=True)
class Preview:
    recipient: str
    subject: str
    text: str
    html: str


def preview_message(
    session: Session,
    composer: MessageComposer,
    *,
    slug: str,
    organization: str,
    kind: str,
    now: datetime,
) -> Preview:
    """Raises CampaignNotFound, PreviewRefused."""
    wanted = _require_kind(kind)
    campaign = campaigns.require_campaign(session, slug)
    assert campaign.id is not None
    partner = partners.find_organization(
        session, campaign_id=campaign.id, name_key=name_key(organization)
    )
    if partner is None:
        raise PreviewRefused(
            f"'{organization}' is not among the partners; `outreach partners list {slug}`"
            " names them"
        )
    assert partner.id is not None
    contact = _first_reader(session, partner.id)
    text = campaign_text(session, campaign.id)
    rendered = composer.render(
        Outgoing(
            kind=wanted,
            message_id="preview",
            campaign=text,
            organization=partner.name,
            contact_name=contact.name,
            contact_email=contact.email,
            language=contact.language,
            zone=contact.zone,
            role=contact.role,
            discreet=text.discreet or contact.discreet,
            link_id=_NO_LINK,
            answer=sample_answer(wanted, partner.name, contact.name, now=now),
            signatory_count=signatures.count_standing(session, campaign.id),
        ),
        now=now,
    )
    return Preview(contact.email, rendered.subject, rendered.text, rendered.html)


def sample_answer(
    kind: MessageKind, organization: str, person: str, *, now: datetime
) -> GivenAnswer:
    """As it might be given."""
    later = (now + _A_WEEK).date() if kind is MessageKind.DEFERRAL_RECEIPT else None
    channel = Channel.PHONE if kind is MessageKind.RECORDED_RECEIPT else ""
    standing = InvitationState.SIGNED if kind in REVIEW_KINDS else ""
    person = person or "Jane Doe"
    return GivenAnswer(
        organization,
        signer_name=person,
        capacity="Director",
        at=now,
        decides_on=later,
        channel=channel,
        standing=standing,
    )


def _first_reader(session: Session, organization_id: int) -> Contact:
    """The first who signs, else the first who is copied. Raises PreviewRefused."""
    contacts = partners.list_organization_contacts(session, organization_id=organization_id)
    if not contacts:
        raise PreviewRefused("the organization has no contact who could get a mail")
    return min(contacts, key=lambda contact: contact.role != "signs")


def _require_kind(kind: str) -> MessageKind:
    try:
        return MessageKind(kind.strip().lower().replace("-", "_").replace(" ", "_"))
    except ValueError:
        known = ", ".join(kind.value for kind in MessageKind)
        raise PreviewRefused(f"there is no mail '{kind}'; the kinds are {known}") from None
