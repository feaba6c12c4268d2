"""Requests to join: written, proven, settled, forgotten. States move by REQUEST_MOVES alone."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, or_
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from outreach.domain.campaign import CampaignState
from outreach.domain.join_request import (
    OPEN_REQUESTS,
    PROOF_LIFE,
    REQUEST_MOVES,
    RequestEvent,
    RequestState,
    may_prove,
    takes_requests,
)
from outreach.domain.moves import next_state
from outreach.store.desk_tables import Notice
from outreach.store.join_tables import JoinRequest
from outreach.store.tables import Campaign, Contact, Invitation, Link, Organization


def add_request(session: Session, request: JoinRequest) -> None:
    session.add(request)
    session.flush()


def is_open(campaign: Campaign, *, now: datetime) -> bool:
    """Whether the campaign's door is."""
    return takes_requests(
        CampaignState(campaign.state),
        open_door=campaign.open_door,
        deadline=campaign.deadline,
        now=now,
    )


def campaign_of(session: Session, request: JoinRequest) -> Campaign:
    """As it is now."""
    return session.get_one(Campaign, request.campaign_id, populate_existing=True)


def is_discreet(session: Session, request: JoinRequest) -> bool:
    """Whether mail to its address must say nothing of the matter: for the campaign, or because
    somebody who is known by that address anywhere is written to so."""
    theirs = select(Contact.id).where(
        col(Contact.email_key) == request.email_key, col(Contact.discreet)
    )
    return campaign_of(session, request).discreet or session.exec(theirs).first() is not None


def is_provable(session: Session, request: JoinRequest, *, now: datetime) -> bool:
    """Whether its link would still prove something."""
    campaign = campaign_of(session, request)
    is_unproven = request.state == RequestState.UNPROVEN
    return is_unproven and may_prove(request.created_at, now=now) and is_open(campaign, now=now)


def require_request(session: Session, request_id: int) -> JoinRequest:
    """As it is now. Raises NoResultFound."""
    return session.get_one(JoinRequest, request_id, populate_existing=True)


def find_by_link(session: Session, link_id: str) -> JoinRequest | None:
    return session.exec(select(JoinRequest).where(col(JoinRequest.link_id) == link_id)).first()


def find_requests(
    session: Session, campaign_id: int, request_ids: Collection[int]
) -> list[JoinRequest]:
    """Those of the campaign, the oldest first."""
    return list(session.exec(_these(campaign_id, request_ids)))


def hold_requests(
    session: Session, campaign_id: int, request_ids: Collection[int]
) -> list[JoinRequest]:
    """As ``find_requests``, as they are now, and held until the transaction ends."""
    query = _these(campaign_id, request_ids).with_for_update()
    return list(session.exec(query, execution_options={"populate_existing": True}))


def _these(campaign_id: int, request_ids: Collection[int]) -> SelectOfScalar[JoinRequest]:
    return (
        select(JoinRequest)
        .where(col(JoinRequest.campaign_id) == campaign_id, col(JoinRequest.id).in_(request_ids))
        .order_by(col(JoinRequest.id))
    )


def move_requests(session: Session, requests: Sequence[JoinRequest], event: RequestEvent) -> None:
    """Moves held requests, in one go. Raises MoveRefused."""
    for request in requests:
        request.state = next_state(REQUEST_MOVES, RequestState(request.state), event)
    session.add_all(requests)
    session.flush()


def hold_asked_by(session: Session, campaign_id: int, email_key: str) -> list[JoinRequest]:
    """All that this address has asked for, as it is now, held until the transaction ends."""
    query = (
        select(JoinRequest)
        .where(col(JoinRequest.campaign_id) == campaign_id, col(JoinRequest.email_key) == email_key)
        .order_by(col(JoinRequest.id))
        .with_for_update()
    )
    return list(session.exec(query, execution_options={"populate_existing": True}))


def count_open(session: Session, campaign_id: int) -> int:
    return _count(session, _is_of(campaign_id, *OPEN_REQUESTS))


def count_waiting(session: Session, campaign_id: int) -> int:
    return _count(session, _is_of(campaign_id, RequestState.WAITING))


def count_unproven(session: Session, campaign_id: int) -> int:
    return _count(session, _is_of(campaign_id, RequestState.UNPROVEN))


def _count(session: Session, which: ColumnElement[bool]) -> int:
    return session.exec(select(func.count()).select_from(JoinRequest).where(which)).one()


def list_requests(
    session: Session, campaign_id: int, *, states: Collection[RequestState], limit: int
) -> Sequence[JoinRequest]:
    """The oldest first."""
    query = select(JoinRequest).where(_is_of(campaign_id, *states))
    return session.exec(query.order_by(col(JoinRequest.id)).limit(limit)).all()


def _is_of(campaign_id: int, *states: RequestState) -> ColumnElement[bool]:
    return (col(JoinRequest.campaign_id) == campaign_id) & col(JoinRequest.state).in_(states)


def live_link_of(session: Session, campaign_id: int, email_key: str) -> str | None:
    """The link of the campaign's contact who has this address, where one works."""
    query = (
        select(Link.id)
        .join(Contact, col(Contact.id) == col(Link.contact_id))
        .where(
            col(Contact.campaign_id) == campaign_id,
            col(Contact.email_key) == email_key,
            col(Contact.role) == "signs",
            col(Contact.replaced_at).is_(None),
            col(Link.revoked_at).is_(None),
        )
    )
    return session.exec(query).first()


@dataclass(frozen=True)
class Known:
    """An organization of the campaign; ``state`` is empty where it is not invited."""

    id: int
    name: str
    name_key: str
    state: str


def known_organizations(session: Session, campaign_id: int) -> list[Known]:
    query = (
        select(Organization.id, Organization.name, Organization.name_key, Invitation.state)
        .outerjoin(Invitation, col(Invitation.organization_id) == col(Organization.id))
        .where(col(Organization.campaign_id) == campaign_id)
        .order_by(col(Organization.id))
    )
    return [
        Known(number, name, key, state or "")
        for number, name, key, state in session.connection().execute(query)
    ]


def organizations_at(
    session: Session, campaign_id: int, domains: Collection[str]
) -> dict[str, set[int]]:
    """By domain, the organizations of which somebody has an address there."""
    if not domains:
        return {}
    ends = [col(Contact.email_key).endswith(f"@{one}", autoescape=True) for one in sorted(domains)]
    query = select(Contact.email_key, Contact.organization_id).where(
        col(Contact.campaign_id) == campaign_id, or_(*ends)
    )
    found: dict[str, set[int]] = {}
    for email, organization_id in session.connection().execute(query):
        found.setdefault(email.rpartition("@")[2], set()).add(organization_id)
    return found


def ways_in(
    session: Session, campaign_id: int, organization_ids: Collection[int]
) -> list[tuple[int, int]]:
    """(contact id, invitation id) of these organizations' contacts."""
    query = (
        select(Contact.id, Invitation.id)
        .join(Invitation, col(Invitation.organization_id) == col(Contact.organization_id))
        .where(
            col(Contact.campaign_id) == campaign_id,
            col(Contact.organization_id).in_(organization_ids),
        )
        .order_by(col(Contact.id))
    )
    return [(contact, invitation) for contact, invitation in session.connection().execute(query)]


def forget_unproven(session: Session, *, now: datetime) -> int:
    """Requests that nobody stands by, once their link is over. Returns how many."""
    stale = (
        col(JoinRequest.state) == RequestState.UNPROVEN,
        col(JoinRequest.created_at) <= now - PROOF_LIFE,
    )
    return _forget(session, *stale)


def forget_all(session: Session, campaign_id: int) -> int:
    """Of a campaign whose contacts are erased. Returns how many."""
    return _forget(session, col(JoinRequest.campaign_id) == campaign_id)


def forget_address(session: Session, email_key: str) -> int:
    """In every campaign. Returns how many."""
    return _forget(session, col(JoinRequest.email_key) == email_key)


def tell(session: Session, email_key: str) -> list[dict[str, object]]:
    """What this address has asked for, as plain values. A link's id stays out: it is a way in."""
    query = select(JoinRequest).where(col(JoinRequest.email_key) == email_key)
    hidden = {"link_id", "name_key", "email_key"}
    return [row.model_dump(mode="json", exclude=hidden) for row in session.exec(query)]


def persons_of(session: Session, email_key: str) -> set[str]:
    """The names that were typed with this address."""
    query = select(JoinRequest.person).where(col(JoinRequest.email_key) == email_key)
    return set(session.exec(query))


def email_keys(session: Session) -> list[str]:
    return list(session.exec(select(JoinRequest.email_key).distinct()))


def _forget(session: Session, *which: ColumnElement[bool]) -> int:
    """With their mails: a sender who holds one finds it gone."""
    theirs = select(JoinRequest.id).where(*which)
    session.connection().execute(delete(Notice).where(col(Notice.request_id).in_(theirs)))
    return session.connection().execute(delete(JoinRequest).where(*which)).rowcount
