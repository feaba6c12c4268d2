"""Values that cross floors: what the pages, mails and exports are made from."""

from dataclasses import dataclass, field
from datetime import date, datetime

from outreach.domain.campaign import CampaignState
from outreach.domain.invitation import InvitationState

# The sentence ticked before a signature counts; kept with it word for word.
AUTHORITY_SENTENCE = "I am authorized to sign this statement on behalf of {organization}."


def masked_address(address: str) -> str:
    """``o…@example.org``: its owner knows it again, and nobody else can write to it."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}"


@dataclass(frozen=True)
class CampaignFacts:
    """A campaign as pages and mails name it. ``pause_reason`` is set where the service itself
    paused it, ``pause_note`` where a coordinator said why they did."""

    slug: str
    state: CampaignState
    title: str
    addressee: str
    occasion: str
    occasion_date: date
    reply_to: str
    language: str
    deadline: datetime
    zone: str
    pause_reason: str = ""
    pause_note: str = ""


@dataclass(frozen=True)
class StandingSignature:
    """The organization's present yes."""

    credit_line: str
    sort_name: str
    signer_name: str
    capacity: str
    signed_at: datetime


@dataclass(frozen=True)
class AnswerPage:
    """All that one contact's page shows. ``offered_*`` is what the form to sign begins with,
    ``invited_as`` enough of the address to notice a link that was forwarded, ``decides_on`` the day
    that the organization has named last."""

    campaign: CampaignFacts
    statement_body: str
    statement_source: str
    statement_sha256: str
    asks: tuple[str, ...]
    organization: str
    offered_credit_line: str
    offered_sort_name: str
    country: str
    contact_name: str
    invited_as: str
    contact_language: str
    contact_zone: str
    state: InvitationState
    takes_answers: bool
    takes_deferral: bool
    takes_passing_on: bool
    takes_withdrawal: bool
    decides_on: date | None = None
    signature: StandingSignature | None = None


@dataclass(frozen=True)
class Signatory:
    """One line of the published list: a name and its place, nothing that says whence or when."""

    credit_line: str
    sort_name: str


@dataclass(frozen=True)
class PublishedStatement:
    """The one snapshot from which page and exports are rendered; signatories in order.

    ``checkpoint`` is the ledger's last one, as it was signed; empty where there is none yet.
    """

    campaign: CampaignFacts
    statement_body: str
    statement_sha256: str
    statement_version: int
    asks: tuple[str, ...]
    as_of: datetime
    published_at: datetime | None = None
    signatories: tuple[Signatory, ...] = field(default=())
    checkpoint: str = ""
    checkpoint_key: str = ""
