"""What the API gives: every field says what it is, with an example on a reserved domain.

Persons' data is null where the key lacks the scope ``export``. No answer link is ever in here.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from outreach.domain.campaign import CampaignState
from outreach.domain.message import MessageKind, MessageState
from outreach.domain.privacy import Privacy

BIGGEST = 2_147_483_647  # what a number of ours can be
PAGE = 100


SLUG = r"^[a-z0-9](?:[a-z0-9-]{0,60}[a-z0-9])?$"
MOMENT = "2027-06-01T16:00:00Z"


class Given(BaseModel):
    model_config = ConfigDict(frozen=True)


class Campaign(Given):
    """A campaign as it stands."""

    slug: str = Field(description="Its short name, in every address.", examples=["visit"])
    state: CampaignState = Field(
        description="draft, open, paused, closed, published or cancelled.", examples=["open"]
    )
    title: str = Field(
        description="The statement's title.", examples=["Joint statement on the visit"]
    )
    addressee: str = Field(
        description="To whom the statement goes.", examples=["Secretary of State Jane Doe"]
    )
    occasion: str = Field(description="On what occasion.", examples=["visit to Examplia"])
    occasion_date: date = Field(description="The day of it.", examples=["2027-06-04"])
    language: str = Field(description="The statement's language.", examples=["en"])
    deadline: datetime = Field(
        description="Until when organizations can sign, in UTC.", examples=[MOMENT]
    )
    zone: str = Field(
        description="The zone in which the deadline was set.", examples=["Europe/Berlin"]
    )
    pause_reason: str | None = Field(
        description="Why the service itself paused it, in the mail server's words; null where it"
        " did not, or without the scope `export`.",
        examples=[None],
    )


class CampaignPage(Given):
    """Some campaigns, in the order in which they were made."""

    items: list[Campaign] = Field(description="The campaigns of this page.")
    next: int | None = Field(
        description="Ask for the next page with `after` set to this; null on the last page.",
        examples=[None],
    )


class Audience(Given):
    """Whom an act would mail if it were done now."""

    people: int = Field(description="How many people: what `expect` must say.", examples=[47])
    organizations: int | None = Field(
        description="Of how many organizations; null where that is not counted.", examples=[45]
    )
    skipped: int = Field(
        description="How many more are left out: their address gets no mail, or they had one"
        " within the last day.",
        examples=[2],
    )


class Launched(Given):
    """What a launch has queued."""

    campaign: Campaign = Field(description="The campaign, open now.")
    organizations: int = Field(description="Organizations invited now.", examples=[45])
    messages: int = Field(description="Mails queued.", examples=[47])


class Reminded(Given):
    """What a reminder has queued."""

    people: int = Field(description="To how many people a reminder was queued.", examples=[12])


class ImportReport(Given):
    """What an import did or, with `dry_run`, would do."""

    written: bool = Field(description="False: nothing was changed.", examples=[True])
    created_organizations: int = Field(description="New organizations.", examples=[45])
    created_contacts: int = Field(description="New contacts.", examples=[47])
    updated_organizations: int = Field(description="Organizations changed.", examples=[0])
    updated_contacts: int = Field(description="Contacts changed.", examples=[0])
    unchanged: int = Field(description="Rows that say what is known already.", examples=[0])
    refused_rows: int = Field(
        description="Rows left out, for they had an error; with `accept_valid` only.",
        examples=[0],
    )


class Figures(Given):
    """Where a campaign stands, in counts."""

    campaign: Campaign = Field(description="The campaign.")
    organizations: int = Field(description="Organizations on the list.", examples=[47])
    contacts: int = Field(description="People reached in them.", examples=[51])
    invitations: dict[str, int] = Field(
        description="Organizations by the state of their invitation; what is none is left out.",
        examples=[{"awaiting": 30, "signed": 15, "declined": 2}],
    )
    messages: dict[str, dict[str, int]] = Field(
        description="Mails by kind, then by state; what is none is left out.",
        examples=[{"invitation": {"sent": 50, "failed": 1}}],
    )
    deferred: int = Field(
        description="Mails that a server has put off and that are tried again.", examples=[1]
    )
    too_late: int = Field(
        description="Of those, mails that ask for an answer and whose next attempt is not before"
        " the deadline: somebody should call.",
        examples=[0],
    )
    captured: bool = Field(
        description="Whether its mail stays in the embedded mailbox, for rehearsal.",
        examples=[False],
    )
    held_back: bool = Field(
        description="Whether the brake holds reminders back: a person should look at the desk.",
        examples=[False],
    )
    as_of: datetime = Field(description="When this was counted.", examples=[MOMENT])


class Contact(Given):
    """A person reached. Personal data."""

    name: str = Field(description="As imported; may be empty.", examples=["Ada Example"])
    email: str = Field(description="Where mails go.", examples=["ada@alpha.example"])
    role: Literal["signs", "copied"] = Field(
        description="Who signs gets the link; who is copied gets receipts only.",
        examples=["signs"],
    )
    language: str = Field(description="In which they are written to.", examples=["en"])
    zone: str = Field(description="Their time zone.", examples=["Europe/London"])


class Signature(Given):
    """The yes that stands. Personal data, but for the credit line once it is published."""

    credit_line: str = Field(description="The name as it is printed.", examples=["Alpha"])
    privacy: Privacy = Field(
        description="Who may see the name: `public` everybody, `addressee` the addressee only, "
        "`counted` nobody. Print no other than a public one.",
        examples=["public"],
    )
    signer_name: str = Field(description="Who signed.", examples=["Ada Example"])
    capacity: str = Field(description="In what capacity.", examples=["Director"])
    signed_at: datetime = Field(description="When.", examples=[MOMENT])


class OrganizationState(StrEnum):
    """How an organization stands."""

    NOT_INVITED = "not invited"
    AWAITING = "awaiting"
    DEFERRED = "deferred"
    SIGNED = "signed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    RECONFIRMING = "reconfirming"
    EXPIRED = "expired"
    REVOKED = "revoked"


class Organization(Given):
    """Who is asked to sign, and what they have answered."""

    id: int = Field(description="Its number, as in webhooks.", examples=[12])
    name: str = Field(description="As imported.", examples=["Alpha"])
    country: str = Field(description="ISO 3166 alpha-2, or empty.", examples=["GB"])
    state: OrganizationState = Field(
        description="Of its invitation; `not invited` before the launch.", examples=["signed"]
    )
    answered_at: datetime | None = Field(
        description="When it answered last; null where it has not.", examples=[MOMENT]
    )
    decides_on: date | None = Field(
        description="The day that it has named for its decision; null where it has named none.",
        examples=["2026-03-10"],
    )
    signature: Signature | None = Field(
        description="The yes that stands; null where none does, or without the scope `export`."
    )
    contacts: list[Contact] | None = Field(
        description="Who is reached there; null without the scope `export`."
    )


class OrganizationPage(Given):
    """Some organizations, in the order in which they came."""

    items: list[Organization] = Field(description="The organizations of this page.")
    next: int | None = Field(
        description="Ask for the next page with `after` set to this; null on the last page.",
        examples=[12],
    )


class Message(Given):
    """One mail: to whom it goes, and what became of it. Never its text, with its personal link."""

    id: int = Field(description="Its number.", examples=[31])
    organization_id: int = Field(description="The organization it is for.", examples=[12])
    kind: MessageKind = Field(description="What it is.", examples=["invitation"])
    state: MessageState = Field(
        description="`sent` means that the next server has accepted it; of an `uncertain` one"
        " nobody knows.",
        examples=["uncertain"],
    )
    put_off: bool = Field(
        description="Whether it waits because a server refused it for now.", examples=[False]
    )
    attempts: int = Field(description="How often a server has put it off.", examples=[0])
    sent_twice: bool = Field(
        description="Whether it was sent again after doubt, with the same Message-ID.",
        examples=[False],
    )
    dismissed: bool = Field(
        description="Whether somebody has set it aside: seen, nothing to do.", examples=[False]
    )
    next_attempt: datetime | None = Field(
        description="When it is due; null where it does not wait.", examples=[None]
    )
    sent_at: datetime | None = Field(description="When a server took it.", examples=[None])
    contact: str | None = Field(
        description="The person's name; null without the scope `export`.", examples=["Ada Example"]
    )
    email: str | None = Field(
        description="The address; null without the scope `export`.", examples=["ada@alpha.example"]
    )
    words: str | None = Field(
        description="What the server said last, or why it was not sent; null without the scope"
        " `export`, for servers repeat addresses.",
        examples=["the connection was lost after the body"],
    )


class MessagePage(Given):
    """Some mails, in the order in which they were queued."""

    items: list[Message] = Field(description="The mails of this page.")
    next: int | None = Field(
        description="Ask for the next page with `after` set to this; null on the last page.",
        examples=[31],
    )


class KeyFacts(Given):
    """The key that asks."""

    name: str = Field(description="As it is called at the desk.", examples=["Newsletter"])
    scopes: list[Literal["read", "write", "send", "export"]] = Field(
        description="What it may do at present: its scopes, as far as its coordinator's role"
        " allows them.",
        examples=[["read"]],
    )
    role: Literal["owner", "editor", "viewer"] = Field(
        description="The role of the coordinator who made it.", examples=["editor"]
    )
    expires_at: datetime | None = Field(
        description="When it ends; null where it does not.", examples=[None]
    )


class ProblemError(BaseModel):
    """One thing that is wrong, and where."""

    detail: str = Field(description="What is wrong and what to do.", examples=["Field required"])
    pointer: str | None = Field(
        default=None,
        description="Where in the body, as a JSON pointer (RFC 6901).",
        examples=["#/deadline"],
    )
    parameter: str | None = Field(
        default=None, description="Which parameter of the address, or header.", examples=["after"]
    )
    row: int | None = Field(
        default=None, description="Which row of an imported file.", examples=[7]
    )
    column: str | None = Field(
        default=None, description="Which column of an imported file.", examples=["email"]
    )


class Problem(BaseModel):
    """What went wrong (RFC 9457). No name and no address is in it."""

    type: str = Field(
        description="The sort of problem, as an address that explains it.",
        examples=["https://sign.example.org/api/v1/docs#conflict"],
    )
    title: str = Field(
        description="The same in a few words.", examples=["It does not go with the present state"]
    )
    status: int = Field(description="The HTTP status.", examples=[409])
    detail: str = Field(
        description="What it is this time, for people.",
        examples=["A campaign that is closed does not take this: launch."],
    )
    errors: list[ProblemError] | None = Field(
        default=None, description="With `invalid`: each thing that is wrong."
    )
    people: int | None = Field(
        default=None,
        description="With `unexpected-number`: how many people would be mailed.",
        examples=[46],
    )
    scope: str | None = Field(
        default=None, description="With `scope-needed`: which.", examples=["send"]
    )
