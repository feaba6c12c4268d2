"""The tables of the desk: who runs campaigns, what they did and noted, and what tells others.

As in ``tables``: input is validated at the edge, what must never happen is constrained here.
"""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from outreach.store.columns import UtcDateTime


class Coordinator(SQLModel, table=True):
    """Who runs campaigns. Secrets are kept hashed, or sealed where they must be read again."""

    __table_args__ = (
        CheckConstraint("role IN ('owner', 'editor', 'viewer')", name="role_is_known"),
    )

    id: int | None = Field(default=None, primary_key=True)
    email: str
    email_key: str = Field(unique=True)
    name: str = ""
    role: str
    zone: str = "UTC"
    wants_digest: bool = True
    password_hash: str = ""
    totp_secret: str = Field(default="", description="sealed; empty until it is confirmed")
    totp_step: int = Field(default=0, description="the last step used: no code counts twice")
    created_at: datetime = Field(sa_type=UtcDateTime)
    disabled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class SetupLink(SQLModel, table=True):
    """A one-time way to set up an account, or to recover one. Its signed form is never stored."""

    __tablename__ = "setup_link"
    __table_args__ = (CheckConstraint("length(id) >= 22", name="id_has_128_bits"),)

    id: str = Field(primary_key=True)
    coordinator_id: int = Field(foreign_key="coordinator.id", index=True)
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Passkey(SQLModel, table=True):
    """A WebAuthn credential. Ids and keys in base64url."""

    id: int | None = Field(default=None, primary_key=True)
    coordinator_id: int = Field(foreign_key="coordinator.id", index=True)
    credential_id: str = Field(unique=True)
    public_key: str
    sign_count: int = 0
    name: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    last_used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class RecoveryCode(SQLModel, table=True):
    """For the day when the telephone is gone. Only its hash is kept; it counts once."""

    __tablename__ = "recovery_code"

    id: int | None = Field(default=None, primary_key=True)
    coordinator_id: int = Field(foreign_key="coordinator.id", index=True)
    code_hash: str
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class DeskSession(SQLModel, table=True):
    """One browser signed in. ``id`` is the SHA-256 of what the cookie holds."""

    __tablename__ = "desk_session"

    id: str = Field(primary_key=True)
    coordinator_id: int = Field(foreign_key="coordinator.id", index=True)
    device: str = ""
    created_at: datetime = Field(sa_type=UtcDateTime)
    seen_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    proven_at: datetime | None = Field(
        default=None, sa_type=UtcDateTime, description="when the second factor was shown"
    )
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Activity(SQLModel, table=True):
    """What was done, by whom. Append-only; ``actor`` stays readable when accounts are gone."""

    __table_args__ = (Index("ix_activity_campaign_at", "campaign_id", "at"),)

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime)
    coordinator_id: int | None = Field(default=None, foreign_key="coordinator.id")
    actor: str
    campaign_id: int | None = Field(default=None, foreign_key="campaign.id")
    organization_id: int | None = Field(default=None, foreign_key="organization.id", index=True)
    action: str = Field(description="a stable word: 'campaign.launch', 'contact.change'")
    detail: str = Field(default="", description="facts for a person; never a link or a secret")


class Note(SQLModel, table=True):
    """What a coordinator wants remembered of an organization, or of a call or letter to it.

    ``channel`` is empty for a plain note; else the organization was touched that way.
    """

    __table_args__ = (
        CheckConstraint(
            "channel IN ('', 'call', 'message', 'email', 'meeting')", name="channel_is_known"
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    campaign_id: int = Field(foreign_key="campaign.id", index=True)
    organization_id: int = Field(foreign_key="organization.id", index=True)
    coordinator_id: int | None = Field(default=None, foreign_key="coordinator.id")
    channel: str = ""
    text: str = ""
    at: datetime = Field(sa_type=UtcDateTime)


class Chase(SQLModel, table=True):
    """Who takes care that an organization answers, and what comes next."""

    organization_id: int = Field(foreign_key="organization.id", primary_key=True)
    campaign_id: int = Field(foreign_key="campaign.id", index=True)
    owner_id: int | None = Field(default=None, foreign_key="coordinator.id")
    next_step: str = ""
    next_on: date | None = None
    updated_at: datetime = Field(sa_type=UtcDateTime)


class PageView(SQLModel, table=True):
    """A person was at the answer page: typed, scrolled or pressed there. What merely fetches a
    page, as mail scanners do, leaves none."""

    __tablename__ = "page_view"

    id: int | None = Field(default=None, primary_key=True)
    invitation_id: int = Field(foreign_key="invitation.id", index=True)
    contact_id: int = Field(foreign_key="contact.id")
    at: datetime = Field(sa_type=UtcDateTime)


class Notice(SQLModel, table=True):
    """A mail to a coordinator, or to who asks to join, as an outbox row; ``key`` says what must be
    told only once."""

    __table_args__ = (
        UniqueConstraint("coordinator_id", "kind", "key"),
        UniqueConstraint("request_id"),
        CheckConstraint(
            "(coordinator_id IS NULL) <> (request_id IS NULL)", name="is_for_one_of_them"
        ),
        CheckConstraint(
            "state IN ('queued', 'sending', 'sent', 'failed', 'cancelled', 'uncertain')",
            name="state_is_known",
        ),
        CheckConstraint(
            "state <> 'sending' OR (owner IS NOT NULL AND lease_until IS NOT NULL)",
            name="sending_has_an_owner",
        ),
        Index(
            "ix_notice_due",
            "due_at",
            "id",
            sqlite_where=text("state = 'queued'"),
            postgresql_where=text("state = 'queued'"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    coordinator_id: int | None = Field(default=None, foreign_key="coordinator.id")
    request_id: int | None = Field(default=None, foreign_key="join_request.id")
    campaign_id: int | None = Field(default=None, foreign_key="campaign.id")
    organization_id: int | None = Field(default=None, foreign_key="organization.id")
    kind: str
    key: str
    state: str = "queued"
    due_at: datetime = Field(sa_type=UtcDateTime)
    owner: str | None = None
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    data_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    attempts: int = Field(default=0, description="how often a server has put it off")
    lapses: int = Field(default=0, description="how often a sender died holding it")
    repeats: int = Field(default=0, description="1: sent again after doubt, same Message-ID")
    last_reply: str = ""
    created_at: datetime = Field(sa_type=UtcDateTime)
    sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class ApiKey(SQLModel, table=True):
    """A program's way in. Only the hash of the key is kept; ``prefix`` finds it."""

    __tablename__ = "api_key"

    id: int | None = Field(default=None, primary_key=True)
    prefix: str = Field(unique=True)
    key_hash: str
    name: str
    scopes: str = Field(description="words with spaces between, as in OAuth")
    coordinator_id: int = Field(foreign_key="coordinator.id")
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    last_used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class ApiAnswer(SQLModel, table=True):
    """What a request with an Idempotency-Key was answered, for a day: asked again, it is not done
    again. Written in the transaction of what it tells of; ``fingerprint`` is the request's."""

    __tablename__ = "api_answer"
    __table_args__ = (UniqueConstraint("api_key_id", "key"),)

    id: int | None = Field(default=None, primary_key=True)
    api_key_id: int = Field(foreign_key="api_key.id")
    key: str
    fingerprint: str
    status: int = 0
    body: str = ""
    location: str = ""
    created_at: datetime = Field(sa_type=UtcDateTime)


class Webhook(SQLModel, table=True):
    """Whom to tell of what happens. ``secret`` is sealed: every call is signed with it."""

    id: int | None = Field(default=None, primary_key=True)
    url: str
    secret: str
    events: str = Field(description="words with spaces between")
    coordinator_id: int = Field(foreign_key="coordinator.id")
    created_at: datetime = Field(sa_type=UtcDateTime)
    disabled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class WebhookCall(SQLModel, table=True):
    """One call to a webhook as an outbox row; ``key`` is its webhook-id, the same at each try."""

    __tablename__ = "webhook_call"
    __table_args__ = (
        UniqueConstraint("webhook_id", "key"),
        CheckConstraint("state IN ('queued', 'sending', 'sent', 'failed')", name="state_is_known"),
        CheckConstraint(
            "state <> 'sending' OR (owner IS NOT NULL AND lease_until IS NOT NULL)",
            name="sending_has_an_owner",
        ),
        Index(
            "ix_webhook_call_due",
            "due_at",
            "id",
            sqlite_where=text("state = 'queued'"),
            postgresql_where=text("state = 'queued'"),
        ),
        Index(
            "ix_webhook_call_leased",
            "webhook_id",
            "lease_until",
            sqlite_where=text("state = 'sending'"),
            postgresql_where=text("state = 'sending'"),
        ),
        Index("ix_webhook_call_of", "webhook_id", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    webhook_id: int = Field(foreign_key="webhook.id")
    key: str
    event: str
    payload: str
    state: str = "queued"
    due_at: datetime = Field(sa_type=UtcDateTime)
    owner: str | None = None
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    attempts: int = 0
    last_reply: str = ""
    created_at: datetime = Field(sa_type=UtcDateTime)
    sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Wording(SQLModel, table=True):
    """A campaign's own words for one kind of mail in one language, in place of ours.

    Markdown with ``{{ name }}`` places and nothing else that is computed.
    """

    __table_args__ = (UniqueConstraint("campaign_id", "kind", "locale"),)

    id: int | None = Field(default=None, primary_key=True)
    campaign_id: int = Field(foreign_key="campaign.id")
    kind: str
    locale: str
    subject: str
    body: str
    updated_at: datetime = Field(sa_type=UtcDateTime)


class Upload(SQLModel, table=True):
    """A partner list between its upload and its import, a day at most."""

    id: str = Field(primary_key=True)
    campaign_id: int = Field(foreign_key="campaign.id", index=True)
    coordinator_id: int = Field(foreign_key="coordinator.id")
    file_name: str
    changes: str = Field(
        default="", description="JSON: which column is which, cells corrected, rows left out"
    )
    created_at: datetime = Field(sa_type=UtcDateTime)
    content: bytes = Field(description="the last column: SQLite finds the others without it")


class SentVariant(SQLModel, table=True):
    """What thousands of sent mails have in common, once. Its key is a hash of its content.

    No foreign key leads here from the events that name it: each check of one would lock the one row
    to which every sender's mails refer.
    """

    __tablename__ = "sent_variant"
    __table_args__ = (CheckConstraint("length(key) = 32", name="key_is_whole"),)

    key: str = Field(primary_key=True)
    content: bytes = Field(description="JSON, compressed: services/keep_sent.py")
