"""All campaigns as the desk lists them: how each stands, and which of them needs a person."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from outreach.domain.campaign import ANSWERING_STATES, CampaignState
from outreach.domain.invitation import UNANSWERED_STATES, InvitationState
from outreach.domain.message import MessageState
from outreach.domain.views import CampaignFacts
from outreach.store import campaign_boards, campaigns


@dataclass(frozen=True)
class Answers:
    """Organizations by how they stand. ``over`` have let the deadline pass; ``uninvited`` were
    added later than the last launch."""

    organizations: int
    signed: int = 0
    waiting: int = 0
    deferred: int = 0
    declined: int = 0
    withdrawn: int = 0
    over: int = 0
    uninvited: int = 0


@dataclass(frozen=True)
class CampaignCard:
    """One campaign of the list. What counts mails and ``not_reached`` is 0 once it is over."""

    campaign: CampaignFacts
    answers: Answers
    captured: bool
    uncertain: int = 0
    failed: int = 0
    not_reached: int = 0

    @property
    def needs_attention(self) -> bool:
        paused = self.campaign.state is CampaignState.PAUSED
        return paused or bool(self.uncertain or self.failed or self.not_reached)


@dataclass(frozen=True)
class Desk:
    """Running campaigns by their deadlines, drafts, and what is over, the newest first."""

    running: tuple[CampaignCard, ...]
    drafts: tuple[CampaignCard, ...]
    archive: tuple[CampaignCard, ...]

    @property
    def is_empty(self) -> bool:
        return not (self.running or self.drafts or self.archive)


def show_desk(session: Session, *, now: datetime) -> Desk:
    found = {one.id or 0: one for one in campaigns.list_campaigns(session)}
    running = {number: one for number, one in found.items() if one.state in ANSWERING_STATES}
    organizations = campaign_boards.organizations_by_campaign(session)
    invitations = campaign_boards.answers_by_campaign(session)
    troubles = campaign_boards.troubles_by_campaign(session, list(running.values()), now=now)
    unreached = campaign_boards.not_reached_by_campaign(session, list(running))
    cards = [
        CampaignCard(
            campaign=campaigns.campaign_facts(one),
            answers=count_answers(organizations.get(number, 0), invitations.get(number, {})),
            captured=one.captured,
            uncertain=troubles.get(number, {}).get(MessageState.UNCERTAIN, 0),
            failed=troubles.get(number, {}).get(MessageState.FAILED, 0),
            not_reached=unreached.get(number, 0),
        )
        for number, one in found.items()
    ]
    return Desk(
        running=tuple(card for card in cards if card.campaign.state in ANSWERING_STATES),
        drafts=tuple(card for card in cards if card.campaign.state is CampaignState.DRAFT),
        archive=tuple(card for card in reversed(cards) if _is_over(card.campaign.state)),
    )


def count_answers(organizations: int, invitations: dict[str, int]) -> Answers:
    """``invitations`` by state."""

    def count(*states: InvitationState) -> int:
        return sum(invitations.get(state, 0) for state in states)

    return Answers(
        organizations=organizations,
        signed=count(InvitationState.SIGNED),
        waiting=count(*UNANSWERED_STATES),
        deferred=count(InvitationState.DEFERRED),
        declined=count(InvitationState.DECLINED),
        withdrawn=count(InvitationState.WITHDRAWN),
        over=count(InvitationState.EXPIRED, InvitationState.REVOKED),
        uninvited=organizations - sum(invitations.values()),
    )


def _is_over(state: CampaignState) -> bool:
    return state is not CampaignState.DRAFT and state not in ANSWERING_STATES
