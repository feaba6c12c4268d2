"""What one contact's page is made from, in one look.

People open the page by the thousand in the hour after an invitation: it takes one statement.
"""

from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, literal_column, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from outreach.domain.campaign import CampaignState
from outreach.domain.credit_line import CreditLine
from outreach.domain.invitation import InvitationState
from outreach.domain.privacy import Privacy
from outreach.domain.review import ReviewState
from outreach.domain.views import CampaignFacts, OpenReview, StandingSignature
from outreach.store.ready_query import ReadyQuery
from outreach.store.review_tables import Review
from outreach.store.tables import (
    Campaign,
    Contact,
    Invitation,
    Link,
    Organization,
    Signature,
    StatementVersion,
)

_CAMPAIGN: tuple[Any, ...] = (
    Campaign.slug,
    Campaign.state,
    Campaign.title,
    Campaign.addressee,
    Campaign.occasion,
    Campaign.occasion_date,
    Campaign.reply_to,
    Campaign.language,
    Campaign.deadline,
    Campaign.zone,
)
_SIGNATURE: tuple[Any, ...] = (
    Signature.credit_line,
    Signature.acronym,
    Signature.country,
    Signature.url,
    Signature.sort_name,
    Signature.signer_name,
    Signature.capacity,
    Signature.signed_at,
    Signature.privacy,
)

_later, _wording = aliased(Signature), aliased(StatementVersion)
_latest_signature = (
    select(func.max(col(_later.id))).where(col(_later.invitation_id) == col(Invitation.id))
).scalar_subquery()
_current_version = (
    select(col(_wording.id))
    .where(col(_wording.campaign_id) == col(Campaign.id))
    .order_by(col(_wording.number).desc())
    .limit(1)
).scalar_subquery()
_query: Select[Any] = (
    select(
        *(column.label(f"campaign_{column.key}") for column in _CAMPAIGN),
        *(column.label(f"signature_{column.key}") for column in _SIGNATURE),
        col(Signature.withdrawn_at).label("withdrawn_at"),
        col(Link.revoked_at).label("revoked_at"),
        col(Link.expires_at).label("expires_at"),
        col(Contact.name).label("contact_name"),
        col(Contact.email).label("contact_email"),
        col(Contact.language).label("contact_language"),
        col(Contact.zone).label("contact_zone"),
        col(Contact.role).label("role"),
        col(Organization.name).label("organization"),
        col(Organization.sort_name).label("organization_sort_name"),
        col(Organization.country).label("country"),
        col(Invitation.state).label("state"),
        col(Invitation.open_until).label("open_until"),
        col(Invitation.decides_on).label("decides_on"),
        col(StatementVersion.body).label("body"),
        col(StatementVersion.source).label("source"),
        col(StatementVersion.sha256).label("sha256"),
        col(StatementVersion.asks).label("asks"),
        col(Review.kind).label("review_kind"),
        col(Review.standing).label("review_standing"),
        col(Review.standing_at).label("review_standing_at"),
        col(Review.given_at).label("review_given_at"),
        col(Review.contact_id).label("review_contact_id"),
        col(Link.contact_id).label("contact_id"),
    )
    .select_from(Link)
    .join(Contact, col(Contact.id) == col(Link.contact_id))
    .join(Organization, col(Organization.id) == col(Contact.organization_id))
    .join(Invitation, col(Invitation.id) == col(Link.invitation_id))
    .join(Campaign, col(Campaign.id) == col(Invitation.campaign_id))
    .join(StatementVersion, col(StatementVersion.id) == _current_version)
    .outerjoin(Signature, col(Signature.id) == _latest_signature)
    .outerjoin(
        Review,
        (col(Review.invitation_id) == col(Invitation.id))
        & (col(Review.state) == literal_column(f"'{ReviewState.WAITING.value}'")),
    )
    .where(col(Link.id) == bindparam("link_id"))
)

_QUERY = ReadyQuery(_query)


def find_asked(connection: Connection, link_id: str) -> Any | None:
    """The columns labelled above: the link, whom it leads to, and the signature given last,
    standing or withdrawn; None for a link that is not there."""
    return _QUERY.first(connection, link_id=link_id)


def asked_campaign(row: Any) -> CampaignFacts:
    return CampaignFacts(
        slug=row.campaign_slug,
        state=CampaignState(row.campaign_state),
        title=row.campaign_title,
        addressee=row.campaign_addressee,
        occasion=row.campaign_occasion,
        occasion_date=row.campaign_occasion_date,
        reply_to=row.campaign_reply_to,
        language=row.campaign_language,
        deadline=row.campaign_deadline,
        zone=row.campaign_zone,
    )


def offered_line(row: Any) -> CreditLine:
    """As it was printed last, or as the import has it."""
    if row.signature_credit_line is None:
        return CreditLine(row.organization, sort_name=row.organization_sort_name)
    return _last_signature(row).line


def standing_signature(row: Any) -> StandingSignature | None:
    if row.signature_credit_line is None or row.withdrawn_at is not None:
        return None
    return _last_signature(row)


def _last_signature(row: Any) -> StandingSignature:
    return StandingSignature(
        credit_line=row.signature_credit_line,
        sort_name=row.signature_sort_name,
        signer_name=row.signature_signer_name,
        capacity=row.signature_capacity,
        signed_at=row.signature_signed_at,
        privacy=Privacy(row.signature_privacy),
        acronym=row.signature_acronym,
        country=row.signature_country,
        url=row.signature_url,
    )


def open_review(row: Any) -> OpenReview | None:
    if row.review_kind is None:
        return None
    return OpenReview(
        standing=InvitationState(row.review_standing),
        standing_at=row.review_standing_at,
        given_at=row.review_given_at,
        is_yes=row.review_kind == "sign",
        is_own=row.review_contact_id == row.contact_id,
    )
