"""A mail as an organization would get it, with the words that were just typed. Nothing is written.

Its links are samples: they show a page that says so, and answer nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session

from outreach.domain.errors import Refused
from outreach.domain.message import MessageKind
from outreach.links import LinkSigner
from outreach.mail.templates import RenderedMail
from outreach.services.compose_message import MessageComposer
from outreach.services.preview_message import an_answer
from outreach.store import campaigns, draft_partners, signatures
from outreach.store.outgoing import CampaignText, Outgoing, campaign_text
from outreach.store.tables import Contact, Organization
from outreach.store.wordings import OwnWording

SAMPLE_TOKEN = "sample"  # noqa: S105 - it opens nothing
_MADE_UP = "Example Organization"


class KindUnknown(Refused):
    """There is no such mail."""


class SampleLinks(LinkSigner):
    """Signs nothing: every link is the sample's, in place of a personal one."""

    def __init__(self) -> None:
        super().__init__([])

    def token(self, link_id: str, *, purpose: str) -> str:
        del link_id, purpose
        return SAMPLE_TOKEN


@dataclass(frozen=True)
class Reader:
    """Who is shown the mail."""

    organization: str
    name: str
    email: str
    language: str
    zone: str


def find_kind(name: str) -> MessageKind:
    """Raises KindUnknown."""
    try:
        return MessageKind(name)
    except ValueError:
        raise KindUnknown(f"there is no mail '{name}'") from None


def list_readers(session: Session, *, slug: str) -> Sequence[tuple[Organization, Contact]]:
    """The first organizations, each with the contact who would read the mail first."""
    campaign = campaigns.require_campaign(session, slug)
    assert campaign.id is not None
    page = draft_partners.partner_page(session, campaign.id, search="", page=1)
    return [
        (organization, min(contacts, key=lambda one: one.role != "signs"))
        for organization, contacts in page.organizations
        if contacts
    ]


def sample_mail(
    session: Session,
    *,
    slug: str,
    kind: MessageKind,
    contact_id: int | None = None,
    typed: OwnWording | None = None,
    now: datetime,
) -> Outgoing:
    """For that contact, else for the first, else for a made-up one. Raises CampaignNotFound."""
    campaign = campaigns.require_campaign(session, slug)
    assert campaign.id is not None
    reader = _reader(session, slug=slug, contact_id=contact_id)
    text = campaign_text(session, campaign.id)
    return Outgoing(
        kind=kind,
        message_id="preview",
        campaign=_with_typed(text, typed),
        organization=reader.organization,
        contact_name=reader.name,
        contact_email=reader.email,
        language=reader.language,
        zone=reader.zone,
        role="signs",
        link_id=SAMPLE_TOKEN,
        answer=an_answer(kind, reader.organization, reader.name, now=now),
        signatory_count=signatures.count_standing(session, campaign.id),
    )


def preview_wording(composer: MessageComposer, sample: Outgoing, *, now: datetime) -> RenderedMail:
    """Raises PlaceRefused."""
    return composer.render(sample, now=now)


def _with_typed(text: CampaignText, typed: OwnWording | None) -> CampaignText:
    if typed is None:
        return text
    others = tuple(
        one for one in text.wordings if (one.kind, one.locale) != (typed.kind, typed.locale)
    )
    return replace(text, wordings=(*others, typed))


def _reader(session: Session, *, slug: str, contact_id: int | None) -> Reader:
    campaign = campaigns.require_campaign(session, slug)
    assert campaign.id is not None
    found = draft_partners.find_contact(session, campaign.id, contact_id) if contact_id else None
    if found is None:
        found = next(iter(list_readers(session, slug=slug)), None)
    if found is None:
        return Reader(_MADE_UP, "", "someone@example.org", campaign.language, campaign.zone)
    organization, contact = found
    return Reader(organization.name, contact.name, contact.email, contact.language, contact.zone)
