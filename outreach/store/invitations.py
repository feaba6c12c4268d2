"""Invitations and the links that lead to them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy
from sqlalchemy import func, insert, literal, update
from sqlmodel import Session, col, select

from outreach.domain.errors import InvitationNotFound, LinkRefused
from outreach.domain.invitation import (
    EXPIRING_STATES,
    INVITATION_MOVES,
    InvitationEvent,
    InvitationState,
)
from outreach.domain.moves import next_state
from outreach.store import campaigns
from outreach.store.bulk import insert_rows, know_the_size
from outreach.store.columns import UtcDateTime
from outreach.store.tables import Campaign, Contact, Invitation, Link, Organization


@dataclass(frozen=True)
class Asked:
    """An organization that is asked, and which of its contacts speaks, where it is one of them."""

    organization: Organization
    invitation: Invitation
    campaign: Campaign
    contact: Contact | None


@dataclass(frozen=True)
class Linked(Asked):
    """Everything that one link leads to."""

    contact: Contact
    link: Link


def require_linked(session: Session, link_id: str, *, now: datetime) -> Linked:
    """As it is now. Raises LinkRefused, the same for unknown, revoked and expired."""
    query = (
        select(Link, Contact, Organization, Invitation)
        .join(Contact, col(Contact.id) == col(Link.contact_id))
        .join(Organization, col(Organization.id) == col(Contact.organization_id))
        .join(Invitation, col(Invitation.id) == col(Link.invitation_id))
        .where(col(Link.id) == link_id)
    )
    row = session.exec(query, execution_options={"populate_existing": True}).first()
    if row is None:
        raise LinkRefused
    link, contact, organization, invitation = row
    campaign = session.get_one(Campaign, invitation.campaign_id)
    linked = Linked(organization, invitation, campaign, contact, link)
    _require_live(linked.link, now=now)
    return linked


def require_still_live(session: Session, link: Link, *, now: datetime) -> None:
    """Of a link of a campaign that is held by now: it may have been revoked while we waited for
    that. Raises LinkRefused."""
    session.refresh(link)
    _require_live(link, now=now)


def _require_live(link: Link, *, now: datetime) -> None:
    expires = link.expires_at
    if link.revoked_at is not None or (expires is not None and expires <= now):
        raise LinkRefused


def lock_invitation(session: Session, invitation_id: int) -> Invitation:
    """The invitation as it is now, held until the transaction ends: answers come one by one."""
    query = select(Invitation).where(col(Invitation.id) == invitation_id).with_for_update()
    return session.exec(query, execution_options={"populate_existing": True}).one()


def move_invitation(
    session: Session, invitation: Invitation, event: InvitationEvent, *, now: datetime
) -> None:
    """Moves a locked invitation. Raises MoveRefused."""
    invitation.state = next_state(INVITATION_MOVES, InvitationState(invitation.state), event)
    invitation.answered_at = now
    invitation.decides_on = invitation.ask_again_at = None  # what was said before is over
    session.add(invitation)
    session.flush()


def ask_again(session: Session, invitation: Invitation, decides_on: date, *, at: datetime) -> None:
    """Notes of a locked, deferred invitation the day that was named, and when to ask on it."""
    invitation.decides_on, invitation.ask_again_at = decides_on, at
    session.add(invitation)
    session.flush()


def whose_day_has_come(session: Session, campaign_id: int, *, now: datetime) -> list[int]:
    """The ids of the deferred ones that are to be asked again."""
    query = (
        sqlalchemy.select(col(Invitation.id))
        .where(
            col(Invitation.campaign_id) == campaign_id,
            col(Invitation.state) == InvitationState.DEFERRED,
            col(Invitation.ask_again_at) <= now,
        )
        .order_by(col(Invitation.id))
    )
    return [number or 0 for number in session.connection().execute(query).scalars()]


def end_deferrals(session: Session, invitation_ids: Collection[int]) -> int:
    """The ask-again row of the table, for those still deferred. Returns how many moved."""
    state, event = InvitationState.DEFERRED, InvitationEvent.ASK_AGAIN
    statement = (
        update(Invitation)
        .where(col(Invitation.id).in_(invitation_ids), col(Invitation.state) == state)
        .values(state=next_state(INVITATION_MOVES, state, event))
    )
    return session.connection().execute(statement).rowcount


def require_invitation(session: Session, *, campaign_id: int, organization_id: int) -> Invitation:
    """Held until the transaction ends. Raises InvitationNotFound."""
    query = (
        select(Invitation)
        .where(
            col(Invitation.campaign_id) == campaign_id,
            col(Invitation.organization_id) == organization_id,
        )
        .with_for_update()
    )
    invitation = session.exec(query, execution_options={"populate_existing": True}).first()
    if invitation is None:
        raise InvitationNotFound
    return invitation


def hold_asked(session: Session, slug: str, organization_id: int) -> Asked:
    """The organization of that campaign, both held until the transaction ends; none of its
    contacts speaks. Raises CampaignNotFound, InvitationNotFound."""
    campaign_id = campaigns.require_campaign(session, slug).id
    assert campaign_id is not None
    campaign = campaigns.hold_campaign(session, campaign_id)
    invitation = require_invitation(
        session, campaign_id=campaign_id, organization_id=organization_id
    )
    organization = session.get_one(Organization, organization_id)
    return Asked(organization, invitation, campaign, None)


def reopen_until(session: Session, invitation: Invitation, until: datetime) -> None:
    """Lets a locked invitation be answered after the close. Raises MoveRefused."""
    state, event = InvitationState(invitation.state), InvitationEvent.REOPEN
    invitation.state = next_state(INVITATION_MOVES, state, event)
    invitation.open_until = until
    session.add(invitation)
    session.flush()


def expire_reopened(session: Session, *, now: datetime) -> int:
    """The expire rows of the table, for those whose moment is over. Returns how many moved."""
    moved = 0
    for state in EXPIRING_STATES:
        statement = (
            update(Invitation)
            .where(col(Invitation.open_until) <= now, col(Invitation.state) == state)
            .values(state=next_state(INVITATION_MOVES, state, InvitationEvent.EXPIRE))
        )
        moved += session.connection().execute(statement).rowcount
    return moved


def expire_unanswered(session: Session, campaign_id: int) -> int:
    """The expire rows of the table, for a whole campaign at once. Returns how many moved."""
    moved = 0
    for state in EXPIRING_STATES:
        statement = (
            update(Invitation)
            .where(col(Invitation.campaign_id) == campaign_id, col(Invitation.state) == state)
            .values(state=next_state(INVITATION_MOVES, state, InvitationEvent.EXPIRE))
        )
        moved += session.connection().execute(statement).rowcount
    return moved


def create_missing_invitations(
    session: Session, campaign_id: int, *, among: Collection[int] | None = None, now: datetime
) -> int:
    """One for each organization of the campaign that has none, ``among`` these where they are
    given. Returns how many."""
    invited = select(Invitation.organization_id).where(col(Invitation.campaign_id) == campaign_id)
    missing = (
        select(
            col(Organization.id),
            literal(campaign_id),
            literal(InvitationState.AWAITING.value),
            literal(now, UtcDateTime()),
        )
        .where(col(Organization.campaign_id) == campaign_id, col(Organization.id).not_in(invited))
        .order_by(col(Organization.id))
    )
    if among is not None:
        missing = missing.where(col(Organization.id).in_(among))
    columns = ("organization_id", "campaign_id", "state", "created_at")
    statement = insert(Invitation).from_select(columns, missing)
    options = {"preserve_rowcount": True}
    written = session.connection().execute(statement, execution_options=options).rowcount
    know_the_size(session, Invitation, grown_by=written)
    return written


def contacts_without_link(session: Session, campaign_id: int) -> Sequence[tuple[int, int]]:
    """(contact id, invitation id) of those who have no link yet."""
    query = (
        select(Contact.id, Invitation.id)
        .join(Invitation, col(Invitation.organization_id) == col(Contact.organization_id))
        .outerjoin(Link, col(Link.contact_id) == col(Contact.id))
        .where(
            col(Contact.campaign_id) == campaign_id,
            col(Link.id).is_(None),
            col(Contact.replaced_at).is_(None),
        )
        .order_by(col(Contact.id))
    )
    return session.connection().execute(query).all()


def create_links(session: Session, rows: Sequence[tuple[str, int, int]], *, now: datetime) -> None:
    """Rows of (link id, contact id, invitation id)."""
    insert_rows(
        session,
        Link,
        columns=("id", "contact_id", "invitation_id"),
        rows=rows,
        same={"created_at": now},
    )


def count_by_state(session: Session, campaign_id: int) -> dict[str, int]:
    query = (
        select(Invitation.state, func.count())
        .where(col(Invitation.campaign_id) == campaign_id)
        .group_by(col(Invitation.state))
    )
    counts = dict(session.exec(query).all())
    return {state.value: counts[state] for state in InvitationState if counts.get(state)}


def linked_contact_ids(session: Session, invitation_id: int) -> list[int]:
    """The organization's contacts who have been told of the campaign, in order."""
    query = (
        select(Link.contact_id)
        .where(col(Link.invitation_id) == invitation_id, col(Link.revoked_at).is_(None))
        .order_by(col(Link.contact_id))
    )
    return list(session.exec(query))


def signed_addressees(session: Session, campaign_id: int) -> list[tuple[int, int]]:
    """(contact id, invitation id) of every contact of the organizations that have signed."""
    query = (
        select(Link.contact_id, Link.invitation_id)
        .join(Invitation, col(Invitation.id) == col(Link.invitation_id))
        .where(
            col(Invitation.campaign_id) == campaign_id,
            col(Invitation.state) == InvitationState.SIGNED,
            col(Link.revoked_at).is_(None),
        )
        .order_by(col(Link.contact_id))
    )
    return list(session.exec(query))
