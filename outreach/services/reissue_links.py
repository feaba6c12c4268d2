"""New links for an organization, or for all: their old ones may be in other hands.

An old link then opens what a link opens that never was. Whoever may still have a use for the new
one gets it by mail: who is asked by a mail that asks, who has answered by another receipt.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from sqlmodel import Session

from outreach.domain.campaign import CampaignState, takes_answers
from outreach.domain.coordinator import Actor
from outreach.domain.errors import MoveRefused, Refused
from outreach.domain.invitation import UNANSWERED_STATES, InvitationState
from outreach.domain.message import RECEIPT_KINDS, MessageKind, answer_of, receipt_step
from outreach.links import new_link_id
from outreach.services.apply_brake import require_expected
from outreach.services.ask_anew import ask_anew
from outreach.services.note_activity import note_activity
from outreach.store import campaigns, invitations, links, messages, recorded_consents, signatures
from outreach.store.audience import Audience
from outreach.store.links import Holder
from outreach.store.messages import Addressee
from outreach.store.tables import Campaign

_RECEIPTS: Final = MappingProxyType(
    {
        "sign": MessageKind.RECEIPT,
        "correct": MessageKind.RECEIPT,
        "decline": MessageKind.DECLINE_RECEIPT,
        "defer": MessageKind.DEFERRAL_RECEIPT,
        "withdraw": MessageKind.WITHDRAWAL_RECEIPT,
    }
)
# They have said no, or later, and may still say yes until the deadline.
_MAY_RETURN: Final = frozenset(
    {InvitationState.DECLINED, InvitationState.DEFERRED, InvitationState.WITHDRAWN}
)


class NoLinks(Refused):
    """Nobody there may answer by a link."""

    def __init__(self, *, slug: str) -> None:
        super().__init__(f"nobody there has a link in '{slug}': links are made by its launch")


@dataclass(frozen=True)
class _Plan:
    """Whose links are replaced; of them, who is asked anew and who is told anew."""

    holders: Sequence[Holder]
    asked: Sequence[Holder]
    told: Sequence[Holder]

    @property
    def counted(self) -> Audience:
        mailed = [*self.asked, *self.told]
        organizations = len({one.organization_id for one in mailed})
        return Audience(organizations, len(mailed), skipped=len(self.holders) - len(mailed))


def count_new_links(
    session: Session, *, slug: str, organization_id: int | None = None, now: datetime
) -> Audience:
    """Who would get a new link by mail; skipped is who would only lose the old one: their address
    gets no mail, or they have nothing left to answer.

    ``organization_id`` None: all organizations. Raises CampaignNotFound.
    """
    campaign = campaigns.require_campaign(session, slug)
    return _plan(session, campaign, organization_id, now=now).counted


def reissue_links(
    session: Session,
    *,
    slug: str,
    organization_id: int | None = None,
    expected: int | None = None,
    mail_domain: str,
    by: Actor,
    now: datetime,
) -> Audience:
    """Replaces every link, and queues the mails that bring the new ones. Returns what was done.

    ``expected``: how many people somebody has agreed to mail; None where nobody was asked.
    Raises CampaignNotFound, MoveRefused (it is cancelled), NoLinks, UnexpectedNumber.
    """
    campaign = campaigns.lock_campaign(session, slug)
    if campaign.state == CampaignState.CANCELLED:
        raise MoveRefused(state=campaign.state, event="reissue links of")
    plan = _plan(session, campaign, organization_id, now=now)
    if not plan.holders:
        raise NoLinks(slug=slug)
    require_expected(plan.counted.people, expected=expected)
    assert campaign.id is not None
    links.revoke_links(session, campaign.id, organization_id=organization_id, now=now)
    rows = [(new_link_id(), one.contact_id, one.invitation_id) for one in plan.holders]
    invitations.create_links(session, rows, now=now)
    asked = [_to(one) for one in plan.asked]
    ask_anew(session, campaign, asked, mail_domain=mail_domain, now=now)
    _tell_anew(session, campaign, plan.told, mail_domain=mail_domain, now=now)
    note_activity(
        session,
        by=by,
        action="links.reissue",
        campaign_id=campaign.id,
        organization_id=organization_id,
        detail=f"{len(plan.holders):,} in all, {plan.counted.people:,} by mail",
        now=now,
    )
    return plan.counted


def _plan(
    session: Session, campaign: Campaign, organization_id: int | None, *, now: datetime
) -> _Plan:
    assert campaign.id is not None
    holders = links.list_holders(session, campaign.id, organization_id=organization_id)
    still = takes_answers(CampaignState(campaign.state), deadline=campaign.deadline, now=now)
    reached = [one for one in holders if one.may_be_mailed]
    asked = [one for one in reached if still and one.state in UNANSWERED_STATES]
    told = [
        one
        for one in reached
        if one.state is InvitationState.SIGNED or (still and one.state in _MAY_RETURN)
    ]
    return _Plan(holders, asked, told)


def _tell_anew(
    session: Session,
    campaign: Campaign,
    told: Sequence[Holder],
    *,
    mail_domain: str,
    now: datetime,
) -> None:
    """The receipt of the answer that counts, once more; one that waits is written anew itself."""
    assert campaign.id is not None
    waiting = {
        (one.contact_id, answer_of(one.step))
        for one in messages.hold_queued(session, campaign.id, RECEIPT_KINDS)
    }
    newest = signatures.newest_answers(session, campaign.id)
    by_hand = recorded_consents.answer_ids(session, campaign.id)
    due: dict[MessageKind, list[tuple[Addressee, str]]] = defaultdict(list)
    for one in told:
        answer_id, kind = newest[one.invitation_id]
        receipt = MessageKind.RECORDED_RECEIPT if answer_id in by_hand else _RECEIPTS[kind]
        if (one.contact_id, answer_id) not in waiting:
            due[receipt].append((_to(one), receipt_step(answer_id, again_at=now)))
    for receipt, to in due.items():
        messages.queue_each(session, campaign, receipt, to, mail_domain=mail_domain, now=now)


def _to(holder: Holder) -> Addressee:
    return Addressee(holder.contact_id, holder.invitation_id)
