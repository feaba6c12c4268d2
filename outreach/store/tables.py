"""Every table, so that a newcomer sees the whole model on one page.

SQLModel tables skip validation: input is validated at the edge, and what must never happen is
constrained here, in SQL. States change only through ``next_state`` or a claim.
"""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from outreach.domain.campaign import CampaignState
from outreach.domain.invitation import InvitationState
from outreach.domain.message import MessageState
from outreach.domain.privacy import Privacy
from outreach.store.columns import UtcDateTime


def _one_of(
    column: str, values: type[CampaignState | InvitationState | MessageState | Privacy]
) -> str:
    return f"{column} IN ({', '.join(repr(value.value) for value in values)})"


class Campaign(SQLModel, table=True):
    """One effort with a deadline, for one occasion."""

    __table_args__ = (
        CheckConstraint(_one_of("state", CampaignState), name="state_is_known"),
        CheckConstraint("slug <> ''", name="slug_is_given"),
    )

    id: int | None = Field(default=None, primary_key=True)
    slug: str = Field(unique=True)
    key: str = Field(unique=True, description="random; what Message-IDs are derived from")
    state: str = CampaignState.DRAFT
    title: str
    addressee: str
    occasion: str
    occasion_date: date
    reply_to: str
    language: str
    sender_name: str = Field(default="", description="in place of the service's name in From")
    discreet: bool = Field(default=False, description="its mails say nothing of the matter")
    open_door: bool = Field(default=False, description="organizations may ask to join")
    deadline: datetime = Field(sa_type=UtcDateTime)
    zone: str
    deadline_round: int = Field(default=0, description="how often the deadline was extended")
    extended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    reminder_steps: str = Field(description="offsets before the deadline, as in '7d,3d,1d,4h'")
    publish_at_close: bool = False
    captured: bool = Field(
        default=False, description="launched into the embedded mailbox: its mail never leaves"
    )
    pause_reason: str = Field(
        default="", description="why the service itself paused it: the mail server's words"
    )
    pause_note: str = Field(default="", description="why a coordinator paused it")
    open_steps: str = Field(
        default="", description="of the draft: what a coordinator has not settled, words"
    )
    created_at: datetime = Field(sa_type=UtcDateTime)
    launched_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    published_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    contacts_kept: bool = Field(default=False, description="longer than usual, on purpose")
    contacts_erased_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    unnamed: int = Field(default=0, description="of the published list: how many it does not name")
    counted: int = Field(default=0, description="of these, how many are named to nobody")


class StatementVersion(SQLModel, table=True):
    """One frozen wording of a campaign's text. ``sha256`` is over ``source`` as UTF-8."""

    __tablename__ = "statement_version"
    __table_args__ = (
        UniqueConstraint("campaign_id", "number", "language"),
        CheckConstraint("length(sha256) = 64", name="sha256_is_whole"),
    )

    id: int | None = Field(default=None, primary_key=True)
    campaign_id: int = Field(foreign_key="campaign.id", index=True)
    number: int
    language: str
    source: str = Field(description="the file as given, front matter included, line ends as LF")
    body: str = Field(description="the Markdown after the front matter")
    asks: str = Field(default="", description="one ask a line")
    sha256: str
    created_at: datetime = Field(sa_type=UtcDateTime)


class Organization(SQLModel, table=True):
    """Who is asked to sign, within one campaign. ``name_key`` is its name without spelling."""

    __table_args__ = (UniqueConstraint("campaign_id", "name_key"),)

    id: int | None = Field(default=None, primary_key=True)
    campaign_id: int = Field(foreign_key="campaign.id", index=True)
    name: str
    name_key: str
    sort_name: str = ""
    country: str = Field(default="", description="ISO 3166 alpha-2, or empty")
    notes: str = ""
    created_at: datetime = Field(sa_type=UtcDateTime)


class Contact(SQLModel, table=True):
    """The person reached: role 'signs' gets a link, role 'copied' gets receipts only."""

    __table_args__ = (
        UniqueConstraint("campaign_id", "email_key"),
        CheckConstraint("role IN ('signs', 'copied')", name="role_is_known"),
    )

    id: int | None = Field(default=None, primary_key=True)
    campaign_id: int = Field(foreign_key="campaign.id")
    organization_id: int = Field(foreign_key="organization.id", index=True)
    name: str = ""
    email: str
    email_key: str
    language: str
    zone: str
    role: str = "signs"
    created_at: datetime = Field(sa_type=UtcDateTime)
    replaced_at: datetime | None = Field(
        default=None,
        sa_type=UtcDateTime,
        description="when another address took its place; kept for what was sent to it",
    )
    discreet: bool = Field(default=False, description="mails to them say nothing of the matter")
    passed_by: int | None = Field(
        default=None, description="the id of the colleague who passed the invitation on to them"
    )


class Invitation(SQLModel, table=True):
    """One campaign asking one organization. The organization signs, not the mailbox."""

    __table_args__ = (
        UniqueConstraint("organization_id"),
        CheckConstraint(_one_of("state", InvitationState), name="state_is_known"),
        Index("ix_invitation_campaign_state", "campaign_id", "state"),
        Index(
            "ix_invitation_reopened",
            "open_until",
            sqlite_where=text("open_until IS NOT NULL"),
            postgresql_where=text("open_until IS NOT NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    campaign_id: int = Field(foreign_key="campaign.id")
    organization_id: int = Field(foreign_key="organization.id")
    state: str = InvitationState.AWAITING
    created_at: datetime = Field(sa_type=UtcDateTime)
    answered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    open_until: datetime | None = Field(
        default=None, sa_type=UtcDateTime, description="reopened to a late signer until then"
    )
    decides_on: date | None = Field(default=None, description="the day they last said they decide")
    ask_again_at: datetime | None = Field(
        default=None, sa_type=UtcDateTime, description="of a deferred one: the morning of that day"
    )


class Link(SQLModel, table=True):
    """One contact's way in. The id is random; the signed form of it is never stored."""

    __table_args__ = (
        Index(
            "uq_link_live",
            "contact_id",
            unique=True,
            sqlite_where=text("revoked_at IS NULL"),
            postgresql_where=text("revoked_at IS NULL"),
        ),
        CheckConstraint("length(id) >= 22", name="id_has_128_bits"),
    )

    id: str = Field(primary_key=True)
    invitation_id: int = Field(foreign_key="invitation.id", index=True)
    contact_id: int = Field(foreign_key="contact.id")
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Signature(SQLModel, table=True):
    """A yes, bound to a version and a credit line; withdrawn, never deleted."""

    __table_args__ = (
        Index(
            "uq_signature_standing",
            "invitation_id",
            unique=True,
            sqlite_where=text("withdrawn_at IS NULL"),
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
        CheckConstraint("signer_name <> ''", name="signer_is_named"),
        CheckConstraint("credit_line <> ''", name="credit_line_is_given"),
        CheckConstraint("authority <> ''", name="authority_is_confirmed"),
        CheckConstraint(_one_of("privacy", Privacy), name="privacy_is_known"),
    )

    id: int | None = Field(default=None, primary_key=True)
    invitation_id: int = Field(foreign_key="invitation.id", index=True)
    contact_id: int | None = Field(
        default=None, foreign_key="contact.id", description="none: recorded of somebody else"
    )
    statement_version_id: int = Field(foreign_key="statement_version.id")
    credit_line: str = Field(description="as it is printed, acronym and country in it")
    acronym: str = ""
    country: str = ""
    url: str = ""
    sort_name: str = ""
    signer_name: str
    capacity: str
    authority: str = Field(description="the sentence that was ticked, word for word")
    method: str = "link"
    privacy: str = Privacy.PUBLIC
    signed_at: datetime = Field(sa_type=UtcDateTime)
    withdrawn_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Answer(SQLModel, table=True):
    """Append-only: every answer given, as it was given. Evidence beside the current state."""

    __table_args__ = (
        CheckConstraint(
            "kind IN ('sign', 'decline', 'defer', 'withdraw', 'correct')", name="kind_is_known"
        ),
        CheckConstraint("privacy = '' OR " + _one_of("privacy", Privacy), name="privacy_is_known"),
    )

    id: int | None = Field(default=None, primary_key=True)
    invitation_id: int = Field(foreign_key="invitation.id", index=True)
    contact_id: int | None = Field(default=None, foreign_key="contact.id")
    kind: str
    signature_id: int | None = Field(default=None, foreign_key="signature.id")
    statement_sha256: str
    credit_line: str = ""
    url: str = ""
    sort_name: str = ""
    signer_name: str = ""
    capacity: str = ""
    authority: str = ""
    reason: str = ""
    decides_on: date | None = None
    privacy: str = ""
    at: datetime = Field(sa_type=UtcDateTime)


class Message(SQLModel, table=True):
    """One e-mail as an outbox row. The database is the queue of truth."""

    __table_args__ = (
        UniqueConstraint("invitation_id", "contact_id", "kind", "step"),
        CheckConstraint(_one_of("state", MessageState), name="state_is_known"),
        CheckConstraint(
            "state <> 'sending' OR (owner IS NOT NULL AND lease_until IS NOT NULL)",
            name="sending_has_an_owner",
        ),
        CheckConstraint("state <> 'sent' OR sent_at IS NOT NULL", name="sent_has_its_time"),
        Index(
            "ix_message_due",
            "priority",
            "due_at",
            "id",
            sqlite_where=text("state = 'queued'"),
            postgresql_where=text("state = 'queued'"),
        ),
        Index(
            "ix_message_leased",
            "lease_until",
            sqlite_where=text("state = 'sending'"),
            postgresql_where=text("state = 'sending'"),
        ),
        Index("ix_message_campaign_kind", "campaign_id", "kind", "state"),
    )

    id: int | None = Field(default=None, primary_key=True)
    campaign_id: int = Field(foreign_key="campaign.id")
    invitation_id: int = Field(foreign_key="invitation.id")
    contact_id: int = Field(foreign_key="contact.id", index=True)
    kind: str
    step: str = Field(default="", description="which one of its kind: '3d/0', a signature's id")
    message_id: str = Field(unique=True, description="the Message-ID header, without brackets")
    priority: int
    state: str = MessageState.QUEUED
    due_at: datetime = Field(sa_type=UtcDateTime)
    owner: str | None = None
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    data_at: datetime | None = Field(
        default=None, sa_type=UtcDateTime, description="the DATA mark: a body may have gone out"
    )
    attempts: int = Field(default=0, description="how often a server has put it off")
    lapses: int = Field(default=0, description="how often a worker died holding it")
    repeats: int = Field(default=0, description="1: sent again after doubt, same Message-ID")
    last_reply: str = Field(default="", description="the server's last words, or why not sent")
    created_at: datetime = Field(sa_type=UtcDateTime)
    sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    dismissed_at: datetime | None = Field(
        default=None, sa_type=UtcDateTime, description="seen by somebody, and nothing to do"
    )


class DeliveryEvent(SQLModel, table=True):
    """A fact about a message: one attempt, one reply, one lapse. Append-only."""

    __tablename__ = "delivery_event"

    id: int | None = Field(default=None, primary_key=True)
    message_pk: int = Field(foreign_key="message.id", index=True)
    event: str
    code: int | None = None
    words: str = ""
    at: datetime = Field(sa_type=UtcDateTime)
    sent: str | None = Field(
        default=None, description="JSON: of a body that went out, what was its own; no link in it"
    )


class Suppression(SQLModel, table=True):
    """An address that must not be mailed, and why. It never touches a signature."""

    __table_args__ = (UniqueConstraint("email_key"),)

    id: int | None = Field(default=None, primary_key=True)
    email_key: str
    reason: str
    created_at: datetime = Field(sa_type=UtcDateTime)
