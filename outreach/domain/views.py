"""Values that cross floors: what the pages, mails and exports are made from."""

from dataclasses import dataclass, field
from datetime import date, datetime

from outreach.domain.campaign import CampaignState
from outreach.domain.credit_line import CreditLine, line_of
from outreach.domain.invitation import InvitationState
from outreach.domain.privacy import Privacy, unnamed_line

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
    privacy: Privacy = Privacy.PUBLIC
    acronym: str = ""
    country: str = ""
    url: str = ""

    @property
    def line(self) -> CreditLine:
        return line_of(self)


@dataclass(frozen=True)
class OpenReview:
    """A contact's answer waits that contradicts the one that stands. ``is_own``: the reader gave
    it; ``is_yes``: it would sign."""

    standing: InvitationState
    standing_at: datetime
    given_at: datetime
    is_yes: bool
    is_own: bool


@dataclass(frozen=True)
class AnswerPage:
    """All that one contact's page shows. ``offered_*`` is what the form to sign begins with,
    ``invited_as`` enough of the address to notice a link that was forwarded, ``decides_on`` the day
    that the organization has named last, ``privacies`` what a standing signature may be changed
    to, ``protections`` those of them that are offered by themselves, to be taken at once."""

    campaign: CampaignFacts
    statement_body: str
    statement_source: str
    statement_sha256: str
    asks: tuple[str, ...]
    organization: str
    offered_credit_line: str
    offered_acronym: str
    offered_country: str
    offered_url: str
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
    offered_privacy: Privacy = Privacy.PUBLIC
    privacies: tuple[Privacy, ...] = tuple(Privacy)
    protections: tuple[Privacy, ...] = ()
    signature: StandingSignature | None = None
    review: OpenReview | None = None


@dataclass(frozen=True)
class Signatory:
    """One line of the published list: a name and its place, nothing that says whence or when."""

    credit_line: str
    sort_name: str
    url: str = ""


@dataclass(frozen=True)
class PublishedStatement:
    """The one snapshot from which page and exports are rendered; signatories in order.

    ``signatories`` are those who let their names be printed, ``unnamed`` counts the others.
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
    unnamed: int = 0
    checkpoint: str = ""
    checkpoint_key: str = ""

    @property
    def total(self) -> int:
        return len(self.signatories) + self.unnamed

    @property
    def unnamed_line(self) -> str:
        """The last line of the list; empty where all are named."""
        return unnamed_line(self.unnamed, after_names=bool(self.signatories))


@dataclass(frozen=True)
class AddresseeCopy:
    """What the addressee alone may read: the public list, and below it those who are named to
    nobody else, in order. ``counted`` are named to nobody, and a number to the addressee too."""

    published: PublishedStatement
    confidential: tuple[Signatory, ...]
    counted: int

    @property
    def total(self) -> int:
        return len(self.published.signatories) + len(self.confidential) + self.counted

    @property
    def counted_line(self) -> str:
        """The last line of the list; empty where nobody is only counted."""
        named = bool(self.published.signatories or self.confidential)
        return unnamed_line(self.counted, after_names=named)
